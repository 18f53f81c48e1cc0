"""One browser for all pages, and a demo with traffic in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.chromium import launch
from tests.console.demo import demo
from tests.kit import Program


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver, launch(driver) as browser:
        yield browser


@pytest.fixture(scope="module")
def running() -> Iterator[Program]:
    with demo() as running:
        yield running
