"""`invoicing status` tells everything that happened to an invoice, from the backlog to the write-back, in order."""

from domain.replays import Replay
from domain.tables import Table
from tests.cli.conftest import Terminal
from tests.line import ADATUM, CONTRACT_ADATUM, Line
from tests.workflows.adatum import guid
from tools.cli.finding import find_invoice


def told(terminal: Terminal, code: int = 0) -> list[dict[str, str]]:
    """The events of the first invoice."""
    events: list[dict[str, str]] = terminal.json("status", "PRO-000001", "--json", code=code)["timeline"]
    return events


def finished() -> Terminal:
    """A terminal over one contract that is through, each stage a minute after the one before."""
    terminal = Terminal(Line.in_memory())
    line = terminal.line
    line.load_samples(ADATUM)
    line.drain()
    line.tick()
    line.clock.advance(60)
    line.mark_ready(CONTRACT_ADATUM)
    line.clock.advance(60)
    line.create_proforma(CONTRACT_ADATUM)
    line.drain()
    line.clock.advance(60)
    terminal.say("edit", "PRO-000001", "--all", "description=As agreed")
    line.clock.advance(60)
    (invoice,) = [row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)]
    line.confirm(invoice)
    line.drain()
    line.clock.advance(60)
    line.tick()
    line.post_all()
    line.drain()
    return terminal


def test_every_event_stands_in_order_with_its_time_its_cause_and_its_effect() -> None:
    events = told(finished())
    names = list(dict.fromkeys(event["what"] for event in events))
    expected = ["journal imported", "marked ready", "drafted", "draft edited", "confirmed"]
    assert [name for name in names if name in expected] == expected
    assert {"header synced", "rows synced", "proposal imported", "written back"} <= set(names)
    assert {"journal posted", "posted"} <= set(names)
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    by_name = {event["what"]: event for event in events}
    assert "billed_sales=" in by_name["confirmed"]["effect"]
    assert "amount=" in by_name["confirmed"]["effect"]
    assert "lines=" in by_name["proposal imported"]["effect"]
    assert "invoice=" in by_name["posted"]["effect"]
    assert (by_name["confirmed"]["cause"], by_name["draft edited"]["cause"]) == ("confirm-invoice", "a person")
    assert by_name["confirmed"]["requested_at"] == "2026-08-31T12:04:00+00:00"
    assert by_name["confirmed"]["command"]
    assert by_name["posted"]["correlation"]


def test_the_timeline_is_drawn_under_the_stages() -> None:
    text = finished().say("status", "PRO-000001")
    for word in ("Timeline", "marked ready", "draft edited", "proposal imported", "written back"):
        assert word in text


def test_problems_are_met_and_solved(confirmed: Terminal) -> None:
    for _ in range(2):
        confirmed.line.tick()
    met = [event for event in told(confirmed, code=1) if event["what"] == "problem met"]
    assert len(met) == 1
    assert "met 2 times" in met[0]["effect"]
    confirmed.line.finish()
    names = [event["what"] for event in told(confirmed)]
    assert (names.count("problem met"), names.count("problem solved")) == (1, 1)


def test_a_replay_stands_on_the_timeline(confirmed: Terminal) -> None:
    invoice = find_invoice(confirmed.desk, "PRO-000001")
    replay = Replay(kind="confirm-invoice", letter=guid(7), number=1, by="ann", at=confirmed.line.clock.now())
    replay = replay.changed(document=invoice.invoice)
    confirmed.line.put(Table.INVOICING_REPLAYS, replay.key, replay)
    (event,) = [event for event in told(confirmed) if event["what"] == "replayed"]
    assert (event["cause"], event["effect"]) == ("ann", "confirm-invoice, replay 1: under way")
