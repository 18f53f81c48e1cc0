"""The system's Chromium, for tests and pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.needs import need
from tests.support.patience import PATIENCE

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",  # a fifth of what a start costs
    "--renderer-process-limit=1",  # a tenth of what a page costs
)


@contextmanager
def launch() -> Iterator[Browser]:
    """Start the browser."""
    expect.set_options(timeout=PATIENCE * 1000)
    found = need("browser")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def persistent(browser: Browser, profile: Path) -> Iterator[BrowserContext]:
    """Start it once more, as people have it, with its files in a folder."""
    begin = browser.browser_type.launch_persistent_context
    context = begin(profile, executable_path=need("browser"), args=list(_FLAGS))
    try:
        yield context
    finally:
        context.close()


class Contexts:
    """Contexts that are used again for the same options: a new one costs a fourth of a page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, BrowserContext] = {}

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        """Open a tab beside no other one, and leave nothing behind that outlives it."""
        key = repr(sorted(options.items()))
        context = self._idle.pop(key, None) or self._begun(options)
        page = context.new_page()
        yield page
        page.evaluate("localStorage.clear()")
        for each in context.pages[1:]:
            each.close()
        self._idle[key] = context

    def _begun(self, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE * 1000)
        context.new_page()  # empty: its process draws all that follow, in place of one for each
        return context
