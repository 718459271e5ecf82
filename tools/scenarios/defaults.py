"""What a row of a scenario has beside what the scenario says of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from domain.actuals import Actual
from domain.contract import Contract, ContractCustomer, ContractLine, Milestone
from domain.identifiers import derive_id
from domain.invoice_schedule import InvoiceSchedule
from domain.milestone_header import MilestoneHeader
from domain.money import decimal_from, multiply
from domain.option_sets import BillingStatus, BillingType, MilestoneStatus, TransactionType
from domain.record import Record
from domain.retainer import Retainer
from domain.split_billing import LineCustomer

_DAY_DEFAULT = date(2026, 8, 24)


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract with what a row of it needs to say."""

    contract: Contract
    lines: Mapping[int, ContractLine]
    customers: Sequence[ContractCustomer]


def _actual(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    is_sale = given.get("transaction_type") == TransactionType.UNBILLED_SALES
    amounts = {}
    if "amount" not in given:
        product = multiply(decimal_from(given["quantity"]), decimal_from(given["price"]), "USD")
        amounts = {"amount": product}
    defaults = {
        "billing_type": BillingType.CHARGEABLE,
        "billing_status": BillingStatus.UNBILLED_SALES_CREATED if is_sale else None,
        "transaction_date": _DAY_DEFAULT,
        "currency": terms.contract.currency,
        "contract": terms.contract.contract,
        "contract_line": line.line,
        "contract_customer": terms.customers[0].contract_customer if is_sale else None,
        "project": line.project,
        "owning_company": terms.contract.owning_company,
    }
    return Actual.model_validate({**defaults, **amounts, **given})


def _milestone(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    defaults = {
        "name": "Milestone",
        "contract": terms.contract.contract,
        "contract_line": line.line,
        "contract_customer": terms.customers[0].contract_customer,
        "project": line.project,
        "currency": terms.contract.currency,
        "milestone_date": _DAY_DEFAULT,
        "invoice_status": MilestoneStatus.NOT_READY,
    }
    return Milestone.model_validate({**defaults, **given})


def _schedule(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    return InvoiceSchedule.model_validate({"contract_line": line.line, **given})


def _line_customer(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    id_ = derive_id("scenario", "line customer", line.line, given["contract_customer"])
    return LineCustomer.model_validate({"line_customer": id_, "contract_line": line.line, **given})


def _milestone_header(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    defaults = {
        "name": "Milestone",
        "contract": terms.contract.contract,
        "contract_line": line.line,
        "project": line.project,
        "currency": terms.contract.currency,
        "milestone_date": _DAY_DEFAULT,
    }
    return MilestoneHeader.model_validate({**defaults, **given})


def _retainer(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    defaults = {
        "name": "Retainer",
        "contract": terms.contract.contract,
        "contract_customer": terms.customers[0].contract_customer,
        "currency": terms.contract.currency,
        "invoice_date": _DAY_DEFAULT,
        "invoice_status": MilestoneStatus.NOT_READY,
    }
    return Retainer.model_validate({**defaults, **given})


def _payer(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    stands = (dict(payer) for payer in terms.customers if payer.name == given["name"])
    new = {"contract_customer": derive_id("scenario", given["name"]), "contract": terms.contract.contract}
    return ContractCustomer.model_validate({**next(stands, new), **given})


def _line(terms: Terms, line: ContractLine, given: dict[str, object]) -> Record:
    stands = terms.lines.get(int(str(given["number"])))
    new = {"line": derive_id("scenario", "line", terms.contract.number, given["number"])}
    return ContractLine.model_validate({**dict(line), **(dict(stands) if stands else new), **given})


DEFAULTS: Mapping[type[Record], Callable[[Terms, ContractLine, dict[str, object]], Record]] = MappingProxyType(
    {
        Actual: _actual,
        Milestone: _milestone,
        Retainer: _retainer,
        ContractCustomer: _payer,
        ContractLine: _line,
        InvoiceSchedule: _schedule,
        LineCustomer: _line_customer,
        MilestoneHeader: _milestone_header,
    }
)
