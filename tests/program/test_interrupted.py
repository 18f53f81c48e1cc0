"""No command leaves a token alive that it fetched, however and whenever it is ended."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from simulator import SandboxConfig, create_app
from simulator.records import Token
from tests.support import free_port
from tests.support.command import alone, environment
from tests.support.front import until
from tests.support.leaks import SECRET
from tests.support.patience import PATIENCE
from tests.support.simulator import serving
from tests.support.spawner import start

NOBODY = "00000000-0000-4000-8000-000000000000"
# A request of a command, and whether it is held when it comes or when its answer goes.
STEPS = [(method, when) for method in ("POST", "GET", "DELETE") for when in ("request", "answer")]


class Holding:
    """The simulator; holds one request, at its beginning or before its answer, until let go."""

    def __init__(self) -> None:
        config = SandboxConfig(client_id="test-client", client_secret=SECRET)
        self._app = create_app(config)
        self.hold: tuple[str, str] | None = None
        self.passed_by = 0  # how many such requests go by before one is held
        self.held = threading.Event()
        self.let_go = threading.Event()

    @property
    def issued(self) -> int:
        return len(self._tokens)

    @property
    def alive(self) -> int:
        return sum(token.live(time.time()) for token in self._tokens.values())

    @property
    def _tokens(self) -> dict[str, Token]:
        return self._app._namespaces.nameless.world.tokens  # type: ignore[attr-defined]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._wait(scope["method"], "answer")
            await send(message)

        await self._wait(scope["method"], "request")
        await self._app(scope, receive, answer)

    async def _wait(self, method: str, when: str) -> None:
        if self.hold != (method, when):
            return
        self.passed_by -= 1
        if self.passed_by < 0 and not self.held.is_set():
            self.held.set()
            await anyio.to_thread.run_sync(self.let_go.wait)


class Command:
    """A command that runs, with its standard output as it was asked for."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *arguments: str,
        out: int | None = None,
        typed: Path | None = None,
        ignoring: signal.Signals | None = None,
    ) -> None:
        settings = {
            "BREB_BASE_URL": url,
            "BREB_CLIENT_ID": "test-client",
            "BREB_CLIENT_SECRET": SECRET,
            "BREB_LISTEN": f"127.0.0.1:{free_port()}",
            "BREB_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
        }
        self._errors = (folder / "errors").open("w+b")
        env = environment(settings)
        with (folder / "out").open("wb") as file, (typed or Path(os.devnull)).open("rb") as given:
            written = file.fileno() if out is None else out
            streams = (given.fileno(), written, self._errors.fileno())
            if ignoring is None:
                self.process = start(arguments, cwd=folder, env=env, streams=streams)
            else:
                self.process = deaf(ignoring, arguments, folder, env, streams)

    def ended(self) -> tuple[int, str]:
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._errors.seek(0)
        said = self._errors.read().decode()
        self._errors.close()
        return code, said


def deaf(
    number: signal.Signals,
    arguments: tuple[str, ...],
    folder: Path,
    env: dict[str, str],
    streams: tuple[int, int, int],
) -> subprocess.Popen[bytes]:
    """Start a command that ignores a signal from the start, as nohup does."""
    before = signal.signal(number, signal.SIG_IGN)
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "proxy", *arguments],
            cwd=folder,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    finally:
        signal.signal(number, before)


