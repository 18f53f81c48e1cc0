"""Another program where the proxy should answer: it is not believed, and told nothing."""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from proxy.addresses import ListenAddress
from proxy.admin import secret
from tests.support import Program, RawUpstream, ask, free_port
from tests.support.acceptor import Acceptor
from tests.support.command import Ended, command

CONTROLS = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\u202e"
STATUS = {
    "ready": True,
    "version": CONTROLS,
    "pid": 1,
    "token": {"state": CONTROLS, "words": CONTROLS},
    "pool": {CONTROLS: 1},
    "renewed": True,
    "link": CONTROLS,
    "tokens": CONTROLS,
    "whole": True,
    "ledger": {"file": "/etc/passwd", "problem": "", "in_doubt": 0},
}
COMMANDS = ["wait", "status", "console", "refresh", "quit", "tokens", "ledger"]


class Impostor:
    """A server that takes what it gets for a question to the proxy, and keeps it."""

    def __init__(self, answer: Callable[[bytes], bytes], host: str, port: int) -> None:
        self._answer = answer
        self.arrived = b""
        self._acceptor = Acceptor(self._talk, address=(host, port))
        self.port = self._acceptor.port

    def _talk(self, sock: socket.socket) -> None:
        while data := sock.recv(65536):
            self.arrived += data
            sock.sendall(self._answer(data))

    def close(self) -> None:
        self._acceptor.close()


def answered(body: str, status: str = "200 OK") -> bytes:
    content = body.encode("utf-8", "surrogatepass")
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def everything(data: bytes) -> bytes:
    """Answer as the proxy would, with what a terminal obeys."""
    if data.startswith(b"GET /proof"):
        return answered("0" * 64)
    if data.startswith(b"GET /readyz"):
        return answered(f"{CONTROLS}\nready\n")
    return answered(json.dumps(STATUS, ensure_ascii=False))


def as_if_nothing(data: bytes) -> bytes:
    """Answer with no proof, but with all else."""
    return answered(f"{CONTROLS}\nready\n") if b"/readyz" in data else answered(json.dumps(STATUS))


@contextlib.contextmanager
def impostor(
    answer: Callable[[bytes], bytes], host: str = "127.0.0.1", port: int = 0
) -> Iterator[Impostor]:
    server = Impostor(answer, host, port)
    try:
        yield server
    finally:
        server.close()


def ran(name: str, where: str, folder: Path, **more: object) -> Ended:
    words = [name, *(["--timeout=0"] if name == "wait" else [])]
    return command(*words, cwd=folder, BREB_ADMIN_LISTEN=where, **more)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("answer", [everything, as_if_nothing])
def test_who_cannot_prove_to_be_the_proxy_is_not_believed(
    tmp_path: Path, name: str, answer: Callable[[bytes], bytes]
) -> None:
    """Also where a proxy that was killed has left its secret for this address."""
    with impostor(answer) as server:
        where = ListenAddress("127.0.0.1", server.port)
        kept = secret.make()
        with secret.left(kept, where):
            ended = ran(name, str(where), tmp_path)
    assert ended.code == {"wait": 1, "ledger": 2}.get(name, 4), ended.both
    assert ended.out == ""
    assert f"127.0.0.1:{server.port}" in ended.err
    assert "breb-proxy" in ended.err.splitlines()[-1]
    assert ended.err.replace("\n", "").isprintable()
    assert server.arrived.count(b"HTTP/1.1") == server.arrived.count(b"GET /proof?")
    assert kept.encode() not in server.arrived


@pytest.mark.needs("posix")
def test_what_is_said_of_them_names_who_may_and_where(tmp_path: Path) -> None:
    with impostor(everything) as server:
        ended = ran("status", f"127.0.0.1:{server.port}", tmp_path)
    assert "did not prove to be a proxy of this user, so it was sent nothing" in ended.err
    assert os.environ["XDG_RUNTIME_DIR"] in ended.err


