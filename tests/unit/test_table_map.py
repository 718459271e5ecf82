"""The engine carries one row across a map, and knows none."""

from dataclasses import FrozenInstanceError, replace

import pytest

from domain.errors import BadRow, Problem, ReasonCode
from domain.rows import Columns, RowKey, StoredRow, Value
from domain.table_map import (
    apply,
    apply_write_back,
    compare,
    is_same,
    lookup_columns,
    needed_lookups,
    passes,
    reverse_value,
    source_columns,
    target_key,
)
from domain.table_map_definition import (
    AfterArrival,
    ColumnMapping,
    Condition,
    Constant,
    Hop,
    Lookup,
    LookupKey,
    Operator,
    TargetKey,
    ValueMap,
)
from domain.tables import Table
from tests.unit.small_maps import AMOUNT, CONTRACT_NUMBER, KEY, MILESTONES, NAME, PROJECT, bidirectional, with_column

CONTRACT, LINE, COMPANY, CURRENCY = (f"0a1b2c3d-0000-4000-8000-00000000000{number}" for number in range(1, 5))
MILESTONE = "0a1b2c3d-0000-4000-8000-000000000009"
CONTRACT_KEY = LookupKey(Table.DATAVERSE_CONTRACTS, RowKey(CONTRACT, CONTRACT))
COMPANY_KEY = LookupKey(Table.DATAVERSE_COMPANIES, RowKey(COMPANY, COMPANY))
LINE_KEY = LookupKey(Table.DATAVERSE_CONTRACT_LINES, RowKey(CONTRACT, LINE))
CURRENCY_KEY = LookupKey(Table.DATAVERSE_CURRENCIES, RowKey(CURRENCY, CURRENCY))
KEYS = (COMPANY_KEY, CONTRACT_KEY, LINE_KEY, CURRENCY_KEY)
FOUND: dict[LookupKey, Columns | None] = {
    CONTRACT_KEY: {"ordernumber": "C-001", "msdyn_owningcompany": COMPANY},
    COMPANY_KEY: {"cdm_companycode": "usmf"},
    LINE_KEY: {"lineitemnumber": 3},
    CURRENCY_KEY: {"isocurrencycode": "DKK"},
}
ROW: Columns = {
    "msdyn_contractlinescheduleofvalueid": MILESTONE,
    "msdyn_contract": CONTRACT,
    "msdyn_contractlineid": LINE,
    "msdyn_milestonedate": "2026-08-15T00:00:00Z",
    "msdyn_name": "Design approved",
    "msdyn_amount": "5000.00",
    "transactioncurrencyid": CURRENCY,
    "msdyn_contract@OData.Community.Display.V1.FormattedValue": "Danish contract",
}
MAPPED: Columns = {
    "DataAreaId": "usmf",
    "TransactionId": MILESTONE,
    "ContractId": "C-001",
    "ContractLine": 3,
    "InvoiceDate": "2026-08-15",
    "Description": "Design approved",
    "CurrencyId": "DKK",
    "Amount": "5000.00",
}


def problem_of(result: dict[str, Value] | Problem) -> Problem:
    assert isinstance(result, Problem)
    return result


# -- carrying a row


def test_a_row_is_mapped_with_its_look_ups_and_its_day() -> None:
    assert apply(MILESTONES, ROW, FOUND) == MAPPED


def test_columns_that_the_map_does_not_name_change_nothing() -> None:
    more = {**ROW, "versionnumber": 7, "_msdyn_contract_value@odata.type": "#Guid", "msdyn_project": ""}
    assert apply(MILESTONES, more, FOUND) == MAPPED


def test_an_absent_optional_column_is_absent_in_the_target() -> None:
    table_map = with_column(PROJECT)
    assert apply(table_map, ROW, FOUND) == MAPPED
    assert apply(table_map, {**ROW, "msdyn_project": "P-7"}, FOUND) == {**MAPPED, "ProjectId": "P-7"}


@pytest.mark.parametrize(("given", "made"), [(None, "none"), ("", "none"), ("P-7", "P-7")])
def test_a_default_stands_in_for_no_value_only(given: Value, made: str) -> None:
    result = apply(with_column(replace(PROJECT, default="none")), {**ROW, "msdyn_project": given}, FOUND)
    assert result == {**MAPPED, "ProjectId": made}


def test_a_constant_is_the_same_for_every_row() -> None:
    table_map = with_column(ColumnMapping(None, "ProjectId", Constant("P-9")))
    assert apply(table_map, ROW, FOUND) == {**MAPPED, "ProjectId": "P-9"}


