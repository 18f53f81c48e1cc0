"""A command of ours that ends by itself, as a process; and one on a terminal of its own."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy import invocation
from tests.support.leaks import found
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.spawner import start


@dataclass(frozen=True)
class Ended:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str = ""

    @property
    def both(self) -> str:
        return self.out + self.err


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Return this environment with ``settings`` (full names), without names of ours and proxies.

    Without a locale in the settings, it is that of readers of English.
    """
    others = ("BREB_", "OTEL_", "LC_", "LANGUAGE", "NO_COLOR")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(others) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "LANG": "C.UTF-8", **{name: str(value) for name, value in settings.items()}}


def alone(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python's ``code`` to its end in a process that imports nothing but its own.

    So no coverage is measured in it.
    """
    own = {
        name: value for name, value in environment({}).items() if not name.startswith("COVERAGE_")
    }
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def called(cwd: Path) -> str:
    """Return what somebody in ``cwd`` types to call the program, as its messages say it."""
    with contextlib.chdir(cwd):
        return invocation.command()


def command(*arguments: str, cwd: Path, typed: str = "", **settings: object) -> Ended:
    """Run ``python -m proxy ARGUMENTS`` to its end; nothing secret may be in its output.

    ``typed`` is what comes on standard input.
    """
    with (
        tempfile.TemporaryFile("w+") as typing,
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        typing.write(typed)
        typing.seek(0)
        streams = (typing.fileno(), out.fileno(), err.fileno())
        process = start(arguments, cwd=cwd, env=environment(settings), streams=streams)
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        out.seek(0)
        err.seek(0)
        ended = Ended(code, out.read(), err.read())
    assert not found(ended.both), "a secret in what the command wrote"
    assert "Traceback" not in ended.both, ended.both
    return ended


def on_terminal(*arguments: str, cwd: Path, **settings: object) -> Ended:
    """Run a command as `command` does, with its output on a terminal."""
    need("posix")
    import pty

    ours, theirs = pty.openpty()
    env = environment({"TERM": "xterm", **settings})
    with Path(os.devnull).open("rb") as nothing:
        process = start(arguments, cwd=cwd, env=env, streams=(nothing.fileno(), theirs, theirs))
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):  # EIO: the other side has closed
        while data := os.read(ours, 65536):
            output += data
    os.close(ours)
    return Ended(process.wait(PATIENCE), output.decode())


def dialogue(
    *arguments: str, cwd: Path, answers: Sequence[tuple[str, str]], **settings: object
) -> Ended:
    """Run a command on a terminal; each of ``answers`` is typed when its question stands there."""
    need("posix")
    import pty

    ours, theirs = pty.openpty()
    process = start(
        arguments,
        cwd=cwd,
        env=environment({"TERM": "xterm", **settings}),
        streams=(theirs, theirs, theirs),
        session=True,  # so that it cannot ask at the terminal of whoever runs the tests
    )
    os.close(theirs)
    output, left = b"", list(answers)
    with contextlib.suppress(OSError):  # EIO: the other side has closed
        while data := os.read(ours, 65536):
            output += data
            if left and output.decode(errors="replace").rstrip().endswith(left[0][0]):
                os.write(ours, left.pop(0)[1].encode() + b"\n")
    os.close(ours)
    ended = Ended(process.wait(PATIENCE), output.decode())
    assert not left, f"never asked {left[0][0]!r}:\n{ended.out}"
    assert not found(ended.out), "a secret in what the command wrote"
    return ended
