"""The page of /_sandbox in a real browser: every control on it moves what it says."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.support.chromium import launch


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with sync_playwright() as driver, launch(driver) as browser:
        yield browser.new_page()


def _form(page: Page, control: str) -> Locator:
    return page.locator(f'form[data-control="{control}"]')


def _set(page: Page, control: str, button: str, **values: str) -> None:
    for name, value in values.items():
        _form(page, control).locator(f"input[name={name}]").fill(value)
    _form(page, control).get_by_role("button", name=button).click()


def test_every_control_of_the_page_moves(sandbox: Any, tab: Page) -> None:
    sandbox.key(sandbox.account())
    tab.goto(f"{sandbox.url}/_sandbox")
    said = tab.locator("#message")
    _set(tab, "behaviour", "Set", latency="1ms", error_rate="0.25", error_status="502")
    expect(said).to_have_text("Done: behaviour")
    behaviour = sandbox.view()["behaviour"]
    assert (behaviour["latency"], behaviour["error_rate"], behaviour["error_status"]) == (
        "1ms",
        0.25,
        502,
    )
    _set(tab, "faults", "Plan", fault="status=503;times=2", match="GET /v1/keys")
    expect(tab.locator("#faults li")).to_have_text(
        "status=503;times=2 for GET /v1/keys, happened 0 times"
    )
    tab.get_by_role("button", name="Clear all").click()
    expect(tab.locator("#faults li")).to_have_count(0)
    _form(tab, "outcomes").locator("[name=error_code]").select_option("B106")
    _set(tab, "outcomes", "Force", times="2")
    expect(tab.locator("#outcomes")).to_have_text("Forced: REJECTED B106, REJECTED B106")
    _set(tab, "inbound", "Pay in", key_value="@panaderia", amount="77")
    expect(tab.locator("#payments tr")).to_contain_text("SETTLED")
    _set(tab, "clock", "Move", advance="60")
    expect(tab.locator("#clock")).to_contain_text("moved on by 60 s")
    _set(tab, "webhooks", "Set", url="http://127.0.0.1:9/")
    expect(said).to_have_text("Done: webhooks")
    assert sandbox.view()["webhooks"]["url"] == "http://127.0.0.1:9/"
    _set(tab, "tokens/expire", "Expire", seconds="5")
    expect(said).to_have_text("Done: tokens/expire")
    assert sandbox.view()["tokens"][0]["seconds_left"] <= 5
    tab.get_by_role("button", name="Revoke all now").click()
    expect(tab.locator("#tokens")).to_have_text("no live token")
    tab.get_by_role("button", name="Reset everything").click()
    expect(tab.locator("#counts li").first).to_have_text("customers: 0")


@pytest.mark.parametrize(
    ("control", "button", "values", "reason"),
    [
        ("behaviour", "Set", {"error_rate": "often"}, "error_rate must be a valid number"),
        ("behaviour", "Set", {"latency": "fast"}, "'fast' is no duration"),
        ("faults", "Plan", {"fault": "nonsense"}, "unknown directive 'nonsense'"),
        ("inbound", "Pay in", {"key_value": "@nobody"}, "no active key"),
    ],
)
def test_the_page_says_why_a_lever_does_not_move(
    sandbox: Any, tab: Page, control: str, button: str, values: dict[str, str], reason: str
) -> None:
    tab.goto(f"{sandbox.url}/_sandbox")
    _set(tab, control, button, **values)
    expect(tab.locator("#message")).to_contain_text(f"Not done: {reason}")


def test_what_callers_sent_is_shown_as_text(sandbox: Any, tab: Page) -> None:
    markup = "<img src=x onerror=alert(1)>"
    sandbox.account(number=markup)
    tab.goto(f"{sandbox.url}/_sandbox")
    expect(tab.locator("#accounts td").nth(1)).to_have_text(markup)
    expect(tab.locator("img")).to_have_count(0)
