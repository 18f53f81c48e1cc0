"""The ledger in the console, as the person uses it who has to answer for a payment."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import Call, Program, RawUpstream, ask
from tests.support.chromium import Contexts
from tests.support.front import until

pytestmark = pytest.mark.browser
PAYMENT = {"account_id": "a-1", "resolution_id": "r-1", "amount": {"value": "7", "currency": "COP"}}


class Api:
    """It makes the payment and says nothing; later it lists what it made."""

    def __init__(self) -> None:
        self.made: list[object] = []

    def __call__(self, call: Call) -> bytes | None:
        if call.target == b"/v1/keys":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
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
def page(contexts: Contexts, doubt: Program) -> Iterator[Page]:
    problems: list[str] = []
    with contexts.page(locale="en-US") as page:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(doubt.console)
        yield page
    assert problems == []


def test_a_payment_in_doubt_is_found_looked_up_and_settled(page: Page, doubt: Program) -> None:
    opener = page.locator("#ledger-open")
    expect(opener).to_have_text("Ledger: 1 in doubt")
    opener.click()
    dialog = page.locator("#ledger-dialog")
    expect(dialog).to_contain_text("/v1/payments/breb")
    expect(dialog).to_contain_text("7 COP")
    head = json.loads(doubt.admin("/ledger")[1])["head"]
    expect(dialog).to_contain_text(f"Head of the chain: {head}")
    dialog.locator("tbody button").click()
    expect(dialog).to_contain_text("It may have been carried out")
    expect(dialog).to_contain_text("the API has not been asked yet")
    expect(dialog).to_contain_text("The API is asked next: ")
    page.fill("#ledger-author", "ana")
    page.click("#ledger-look-up")
    expect(page.locator("#ledger-found")).to_contain_text(
        "made and settled: the API has this payment as p-9"
    )
    expect(dialog).to_contain_text("p-9")
    page.fill("#ledger-note", "p-9, SETTLED")
    page.click("#ledger-settled")
    expect(dialog).to_contain_text("Settled · ana")
    row = json.loads(doubt.admin("/ledger/1")[1])
    assert (row["outcome"], row["in_doubt"]) == ("unknown", False)
    assert row["verdicts"][0]["note"] == "p-9, SETTLED"


def test_the_whole_life_of_a_payment_is_in_one_place(page: Page, doubt: Program) -> None:
    page.click("#ledger-open")
    page.locator("#ledger-dialog tbody button").click()
    story = page.locator("#ledger-dialog .story li")
    expect(story.first).to_contain_text("Received, and written down before it was sent")
    expect(story.nth(1)).to_contain_text("outcome unknown")
    for _ in range(2):
        page.click("#ledger-look-up")
        expect(page.locator("#ledger-look-up")).to_be_enabled()
    page.fill("#ledger-author", "ana")
    page.fill("#ledger-note", "p-9")
    page.click("#ledger-settled")
    expect(story).to_have_count(5)
    expect(story.nth(2)).to_contain_text("Looked up: made and settled")
    expect(story.nth(2)).to_contain_text("times: 2")
    expect(story.nth(3)).to_contain_text("Settled · ana · p-9")
    expect(story.last).to_have_text("NowSettled")
    again = json.dumps(PAYMENT).encode()
    ask(doubt.port, "/v1/payments/breb", "POST", body=again)
    ask(doubt.port, "/v1/payments/breb", "POST", body=again.replace(b"r-1", b"r-2"))
    page.click("#ledger-repeats")
    expect(page.locator("#ledger-dialog tbody tr")).to_have_count(2)
    expect(page.locator("#ledger-find")).to_have_value("r-1")


def test_a_repeat_and_its_first_lead_to_each_other(page: Page, doubt: Program) -> None:
    body, key = json.dumps({**PAYMENT, "resolution_id": "r-2"}).encode(), ("Idempotency-Key", "k-1")
    for _ in range(2):
        ask(doubt.port, "/v1/payments/breb", "POST", body=body, fields=[key])
    repeat = page.locator("#rows tr", has_text="409")
    repeat.click()
    page.click("#act-first")
    dialog = page.locator("#ledger-dialog")
    expect(dialog).to_contain_text("#2")
    listed = dialog.locator("button.listed")
    expect(listed).to_have_text([re.compile("^Exchange "), re.compile("^Repeat .*: 409$")])
    listed.last.click()
    expect(dialog).not_to_be_visible()
    expect(repeat).to_have_attribute("aria-selected", "true")
    page.click("#act-first")
    listed.first.click()
    expect(page.locator("#act-first")).to_have_count(0)
    expect(page.locator("#detail")).to_contain_text("502")


def test_a_ledger_that_cannot_be_written_is_told(page: Page, doubt: Program) -> None:
    file = Path(doubt.status()["ledger"]["file"])
    file.rename(file.with_name("away.db"))
    title = re.compile("The ledger cannot be written: .*was moved, removed or replaced")
    expect(page.locator("#ledger-open")).to_have_attribute("title", title)


def test_a_click_anywhere_on_a_row_opens_it_and_so_do_the_keys(page: Page) -> None:
    expect(page.locator("#ledger-open")).to_be_visible()
    page.keyboard.press("l")
    dialog = page.locator("#ledger-dialog")
    dialog.locator("tbody tr").get_by_text("7 COP").last.click()
    expect(dialog).to_contain_text("It may have been carried out")
    page.keyboard.press("Enter")  # on the way back, which has the focus
    row = dialog.get_by_role("button", name="#1 POST /v1/payments/breb, 7 COP, outcome unknown")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("It may have been carried out")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_contain_text("ledger")


def test_a_look_up_is_told_in_spanish_too(contexts: Contexts, doubt: Program) -> None:
    with contexts.page(locale="es-CO") as page:
        page.goto(doubt.console)
        expect(page.locator("#ledger-open")).to_have_text("Libro de registro: 1 en duda")
        page.click("#ledger-open")
        page.locator("#ledger-dialog tbody button").click()
        page.click("#ledger-look-up")
        expect(page.locator("#ledger-found")).to_contain_text(
            "se hizo y se liquidó: la API tiene este pago como p-9"
        )
        expect(page.get_by_role("button", name="Liquidado")).to_be_visible()


def test_a_look_up_takes_nothing_of_what_is_typed(page: Page) -> None:
    page.click("#ledger-open")
    page.locator("#ledger-dialog tbody button").click()
    page.fill("#ledger-note", "the bank says so")
    page.click("#ledger-look-up")
    expect(page.locator("#ledger-found")).to_be_visible()
    expect(page.locator("#ledger-note")).to_have_value("the bank says so")


def test_a_look_up_of_a_row_that_was_left_is_drawn_over_no_other(
    page: Page, doubt: Program
) -> None:
    ask(doubt.port, "/v1/payments/breb", "POST", body=json.dumps(PAYMENT).encode())
    until(lambda: doubt.status()["ledger"]["in_doubt"] == 2, "not in doubt")
    held: list[Route] = []
    page.route("**/ledger/1/look-up", lambda route: held.append(route))
    page.click("#ledger-open")
    dialog = page.locator("#ledger-dialog")
    dialog.locator("tbody button").last.click()
    page.click("#ledger-look-up")
    dialog.get_by_role("button", name="Back to the list").click()
    dialog.locator("tbody button").first.click()
    expect(dialog).to_contain_text("#2")
    while not held:
        page.wait_for_timeout(10)
    with page.expect_response("**/ledger/1/look-up") as answer:
        held[0].continue_()
    answer.value.finished()
    page.evaluate("new Promise((drawn) => setTimeout(drawn))")
    expect(dialog).to_contain_text("#2")
    expect(dialog).not_to_contain_text("#1")


def test_a_refusal_does_not_look_like_a_success(page: Page, doubt: Program) -> None:
    ask(doubt.port, "/v1/keys", "POST", body=b"{}")
    page.click("#ledger-open")
    page.uncheck("#ledger-dialog input[type=checkbox]")
    refused = page.locator("#ledger-dialog tr", has_text="/v1/keys").locator(".tag")
    expect(refused).to_have_text("answered 404")
    expect(refused).to_have_class("tag warn")


def test_without_a_ledger_there_is_no_button(contexts: Contexts) -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, console="true") as program,
        contexts.page(locale="en-US") as page,
    ):
        page.goto(program.console)
        expect(page.locator("#live.on")).to_be_visible()
        expect(page.locator("#ledger-open")).to_be_hidden()


def test_what_the_proxy_settled_by_itself_is_shown_as_its_own(
    contexts: Contexts, tmp_path: Path
) -> None:
    settings = {"ledger": tmp_path / "ledger.db", "console": "true", "ledger_ask": "true"}
    with (
        RawUpstream(Api()) as upstream,
        Program(upstream.url, **settings) as program,
        contexts.page(locale="en-US") as page,
    ):
        body = json.dumps(PAYMENT).encode()
        ask(program.port, "/v1/payments/breb", "POST", body=body)
        until(lambda: json.loads(program.admin("/ledger/1")[1])["verdicts"], "not settled")
        page.goto(program.console)
        page.click("#ledger-open")
        dialog = page.locator("#ledger-dialog")
        dialog.get_by_label("only what is in doubt").uncheck()
        expect(dialog).to_contain_text("outcome unknown · Settled, by the proxy")
