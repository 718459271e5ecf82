"""A saved answer becomes rows, and everything that is wrong with one is named with its column and the way out."""

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadRow, ReasonCode
from domain.loadable import LOADABLE
from domain.loading import LINE_BYTES_MAX, Raw, decide, find_loadable, open_document, open_lines
from domain.loading_rows import CleanRow, FieldProblem, clean_row
from domain.rows import Insert, Merge, StoredRow
from domain.table_maps import find_map
from domain.tables import Table

ID = "0a1b2c3d-0000-4000-8000-00000000000"
CONTEXT = "https://fabrikam.crm.dynamics.com/api/data/v9.2/$metadata#"
ACTUALS = find_loadable("msdyn_actuals")
ACTUAL: Mapping[str, object] = {
    "msdyn_actualid": ID + "1",
    "msdyn_transactiontypecode": 192350005,
    "msdyn_transactionclassification": 192350000,
    "msdyn_quantity": Decimal("8.0"),
    "msdyn_price": Decimal(200),
    "msdyn_amount": Decimal("1600.00"),
    "msdyn_transactiondate": "2026-08-24",
    "_transactioncurrencyid_value": ID + "2",
    "_msdyn_salescontract_value": ID + "3",
    "_msdyn_owningcompany_value": ID + "4",
}


def cleaned(changes: Mapping[str, object] | None = None, entity_set: str = "msdyn_actuals") -> CleanRow:
    row = clean_row(find_loadable(entity_set), {**ACTUAL, **(changes or {})}, company=None, places={})
    assert isinstance(row, CleanRow), row
    return row


def refused(changes: Mapping[str, object]) -> FieldProblem:
    problems = clean_row(ACTUALS, {**ACTUAL, **changes}, company=None, places={})
    assert isinstance(problems, tuple), problems
    assert len(problems) == 1, problems
    return problems[0]


def finance(table: str, row: Mapping[str, object], company: str | None = "usmf") -> CleanRow | FieldProblem:
    found = clean_row(find_loadable(table), row, company=company, places={})
    return found if isinstance(found, CleanRow) else found[0]


def document_of(content: object) -> list[Raw]:
    return list(open_document("a.json", json.dumps(content).encode()).rows)


def bad_document(body: bytes) -> BadRow:
    with pytest.raises(BadRow) as error:
        open_document("a.json", body)
    return error.value


def test_an_actual_stands_in_its_contract_by_date() -> None:
    assert cleaned().key == (ID + "3", f"2026-08-24|{ID}1")


def test_lookups_lose_their_ornament_and_annotations_go() -> None:
    row = cleaned(
        {
            "@odata.etag": 'W/"1"',
            "_msdyn_project_value": ID + "5",
            "_msdyn_project_value@Microsoft.Dynamics.CRM.lookuplogicalname": "msdyn_project",
            "msdyn_amount@OData.Community.Display.V1.FormattedValue": "$1,600.00",
        }
    )
    assert row.columns["msdyn_project"] == ID + "5"
    assert not any("@" in name or name.startswith("_") for name in row.columns)


@pytest.mark.parametrize(
    "name", ["createdon", "versionnumber", "_ownerid_value", "statecode", "msdyn_amount_base", "msdyn_unit"]
)
def test_columns_that_we_do_not_read_go_without_a_word(name: str) -> None:
    row = cleaned({name: "x"})
    assert row.custom == ()
    assert name not in row.columns


def test_an_expanded_lookup_goes_without_a_word() -> None:
    assert cleaned({"msdyn_Project": {"msdyn_subject": "x"}}).custom == ()


def test_columns_of_another_publisher_are_left_out_and_counted() -> None:
    assert cleaned({"fab_costcenter": 1, "_fab_approver_value": None}).custom == ("fab_costcenter", "fab_approver")


def test_numbers_and_dates_stand_as_plain_text() -> None:
    columns = cleaned({"msdyn_transactiondate": "2026-08-24T00:00:00Z"}).columns
    assert (columns["msdyn_quantity"], columns["msdyn_transactiondate"]) == ("8.0", "2026-08-24")


