"""Progress billing: how much of a milestone header is billed next, the lines that a split makes, and how far it is.

Project Operations documentation, billing-hub (G28) and manage-billing-backlog-sales: setting the next invoice status
to Ready creates a milestone of the given percentage of the header; what is left stays Not ready beside it. Confirming
its invoice sets the next invoice status back. The header is Not Started, In Progress since the first split, Completed
when everything is invoiced. With several customers each gets a line of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.contract import Milestone
from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.milestone_header import CustomerShare, MilestoneHeader, PendingSplit
from domain.money import ZERO, minor_units, percent_of, percentage, plain_text, prorated, round_amount, total
from domain.option_sets import MilestoneHeaderStatus, MilestoneStatus
from domain.rows import RowKey
from domain.split_billing import WHOLE, Splits, shares

# lines that one header can have: their keys stand in one of its columns
LINES_MAX = 500
POSTED, CREATED = MilestoneStatus.CUSTOMER_INVOICE_POSTED, MilestoneStatus.CUSTOMER_INVOICE_CREATED
READY, NOT_READY = MilestoneStatus.READY_TO_INVOICE, MilestoneStatus.NOT_READY

type Lines = Sequence[Milestone]


@dataclass(frozen=True, slots=True)
class Next:
    """How much is to be billed next; one of them, or none for all that is left."""

    percent: Decimal | None = None
    amount: Decimal | None = None


def with_next(header: MilestoneHeader, wanted: Next, currency: str) -> MilestoneHeader | Problem:
    """Say on a header how much of it is billed next.

    Args:
        header: as its lines say it is.
        wanted: percent of the header's amount, an amount, or all that is left.
        currency: ISO code of the header's currency.
    """
    left = remaining(header)
    problem = _not_open(header)
    if problem is not None:
        return problem
    if wanted.percent is not None and not ZERO < wanted.percent <= WHOLE:
        return _wrong(header, f"{plain_text(wanted.percent)} % can't be billed; say more than 0 and at most 100")
    amount = left
    if wanted.percent is not None:
        amount = percent_of(header.amount, wanted.percent, currency)
    elif wanted.amount is not None:
        amount = wanted.amount
    if amount <= 0 or amount != round_amount(amount, currency):
        return _wrong(header, f"{plain_text(amount)} {currency} can't be billed; say an amount above 0 in whole cents")
    if amount > left:
        return _wrong(
            header, f"{plain_text(amount)} {currency} is more than the {plain_text(left)} {currency} left; say less"
        )
    percent = wanted.percent if wanted.percent is not None else percentage(amount, header.amount)
    return header.changed(next_percent=percent, next_amount=amount)


def _not_open(header: MilestoneHeader) -> Problem | None:
    if not header.is_progress:
        what = "is billed as a whole; mark the milestones of its customers as ready"
    elif header.status == MilestoneHeaderStatus.COMPLETED:
        what = "is invoiced in full; a credit opens it again"
    elif header.next_status != NOT_READY:
        status = header.next_status.name.lower().replace("_", " ")
        what = f"has a part whose status is {status}; confirm its invoice before the next part"
    else:
        return None
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, f"milestone header {header.name} {what}", (header.header,))


def _wrong(header: MilestoneHeader, what: str) -> Problem:
    return Problem(ReasonCode.PROGRESS_WRONG, f"milestone header {header.name}: {what}", (header.header,))


def remaining(header: MilestoneHeader) -> Decimal:
    """Tell how much of a header is not invoiced yet."""
    return header.amount if header.remaining is None else header.remaining


def split_of(
    header: MilestoneHeader, lines: Lines, splits: Splits, on: date, currency: str
) -> PendingSplit | Problem | None:
    """Split the next part off a header: a line for each customer, and what is left for it.

    The shares are those of everything billed so far, less what the customer was billed before: so the parts of each
    customer add up to its share of the whole, whatever was rounded on the way.

    Returns:
        The split; None when the part is ready already; the problem that refuses it.
    """
    if header.is_progress and header.next_status == READY:
        return None
    problem = _not_open(header) or _not_splittable(header, splits, currency)
    if problem is not None:
        return problem
    upto = total((header.invoiced, header.next_amount or ZERO))
    made = _customer_shares(header, lines, splits, upto, minor_units(currency))
    short = next((each.customer for each in made if Decimal(each.amount) < 0), None)
    if short is not None:
        what = f"contract customer {short} was billed more than its share by now; correct the split, or bill more"
        return _wrong(header, what)
    return PendingSplit(number=header.splits + 1, on=on.isoformat(), shares=made)


def _not_splittable(header: MilestoneHeader, splits: Splits, currency: str) -> Problem | None:
    left = remaining(header)
    if header.next_amount is None:
        return _wrong(header, "nothing is to be billed; say how much is billed next")
    if header.next_amount > left:
        return _wrong(header, f"only {plain_text(left)} {currency} is left; say again how much is billed next")
    if len(header.lines) + 2 * len(splits) > LINES_MAX:
        return _wrong(header, f"it has {len(header.lines)} lines, the most is {LINES_MAX}; bill all that is left")
    return None


def customers_of(header: MilestoneHeader, splits: Splits, currency: str) -> PendingSplit | Problem | None:
    """Split a milestone that is billed as a whole into one for each customer; None when that is done already."""
    if header.is_progress:
        what = f"milestone header {header.name} is billed in parts; say how much is billed next, and make it ready"
        return Problem(ReasonCode.DOCUMENT_WRONG_STATE, what, (header.header,))
    if header.lines:
        return None
    made = tuple(
        each
        for each in _customer_shares(header, (), splits, header.amount, minor_units(currency))
        if Decimal(each.amount)
    )
    return PendingSplit(number=0, on=header.milestone_date.isoformat(), shares=made)


def _customer_shares(
    header: MilestoneHeader, lines: Lines, splits: Splits, upto: Decimal, places: int
) -> tuple[CustomerShare, ...]:
    amounts = _parts(lines, splits, (upto, header.amount), places, "amount")
    taxes = [prorated(header.tax or ZERO, number, header.amount, places) for number in (upto, header.amount)]
    tax = _parts(lines, splits, (taxes[0], taxes[1]), places, "tax") if header.tax else {}
    return tuple(
        CustomerShare(
            customer=customer,
            amount=plain_text(now),
            rest=plain_text(rest),
            tax=plain_text(tax[customer][0]) if tax else None,
            rest_tax=plain_text(tax[customer][1]) if tax else None,
        )
        for customer, (now, rest) in amounts.items()
    )


def _parts(
    lines: Lines, splits: Splits, numbers: tuple[Decimal, Decimal], places: int, name: str
) -> Mapping[str, tuple[Decimal, Decimal]]:
    """Tell for each customer what it gets now, and what is left for it."""
    upto, whole = (shares(number, splits, places) for number in numbers)
    billed: dict[str, Decimal] = {}
    for line in lines:
        if not line.is_rest:
            customer = line.contract_customer or ""
            billed[customer] = billed.get(customer, ZERO) + (getattr(line, name) or ZERO)
    customers = sorted({*upto, *billed})
    now = {each: total((upto.get(each, ZERO), -billed.get(each, ZERO))) for each in customers}
    return {each: (now[each], total((whole.get(each, ZERO), -upto.get(each, ZERO)))) for each in customers}


def rest_key(header: MilestoneHeader, customer: str) -> RowKey:
    """Locate the row of what is left of a header for a customer; of a header billed as a whole, its only row."""
    return RowKey(header.contract, f"{header.milestone_date}|{_rest_id(header, customer)}")


def _rest_id(header: MilestoneHeader, customer: str) -> str:
    return derive_id("milestone-rest", header.header, customer)


def rows_of(header: MilestoneHeader, split: PendingSplit) -> dict[RowKey, Milestone]:
    """Make the rows of a split: a part for each customer, and what is left beside it.

    What is left stays a row of its own, of nothing in the end: finance finds a milestone by its date and id, so what
    is billed must not change its date.
    """
    rows: dict[RowKey, Milestone] = {}
    for share in split.shares:
        rest = _row(header, _rest_id(header, share.customer), share.customer)
        place = rest_key(header, share.customer)
        if not header.is_progress:
            rows[place] = rest.changed(amount=share.amount, tax=share.tax)
            continue
        part = _row(header, derive_id("milestone-part", header.header, share.customer, split.number), share.customer)
        if Decimal(share.amount):
            key = RowKey(header.contract, f"{split.on}|{part.milestone}")
            changes = {"amount": share.amount, "tax": share.tax, "milestone_date": split.on, "invoice_status": READY}
            rows[key] = part.changed(**changes)
        if Decimal(share.rest) or place.row in header.lines:
            rows[place] = rest.changed(amount=share.rest, tax=share.rest_tax, is_rest=True)
    return rows


def _row(header: MilestoneHeader, milestone: str, customer: str) -> Milestone:
    fields = {
        "milestone": milestone,
        "name": header.name,
        "contract": header.contract,
        "contract_line": header.contract_line,
        "contract_customer": customer,
        "project": header.project,
        "amount": "0",
        "currency": header.currency,
        "milestone_date": header.milestone_date,
        "invoice_status": NOT_READY,
        "header": header.header,
    }
    return Milestone.model_validate(fields)


def begun(header: MilestoneHeader, split: PendingSplit) -> MilestoneHeader:
    """Write a split on its header before its lines are made."""
    keys = {*header.lines, *(key.row for key in rows_of(header, split))}
    return header.changed(pending_split=split.text, splits=split.number, lines=tuple(sorted(keys)))


def recounted(header: MilestoneHeader, lines: Iterable[Milestone]) -> MilestoneHeader:
    """Bring a header up to date with its lines: what is invoiced, what is left, and the status of the next part."""
    parts = [line for line in lines if not line.is_rest]
    statuses = {line.invoice_status for line in parts}
    invoiced = total(line.amount for line in parts if line.invoice_status == POSTED)
    # of several lines the one that is least far says how far the part is
    next_status = next((status for status in (READY, CREATED) if status in statuses), NOT_READY)
    is_started = bool(statuses - {NOT_READY})
    status = MilestoneHeaderStatus.IN_PROGRESS if is_started else MilestoneHeaderStatus.NOT_STARTED
    if invoiced == header.amount:
        status = MilestoneHeaderStatus.COMPLETED
    after = header.changed(
        next_status=next_status,
        status=status,
        invoiced=invoiced,
        percent_invoiced=percentage(invoiced, header.amount),
        remaining=total((header.amount, -invoiced)),
    )
    if header.next_status != NOT_READY and next_status == NOT_READY:
        # the part is billed: how much is next has to be said anew
        return after.changed(next_percent=None, next_amount=None)
    return after
