"""Every command does what it says, helps when there is nothing to do, and tells errors in one sentence."""

import json
from pathlib import Path

import pytest
from typer.main import get_command

from domain.commands import PostJournal, PostProposal
from domain.option_sets import ProjectInvoiceStatus
from domain.tables import Table
from tests.architecture.sources import text_of
from tests.cli.conftest import Terminal
from tests.line import COHO, CONTRACT_ADATUM, SAMPLES
from tools.cli.app import app

DAY = "2026-08-31"
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined] # the command of an app with commands is a group
UNBILLED_COHO = "1887189a-f93f-5348-8e8e-5b24376c443d"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_stands_in_the_docs(command: str, terminal: Terminal) -> None:
    assert "Usage: " in terminal.say(command, "--help")
    assert f"## `invoicing {command}" in text_of("docs/command-line.md")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_stands_in_the_docs(command: str) -> None:
    docs = text_of("docs/command-line.md")
    options = [name for parameter in get_command(app).commands[command].params for name in parameter.opts]  # type: ignore[attr-defined] # as above
    assert [name for name in options if name.startswith("--") and f"`{name}" not in docs] == []


def test_nothing_given_shows_the_commands(terminal: Terminal) -> None:
    assert "create-proforma" in terminal.say(code=2)


def test_the_whole_line_through_the_command_line(loaded: Terminal) -> None:
    assert "1 item became ready" in loaded.say("ready", "C-COHO", "--up-to", DAY)
    assert "PRO-000001: 1 line detail, 1,000.00 GBP" in loaded.say("create-proforma", "C-COHO", "--cut-off", DAY)
    assert "PRO-000001 is confirmed" in loaded.say("confirm", "PRO-000001", "--on", DAY)
    loaded.line.tick()
    assert "6 commands sent" in loaded.say("post", "journals")
    loaded.line.drain()
    loaded.line.tick()
    assert "PRO-000001 1,000.00 GBP" in loaded.say("post", "proposals", "--invoice-date", DAY)
    loaded.line.drain()
    status = loaded.say("status", "pro-000001")
    assert "posted as USMF-INV-000001" in status
    assert "waits for the" not in status
    assert loaded.say("status", "USMF-INV-000001") == status