@pytest.mark.parametrize(("status", "crosses"), [(192350001, True), (192350000, False)])
def test_a_column_with_a_condition_travels_only_when_it_holds(status: int, crosses: bool) -> None:
    ready = Condition("msdyn_invoicestatus", Operator.EQUAL, 192350001)
    table_map = with_column(ColumnMapping("msdyn_contract", "ProjectId", CONTRACT_NUMBER, default="none", when=ready))
    row = {**ROW, "msdyn_invoicestatus": status}
    assert apply(table_map, row, FOUND) == ({**MAPPED, "ProjectId": "C-001"} if crosses else MAPPED)
    alone = replace(table_map, company=None, columns=table_map.columns[-1:])
    assert needed_lookups(alone, row) == ((CONTRACT_KEY,) if crosses else ())


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"msdyn_milestonedate": "15 August"}, ReasonCode.ROW_COLUMN_WRONG, "msdyn_milestonedate has '15 August'"),
        ({"msdyn_amount": "a lot"}, ReasonCode.ROW_COLUMN_WRONG, "Amount must be a decimal number"),
        ({"msdyn_name": None}, ReasonCode.ROW_COLUMN_WRONG, "Description is missing"),
    ],
)
def test_a_row_that_does_not_fit_the_target_is_a_problem_of_that_row(
    changes: Columns, code: ReasonCode, words: str
) -> None:
    problem = problem_of(apply(MILESTONES, {**ROW, **changes}, FOUND))
    assert (problem.code, problem.ids) == (code, (MILESTONE,))
    assert words in problem.sentence


def test_a_required_column_that_is_absent_names_both_ends() -> None:
    table_map = with_column(replace(PROJECT, required=True))
    problem = problem_of(apply(table_map, ROW, FOUND))
    assert problem.code is ReasonCode.ROW_COLUMN_WRONG
    assert problem.sentence == "column msdyn_project, which ProjectId is made of, is absent; complete the row"


# -- look-ups


def test_look_ups_are_asked_for_hop_by_hop_each_once() -> None:
    assert needed_lookups(MILESTONES, ROW) == (CONTRACT_KEY, LINE_KEY, CURRENCY_KEY)
    assert needed_lookups(MILESTONES, ROW, {CONTRACT_KEY: FOUND[CONTRACT_KEY]}) == (COMPANY_KEY, LINE_KEY, CURRENCY_KEY)
    assert needed_lookups(MILESTONES, ROW, FOUND) == ()


def test_a_row_that_was_looked_for_in_vain_is_not_asked_for_again() -> None:
    assert needed_lookups(MILESTONES, ROW, dict.fromkeys(KEYS)) == ()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("found", [None, {}])
def test_a_look_up_that_finds_nothing_names_table_and_value(key: LookupKey, found: Columns | None) -> None:
    problem = problem_of(apply(MILESTONES, ROW, {**FOUND, key: found}))
    assert (problem.code, problem.ids) == (ReasonCode.MAP_LOOKUP_MISSING, (MILESTONE,))
    assert f"Unable to look up {key.table} with value {key.key.row}" in problem.sentence


def test_only_the_columns_that_are_needed_are_asked_for() -> None:
    assert lookup_columns(MILESTONES)[Table.DATAVERSE_CONTRACTS] == ("msdyn_owningcompany", "ordernumber")
    assert set(source_columns(MILESTONES)) == {name for name in ROW if "@" not in name}


def test_the_partition_of_a_later_hop_comes_from_the_row_before() -> None:
    hops = (
        Hop(Table.DATAVERSE_CONTRACT_LINES, "msdyn_project", partition="msdyn_contract"),
        Hop(Table.DATAVERSE_PROJECTS, "msdyn_projectnumber", partition="salesorderid"),
    )
    table_map = replace(
        MILESTONES, company=None, columns=(ColumnMapping("msdyn_contractlineid", "ProjectId", Lookup(hops)),)
    )
    found = {LINE_KEY: {"msdyn_project": "p", "salesorderid": "here"}}
    assert needed_lookups(table_map, ROW, found) == (LookupKey(Table.DATAVERSE_PROJECTS, RowKey("here", "p")),)
    assert lookup_columns(table_map)[Table.DATAVERSE_CONTRACT_LINES] == ("msdyn_project", "salesorderid")
    assert "msdyn_contract" in source_columns(table_map)


