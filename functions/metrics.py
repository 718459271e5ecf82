"""The metrics: what is pending by stage, how old the oldest of it is, and how many dead letters are kept.

Recorded at each tick of `measure_pending`. Without an exporter they go nowhere, and the log line of the tick remains.
"""

from opentelemetry import metrics

from domain.workflows.measure_pending import Measured

WORK_PENDING = "invoicing.work.pending"
WORK_OLDEST_AGE = "invoicing.work.oldest_age"
DEAD_LETTERS = "invoicing.dead_letters"


def record(measured: Measured) -> None:
    """Set every gauge, zeros too, and hand them on before the instance may be taken away."""
    meter = metrics.get_meter("invoicing")
    pending = meter.create_gauge(WORK_PENDING, unit="{piece}", description="Pieces of pending work")
    oldest = meter.create_gauge(WORK_OLDEST_AGE, unit="s", description="Age of the oldest piece of pending work")
    letters = meter.create_gauge(DEAD_LETTERS, unit="{letter}", description="Dead letters kept, 1,000 at most")
    for stage in measured.stages:
        pending.set(stage.pending, {"stage": stage.stage})
        oldest.set(stage.oldest_seconds, {"stage": stage.stage})
    for queue, count in measured.dead_letters.items():
        letters.set(count, {"queue": queue})
    # only an exporting provider has anything to flush
    flush = getattr(metrics.get_meter_provider(), "force_flush", None)
    if flush is not None:
        flush()
