"""Split billing: who pays which share of a contract line, and how an amount is split to the last cent.

Project Operations documentation, manage-multiple-customers-contract-line: the shares of a line total 100 %; each
customer's share is rounded, and what rounding leaves goes to the one rounding customer. The split of the line counts;
that of the contract only proposes it. Unbilled sales are split by their quantity when they are approved, before they
come here; milestones are split here, one for each customer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import Field

from domain.contract import ContractCustomer
from domain.errors import Problem, ReasonCode
from domain.money import plain_text, portion, total
from domain.record import Guid, Number, Record
from domain.rows import RowKey

WHOLE = Decimal(100)


class LineCustomer(Record):
    """A customer of a contract line with its share; the table's and columns' names are not public, these are ours."""

    line_customer: Guid = Field(alias="msdyn_contractlinecustomerid")
    contract_line: Guid = Field(alias="msdyn_contractlineid")
    # the contract of the line; loading finds it
    contract: Guid | None = Field(default=None, alias="invoicing_contract")
    contract_customer: Guid = Field(alias="msdyn_projectcontractcustomer")
    # percent of every amount and quantity of the line, 0 to 100
    percent: Number = Field(alias="msdyn_billingsplitpercentage", ge=0, le=100)
    # takes what rounding leaves
    is_rounding: bool = Field(default=False, alias="msdyn_isroundingcustomer")

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: contract line and id."""
        return RowKey(self.contract or self.contract_line, f"{self.contract_line}|{self.line_customer}")


type Splits = Sequence[LineCustomer]


def split_problem(line: str, splits: Splits) -> Problem | None:
    """Tell what is wrong with the split of a contract line; None when it is whole."""
    ids = tuple(each.line_customer for each in splits)
    percent = total(each.percent for each in splits)
    if percent != WHOLE:
        sentence = (
            f"the billing split of contract line {line} totals {plain_text(percent)} % over {len(splits)} customers; "
            "correct the shares so that they total 100 %"
        )
        return Problem(ReasonCode.SPLIT_NOT_WHOLE, sentence, (line, *ids))
    twice = sorted({each.contract_customer for each in splits if _count(splits, each) > 1})
    if twice:
        sentence = f"contract line {line} names contract customer {twice[0]} twice; leave one of them out"
        return Problem(ReasonCode.SPLIT_NOT_WHOLE, sentence, (line, *twice))
    rounding = tuple(each.line_customer for each in splits if each.is_rounding)
    if len(rounding) != 1:
        sentence = f"contract line {line} has {len(rounding)} rounding customers; name exactly one"
        return Problem(ReasonCode.ROUNDING_CUSTOMER_WRONG, sentence, (line, *(rounding or ids)))
    return None


def _count(splits: Splits, split: LineCustomer) -> int:
    return sum(each.contract_customer == split.contract_customer for each in splits)


def split_problems(splits: Iterable[LineCustomer]) -> Iterator[Problem]:
    """Tell what is wrong with the splits of many contract lines."""
    lines: dict[str, list[LineCustomer]] = {}
    for split in splits:
        lines.setdefault(split.contract_line, []).append(split)
    for line, members in lines.items():
        problem = split_problem(line, members)
        if problem is not None:
            yield problem


def effective_splits(line: str, splits: Splits, customers: Sequence[ContractCustomer]) -> Splits | Problem:
    """Tell who pays for a contract line: its split, or the only customer of a contract when the line has none."""
    if not splits and len(customers) == 1:
        only = customers[0]
        fields = {
            "line_customer": only.contract_customer,
            "contract_line": line,
            "contract_customer": only.contract_customer,
            "percent": WHOLE,
            "is_rounding": True,
        }
        return (LineCustomer.model_validate(fields),)
    return split_problem(line, splits) or tuple(each for each in splits if each.percent or each.is_rounding)


def shares(number: Decimal, splits: Splits, places: int) -> Mapping[str, Decimal]:
    """Split an amount or a quantity, without losing anything.

    Args:
        number: what is to be split, with at most so many decimals.
        splits: a whole split, as `split_problem` says.
        places: decimals of each share.

    Returns:
        Contract customer: its share. They add up to the number; the rounding customer's may differ by what rounding
        leaves.
    """
    rounded = {each.contract_customer: portion(number, each.percent, places) for each in splits}
    rounding = next(each.contract_customer for each in splits if each.is_rounding)
    rest = total(share for customer, share in rounded.items() if customer != rounding)
    return {**rounded, rounding: total((number, -rest))}
