"""What a month costs: counted work times list prices. The prices are inputs with a date; enter those of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from tools.scale_model.limits import Platform, seconds_of
from tools.scale_model.work import READS, ROWS_KEPT, ROWS_WRITTEN, messages

BYTES_PER_GB = 1_000_000_000
TICKS_A_MONTH = 30 * 24 * (60 + 3 * 12)
HOURS_A_MONTH = 730


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, as remembered from public pages of 2025 for a European region. Not checked since."""

    as_of: str = "2025"
    table_operations_10k: float = 0.00036
    queue_operations_10k: float = 0.004
    table_gb_month: float = 0.0563
    executions_million: float = 0.40
    free_executions: int = 250_000
    gb_second: float = 0.000026
    free_gb_seconds: int = 100_000
    always_ready_gb_second: float = 0.000004
    log_gb: float = 2.76
    free_log_gb: float = 5.0
    private_endpoint_hour: float = 0.01
    private_zone_month: float = 0.50
    # six log alerts, three metrics of two accounts
    alerts_month: float = 7.50


@dataclass(frozen=True, slots=True)
class Environment:
    """What of an environment costs by the hour, and what its work looks like."""

    lines_per_document: int = 100
    memory_gb: float = 2.0
    # an execution is billed for this long at least
    least_seconds: float = 1.0
    # bytes of one stored row, and of all logs of one execution: measured, and assumed
    row_bytes: int = 1_900
    log_bytes: int = 10_000
    private_endpoints: int = 0
    always_ready_instances: int = 0


def month(lines: int, prices: Prices, environment: Environment, platform: Platform) -> Mapping[str, float]:
    """Dollars of a month by item, for so many invoice lines in it, and for the rows of that month."""
    size = environment.lines_per_document
    documents = ceil(lines / size)
    executions = documents * messages(size) + TICKS_A_MONTH
    billed_seconds = max(environment.least_seconds, seconds_of(platform, size) / messages(size))
    gb_seconds = executions * billed_seconds * environment.memory_gb
    operations = documents * (ROWS_WRITTEN.of(size) + READS.of(size))
    logs = executions * environment.log_bytes / BYTES_PER_GB
    warm_gb_seconds = environment.always_ready_instances * environment.memory_gb * HOURS_A_MONTH * 3600
    zones = 3 if environment.private_endpoints else 0
    return {
        "table operations": operations / 10_000 * prices.table_operations_10k,
        "rows kept": documents * ROWS_KEPT.of(size) * environment.row_bytes / BYTES_PER_GB * prices.table_gb_month,
        "queue operations": documents * messages(size) * 4 / 10_000 * prices.queue_operations_10k,
        "executions": max(0, executions - prices.free_executions) / 1_000_000 * prices.executions_million,
        "execution time": max(0.0, gb_seconds - prices.free_gb_seconds) * prices.gb_second,
        "logs": max(0.0, logs - prices.free_log_gb) * prices.log_gb,
        "alerts": prices.alerts_month,
        "warm instances": warm_gb_seconds * prices.always_ready_gb_second,
        "private endpoints": environment.private_endpoints * HOURS_A_MONTH * prices.private_endpoint_hour
        + zones * prices.private_zone_month,
    }
