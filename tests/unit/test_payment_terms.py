"""Due dates: the proposal's terms before the customer's, each method with its ends of months."""

from collections.abc import Mapping
from datetime import date

import pytest

from domain.errors import Problem, ReasonCode
from domain.payment_terms import DueDate, due_date
from domain.setup import LegalEntitySetup
from tests.finance_builders import make_setup

TERMS: Mapping[str, Mapping[str, object]] = {
    "Net0": {},
    "Net10": {"NumOfDays": 10},
    "M1": {"NumOfMonths": 1},
    "M1+5": {"NumOfMonths": 1, "NumOfDays": 5},
    "EOM": {"PaymMethod": "CurrentMonth"},
    "EOM30": {"PaymMethod": "CurrentMonth", "NumOfDays": 30},
    "EOM+1": {"PaymMethod": "CurrentMonth", "NumOfMonths": 1},
    "NET20": {"NumOfDays": 10, "CutOffDay": 20, "AdditionalMonths": 1},
    "CUT": {"PaymMethod": "CutOffDay", "CutOffDay": 10, "AdditionalMonths": 1, "PaymDayOfMonth": 25},
    "CUT31": {"PaymMethod": "CutOffDay", "CutOffDay": 10, "AdditionalMonths": 1},
}


def setup() -> LegalEntitySetup:
    return make_setup(*({"Kind": "PaymTerm", "PaymTermId": name, **columns} for name, columns in TERMS.items()))


@pytest.mark.parametrize(
    ("terms", "invoice_date", "due"),
    [
        ("Net0", "2026-08-27", "2026-08-27"),
        ("Net10", "2026-08-27", "2026-09-06"),
        ("Net30", "2026-12-31", "2027-01-30"),
        ("M1", "2026-01-31", "2026-02-28"),
        ("M1", "2028-01-31", "2028-02-29"),
        ("M1", "2026-12-15", "2027-01-15"),
        ("M1+5", "2026-08-27", "2026-10-02"),
        ("EOM", "2026-08-01", "2026-08-31"),
        ("EOM", "2026-08-31", "2026-08-31"),
        ("EOM30", "2026-08-27", "2026-09-30"),
        ("EOM30", "2024-01-24", "2024-03-01"),
        ("EOM+1", "2026-12-05", "2027-01-31"),
        ("NET20", "2026-08-20", "2026-08-30"),
        ("NET20", "2026-08-21", "2026-10-01"),
        # the documented example: cut-off day 10, one additional month, payment day 25
        ("CUT", "2026-01-09", "2026-01-25"),
        ("CUT", "2026-01-12", "2026-02-25"),
        ("CUT31", "2026-01-12", "2026-02-28"),
    ],
)
def test_an_invoice_is_due_on(terms: str, invoice_date: str, due: str) -> None:
    found = due_date(setup(), date.fromisoformat(invoice_date), terms, None)
    assert found == DueDate(date.fromisoformat(due), terms)


@pytest.mark.parametrize(
    ("proposal", "customer", "expected"),
    [
        ("Net10", "Net30", DueDate(date(2026, 9, 6), "Net10")),
        (None, "Net30", DueDate(date(2026, 9, 26), "Net30")),
        (None, None, DueDate(date(2026, 8, 27), None)),
    ],
)
def test_the_proposals_terms_come_before_the_customers(
    proposal: str | None, customer: str | None, expected: DueDate
) -> None:
    assert due_date(setup(), date(2026, 8, 27), proposal, customer) == expected


def test_unknown_terms_are_a_problem() -> None:
    found = due_date(setup(), date(2026, 8, 27), "Net99", "Net30")
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.PAYMENT_TERMS_UNKNOWN, ("Net99",))