@pytest.mark.needs("ipv6")
def test_a_proof_that_was_fetched_from_the_proxy_is_worth_nothing_elsewhere(
    tmp_path: Path,
) -> None:
    """A stranger on [::1] passes all that it is asked on to the proxy on 127.0.0.1."""
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:

        def passed_on(data: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", proxy.admin_port)) as inner:
                inner.sendall(data)
                return inner.recv(65536)

        with impostor(passed_on, "::1", proxy.admin_port) as server:
            assert ran("status", f"127.0.0.1:{proxy.admin_port}", tmp_path).code == 0
            for name in ("status", "console", "quit"):
                ended = ran(name, f"[::1]:{proxy.admin_port}", tmp_path)
                assert (ended.code, ended.out) == (4, "")
                assert "did not prove" in ended.err
            assert b"/proof?" in server.arrived
            assert proxy.secret.encode() not in server.arrived
        assert proxy.process.poll() is None


def test_the_address_of_the_console_is_the_one_that_proved_to_be_the_proxy(tmp_path: Path) -> None:
    """A browser may take another of the addresses that a name has."""
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        printed = ran("console", f"localhost:{proxy.admin_port}", tmp_path)
    assert printed.out.startswith(f"http://127.0.0.1:{proxy.admin_port}/#secret="), printed


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", id="a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n", id="a body"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers"),
    ],
)
def test_who_answers_for_ever_is_left(tmp_path: Path, answer: bytes) -> None:
    """A byte comes in time for each read, and the answer never ends."""
    stop = threading.Event()

    def dripping(server: socket.socket) -> None:
        sock, _ = server.accept()
        with sock, contextlib.suppress(OSError):
            sock.sendall(answer)
            while not stop.wait(0.05):
                sock.sendall(b"x" if not answer.endswith(b"Continue\r\n\r\n") else answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=dripping, args=(server,), daemon=True).start()
        ended = ran("status", f"127.0.0.1:{server.getsockname()[1]}", tmp_path)
        stop.set()
    assert ended.code == 4
    assert ended.err.startswith("breb-proxy: ")


def test_a_proof_is_given_to_commands_alone() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        nonce = "0" * 32
        first = ask(proxy.admin_port, f"/proof?{nonce}")
        assert (first.status, len(first.body)) == (200, 64)
        assert ask(proxy.admin_port, f"/proof?{nonce[:-1]}1").body != first.body
        for query in ("", "?", "?x", f"?{nonce}0", f"?{nonce}&a", f"?{nonce.replace('0', 'A')}"):
            assert ask(proxy.admin_port, f"/proof{query}").status == 400
        assert ask(proxy.admin_port, f"/proof?{nonce}", "POST").status == 405


@pytest.mark.needs("another user")
def test_a_unix_socket_of_another_user_is_not_asked(tmp_path: Path) -> None:
    where = tmp_path / "admin.sock"
    tmp_path.chmod(0o777)
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(where))
        os.seteuid(65534)  # who listens is who the kernel names
        try:
            server.listen()
        finally:
            os.seteuid(0)

        def listen() -> None:
            sock, _ = server.accept()
            with sock:
                heard.append(sock.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        ended = ran("quit", f"unix:{where}", tmp_path)
        thread.join()
    assert ended.code == 4
    assert "is a socket of nobody, not of this user: run this command as the user who" in ended.err
    assert heard == [b""]


@pytest.mark.needs("another user")
def test_a_ledger_that_belongs_to_another_user_is_not_taken_from_the_proxy(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with RawUpstream() as upstream, Program(upstream.url, ledger=ledger) as proxy:
        where = f"127.0.0.1:{proxy.admin_port}"
        assert ran("ledger", where, tmp_path).code == 0
        os.chown(ledger, 65534, 65534)
        ended = ran("ledger", where, tmp_path)
        assert ended.code == 1
        assert f"{ledger}, belongs to nobody: run this command as that user" in ended.err
        os.chown(ledger, 0, 0)


@pytest.mark.needs("posix")
def test_a_pipe_where_the_secret_should_lie_stops_no_command(tmp_path: Path) -> None:
    """Whoever is first may make the shared folder."""
    folder = tmp_path / f"breb-proxy-{os.getuid()}"
    folder.mkdir(mode=0o700)
    port = free_port()
    os.mkfifo(folder / f"admin-{port}.secret", 0o600)
    places = {"XDG_RUNTIME_DIR": "/nonexistent", "TMPDIR": str(tmp_path)}
    with impostor(everything, port=port):
        ended = ran("status", f"127.0.0.1:{port}", tmp_path, **places)
    assert ended.code == 4
    assert f"not used: {folder}/admin-{port}.secret: it is no regular file" in ended.err
