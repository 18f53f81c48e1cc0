"""Start, drain and end of the process, as an operator sees them."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proxy.addresses import ListenAddress
from proxy.server import process, sockets
from tests.support import Call, Program, RawUpstream, ask, read_answer
from tests.support.patience import PATIENCE
from tests.support.simulator import simulator
from tests.support.wire import Reader, connect

SLOW_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Gate:
    """An answer that waits until it is let go."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.open = threading.Event()

    def __call__(self, call: Call) -> bytes:
        if call.target == b"/slow":
            self.arrived.set()
            self.open.wait(PATIENCE)
        return SLOW_HEAD + b"done"


def request(port: int, target: str = "/", method: str = "GET") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


@contextlib.contextmanager
def under_way(method: str = "GET", **settings: object) -> Iterator[tuple[Gate, Program, Reader]]:
    """Begin an exchange, which goes on until its gate is opened."""
    gate = Gate()
    with (
        RawUpstream(gate) as upstream,
        Program(upstream.url, **settings) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(request(proxy.port, "/slow", method))
        assert gate.arrived.wait(PATIENCE)
        yield gate, proxy, caller


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_exchange_under_way_is_finished_before_the_end(number: int) -> None:
    with under_way() as (gate, proxy, caller):
        proxy.process.send_signal(number)
        proxy.until("/readyz", 503)
        gate.open.set()
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.status, answer.body) == (200, b"done")
        assert answer.values("connection") == ["close"] or caller.rest() == b""
        assert proxy.process.wait(PATIENCE) == 0


def test_new_connections_are_refused_while_draining() -> None:
    with under_way() as (gate, proxy, _):
        proxy.process.send_signal(signal.SIGTERM)
        proxy.until("/readyz", 503)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(ConnectionRefusedError),
                socket.create_connection(("127.0.0.1", proxy.port), 1),
            ):
                time.sleep(0.02)
                continue
            break
        else:
            pytest.fail("connections are still accepted")
        gate.open.set()
        assert proxy.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("method", "outcome", "retry_after"),
    [("GET", None, ["1"]), ("POST", "unknown", [])],
)
def test_the_grace_bounds_the_drain_and_who_still_waits_is_told(
    method: str, outcome: str | None, retry_after: list[str]
) -> None:
    with under_way(method, shutdown_grace=0.5) as (gate, proxy, caller):
        assert proxy.stop() == 0
        answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 503
        assert answer.values("connection") == ["close"]
        assert answer.values("retry-after") == retry_after
        assert json.loads(answer.body).get("outcome") == outcome
        (line,) = proxy.exchanges()
        assert (line["status"], line["reason"]) == (503, "connection_terminated")
        assert "1 exchange did not finish within BREB_SHUTDOWN_GRACE: cut off" in proxy.output
        gate.open.set()


