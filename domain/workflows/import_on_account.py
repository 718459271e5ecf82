"""Make on-account transactions of staged milestones: what their invoice lines take their sales tax groups from."""

from domain.errors import Problem
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork
from domain.ports import RowStore
from domain.proposal_lines import on_account_transaction
from domain.rows import Insert, StoredRow
from domain.saving import save
from domain.staging import OnAccountTransaction, StagedMilestone
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.work_index import put_away


def import_on_account(store: RowStore, companies: Companies, pending: StoredRow) -> Outcome:
    """Make the transaction of every staged milestone of a range; one that stands already is left as it is.

    The accountant may have changed its tax groups since, so it is looked for before it is written.
    """
    work = PendingWork.from_columns(pending.columns)
    made, problems = 0, []
    for page in store.read_pages(Table.FINANCE_MILESTONES_STAGING, work.partition, first=work.first, last=work.last):
        staged = [(row, StagedMilestone.from_columns(row.columns)) for row in page]
        told = [(row, _transaction(companies, each)) for row, each in staged if each.company == work.company]
        new = [(row.key.row, each) for row, each in told if isinstance(each, OnAccountTransaction)]
        problems += [each for _, each in told if isinstance(each, Problem)]
        made += _save_new(store, work, new)
    facts: dict[str, str | int] = {"company": work.company, "transactions": made}
    if problems:
        return Outcome(Action.NOTHING_TO_DO, work.partition, facts, tuple(problems))
    put_away(store, pending)
    return Outcome(Action.ON_ACCOUNT_IMPORTED, work.partition, facts)


def _transaction(companies: Companies, staged: StagedMilestone) -> OnAccountTransaction | Problem:
    setup = companies.setup(staged.company)
    if isinstance(setup, Problem):
        return setup
    parties = companies.parties(
        staged.company, project=staged.project, contract=staged.contract, customer=staged.customer
    )
    return on_account_transaction(setup, staged, parties)


def _save_new(store: RowStore, work: PendingWork, new: list[tuple[str, OnAccountTransaction]]) -> int:
    table, partition = Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, work.partition
    pages = store.read_pages(table, partition, first=work.first, last=work.last, columns=("TransId",))
    stands = {row.key.row for page in pages for row in page}
    missing = [(row, each) for row, each in new if row not in stands]
    save(store, table, partition, (Insert(row, each.to_columns()) for row, each in missing))
    return len(missing)
