"""`invoicing problems`: what stopped for a business reason, since when, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.errors import ReasonCode
from domain.problems import OpenProblem
from domain.rows import RowKey
from domain.tables import Table
from tools.cli.amounts import count_text
from tools.cli.desk import Desk, Sorry
from tools.cli.drawing import draw_json, draw_rows, grid, say, time_text

PROBLEMS_MAX = 100_000
# where a document may stand, the column of its number, and the one of its legal entity
PLACES = (
    (Table.DATAVERSE_INVOICES, "invoicenumber", "msdyn_owningcompany"),
    (Table.FINANCE_INVOICE_PROPOSALS, "ProposalId", "DataAreaId"),
    (Table.FINANCE_INTEGRATION_JOURNALS, "JournalId", "DataAreaId"),
    (Table.DATAVERSE_CONTRACTS, "ordernumber", "msdyn_owningcompany"),
)


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """An open problem of any document."""

    document: str
    # what people call the document; its id when it has no number
    name: str
    # legal entity; empty when it can't be told
    company: str
    stage: str
    code: str
    sentence: str
    ids: tuple[str, ...]
    since: datetime | None
    # how often it was met
    tries: int
    correlation: str


def problems(desk: Desk, *, company: str | None, code: str | None, document: str | None, as_json: bool) -> int:
    """List the open problems, the oldest first; 1 while there is one."""
    if code is not None and code not in set(ReasonCode):
        raise Sorry(f"{code} is no reason code; `invoicing problems` tells those that there are")
    found = sorted(read_problems(desk, company, code, document), key=_age)
    if as_json:
        draw_json(desk.console, [{name: getattr(each, name) for name in ProblemRow.__slots__} for each in found])
        return 1 if found else 0
    if not found:
        narrowed = any((company, code, document))
        text = "No such problem is open; without options all are shown." if narrowed else "No problem is open."
        say(desk.console, text, "green")
        say(desk.console, "Messages that were given up: invoicing failures", "dim")
        return 0
    columns = ("document", "legal entity", "stage", "reason", "what to do", "since (UTC)", "tries")
    rows = (
        (each.name, each.company, each.stage, each.code, each.sentence, time_text(each.since), each.tries)
        for each in found
    )
    draw_rows(desk.console, grid("Open problems", *columns, right=("tries",)), rows)
    text = f"{count_text(len(found), 'open problem')}; one goes when its stage succeeds, nothing else removes it."
    say(desk.console, text, "yellow")
    return 1


def read_problems(desk: Desk, company: str | None, code: str | None, document: str | None) -> Iterator[ProblemRow]:
    """Read the open problems that match; a document is named by its id or its number."""
    names: dict[str, tuple[str, str]] = {}
    for row in desk.browser.rows(Table.INVOICING_PROBLEMS, limit=PROBLEMS_MAX):
        problem = OpenProblem.from_columns(row.columns)
        if code not in (None, problem.code.value):
            continue
        if problem.document not in names:
            names[problem.document] = _named(desk, problem.document)
        name, entity = names[problem.document]
        if company is not None and company.lower() != entity:
            continue
        if document is None or document.lower() in (problem.document, name.lower()):
            yield _row(problem, name, entity, row.changed_at)


def _row(problem: OpenProblem, name: str, company: str, changed_at: datetime | None) -> ProblemRow:
    return ProblemRow(
        document=problem.document,
        name=name,
        company=company,
        stage=problem.stage,
        code=problem.code.value,
        sentence=problem.sentence,
        ids=problem.ids,
        since=problem.since or changed_at,
        tries=problem.tries,
        correlation=problem.correlation,
    )


def _named(desk: Desk, document: str) -> tuple[str, str]:
    for table, number, company in PLACES:
        row = desk.store.find(table, RowKey(document, document))
        if row is not None:
            entity = str(row.columns.get(company) or "")
            return str(row.columns.get(number) or document), _code(desk, entity)
    return document, ""


def _code(desk: Desk, company: str) -> str:
    """Give the code of a legal entity that Dataverse names by its id."""
    row = desk.store.find(Table.DATAVERSE_COMPANIES, RowKey(company, company)) if company else None
    return str(row.columns.get("cdm_companycode") or company).lower() if row else company.lower()


def _age(problem: ProblemRow) -> tuple[str, str, str]:
    return (problem.since.isoformat() if problem.since else "", problem.document, problem.stage)
