"""The program under a service manager, which here is the test: what it is told and hands over."""

import signal
import socket
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.support import Call, Program, RawUpstream, ask
from tests.support.command import command
from tests.support.patience import PATIENCE
from tests.support.ports import free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class ServiceManager:
    """Receives what a service says."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(PATIENCE)
        self.said: list[str] = []

    def until(self, there: Callable[[list[str]], bool]) -> list[str]:
        """Receive until what was said meets ``there``; return all of it."""
        deadline = time.monotonic() + PATIENCE
        while not there(self.said):
            assert time.monotonic() < deadline, self.said
            self.said += self._socket.recv(4096).decode().split("\n")
        return self.said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def address() -> Generator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/notify"


@pytest.fixture
def manager(address: str) -> Generator[ServiceManager]:
    made = ServiceManager(address)
    yield made
    made.close()


@pytest.fixture
def notified(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)


@pytest.fixture
def upstream() -> Generator[RawUpstream]:
    def answer(call: Call) -> bytes:
        return ANSWER

    with RawUpstream(answer) as made:
        yield made


@pytest.mark.usefixtures("notified")
def test_it_is_ready_when_it_listens_and_says_how_the_token_is(
    manager: ServiceManager, upstream: RawUpstream
) -> None:
    with Program(upstream.url):
        said = manager.until(lambda said: any("token usable for" in line for line in said))
    assert said[0] == "READY=1"
    (words,) = (line for line in said if "token usable for" in line)
    assert words.startswith(f"STATUS=forwarding to {upstream.url} (local); token usable for ")


@pytest.mark.usefixtures("notified")
def test_without_a_token_it_is_ready_all_the_same_and_says_why(manager: ServiceManager) -> None:
    """A proxy that starts before its network must not be killed for it."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with Program(nobody, ready=False):
        said = manager.until(lambda said: any("last failure" in line for line in said))
    assert "READY=1" in said
    assert any("refused the connection" in line for line in said)


@pytest.mark.usefixtures("notified")
def test_a_hangup_is_a_reload_that_ends_with_the_renewal(
    manager: ServiceManager, upstream: RawUpstream
) -> None:
    with Program(upstream.url) as proxy:
        manager.until(lambda said: "READY=1" in said)
        manager.said.clear()
        proxy.process.send_signal(signal.SIGHUP)
        said = manager.until(lambda said: "READY=1" in said)
        assert said[said.index("RELOADING=1") + 1].startswith("MONOTONIC_USEC=")
        assert proxy.status()["token"]["cause"] == "operator"


@pytest.mark.usefixtures("notified")
def test_the_end_is_said_with_the_time_that_it_may_take(
    manager: ServiceManager, upstream: RawUpstream
) -> None:
    with Program(upstream.url, shutdown_grace=100, drain_delay=0.5) as proxy:
        assert proxy.stop() == 0
    said = manager.until(lambda said: "STOPPING=1" in said)
    assert said[said.index("STOPPING=1") + 1] == "EXTEND_TIMEOUT_USEC=105500000"


