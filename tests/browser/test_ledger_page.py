"""The ledger in the console, as the person uses it who has to answer for a payment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import Call, Program, RawUpstream, ask
from tests.support.front import until

pytestmark = pytest.mark.browser
PAYMENT = {"account_id": "a-1", "resolution_id": "r-1", "amount": {"value": "7", "currency": "COP"}}


class Api:
    """It makes the payment and says nothing; later it lists what it made."""

    def __init__(self) -> None:
        self.made: list[object] = []

    def __call__(self, call: Call) -> bytes | None:
        if call.method == "POST":
            self.made.append({"id": "p-9", "status": "SETTLED", **json.loads(call.body)})
            return None
        body = json.dumps({"payments": self.made}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def doubt(tmp_path: Path) -> Iterator[Program]:
    settings = {"ledger": tmp_path / "ledger.db", "console": "true"}
    with RawUpstream(Api()) as upstream, Program(upstream.url, **settings) as program:
        body = json.dumps(PAYMENT).encode()
        ask(program.port, "/v1/payments/breb", "POST", body=body)
        until(lambda: program.status()["ledger"]["in_doubt"] == 1, "not in doubt")
        yield program


@pytest.fixture
def page(browser: Browser, doubt: Program) -> Iterator[Page]:
    page = browser.new_context(locale="en-US").new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(doubt.console)
    yield page
    page.context.close()
    assert problems == []


def test_a_payment_in_doubt_is_found_looked_up_and_settled(page: Page, doubt: Program) -> None:
    opener = page.locator("#ledger-open")
    expect(opener).to_have_text("Ledger: 1 in doubt")
    opener.click()
    dialog = page.locator("#ledger-dialog")
    expect(dialog).to_contain_text("POST /v1/payments/breb")
    expect(dialog).to_contain_text("7 COP")
    dialog.locator("tbody button").click()
    expect(dialog).to_contain_text("it may have been carried out")
    page.click("#ledger-look-up")
    expect(page.locator("#ledger-found")).to_contain_text("1 payment of this resolution")
    expect(dialog).to_contain_text("p-9")
    page.fill("#ledger-note", "p-9, SETTLED")
    page.fill("#ledger-author", "ana")
    page.click("#ledger-made")
    expect(dialog).to_contain_text("It was made · ana")
    row = json.loads(doubt.admin("/ledger/1")[1])
    assert (row["outcome"], row["in_doubt"]) == ("unknown", False)
    assert row["verdicts"][0]["note"] == "p-9, SETTLED"


def test_without_a_ledger_there_is_no_button(browser: Browser) -> None:
    with RawUpstream() as upstream, Program(upstream.url, console="true") as program:
        page = browser.new_context().new_page()
        page.goto(program.console)
        expect(page.locator("#live.on")).to_be_visible()
        expect(page.locator("#ledger-open")).to_be_hidden()
        page.context.close()
