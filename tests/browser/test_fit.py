"""Nothing is cut off or broken, at any width, in either language, and at 200 %."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support import Program
from tests.support.demo import demo
from tests.support.page import Console, Start
from tests.support.sweeps import further
from tools.console_screenshots import Caller, traffic

pytestmark = pytest.mark.browser
PAYMENT = "/v1/payments/breb"
TELEPHONE = ViewportSize(width=390, height=844)
LARGER = {
    "200 %": ViewportSize(width=640, height=400),
    "a laptop": ViewportSize(width=1280, height=800),
    "a large screen": ViewportSize(width=1920, height=1080),
}
# What stands out of what holds it, or does not hold what it says.
CUT = """() => {
    const found = [];
    const tell = (what, it) => found.push(`${what}: ${it.outerHTML.slice(0, 160)}`);
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) found.push('the page is wider than the screen');
    const brush = document.createElement('canvas').getContext('2d');
    const fits = (text, it, spare) => {
        const style = getComputedStyle(it);
        brush.font = style.font;
        const inner = it.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return brush.measureText(text).width <= inner - spare + 1;
    };
    const open = document.querySelector('dialog[open]');
    const shown = (it) => it.checkVisibility() && it.getBoundingClientRect().width > 0 && !it.closest('.hidden')
        && (!open || open.contains(it));
    const all = (names) => [...document.querySelectorAll(names)].filter(shown);
    for (const it of all('select')) if (!fits(it.selectedOptions[0].textContent, it, 16)) tell('select', it);
    for (const it of all('input[placeholder]')) if (!fits(it.placeholder, it, 0)) tell('placeholder', it);
    for (const it of all('button, summary, a.button, .tag, .pill, h1, h2, h3, th, dt, dd, label, kbd, .foot, .note')) {
        const { left, right } = it.getBoundingClientRect();
        if (it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).overflowX !== 'visible') tell('too narrow', it);
        if (left < -1 || right > width + 1) tell('beyond the screen', it);
        for (let holder = it.parentElement; holder; holder = holder.parentElement) {
            if (getComputedStyle(holder).overflowX === 'visible') continue;
            const hold = holder.getBoundingClientRect();
            if (left < hold.left - 1 || right > hold.right + 1) { tell(`beyond <${holder.localName} class="${holder.className}">`, it); break; }
        }
    }
    const dialog = open?.getBoundingClientRect();
    const title = open?.querySelector('h2').getBoundingClientRect();
    if (dialog && (dialog.top < 0 || dialog.bottom > innerHeight || title.top < dialog.top)) tell('dialog', open);
    return found;
}"""  # noqa: E501


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A demo with a morning's traffic, named callers, and payments in doubt."""
    ledger = Path(tmp_path_factory.mktemp("ledger"), "ledger.db")
    with demo(ledger=ledger) as program:
        caller = Caller(program.port)
        traffic(caller, Caller(program.admin_port, program.bearer))
        for value, fault in (("12000", "reset"), ("98765432.10", "cut-body=50%")):
            amount = {"value": value, "currency": "COP"}
            body = {"account_id": "a-1", "resolution_id": "r-1", "amount": amount}
            caller("POST", PAYMENT, body, X_Sandbox_Fault=fault)
        yield program


# Where something is cut off at all, it is on a telephone and in Spanish, whose words are longer.
@pytest.mark.parametrize("locale", ["es-CO", *further("en-US")])
@pytest.mark.parametrize(
    "size", [TELEPHONE, *further(*LARGER.values())], ids=["a telephone", *LARGER]
)
def test_nothing_is_cut_off(start: Start, busy: Program, size: ViewportSize, locale: str) -> None:
    console = start(busy, clear=False, viewport=size, locale=locale, reduced_motion="reduce")
    page = console.page
    expect(console.rows()).not_to_have_count(0)
    seen = {}
    seen["list"] = page.evaluate(CUT)
    if page.locator("#filters-open").is_visible():
        page.locator("#filters-open").click()
    page.locator("#outcome").select_option("unknown")
    seen["filtered"] = page.evaluate(CUT)
    page.locator("#unfilter").click()
    page.keyboard.press("Escape")
    expect(page.locator("#ledger-open")).to_be_visible()
    page.keyboard.press("l")
    expect(page.locator("#ledger-dialog tbody tr")).not_to_have_count(0)
    seen["ledger"] = page.evaluate(CUT)
    page.locator("#ledger-dialog tbody tr").first.click()
    expect(page.locator("#ledger-note")).to_be_visible()
    seen["ledger row"] = page.evaluate(CUT)
    page.keyboard.press("Escape")
    console.rows().filter(has_text=PAYMENT).first.click()
    expect(page.locator("#panel")).to_be_visible()
    seen |= parts(page)
    for key in "crt?":
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        seen[key] = page.evaluate(CUT)
        page.keyboard.press("Escape")
    assert {state: found for state, found in seen.items() if found} == {}


def parts(page: Page) -> dict[str, list[str]]:
    """Look at each tab."""
    seen = {}
    for key in "12345":
        page.keyboard.press(key)
        seen[f"tab {key}"] = page.evaluate(CUT)
    return seen


def test_a_path_is_one_word_to_who_hears_the_page(start: Start, busy: Program) -> None:
    console = start(busy, clear=False)
    cells = console.page.get_by_role("gridcell", name="/v1/iam/oauth/tokens")
    expect(cells.first).to_be_visible()


def test_a_narrow_list_shows_when_and_the_whole_path(start: Start, busy: Program) -> None:
    """Beside an open exchange, too: what marks it does not take the path's place."""
    console = start(busy, clear=False, viewport=LARGER["a laptop"])
    row = console.rows().filter(has_text="outcome unknown").first
    row.click()
    expect(console.page.locator("#panel")).to_be_visible()
    expect(row.locator(".when")).to_be_visible()
    cut = "(it) => it.scrollWidth > it.clientWidth"
    assert not row.locator(".target .start").evaluate(cut)


def test_a_telephone_breaks_a_path_behind_a_slash(start: Start) -> None:
    console = start(viewport=TELEPHONE)
    console.send("/v1/customers/business/link/3f1c")
    lines = """(target) => [...target.querySelectorAll("span")].flatMap((part) =>
        [...part.childNodes].filter((node) => node.nodeType === 3).map((node) => {
            const range = document.createRange();
            range.selectNode(node);
            return range.getClientRects().length;
        }))"""
    row = console.rows().filter(has_text="/v1/customers")
    found = row.locator(".target").evaluate(lines)
    assert len(found) > 5
    assert set(found) == {1}


def test_a_telephone_shows_why_something_was_changed(start: Start, busy: Program) -> None:
    console = start(busy, clear=False, viewport=TELEPHONE)
    console.rows().filter(has_text=PAYMENT).last.click()
    expect(console.tab("Changes").get_by_text("the access token")).to_be_visible()


def folded(console: Console) -> bool:
    return console.page.locator("#method").is_hidden()


def test_filters_are_folded_on_a_telephone_unless_one_is_set(start: Start, busy: Program) -> None:
    console = start(busy, clear=False, viewport=TELEPHONE)
    page = console.page
    assert folded(console)
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_label("Method", exact=True).select_option("DELETE")
    expect(console.rows()).to_have_count(1)
    page.reload()
    expect(console.rows()).to_have_count(1)
    assert not folded(console)