def test_the_watchdog_hears_from_the_event_loop_at_least_twice_in_its_time(
    manager: ServiceManager,
    address: str,
    upstream: RawUpstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    with Program(upstream.url):
        manager.until(lambda said: said.count("WATCHDOG=1") >= 3)


def test_a_watchdog_of_another_process_is_not_ours(
    manager: ServiceManager,
    address: str,
    upstream: RawUpstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (
        ("NOTIFY_SOCKET", address),
        ("WATCHDOG_USEC", "1000"),
        ("WATCHDOG_PID", "1"),
    ):
        monkeypatch.setenv(name, value)
    with Program(upstream.url):
        said = manager.until(lambda said: any("token usable for" in line for line in said))
    assert "WATCHDOG=1" not in said


def test_a_manager_that_is_gone_disturbs_nobody(
    upstream: RawUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "@nobody-listens-at-this-name")
    with Program(upstream.url) as proxy:
        assert ask(proxy.port, "/").status == 200
        assert proxy.stop() == 0


def handing(
    sock: socket.socket, upstream: RawUpstream, names: str = "callers", **settings: str
) -> Program:
    """Return the program with a socket handed over, as systemd would."""
    proxy = Program(
        upstream.url, ready=False, handed=[sock], listen=settings.pop("listen", None), **settings
    )
    proxy.env |= {"LISTEN_FDNAMES": names} if names else {}
    return proxy


def listening(host: str = "127.0.0.1") -> socket.socket:
    sock = socket.create_server((host, 0))
    sock.set_inheritable(True)
    return sock


def datagrams() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.set_inheritable(True)
    return sock


@pytest.mark.parametrize("names", ["callers", ""])
def test_callers_come_through_a_socket_that_was_handed_over(
    upstream: RawUpstream, names: str
) -> None:
    with listening() as sock, handing(sock, upstream, names) as proxy:
        proxy.until("/readyz")
        assert ask(sock.getsockname()[1], "/").status == 200


def test_it_outlives_the_process_so_that_callers_wait_instead_of_being_refused(
    upstream: RawUpstream,
) -> None:
    with listening() as sock:
        port = sock.getsockname()[1]
        with handing(sock, upstream) as proxy:
            proxy.until("/readyz")
            assert proxy.stop() == 0
        with socket.create_connection(("127.0.0.1", port)) as early:
            early.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            with handing(sock, upstream):
                assert early.recv(15) == b"HTTP/1.1 200 OK"


def test_commands_reach_each_of_two_sockets_for_them(upstream: RawUpstream, tmp_path: Path) -> None:
    """The kernel knows who asks on one; on the other they have the secret."""
    path = str(tmp_path / "admin.sock")
    with socket.socket(socket.AF_UNIX) as private, listening() as open_to_all:
        private.bind(path)
        private.listen()
        proxy = Program(
            upstream.url,
            ready=False,
            handed=[private, open_to_all],
            admin_listen=None,
            console=True,
        )
        proxy.env["LISTEN_FDNAMES"] = "admin:admin"
        proxy.admin_port = open_to_all.getsockname()[1]
        with proxy:
            for where in (f"unix:{path}", f"127.0.0.1:{proxy.admin_port}"):
                ended = command("status", f"--admin-listen={where}", cwd=tmp_path)
                assert ended.code in (0, 1), ended
                assert "ready" in ended.out
            opened = command(
                "console", f"--admin-listen=127.0.0.1:{proxy.admin_port}", cwd=tmp_path
            )
            assert opened.out.startswith(f"http://127.0.0.1:{proxy.admin_port}/#secret=")
            assert f"console --admin-listen 127.0.0.1:{proxy.admin_port}" in proxy.output


def test_a_listener_that_is_set_as_well_is_said_not_to_count(upstream: RawUpstream) -> None:
    with (
        listening() as sock,
        handing(sock, upstream, listen="127.0.0.1:1") as proxy,
    ):
        address = f"127.0.0.1:{sock.getsockname()[1]}"
        assert (
            "BREB_LISTEN (environment) is not used: the service manager passed a socket for"
            f" {address}" in (proxy.output)
        )


def test_sockets_for_another_process_are_left_alone(upstream: RawUpstream) -> None:
    own = free_port()
    with listening() as sock:
        proxy = handing(sock, upstream, listen=f"127.0.0.1:{own}")
        proxy.env["LISTEN_PID"] = "1"
        with proxy:
            proxy.until("/readyz")
            assert ask(own, "/").status == 200


@pytest.mark.parametrize(
    ("made", "names", "said"),
    [
        pytest.param(lambda: listening("0.0.0.0"), "callers", "BREB_CALLER_KEY", id="open"),
        pytest.param(listening, "calers", "LISTEN_FDNAMES: 'calers' is handed over", id="name"),
        pytest.param(datagrams, "callers", "not a listening stream socket", id="kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    upstream: RawUpstream, made: Callable[[], socket.socket], names: str, said: str
) -> None:
    """Most of all a socket that other machines reach, without a key."""
    with (
        made() as sock,
        pytest.raises(AssertionError, match=said),
        handing(sock, upstream, names),
    ):
        pass


def test_a_credential_that_is_missing_is_named_by_the_file_that_it_belongs_into(
    tmp_path: Path,
) -> None:
    """systemd gives an empty copy of what is not there."""
    (tmp_path / "BREB_CLIENT_ID").write_text("\n")
    (tmp_path / "BREB_CLIENT_SECRET").write_text("a-secret")
    source = "/etc/breb-proxy/production/credentials"
    ended = command(
        "serve", cwd=tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path), CREDENTIALS_SOURCE=source
    )
    assert ended.code == 2
    assert f"BREB_CLIENT_ID: {source}/BREB_CLIENT_ID is missing or empty" in ended.err
    assert "BREB_CLIENT_SECRET" not in ended.err
    elsewhere = command("serve", "--secrets-dir=.", cwd=tmp_path, CREDENTIALS_SOURCE=source)
    assert "BREB_CLIENT_ID: is empty" in elsewhere.err


def test_files_of_the_service_managers_credentials_are_settings(
    upstream: RawUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "BREB_CLIENT_ID").write_text("test-client")
    (tmp_path / "BREB_CALLER_KEY").write_text("the-key-of-the-callers")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with Program(upstream.url, client_id=None) as proxy:
        assert ask(proxy.port, "/").status == 403
