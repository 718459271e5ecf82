"""The look-ups that several maps share: from an id in Dataverse to what finance calls the same thing."""

from domain.table_map_definition import COMPANY_COLUMN, ColumnMapping, Date, Hop, Lookup
from domain.tables import Table

CURRENCY_CODE = Lookup((Hop(Table.DATAVERSE_CURRENCIES, "isocurrencycode"),))
CONTRACT_NUMBER = Lookup((Hop(Table.DATAVERSE_CONTRACTS, "ordernumber"),))
PROJECT_NUMBER = Lookup((Hop(Table.DATAVERSE_PROJECTS, "msdyn_projectnumber"),))
CATEGORY_NUMBER = Lookup((Hop(Table.DATAVERSE_TRANSACTION_CATEGORIES, "msdyn_categorynumber"),))
RESOURCE_NAME = Lookup((Hop(Table.DATAVERSE_RESOURCES, "name"),))
PRODUCT_NUMBER = Lookup((Hop(Table.DATAVERSE_PRODUCTS, "productnumber"),))
ACCOUNT_NUMBER = Lookup((Hop(Table.DATAVERSE_ACCOUNTS, "accountnumber"),))
INVOICE_NUMBER = Lookup((Hop(Table.DATAVERSE_INVOICES, "invoicenumber"),))
DAY = Date()

_COMPANY = Hop(Table.DATAVERSE_COMPANIES, "cdm_companycode")

OWNING_COMPANY = ColumnMapping("msdyn_owningcompany", COMPANY_COLUMN, Lookup((_COMPANY,)))
# for rows that belong to the company of their contract
COMPANY_OF_CONTRACT = ColumnMapping(
    "msdyn_contract", COMPANY_COLUMN, Lookup((Hop(Table.DATAVERSE_CONTRACTS, "msdyn_owningcompany"), _COMPANY))
)


def contract_line_number(contract_column: str) -> Lookup:
    """Look up a contract line's number; the named column, of the row that asks, holds the contract."""
    return Lookup((Hop(Table.DATAVERSE_CONTRACT_LINES, "lineitemnumber", partition=contract_column),))


def contract_line_billing_method(contract_column: str) -> Lookup:
    """Look up how a contract line is billed; the named column, of the row that asks, holds the contract."""
    return Lookup((Hop(Table.DATAVERSE_CONTRACT_LINES, "msdyn_billingmethod", partition=contract_column),))


def funding_account(contract_column: str) -> Lookup:
    """Look up the customer account behind a contract customer; the named column holds the contract."""
    customer = Hop(Table.DATAVERSE_CONTRACT_CUSTOMERS, "msdyn_account", partition=contract_column)
    return Lookup((customer, *ACCOUNT_NUMBER.hops))


def funding_source(contract_column: str) -> Lookup:
    """Look up a contract customer's name in finance; the named column holds the contract."""
    return Lookup((Hop(Table.DATAVERSE_CONTRACT_CUSTOMERS, "msdyn_name", partition=contract_column),))
