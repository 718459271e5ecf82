"""Records: what goes to a row comes back, and what does not fit is told by column."""

from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from domain.errors import BadRow, ReasonCode
from domain.money import DIGITS_MAX
from domain.record import CompanyCode, CurrencyCode, Day, Guid, Number, Record, Text, Texts, merged
from domain.rows import Insert, RowKey, Value
from domain.tables import Table
from functions.storage.memory import MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock

ID = "5f0f6f3e-3a55-5a0e-9f0a-6d1f6a5e9b01"


class Kind(IntEnum):
    TIME = 192350000
    FEE = 192350004


class Status(StrEnum):
    DRAFT = "Draft"
    POSTED = "Posted"


class Example(Record):
    """A record with every type that records have."""

    row: Guid = Field(alias="msdyn_exampleid")
    amount: Number = Field(alias="msdyn_amount")
    quantity: Number | None = Field(None, alias="msdyn_quantity")
    transaction_date: Day = Field(alias="msdyn_documentdate")
    end_date: Day | None = Field(None, alias="msdyn_enddatetime")
    kind: Kind = Field(Kind.TIME, alias="msdyn_transactionclassification")
    status: Status = Field(Status.DRAFT, alias="Status")
    skip_sync: bool = Field(False, alias="msdyn_skipsync")
    line_number: int | None = Field(None, alias="LineNumber")
    description: Text | None = Field(None, alias="msdyn_description")
    company: CompanyCode | None = Field(None, alias="DataAreaId")
    currency: CurrencyCode | None = Field(None, alias="TransactionCurrency")
    origins: Texts = Field((), alias="origins")


few_examples = settings(max_examples=100, derandomize=True, deadline=None, database=None)
numbers = st.decimals(min_value=-(10**20), max_value=10**20, places=6, allow_nan=False, allow_infinity=False)
texts = st.text(min_size=1, max_size=40)
examples = st.fixed_dictionaries(
    {
        "row": st.uuids().map(str),
        "amount": numbers,
        "quantity": st.none() | numbers,
        "transaction_date": st.dates(),
        "end_date": st.none() | st.dates(),
        "kind": st.sampled_from(Kind),
        "status": st.sampled_from(Status),
        "skip_sync": st.booleans(),
        "line_number": st.none() | st.integers(-(2**31), 2**31 - 1),
        "description": st.none() | texts,
        "company": st.sampled_from([None, "USMF", "dat"]),
        "currency": st.sampled_from([None, "USD", "DKK"]),
        "origins": st.lists(texts, max_size=5).map(tuple),
    }
).map(Example.model_validate)

GOOD: dict[str, object] = {"msdyn_exampleid": ID, "msdyn_amount": "100.00", "msdyn_documentdate": "2026-08-27"}


@few_examples
@given(examples)
def test_record_columns_row_record_is_identity(record: Example) -> None:
    store = MemoryRowStore(FrozenClock())
    key = RowKey("document", record.row)
    store.write(Table.DATAVERSE_ACTUALS, key.partition, [Insert(key.row, record.to_columns())])
    row = store.find(Table.DATAVERSE_ACTUALS, key)
    assert row is not None
    again = Example.from_columns(row.columns)
    assert again == record
    assert again.to_columns() == record.to_columns()


def test_columns_are_what_a_person_reads() -> None:
    record = Example.from_columns(
        GOOD | {"msdyn_amount": "1E+3", "msdyn_exampleid": ID.upper(), "origins": '["a","é"]'}
    )
    assert record.to_columns() == {
        "msdyn_exampleid": ID,
        "msdyn_amount": "1000",
        "msdyn_documentdate": "2026-08-27",
        "msdyn_transactionclassification": 192350000,
        "Status": "Draft",
        "msdyn_skipsync": False,
        "origins": '["a","é"]',
    }


def test_columns_hold_plain_values_only() -> None:
    values = Example.from_columns(GOOD | {"Status": "Posted", "LineNumber": 1}).to_columns().values()
    assert {type(value) for value in values} == {str, int, bool}


def test_empty_text_is_no_value() -> None:
    record = Example.from_columns(
        GOOD | {"msdyn_quantity": "", "msdyn_description": "", "LineNumber": "", "origins": ""}
    )
    assert (record.quantity, record.description, record.line_number, record.origins) == (None, None, None, ())


def test_a_time_behind_a_date_moves_no_day() -> None:
    for text in ("2026-08-27", "2026-08-27T00:00:00Z", "2026-08-27T23:59:59-12:00"):
        assert Example.from_columns(GOOD | {"msdyn_documentdate": text}).transaction_date == date(2026, 8, 27)


def test_unknown_columns_are_left_alone() -> None:
    assert Example.from_columns(GOOD | {"versionnumber": 5, "@odata.etag": "W/1"}).amount == Decimal("100.00")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"msdyn_amount": None}, "column msdyn_amount must be a decimal number as text"),
        ({"msdyn_amount": 1.5}, "column msdyn_amount must be a decimal number as text"),
        ({"msdyn_amount": "9" * (DIGITS_MAX + 1)}, "column msdyn_amount must have at most 28 digits"),
        ({"msdyn_documentdate": "27.08.2026"}, "column msdyn_documentdate"),
        ({"msdyn_exampleid": "1"}, "column msdyn_exampleid"),
        ({"msdyn_transactionclassification": 1}, "column msdyn_transactionclassification"),
        ({"Status": "draft"}, "column Status"),
        ({"TransactionCurrency": "usd"}, "column TransactionCurrency"),
        ({"origins": "not json"}, "column origins"),
        ({"origins": "[1]"}, "column origins"),
        ({"origins": "{}"}, "column origins"),
    ],
)
def test_what_does_not_fit_is_told_by_column(columns: dict[str, object], told: str) -> None:
    with pytest.raises(BadRow) as caught:
        Example.from_columns(GOOD | columns)
    assert caught.value.problem.code is ReasonCode.ROW_COLUMN_WRONG
    assert caught.value.problem.sentence.startswith(f"Example: {told}")


def test_a_missing_column_is_told() -> None:
    with pytest.raises(BadRow, match="Example: column msdyn_amount is missing; correct the row and load it again"):
        Example.from_columns({name: value for name, value in GOOD.items() if name != "msdyn_amount"})


def test_a_record_names_the_columns_that_it_reads() -> None:
    assert Example.columns()[:3] == ("msdyn_exampleid", "msdyn_amount", "msdyn_quantity")


def test_a_changed_copy_is_validated() -> None:
    record = Example.from_columns(GOOD)
    assert record.changed(amount=Decimal("5.00")).amount == Decimal("5.00")
    assert record.amount == Decimal("100.00")
    with pytest.raises(ValueError, match="amount"):
        record.changed(amount="many")


def test_a_merge_lays_changes_over_columns_and_none_clears() -> None:
    before: dict[str, Value] = {"a": "1", "b": 2, "c": True}
    assert merged(before, {"a": None, "b": 3, "d": "new"}) == {"b": 3, "c": True, "d": "new"}
    assert before == {"a": "1", "b": 2, "c": True}