def test_half_a_head_does_not_hold_up_the_end() -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, header_timeout=60, shutdown_grace=30) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(request(proxy.port) + b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        assert read_answer(caller) is not None
        proxy.process.send_signal(signal.SIGTERM)
        answer = read_answer(caller)
        assert answer is not None
        assert answer.status == 408
        assert proxy.process.wait(PATIENCE) == 0


def test_an_answer_that_the_grace_cuts_does_not_look_complete() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"
    with (
        RawUpstream(half) as upstream,
        Program(upstream.url, shutdown_grace=0.5) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(request(proxy.port))
        head, body = caller.head(), caller.exactly(4)
        assert (head[:12], body) == (b"HTTP/1.1 200", b"half")
        assert proxy.stop() == 0
        assert caller.rest() == b""
        (line,) = proxy.exchanges()
        assert (line["status"], line["error"]) == (
            200,
            "the proxy is shutting down, and BREB_SHUTDOWN_GRACE is over",
        )


def test_a_caller_who_takes_nothing_does_not_outlast_the_grace() -> None:
    body = bytes(20_000_000)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with (
        RawUpstream(whole) as upstream,
        Program(upstream.url, shutdown_grace=0.2) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(request(proxy.port))
        assert caller.head().startswith(b"HTTP/1.1 200")
        assert proxy.stop() == 0
        assert "graceful shutdown exceeded" not in proxy.output


def test_a_second_signal_ends_at_once_and_says_what_it_cut_off() -> None:
    gate = Gate()
    with (
        RawUpstream(gate) as upstream,
        Program(upstream.url) as proxy,
        connect(proxy.port) as caller,
    ):
        caller.sock.sendall(request(proxy.port, "/slow", "POST"))
        assert gate.arrived.wait(PATIENCE)
        proxy.process.send_signal(signal.SIGTERM)
        proxy.until("/readyz", 503)
        assert proxy.stop(signal.SIGTERM) == 128 + signal.SIGTERM
        assert 'shutting down: 1 exchange under way"' in proxy.output
        assert 'cut off by a second signal: 1 exchange"' in proxy.output
        assert "before the access token was known to be revoked" in proxy.output
        assert '"stopped"' not in proxy.output
        (line,) = proxy.exchanges()
        assert (line["path"], line["status"], line["outcome"]) == ("/slow", None, "unknown")
        assert line["error"] == "a second signal ended the proxy at once"
        gate.open.set()


def test_the_first_signal_after_quit_cuts_nothing() -> None:
    """A kubelet sends one to each sidecar of a Job whose application has ended."""
    with under_way() as (gate, proxy, caller):
        assert proxy.admin("/quit", "POST")[0] == 202
        proxy.until("/readyz", 503)
        proxy.process.send_signal(signal.SIGTERM)
        proxy.process.send_signal(signal.SIGHUP)
        proxy.until("/readyz", 503)
        gate.open.set()
        answer = read_answer(caller)
        assert answer is not None
        assert (answer.status, answer.body) == (200, b"done")
        assert proxy.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 7)]
)
def test_signals_are_obeyed_while_the_program_is_still_being_loaded(
    number: int, code: int, tmp_path: Path
) -> None:
    """SIGHUP has nothing to renew yet; it does not end the process either."""
    (tmp_path / "pydantic_settings.py").write_text(
        "import pathlib, time\n"
        "pathlib.Path('loading').touch()\n"
        "while not pathlib.Path('go on').exists():\n"
        "    time.sleep(0.01)\n"
        "raise SystemExit(7)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "proxy", "serve"], cwd=tmp_path, stderr=subprocess.PIPE
    ) as proxy:
        _until((tmp_path / "loading").exists)
        proxy.send_signal(number)
        if number == signal.SIGHUP:
            (tmp_path / "go on").touch()
        assert (proxy.communicate(timeout=PATIENCE)[1], proxy.returncode) == (b"", code)


def test_a_terminal_that_is_closed_ends_the_program() -> None:
    """SIGHUP comes then too; while the terminal is there, it renews."""
    ours, theirs = os.openpty()
    redirect = f"<{os.ttyname(theirs)}"
    with simulator() as url, Program(url, redirect=redirect) as proxy:
        os.close(theirs)
        token = proxy.status()["token"]["token_id"]
        proxy.process.send_signal(signal.SIGHUP)
        _until(lambda: proxy.status()["token"]["token_id"] != token)
        os.close(ours)
        proxy.process.send_signal(signal.SIGHUP)
        proxy.process.send_signal(signal.SIGHUP)  # the shell sends it as well
        assert proxy.process.wait(PATIENCE) == 0
        assert proxy.output.rstrip().endswith('"stopped"}')


class Led(Program):
    """Started by the first program of a terminal, which waits for it whatever comes, as make."""

    def __init__(self, url: str, terminal: str) -> None:
        super().__init__(url, redirect=f'exec <{terminal}; trap : HUP; "$@"; exit $?')

    def _by_another(self, streams: tuple[int, int, int]) -> subprocess.Popen[bytes]:
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            ["/bin/sh", "-c", self._redirect, "sh", sys.executable, "-m", "proxy", "serve"],
            cwd=self.cwd,
            env=self.env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,  # the terminal that it opens is its own then
        )


def test_a_terminal_that_goes_without_a_signal_ends_the_program() -> None:
    ours, theirs = os.openpty()
    terminal = os.ttyname(theirs)
    with RawUpstream() as upstream, Led(upstream.url, terminal) as proxy:
        os.close(theirs)
        os.close(ours)
        assert proxy.process.wait(PATIENCE) == 0
        assert proxy.output.rstrip().endswith('"stopped"}')


def test_a_shell_whose_signal_comes_before_the_terminal_goes_ends_the_program() -> None:
    ours, theirs = os.openpty()
    redirect = f"<{os.ttyname(theirs)}"
    with RawUpstream() as upstream, Program(upstream.url, redirect=redirect) as proxy:
        os.close(theirs)
        proxy.process.send_signal(signal.SIGHUP)
        _until(lambda: len(upstream.tokens_asked) > 1)
        os.close(ours)
        assert proxy.process.wait(PATIENCE) == 0


