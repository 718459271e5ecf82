"""One invoice is one trace, whatever order its stages run in; metrics and ticks have their documented names."""

import logging
from collections.abc import Iterator

import pytest
from azure.functions.timer import TimerRequest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from domain.errors import NotYet, Problem, ReasonCode
from domain.outcome import Action, Outcome
from domain.workflows.measure_pending import Measured, Stage
from functions.metrics import record
from functions.telemetry import in_trace, log_pieces, log_tick, remote_parent, traceparent

CORRELATION = "66a4c753-0b5c-51e9-b0d2-968986d18f5e"
OTHER = "58e4e872-e2b2-4a18-81f5-860c04050b96"
DOCUMENT = "9080fa71-faef-5b09-bcad-1632cd768980"
TRACE = int(CORRELATION.replace("-", ""), 16)


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    made = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    # the process has one provider, and it can be set once
    trace.set_tracer_provider(provider)
    return made


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    assert span.parent is not None
    return span.context.trace_id, span.parent.span_id


def test_the_parent_is_derived_from_the_correlation_alone() -> None:
    assert traceparent(CORRELATION) == "00-66a4c7530b5c51e9b0d2968986d18f5e-b0d2968986d18f5e-01"
    assert traceparent(CORRELATION.upper()) == traceparent(CORRELATION)


@pytest.mark.parametrize("correlation", ["", "post-journal", "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_correlation_names_no_trace(correlation: str) -> None:
    assert remote_parent(correlation) is None
    assert traceparent(correlation) is None


def test_all_stages_of_a_document_are_one_trace(spans: InMemorySpanExporter) -> None:
    for stage in ("confirm-invoice", "sync-table-map", "write-back-posting"):
        with in_trace(CORRELATION, stage, DOCUMENT):
            assert trace.get_current_span().get_span_context().trace_id == TRACE
    finished = spans.get_finished_spans()
    assert [span.name for span in finished] == ["confirm-invoice", "sync-table-map", "write-back-posting"]
    assert {ids(span) for span in finished} == {(TRACE, TRACE & (2**64 - 1))}
    assert {(span.attributes or {})["invoicing.document"] for span in finished} == {DOCUMENT}


def test_the_hosts_invocation_is_linked_and_comes_back(spans: InMemorySpanExporter) -> None:
    with trace.get_tracer("host").start_as_current_span("invocation") as host:
        with in_trace(CORRELATION, "confirm-invoice", DOCUMENT):
            pass
        assert trace.get_current_span() is host
    span = spans.get_finished_spans()[0]
    assert [link.context.span_id for link in span.links] == [host.get_span_context().span_id]
    assert ids(span)[0] != host.get_span_context().trace_id


def test_without_a_correlation_the_hosts_trace_stays(spans: InMemorySpanExporter) -> None:
    with in_trace(None, "record-dead-letter", DOCUMENT), in_trace("not a guid", "x", DOCUMENT):
        assert not trace.get_current_span().get_span_context().is_valid
    assert spans.get_finished_spans() == ()


def test_a_failure_marks_its_span_and_goes_on(spans: InMemorySpanExporter) -> None:
    problem = Problem(ReasonCode.ATTEMPTS_EXHAUSTED, "waits")
    with pytest.raises(NotYet), in_trace(CORRELATION, "import-proposal", DOCUMENT):
        raise NotYet(problem)
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR


def test_each_piece_of_a_tick_is_in_the_trace_of_its_own_document(
    spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    pieces = [
        Outcome(Action.PROPOSAL_LINES_IMPORTED, DOCUMENT, correlation=CORRELATION),
        Outcome(Action.JOURNAL_LINES_IMPORTED, DOCUMENT, correlation=OTHER),
    ]
    with caplog.at_level(logging.INFO, "invoicing"):
        log_pieces(iter(pieces))
    traces = [ids(span)[0] for span in spans.get_finished_spans()]
    assert traces == [TRACE, int(OTHER.replace("-", ""), 16)]
    assert [f"correlation={one}" in line for one, line in zip((CORRELATION, OTHER), caplog.messages, strict=True)] == [
        True,
        True,
    ]
    assert all((span.start_time or 0) <= (span.end_time or 0) for span in spans.get_finished_spans())


def test_a_tick_says_which_timer_runs_and_whether_it_is_late(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "invoicing"):
        log_tick("post_pending_journals", TimerRequest(past_due=True))
    assert caplog.messages == ["timer_ran timer=post_pending_journals past_due=1"]


def test_metrics_are_recorded_with_their_attributes() -> None:
    reader = InMemoryMetricReader()
    # the process has one provider, and it can be set once
    metrics.set_meter_provider(MeterProvider([reader]))
    record(Measured((Stage("post-journal", 3, 7200), Stage("on-account", 0, 0)), {"confirm-invoice": 2}))
    told = {
        (metric.name, str(next(iter((point.attributes or {}).values())))): getattr(point, "value", None)
        for resource in getattr(reader.get_metrics_data(), "resource_metrics", ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert told == {
        ("invoicing.work.pending", "post-journal"): 3,
        ("invoicing.work.pending", "on-account"): 0,
        ("invoicing.work.oldest_age", "post-journal"): 7200,
        ("invoicing.work.oldest_age", "on-account"): 0,
        ("invoicing.dead_letters", "confirm-invoice"): 2,
    }
