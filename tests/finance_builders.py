"""Rows of finance for tests, valid by default; and vouchers written as an accountant reads them."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from domain.finance_parties import FinanceContract, FinanceCustomer, FinanceProject, Parties
from domain.identifiers import derive_id
from domain.invoice_posting import InvoiceTerms, PostedLine, begin, post_line
from domain.invoice_proposal import Proposal, ProposalLine
from domain.journal import JournalLine
from domain.journal_lines import journal_line
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.line_posting import LinePosting
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.posted_invoice import PostedInvoice, finish
from domain.posting import post_line as post_journal_line
from domain.rows import RowKey
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from domain.voucher_totals import VoucherTotals

type Row = Mapping[str, object]

CONTRACT_PARTITION = "6a1f0000-0000-4000-8000-000000000001"
PROPOSAL = "6a1f0000-0000-4000-8000-000000000002"
JOURNAL = "6a1f0000-0000-4000-8000-000000000003"
AUGUST_27 = date(2026, 8, 27)

PROJECT = FinanceProject(company="usmf", project="P-1", name="Arm", group="TM", contract="C-1")
CONTRACT = FinanceContract(company="usmf", contract="C-1", currency="USD")
CONTRACT_GBP = FinanceContract(company="usmf", contract="C-1", currency="GBP")
CUSTOMER = FinanceCustomer(company="usmf", account="US-1", name="Adatum", payment_terms="Net30")
PARTIES = Parties(PROJECT, CONTRACT, CUSTOMER)
PARTIES_GBP = Parties(PROJECT, CONTRACT_GBP, CUSTOMER)

# posting type, category, account, name
ACCOUNTS = (
    (31, None, "130100", "Accounts receivable"),
    (121, "LABOR", "540100", "Cost of project - labor"),
    (121, None, "540900", "Cost of project"),
    (122, None, "600300", "Payroll allocation"),
    (14, None, "201100", "Expense offset"),
    (123, None, "160100", "WIP cost value"),
    (124, None, "140300", "Cost-item"),
    (125, None, "160200", "WIP cost value-item"),
    (126, "LABOR", "411100", "Revenue - labor"),
    (126, None, "411900", "Revenue"),
    (127, None, "412100", "Invoiced revenue - on account"),
    (138, None, "252100", "WIP invoiced - on account"),
    (129, None, "161300", "WIP sales value"),
    (128, None, "420200", "Accrued revenue"),
    (4, None, "222200", "Sales tax payable"),
    (11, None, "618160", "Penny difference"),
)
CATEGORIES = (
    ("LABOR", "Hour"),
    ("TRAVEL", "Expense"),
    ("MATERIAL", "Item"),
    ("FEE", "Fee"),
    ("MILESTONE", "OnAccount"),
)
# billing type: line property, to be invoiced and accrued
LINE_PROPERTIES = (
    ("NotSpecified", "Billable", True),
    ("Chargeable", "Billable", True),
    ("NonChargeable", "NonBillable", False),
    ("Complimentary", "Free", False),
    ("NotAvailable", "NotAvail", False),
)
ACCRUES_ALL: Mapping[str, object] = {"PostWIPEmpl": True, "PostWIPCost": True, "PostWIPItem": True, "PostWIPFee": True}
CATEGORY_OF = {
    TransactionClass.TIME: "LABOR",
    TransactionClass.EXPENSE: "TRAVEL",
    TransactionClass.MATERIAL: "MATERIAL",
    TransactionClass.FEE: "FEE",
    TransactionClass.MILESTONE: "MILESTONE",
    TransactionClass.RETAINER: "MILESTONE",
}
LINE_TABLE_OF = {
    TransactionClass.TIME: "ProjProposalEmpl",
    TransactionClass.EXPENSE: "ProjProposalCost",
    TransactionClass.MATERIAL: "ProjProposalItem",
    TransactionClass.FEE: "ProjProposalRevenue",
    TransactionClass.MILESTONE: "ProjProposalOnAcc",
    TransactionClass.RETAINER: "ProjProposalOnAcc",
}


def parameters_row(currency: str = "USD", **columns: object) -> dict[str, object]:
    return {
        "Kind": "ProjParameters",
        "AccountingCurrency": currency,
        "TimeCategory": "LABOR",
        "ExpenseCategory": "TRAVEL",
        "MaterialCategory": "MATERIAL",
        "FeeCategory": "FEE",
        "OnAccountCategory": "MILESTONE",
        "InvoiceNumberFormat": "INV-####",
        "InvoiceVoucherFormat": "PIV-####",
        "JournalVoucherFormat": "PJV-####",
        **columns,
    }


def profile_row(method: str = "TimeAndMaterial", **columns: object) -> dict[str, object]:
    return {"Kind": "ProjRevenueProfile", "ProfileName": "P", "BillingMethod": method, **columns}


def rate_row(from_currency: str, to_currency: str, valid_from: str, rate: str) -> dict[str, object]:
    return {
        "Kind": "ExchangeRate",
        "FromCurrencyCode": from_currency,
        "ToCurrencyCode": to_currency,
        "ValidFrom": valid_from,
        "ExchangeRate": rate,
    }


def fixed_rate_row(rate: str, currency: str = "GBP", contract: str = "C-1") -> dict[str, object]:
    kind = "FixedExchangeRateAgreement"
    return {"Kind": kind, "ProjInvoiceProjId": contract, "CurrencyId": currency, "ExchangeRate": rate}


def tax_rows(percent: str, code: str = "VAT", group: str = "DOM", item_group: str = "FULL") -> list[dict[str, object]]:
    return [
        {"Kind": "TaxData", "TaxCode": code, "TaxFromDate": "2020-01-01", "TaxValue": percent},
        {"Kind": "TaxGroupHeading", "TaxGroup": group, "TaxCodes": [code]},
        {"Kind": "TaxItemGroupHeading", "TaxItemGroup": item_group, "TaxCodes": [code]},
    ]


def period_row(start: str, end: str, status: str = "Open") -> dict[str, object]:
    return {"Kind": "FiscalCalendarPeriod", "StartDate": start, "EndDate": end, "PeriodStatus": status}


def setup_rows(company: str = "usmf", currency: str = "USD", **parameters: object) -> list[Row]:
    kind = "ProjBillingTypeLinePropertyDefault"
    rows: list[Row] = [
        parameters_row(currency, **parameters),
        *(
            {
                "Kind": kind,
                "BillingType": name,
                "LinePropertyId": line_property,
                "ToBeInvoiced": yes,
                "ToBeAccrued": yes,
            }
            for name, line_property, yes in LINE_PROPERTIES
        ),
        *(
            {"Kind": "ProjCategory", "CategoryId": name, "Name": name, "CategoryType": kind}
            for name, kind in CATEGORIES
        ),
        *(
            {
                "Kind": "ProjPosting",
                "PostingType": number,
                "CategoryId": category,
                "MainAccount": account,
                "AccountName": name,
            }
            for number, category, account, name in ACCOUNTS
        ),
        profile_row("TimeAndMaterial"),
        profile_row("FixedPrice"),
        period_row("2026-01-01", "2026-12-31"),
        {"Kind": "PaymTerm", "PaymTermId": "Net30", "NumOfDays": 30},
    ]
    return [{"DataAreaId": company, **row} for row in rows]


def make_setup(
    *more: Row, company: str = "usmf", currency: str = "USD", without: str = "", **parameters: object
) -> LegalEntitySetup:
    """A set-up; a later row replaces an earlier one with the same key; `without` leaves a kind out."""
    rows = [row for row in setup_rows(company, currency, **parameters) if row["Kind"] != without]
    setup = LegalEntitySetup.from_rows(company, [*rows, *({"DataAreaId": company, **row} for row in more)])
    assert isinstance(setup, LegalEntitySetup), setup
    return setup


def make_staged(
    kind: FinanceTransactionType = FinanceTransactionType.SALES,
    transaction_class: TransactionClass = TransactionClass.TIME,
    *,
    quantity: str = "4",
    price: str = "250",
    currency: str = "USD",
    day: date = AUGUST_27,
    billing_type: FinanceBillingType = FinanceBillingType.CHARGEABLE,
    name: object = 1,
    **attributes: object,
) -> StagedActual:
    staged = StagedActual(
        company="usmf",
        actual=derive_id("actual", name),
        transaction_type=kind,
        transaction_class=transaction_class,
        billing_type=billing_type,
        quantity=Decimal(quantity),
        price=Decimal(price),
        amount=Decimal(quantity) * Decimal(price),
        currency=currency,
        document_date=day,
        contract="C-1",
        contract_line=1,
        project="P-1",
        category=CATEGORY_OF.get(transaction_class),
    )
    return staged.changed(**attributes) if attributes else staged


def key_of(staged: StagedActual) -> str:
    return RowKey(CONTRACT_PARTITION, f"{staged.document_date}|{staged.actual}").text


def make_journal_line(
    setup: LegalEntitySetup, staged: StagedActual, parties: Parties = PARTIES, voucher: str = "PJV-0001"
) -> JournalLine:
    content = journal_line(setup, staged, key_of(staged), parties)
    assert not isinstance(content, tuple), content
    return content.in_journal(JOURNAL, 1, voucher)


def make_posting(
    setup: LegalEntitySetup, staged: StagedActual, parties: Parties = PARTIES, voucher: str = "PJV-0001"
) -> LinePosting:
    posting = post_journal_line(setup, make_journal_line(setup, staged, parties, voucher), parties.project)
    assert isinstance(posting, LinePosting), posting
    return posting


def make_proposal(currency: str = "USD", **attributes: object) -> Proposal:
    proposal = Proposal(
        proposal=PROPOSAL,
        number="PF-1",
        company="usmf",
        contract="C-1",
        contract_partition=CONTRACT_PARTITION,
        funding_source="FS-1",
        customer="US-1",
        currency=currency,
        invoice_date=AUGUST_27,
        billed_sales=1,
        billed_sales_digest="d",
        correlation=PROPOSAL,
    )
    return proposal.changed(**attributes) if attributes else proposal


def make_proposal_line(
    amount: str = "1000",
    transaction_class: TransactionClass = TransactionClass.TIME,
    *,
    number: int = 1,
    transaction: ProjectTransaction | None = None,
    tax_groups: tuple[str, str] | None = None,
    category: str | None = None,
    day: date = AUGUST_27,
) -> ProposalLine:
    actual = derive_id("billed", number)
    return ProposalLine(
        proposal=PROPOSAL,
        number=number,
        line_table=LINE_TABLE_OF[transaction_class],
        actual=actual,
        actual_key=RowKey(PROPOSAL, f"0001|{actual}").text,
        unbilled_sales_key=transaction.actual_key if transaction else None,
        transaction_class=transaction_class,
        transaction_date=day,
        project="P-1",
        category=category or CATEGORY_OF[transaction_class],
        quantity=Decimal(1),
        price=Decimal(amount),
        amount=Decimal(amount),
        tax_group=tax_groups[0] if tax_groups else None,
        tax_item_group=tax_groups[1] if tax_groups else None,
    )


def make_terms(
    setup: LegalEntitySetup,
    proposal: Proposal | None = None,
    customer: FinanceCustomer = CUSTOMER,
    day: date = AUGUST_27,
) -> InvoiceTerms:
    terms = begin(setup, proposal or make_proposal(), customer, day)
    assert isinstance(terms, InvoiceTerms), terms
    return terms


def make_totals(
    terms: InvoiceTerms,
    lines: Iterable[tuple[ProposalLine, ProjectTransaction | None]],
    project: FinanceProject = PROJECT,
) -> VoucherTotals:
    totals = VoucherTotals()
    for line, transaction in lines:
        decided = post_line(terms, line, project, transaction)
        assert isinstance(decided, PostedLine), decided
        totals.add(decided.additions, decided.taxes)
    return totals


def make_invoice(
    terms: InvoiceTerms,
    lines: Iterable[tuple[ProposalLine, ProjectTransaction | None]],
    project: FinanceProject = PROJECT,
) -> PostedInvoice:
    invoice = finish(terms, make_totals(terms, lines, project), "INV-0001", "PIV-0001")
    assert isinstance(invoice, PostedInvoice), invoice
    return invoice


def told(*numbers: Decimal | None) -> str:
    """Numbers as a person writes them: 1000 4 -0.5."""
    return " ".join(format(number.normalize(), "f") if number is not None else "-" for number in numbers)


def voucher_table(entries: Iterable[LedgerEntry]) -> list[str]:
    """The entries, one line each: account, name, transaction and accounting amount, rate, posting type; sorted."""
    return sorted(
        f"{entry.main_account} {entry.account_name}: {entry.amount:.2f} {entry.currency}"
        f" = {entry.accounting_amount:.2f} {entry.accounting_currency} at {entry.exchange_rate.normalize():f},"
        f" {int(entry.posting_type)}"
        for entry in entries
    )


def voucher_of(text: str) -> list[str]:
    """The same of a table in a test: one entry a line."""
    return sorted(line.strip() for line in text.strip().splitlines())
