"""The demo as a newcomer meets it: one command, nothing to set, everything that it says works."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Program, RawUpstream, ask, free_port
from tests.support.command import called, command, environment, on_terminal
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.spawner import start
from tests.support.sweeps import further

CURL = r"^  curl \S* ?(http://\S+/v1/accounts)$"
LAST = "Ctrl-C ends the demo."
LAST_IN_SPANISH = "Ctrl-C termina la demo."


class Demo:
    """A running demo; ``text`` is what it had printed when it was ready."""

    def __init__(self, folder: Path, *flags: str, first: str = "demo", **settings: object) -> None:
        self._log = folder / "demo.log"
        # A group of its own, so that a signal to the group reaches it as Ctrl-C would.
        with self._log.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            env = environment(settings)
            self.process = start(
                [first, *flags], cwd=folder, env=env, streams=streams, session=True
            )
        deadline = time.monotonic() + PATIENCE
        while not any(last in self.text for last in (LAST, LAST_IN_SPANISH)):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)

    @property
    def text(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGINT) -> int:
        os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def demo(folder: Path, *flags: str, **settings: object) -> Iterator[Demo]:
    running = Demo(folder, *flags, **settings)  # type: ignore[arg-type]
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()


def test_the_banner_is_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    port = free_port()
    with demo(
        tmp_path, "--listen", f"127.0.0.1:{port}", first="run", LANG="es_CO.UTF-8"
    ) as running:
        text = running.text
        assert "no hay BREB_CLIENT_ID ni BREB_CLIENT_SECRET" in text
        assert "breb-proxy demo: un simulador de la API Bre-B, sin dinero real" in text
        assert f"su aplicación  http://127.0.0.1:{port}  no necesita Authorization" in text
        assert "dos pagos en diez pasos" in text
        assert re.search(r"la próxima vez, en \d+ h \d+ min\.", text)
        # What is to be typed is the same in each language, and works.
        assert re.findall(CURL, text, re.MULTILINE) == [f"http://127.0.0.1:{port}/v1/accounts"]
        assert ask(port, "/v1/accounts").status == 200
        assert running.end() == 0
        assert running.text.rstrip().endswith("la demo terminó")


def test_a_terminal_without_accents_still_gets_the_banner(tmp_path: Path) -> None:
    settings = {"LANG": "es_CO.UTF-8", "PYTHONIOENCODING": "ascii"}
    with demo(tmp_path, "--listen", f"127.0.0.1:{free_port()}", **settings) as running:
        assert "su aplicaci?n" in running.text


def test_run_says_which_settings_the_demo_does_not_use(tmp_path: Path) -> None:
    ignored = {"BREB_LISTEN": "127.0.0.1:1", "BREB_LOG_LEVEL": "info"}
    running = Demo(tmp_path, *own_ports(), first="run", **ignored)
    try:
        told = "the demo uses options only, and not BREB_LISTEN, BREB_LOG_LEVEL; see"
        assert told in running.text
    finally:
        assert running.end() == 0


def own_ports() -> list[str]:
    return [f"--listen=127.0.0.1:{free_port()}", f"--admin-listen=127.0.0.1:{free_port()}"]


def pasted(lines: str, shell: str = "") -> str:
    """Paste lines into a shell, one that people type into if it is named; return what it shows."""
    words = [shell, *(["-f"] if shell == "zsh" else []), "-i"] if shell else ["sh", "-e"]
    done = subprocess.run(
        words, input=lines, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done
    assert shell or done.stderr == "", done
    return done.stdout


def fetched(url: str) -> bytes:
    """Ask as curl would, where it is not curl that is tested."""
    past_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with past_proxies.open(url, timeout=PATIENCE) as response:
        body: bytes = response.read()
    return body


@pytest.mark.needs("curl")
def test_the_curl_line_can_be_pasted_and_works(tmp_path: Path) -> None:
    with demo(tmp_path, *own_ports()) as running:
        (line,) = re.findall(r"^  (curl \S* ?http://\S+/v1/accounts)$", running.text, re.MULTILINE)
        assert "accounts" in json.loads(pasted(line))


@pytest.mark.needs("curl")
@pytest.mark.parametrize("shell", ["sh", *further("bash", "dash", "zsh")])
def test_the_tour_can_be_pasted_into_any_shell_and_ends_with_money_moved(
    shell: str, tmp_path: Path
) -> None:
    """As typed: interactive shells have rules of their own for ``#`` and ``!``."""
    need(shell)
    with demo(tmp_path, *own_ports()) as running:
        (flag,) = re.findall(r" tour (--listen \S+)", running.text)
        lines = command("tour", *flag.split(), cwd=tmp_path).out
        answers = [json.loads(line) for line in pasted(lines, shell).splitlines() if "{" in line]
    assert len(answers) == 10
    assert answers[4]["status"] == "SETTLED"
    assert answers[5]["available_balance"]["value"] == "89999999999975000"
    assert (answers[7]["status"], answers[7]["outcome"]) == (502, "unknown")
    assert answers[8]["resolution_id"] == answers[6]["id"]
    assert answers[9]["available_balance"]["value"] == "89999999999950000", "paid once"


