"""What a person looks for in the page is shown: what was found, and what was just sent."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.page import NARROW, WIDE, Console, Start
from tests.support.sweeps import further

pytestmark = pytest.mark.browser
PAYMENT = "/v1/payments/breb"
JSON = [("Content-Type", "application/json")]
MARKED = """() => [...(CSS.highlights.get('found') ?? [])].map((place) => place.toString())"""
IN_SIGHT = """() => {
    const [first] = CSS.highlights.get('found');
    const { top, bottom } = first.getBoundingClientRect();
    const panel = document.getElementById('panel').getBoundingClientRect();
    return top >= panel.top && bottom <= panel.bottom;
}"""


def opened(console: Console, text: str) -> Page:
    console.pick(text)
    return console.page


def test_what_the_search_found_is_marked_and_in_sight(start: Start) -> None:
    console = start()
    rows = ",".join(f'{{"n":{number}}}' for number in range(300))
    body = f'{{"list":[{rows}],"owner":"Ana Restrepo"}}'.encode()
    console.send("/v1/long", method="POST", body=body, fields=JSON)
    console.send("/v1/other")
    console.page.get_by_role("searchbox").fill("restrepo")
    expect(console.rows()).to_have_count(1)
    page = opened(console, "/v1/long")
    assert page.evaluate(MARKED) == ["Restrepo"]
    assert page.evaluate(IN_SIGHT)
    page.get_by_role("button", name="Raw").first.click()
    assert page.evaluate(MARKED) == ["Restrepo"]
    page.get_by_role("searchbox").fill('"n":77 LONG')
    assert {"long", '"n":77'} == set(page.evaluate(MARKED))
    page.get_by_role("searchbox").fill("")
    assert page.evaluate(MARKED) == []


def test_the_part_that_holds_what_was_found_is_opened_once(start: Start) -> None:
    console = start()
    console.send("/v1/one", fields=[("X-Order", "Order-4711")])
    page = opened(console, "/v1/one")
    page.get_by_role("searchbox").fill("order-4711")
    headers = page.get_by_role("tab", name="Headers")
    expect(headers).to_have_attribute("aria-selected", "true")
    assert page.evaluate(MARKED) == ["Order-4711"]
    page.get_by_role("searchbox").fill("")
    console.rows().first.click()
    expect(page.get_by_role("tab", name="Content")).to_have_attribute("aria-selected", "true")


def test_the_pages_own_words_are_not_marked(start: Start) -> None:
    console = start()
    console.send("/v1/one", method="POST", body=b"no body")
    page = opened(console, "/v1/one")
    page.get_by_role("searchbox").fill("body")
    assert page.evaluate(MARKED) == ["body"]


def test_what_was_just_sent_is_shown_whatever_the_filters(start: Start) -> None:
    console = start()
    page = console.page
    console.send(PAYMENT, method="POST", body=b"{}", fields=[("X-Sandbox-Fault", "reset")])
    page.get_by_label("Outcome").select_option("unknown")
    page = opened(console, PAYMENT)
    page.get_by_role("button", name="Edit and replay").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Headers").fill("X-Edited: 1")
    dialog.get_by_role("button", name="Send").click()
    dialog.get_by_role("button", name="Send it again").click()
    expect(console.rows()).to_have_count(2)
    new = console.rows().filter(has_text="replay")
    expect(new).to_have_attribute("aria-selected", "true")
    expect(new).to_contain_text("not matched by the filters")
    expect(page.locator("#panel")).to_contain_text("Sent from this page, a replay of")
    page.get_by_label("Outcome").select_option("4")
    expect(console.rows()).to_have_count(1)
    expect(console.rows().first).not_to_contain_text("not matched")


def test_what_was_sent_while_the_list_is_paused_is_shown(start: Start) -> None:
    console = start()
    console.send("/v1/again")
    page = opened(console, "/v1/again")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(console.rows()).to_have_count(2)
    expect(page.locator("#panel")).to_contain_text("Sent from this page, a replay of")
    page.get_by_role("button", name="Resume").click()
    expect(console.rows()).to_have_count(2)


def test_a_body_that_is_no_json_any_more_is_said_and_what_that_means(start: Start) -> None:
    console = start()
    body = b'{"amount":{"value":"12000","currency":"COP"}}'
    console.send(PAYMENT, method="POST", body=body, fields=JSON)
    page = opened(console, PAYMENT)
    page.get_by_role("button", name="Edit and replay").click()
    dialog = page.get_by_role("dialog")
    note = dialog.get_by_role("status")
    expect(note).to_be_hidden()
    dialog.get_by_label("Body").fill('{"amount":{"value":"12000",}}')
    expect(note).to_contain_text("The body is not valid JSON (line 1, column 28).")
    expect(note).to_contain_text("the question cannot name its amount")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_contain_text(f"POST {PAYMENT} would start a payment.")
    expect(dialog).to_contain_text("So the amount is not known here.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(dialog).to_contain_text("would start a payment of 12,000 COP.")
    expect(dialog).not_to_contain_text("not known")


@pytest.mark.parametrize("size", [WIDE, *further(NARROW)], ids=["wide", "narrow"])
def test_what_to_do_for_a_comparison_is_said_until_it_is_done(
    start: Start, size: ViewportSize
) -> None:
    console = start(viewport=size)
    console.send("/v1/one")
    console.send("/v1/two")
    page = opened(console, "/v1/one")
    told = page.get_by_text("Now choose the exchange to compare with")
    page.get_by_role("button", name="Compare…").click()
    expect(told).to_be_visible()
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    page.get_by_role("button", name="Compare…").click()
    console.rows().filter(has_text="/v1/two").click()
    expect(told).to_be_hidden()
    expect(page.locator(".column")).to_have_count(2)


def test_a_search_finds_letters_with_and_without_accents(start: Start) -> None:
    console = start()
    console.send("/v1/plain", method="POST", body='{"owner":"Andrés Peña"}'.encode(), fields=JSON)
    console.send("/v1/escaped", method="POST", body=rb'{"owner":"Mar\u00eda"}', fields=JSON)
    console.page.get_by_role("searchbox").fill("ANDRES pena")
    expect(console.rows()).to_have_count(1)
    page = opened(console, "/v1/plain")
    assert page.evaluate(MARKED) == ["Andrés", "Peña"]
    page.get_by_role("searchbox").fill("maria")
    expect(console.rows()).to_have_count(1)
    opened(console, "/v1/escaped")


def test_escape_leaves_the_search_and_what_it_says(start: Start) -> None:
    """Chromium would empty it, and the list would stay filtered by what nobody sees."""
    console = start()
    box = console.page.get_by_role("searchbox")
    box.fill("nothing-like-it")
    box.press("Escape")
    expect(box).to_have_value("nothing-like-it")
    expect(box).not_to_be_focused()


def test_choosing_what_to_compare_with_moves_nothing_else(start: Start) -> None:
    console = start()
    console.send("/v1/one")
    console.send("/v1/two")
    console.pick("/v1/one")
    header = console.page.locator("header")
    before = header.bounding_box()
    console.page.keyboard.press("d")
    expect(console.page.locator("#picking")).to_be_visible()
    assert header.bounding_box() == before
