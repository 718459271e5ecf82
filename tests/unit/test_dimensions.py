"""Financial dimensions: their one form, who wins where two sets apply, and whose dimensions a line takes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dimension_rules import line_dimensions
from domain.dimensions import dimensions_of, merged_dimensions, normalized, text_of
from domain.errors import BadRow
from domain.finance_parties import FinanceContract, FinanceCustomer, Parties
from domain.line_posting import LinePosting
from domain.option_sets import FinanceTransactionType, TransactionClass
from domain.posting_types import PostingType
from domain.setup_posting import FinanceBillingMethod
from tests.finance_builders import (
    CONTRACT,
    CUSTOMER,
    PROJECT,
    make_journal_line,
    make_posting,
    make_setup,
    make_staged,
    profile_row,
)

NAMES = st.text(alphabet="ABCdef", min_size=1, max_size=4)
SETS = st.dictionaries(NAMES, NAMES, max_size=4).map(text_of)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("B=2;A=1", "A=1;B=2"),
        (" A = 1 ; B=2;", "A=1;B=2"),
        ("A=1", "A=1"),
    ],
)
def test_a_set_has_one_form(text: str, form: str) -> None:
    assert normalized(text) == form


@pytest.mark.parametrize("text", ["A", "A=", "=1", "A=1;A=2", "A=1=2", ";"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CostCenter=001"):
        normalized(text)


@given(SETS, SETS)
def test_the_winner_keeps_all_of_its_values_and_nothing_else_is_lost(winner: str, other: str) -> None:
    both = dimensions_of(merged_dimensions(winner, other))
    assert dict(both) == {**dimensions_of(other), **dimensions_of(winner)}


def test_nothing_with_nothing_is_nothing() -> None:
    assert merged_dimensions(None, None) is None


def contract(**columns: object) -> FinanceContract:
    row = {"DataAreaId": "usmf", "ProjInvoiceProjId": "C-1", "CurrencyId": "USD"}
    return FinanceContract.from_columns({**row, **columns})


def test_the_lines_and_funding_sources_of_a_contract_have_dimensions_by_name() -> None:
    row = contract(LineDimensions='["1:B=2;A=1","2:A=9"]', FundingDimensions='["FS-1:A=7"]')
    parties = Parties(PROJECT, row, CUSTOMER.changed(default_dimension="A=5"))
    assert [parties.line_dimension(number) for number in (1, 2, 3, None)] == ["A=1;B=2", "A=9", None, None]
    assert [parties.header_dimension(name) for name in ("FS-1", "FS-2")] == ["A=7", "A=5"]
    assert Parties().header_dimension("FS-1") is None
    assert Parties().project_dimension is None


@pytest.mark.parametrize("entries", ['[":A=1"]', '["1:A"]', '["A=1"]', '["1"]'])
def test_an_entry_without_a_name_or_without_dimensions_is_refused(entries: str) -> None:
    with pytest.raises(BadRow, match="LineDimensions"):
        contract(LineDimensions=entries)


def test_a_column_is_refused_at_the_door() -> None:
    with pytest.raises(BadRow, match="DefaultDimension"):
        FinanceCustomer.from_columns({"DataAreaId": "u", "AccountNum": "A", "Name": "N", "DefaultDimension": "Cost"})


def posting_of(transaction_class: TransactionClass) -> LinePosting:
    worker = {"Kind": "HcmWorker", "BookableResourceName": "Bob", "DefaultDimension": "CC=9;Place=S"}
    parties = Parties(PROJECT.changed(default_dimension="CC=1"), CONTRACT, CUSTOMER)
    staged = make_staged(FinanceTransactionType.COST, transaction_class, resource="Bob")
    return make_posting(make_setup(worker), staged, parties)


@pytest.mark.parametrize(
    ("transaction_class", "posting_type", "dimension"),
    [
        (TransactionClass.TIME, PostingType.COST, "CC=1;Place=S"),
        (TransactionClass.TIME, PostingType.PAYROLL_ALLOCATION, "CC=9;Place=S"),
        (TransactionClass.EXPENSE, PostingType.COST, "CC=1;Place=S"),
        (TransactionClass.EXPENSE, PostingType.LEDGER_JOURNAL, "CC=1;Place=S"),
    ],
)
def test_project_or_worker_wins_by_posting_type(
    transaction_class: TransactionClass, posting_type: PostingType, dimension: str
) -> None:
    entries = {entry.posting_type: entry.default_dimension for entry in posting_of(transaction_class).entries}
    assert entries[posting_type] == dimension


def test_a_stored_decision_keeps_its_dimensions_and_an_old_one_has_none() -> None:
    decided = posting_of(TransactionClass.TIME)
    assert LinePosting.from_text(decided.line, decided.to_text()) == decided
    old = '{"date":"2026-08-27","currency":"USD","amount":"10","postings":[[121,"540100","Cost","10","10"]]}'
    line = make_journal_line(make_setup(), make_staged(FinanceTransactionType.COST))
    assert [posting.dimension for posting in LinePosting.from_text(line, old).postings] == [None]


RULE: dict[str, object] = {"Kind": "ProjDefaultDimensionRule", "DefaultDimensionPriority": "ContractLine"}
OTHER: dict[str, object] = {**RULE, "DefaultDimensionPriority": "Project"}
TIME = TransactionClass.TIME


@pytest.mark.parametrize(
    ("rules", "taken"),
    [
        # no rule, or none that fits: the project for time
        ([], "Of=project"),
        ([{**RULE, "ProjId": "P-2"}], "Of=project"),
        ([{**RULE, "TransactionClassification": 192350001}], "Of=project"),
        # each criterion alone
        ([RULE], "Of=line"),
        ([{**RULE, "TransactionClassification": 192350000}], "Of=line"),
        ([{**RULE, "ProjGroupId": "TM"}], "Of=line"),
        ([{**RULE, "ProjRevenueProfileId": "P"}], "Of=line"),
        ([{**RULE, "ProjInvoiceProjId": "C-1"}], "Of=line"),
        ([{**RULE, "ProjId": "P-1"}], "Of=line"),
        # the one farther to the right wins, however much the other names
        ([{**RULE, "TransactionClassification": 192350000}, {**OTHER, "ProjGroupId": "TM"}], "Of=project"),
        ([{**RULE, "ProjGroupId": "TM"}, {**OTHER, "ProjRevenueProfileId": "P"}], "Of=project"),
        ([{**RULE, "ProjRevenueProfileId": "P"}, {**OTHER, "ProjInvoiceProjId": "C-1"}], "Of=project"),
        ([{**RULE, "ProjInvoiceProjId": "C-1"}, {**OTHER, "ProjId": "P-1"}], "Of=project"),
        (
            [
                {**OTHER, "ProjId": "P-1"},
                {**RULE, "TransactionClassification": 192350000, "ProjGroupId": "TM", "ProjInvoiceProjId": "C-1"},
            ],
            "Of=project",
        ),
        # two that name the same on the right: the next one counts
        ([{**OTHER, "ProjId": "P-1"}, {**RULE, "ProjId": "P-1", "ProjGroupId": "TM"}], "Of=line"),
    ],
)
def test_of_the_rules_that_fit_the_criterion_farthest_to_the_right_wins(
    rules: list[dict[str, object]], taken: str
) -> None:
    assert dimensions(rules, TIME) == taken
    assert dimensions(list(reversed(rules)), TIME) == taken


def dimensions(rules: list[dict[str, object]], transaction_class: TransactionClass, **known: object) -> str | None:
    parties = Parties(
        project=PROJECT.changed(group="TM", default_dimension="Of=project"),
        contract=contract(LineDimensions=["1:Of=line"]),
    )
    return line_dimensions(
        make_setup(profile_row(), *rules),
        replace(parties, **known),  # type: ignore[arg-type] # parties by name
        transaction_class=transaction_class,
        billing_method=FinanceBillingMethod.TIME_AND_MATERIAL,
        contract="C-1",
        contract_line=1,
    )


def test_a_rule_for_milestones_turns_their_order_too_and_a_line_without_dimensions_has_none() -> None:
    assert dimensions([], TransactionClass.MILESTONE) == "Of=line"
    assert dimensions([OTHER], TransactionClass.MILESTONE) == "Of=project"
    assert dimensions([RULE], TIME, contract=contract()) is None
    # without its contract the project counts
    assert dimensions([RULE], TIME, contract=None) == "Of=project"
