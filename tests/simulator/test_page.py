"""The page of /_sandbox in a real browser: every control on it moves what it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from simulator.codes import CODES
from simulator.verdicts import _WORDS
from tests.support.chromium import launch
from tests.support.patience import PATIENCE
from tests.support.sweeps import further


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launch() as running:
        yield running


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    return page


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
    _form(tab, "faults").get_by_role("button", name="Clear all").click()
    expect(tab.locator("#faults li")).to_have_count(0)
    _set(tab, "outcomes", "Force", error_code="B106", times="2")
    expect(tab.locator("#outcomes li")).to_have_text(
        "REJECTED B106: payments to anybody, 2 times, used 0 times"
    )
    _form(tab, "outcomes").get_by_role("button", name="Clear all").click()
    expect(tab.locator("#outcomes li")).to_have_count(0)
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
        ("behaviour", "Set", {"error_rate": "often"}, "error_rate must be a number"),
        ("behaviour", "Set", {"latency": "fast"}, "'fast' is not a duration"),
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


def test_what_is_pressed_or_marked_stays_when_the_page_hears_news(start: Any, tab: Page) -> None:
    sandbox = start()
    tab.goto(f"{sandbox.url}/_sandbox")
    cells = tab.locator("#tokens td")
    number, left = cells.nth(0), cells.nth(1)

    def until_news() -> None:
        expect(left).not_to_have_text(left.inner_text())

    number.hover()
    tab.mouse.down()
    until_news()
    tab.mouse.up()
    whole = number.get_attribute("data-full")  # shown where the clipboard is not to be had
    expect(tab.locator("#message")).to_have_text(re.compile(f"^(Copied|{whole})$"))
    number.select_text()
    until_news()
    assert tab.evaluate("getSelection().toString()") == number.inner_text()


VAT = {"vat_type": "PERCENTAGE", "vat_value": "19"}


def _shop(sandbox: Any) -> dict[str, Any]:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer))
    pesos = {"value": "1190.00", "currency": "COP"}
    made: dict[str, Any] = sandbox.post(
        "/v1/qrcodes", key_id=key, customer_id=customer, type="DYNAMIC", channel="POS", vat=VAT,
        amount=pesos, qr_code_reference="CAJA7",
    )  # fmt: skip
    return made


def test_keys_and_qr_codes_are_shown_and_a_code_is_paid(sandbox: Any, tab: Page) -> None:
    made = _shop(sandbox)
    tab.goto(f"{sandbox.url}/_sandbox")
    expect(tab.locator("#keys tr")).to_contain_text("@panaderia")
    picture = tab.locator("#qr_codes img")
    expect(picture).to_have_count(1)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(tab.locator("#qr_codes li p")).to_contain_text("1190.00 pesos, not paid")
    _set(tab, "inbound", "Pay in", qr_code_reference="CAJA7")
    expect(tab.locator("#qr_codes li p")).to_contain_text(", paid, reference CAJA7")
    expect(tab.locator("#payments tr")).to_contain_text("CAJA7")
    assert sandbox.bare.get(f"/_sandbox/qrcodes/{made['id']}.png").content[1:4] == b"PNG"
    assert sandbox.bare.get("/_sandbox/qrcodes/x.png").status_code == 404


def test_the_page_shows_the_namespace_that_is_chosen(sandbox: Any, tab: Page) -> None:
    fields = {"X-Sandbox-Namespace": "left"}
    sandbox.bare.post("/_sandbox/reset", headers=fields)
    sandbox.bare.post("/_sandbox/faults", json={"fault": "status=503"}, headers=fields)
    tab.goto(f"{sandbox.url}/_sandbox")
    expect(tab.locator("#faults li")).to_have_count(0)
    expect(tab.locator("#namespaces option").first).to_have_text("the nameless one")
    tab.locator("#namespaces").select_option("left")
    expect(tab.locator("#faults li")).to_have_count(1)
    _form(tab, "faults").get_by_role("button", name="Clear all").click()
    expect(tab.locator("#faults li")).to_have_count(0)
    answer = sandbox.bare.get("/_sandbox/faults", headers=fields)
    assert answer.json()["faults"] == []


HERE = Path(__file__).parents[2] / "simulator"


def test_every_word_of_the_page_is_there_in_both_languages() -> None:
    words = (HERE / "words.js").read_text()
    pairs = re.findall(
        r"""^  (?:"([^"]+)"|([a-z]+)): \["([^"]*)", "([^"]*)"\],$""", words, re.MULTILINE
    )
    known = {first or second for first, second, *_ in pairs}
    assert len(known) > 100
    for *_, english, spanish in pairs:
        assert re.findall(r"{\d}", english) == re.findall(r"{\d}", spanish), english
        assert english
        assert spanish
    page, script = (HERE / "page.html").read_text(), (HERE / "page.js").read_text()
    asked = set(re.findall(r'data-(?:t|title-t|placeholder)="([^"]+)"', page))
    asked |= set(re.findall(r"""[^\w]t\("([^"]+)\"""", script))
    assert asked - known == set()
    assert known - asked == {"true", "false", "qr.paid", "qr.unpaid"} | {
        key for key in known if key.startswith("count.")
    }


