"""The folder for temporary files: writable, with room; and each test process has one of its own.

A plug-in that `make test` loads first: pytest itself writes such files before it reads conftest.py,
and ends in a wall of words where it cannot.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

_LEAST = 500_000_000  # bytes: what a whole run writes, and as much again
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "APPDATA", "LOCALAPPDATA")  # the last: Windows'
SHARED = "TESTS_SHARED"  # the variable that names a folder for what is made once for all processes
_OTHERWISE = "name another folder: TMPDIR=/path/to/it make test"


def _refusal() -> str:
    """Say in one sentence why no test can run here; nothing, if they can."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(1 << 20))
            file.flush()
        here = tempfile.gettempdir()
    except OSError as error:
        return f"no temporary file can be written ({error.strerror}): {_OTHERWISE}"
    if Path.cwd().samefile(here):  # Python's last resort where there is no folder for such files
        return f"no folder for temporary files can be written: {_OTHERWISE}"
    if (free := shutil.disk_usage(here).free) < _LEAST:
        needed = f"the tests need {_LEAST // 1_000_000} MB"
        return f"{here} has room for {free // 1_000_000} MB, and {needed}: {_OTHERWISE}"
    return ""


if _words := _refusal():
    raise pytest.UsageError(_words)


def pytest_configure(config: pytest.Config) -> None:
    """Let a process that runs tests, and all that it starts, write into a folder of its own."""
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # pytest's stay there
    own()


def own() -> None:
    """Make a folder for this process: beside that of the process which it is a fork of."""
    own = tempfile.mkdtemp(prefix="tests-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"])
    atexit.register(_remove, own, os.getpid())
    Path(own).chmod(0o711)  # squid, started by root, goes on as another user
    os.environ["TMPDIR"] = tempfile.tempdir = own
    os.environ.setdefault(SHARED, str(Path(own, SHARED)))  # of the first: forks are of it
    # Where it is noted which credentials the keychain of whoever runs the tests holds, which is
    # not to be looked at; and where programs leave the secret of their admin listener.
    for name in _FOLDERS:
        os.environ[name] = str(Path(own, name))
        Path(own, name).mkdir(mode=0o700)


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # not what was its own before a fork
        shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch the folder where failures are told."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Guard(terminal), "guard")


class _Guard:
    """Ends the run where a test failed and no temporary file can be written any more."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and (words := _refusal()):
            self._terminal.ensure_newline()
            self._terminal.write_line(words, red=True)
            pytest.exit(words, returncode=74)  # not a wall of all that failed for it


def left() -> set[str]:
    """Return what lies in this process's own folder beside what is always there."""
    own = tempfile.gettempdir()
    always = (*_FOLDERS, SHARED)
    return {f"{own}/{name}" for name in os.listdir(own) if name not in always}  # noqa: PTH208
