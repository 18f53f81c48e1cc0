"""What the list says of outcomes in doubt, and of what it keeps no longer."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support import Call, Program, RawUpstream
from tests.support.front import until
from tests.support.page import Start
from tests.support.patience import PATIENCE
from tests.support.simulator import simulator
from tests.support.wire import connect, read_answer

pytestmark = pytest.mark.browser
PAYMENT = "/v1/payments/breb"
CUT = [("X-Sandbox-Fault", "cut-body=50%")]
LOST = [("X-Sandbox-Fault", "reset")]


def test_the_filter_finds_all_that_the_ledger_has_in_doubt(start: Start, tmp_path: Path) -> None:
    with (
        simulator() as url,
        Program(url, console=True, ledger=tmp_path / "ledger.db") as proxy,
    ):
        console = start(proxy)
        for end, fields in (("fine", []), ("cut", CUT), ("lost", LOST)):
            console.send(f"{PAYMENT}?{end}", method="POST", body=b"{}", fields=fields)
            console.send(f"/v1/accounts?{end}", fields=fields)
        page = console.page
        expect(page.locator("#ledger-open")).to_have_text("Ledger: 2 in doubt")
        page.get_by_label("Outcome").select_option("unknown")
        expect(console.rows()).to_have_count(2)
        cut = console.rows().filter(has_text="?cut")
        expect(cut).to_contain_text("cut off: outcome unknown")
        expect(console.rows().filter(has_text="?lost")).to_contain_text("outcome unknown")
        cut.click()
        panel = page.locator("#panel")
        expect(panel).to_contain_text("its end did not reach the caller")
        expect(panel).to_contain_text("the upstream may have carried it out")
        page.get_by_role("button", name="Replay", exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("Look it up at the upstream")
        page.keyboard.press("Escape")
        # What the ledger's write takes is not told as checks.
        expect(console.tab("Timing")).to_contain_text("Ledger, written to disk")


def test_an_answer_that_was_cut_off_is_no_success(start: Start) -> None:
    console = start()
    console.send("/v1/accounts?fine")
    console.send("/v1/accounts?cut", fields=CUT)
    row = console.rows().filter(has_text="?cut")
    expect(row).to_contain_text("cut off")
    expect(row).not_to_contain_text("outcome unknown")
    expect(row.locator(".c-status")).to_have_text("200")
    colour = "(it) => getComputedStyle(it).color"
    seen = [
        console.rows().filter(has_text=end).locator(".c-status span").evaluate(colour)
        for end in ("?fine", "?cut")
    ]
    assert seen[0] != seen[1], "both are shown as a success"
    console.pick("?cut")
    expect(console.page.locator(".meta .s0")).to_have_text("200")


def test_a_caller_who_left_before_the_end_leaves_a_payment_in_doubt(
    start: Start, tmp_path: Path
) -> None:
    left = threading.Event()

    def answer(_: Call) -> None:
        left.wait(PATIENCE)

    with (
        RawUpstream(answer) as api,
        Program(api.url, console=True, ledger=tmp_path / "ledger.db") as proxy,
    ):
        console = start(proxy)
        reader = connect(proxy.port)
        head = b"POST /v1/payments/breb HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
        with reader.sock:
            reader.sock.sendall(head)
            until(lambda: len(api.calls) > 0, "the payment did not reach the upstream")
        left.set()
        page = console.page
        expect(page.locator("#ledger-open")).to_have_text("Ledger: 1 in doubt")
        page.get_by_label("Outcome").select_option("unknown")
        expect(console.rows()).to_have_count(1)


def test_what_fell_out_of_the_list_is_said(start: Start) -> None:
    with RawUpstream() as api, Program(api.url, console=True, console_exchanges=20) as proxy:
        console = start(proxy)
        foot = console.page.locator("#count")
        for number in range(15):
            console.send(f"/{number}")
        expect(foot).to_have_text("15 of 15 shown")
        for number in range(15, 28):
            console.send(f"/{number}")
        gone = "8 older ones are gone: up to 20 are kept (BREB_CONSOLE_EXCHANGES)"
        expect(foot).to_have_text(f"20 of 20 shown · {gone}")
        console.page.reload()
        expect(foot).to_have_text(f"20 of 20 shown · {gone}")
        console.page.get_by_role("searchbox").fill("/27")
        expect(foot).to_have_text(f"1 of 20 shown · {gone}")


@pytest.mark.slow
def test_of_many_exchanges_the_rows_come_as_one_scrolls_or_steps(start: Start) -> None:
    with (
        RawUpstream() as api,
        Program(api.url, console=True, console_exchanges=1000, log_level="error") as proxy,
    ):
        console = start(proxy)
        reader = connect(proxy.port)
        with reader.sock:
            for number in range(410):
                reader.sock.sendall(b"GET /%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
                assert read_answer(reader)
        page, rows = console.page, console.rows().filter(has_not_text="oauth/tokens")
        expect(rows.first).to_contain_text("/409")
        expect(page.locator("#rows tr")).to_have_count(200)
        to_the_end = "(it) => { it.scrollTop = it.scrollHeight; }"
        page.locator("#scroll").evaluate(to_the_end)
        expect(page.locator("#rows tr")).to_have_count(400)
        rows.last.click()
        expect(page.locator("#panel")).to_be_visible()
        for _ in range(30):
            page.keyboard.press("ArrowDown")
        expect(page.locator("#detail-title")).to_have_text("GET /0")


def test_what_the_proxy_keeps_no_longer_is_not_listed(start: Start) -> None:
    """Else a row is there that cannot be opened."""
    console = start()
    console.send("/v1/one")
    expect(console.rows()).to_have_count(1)
    console.program.admin("/console/api/clear", "POST")  # as another page does
    expect(console.rows()).to_have_count(0)
    expect(console.page.locator("#count")).to_have_text("0 of 0 shown")


def test_the_list_is_in_the_order_in_which_requests_came(start: Start) -> None:
    """One that took longer, and so was over later, stands where its time says."""
    console = start()
    page = console.page
    with connect(console.program.port).sock as slow:
        head = b"GET /v1/slow HTTP/1.1\r\nHost: localhost\r\nX-Sandbox-Fault: delay=1500ms\r\n\r\n"
        slow.sendall(head)
        expect(page.locator("#rows .pending")).to_contain_text("/v1/slow")
        console.send("/v1/quick")
        expect(console.rows()).to_have_count(1)
        expect(console.rows()).to_have_count(2)
    expect(console.rows().nth(0)).to_contain_text("/v1/quick")
    expect(console.rows().nth(1)).to_contain_text("/v1/slow")