class TestLoad:
    """`invoicing load`."""

    def test_a_folder_is_loaded_in_order_and_again(self, terminal: Terminal) -> None:
        folder = str(SAMPLES / COHO)
        assert "8 new rows" in terminal.say("load", folder)
        assert "0 new rows, 0 updated, 8 there already" in terminal.say("load", folder)

    def test_a_bad_row_is_named_and_ends_with_1(self, terminal: Terminal, tmp_path: Path) -> None:
        file = tmp_path / "customers.json"
        rows = [{"AccountNum": "A", "Name": "x"}, {"AccountNum": "B/C", "Name": "x"}, {"Nam": 1}]
        file.write_text(json.dumps({"table": "FinanceCustomers", "company": "usmf", "rows": rows}))
        said = terminal.say("load", str(file), code=1)
        assert "customers.json [1] AccountNum stands as 'B/C'; it must be text without the characters" in said
        assert "did you mean Name?" in said
        assert "1 new row, 0 updated, 0 there already, 2 bad" in said

    def test_a_bad_file_does_not_stop_the_others(self, terminal: Terminal, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{")
        (tmp_path / "b.json").write_text('{"table": "FinanceInvoiceProposals", "rows": []}')
        (tmp_path / "c.json").write_text('{"table": "FinanceCustomers", "company": "usmf", "rows": []}')
        said = terminal.say("load", str(tmp_path), code=1)
        assert "a.json the file cannot be read as JSON" in said
        assert "proposal_one_way" in said
        assert "2 files refused" in said

    def test_lines_are_loaded_one_by_one(self, terminal: Terminal, tmp_path: Path) -> None:
        file = tmp_path / "customers.jsonl"
        row = '{"AccountNum": "A", "Name": "x"}'
        file.write_text(f'{{"table": "FinanceCustomers", "company": "usmf"}}\n{row}\n{" " * 1_100_000}\n')
        said = terminal.say("load", str(file), code=1)
        assert "customers.jsonl line 3 the file cannot be read as JSON: the line has over 1,048,576 bytes" in said
        assert "1 new row," in said

    def test_custom_columns_and_pages_are_told(self, terminal: Terminal, tmp_path: Path) -> None:
        row = {"accountid": CONTRACT_ADATUM, "accountnumber": "A", "name": "x", "fab_size": 1}
        content = {"@odata.context": "$metadata#accounts", "value": [row], "@odata.nextLink": "x"}
        (tmp_path / "a.json").write_text(json.dumps(content))
        said = terminal.say("load", str(tmp_path))
        assert "custom columns left out: fab_size (1)" in said
        assert "one page of several" in said

    @pytest.mark.parametrize("name", ["nowhere.json", "empty"])
    def test_what_is_not_there_is_said(self, name: str, terminal: Terminal, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert "error:" in terminal.say("load", str(tmp_path / name), code=1)


class TestReady:
    """`invoicing ready`."""

    def test_a_dry_run_only_shows_the_backlog(self, loaded: Terminal) -> None:
        said = loaded.say("ready", "C-ADATUM", "--dry-run", "--up-to", DAY)
        assert "1,600.00 USD open" in said
        assert "rework of the cable duct, non-chargeable" in said.lower()
        assert len(loaded.line.rows(Table.DATAVERSE_BILLING_BACKLOG)) == 1

    def test_named_items_become_ready_and_others_are_told_why_not(self, loaded: Terminal) -> None:
        said = loaded.say("ready", "C-COHO", "--up-to", DAY, "--item", UNBILLED_COHO, "--item", "x", code=1)
        assert "not ready: item x is not on the billing backlog" in said
        assert "1 item became ready, 0 before." in said

    def test_an_item_of_the_future_stays_open(self, loaded: Terminal) -> None:
        said = loaded.say("ready", "C-COHO", "--up-to", "2026-08-01")
        assert "dated 2026-08-27, after 2026-08-01" in said
        assert "0 items became ready" in said

    def test_an_empty_backlog_says_what_to_do(self, confirmed: Terminal) -> None:
        assert "is empty: load its actuals" in confirmed.say("ready", "C-COHO")

    def test_an_unknown_contract_names_the_known_ones(self, loaded: Terminal) -> None:
        said = loaded.say("ready", "C-X", code=1)
        assert "error: contract C-X is not known; known are" in said
        assert "C-DANISH" in said

    def test_a_contract_of_no_storage_is_asked_for(self, terminal: Terminal) -> None:
        assert "none is loaded" in terminal.say("ready", CONTRACT_ADATUM, code=1)

    @pytest.mark.parametrize("text", ["31.8.2026", "2026-02-30", "x"])
    def test_a_date_that_is_none_is_wrong_usage(self, text: str, loaded: Terminal) -> None:
        assert "is not a date as 2026-08-31" in loaded.say("ready", "C-COHO", "--up-to", text, code=2)


class TestProforma:
    """`invoicing create-proforma` and `invoicing confirm`."""

    def test_a_refusal_is_told(self, loaded: Terminal) -> None:
        said = loaded.say("create-proforma", "C-COHO", "--cut-off", DAY, code=1)
        assert "not done: nothing on contract" in said
        assert "(nothing_to_invoice)" in said

    def test_without_an_app_the_command_waits(self, loaded: Terminal) -> None:
        loaded.has_app = False
        assert "No answer within 0.01 seconds" in loaded.say("create-proforma", "C-COHO", "--wait", "0.01")
        assert "No answer" not in loaded.say("create-proforma", "C-COHO", "--wait", "0")
        assert len(loaded.line.queues.waiting) == 2

    def test_confirming_again_changes_nothing(self, confirmed: Terminal) -> None:
        assert "PRO-000001 is confirmed already, since 2026-08-31." in confirmed.say("confirm", "PRO-000001")

    def test_an_unknown_invoice_names_the_known_ones(self, confirmed: Terminal) -> None:
        assert "known are PRO-000001" in confirmed.say("confirm", "PRO-9", code=1)

    @pytest.mark.parametrize("name", ["PRO-9", "a/b", UNBILLED_COHO])
    def test_no_invoice_at_all_is_said(self, name: str, terminal: Terminal) -> None:
        assert "there is none yet; create one with create-proforma" in terminal.say("status", name, code=1)


class TestPost:
    """`invoicing post`."""

    def test_nothing_to_post_says_where_it_comes_from(self, terminal: Terminal) -> None:
        assert "Nothing waits to be posted. Journals" in terminal.say("post")
        assert "No integration journal waits to be posted in legal entity usmf" in terminal.say(
            "post", "journals", "--company", "usmf"
        )

    def test_only_one_company_is_posted(self, loaded: Terminal) -> None:
        loaded.line.tick()
        assert "1 command sent" in loaded.say("post", "--company", "DKDS")
        assert [type(command) for command in loaded.line.queues.sent[-1:]] == [PostJournal]

    def test_proposals_are_posted_with_the_date_of_the_clerk(self, confirmed: Terminal) -> None:
        confirmed.line.tick()
        confirmed.say("post", "all")
        confirmed.line.drain()
        confirmed.line.tick()
        confirmed.say("post", "all", "--invoice-date", "2026-09-02")
        command = confirmed.line.queues.sent[-1]
        assert isinstance(command, PostProposal)
        assert f"{command.invoice_date}" == "2026-09-02"


class TestStatus:
    """`invoicing status`."""

    def test_a_confirmed_invoice_says_what_it_waits_for(self, confirmed: Terminal) -> None:
        confirmed.line.tick()
        said = confirmed.say("status", "PRO-000001", code=1)
        assert "unbilled_sales_not_posted" in said
        assert "invoicing post journals" in said

    def test_it_can_be_read_by_a_program(self, confirmed: Terminal) -> None:
        view = confirmed.json("status", "PRO-000001", "--json")
        assert (view["number"], view["amount"]) == ("PRO-000001", "1,000.00 GBP")
        assert [stage["name"] for stage in view["stages"]][:3] == ["draft", "confirmed", "header synced"]
        assert ProjectInvoiceStatus.CONFIRMED.name.capitalize() == view["status"]


class TestShow:
    """`invoicing show`."""

    def test_alone_it_lists_every_table(self, terminal: Terminal) -> None:
        said = terminal.say("show")
        assert [table.value for table in Table if table.value not in said] == []
        assert sum(len(names) for names in terminal.json("show", "--json").values()) == len(Table)

    def test_rows_come_with_the_columns_that_people_look_for(self, loaded: Terminal) -> None:
        said = loaded.say("show", "dataverseactuals", "--limit", "2", "--partition", CONTRACT_ADATUM)
        assert "Mount the arm on its base" in said
        assert "PartitionKey" not in said
        assert "only the first 2 rows" in said
        assert "not shown: msdyn_actualid" in said

    def test_columns_can_be_chosen(self, loaded: Terminal) -> None:
        said = loaded.say("show", "FinanceCustomers", "--columns", "AccountNum, Nonsense")
        assert "no row has Nonsense" in said
        assert "Name" not in said.replace("Nonsense", "")[: said.index("not shown")]
        rows = loaded.json("show", "FinanceCustomers", "--columns", "AccountNum", "--json")
        assert {"AccountNum": "US-COHO"} in rows
        assert "Blocked" in loaded.say("show", "FinanceCustomers", "--columns", "all")

    def test_an_empty_table_says_so(self, terminal: Terminal) -> None:
        assert "InvoicingProblems has no rows in partition x yet." in terminal.say(
            "show", "InvoicingProblems", "--partition", "x"
        )

    def test_a_misspelt_table_is_guessed(self, terminal: Terminal) -> None:
        assert "did you mean FinanceSetup?" in terminal.say("show", "FinanceSetups", code=1)


def test_init_says_what_stands(terminal: Terminal) -> None:
    said = terminal.say("init")
    assert f"Storage: memory {len(Table)} tables stand" in said
    assert "post-journal" in said


class TestScenario:
    """`invoicing scenario run`."""

    def test_a_case_that_is_as_expected_ends_well(self, terminal: Terminal) -> None:
        path = "tests/scenarios/G08 invoice confirmed without edits.md"
        assert f"as expected: {path}" in terminal.say("scenario", "run", path)

    def test_a_case_that_differs_is_told_row_by_row(self, terminal: Terminal, tmp_path: Path) -> None:
        text = text_of("tests/scenarios/G08 invoice confirmed without edits.md")
        case = tmp_path / "case.md"
        case.write_text(
            text.replace("| PRO-000001 | Confirmed | 1,600", "| PRO-000001 | Confirmed | 1"), encoding="utf-8"
        )
        told = terminal.say("scenario", "run", str(case), code=1)
        assert "(expected, not there)" in told
        assert "(there, not expected)" in told

    def test_a_file_that_is_not_there_is_told(self, terminal: Terminal) -> None:
        assert "No such file" in terminal.say("scenario", "run", "nowhere.md", code=1)
