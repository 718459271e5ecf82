"""The demo checks what it promises, waits with a deadline, and gives its host nothing of another storage."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from domain.option_sets import BillingType, TransactionType
from domain.rows import RowKey, StoredRow, Value
from tests.cli.conftest import Terminal
from tests.line import COHO, CONTRACT_COHO
from tools.demo.__main__ import main
from tools.demo.host import SCHEDULES, Host, environment
from tools.demo.play import has_posting
from tools.demo.result import coho_differences, draw_result, read_result
from tools.demo.stages import Progress, StageFailed, Stages


class FakeHost(Host):
    """A host that is there, or not."""

    def __init__(self, is_running: bool = True) -> None:
        self._runs = is_running

    @property
    def is_running(self) -> bool:
        return self._runs


@pytest.fixture
def finished(terminal: Terminal) -> Terminal:
    """A terminal with the Coho invoice posted and written back."""
    terminal.line.load_samples(COHO)
    terminal.line.bill(CONTRACT_COHO)
    terminal.line.finish()
    return terminal


def test_the_coho_vouchers_are_those_of_the_documentation(finished: Terminal) -> None:
    assert coho_differences(read_result(finished.desk)) == []


def test_a_cent_more_is_found_and_told(finished: Terminal) -> None:
    result = read_result(finished.desk)
    entry = result.invoice_entries[0]
    wrong = entry.changed(accounting_amount=entry.accounting_amount + Decimal("0.01"))
    others = tuple(each for each in result.entries if each != entry)
    found = coho_differences(replace(result, entries=(*others, wrong)))
    assert [line.partition(":")[0] for line in found] == ["documented, not posted", "posted"]


def test_the_tables_show_write_back_vouchers_and_invoices(
    finished: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_result(finished.desk, read_result(finished.desk))
    said = capsys.readouterr().out
    for title in ("Actuals in Dataverse", "integration journals", "customer invoices", "Customer invoices"):
        assert title in said
    assert "1,250.00 USD" in said
    assert "stays here" in said


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"msdyn_transactiontypecode": TransactionType.COST}, True),
        ({"msdyn_skipsync": True}, False),
        (
            {"msdyn_transactiontypecode": TransactionType.BILLED_SALES, "msdyn_billingtype": BillingType.COMPLIMENTARY},
            False,
        ),
    ],
)
def test_only_what_finance_posts_is_waited_for(columns: Mapping[str, Value], expected: bool) -> None:
    assert has_posting(StoredRow(RowKey("p", "r"), columns, "e")) is expected


def stages(host: FakeHost, seconds: float = 60) -> Stages:
    return Stages(Console(width=100), host, seconds)


def test_a_stage_that_is_whole_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    seen = iter((Progress(0, 0), Progress(1, 2), Progress(2, 2)))
    stages(FakeHost()).wait("rows arrived", lambda: next(seen))
    assert "rows arrived: 2 of 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("host", "seconds", "reason"), [(FakeHost(), 0.0, "1 of 2 after 0 seconds"), (FakeHost(False), 9.0, "has ended")]
)
def test_a_stage_that_does_not_finish_is_named(host: FakeHost, seconds: float, reason: str) -> None:
    look: Callable[[], Progress] = lambda: Progress(1, 2)  # noqa: E731 a look is one expression
    with pytest.raises(StageFailed, match=f"rows arrived.*{reason}"):
        stages(host, seconds).wait("rows arrived", look)


def test_the_host_sees_no_other_storage() -> None:
    found = environment(
        "mine", {"INVOICING_STORAGE__tableServiceUri": "other", "AzureWebJobsStorage": "other", "A": "1"}
    )
    assert (found["INVOICING_STORAGE"], found["AzureWebJobsStorage"], found["A"]) == ("mine", "mine", "1")
    assert "INVOICING_STORAGE__tableServiceUri" not in found
    assert SCHEDULES.items() <= found.items()


def test_the_last_lines_of_the_host_are_those_that_went_wrong(tmp_path: Path) -> None:
    host = FakeHost()
    host.log = tmp_path / "host.log"
    host.log.write_text("12:00:00  a  timer due  ok  1 ms\n12:00:01  b  queue x  failed  1 ms: E\n")
    assert host.last_lines(5) == ["12:00:01  b  queue x  failed  1 ms: E"]


def test_another_word_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["go"]) == 2
    assert "usage:" in capsys.readouterr().err
