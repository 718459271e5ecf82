"""On what was measured."""

import os
import platform
import re
import resource
import subprocess
from importlib.metadata import version
from pathlib import Path

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
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


def peak_megabytes(*, forget: bool = False) -> float:
    """Give the highest resident memory of this process.

    Not what `getrusage` says: on Linux that is at least what the parent had when it started this process.

    Args:
        forget: begin again, so that the next answer is of what comes now; on Linux alone.
    """
    if not _STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    kilobytes = next(line.split()[1] for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    if forget:
        _FORGET.write_text("5")
    return int(kilobytes) / 1024
