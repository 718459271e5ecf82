"""Start and stop a storage emulator (Azurite) that belongs to this process alone.

Each instance listens on ports that the operating system picks, so two runs never collide and nobody talks by accident
to an Azurite that some other program left on the default ports: the ports are read from the output of the process that
we started, and a request is only believed while that process is alive.

No instance outlives its owner. Node holds the read end of a pipe and shuts down when the write end closes
(`exit_with_parent.cjs`), which the operating system does for us even after SIGKILL. PR_SET_PDEATHSIG was the
alternative; it is Linux only, and it fires when the *thread* that started the child ends, which is wrong for a host
that runs in a thread. The process is its own session, so Ctrl-C reaches the host first, and the host can still
drain against a living storage.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = Path("node_modules", "azurite", "dist", "src", "azurite.js")
WATCH = Path(__file__).with_name("exit_with_parent.cjs")

# Azurite's own account: public, the same on every machine, and refused by every real endpoint.
ACCOUNT = "devstoreaccount1"
ACCOUNT_SECRET = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # noqa: S105 public

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 10.0
POLL_SECONDS = 0.02
LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at http://127\.0\.0\.1:(\d+)")
PROBE = "devhostprobe"


class AzuriteError(RuntimeError):
    """Azurite could not be found or started."""


class Ports(NamedTuple):
    """The three TCP ports of one instance; 0 asks the operating system for a free one."""

    blob: int = 0
    queue: int = 0
    table: int = 0


def find_script() -> Path:
    """Return the path of Azurite's start script.

    Looks at the environment variable AZURITE (the script itself), then into `node_modules` of this repository, then
    into `node_modules` under the environment variable AZURITE_HOME.

    Raises:
        AzuriteError: it is nowhere; the message says what to run.
    """
    home = os.environ.get("AZURITE_HOME")
    explicit = os.environ.get("AZURITE")
    places = [Path(explicit)] if explicit else [root / SCRIPT for root in (REPOSITORY, Path(home or REPOSITORY))]
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(dict.fromkeys(str(place) for place in places))
    raise AzuriteError(f"Azurite is not installed (looked for {looked}): run `npm ci` in the repository.")


def find_node() -> str:
    """Return the path of the node program.

    Raises:
        AzuriteError: node is not on the PATH.
    """
    node = shutil.which("node")
    if node is None:
        raise AzuriteError("node is not on the PATH: install Node.js 20 or newer, which Azurite runs on.")
    return node


def connection_string(ports: Ports) -> str:
    """Return the full connection string of an instance on this machine, with all three endpoints spelled out."""
    parts = {"DefaultEndpointsProtocol": "http", "AccountName": ACCOUNT, "AccountKey": ACCOUNT_SECRET}
    parts |= {f"{kind.title()}Endpoint": f"http://127.0.0.1:{port}/{ACCOUNT}" for kind, port in ports._asdict().items()}
    return ";".join(f"{name}={value}" for name, value in parts.items())


class Azurite:
    """One running Azurite process; use it as a context manager, or call `stop`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, temporary: bool) -> None:
        """Wrap a process that was just started; `start` is the way to get one."""
        self._process = process
        self._temporary = temporary
        # Where the data and the log of the emulator lie.
        self.folder = folder
        # Known once all three services listen.
        self.ports = Ports()

    @classmethod
    def start(
        cls,
        folder: Path | None = None,
        *,
        in_memory: bool | None = None,
        ports: Ports | None = None,
        preload: Path | None = None,
    ) -> Self:
        """Start an instance and return when it has answered a real request on each of its three services.

        Args:
            folder: where data and log go, made if absent; None takes a temporary folder that `stop` removes.
            in_memory: keep nothing on disk; None means yes for a temporary folder and no for a given one.
            ports: fixed ports, for a storage browser; None lets the operating system pick free ones.
            preload: a script that node loads before Azurite.

        Raises:
            AzuriteError: node or Azurite is missing, a given port is taken, or it does not answer in 30 seconds.
        """
        node, script = find_node(), find_script()
        place = Path(tempfile.mkdtemp(prefix="azurite-")) if folder is None else folder.resolve()
        place.mkdir(parents=True, exist_ok=True)
        memory = folder is None if in_memory is None else in_memory
        preloads = [WATCH] if preload is None else [WATCH, preload]
        process = _spawn(_command(node, preloads, script, place, memory, ports or Ports()), place)
        azurite = cls(process, place, temporary=folder is None)
        try:
            azurite._wait_until_ready()
        except BaseException:
            azurite.stop()
            raise
        return azurite

    @property
    def connection_string(self) -> str:
        """The connection string of this instance, for any storage client and for the app's settings."""
        return connection_string(self.ports)

    @property
    def pid(self) -> int:
        """The process id of the node process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process that we started is still alive."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stop the process (SIGTERM, then SIGKILL after ten seconds) and remove a temporary folder; safe to repeat."""
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # only now: a closed pipe means SIGTERM too, and a second one cuts short the saving that the first began
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Return itself; the process already runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the process."""
        self.stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not all(self.ports):
            self._pause(deadline)
            found = dict(LISTENING.findall(self._log()))
            self.ports = Ports(*(int(found.get(kind, 0)) for kind in ("Blob", "Queue", "Table")))
        while not _answers(self.connection_string):
            self._pause(deadline)

    def _pause(self, deadline: float) -> None:
        if not self.is_running:
            raise AzuriteError(f"Azurite ended at once (exit code {self._process.returncode}): {self._last_words()}")
        if time.monotonic() > deadline:
            raise AzuriteError(f"Azurite did not answer within {START_SECONDS_MAX:.0f} seconds: {self._last_words()}")
        time.sleep(POLL_SECONDS)

    def _last_words(self) -> str:
        return next((line for line in reversed(self._log().splitlines()) if line.strip()), "it has said nothing")

    def _log(self) -> str:
        return (self.folder / "azurite.log").read_text(errors="replace")


def _command(
    node: str, preloads: Sequence[Path], script: Path, folder: Path, in_memory: bool, ports: Ports
) -> list[str]:
    # The storage clients speak a newer API version than this Azurite lists; what we use of it is unchanged.
    options = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    options += ["--inMemoryPersistence"] if in_memory else ["--location", str(folder)]
    for kind, port in ports._asdict().items():
        options += [f"--{kind}Port", str(port)]
    required = [part for preload in preloads for part in ("--require", str(preload))]
    return [node, *required, str(script), *options]


def _spawn(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "azurite.log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def _answers(connection: str) -> bool:
    # A listening port is not enough: the first requests after it can still fail.
    queues = QueueServiceClient.from_connection_string(connection, retry_total=0)
    tables = TableServiceClient.from_connection_string(connection, retry_total=0)
    blobs = BlobServiceClient.from_connection_string(connection, retry_total=0)
    with queues, tables, blobs:
        try:
            with contextlib.suppress(ResourceExistsError):  # left by a probe that failed half-way
                queues.create_queue(PROBE)
            queues.delete_queue(PROBE)
            tables.create_table_if_not_exists(PROBE)
            tables.delete_table(PROBE)
            with contextlib.suppress(ResourceExistsError):
                blobs.create_container(PROBE)
            blobs.delete_container(PROBE)
        except AzureError:
            return False
    return True