def test_quit_on_the_admin_listener_drains() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        assert proxy.admin("/quit", "POST")[0] == 202
        assert proxy.process.wait(PATIENCE) == 0


def test_drain_delay_keeps_serving_while_readyz_says_no() -> None:
    with RawUpstream() as upstream, Program(upstream.url, drain_delay=100) as proxy:
        proxy.process.send_signal(signal.SIGTERM)
        proxy.until("/readyz", 503)
        answer = ask(proxy.port, "/")
        assert answer.status == 200
        assert answer.values("connection") == ["close"]
        assert proxy.stop() == 128 + signal.SIGTERM


class Steady:
    """Callers that never stop: they go to whichever instance takes the connection.

    A connection that was used within the last second may send once more; a caller that the machine
    held up for longer has no such promise, and goes on, on a new one.
    """

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.outcomes: Counter[str] = Counter()
        self.lost: list[str] = []
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def run(self) -> None:
        reader: Reader | None = None
        port, used = 0, 0.0
        while not self.stop.is_set():
            if reader is None:
                reader, port = self._connected()
                if reader is None:
                    continue
                used = time.monotonic()
            answer, sent = None, 0.0
            with contextlib.suppress(OSError):
                reader.sock.sendall(request(port))
                sent = time.monotonic()
                answer = read_answer(reader)
            late = (sent or time.monotonic()) - used > 0.8
            used = time.monotonic()
            with self._lock:
                if answer is None and late:
                    self.outcomes["late"] += 1
                elif answer is None or answer.status != 200 or not answer.complete:
                    self.lost.append("no answer" if answer is None else f"{answer.status}")
                else:
                    self.outcomes["ok"] += 1
            if answer is None or answer.values("connection") == ["close"]:
                reader.sock.close()
                reader = None
        if reader is not None:
            reader.sock.close()

    def _connected(self) -> tuple[Reader | None, int]:
        for port in list(self.ports):
            with contextlib.suppress(OSError):
                return connect(port), port
        time.sleep(0.01)
        return None, 0


def test_rolling_restarts_under_load_lose_no_request() -> None:
    """Callers with kept-alive connections move from one instance to the next."""
    with RawUpstream() as upstream:
        first = Program(upstream.url).start()
        steady = Steady([first.port])
        threads = [threading.Thread(target=steady.run) for _ in range(8)]
        for thread in threads:
            thread.start()
        current = first
        try:
            for _ in range(3):
                following = Program(upstream.url).start()
                steady.ports.insert(0, following.port)
                time.sleep(0.2)
                assert current.stop() == 0
                steady.ports.remove(current.port)
                current.__exit__()
                current = following
        finally:
            steady.stop.set()
            for thread in threads:
                thread.join(10)
            current.__exit__()
        assert steady.lost == []
        assert steady.outcomes["ok"] > 100


def test_a_taken_port_is_one_line_and_exit_code_three() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        second = subprocess.run(
            [sys.executable, "-m", "proxy", "serve"],
            env=proxy.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 3
        assert second.stderr == (
            f"breb-proxy: cannot listen on 127.0.0.1:{proxy.port}: the port is in use; stop the"
            " program that uses it, or choose another port (BREB_LISTEN)\n"
        )


def test_a_unix_socket_is_private_and_goes_with_the_process(tmp_path: Path) -> None:
    path = tmp_path / "proxy.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    with RawUpstream() as upstream, Program(upstream.url, listen=f"unix:{path}") as proxy:
        assert path.stat().st_mode & 0o777 == 0o600
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(path))
        with sock:
            sock.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = read_answer(Reader(sock))
        assert answer is not None
        assert answer.body == b"ok"
        second = Program(upstream.url, listen=f"unix:{path}")
        with pytest.raises(AssertionError, match="ended with 3"), second:
            pass
        assert proxy.stop() == 0
        assert not path.exists()


def test_a_unix_socket_is_left_to_the_next_process_while_the_last_exchange_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "proxy.sock"
    gate = Gate()
    with RawUpstream(gate) as upstream, Program(upstream.url, listen=f"unix:{path}") as old:
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(str(path))
        caller.sendall(request(0, "/slow"))
        assert gate.arrived.wait(PATIENCE)
        old.process.send_signal(signal.SIGTERM)
        old.until("/readyz", 503)
        _until(lambda: not path.exists())
        with Program(upstream.url, listen=f"unix:{path}") as new:
            gate.open.set()
            assert old.process.wait(PATIENCE) == 0
            caller.close()
            following = socket.socket(socket.AF_UNIX)
            following.connect(str(path))
            with following:
                following.sendall(request(0))
                answer = read_answer(Reader(following))
            assert answer is not None
            assert answer.status == 200
            assert new.stop() == 0


