"""One browser for all pages, and a demo with traffic in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import Program
from tests.support.chromium import Contexts, launch
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


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@pytest.fixture
def start(contexts: Contexts, running: Program) -> Iterator[Start]:
    """Open the page on a program; at the end nothing must have gone wrong in it."""
    opened: list[Console] = []

    def opening(program: Program = running, *, clear: bool = True, **options: Any) -> Console:
        if clear:
            program.admin("/console/api/clear", "POST")
        page = stack.enter_context(contexts.page(**{"viewport": WIDE} | options))
        console = Console(page, program)
        opened.append(console)
        console.open()
        return console

    with ExitStack() as stack:
        yield opening
    for console in opened:
        assert console.problems == []