# -- filters


@pytest.mark.parametrize(
    ("condition", "value", "crosses"),
    [
        (Condition("a", Operator.NOT_EQUAL, True, absent=False), None, True),
        (Condition("a", Operator.NOT_EQUAL, True, absent=False), False, True),
        (Condition("a", Operator.NOT_EQUAL, True, absent=False), True, False),
        (Condition("a", Operator.NOT_EQUAL, True, absent=True), None, False),
        (Condition("a", Operator.EQUAL, 1), 1, True),
        (Condition("a", Operator.EQUAL, 1), None, False),
        (Condition("a", Operator.EQUAL, 1, absent=1), "", True),
        # a truth value is no number
        (Condition("a", Operator.EQUAL, 1), True, False),
        (Condition("a", Operator.NOT_EQUAL, True), 1, True),
    ],
)
def test_a_condition_holds_by_value_and_an_absent_column_counts_as_stated(
    condition: Condition, value: Value, crosses: bool
) -> None:
    assert passes(replace(MILESTONES, filter=(condition,)), {"a": value}) is crosses


def test_all_conditions_must_hold() -> None:
    both = (Condition("a", Operator.EQUAL, 1), Condition("b", Operator.EQUAL, 2))
    table_map = replace(MILESTONES, filter=both)
    assert passes(table_map, {"a": 1, "b": 2})
    assert not passes(table_map, {"a": 1, "b": 3})
    assert {"a", "b"} <= set(source_columns(table_map))


# -- back again


def test_only_what_is_mapped_back_is_written_back() -> None:
    finance: Columns = {"VoucherNumber": "V-1", "ActualId": "another", "Amount": "9", "ExchangeRate": None}
    assert apply_write_back(bidirectional(), finance) == {"msdyn_vouchernumber": "V-1"}
    assert apply_write_back(bidirectional(), {"VoucherNumber": ""}) == {}
    assert apply_write_back(MILESTONES, finance) == {}


def test_a_value_map_is_turned_round_and_its_default_was_no_value() -> None:
    mapping = ColumnMapping("a", "b", ValueMap(((1, "one"), (2, "two"))), default="none")
    assert [reverse_value(mapping, value) for value in ("one", "two", "none", None)] == [1, 2, None, None]
    with pytest.raises(BadRow, match="column b has 'three'"):
        reverse_value(mapping, "three")


# -- a row that comes again


def test_what_may_follow_follows_and_what_is_kept_is_left() -> None:
    name = replace(NAME, after_arrival=AfterArrival.FOLLOWS)
    amount = replace(AMOUNT, after_arrival=AfterArrival.KEPT)
    table_map = replace(MILESTONES, columns=(KEY, name, amount))
    comparison = compare(table_map, MAPPED, {**MAPPED, "Description": "old", "Amount": "1", "Status": "later"})
    assert (comparison.updates, comparison.refused) == ({"Description": "Design approved"}, ())
    cleared = compare(table_map, {**MAPPED, "Description": None}, MAPPED)
    assert cleared.updates == {"Description": None}


def test_a_fixed_column_that_differs_keeps_everything_as_it_is() -> None:
    table_map = replace(MILESTONES, columns=(KEY, replace(NAME, after_arrival=AfterArrival.FOLLOWS), AMOUNT))
    comparison = compare(table_map, MAPPED, {**MAPPED, "Description": "old", "Amount": "5000.0"})
    assert (comparison.updates, comparison.refused) == ({}, ("Amount",))


def test_empty_text_at_rest_is_no_value() -> None:
    table_map = with_column(PROJECT)
    assert compare(table_map, MAPPED, {**MAPPED, "ProjectId": ""}).refused == ()


def test_the_target_row_has_the_key_of_the_source_row_unless_the_map_says_otherwise() -> None:
    row = StoredRow(RowKey("p", "r"), {"msdyn_contract": "c", "msdyn_contractlineid": "l"}, "1")
    keyed = replace(MILESTONES, target_key=TargetKey("msdyn_contract", "msdyn_contractlineid"))
    assert target_key(MILESTONES, row) == RowKey("p", "r")
    assert target_key(keyed, row) == RowKey("c", "l")


def test_a_map_cannot_be_changed_and_types_are_told_apart() -> None:
    with pytest.raises(FrozenInstanceError):
        MILESTONES.version = "2.0.0.0"  # type: ignore[misc]
    assert not is_same(True, 1)