def test_a_unix_socket_that_another_has_put_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "proxy.sock"
    (ours,) = sockets.bind(ListenAddress("", 0, str(path)))
    path.unlink()
    (theirs,) = sockets.bind(ListenAddress("", 0, str(path)))
    sockets.release([ours])
    assert path.is_socket()
    sockets.release([theirs])
    assert not path.exists()
    sockets.remove([theirs])


def test_a_unix_socket_goes_if_the_other_address_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "proxy.sock"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        second = Program("http://127.0.0.1:9", listen=f"unix:{path}", admin_listen=taken)
        with pytest.raises(AssertionError, match="ended with 3"), second:
            pass
    assert not path.exists()


def test_the_port_that_was_found_is_told() -> None:
    with RawUpstream() as upstream, Program(upstream.url, listen="127.0.0.1:0") as proxy:
        listen = proxy.status()["listen"]
        assert ask(int(listen.rpartition(":")[2]), "/").status == 200
        assert f"forwarding http://{listen} to {upstream.url} (local)" in proxy.output


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_starts_while_the_token_endpoint_is_down_and_recovers() -> None:
    with RawUpstream() as upstream:
        down = True
        good = upstream.token
        upstream.token = lambda call: (
            b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" if down else good(call)
        )
        with Program(upstream.url, ready=False, token_wait=0.3) as proxy:
            answer = ask(proxy.port, "/")
            assert answer.status == 503
            assert answer["content-type"] == "application/problem+json"
            assert int(answer["retry-after"]) >= 1
            assert upstream.requests == []
            down = False
            proxy.until("/readyz")
            assert ask(proxy.port, "/").status == 200


@pytest.mark.parametrize(
    ("limits", "granted", "set_to", "warned"),
    [
        pytest.param((4096, 4096), True, [], False, id="enough"),
        pytest.param((resource.RLIM_INFINITY,) * 2, True, [], False, id="no limit"),
        pytest.param((256, 4096), True, [(1000, 4096)], False, id="may be raised"),
        pytest.param(
            (256, resource.RLIM_INFINITY), True, [(1000, resource.RLIM_INFINITY)], False, id="free"
        ),
        pytest.param((256, 512), True, [(512, 512)], True, id="may be raised somewhat"),
        pytest.param((256, 4096), False, [], True, id="may not be raised"),
    ],
)
def test_as_many_files_may_be_open_as_there_may_be_connections(
    limits: tuple[int, int],
    granted: bool,
    set_to: list[tuple[int, int]],
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[tuple[int, int]] = []

    def setrlimit(_: int, both: tuple[int, int]) -> None:
        if not granted:
            raise ValueError("not allowed to raise maximum limit")
        done.append(both)

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    process.make_room_for_files(1000)
    assert done == set_to
    assert ("this process may open" in caplog.text) is warned


def test_lines_of_exchanges_stand_before_the_line_of_the_end() -> None:
    """They are gathered for a moment; nothing that is logged meanwhile may overtake them."""
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        for _ in range(5):
            ask(proxy.port, "/x")
        proxy.stop()
        lines = [json.loads(line) for line in proxy.output.splitlines() if line.startswith("{")]
    words = [line.get("message", line.get("event")) for line in lines]
    end = words.index("shutting down: 0 exchanges under way")
    assert words[:end].count("exchange") == 5
    assert "exchange" not in words[end:]
    assert (words[-1], lines[-1]["level"]) == ("stopped", "info")


def test_the_last_line_of_a_clean_end_stands_behind_the_last_exchange() -> None:
    with under_way(log_format="text") as (gate, proxy, _):
        proxy.process.send_signal(signal.SIGTERM)
        proxy.until("/readyz", 503)
        gate.open.set()
        assert proxy.process.wait(PATIENCE) == 0
        *_, exchange, last = proxy.output.splitlines()
    assert " 200 GET    /slow " in exchange
    assert last.endswith(" info    stopped")


def test_json_lines_are_of_one_style() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        ask(proxy.port, "/x")
        proxy.stop()
        lines = [line for line in proxy.output.splitlines() if line.startswith("{")]
    assert len(lines) > 3
    for line in lines:
        assert re.match(r'\{"time":"[^"]+","level":"\w+","(event|logger)":"[^"]+","', line), line
