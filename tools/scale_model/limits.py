"""How many lines a second each limit lets through, and which comes first. All inputs: none was measured in Azure."""

from dataclasses import dataclass

from tools.scale_model.work import BUSIEST_PARTITION, ROWS_READ, ROWS_WRITTEN, Line, calls, messages


@dataclass(frozen=True, slots=True)
class Platform:
    """Published targets of the platform, and two assumptions about it."""

    # entities a second that one storage account takes, reads and writes together
    account_entities: int = 20_000
    # entities a second that one table partition takes
    partition_entities: int = 2_000
    # messages a second that one queue takes
    queue_messages: int = 2_000
    # seconds of one request inside a region: assumed
    request_seconds: float = 0.008
    # processor seconds for each line over all stages, of the rules and of the client: measured on one busy core here
    processor_seconds: float = 0.0093
    # cores of one instance of 2,048 MB, and threads that run our functions on it
    cores: int = 1
    threads: int = 4
    # seconds after which the host ends an invocation (host.json)
    invocation_seconds: int = 600
    # share of a document's time that the longest stage has, the ticks of Import from staging: counted
    longest_stage_share: float = 0.32


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit."""

    name: str
    # lines a second that it lets through, for as many documents as there are
    lines_per_second: float


def seconds_of(platform: Platform, lines: int) -> float:
    """How long one document takes on one thread, its stages one after the other."""
    return calls(lines) * platform.request_seconds + lines * platform.processor_seconds


def largest_document(platform: Platform) -> int:
    """Lines of the largest document whose longest stage ends before the host ends it."""
    low, high = 1, 10_000_000
    while low < high:
        middle = (low + high + 1) // 2
        fits = seconds_of(platform, middle) * platform.longest_stage_share <= platform.invocation_seconds
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def bounds(platform: Platform, *, lines: int, documents: int, instances: int) -> tuple[Bound, ...]:
    """Every limit for so many documents of so many lines in flight, the tightest first."""
    waiting = min(documents, instances * platform.threads) * lines / seconds_of(platform, lines)
    processor = instances * platform.cores / platform.processor_seconds
    found = (
        Bound("account", platform.account_entities / (_each(ROWS_WRITTEN, lines) + _each(ROWS_READ, lines))),
        Bound("partition", documents * platform.partition_entities / _each(BUSIEST_PARTITION, lines)),
        Bound("queue", platform.queue_messages * lines / messages(lines)),
        Bound("processors", processor),
        Bound("threads", waiting),
    )
    return tuple(sorted(found, key=lambda bound: bound.lines_per_second))


def _each(quantity: Line, lines: int) -> float:
    return quantity.of(lines) / lines
