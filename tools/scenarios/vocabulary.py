"""The words of a scenario: which tables there are, what their columns are called, and how a value is written.

A column is called as the record's attribute, with spaces: `transaction type`. Option-set values are written as the
product shows them (`Unbilled Sales`), numbers with thousands separators and negatives in parentheses as accountants do,
ids by the names that the scenario gives them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any, get_args

from domain.actuals import Actual, TransactionConnection
from domain.backlog import BacklogEntry
from domain.contract import ContractCustomer, ContractLine, Milestone, Product
from domain.customer_invoice import CustomerInvoice
from domain.dead_letters import DeadLetter
from domain.errors import ReasonCode
from domain.finance_parties import FinanceContract, FinanceCustomer, FinanceProject, ReleasedProduct
from domain.identifiers import derive_id
from domain.invoice_proposal import ProjectInvoice, ProjectInvoiceLine, Proposal, ProposalLine
from domain.invoice_schedule import DueSchedule, InvoiceSchedule
from domain.journal import Journal, JournalLine
from domain.ledger import CustomerTransaction, LedgerEntry, ProjectTransaction, TaxTransaction
from domain.milestone_header import MilestoneHeader
from domain.money import plain_text
from domain.problems import OpenProblem
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail
from domain.record import Record, Text, Texts
from domain.retainer import Retainer
from domain.split_billing import LineCustomer
from domain.staging import OnAccountTransaction, StagedActual, StagedMilestone, StagedRelationship
from domain.tables import Table
from tools.scenarios.document import BadScenario


class Told(Record):
    """What the people who gave the commands of the last When were told."""

    code: ReasonCode
    sentence: Text
    ids: Texts


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of row that a scenario can give or expect."""

    table: Table
    record: type[Record]
    # short column names beside the attributes' own
    short: Mapping[str, str] = field(default_factory=dict)


