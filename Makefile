# Everything a person or the build server runs. `make` alone lists the targets.
# Nothing needs to be installed before but Python 3.13, Node 20 or newer, make and a shell.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
PYTEST_ARGS ?=

# A stamp lies inside the folder that it speaks of and carries the checksum of what was asked for: deleting the folder
# or changing a pin brings the step back, a second run does nothing.
REQUIREMENTS := requirements.txt requirements-dev.txt constraints.txt
PACKAGES := package.json package-lock.json
checksum = $(shell cat $(1) | cksum | tr -d ' ')
VENV_STAMP := .venv/.installed-$(call checksum,$(REQUIREMENTS))
NODE_STAMP := node_modules/.installed-$(call checksum,$(PACKAGES))

# Two makes at once in one folder wait for each other, where the system has flock.
ONE_AT_A_TIME := $(if $(shell command -v flock 2>/dev/null),flock .setup.lock,)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install what is missing into .venv and node_modules
	@$(ONE_AT_A_TIME) $(MAKE) --silent --no-print-directory $(VENV_STAMP) $(NODE_STAMP)

.PHONY: check
check: format-check lint types imports ## format, lint, types and import contracts

.PHONY: test
# one file after the other by name: sorted by their number of tests, files of one long test would be last, and a core idle
test: check ## check, then the whole test suite
	$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: simulate
simulate: setup ## random histories of the whole line, and pairs of faults: SEEDS=1000, from FROM=0 on
	SEEDS=$(or $(SEEDS),1000) FROM=$(or $(FROM),0) $(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 tests/faults/test_simulation.py tests/faults/test_pairs.py

.PHONY: demo
demo: setup ## documents from a draft proforma to a posted invoice and back, then stop
	@$(PYTHON) -m tools.demo

.PHONY: run
run: setup ## the same, and leave the host and the emulator running to play with
	@$(PYTHON) -m tools.demo run

N ?=
ROUNDS ?= 3
EMULATOR ?=
# the emulator keeps its tables in memory; those of 100,000 lines need more than node takes by itself
NODE_HEAP := --max-old-space-size=12288
.PHONY: bench
bench: setup ## the whole line beside its own calls, measured; N=100000 for one invoice of so many lines
	@NODE_OPTIONS="$(NODE_HEAP)" $(PYTHON) -m benchmarks --rounds $(ROUNDS) $(if $(N),--lines $(N),) $(if $(EMULATOR),--emulator $(EMULATOR),)

.PHONY: bench-scale
bench-scale: setup ## a model of many workers: lines a second, and what limits them
	@$(PYTHON) -m benchmarks.scale_report

.PHONY: bench-tables
bench-tables: setup ## what the two clients of the tables cost for each row, on an emulator of its own
	@$(PYTHON) -m benchmarks.tables

.PHONY: format
format: setup ## rewrite the sources in the house format
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

.PHONY: clean
clean: ## remove what was installed and what tools have cached
	rm -rf .venv node_modules .azurite .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .setup.lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: format-check
format-check: setup
	$(PYTHON) -m ruff format --check .

.PHONY: lint
lint: setup
	$(PYTHON) -m ruff check .

.PHONY: types
types: setup
	$(PYTHON) -m mypy

.PHONY: imports
imports: setup
	.venv/bin/lint-imports --no-logo

# python3.13, python3 or python, whichever is a Python 3.13; an existing .venv of that version is filled, not rebuilt.
$(VENV_STAMP):
	@is_313='import sys; sys.exit(sys.version_info[:2] != (3, 13))'; \
	if ! $(PYTHON) -c "import pip; $$is_313" 2>/dev/null; then \
	    found=; \
	    for candidate in python3.13 python3 python; do \
	        if "$$candidate" -c "$$is_313" >/dev/null 2>&1; then found=$$candidate; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "setup: Python 3.13 is needed, and none of python3.13, python3 and python on the PATH is one." >&2; exit 1; \
	    fi; \
	    echo "setup: making .venv with $$found"; \
	    if ! "$$found" -m venv --clear .venv; then \
	        echo "setup: $$found cannot make a virtual environment; on Debian and Ubuntu install python3.13-venv." >&2; exit 1; \
	    fi; \
	fi
	@echo "setup: installing the Python packages of requirements-dev.txt"
	@$(PYTHON) -m pip install -qq --no-input --disable-pip-version-check -r requirements-dev.txt || { \
	    echo "setup: pip could not install them; is the package index reachable?" >&2; exit 1; }
	@rm -f .venv/.installed-* && touch $@

$(NODE_STAMP):
	@if ! node -e 'process.exit(+(parseInt(process.versions.node) < 20))' >/dev/null 2>&1 || ! npm --version >/dev/null 2>&1; then \
	    echo "setup: Node 20 or newer, with npm, is needed for the storage emulator, and there is none on the PATH." >&2; exit 1; \
	fi
	@echo "setup: installing the storage emulator of package-lock.json"
	@npm ci --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null || { \
	    echo "setup: npm could not install it; is the package registry reachable?" >&2; exit 1; }
	@touch $@
