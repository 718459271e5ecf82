"""A small app for the host's tests: it reports to the probe what it was given, and does what the body tells it."""

import logging

import azure.functions as func

from tests.devhost.probe import probe

app = func.FunctionApp()
log = logging.getLogger("orders")


@app.function_name("take_order")
@app.queue_trigger(arg_name="message", queue_name="%ORDERS_QUEUE%", connection="SHOP_STORAGE")
def take_order(message: func.QueueMessage) -> None:
    probe.saw("take_order", message)
    log.info("order taken", extra={"action": "order_taken"})
    probe.obey(message.get_body().decode())


@app.function_name("take_poisoned")
@app.queue_trigger(arg_name="message", queue_name="%ORDERS_QUEUE%-poison", connection="SHOP_STORAGE")
def take_poisoned(message: func.QueueMessage) -> None:
    probe.saw("take_poisoned", message)
    if b"to the end" in message.get_body():
        probe.obey(message.get_body().decode())


@app.function_name("relay")
@app.queue_trigger(arg_name="message", queue_name="%RELAY_QUEUE%", connection="SHOP_STORAGE")
@app.queue_output(arg_name="order", queue_name="%ORDERS_QUEUE%", connection="SHOP_STORAGE")
async def relay(message: func.QueueMessage, order: func.Out[str]) -> None:
    probe.saw("relay", message)
    order.set(message.get_body().decode())


@app.function_name("tick")
@app.timer_trigger(arg_name="timer", schedule="%TICK%")
def tick(timer: func.TimerRequest) -> None:
    probe.saw("tick", timer)
    probe.obey(probe.tick_order)


@app.function_name("warm_up")
@app.timer_trigger(arg_name="timer", schedule="%TICK%", run_on_startup=True, use_monitor=False)
def warm_up(timer: func.TimerRequest) -> None:
    probe.saw("warm_up", timer)


@app.function_name("insist")
@app.timer_trigger(arg_name="timer", schedule="%TICK%")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:07")
def insist(timer: func.TimerRequest, context: func.Context) -> None:
    probe.saw("insist", context.retry_context.retry_count)
    probe.obey(probe.tick_order)