_ACTUAL = MappingProxyType(
    {"name": "actual", "type": "transaction_type", "class": "transaction_class", "date": "transaction_date"}
)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "actuals": Kind(Table.DATAVERSE_ACTUALS, Actual, _ACTUAL),
        "milestones": Kind(
            Table.DATAVERSE_MILESTONES,
            Milestone,
            {"name": "milestone", "text": "name", "date": "milestone_date", "status": "invoice_status"},
        ),
        "milestone headers": Kind(
            Table.DATAVERSE_MILESTONE_HEADERS,
            MilestoneHeader,
            {"name": "header", "text": "name", "date": "milestone_date"},
        ),
        "line customers": Kind(Table.DATAVERSE_LINE_CUSTOMERS, LineCustomer),
        "invoice schedules": Kind(
            Table.DATAVERSE_INVOICE_SCHEDULES, InvoiceSchedule, {"name": "schedule", "status": "run_status"}
        ),
        "due schedules": Kind(Table.DATAVERSE_DUE_SCHEDULES, DueSchedule),
        "retainers": Kind(
            Table.DATAVERSE_RETAINERS,
            Retainer,
            {
                **{"name": "retainer", "text": "name", "date": "invoice_date", "status": "invoice_status"},
                **{"used": "used_amount", "available": "available_amount", "refund": "refund_status"},
            },
        ),
        "contract lines": Kind(Table.DATAVERSE_CONTRACT_LINES, ContractLine),
        "contract customers": Kind(Table.DATAVERSE_CONTRACT_CUSTOMERS, ContractCustomer),
        "backlog": Kind(Table.DATAVERSE_BILLING_BACKLOG, BacklogEntry),
        "transaction connections": Kind(Table.DATAVERSE_TRANSACTION_CONNECTIONS, TransactionConnection),
        "invoices": Kind(Table.DATAVERSE_INVOICES, Invoice),
        "invoice lines": Kind(Table.DATAVERSE_INVOICE_LINES, InvoiceLine),
        "invoice line details": Kind(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail, _ACTUAL),
        "customer invoices": Kind(Table.DATAVERSE_CUSTOMER_INVOICES, CustomerInvoice),
        "staged actuals": Kind(Table.FINANCE_ACTUALS_STAGING, StagedActual, _ACTUAL),
        "staged relationships": Kind(Table.FINANCE_TRANSACTION_RELATIONSHIPS, StagedRelationship),
        "staged milestones": Kind(Table.FINANCE_MILESTONES_STAGING, StagedMilestone),
        "on-account transactions": Kind(Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, OnAccountTransaction),
        "integration journals": Kind(Table.FINANCE_INTEGRATION_JOURNALS, Journal),
        "integration journal lines": Kind(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine, _ACTUAL),
        "project transactions": Kind(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction, _ACTUAL),
        "proposals": Kind(Table.FINANCE_INVOICE_PROPOSALS, Proposal),
        "proposal lines": Kind(Table.FINANCE_INVOICE_PROPOSAL_LINES, ProposalLine, {"class": "transaction_class"}),
        "project invoices": Kind(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice),
        "project invoice lines": Kind(Table.FINANCE_PROJECT_INVOICE_LINES, ProjectInvoiceLine),
        "ledger entries": Kind(
            Table.FINANCE_LEDGER_ENTRIES, LedgerEntry, {"account": "main_account", "rate": "exchange_rate"}
        ),
        "customer transactions": Kind(Table.FINANCE_CUSTOMER_TRANSACTIONS, CustomerTransaction),
        "tax transactions": Kind(Table.FINANCE_TAX_TRANSACTIONS, TaxTransaction),
        "finance customers": Kind(Table.FINANCE_CUSTOMERS, FinanceCustomer),
        "finance projects": Kind(Table.FINANCE_PROJECTS, FinanceProject),
        "finance contracts": Kind(Table.FINANCE_CONTRACTS, FinanceContract),
        "products": Kind(Table.DATAVERSE_PRODUCTS, Product, {"name": "product", "text": "name"}),
        "released products": Kind(Table.FINANCE_RELEASED_PRODUCTS, ReleasedProduct),
        # said to whoever gave a command, whether or not it is kept as a problem
        "told": Kind(Table.INVOICING_PROBLEMS, Told),
        "problems": Kind(Table.INVOICING_PROBLEMS, OpenProblem),
        "dead letters": Kind(Table.INVOICING_DEAD_LETTERS, DeadLetter),
    }
)
_WORDS = re.compile(r"[^a-z0-9]+")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBER = re.compile(r"^\(?-?[\d,]+(\.\d+)?\)?$")


def kind_of(heading: str, line: int) -> Kind:
    """Find the kind of row that a heading names.

    Raises:
        BadScenario: there is no such kind; all are named.
    """
    found = KINDS.get(heading.lower())
    if found is None:
        raise BadScenario(f"line {line}: there are no rows called {heading!r}; there are {', '.join(KINDS)}")
    return found


def attribute_of(kind: Kind, column: str, line: int) -> str:
    """Find the attribute that a column of a table means."""
    name = kind.short.get(column, column.replace(" ", "_").replace("-", "_"))
    if name not in kind.record.model_fields:
        columns = sorted({*kind.short, *(field.replace("_", " ") for field in kind.record.model_fields)})
        raise BadScenario(f"line {line}: there is no column {column!r}; there are {', '.join(columns)}")
    return name


def value_of(record: type[Record], attribute: str, text: str, names: "Names") -> object:
    """Read a cell as the value of an attribute; an empty cell is no value."""
    if not text:
        return None
    enum = _enum_of(record.model_fields[attribute].annotation)
    if enum is not None:
        return _member(enum, text)
    if _NUMBER.match(text) and is_number(record, attribute):
        return number_of(text)
    if text.lower() in {"true", "false", "yes", "no"}:
        return text.lower() in {"true", "yes"}
    return names.id_of(text) if _is_id(record, attribute) else text


