"""A model of the service under many workers: how fast documents get through, and what holds them up first.

The real stages ran once in memory (`benchmarks.graph`); here their calls run again against a model of the storage, in
time that is only counted: latencies, the targets of the account, of a partition and of a queue, and processors. The
model knows no failures. **Nothing of it was measured in Azure.**
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.graph import Graph, Request, Work


@dataclass(frozen=True, slots=True)
class Service:
    """What the model assumes. Targets: "Scalability and performance targets" of Azure Storage, read in 2025."""

    # entities a second of one account, of one partition; messages a second of one queue
    account_rate: float = 20_000
    partition_rate: float = 2_000
    queue_rate: float = 2_000
    # seconds of a request inside a region, and for each entity in it: assumed
    request_seconds: float = 0.008
    entity_seconds: float = 0.00005
    # processor seconds of a worker for each request and for each entity: from `make bench`, rules and client together
    processor_request_seconds: float = 0.0006
    processor_entity_seconds: float = 0.00009
    # messages that a worker takes at a time (batchSize of host.json), and its cores
    messages_at_once: int = 16
    cores: int = 1
    # seconds between two ticks of the timers that import and post
    tick_seconds: float = 30


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run of the model."""

    workers: int
    documents: int
    lines: int
    # from the first confirmation to the last write-back
    seconds: float
    # of one document, from its confirmation to its last write-back
    median_seconds: float
    slowest_seconds: float
    # the limit that was busiest, and how busy, 0 to 1
    limit: str
    busy: float

    @property
    def lines_per_second(self) -> float:
        """Lines of all documents for each second of the run."""
        return self.documents * self.lines / self.seconds


@dataclass(slots=True)
class _Server:
    """Something that serves one after the other at a rate."""

    rate: float
    free_at: float = 0.0
    busy_seconds: float = 0.0

    def serve(self, now: float, amount: float) -> float:
        took = amount / self.rate
        self.free_at = max(now, self.free_at) + took
        self.busy_seconds += took
        return self.free_at


@dataclass(slots=True)
class _Worker:
    processor: _Server
    free: int


@dataclass(slots=True)
class _Model:
    """The state of a run."""

    service: Service
    graph: Graph
    workers: list[_Worker]
    account: _Server
    places: dict[str, _Server] = field(default_factory=dict)
    # what waits for a free worker, in order, and what happens when
    waiting: deque[tuple[int, str]] = field(default_factory=deque)
    events: list[tuple[float, int, Iterator[float]]] = field(default_factory=list)
    count: int = 0
    # of each document: its phase, the messages of it that are not done yet, and when it was done
    phase: dict[int, int] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    done_at: dict[int, float] = field(default_factory=dict)
    # documents whose next phase waits for a tick
    ticking: list[int] = field(default_factory=list)

    def start(self, at: float, process: Iterator[float]) -> None:
        self.count += 1
        heapq.heappush(self.events, (at, self.count, process))

    def run(self) -> float:
        now = 0.0
        while self.events:
            now, _, process = heapq.heappop(self.events)
            following = next(process, None)
            if following is not None:
                self.start(max(now, following), process)
        return now

    def begin(self, now: float, document: int, number: int) -> None:
        """Begin a phase of a document."""
        phase = self.graph.phases[number]
        self.phase[document], self.open[document] = number, phase.messages
        self.offer(now, document, phase.first)

    def offer(self, now: float, document: int, name: str) -> None:
        """Put a message into its queue; a free worker takes it at once."""
        self.waiting.append((document, name))
        self.assign(now)

    def assign(self, now: float) -> None:
        while self.waiting:
            worker = max(self.workers, key=lambda each: each.free)
            if not worker.free:
                return
            worker.free -= 1
            document, name = self.waiting.popleft()
            self.start(now, _message(self, worker, document, name, now))

    def request(self, now: float, document: int, request: Request) -> float:
        """When the answer to a request arrives."""
        amount = request.entities or 1
        served = self._place(document, request).serve(now, amount)
        if request.entities:
            served = max(served, self.account.serve(now, amount))
        return served + self.service.request_seconds + request.entities * self.service.entity_seconds

    def _place(self, document: int, request: Request) -> _Server:
        name = request.place if request.is_shared else f"{document} {request.place}"
        rate = self.service.partition_rate if request.entities else self.service.queue_rate
        return self.places.setdefault(name, _Server(rate))


def simulate(graph: Graph, *, documents: int, workers: int, service: Service | None = None) -> Result:
    """Let so many documents be confirmed at once and so many workers carry them to their write-backs."""
    service = service or Service()
    model = _Model(
        service,
        graph,
        [_Worker(_Server(service.cores), service.messages_at_once) for _ in range(workers)],
        _Server(service.account_rate),
    )
    for document in range(documents):
        model.begin(0.0, document, 0)
    model.start(service.tick_seconds, _ticks(model, documents))
    model.run()
    return _result(model, documents, workers)


def _ticks(model: _Model, documents: int) -> Iterator[float]:
    now = model.service.tick_seconds
    while len(model.done_at) < documents:
        due, model.ticking = model.ticking, []
        for document in due:
            model.begin(now, document, model.phase[document] + 1)
        now += model.service.tick_seconds
        yield now


def _message(model: _Model, worker: _Worker, document: int, name: str, now: float) -> Iterator[float]:
    """What a worker does with one message, step by step; each step says when the next one is."""
    work = model.graph.works[name]
    for wave in work.waves:
        cost = sum(_processor_seconds(model.service, request) for request in wave)
        now = worker.processor.serve(now, cost)
        yield now
        now = max(model.request(now, document, request) for request in wave)
        yield now
    worker.free += 1
    _finish(model, document, work, now)


def _processor_seconds(service: Service, request: Request) -> float:
    return service.processor_request_seconds + request.entities * service.processor_entity_seconds


def _finish(model: _Model, document: int, work: Work, now: float) -> None:
    for name in work.leads_to:
        model.offer(now, document, name)
    model.open[document] -= 1
    if not model.open[document]:
        if model.phase[document] + 1 < len(model.graph.phases):
            model.ticking.append(document)
        else:
            model.done_at[document] = now
    model.assign(now)


def _result(model: _Model, documents: int, workers: int) -> Result:
    seconds = max(model.done_at.values())
    times = sorted(model.done_at.values())
    processors = sum(worker.processor.busy_seconds for worker in model.workers) / (seconds * workers)
    place, busiest = max(model.places.items(), key=lambda pair: pair[1].busy_seconds)
    told = {
        "processors": processors,
        "account": model.account.busy_seconds / seconds,
        f"one partition of {place.split(' ')[-2]}": busiest.busy_seconds / seconds,
    }
    limit = max(told, key=lambda name: told[name])
    return Result(workers, documents, model.graph.lines, seconds, times[len(times) // 2], times[-1], limit, told[limit])