def test_every_code_and_verdict_has_its_spanish() -> None:
    said = (HERE / "words.js").read_text()
    codes = [f"code.{code}" for code in CODES] + [f"verdict.{code}" for code in _WORDS if code]
    unread = re.findall(r'"(U\d+)"', said.partition("const UNREAD")[2].partition("]")[0])
    assert [
        code
        for code in codes
        if f'  "{code}": ' not in said and code.removeprefix("code.") not in unread
    ] == []


def test_the_page_speaks_the_browsers_language_or_the_chosen_one(
    sandbox: Any, browser: Browser
) -> None:
    _shop(sandbox)
    tab = browser.new_context(locale="es-CO").new_page()
    tab.goto(f"{sandbox.url}/_sandbox")
    expect(tab.locator("html")).to_have_attribute("lang", "es")
    expect(tab).to_have_title("Simulador de Bre-B")
    expect(tab.locator("#qr_codes li p")).to_contain_text("1190.00 pesos, sin pagar")
    _set(tab, "faults", "Programar", fault="status=503;times=2", match="GET /v1/keys")
    expect(tab.locator("#message")).to_have_text("Hecho: faults")
    expect(tab.locator("#faults li")).to_have_text(
        "status=503;times=2 para GET /v1/keys; ocurrió 0 veces"
    )
    tab.locator("#language").select_option("en")
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    expect(tab.locator("#payment-title")).to_have_text("Payments")
    tab.context.close()


@pytest.mark.parametrize("locale", ["es-CO", *further("en-US")])
@pytest.mark.parametrize("width", [390, *further(1280, 1920)])
def test_no_table_hides_a_column(sandbox: Any, browser: Browser, locale: str, width: int) -> None:
    _shop(sandbox)
    customer, account, resolution = sandbox.ready()
    sandbox.control("webhooks", url="http://127.0.0.1:9/")
    sandbox.http.post(
        "/v1/payments/breb",
        json={"account_id": account, "resolution_id": resolution,
              "amount": {"value": "12110001", "currency": "COP"}},
    )  # fmt: skip
    sandbox.later(60)
    sandbox.get(f"/v1/customers/{customer[::-1]}", 400)
    viewport = ViewportSize(width=width, height=900)
    tab = browser.new_context(locale=locale, viewport=viewport).new_page()
    tab.goto(f"{sandbox.url}/_sandbox")
    expect(tab.locator("#deliveries button").first).to_be_visible()
    hidden = tab.evaluate(
        "[...document.querySelectorAll('.wide')].filter(w => w.scrollWidth > w.clientWidth + 1)"
        ".map(w => w.querySelector('tbody').id)"
    )
    assert hidden == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.context.close()