@pytest.mark.needs("curl")
@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:1"])
def test_the_tour_may_be_run_as_a_whole(
    proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the environment sends all programs through a proxy."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy)
    with demo(tmp_path, *own_ports()) as running:
        (flag,) = re.findall(r" tour (--listen \S+)", running.text)
        lines = command("tour", *flag.split(), cwd=tmp_path, http_proxy=proxy).out
        assert lines.isascii()  # the pipe's encoding may be any
        said = pasted(lines)
    assert re.findall(r"^(\d+)\. [A-Z]", said, re.MULTILINE) == [f"{n}" for n in range(1, 11)]


@pytest.mark.needs("curl")
@pytest.mark.parametrize("shell", ["", "sh", "bash", "zsh"])
def test_the_tour_sends_nothing_through_a_proxy_that_is_no_demo(shell: str, tmp_path: Path) -> None:
    """Typed, or run as a whole: the proxy may have a bank behind it."""
    need(shell or "sh")
    with RawUpstream() as bank, Program(bank.url) as proxy:
        lines = command("tour", f"--listen=127.0.0.1:{proxy.port}", cwd=tmp_path).out
        words = [shell, *(["-f"] if shell == "zsh" else []), "-i"] if shell else ["sh"]
        ended = subprocess.run(
            words, input=lines, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert [(call.method, call.target) for call in bank.requests] == [("GET", b"/")]
    said = f"the demo does not answer at http://127.0.0.1:{proxy.port}, so nothing is sent: start"
    assert said in ended.stderr
    assert "1. Link" not in ended.stdout


def test_an_address_that_is_none_is_usage(tmp_path: Path) -> None:
    ended = command("tour", "--listen=nowhere", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("breb-proxy: --listen: must be host:port")


def test_the_tour_speaks_the_language_of_the_terminal(tmp_path: Path) -> None:
    told = command("tour", cwd=tmp_path, LC_ALL="es_CO.UTF-8").out
    assert "1. Vincular un comercio como cliente" in told
    assert "la demo no responde en http://127.0.0.1:8080" in told


def test_on_a_terminal_the_tour_says_what_to_do_with_it(tmp_path: Path) -> None:
    assert "paste these into one shell" in on_terminal("tour", cwd=tmp_path).out


def test_a_second_signal_leaves_no_files(tmp_path: Path) -> None:
    beside = {"TMPDIR": tmp_path / "tmp", "XDG_RUNTIME_DIR": tmp_path / "run"}
    for folder in beside.values():
        folder.mkdir()
    with demo(tmp_path, *own_ports(), "--drain-delay=60", **beside) as running:
        assert len([each for folder in beside.values() for each in folder.iterdir()]) == 2
        running.process.send_signal(signal.SIGINT)
        while "shutting down: 0 exchanges under way" not in running.text:
            assert running.process.poll() is None, running.text
            time.sleep(0.02)
        assert running.end() == 128 + signal.SIGINT
    assert [each for folder in beside.values() for each in folder.iterdir()] == []


@pytest.mark.needs(files=5000)
def test_the_first_screen_fits_a_small_terminal(tmp_path: Path) -> None:
    """From where people start it: a clone, whose command is in .venv."""
    with demo(tmp_path, *own_ports()) as running:
        text = running.text.replace(called(tmp_path), ".venv/bin/breb-proxy")
        text = text.replace(tempfile.gettempdir(), "/tmp")
    lines = text.split(LAST)[0].splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert "no real money" in lines[1]


@pytest.mark.needs(files=5000)
def test_what_is_told_comes_before_the_log(tmp_path: Path) -> None:
    with demo(tmp_path, *own_ports()) as running:
        url = re.findall(r"http://127.0.0.1:\d+", running.text)[0]
        fetched(f"{url}/v1/accounts")
        deadline = time.monotonic() + PATIENCE
        while not re.search(r"GET +/v1/accounts", running.text.split(LAST)[-1]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        told, log = running.text.split(LAST)
    assert re.search(r"GET +/v1/accounts", log)
    assert '{"' not in log, "JSON is for programs"
    assert re.search("by itself, next time in 2\\d h \\d+ min\\.", told)


def test_the_environment_does_not_disturb_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BREB_CLIENT_ID=mine\nBREB_EGRESS_PROXY=http://127.0.0.1:1\n")
    (tmp_path / "breb_token_timeout").write_text("nonsense")
    settings = {
        "BREB_BASE_URL": "https://real.example",
        "BREB_TOKEN_URL": "https://real.example/token",
        "BREB_CLIENT_SECRET": "real-secret",
        "BREB_LISTEN": "nonsense",
        "BREB_DENY": "* /*",
        "BREB_CALLER_KEY": "the-key-of-an-environment",
        "BREB_SECRETS_DIR": str(tmp_path),
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    with demo(tmp_path, *own_ports(), **settings) as running:
        (url,) = re.findall(CURL, running.text, re.MULTILINE)
        assert "accounts" in json.loads(fetched(url))


def test_ports_that_are_taken_are_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        admin = f"--admin-listen=127.0.0.1:{free_port()}"
        with demo(tmp_path, f"--listen=127.0.0.1:{port}", admin) as running:
            (moved,) = re.findall(
                rf"^127.0.0.1:{port} is in use: using (\S+) instead$", running.text, re.MULTILINE
            )
            assert f"Postman, curl, your app  http://{moved} " in running.text


def test_two_demos_run_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with demo(tmp_path / "a") as one, demo(tmp_path / "b") as other:
        urls = [re.findall(r"your app  (http://\S+)", running.text)[0] for running in (one, other)]
        assert urls[0] != urls[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_exit_code_zero(tmp_path: Path, number: int) -> None:
    with demo(tmp_path, *own_ports()) as running:
        assert running.end(number) == 0
        assert running.text.rstrip().endswith("demo ended")


def test_an_interrupt_during_the_start_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "proxy", "demo", *own_ports()],
        cwd=tmp_path,
        env=environment({}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if "proxy.addresses" in line:  # imported by the demo: our own handling has begun
                process.send_signal(signal.SIGINT)
                break
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 0


@pytest.mark.needs("bash")
def test_it_ends_in_a_group_with_make_before_it(tmp_path: Path) -> None:
    """As Ctrl-C at ``make run``: the signal reaches the shell and the demo."""
    command = shlex.join([sys.executable, "-m", "proxy", "run", *own_ports()])
    script = f"{command}; echo code $?"
    with (tmp_path / "demo.log").open("wb") as log:
        shell = subprocess.Popen(
            ["bash", "-c", f"trap : INT; {script}"],
            cwd=tmp_path,
            env=environment({}),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while LAST not in (tmp_path / "demo.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(shell.pid, signal.SIGINT)
    assert shell.wait(PATIENCE) == 0
    text = (tmp_path / "demo.log").read_text()
    assert text.startswith("breb-proxy: no BREB_CLIENT_ID and BREB_CLIENT_SECRET")
    assert text.rstrip().endswith("code 0")


def test_run_keeps_the_flags_that_the_demo_knows(tmp_path: Path) -> None:
    """The upstream is the simulator, whatever was asked for."""
    port = free_port()
    flags = [f"--listen=127.0.0.1:{port}", "--base-url=https://real.example"]
    running = Demo(tmp_path, *flags, f"--admin-listen=127.0.0.1:{free_port()}", first="run")
    try:
        assert f"http://127.0.0.1:{port}" in running.text
    finally:
        assert running.end() == 0


def test_free_ports_may_be_asked_for(tmp_path: Path) -> None:
    with demo(tmp_path, "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0") as running:
        (url,) = re.findall(CURL, running.text, re.MULTILINE)
        assert ":0/" not in url
        assert "accounts" in json.loads(fetched(url))


@pytest.mark.needs("curl")
def test_a_unix_socket_has_its_own_curl_line(tmp_path: Path) -> None:
    flags = [f"--listen=unix:{tmp_path}/c.sock", f"--admin-listen=unix:{tmp_path}/a.sock"]
    with demo(tmp_path, *flags) as running:
        (line,) = re.findall(r"^  (curl .*)$", running.text, re.MULTILINE)
        assert "accounts" in json.loads(pasted(line))
        assert f"unix:{tmp_path}/a.sock" in running.text
        assert running.end() == 0


def test_the_token_is_seen_to_be_renewed(tmp_path: Path) -> None:
    with demo(tmp_path, *own_ports(), "--token-max-age=1") as running:
        deadline = time.monotonic() + PATIENCE
        while "access token renewed (soft-window)" not in running.text:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("--listen=nonsense", "--listen: must be host:port"),
        ("--admin-listen=x", "--admin-listen: must be host:port"),
        ("--log-level=loud", "BREB_LOG_LEVEL: must be debug, info"),
        ("--base-url=http://127.0.0.1:1", "no such option: --base-url"),
    ],
)
def test_wrong_flags_are_one_line(tmp_path: Path, flag: str, says: str) -> None:
    ended = command("demo", flag, cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"breb-proxy: {says}")


def test_what_it_advises_it_takes(tmp_path: Path) -> None:
    """And it leaves nothing open: that is an error here."""
    ended = command("demo", "--listen=0.0.0.0:0", cwd=tmp_path, PYTHONWARNINGS="error")
    assert ended.code == 2
    assert "it has options for settings, such as --allow-open-listener for" in ended.err
    taken = ("--listen=0.0.0.0:0", "--allow-open-listener", "--read-timeout=x")
    ended = command("demo", *taken, cwd=tmp_path)
    assert "BREB_READ_TIMEOUT" in ended.err
    assert "BREB_LISTEN" not in ended.err


def test_an_address_of_another_machine_is_exit_code_three(tmp_path: Path) -> None:
    ended = command("demo", "--listen=192.0.2.1:8080", cwd=tmp_path, PYTHONWARNINGS="error")
    assert ended.code == 3
    assert ended.err.startswith("breb-proxy: cannot listen on 192.0.2.1:80")


def test_the_simulators_settings_are_flags_of_the_demo(tmp_path: Path) -> None:
    with demo(tmp_path, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
              "--sandbox-settle-delay", "77", "--sandbox-seed", "5") as running:  # fmt: skip
        found = re.search(r"http://127\.0\.0\.1:(\d+)/_sandbox", running.text)
        assert found is not None
        url = f"http://127.0.0.1:{found[1]}/_sandbox/state"
        state = json.loads(fetched(url))
        assert (state["behaviour"]["settle_delay"], state["seed"]) == (77.0, 5)
