"""Project Operations integration invoice proposal export entity (msdyn_customerinvoices): the posted invoice.

Documented: number, date, status Posted and the sales tax of the whole invoice (Project Operations documentation,
"Format and update project invoice proposals"). Column names are those that the sales invoice map uses for the same
things.
"""

from domain.option_sets import ProjectInvoiceStatus
from domain.table_map_definition import COMPANY_COLUMN, ColumnMapping, Constant, Direction, OneWay, TableMap
from domain.table_maps import lookups
from domain.tables import Table

MAP = TableMap(
    name="customer_invoice_export",
    label="Project Operations integration invoice proposal export entity (msdyn_customerinvoices)",
    version="1.0.0.0",
    source=Table.FINANCE_PROJECT_INVOICES,
    target=Table.DATAVERSE_CUSTOMER_INVOICES,
    direction=Direction.FINANCE_TO_DATAVERSE,
    keys=("invoiceid",),
    company=ColumnMapping(COMPANY_COLUMN, "cdm_companycode"),
    columns=(
        ColumnMapping("ProformaInvoiceId", "invoiceid"),
        ColumnMapping("ProjInvoiceId", "msdyn_invoicenumber"),
        ColumnMapping("InvoiceDate", "msdyn_invoicedate", lookups.DAY),
        ColumnMapping("LedgerVoucher", "msdyn_ledgervoucher"),
        ColumnMapping("CurrencyId", "isocurrencycode"),
        ColumnMapping("SumTax", "totaltax"),
        ColumnMapping("InvoiceAmount", "totalamount"),
        ColumnMapping(None, "msdyn_projectinvoicestatus", Constant(ProjectInvoiceStatus.POSTED.value)),
    ),
    one_way=OneWay("customer invoices are posted in finance; post the proposal, or revise the proforma to correct one"),
)
