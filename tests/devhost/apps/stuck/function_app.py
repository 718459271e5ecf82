"""An app whose function never comes back."""

import threading

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="0 0 0 31 2 *", run_on_startup=True)
def wait_for_ever(timer: func.TimerRequest) -> None:
    threading.Event().wait()
