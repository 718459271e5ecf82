"""What finance knows about a legal entity, read once for each stage: set-up, customers, projects and contracts."""

from functools import lru_cache

from domain.errors import Problem
from domain.finance_parties import FinanceContract, FinanceCustomer, FinanceProject, Parties, ReleasedProduct
from domain.ports import RowStore
from domain.record import Record
from domain.rows import Columns, RowKey, Value
from domain.sales_tax import taxed_product
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.reading import find_record

# legal entities whose set-up stays indexed
_SETUPS_INDEXED = 16

# names, types and values of the columns of a row: True and 1 are the same to Python, but not in the storage
type _Told = tuple[tuple[str, ...], tuple[type, ...], tuple[Value, ...]]


class Companies:
    """A cache for the length of one stage; set-up that changes counts from the next stage on."""

    def __init__(self, store: RowStore) -> None:
        """Start empty."""
        self._store = store
        self._setups: dict[str, LegalEntitySetup | Problem] = {}
        self._parties: dict[tuple[Table, RowKey], Record | None] = {}

    def setup(self, company: str) -> LegalEntitySetup | Problem:
        """Give the set-up of a legal entity, or the first problem with it."""
        if company not in self._setups:
            self._setups[company] = self._read_setup(company)
        return self._setups[company]

    def parties(
        self,
        company: str,
        *,
        project: str | None,
        contract: str | None,
        customer: str | None,
        product: str | None = None,
    ) -> Parties:
        """Give the project, contract, customer and product of a transaction; what finance does not know is None."""
        return Parties(
            project=self._party(Table.FINANCE_PROJECTS, company, project, FinanceProject),
            contract=self._party(Table.FINANCE_CONTRACTS, company, contract, FinanceContract),
            customer=self._party(Table.FINANCE_CUSTOMERS, company, customer, FinanceCustomer),
            product=self._party(Table.FINANCE_RELEASED_PRODUCTS, company, product, ReleasedProduct),
        )

    def parties_of(self, setup: LegalEntitySetup, staged: StagedActual, *, customer: str | None) -> Parties:
        """Give the parties of a staged row; its product only where that counts for its sales tax."""
        return self.parties(
            staged.company,
            project=staged.project,
            contract=staged.contract,
            customer=customer,
            product=taxed_product(setup, staged),
        )

    def _party[R: Record](self, table: Table, company: str, name: str | None, kind: type[R]) -> R | None:
        if name is None:
            return None
        place = (table, RowKey(company, name))
        if place not in self._parties:
            self._parties[place] = find_record(self._store, *place, kind)
        found = self._parties[place]
        return found if isinstance(found, kind) else None

    def _read_setup(self, company: str) -> LegalEntitySetup | Problem:
        pages = self._store.read_pages(Table.FINANCE_SETUP, company)
        return _indexed(company, tuple(_told(row.columns) for page in pages for row in page))


def _told(columns: Columns) -> _Told:
    values = tuple(columns.values())
    return tuple(columns), tuple(map(type, values)), values


@lru_cache(_SETUPS_INDEXED)
def _indexed(company: str, rows: tuple[_Told, ...]) -> LegalEntitySetup | Problem:
    # rows are read by every stage and hardly ever change; checking and indexing them takes longer than all else that a
    # stage does for a short document
    setup = LegalEntitySetup.from_rows(company, (dict(zip(names, values, strict=True)) for names, _, values in rows))
    return setup if isinstance(setup, LegalEntitySetup) else setup[0]
