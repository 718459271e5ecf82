"""On what was measured."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("azure-data-tables", "azure-storage-queue", "azure-core", "pydantic")


def machine() -> dict[str, str]:
    """Name the machine and the versions of what takes the time."""
    found = {"processor": _processor(), "cores": str(os.cpu_count()), "python": platform.python_version()}
    found["node"] = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return found | {package: version(package) for package in PACKAGES}


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return model[1] if model else platform.machine()
