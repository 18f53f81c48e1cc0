"""The system's Chromium, for tests and pictures."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.support.patience import PATIENCE

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def path() -> str | None:
    """Return where Chromium is, None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launch(driver: Playwright) -> Iterator[Browser]:
    """Start the browser; without one a test fails in CI and is skipped elsewhere."""
    found = path()
    if found is None:
        missing("no Chromium on this machine: apt-get install chromium fonts-dejavu")
    expect.set_options(timeout=PATIENCE * 1000)
    browser = driver.chromium.launch(executable_path=found, args=list(_FLAGS))
    try:
        yield browser
    finally:
        browser.close()


def missing(words: str) -> None:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)
