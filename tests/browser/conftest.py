"""One browser for all pages, and a demo with traffic in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import Program
from tests.support.chromium import launch
from tests.support.demo import demo
from tests.support.page import WIDE, Console, Start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Per module: while the driver lives its event loop counts as running, for all tests."""
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module")
def running() -> Iterator[Program]:
    with demo() as running:
        yield running


@pytest.fixture
def start(browser: Browser, running: Program) -> Iterator[Start]:
    """Open the page on a program; at the end nothing must have gone wrong in it."""
    opened: list[Console] = []

    def opening(program: Program = running, *, clear: bool = True, **options: Any) -> Console:
        if clear:
            program.admin("/console/api/clear", "POST")
        context = browser.new_context(**{"viewport": WIDE, "accept_downloads": True} | options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        console = Console(context.new_page(), program)
        opened.append(console)
        console.open()
        return console

    yield opening
    for console in opened:
        console.page.context.close()
        assert console.problems == []
