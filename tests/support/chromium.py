"""The system's Chromium, for tests and pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

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
