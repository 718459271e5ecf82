"""The set-up of one legal entity: everything indexed once, looked up by name.

A look-up gives its value or a `Problem` that says what is missing and where to enter it; nothing here is guessed.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Protocol

from domain.errors import BadRow, Problem, ReasonCode, by_precedence
from domain.finance_parties import FinanceProject
from domain.option_sets import FinanceBillingType, TransactionClass
from domain.posting_types import PostingType
from domain.setup_items import EVERY, CategoryType, LineProperty, Parameters, ProjectCategory, SetupItem
from domain.setup_posting import DimensionRule, FinanceBillingMethod, PostingAccount, RevenueProfile
from domain.setup_rates import (
    ExchangeRate,
    FixedExchangeRate,
    ItemSalesTaxGroup,
    LedgerPeriod,
    PaymentTerms,
    SalesTaxGroup,
    SalesTaxValue,
    Worker,
)

SETUP_KINDS: Mapping[str, type[SetupItem]] = MappingProxyType(
    {
        item.KIND: item
        for item in (
            Parameters,
            LineProperty,
            ProjectCategory,
            RevenueProfile,
            PostingAccount,
            DimensionRule,
            ExchangeRate,
            FixedExchangeRate,
            SalesTaxValue,
            SalesTaxGroup,
            ItemSalesTaxGroup,
            PaymentTerms,
            LedgerPeriod,
            Worker,
        )
    }
)
# class of a transaction: type of its project category, and the parameter that has the default
CATEGORY_TYPES: Mapping[TransactionClass, tuple[CategoryType, str]] = MappingProxyType(
    {
        TransactionClass.TIME: (CategoryType.HOUR, "time_category"),
        TransactionClass.EXPENSE: (CategoryType.EXPENSE, "expense_category"),
        TransactionClass.MATERIAL: (CategoryType.ITEM, "material_category"),
        TransactionClass.FEE: (CategoryType.FEE, "fee_category"),
        TransactionClass.MILESTONE: (CategoryType.ON_ACCOUNT, "milestone_category"),
        TransactionClass.RETAINER: (CategoryType.ON_ACCOUNT, "milestone_category"),
    }
)


class Dated(Protocol):
    """Something that counts from a day on, perhaps up to another."""

    @property
    def valid_from(self) -> date:
        """The first day."""
        ...

    @property
    def valid_to(self) -> date | None:
        """The last day; None: until the next one."""
        ...


@dataclass(frozen=True, slots=True)
class LegalEntitySetup:
    """The set-up of one legal entity."""

    company: str
    parameters: Parameters
    line_properties: Mapping[FinanceBillingType, LineProperty]
    categories: Mapping[str, ProjectCategory]
    # by billing method, scope and id
    revenue_profiles: Mapping[tuple[str, ...], RevenueProfile]
    # by posting type, project, group, category
    accounts: Mapping[tuple[str, ...], PostingAccount]
    # by type, from and to currency; in order of their first day
    exchange_rates: Mapping[tuple[str, ...], tuple[ExchangeRate, ...]]
    # by contract and currency
    fixed_rates: Mapping[tuple[str, ...], FixedExchangeRate]
    # by code; in order of their first day
    tax_values: Mapping[str, tuple[SalesTaxValue, ...]]
    tax_groups: Mapping[str, SalesTaxGroup]
    item_tax_groups: Mapping[str, ItemSalesTaxGroup]
    payment_terms: Mapping[str, PaymentTerms]
    # in order of their first day
    periods: tuple[LedgerPeriod, ...]
    # by name of the resource
    workers: Mapping[str, Worker]
    # no two have the same criteria
    dimension_rules: tuple[DimensionRule, ...]

    @classmethod
    def from_rows(cls, company: str, rows: Iterable[Mapping[str, object]]) -> "LegalEntitySetup | tuple[Problem, ...]":
        """Index the set-up rows of a company.

        Args:
            company: the company code.
            rows: the columns of all rows of the company's partition, in any order.

        Returns:
            The set-up, or all problems in precedence order: ROW_COLUMN_WRONG for each row that does not fit its kind,
            COMPANY_NOT_SET_UP without parameters.
        """
        read = [read_item(company, columns) for columns in rows]
        items = [item for item in read if isinstance(item, SetupItem)]
        parameters = _of(items, Parameters)
        properties = {item.billing_type: item for item in _of(items, LineProperty)}
        problems = [item for item in read if isinstance(item, Problem)]
        if not parameters:
            problems.append(_not_set_up(company))
        return by_precedence(problems) if problems else cls._indexed(parameters[0], properties, items)

    @classmethod
    def _indexed(
        cls,
        parameters: Parameters,
        line_properties: Mapping[FinanceBillingType, LineProperty],
        items: Sequence[SetupItem],
    ) -> "LegalEntitySetup":
        return cls(
            company=parameters.company,
            parameters=parameters,
            line_properties=line_properties,
            categories={item.category: item for item in _of(items, ProjectCategory)},
            revenue_profiles={item.natural_key: item for item in _of(items, RevenueProfile)},
            accounts={item.natural_key: item for item in _of(items, PostingAccount)},
            exchange_rates=_dated(_of(items, ExchangeRate), lambda item: item.natural_key[:-1]),
            fixed_rates={item.natural_key: item for item in _of(items, FixedExchangeRate)},
            tax_values=_dated(_of(items, SalesTaxValue), lambda item: item.tax_code),
            tax_groups={item.group: item for item in _of(items, SalesTaxGroup)},
            item_tax_groups={item.group: item for item in _of(items, ItemSalesTaxGroup)},
            payment_terms={item.terms: item for item in _of(items, PaymentTerms)},
            periods=tuple(sorted(_of(items, LedgerPeriod), key=lambda item: item.start)),
            workers={item.resource: item for item in _of(items, Worker)},
            dimension_rules=_of(items, DimensionRule),
        )

    @property
    def accounting_currency(self) -> str:
        """The currency of the ledger."""
        return self.parameters.accounting_currency

    def worker_dimension(self, resource: str | None) -> str | None:
        """Give the dimensions of a worker, if the worker has any."""
        worker = self.workers.get(resource or "")
        return worker.default_dimension if worker else None

    def line_property(self, billing_type: FinanceBillingType) -> LineProperty | Problem:
        """Find what a billing type means; LINE_PROPERTY_MISSING when nobody has entered it."""
        return self.line_properties.get(billing_type) or _no_line_property(self.company, billing_type)

    def category(self, category: str | None, transaction_class: TransactionClass) -> ProjectCategory | Problem:
        """Find the project category of a transaction, the parameters' default when it names none.

        Returns:
            The category, or CATEGORY_MISSING when there is none, or when it is one for another class.
        """
        category_type, default = CATEGORY_TYPES[transaction_class]
        name: str | None = category or getattr(self.parameters, default)
        found = self.categories.get(name or "")
        if found is not None and found.category_type is category_type:
            return found
        what = f"is of type {found.category_type}, not {category_type}" if found else "is not set up"
        return Problem(
            ReasonCode.CATEGORY_MISSING,
            f"Project category {name or f'of {category_type} transactions without one'} {what} in {self.company};"
            f" add a ProjCategory of type {category_type}",
            (name,) if name else (),
        )

    def revenue_profile(
        self, billing_method: FinanceBillingMethod, project: FinanceProject | None, contract: str
    ) -> RevenueProfile | Problem:
        """Find the profile that counts for a project: its own, its group's, its contract's, the company's.

        Without a project (a retainer of the whole contract) the contract's or the company's counts.

        Source: Project Operations documentation, Configure accounting for billable projects (the rule with the highest
        granularity is picked first).
        """
        names = (project.project, project.group) if project else (None, None)
        scopes = (("project", names[0]), ("group", names[1]), ("contract", contract), ("company", EVERY))
        for scope, name in scopes:
            if name and (found := self.revenue_profiles.get((billing_method, scope, name))):
                return found
        return Problem(
            ReasonCode.REVENUE_PROFILE_MISSING,
            f"No {billing_method} revenue profile counts for {f'project {names[0]} of ' if project else ''}contract"
            f" {contract} in {self.company}; add a ProjRevenueProfile",
            tuple(filter(None, (names[0], contract))),
        )

    def account(
        self,
        posting_type: PostingType,
        project: FinanceProject | None = None,
        category: str | None = None,
        funding_source: str | None = None,
    ) -> PostingAccount | Problem:
        """Find the main account: the project's before the group's before everybody's.

        In each of them that of the category comes first, and in both that of the funding source.
        """
        number = str(int(posting_type))
        one = (project.project, EVERY) if project else None
        group = (EVERY, project.group) if project and project.group else None
        for place in filter(None, (one, group, (EVERY, EVERY))):
            for kind in dict.fromkeys((category or EVERY, EVERY)):
                own = self.accounts.get((number, *place, kind, funding_source)) if funding_source else None
                if found := own or self.accounts.get((number, *place, kind)):
                    return found
        about = tuple(filter(None, (project.project if project else None, category)))
        return Problem(
            ReasonCode.POSTING_ACCOUNT_MISSING,
            f"Posting type {number} ({posting_type.title}) has no main account"
            f"{' for ' + ', '.join(about) if about else ''} in {self.company}; add a ProjPosting",
            about,
        )


def read_item(company: str, columns: Mapping[str, object]) -> SetupItem | Problem:
    """Read one set-up row, or tell what is wrong with it."""
    kind = columns.get("Kind")
    record = SETUP_KINDS.get(kind) if isinstance(kind, str) else None
    where = f"Set-up of {company}, kind {kind}"
    if record is None:
        return Problem(ReasonCode.ROW_COLUMN_WRONG, f"{where}: Kind must be one of {', '.join(SETUP_KINDS)}")
    try:
        item = record.from_columns(columns)
    except BadRow as error:
        return Problem(error.problem.code, f"{where}: {error.problem.sentence}")
    if item.company != company.lower():
        return Problem(ReasonCode.ROW_COLUMN_WRONG, f"{where}: column DataAreaId must be {company}", (item.key.row,))
    return item


def valid_on[Item: Dated](items: Sequence[Item], day: date) -> Item | None:
    """Find what counts on a day: the last that began, unless it ended before."""
    position = bisect_right(items, day, key=lambda item: item.valid_from)
    if not position:
        return None
    found = items[position - 1]
    return found if found.valid_to is None or day <= found.valid_to else None


def _of[Item: SetupItem](items: Iterable[SetupItem], kind: type[Item]) -> tuple[Item, ...]:
    return tuple(item for item in items if isinstance(item, kind))


def _dated[Item: Dated, Key](items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, tuple[Item, ...]]:
    groups: dict[Key, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.valid_from):
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def _not_set_up(company: str) -> Problem:
    sentence = f"Legal entity {company} has no set-up; load its rows, among them one of Kind ProjParameters"
    return Problem(ReasonCode.COMPANY_NOT_SET_UP, sentence, (company,))


def _no_line_property(company: str, billing_type: FinanceBillingType) -> Problem:
    return Problem(
        ReasonCode.LINE_PROPERTY_MISSING,
        f"Billing type {billing_type} has no line property in {company}; add a {LineProperty.KIND}",
        (billing_type.value,),
    )