def text_of(value: object, names: "Names") -> str:
    """Write a value as a cell."""
    match value:
        case None:
            return ""
        case IntEnum():
            return value.name.replace("_", " ").title()
        case Enum():
            return str(value.value)
        case Decimal():
            return number_text(value)
        case tuple():
            return ", ".join(names.name_of(str(each)) for each in value)
        case _:
            return names.name_of(str(value))


def number_text(number: Decimal) -> str:
    """Write a number as accountants do: 1,600 and (1,600.50); trailing zeros do not count."""
    plain = plain_text(abs(number))
    whole, _, cents = plain.partition(".")
    cents = cents.rstrip("0")
    written = f"{int(whole):,}" + (f".{cents}" if cents else "")
    return f"({written})" if number < 0 else written


def same_text(record: type[Record], attribute: str, text: str) -> str:
    """Bring a cell to the form that cells are compared in."""
    if _NUMBER.match(text) and is_number(record, attribute):
        return number_text(number_of(text))
    return _WORDS.sub("", text.lower()) if is_enum(record, attribute) else text


def is_number(record: type[Record], attribute: str) -> bool:
    """Tell whether an attribute is a number or a count, not text that looks like one."""
    annotation = record.model_fields[attribute].annotation
    return bool({Decimal, int} & {annotation, *_parts(annotation)})


def is_enum(record: type[Record], attribute: str) -> bool:
    """Tell whether an attribute is an option set or a truth value, whose words are compared without regard to form."""
    annotation = record.model_fields[attribute].annotation
    return _enum_of(annotation) is not None or annotation is bool


class Names:
    """What a scenario calls its rows: a name and the id that it stands for."""

    def __init__(self) -> None:
        """Begin without names."""
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def learn(self, name: str, id_: str) -> None:
        """Call an id by a name."""
        self._ids[name] = id_
        self._names[id_] = name

    def id_of(self, name: str) -> str:
        """Give the id of a name; a name that is new gets an id of its own."""
        if name not in self._ids:
            self.learn(name, derive_id("scenario", name))
        return self._ids[name]

    def call(self, id_: str, name: str) -> None:
        """Write an id by a name which nobody can call it by, as a line detail by what stands behind it."""
        self._names[id_] = name

    def has_name(self, id_: str | None) -> bool:
        """Tell whether an id is written by a name."""
        return id_ in self._names

    def name_of(self, text: str) -> str:
        """Write an id by its name, if it has one; a key text by the name of its row; a sentence with names for ids."""
        named = self._names.get(text) or self._names.get(re.split(r"[/|]", text)[-1])
        return named or _GUID.sub(lambda found: self._names.get(found[0], found[0]), text)


def _enum_of(annotation: Any) -> type[Enum] | None:
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, Enum):
            return each
    return None


def _member(enum: type[Enum], text: str) -> object:
    wanted = _WORDS.sub("", text.lower())
    for member in enum:
        if wanted in {_WORDS.sub("", member.name.lower()), _WORDS.sub("", str(member.value).lower())}:
            return member
    names = ", ".join(member.name.replace("_", " ").title() for member in enum)
    raise BadScenario(f"{text!r} is none of {names}")


def number_of(text: str) -> Decimal:
    """Read a number as accountants write it: 1,600.50, and (1,600) for a negative one."""
    is_negative = text.startswith("(") or text.startswith("-")
    number = Decimal(text.strip("()-").replace(",", ""))
    return -number if is_negative else number


def _is_id(record: type[Record], attribute: str) -> bool:
    field_ = record.model_fields[attribute]
    patterns = [str(getattr(each, "pattern", "")) for each in (*field_.metadata, *_metadata(field_.annotation))]
    return any("0-9a-f" in pattern.lower() for pattern in patterns)


def _parts(annotation: Any) -> list[Any]:
    """Take `Number | None` and the like apart."""
    parts = get_args(annotation)
    return [each for part in parts for each in (part, *_parts(part))]


def _metadata(annotation: Any) -> list[Any]:
    return [each for part in get_args(annotation) for each in getattr(part, "__metadata__", ())]
