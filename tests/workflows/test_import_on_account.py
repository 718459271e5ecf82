"""A staged milestone becomes an on-account transaction, and the accountant's changes to it stay."""

from datetime import date
from decimal import Decimal

from domain.pending_work import WorkKind
from domain.rows import Merge, RowKey
from domain.staging import OnAccountTransaction, StagedMilestone
from domain.tables import Table
from tests.finance_builders import CONTRACT_PARTITION, setup_rows, tax_rows
from tests.line import Line
from tests.workflows.restless import dying
from tests.workflows.staged_work import add_setup, finance, problems, register, works

KIND = WorkKind.ON_ACCOUNT
MILESTONE = "6a1f0000-0000-4000-8000-00000000000a"
ROW = f"2026-08-25|{MILESTONE}"


def arrive(line: Line) -> None:
    milestone = StagedMilestone(
        company="usmf",
        milestone=MILESTONE,
        contract="C-1",
        contract_line=1,
        customer="US-1",
        project="P-1",
        invoice_date=date(2026, 8, 25),
        description="Design approved",
        currency="USD",
        amount=Decimal("5000.004"),
    )
    line.put(Table.FINANCE_MILESTONES_STAGING, RowKey(CONTRACT_PARTITION, ROW), milestone)
    register(line, KIND, ROW, ROW, rows=1)


def transactions(line: Line) -> list[OnAccountTransaction]:
    return line.records(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, OnAccountTransaction)


def test_a_milestone_becomes_a_transaction_in_cents_with_its_tax_group() -> None:
    line = finance(*tax_rows("25"), TaxItemGroupOnAcc="FULL")
    arrive(line)
    line.tick()
    (only,) = transactions(line)
    assert (only.transaction, only.amount, only.currency) == (MILESTONE, Decimal("5000.00"), "USD")
    assert only.tax_item_group == "FULL"
    assert works(line, KIND) == []


def test_a_milestone_that_comes_again_leaves_what_the_accountant_changed() -> None:
    line = finance()
    arrive(line)
    line.tick()
    line.store.write(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, CONTRACT_PARTITION, (Merge(ROW, {"TaxGroupId": "EXP"}),))
    register(line, KIND, ROW, ROW, rows=1)
    line.tick()
    assert [each.tax_group for each in transactions(line)] == ["EXP"]
    assert works(line, KIND) == []


def test_without_set_up_it_waits_with_its_reason_and_goes_on_when_that_is_there() -> None:
    line = Line.in_memory()
    arrive(line)
    line.tick()
    assert [problem.code.value for problem in problems(line)] == ["company_not_set_up"]
    assert transactions(line) == []
    add_setup(line, *setup_rows())
    line.tick()
    assert len(transactions(line)) == 1
    assert problems(line) == []


def test_dying_at_any_call_leaves_one_transaction_and_no_work() -> None:
    fatal, died = 0, True
    while died:
        fatal += 1
        line = finance()
        arrive(line)
        with dying(line, fatal) as death:
            line.tick()
        line.tick()
        died = death.died
        assert len(transactions(line)) == 1, f"call {fatal}"
        assert works(line, KIND) == []
    assert fatal > 8
