"""The console's page as tests use it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from tests.support import Program, ask

WIDE = ViewportSize(width=1280, height=900)
NARROW = ViewportSize(width=360, height=740)
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The dark page differs from the light one in colours alone.
_RULES = {
    "light": {"type": "tag", "values": _TAGS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
_SCAN = """async (rules) => (await axe.run(document, {
    runOnly: rules,
    resultTypes: ['violations'],
})).violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.html).slice(0, 3)])"""


def violations(page: Page, scheme: str) -> Any:
    """Return what axe finds, for a page that has it, of what depends on the colour scheme."""
    return page.evaluate(_SCAN, _RULES[scheme])


class Console:
    """A page, and what went wrong in it."""

    def __init__(self, page: Page, program: Program) -> None:
        self.page = page
        self.program = program
        self.url = program.console
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("dialog", lambda dialog: self.problems.append(dialog.message))
        page.on("console", lambda message: self._heard(message.text))

    def _heard(self, text: str) -> None:
        if "Content Security Policy" in text or "Refused to" in text:
            self.problems.append(text)

    def open(self) -> None:
        self.page.goto(self.url)
        expect(self.page.locator("#live.on")).to_be_visible()

    def rows(self) -> Any:
        """Return the rows; webhooks of payments in other tests come when they come."""
        return self.page.locator("#rows tr[data-id]").filter(has_not_text="_demo/webhooks")

    def pick(self, text: str) -> None:
        self.rows().filter(has_text=text).first.click()
        expect(self.page.locator("#panel")).to_be_visible()

    def tab(self, name: str) -> Any:
        self.page.get_by_role("tab", name=name).click()
        return self.page.locator("#panel")

    def send(self, target: str = "/v1/customers", **options: Any) -> None:
        ask(self.program.port, target, **options)


Start = Callable[..., Console]
