"""Starts ``python -m proxy`` without starting Python each time: by a fork of what has imported it.

Four hundred starts of the interpreter and its imports were half of all the time that tests took.
What is forked is a process of its own as any other: environment, folder, streams, signals, exit
code. Where how Python starts is part of what a test looks at, the test starts Python itself.
"""

import array
import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import proxy

_PR_SET_CHILD_SUBREAPER = 36  # of Linux's prctl(2)
_STARTS_PYTHON = ("PYTHON", "COVERAGE")
_LONGEST = 1 << 20
# By "-m" Python warns of a module that its package has imported already: an error for some.
_MAIN = "from tests.support import spawner; spawner.main()"
# What libraries import only once they are at work: a third of what a start would cost.
_AT_WORK = (
    "uvloop",
    "anyio._backends._asyncio",
    "certifi",
    "encodings.idna",
    "httpcore",
    "prometheus_client",
    "uvicorn.lifespan.off",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.auto",
)


class Started(subprocess.Popen[bytes]):
    """A process that somebody else forked for us and that is our child now."""

    def __init__(self, pid: int, args: Sequence[str]) -> None:
        self.pid = pid
        self.args = args
        self.returncode: int | None = None  # type: ignore[assignment]
        self.stdin = self.stdout = self.stderr = None
        self._child_created = True
        self._waitpid_lock = threading.Lock()


def start(
    arguments: Sequence[str],
    *,
    cwd: str | Path,
    env: Mapping[str, str],
    streams: tuple[int, int, int],
    session: bool = False,
) -> subprocess.Popen[bytes]:
    """Start ``python -m proxy ARGUMENTS``; ``streams`` are the descriptors of its three.

    With ``session`` it has one of its own, and so no terminal but one that is among them.
    """
    if sys.platform != "linux" or _differs(env):
        stdin, stdout, stderr = streams
        command = [sys.executable, "-m", "proxy", *arguments]
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=session,
        )
    pid = _spawner().start([list(arguments), str(cwd), dict(env), session], streams)
    return Started(pid, ["proxy", *arguments])


def _differs(env: Mapping[str, str]) -> bool:
    """Report whether Python itself would start otherwise than here."""
    ours, theirs = (
        {k: v for k, v in each.items() if k.startswith(_STARTS_PYTHON)} | {"": _encoding(each)}
        for each in (os.environ, env)
    )
    return ours != theirs


def _encoding(env: Mapping[str, str]) -> str:
    """Return what the locale's name says of characters: the language is not Python's to read."""
    names = (env.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return next(filter(None, names), "C").partition(".")[2].upper()


class _Spawner:
    """The process that forks, and the socket to ask it; one for each test process."""

    def __init__(self) -> None:
        # Then what its children leave behind becomes ours, to be waited for.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        root = Path(__file__).parents[2]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, str(theirs.fileno())],
                cwd=root,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        atexit.register(self._end)

    def _end(self) -> None:
        """Let it end before we do: it still writes down which lines it has run."""
        self.channel.close()
        self.process.wait()

    def start(self, what: list[Any], streams: tuple[int, int, int]) -> int:
        message = json.dumps(what).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))
        with self._lock:
            self.channel.sendmsg([message], [rights])
            answer = self.channel.recv(64)
        assert answer, "the process that forks has ended"
        return int(answer)


_known: dict[int, _Spawner] = {}


def _spawner() -> _Spawner:
    if os.getpid() not in _known:
        _known[os.getpid()] = _Spawner()
    return _known[os.getpid()]


def descriptors() -> set[int]:
    """Return those of ours that the process which forks is asked through."""
    return {each.channel.fileno() for each in _known.values()}


def processes() -> set[int]:
    """Return the processes that fork."""
    return {each.process.pid for each in _known.values()}


# -- the process that forks ----------------------------------------------------------------


def _serve(asked: socket.socket) -> None:
    while True:
        message, ancillary, _, _ = asked.recvmsg(_LONGEST, socket.CMSG_SPACE(3 * 4))
        if not message:
            return
        streams = array.array("i")
        for _, _, data in ancillary:
            streams.frombytes(data[: len(data) - len(data) % 4])
        arguments, cwd, env, session = json.loads(message)
        reading, writing = os.pipe()
        middle = os.fork()
        if middle == 0:
            child = os.fork()
            if child:
                os.write(writing, b"%d" % child)
                os._exit(0)
            asked.close()
            os.close(reading)
            os.close(writing)
            if session:
                os.setsid()
            _become(arguments, cwd, env, list(streams))
            return
        # Once it is gone, its child is the child of whoever asked.
        os.waitpid(middle, 0)
        for descriptor in (*streams, writing):
            os.close(descriptor)
        asked.send(os.read(reading, 64))
        os.close(reading)


def _become(arguments: list[str], cwd: str, env: dict[str, str], streams: list[int]) -> None:
    """Be ``python -m proxy ARGUMENTS`` to the end of the process."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    for descriptor in streams:
        if descriptor > 2:
            os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # it is remembered from the first that asked
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        errors, lines = ("backslashreplace", 1) if number == 2 else (None, -1)
        stream = os.fdopen(number, mode, lines, closefd=False, errors=errors)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    from proxy import invocation
    from proxy.cli.main import main

    if invocation.command() != invocation.COMMAND:  # it stands in what was made at import
        os.execv(sys.executable, [sys.executable, "-m", "proxy", *arguments])  # noqa: S606
    sys.argv = ["breb-proxy", *arguments]
    _end_with(main)


def _end_with(main: Callable[[], int]) -> NoReturn:
    """Run it and end as Python does, but leave what was imported as it is.

    To take it apart would copy all its pages, and cost more than most of the commands.
    """
    try:
        code = main()
    except SystemExit as left:
        if not isinstance(left.code, int):
            raise
        code = left.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(code)  # which says so, and ends with 120
    os._exit(code)


def _imported() -> None:
    """Import all of the program, and what it imports; that starts nothing."""
    # Where no installation is: there it is named as it is from most folders.
    with tempfile.TemporaryDirectory() as elsewhere, contextlib.chdir(elsewhere):
        for package in (proxy, importlib.import_module("simulator")):
            for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                if not found.name.endswith("__main__") and ".windows" not in found.name:
                    importlib.import_module(found.name)
    for name in _AT_WORK:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Else each child would copy these pages, to count what none of them ever lets go of.
    gc.collect()
    gc.freeze()


def main() -> None:
    """Be the process that forks; the argument is its end of the socket."""
    _imported()
    _serve(socket.socket(fileno=int(sys.argv[1])))
