"""What one invocation costs in the real Python worker, when the function does nothing.

A program of its own in a folder of its own: a process can index one app, and the folder where it starts comes first.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.console import give
from tools.devhost.worker import Call, Worker
from tools.devhost.worker_messages import TypedData

REPOSITORY = Path(__file__).resolve().parents[1]
INVOCATIONS, WARM_UP = 2_000, 200
APP = '''
import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="nothing", connection="NOWHERE")
def nothing(message: func.QueueMessage) -> None:
    """Do nothing."""
'''


def invocation_seconds() -> float:
    """Invoke an empty function some thousand times in a fresh process; gives the seconds of one invocation."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "function_app.py").write_text(APP)
        command = [sys.executable, "-m", "benchmarks.invocation"]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Index the app of the folder where this starts and invoke its one function."""
    worker = Worker()
    (function,) = worker.start(Path.cwd())
    for number in range(WARM_UP):
        _invoke(worker, function.function_id, number)
    began = time.perf_counter()
    for number in range(INVOCATIONS):
        _invoke(worker, function.function_id, number)
    give(str((time.perf_counter() - began) / INVOCATIONS))
    worker.stop()
    return 0


def _invoke(worker: Worker, function: str, number: int) -> None:
    metadata = {"DequeueCount": TypedData(json="1"), "Id": TypedData(string=str(number))}
    result = worker.invoke(Call(str(number), function, "message", TypedData(string="{}"), metadata))
    if result.error:
        raise RuntimeError(result.error)


if __name__ == "__main__":
    sys.exit(main())