def test_a_misspelt_column_is_refused_with_the_nearest_name() -> None:
    found = refused({"msdyn_descripton": "x"})
    assert (found.field, found.problem.code) == ("msdyn_descripton", ReasonCode.ROW_COLUMN_UNKNOWN)
    assert "did you mean msdyn_description?" in found.problem.sentence


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("msdyn_quantity", "eight", "must be a decimal number"),
        ("msdyn_quantity", Decimal("1e400"), "at most 28 digits"),
        ("msdyn_quantity", True, "must be a decimal number"),
        ("msdyn_quantity", None, "is missing; the row must have it"),
        ("msdyn_transactiondate", 0, "must be a date as 2026-08-27"),
        ("msdyn_transactiondate", "27.08.2026", "must be a date as 2026-08-27"),
        ("msdyn_actualid", "{1}", "must be an id as"),
        ("msdyn_description", 5, "must be a valid string"),
        ("msdyn_description", {"a": {}}, "is an object; it must be a single value"),
        ("msdyn_description", [[[[]]]], "is a list; it must be a single value"),
        ("msdyn_transactionorigins", "[" * 100_000, "must be a list"),
        ("msdyn_billingtype", 7, "must be 192350000, 192350001"),
        ("msdyn_transactiontypecode", 192350006, "only cost and unbilled sales are loaded, confirming an invoice"),
        ("msdyn_transactiontypecode", 192350004, "is project contract; only cost and unbilled sales"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(column: str, value: object, sentence: str) -> None:
    found = refused({column: value})
    assert (found.field, found.problem.code) == (column, ReasonCode.ROW_COLUMN_WRONG)
    assert sentence in found.problem.sentence


@pytest.mark.parametrize("text", ["\U0001f600" * 20_000, "half \ud800"])
def test_what_the_storage_refuses_is_refused_before(text: str) -> None:
    assert "msdyn_description" in str(refused({"msdyn_description": text}))


def test_every_wrong_column_of_a_row_is_named() -> None:
    problems = clean_row(ACTUALS, {**ACTUAL, "msdyn_price": "x", "msdyn_amount": "y"}, company=None, places={})
    assert isinstance(problems, tuple)
    assert [each.field for each in problems] == ["msdyn_price", "msdyn_amount"]


@pytest.mark.parametrize("raw", [None, 5, "x", [], [{}]])
def test_a_row_must_be_an_object(raw: object) -> None:
    problems = clean_row(ACTUALS, raw, company=None, places={})
    assert isinstance(problems, tuple)
    assert problems[0].problem.code == ReasonCode.ROW_NOT_JSON


def test_a_row_with_one_column_too_many_is_refused_whole() -> None:
    found = refused({f"c{number}": 1 for number in range(1_991)})
    assert "2,001 columns, over 2,000" in found.problem.sentence


def test_a_connection_stands_behind_its_first_actual() -> None:
    raw = {
        "msdyn_transactionconnectionid": ID + "9",
        "msdyn_transaction1": ID + "1",
        "msdyn_transaction1role": "Unbilled Sales",
        "msdyn_transaction2": ID + "2",
        "msdyn_transaction2role": "Cost",
    }
    places = {ID + "1": f"{ID}3/2026-08-24|{ID}1", ID + "2": f"{ID}3/2026-08-24|{ID}2"}
    row = clean_row(find_loadable("msdyn_transactionconnections"), raw, company=None, places=places)
    assert isinstance(row, CleanRow)
    assert row.key == (ID + "3", f"2026-08-24|{ID}1|{ID}9")
    assert row.columns["invoicing_transaction2key"] == places[ID + "2"]
    unknown = clean_row(find_loadable("msdyn_transactionconnections"), raw, company=None, places={})
    assert isinstance(unknown, tuple)
    assert "name the file of its actuals before this one" in unknown[0].problem.sentence


def test_a_finance_row_takes_the_company_of_its_file() -> None:
    row = finance("FinanceCustomers", {"AccountNum": "US-1", "Name": "One"})
    assert isinstance(row, CleanRow)
    assert row.key == ("usmf", "US-1")


def test_a_finance_row_of_another_company_is_refused() -> None:
    found = finance("FinanceCustomers", {"AccountNum": "US-1", "Name": "One", "DataAreaId": "gbsi"})
    assert isinstance(found, FieldProblem)
    assert "the file is of legal entity usmf" in found.problem.sentence


@pytest.mark.parametrize("name", ["createdon", "fab_x", "AccountNumm"])
def test_finance_rows_have_no_columns_to_spare(name: str) -> None:
    found = finance("FinanceCustomers", {"AccountNum": "US-1", "Name": "One", name: 1})
    assert isinstance(found, FieldProblem)
    assert found.problem.code == ReasonCode.ROW_COLUMN_UNKNOWN


@pytest.mark.parametrize("kind", [None, 5, "ExchangeRates"])
def test_a_set_up_row_says_what_it_is(kind: object) -> None:
    found = finance("FinanceSetup", {"Kind": kind})
    assert isinstance(found, FieldProblem)
    assert (found.field, "ExchangeRate" in found.problem.sentence) == ("Kind", True)


def test_an_answer_names_its_table_and_its_rows() -> None:
    opened = open_document("a.json", json.dumps({"@odata.context": CONTEXT + "accounts(name)", "value": [{}]}).encode())
    assert (opened.loadable.table, opened.count, opened.notes) == (Table.DATAVERSE_ACCOUNTS, 1, ())


def test_a_single_row_answer_is_one_row() -> None:
    content = {"@odata.context": CONTEXT + "accounts/$entity", "name": "x"}
    assert [raw.value for raw in document_of(content)] == [content]


def test_a_page_of_several_is_noted() -> None:
    content = {"@odata.context": CONTEXT + "accounts", "value": [], "@odata.nextLink": "https://next"}
    assert "one page of several" in open_document("a.json", json.dumps(content).encode()).notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_is_read_however_a_shell_saved_it(encoding: str) -> None:
    text = json.dumps({"@odata.context": CONTEXT + "accounts", "value": [{"name": "Kjær"}]}, ensure_ascii=False)
    rows = list(open_document("a.json", text.encode(encoding)).rows)
    assert [raw.value for raw in rows] == [{"name": "Kjær"}]


def test_numbers_keep_every_digit() -> None:
    body = b'{"table": "FinanceSetup", "rows": [{"a": 0.1, "b": 1e99999999999, "c": 1e5, "d": NaN}]}'
    (raw,) = open_document("a.json", body).rows
    assert isinstance(raw.value, dict)
    assert (raw.value["a"], raw.value["c"]) == (Decimal("0.1"), Decimal("1e5"))


@pytest.mark.parametrize(
    ("body", "code", "sentence"),
    [
        (b"", ReasonCode.ROW_NOT_JSON, "cannot be read as JSON"),
        (b"\xff\xfe\xfa", ReasonCode.ROW_NOT_JSON, "cannot be read as JSON"),
        (b"[]", ReasonCode.ROW_NOT_JSON, "must be an object with rows"),
        (b"[" * 200_000, ReasonCode.ROW_NOT_JSON, "nested too deeply"),
        (b'{"value": 1, "value": 2}', ReasonCode.ROW_NOT_JSON, "says 'value' twice"),
        (b'{"value": []}', ReasonCode.ROW_TABLE_UNKNOWN, "names no table"),
        (b'{"table": "FinanceSetup"}', ReasonCode.ROW_NOT_JSON, "has no list 'rows'"),
        (b'{"table": "FinanceSetup", "rows": [], "compny": 1}', ReasonCode.ROW_COLUMN_UNKNOWN, "'compny'"),
        (b'{"table": "FinanceSetup", "rows": [], "company": 1}', ReasonCode.ROW_COLUMN_WRONG, "company must be text"),
        (b'{"table": "FinanceSetups", "rows": []}', ReasonCode.ROW_TABLE_UNKNOWN, "did you mean FinanceSetup?"),
        (b'{"table": "DataverseInvoices", "rows": []}', ReasonCode.ROW_TABLE_UNKNOWN, "is made by the line alone"),
        (b'{"table": "zzz", "rows": []}', ReasonCode.ROW_TABLE_UNKNOWN, "known are cdm_companies"),
    ],
)
def test_a_file_that_is_none_is_refused(body: bytes, code: ReasonCode, sentence: str) -> None:
    problem = bad_document(body).problem
    assert problem.code == code
    assert sentence in problem.sentence


@pytest.mark.parametrize(
    "table", ["FinanceInvoiceProposals", "FinanceProjectInvoices", "FinanceLedgerEntries", "ProjInvoiceProposalsV2"]
)
def test_proposals_and_what_comes_of_them_are_one_way(table: str) -> None:
    problem = bad_document(json.dumps({"table": table, "rows": [{}]}).encode()).problem
    assert problem.code == ReasonCode.PROPOSAL_ONE_WAY


def test_a_file_over_the_limit_is_sent_to_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.loading.DOCUMENT_BYTES_MAX", 10)
    assert "save it as lines of JSON" in bad_document(b" " * 11).problem.sentence


def test_lines_have_a_header_and_one_row_each() -> None:
    lines = [b'{"table": "FinanceCustomers", "company": "usmf"}', b'{"Name": "x"}', b"  ", b"{", b"5"]
    opened = open_lines("a.jsonl", lines)
    rows = list(opened.rows)
    assert (opened.company, [raw.place for raw in rows]) == ("usmf", ["line 2", "line 4", "line 5"])
    assert rows[0].value == {"Name": "x"}


def test_a_line_that_never_ends_is_refused() -> None:
    opened = open_lines("a.jsonl", [b'{"table": "FinanceCustomers"}', b" " * (LINE_BYTES_MAX + 1)])
    (raw,) = opened.rows
    assert "over 1,048,576" in str(raw.value)


def stored(columns: Mapping[str, str | int | bool | None]) -> StoredRow:
    present = {name: value for name, value in columns.items() if value is not None}
    return StoredRow(cleaned().key, present, "etag")


def test_a_new_row_is_inserted_and_the_same_row_is_left_alone() -> None:
    row = cleaned()
    assert decide(ACTUALS, row, None) == Insert(row.key.row, row.columns)
    assert decide(ACTUALS, row, stored(row.columns)) is None


def test_one_quantity_written_in_two_ways_is_the_same() -> None:
    assert decide(ACTUALS, cleaned(), stored({**cleaned().columns, "msdyn_quantity": "8"})) is None


@pytest.mark.parametrize(
    "later", [{"msdyn_billingstatus": 192350002}, {"msdyn_invoice": ID + "7"}, {"msdyn_vouchernumber": "V-1"}]
)
def test_a_row_that_moved_on_is_the_same(later: Mapping[str, str | int]) -> None:
    row = cleaned({"msdyn_billingstatus": 192350000, "_msdyn_invoice_value": None})
    assert decide(ACTUALS, row, stored({**row.columns, **later})) is None


@pytest.mark.parametrize(
    ("stands", "says"), [({"msdyn_amount": "1.00"}, "'1.00'"), ({"msdyn_description": "x"}, "'x' and the file says no")]
)
def test_an_actual_with_other_content_is_a_problem(stands: Mapping[str, str], says: str) -> None:
    row = cleaned({"msdyn_description": None})
    found = decide(ACTUALS, row, stored({**row.columns, **stands}))
    assert isinstance(found, FieldProblem)
    assert (found.field, found.problem.code) == (next(iter(stands)), ReasonCode.ROW_DIFFERS)
    assert says in found.problem.sentence


def test_a_set_up_row_is_brought_up_to_date_in_what_differs() -> None:
    customers = find_loadable("FinanceCustomers")
    row = finance("FinanceCustomers", {"AccountNum": "US-1", "Name": "New", "TaxGroup": None})
    assert isinstance(row, CleanRow)
    before = StoredRow(row.key, {**row.columns, "Name": "Old", "TaxGroup": "CA"}, "etag")
    assert decide(customers, row, before) == Merge("US-1", {"Name": "New", "TaxGroup": None}, "etag")


def test_every_table_map_of_the_registry_is_a_map() -> None:
    names = [each.table_map for each in LOADABLE if each.table_map]
    assert [name for name in names if find_map(name) is None] == []


def test_the_registry_names_each_table_once() -> None:
    names = [name for each in LOADABLE for name in (each.table.value.lower(), each.entity_set) if name]
    assert len(names) == len(set(names))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=10,
)
COLUMNS = st.sampled_from((*sorted(ACTUAL), "msdyn_transactionorigins", "msdyn_skipsync", "Kind", "DataAreaId", "x"))


@given(st.sampled_from(LOADABLE), st.dictionaries(COLUMNS | st.text(max_size=20), JSON, max_size=12) | JSON)
def test_whatever_a_row_holds_is_cleaned_or_refused(loadable: object, raw: object) -> None:
    assert loadable in LOADABLE
    table = next(each for each in LOADABLE if each is loadable)
    whole = {**ACTUAL, **raw} if isinstance(raw, dict) else raw
    for row in (raw, whole):
        found = clean_row(table, row, company="usmf", places={})
        assert isinstance(found, CleanRow) or all(each.problem.sentence for each in found)


@given(st.binary(max_size=200) | JSON.map(lambda content: json.dumps(content).encode()))
def test_whatever_a_file_holds_is_read_or_refused(body: bytes) -> None:
    try:
        assert open_document("a.json", body).loadable in LOADABLE
    except BadRow as error:
        assert error.problem.sentence
