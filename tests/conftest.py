"""What all tests share: signals, examples, the order in which files are taken, and what is told."""

import contextlib
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import scratch
from tests.support import forks, hangs, leftovers, not_on_windows
from tests.support.examples import examples
from tests.support.needs import need, need_files, raise_files
from tests.support.progress import Progress
from tests.support.sweeps import Rest

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

collect_ignore = list(not_on_windows.REASONS) if sys.platform == "win32" else []

# A shell ignores SIGINT for what it starts in the background, and so would all that we start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What the tests look at is in English, and as wide as by itself, whatever whoever runs them reads.
for _name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "COLUMNS"):
    os.environ.pop(_name, None)
os.environ["LANG"] = "C.UTF-8"

# How long an example takes says how busy the machine is, and nothing about the code. And nobody's
# run is judged by what chance finds: who looks for more asks for the other profile.
settings.register_profile(
    "same",
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile("same")

# Longest first: a file goes to one worker as a whole, and a long one that begins last is waited
# for. Files that take a minute, then folders.
_ORDER = (
    "browser/test_page.py",
    "program/test_doctor.py",
    "program/test_token_life.py",
    "program/test_ledger_heals.py",
    "program/test_ledger_database.py",
    "simulator/test_openapi.py",
    "docs/test_readme.py",
    "docs/test_suite.py",
    "unit/console/test_copying.py",
    "unit/token/test_shared.py",
    "program/",
    "docs/",
    "browser/",
    "simulator/",
    "judges/",
    "hostile/",
    "unit/token/",
    "unit/ledger/",
    "unit/upstream/",
    "unit/",
    "",
)


@pytest.fixture(scope="module")
def postgres() -> "Iterator[Postgres]":
    """A server for the tests of a module, each with a database of its own."""
    need("postgres")
    from tests.support.postgres import Postgres  # few tests want its client

    with Postgres() as server:
        yield server


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take all tests on demand: see `tests.support.sweeps`."""
    parser.addoption("--thorough", action="store_true", help="leave no test to make check")


def pytest_configure(config: pytest.Config) -> None:
    """Make ready what all tests stand on; the process that only leads workers runs none."""
    raise_files()
    if workers := forks.count(config):
        config.pluginmanager.register(forks.Forks(workers, begin=scratch.own))
    config.pluginmanager.register(Rest(config))
    if not config.pluginmanager.is_registered(scratch):  # make test has it earlier
        config.pluginmanager.register(scratch)
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        with contextlib.suppress(ImportError):  # it keeps two pipes from its first loop on
            import uvloop

            uvloop.new_event_loop().close()
        config.pluginmanager.register(leftovers.Watch())
        config.pluginmanager.register(hangs.Watchdog())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell how far the tests are in words, in place of dots: what -q asks for."""
    plugins = session.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    if terminal is None or hasattr(session.config, "workerinput"):
        return
    if terminal.verbosity < 0:
        if (distributes := plugins.get_plugin("dsession")) is not None:
            plugins.unregister(name="terminaldistreporter")
            distributes.terminal = None  # else it says that it brings up nodes, twice
        plugins.register(Progress(terminal), "progress")


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Let Hypothesis see who holds its generator while that can be seen: see gc.freeze."""
    _first_property()


@given(st.none())
def _first_property(_: None) -> None:
    """Hold always."""


# Five thousand tests are made and kept to the end: each worker would count them over and over.
gc.disable()


def pytest_collection_finish() -> None:
    """Collect what tests leave behind, and leave the tests out."""
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Take more workers than cores: the tests wait more than they compute."""
    own = getattr(os, "sched_getaffinity", None)  # of them all, a container may give us few
    return 5 * (len(own(0)) if own else os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Try what the test asks of the machine before anything of it begins."""
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            need(name)
        need_files(marker.kwargs.get("files", 0))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort files by how long they take; the order within a file stays."""

    def place(item: pytest.Item) -> int:
        path = item.nodeid.removeprefix("tests/")
        return next(place for place, start in enumerate(_ORDER) if path.startswith(start))

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell each reason to skip once; it names the command that brings what is missing."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"skipped {count}: {reason}")
