"""The real exporter takes the settings of the templates: it starts, keeps every trace, and signs in by identity."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.infra_agreement import pairs
from tests.architecture.infra_files import infra
from tests.architecture.sources import ROOT

# nothing listens there; the process ends before anything is sent
CONNECTION = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=http://127.0.0.1:9/"
CLIENT = "11111111-2222-3333-4444-555555555555"
CORRELATION = "66a4c753-0b5c-51e9-b0d2-968986d18f5e"
START = """
import json, logging, os, sys
os.environ.update(json.loads(sys.argv[1]))
from azure_functions_runtime import otel
otel.initialize_azure_monitor()
from opentelemetry import trace
from functions.telemetry import in_trace
provider = trace.get_tracer_provider()
processors = provider._active_span_processor._span_processors
exporters = [getattr(getattr(each, "_batch_processor", None), "_exporter", None) for each in processors]
with in_trace(sys.argv[2], "confirm-invoice", "document"):
    span = trace.get_current_span()
    told = {
        "available": otel.otel_manager.get_azure_monitor_available(),
        "service": provider.resource.attributes["service.name"],
        "sampler": provider.sampler.get_description(),
        "credentials": [type(each._credential).__name__ for each in exporters if each],
        "trace": format(span.get_span_context().trace_id, "032x"),
        "recording": span.is_recording(),
        "handlers": len(logging.getLogger("invoicing").handlers),
        "instrumented": sorted(name for name in sys.modules if name in ("django", "fastapi", "flask", "psycopg2")),
    }
print(json.dumps(told), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    settings = pairs(infra(), "function-app", "telemetrySettings")
    authentication = settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    given = {
        **settings,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION,
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": authentication.replace("${identity.properties.clientId}", CLIENT),
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    }
    command = [sys.executable, "-c", START, json.dumps(given), CORRELATION]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_the_worker_starts_it(told: dict[str, Any]) -> None:
    assert told["available"]
    assert told["service"] == "project-invoice-integration"
    assert told["handlers"] == 1


def test_it_signs_in_with_the_identity(told: dict[str, Any]) -> None:
    assert told["credentials"] == ["ManagedIdentityCredential"]


def test_it_keeps_every_trace_under_the_correlation(told: dict[str, Any]) -> None:
    assert told["sampler"] == "ApplicationInsightsSampler1.0"
    assert told["recording"]
    assert told["trace"] == CORRELATION.replace("-", "")


def test_it_instruments_nothing(told: dict[str, Any]) -> None:
    assert told["instrumented"] == []