def pending(pid: int) -> bool:
    """Report whether a signal waits to be taken (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(re.findall(r"^ShdPnd:\s+(\w+)", status, re.MULTILINE)[0], 16))


@pytest.fixture
def api() -> Holding:
    return Holding()


@pytest.fixture
def url(api: Holding) -> Iterator[str]:
    with serving(api) as found:
        yield found


def interrupted(running: Command, api: Holding, number: signal.Signals) -> None:
    """Send a signal while a request is held, let the request go on, and see what is left."""
    assert api.held.wait(PATIENCE)
    running.process.send_signal(number)
    api.let_go.set()
    assert running.ended() == (128 + number, "")
    assert api.issued
    assert api.alive == 0


@pytest.mark.parametrize(
    ("step", "number"),
    [
        *((step, signal.SIGINT) for step in STEPS),
        (("POST", "answer"), signal.SIGTERM),
        (("GET", "request"), signal.SIGHUP),
    ],
)
def test_a_signal_leaves_no_token_alive_at_any_step_of_check(
    step: tuple[str, str], number: signal.Signals, api: Holding, url: str, tmp_path: Path
) -> None:
    api.hold = step
    interrupted(Command(url, tmp_path, "check"), api, number)


@pytest.mark.parametrize(
    ("step", "which"),
    [
        (("POST", "answer"), 1),
        (("POST", "request"), 2),
        (("GET", "request"), 1),
        (("DELETE", "request"), 2),
    ],
)
def test_a_signal_leaves_neither_of_two_tokens_alive(
    step: tuple[str, str], which: int, api: Holding, url: str, tmp_path: Path
) -> None:
    """`check --rivals` fetches three in all; of each kind of request the later ones are held."""
    api.hold, api.passed_by = step, which
    interrupted(Command(url, tmp_path, "check", "--rivals", "--yes"), api, signal.SIGTERM)


@pytest.mark.parametrize(
    ("words", "step"),
    [
        (("tokens",), ("POST", "answer")),
        (("tokens",), ("GET", "request")),
        (("tokens",), ("DELETE", "request")),
        (("tokens", "revoke", NOBODY), ("DELETE", "request")),
    ],
)
def test_a_signal_leaves_no_token_of_the_list_alive(
    words: tuple[str, ...], step: tuple[str, str], api: Holding, url: str, tmp_path: Path
) -> None:
    api.hold = step
    interrupted(Command(url, tmp_path, *words), api, signal.SIGINT)


@pytest.mark.parametrize("step", [("POST", "request"), ("DELETE", "answer")], ids=" ".join)
def test_a_signal_leaves_no_token_of_a_login_alive(
    step: tuple[str, str], api: Holding, url: str, tmp_path: Path
) -> None:
    api.hold = step
    typed = tmp_path / "typed"
    typed.write_text(f"test-client\n{SECRET}\n")
    words = ("login", "--store", "env-file")
    interrupted(Command(url, tmp_path, *words, typed=typed), api, signal.SIGTERM)


@pytest.mark.parametrize("step", [STEPS[0], STEPS[1]], ids=" ".join)
def test_a_proxy_that_is_ended_while_it_fetches_revokes_what_comes(
    step: tuple[str, str], api: Holding, url: str, tmp_path: Path
) -> None:
    api.hold = step
    running = Command(url, tmp_path, "serve")
    assert api.held.wait(PATIENCE)
    running.process.send_signal(signal.SIGTERM)
    api.let_go.set()
    assert running.ended()[0] == 0
    assert (api.issued, api.alive) == (1, 0)


def test_a_second_signal_ends_it_at_once(api: Holding, url: str, tmp_path: Path) -> None:
    api.hold = ("DELETE", "request")
    running = Command(url, tmp_path, "check")
    assert api.held.wait(PATIENCE)
    for _ in range(2):
        running.process.send_signal(signal.SIGINT)
        until(lambda: not pending(running.process.pid), "the signal is taken")
    assert running.ended() == (130, "")
    api.let_go.set()


def test_an_endpoint_that_never_answers_does_not_keep_an_interrupted_command(
    api: Holding, url: str, tmp_path: Path
) -> None:
    api.hold = ("POST", "request")
    running = Command(url, tmp_path, "check")
    assert api.held.wait(PATIENCE)
    running.process.send_signal(signal.SIGTERM)
    assert running.ended() == (143, "")
    api.let_go.set()


def test_what_it_was_started_to_ignore_stays_ignored(
    api: Holding, url: str, tmp_path: Path
) -> None:
    """``nohup breb-proxy check`` goes on when its terminal goes."""
    api.hold = ("GET", "request")
    running = Command(url, tmp_path, "check", ignoring=signal.SIGHUP)
    assert api.held.wait(PATIENCE)
    running.process.send_signal(signal.SIGHUP)
    until(lambda: not pending(running.process.pid), "the signal is taken")
    api.let_go.set()
    assert running.ended()[0] == 0


LINES = ["BREB_BASE_URL", "access token", "token id", "clock", "end to end", "GET"]


@pytest.mark.parametrize("last", LINES)
def test_a_reader_that_leaves_leaves_no_token_alive(
    last: str, api: Holding, url: str, tmp_path: Path
) -> None:
    """``breb-proxy check | head``: after a line with ``last``."""
    reading, writing = os.pipe()
    running = Command(url, tmp_path, "check", out=writing)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as lines:
        while (line := lines.readline()) and last.encode() not in line:
            pass
    code, said = running.ended()
    assert said == ""
    assert code in (0, 1)  # it may have been done before the reader left
    assert api.alive == 0


def test_a_full_disk_leaves_no_token_alive(api: Holding, url: str, tmp_path: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    for words in (["check"], ["check", "--json"], ["tokens"]):
        running = Command(url, tmp_path, *words, out=full)
        assert running.ended() == (
            1,
            "breb-proxy: cannot write to standard output: No space left on device\n",
        )
    os.close(full)
    assert api.alive == 0


WHILE_LOADING = """
import os, signal, sys

module = sys.argv.pop(1)

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from proxy.__main__ import main
sys.exit(main())
"""


@pytest.mark.needs("posix")
@pytest.mark.parametrize("module", ["proxy.cli.main", "datetime"])  # that is imported from Rust
@pytest.mark.parametrize("words", ["check", "tokens", "ledger list", "login"])
def test_who_interrupts_a_command_while_it_loads_reads_no_traceback(
    words: str, module: str, tmp_path: Path
) -> None:
    done = alone(WHILE_LOADING, module, *words.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
