"""One browser for all pages, and a demo with traffic in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import Program
from tests.support.chromium import launch
from tests.support.demo import demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Per module: while the driver lives its event loop counts as running, for all tests."""
    with sync_playwright() as driver, launch(driver) as browser:
        yield browser


@pytest.fixture(scope="module")
def running() -> Iterator[Program]:
    with demo() as running:
        yield running
