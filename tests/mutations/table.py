"""The guards, as data: what each is there for, how it is taken away, and what notices."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One guard that is taken away."""

    guard: str
    # dotted name under `domain`
    module: str
    stands: str
    becomes: str
    # what notices: "story / step / fault", "history of STORY", "straight / story", or the name of a check
    killer: str


MUTATIONS = (
    Mutation(
        "an ambiguous answer is resolved by reading back",
        "saving",
        "        except (AlreadyExists, RowMissing, ChangedMeanwhile, OutcomeUnknown) as error:",
        "        except ZeroDivisionError as error:",
        "straight / partial credit",
    ),
    Mutation(
        "an insert that finds its row compares",
        "saving",
        "    if name is None:\n        return True\n    stands, wanted",
        "    if name is None or row:\n        return True\n    stands, wanted",
        "check / an insert compares",
    ),
    Mutation(
        "a delete whose row is gone is done",
        "saving",
        "        return isinstance(operation, Delete)",
        "        return False",
        "straight / partial credit",
    ),
    Mutation(
        "another version is told, not overwritten",
        "saving",
        "    if operation.etag is not None and operation.etag != row.etag:",
        "    if operation.etag is not None and operation.etag != row.etag and not row:",
        "check / another version is told",
    ),
    Mutation(
        "a number is recorded with who got it",
        "workflows.numbering",
        "        if found is not None:",
        "        if found is not None and not document:",
        "milestone / 3 deliver create-proforma / process dies just before",
    ),
    Mutation(
        "a claimed item is found again",
        "backlog",
        "        return item.invoice == invoice",
        "        return item.invoice == invoice + invoice",
        "two invoices of one contract at once / 6 deliver create-proforma / process dies just before",
    ),
    Mutation(
        "a slow creation takes its draft off the index",
        "workflows.create_proforma",
        "            save(store, Table.DATAVERSE_DRAFTS, stands.contract, (Delete(stands.draft_key.row),))",
        "            pass",
        "two invoices of one contract at once / 6 deliver create-proforma / slow beyond the lease",
    ),
    Mutation(
        "how an invoice is confirmed stands before it is done",
        "workflows.confirm_invoice",
        "    if invoice.confirmed_by is not None:\n        return invoice, row\n    bulk",
        "    if invoice:\n        return invoice, row\n    bulk",
        "straight / time and material",
    ),
    Mutation(
        "a confirmed invoice is sent again",
        "workflows.confirm_invoice",
        "    sender.send(commands_after(invoice, command))",
        "    if before.is_confirmable:\n        sender.send(commands_after(invoice, command))",
        "milestone / 4 deliver confirm-invoice / process dies just before",
    ),
    Mutation(
        "a confirmed invoice leaves the drafts again",
        "workflows.confirm_invoice",
        "    save(store, Table.DATAVERSE_DRAFTS, invoice.contract, (Delete(invoice.draft_key.row),))",
        "    if before.is_confirmable:\n        save(store, Table.DATAVERSE_DRAFTS, invoice.contract, (Delete(invoice.draft_key.row),))",
        "milestone / 4 deliver confirm-invoice / process dies just before",
    ),
    Mutation(
        "a posted journal reports again",
        "workflows.post_journal",
        "    _hand_on(store, sender, journal, command)\n    facts",
        "    if row.columns['Status'] != JournalStatus.POSTED.value:\n        _hand_on(store, sender, journal, command)\n    facts",
        "reduced quantity / 9 deliver post-journal / process dies just before",
    ),
    Mutation(
        "a slow posting of a posted journal gives nothing up",
        "workflows.deleted_lines",
        "    except ContentDiffers:\n        stands",
        "    except ZeroDivisionError:\n        stands",
        "two invoices of one contract at once / 9 deliver post-journal / slow beyond the lease",
    ),
    Mutation(
        "a proposal has all of its lines or none",
        "workflows.import_proposal",
        "    if problems:\n        return problems, work.proposal\n    made",
        "    if problems and not work:\n        return problems, work.proposal\n    made",
        "straight / time and material",
    ),
    Mutation(
        "the billed sales that have arrived are counted",
        "completeness",
        "    return len(billed_sales) == proposal.billed_sales and digest_of(billed_sales) == proposal.billed_sales_digest",
        "    return bool(proposal)",
        "history / 8",
    ),
    Mutation(
        "sales are posted before they are billed",
        "workflows.import_proposal",
        "        unposted(work.proposal, sales),\n",
        "",
        "straight / time and material",
    ),
    Mutation(
        "a proposal line that stands keeps its number",
        "workflows.import_proposal",
        "line = standing.get(row.actual) or _line",
        "line = _line",
        "two invoices of one contract at once / 9 tick / slow beyond the lease",
    ),
    Mutation(
        "an imported proposal is offered again",
        "workflows.import_proposal",
        "    _hand_on(store, sender, proposal, command)",
        "    if row.columns.get('ProposalStatus', 'AwaitingLines') == ProposalStatus.AWAITING_LINES.value:\n        _hand_on(store, sender, proposal, command)",
        "partial credit / 6 tick / process dies just before",
    ),
    Mutation(
        "a posted proposal reports again",
        "workflows.post_proposal",
        "    _hand_on(store, sender, proposal, command)",
        "    if row.columns['ProposalStatus'] != ProposalStatus.INVOICED.value:\n        _hand_on(store, sender, proposal, command)",
        "milestone / 8 deliver post-proposal / process dies just before",
    ),
    Mutation(
        "the proforma is written back by its version",
        "workflows.write_back_posting",
        "replace_status(store, Table.DATAVERSE_INVOICES, key, after.to_columns(), row.etag)",
        "save(store, Table.DATAVERSE_INVOICES, key.partition, (Replace(key.row, after.to_columns()),))",
        "straight / time and material",
    ),
    Mutation(
        "a tick clears the problem of work that somebody else has finished",
        "workflows.import_from_staging",
        "        if store.find(TABLE, row.key) is not None:\n            return",
        "        return",
        "reduced quantity / 5 tick / slow beyond the lease",
    ),
    Mutation(
        "a command that is given up is kept",
        "workflows.deliver",
        "                return keep(command, final, error)",
        "                return Outcome(Action.COMMAND_POSTPONED, command.document)",
        "milestone / 3 deliver create-proforma / throttled until service is restored",
    ),
    Mutation(
        "a command that fails comes again",
        "workflows.deliver",
        "                return _postpone(sender, command, problem, later)",
        "                return Outcome(Action.COMMAND_POSTPONED, command.document)",
        "milestone / 3 deliver create-proforma / never sent",
    ),
    Mutation(
        "a success clears the problem",
        "workflows.handling",
        "        clear_problem(store, command.document, command.stage)\n",
        "        pass\n",
        "milestone / 8 deliver post-proposal / throttled until service is restored",
    ),
)
