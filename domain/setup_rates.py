"""The items of a legal entity's set-up that transactions look up: rates, sales tax, terms, periods, workers."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.dimensions import Dimensions
from domain.record import CurrencyCode, Day, KeyText, Number, Text, Texts
from domain.setup_items import DisplayedRate, DisplayFactor, PaymentMethod, PeriodStatus, SetupItem, rate_of


class ExchangeRate(SetupItem):
    """A rate of a currency pair from a day on (`ExchangeRateCurrencyPair` and `ExchangeRate`)."""

    KIND = "ExchangeRate"

    kind: Literal["ExchangeRate"] = Field(default="ExchangeRate", alias="Kind")
    rate_type: KeyText = Field(default="Default", alias="ExchangeRateType")
    from_currency: CurrencyCode = Field(alias="FromCurrencyCode")
    to_currency: CurrencyCode = Field(alias="ToCurrencyCode")
    valid_from: Day = Field(alias="ValidFrom")
    # None: until the next one
    valid_to: Day | None = Field(default=None, alias="ValidTo")
    displayed: DisplayedRate = Field(alias="ExchangeRate")
    factor: DisplayFactor = Field(default=100, alias="ExchangeRateDisplayFactor")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Type, pair and day."""
        return (self.rate_type, self.from_currency, self.to_currency, self.valid_from.isoformat())

    @property
    def rate(self) -> Decimal:
        """The multiplier: units of the second currency for one of the first."""
        return rate_of(self.displayed, self.factor)


class FixedExchangeRate(SetupItem):
    """A fixed exchange rate agreement of a contract: what one unit of its sales currency is worth to the company."""

    KIND = "FixedExchangeRateAgreement"

    kind: Literal["FixedExchangeRateAgreement"] = Field(default="FixedExchangeRateAgreement", alias="Kind")
    contract: KeyText = Field(alias="ProjInvoiceProjId")
    currency: CurrencyCode = Field(alias="CurrencyId")
    displayed: DisplayedRate = Field(alias="ExchangeRate")
    factor: DisplayFactor = Field(default=100, alias="ExchangeRateDisplayFactor")
    reference: Text | None = Field(default=None, alias="Reference")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Contract and currency."""
        return (self.contract, self.currency)

    @property
    def rate(self) -> Decimal:
        """The multiplier: accounting currency for one unit of the sales currency."""
        return rate_of(self.displayed, self.factor)


class SalesTaxValue(SetupItem):
    """The percentage of a sales tax code from a day on (`TaxData`)."""

    KIND = "TaxData"

    kind: Literal["TaxData"] = Field(default="TaxData", alias="Kind")
    tax_code: KeyText = Field(alias="TaxCode")
    valid_from: Day = Field(alias="TaxFromDate")
    # None: until the next one
    valid_to: Day | None = Field(default=None, alias="TaxToDate")
    # per cent
    percent: Number = Field(alias="TaxValue", ge=0)

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Code and day."""
        return (self.tax_code, self.valid_from.isoformat())


class SalesTaxGroup(SetupItem):
    """A sales tax group with its codes (`TaxGroupHeading`, `TaxGroupData`); without codes it is exempt."""

    KIND = "TaxGroupHeading"

    kind: Literal["TaxGroupHeading"] = Field(default="TaxGroupHeading", alias="Kind")
    group: KeyText = Field(alias="TaxGroup")
    tax_codes: Texts = Field(default=(), alias="TaxCodes")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)


class ItemSalesTaxGroup(SetupItem):
    """An item sales tax group with its codes (`TaxItemGroupHeading`, `TaxOnItem`)."""

    KIND = "TaxItemGroupHeading"

    kind: Literal["TaxItemGroupHeading"] = Field(default="TaxItemGroupHeading", alias="Kind")
    group: KeyText = Field(alias="TaxItemGroup")
    tax_codes: Texts = Field(default=(), alias="TaxCodes")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)


class PaymentTerms(SetupItem):
    """Terms of payment (`PaymTerm`)."""

    KIND = "PaymTerm"

    kind: Literal["PaymTerm"] = Field(default="PaymTerm", alias="Kind")
    terms: KeyText = Field(alias="PaymTermId")
    description: Text | None = Field(default=None, alias="Description")
    method: PaymentMethod = Field(default=PaymentMethod.NET, alias="PaymMethod")
    months: int = Field(default=0, alias="NumOfMonths", ge=0, le=120)
    days: int = Field(default=0, alias="NumOfDays", ge=0, le=3660)
    # an invoice after this day of the month is due the additional months later
    cut_off_day: int | None = Field(default=None, alias="CutOffDay", ge=1, le=31)
    additional_months: int = Field(default=0, alias="AdditionalMonths", ge=0, le=120)
    # method cut-off day: the day of the month on which payment is due
    payment_day: int | None = Field(default=None, alias="PaymDayOfMonth", ge=1, le=31)

    @model_validator(mode="after")
    def _cut_off(self) -> Self:
        if self.method is PaymentMethod.CUTOFF_DAY and self.cut_off_day is None:
            raise ValueError("must have CutOffDay when PaymMethod is CutOffDay")
        return self

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The id of the terms."""
        return (self.terms,)


class Worker(SetupItem):
    """A worker whose costs carry dimensions (`HcmWorker`); the others need no row."""

    KIND = "HcmWorker"

    kind: Literal["HcmWorker"] = Field(default="HcmWorker", alias="Kind")
    # the name of the bookable resource
    resource: KeyText = Field(alias="BookableResourceName")
    default_dimension: Dimensions = Field(alias="DefaultDimension")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The resource."""
        return (self.resource,)


class LedgerPeriod(SetupItem):
    """A period of the fiscal calendar (`FiscalCalendarPeriod`, `LedgerFiscalCalendarPeriod`)."""

    KIND = "FiscalCalendarPeriod"

    kind: Literal["FiscalCalendarPeriod"] = Field(default="FiscalCalendarPeriod", alias="Kind")
    name: Text | None = Field(default=None, alias="Name")
    start: Day = Field(alias="StartDate")
    end: Day = Field(alias="EndDate")
    status: PeriodStatus = Field(default=PeriodStatus.OPEN, alias="PeriodStatus")

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.end < self.start:
            raise ValueError("must have EndDate on or after StartDate")
        return self

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The first day."""
        return (self.start.isoformat(),)
