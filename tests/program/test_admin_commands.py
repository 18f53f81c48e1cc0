"""The commands that ask a running proxy: what they print, their exit codes, how they find it."""

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy import invocation
from proxy.addresses import ListenAddress
from proxy.admin import client as admin_client
from proxy.admin.access import Access
from proxy.cli.opening import opening
from proxy.cli.status_view import view
from proxy.settings.sources import locate
from proxy.terminal.screen import Screen
from proxy.words.durations import span
from tests.support import SECRET, Call, Program, RawUpstream, ask, free_port, token_reply
from tests.support.command import Ended, called, command, environment, on_terminal
from tests.support.patience import PATIENCE
from tests.support.spawner import start

COMMANDS = ["wait", "status", "console", "refresh", "quit"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url) as running:
        yield running


def ran(proxy: Program, *arguments: str, **settings: object) -> Ended:
    """Run a command that asks ``proxy``."""
    settings = {"BREB_ADMIN_LISTEN": f"127.0.0.1:{proxy.admin_port}", **settings}
    return command(*arguments, cwd=proxy.cwd, **settings)


def test_wait_ends_when_a_token_is_held(proxy: Program) -> None:
    ended = ran(proxy, "wait", "--timeout", "0")
    assert ended.code == 0
    assert ended.out.startswith("ready after ")


def test_wait_waits_for_a_proxy_that_is_not_there_yet(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        late = Program(upstream.url)
        waiting = subprocess.Popen(
            [sys.executable, "-m", "proxy", "wait", f"--admin-listen=127.0.0.1:{late.admin_port}"],
            cwd=tmp_path,
            env=environment({}),
            stdout=subprocess.PIPE,
            text=True,
        )
        with late:
            assert "ready after" in waiting.communicate(timeout=PATIENCE)[0]
        assert waiting.returncode == 0


def test_wait_says_why_there_is_no_token() -> None:
    with (
        RawUpstream(token=lambda _: b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        proxy.until("/readyz", 503)
        ended = ran(proxy, "wait", "--timeout", "0.5")
        where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
        options = ["--timeout=0.5", where]
        spanish = command("wait", *options, cwd=proxy.cwd, LANG="es_CO.UTF-8").err
    assert "breb-proxy: [!] último fallo: " in spanish
    assert ended.code == 1
    assert "breb-proxy: not ready after 0.5 s\n" in ended.err
    assert "last failure: the token endpoint answered 500" in ended.err


def test_wait_says_that_nothing_listens(tmp_path: Path) -> None:
    port = free_port()
    ended = command("wait", "--timeout=0.2", "--admin-listen", f"127.0.0.1:{port}", cwd=tmp_path)
    assert ended.code == 1
    assert f"nothing listens on 127.0.0.1:{port}" in ended.err


def test_a_person_who_reads_spanish_is_told_so_in_spanish(tmp_path: Path) -> None:
    where = f"127.0.0.1:{free_port()}"
    options = ["--admin-listen", where]
    ended = command("wait", "--timeout=0.2", *options, cwd=tmp_path, LANG="es_CO.UTF-8")
    assert ended.err.splitlines()[0] == "breb-proxy: no estuvo listo en 0,2 s"
    assert f"nada escucha en {where}: ¿está breb-proxy en marcha?" in ended.err


@pytest.mark.parametrize("value", ["-1", "soon", "1e9", "nan"])
def test_wait_takes_seconds_alone(tmp_path: Path, value: str) -> None:
    ended = command("wait", f"--timeout={value}", cwd=tmp_path)
    assert ended.code == 2
    assert "argument --timeout: must be a number of seconds" in ended.err


def test_status_is_readable(proxy: Program) -> None:
    ended = ran(proxy, "status")
    assert ended.code == 0
    first, empty, *rows = ended.out.splitlines()
    assert first == f"● ready  breb-proxy 1.0.0, pid {proxy.process.pid}"
    assert empty == ""
    found = dict(re.split(r"  +", row.strip(), maxsplit=1) for row in rows)
    assert found["token"].startswith("fresh: usable for 23 h")
    assert found["renewals"] == "1 start success"
    assert found["last failure"] == "none"
    assert len({row.index(found[name]) for name, row in zip(found, rows, strict=True)}) == 1


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        pytest.param(-0.9, "the same as this machine's", id="the rest of a Date's second"),
        pytest.param(-31.4, "-31.4 s from this machine's", id="another"),
    ],
)
def test_a_clock_is_called_another_only_where_a_date_can_tell(skew: float, words: str) -> None:
    text = view({"clock_skew": skew, "token": {}}, Screen(Paper(), {}))  # type: ignore[arg-type]
    assert f"server's clock  {words}" in text


def test_status_has_colours_on_a_terminal_alone(proxy: Program) -> None:
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    assert "\x1b[" in on_terminal("status", where, cwd=proxy.cwd).out
    assert "\x1b[" not in on_terminal("status", where, cwd=proxy.cwd, NO_COLOR="1").out
    assert "\x1b[" not in ran(proxy, "status").out


def test_status_for_a_program_is_the_whole_document(proxy: Program) -> None:
    ended = ran(proxy, "status", "--json")
    assert ended.code == 0
    assert json.loads(ended.out).keys() == proxy.status().keys()


def test_status_fails_while_there_is_no_token() -> None:
    with (
        RawUpstream(token=lambda _: b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        ended = ran(proxy, "status")
    assert ended.code == 1
    assert ended.out.startswith("● not ready")


def test_refresh_renews(proxy: Program) -> None:
    before = proxy.status()["token"]["token_id"]
    ended = ran(proxy, "refresh")
    assert ended.code == 0
    assert ended.out.startswith("renewed: usable for 23 h")
    assert proxy.status()["token"]["token_id"] != before


def test_refresh_says_why_it_failed_and_what_still_works() -> None:
    replies: Iterator[bytes] = iter([token_reply()])

    def once(call: Call) -> bytes:
        del call
        return next(replies, b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")

    with RawUpstream(token=once) as upstream, Program(upstream.url) as proxy:
        ended = ran(proxy, "refresh")
        advice = f"{called(proxy.cwd)} check\n"
    assert ended.code == 1
    assert "not renewed: the token endpoint refused the credentials: 401" in ended.err
    assert "the current token still works" in ended.err
    assert ended.err.endswith(advice)


def test_refresh_says_that_the_same_token_came_again() -> None:
    same = token_reply()
    with RawUpstream(token=lambda _: same) as upstream, Program(upstream.url) as proxy:
        ended = ran(proxy, "refresh")
    assert ended.code == 1
    assert "not renewed: the token endpoint gave the same token again" in ended.err


def test_refresh_without_any_token_says_so() -> None:
    with (
        RawUpstream(token=lambda _: b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        ended = ran(proxy, "refresh")
    assert ended.code == 1
    assert "there is no usable token" in ended.err


def test_quit_ends_the_proxy() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        ended = ran(proxy, "quit")
        assert (ended.code, ended.out) == (0, "shutting down: 0 exchanges under way may finish\n")
        assert proxy.process.wait(PATIENCE) == 0


@pytest.mark.needs("posix")
def test_commands_work_where_no_folder_can_be_written(tmp_path: Path) -> None:
    """As in a container with a read-only root: preStop ends the proxy all the same."""
    nowhere = {"XDG_RUNTIME_DIR": "/nonexistent", "TMPDIR": "/nonexistent"}
    with RawUpstream() as upstream:
        proxy = Program(upstream.url, console=True)
        proxy.env |= nowhere
        with proxy:
            assert proxy.secret == ""
            where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
            for name in ("status", "refresh", "quit"):
                assert command(name, where, cwd=tmp_path, **nowhere).code == 0
            assert proxy.process.wait(PATIENCE) == 0


def test_the_console_is_opened_once_by_the_address_that_is_printed(tmp_path: Path) -> None:
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        printed = ran(proxy, "console").out.strip()
        page, _, link = printed.partition("#secret=")
        assert page == f"http://127.0.0.1:{proxy.admin_port}/"
        given = [("Authorization", f"Bearer {link}")]
        assert ask(proxy.admin_port, "/console/api/har", fields=given).status == 401
        first = ask(proxy.admin_port, "/console/api/session", "POST", fields=given)
        secret = json.loads(first.body)["secret"]
        opened = [("Authorization", f"Bearer {secret}")]
        for fields in (given, opened):
            again = ask(proxy.admin_port, "/console/api/session", "POST", fields=fields)
            assert again.status == 401
        assert ask(proxy.admin_port, "/console/api/har", fields=opened).status == 200
        assert ask(proxy.admin_port, "/console/api/har").status == 401
        for known in (proxy.secret, secret, link):
            assert known not in proxy.output
    assert not list(tmp_path.iterdir())


def test_the_log_names_what_prints_the_address_and_holds_none() -> None:
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        (line,) = [line for line in proxy.output.splitlines() if "console" in line]
        said = json.loads(line)["message"]
        before, _, rest = said.partition(f"{called(proxy.cwd)} console ")
        assert before == "console: run "
        words = ["console", *rest.split()]
        assert f"127.0.0.1:{proxy.admin_port}/#secret=" in command(*words, cwd=proxy.cwd).out
        assert "secret=" not in proxy.output


@pytest.mark.needs("posix")
def test_a_terminal_alone_is_shown_the_address() -> None:
    where = ListenAddress.parse("127.0.0.1:8081")
    access = Access()
    ours = f"{invocation.command()} console"
    assert opening(where, access, Paper()).endswith(ours)  # type: ignore[arg-type]
    text = opening(where, access, Terminal())  # type: ignore[arg-type]
    page, _, link = text.partition("#secret=")
    assert page == "http://127.0.0.1:8081/"
    assert access.use(link)


def test_no_address_of_a_console_is_made_for_a_foreign_program(tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage"
    with RawUpstream(lambda _: page) as foreign:
        where = "--admin-listen=" + foreign.url.removeprefix("http://")
        ended = command("console", where, cwd=tmp_path)
    assert (ended.code, ended.out) == (4, "")
    assert "is not breb-proxy's admin listener" in ended.err


def test_a_console_that_is_off_is_said_so(proxy: Program) -> None:
    ended = ran(proxy, "console")
    assert ended.code == 1
    assert ended.err == (
        "breb-proxy: the console is off: set BREB_CONSOLE=true, or start with --console\n"
    )


@pytest.mark.needs("posix")
def test_commands_reach_a_unix_socket(tmp_path: Path) -> None:
    where = f"unix:{tmp_path}/admin.sock"
    settings = {
        "BREB_CLIENT_ID": "test-client",
        "BREB_CLIENT_SECRET": SECRET,
        "BREB_LISTEN": f"unix:{tmp_path}/callers.sock",
        "BREB_ADMIN_LISTEN": where,
    }
    with RawUpstream() as upstream, Path(os.devnull).open("r+b") as nothing:
        serving = start(
            ("serve", "--log-level=error"),
            cwd=tmp_path,
            env=environment({**settings, "BREB_BASE_URL": upstream.url}),
            streams=(nothing.fileno(), nothing.fileno(), nothing.fileno()),
        )
        try:
            assert command("wait", cwd=tmp_path, BREB_ADMIN_LISTEN=where).code == 0
            assert command("status", cwd=tmp_path, BREB_ADMIN_LISTEN=where).code == 0
            assert command("refresh", cwd=tmp_path, BREB_ADMIN_LISTEN=where).code == 0
            browser = command("console", cwd=tmp_path, BREB_ADMIN_LISTEN=where)
            assert (browser.code, "which browsers cannot open" in browser.err) == (1, True)
            assert command("quit", cwd=tmp_path, BREB_ADMIN_LISTEN=where).code == 0
            assert serving.wait(PATIENCE) == 0
        finally:
            serving.kill()


@pytest.mark.parametrize("name", COMMANDS[1:])
def test_a_proxy_that_is_not_there_is_exit_code_four(tmp_path: Path, name: str) -> None:
    none = "127.0.0.1:9" if sys.platform == "win32" else f"unix:{tmp_path}/none"
    ended = command(name, f"--admin-listen={none}", cwd=tmp_path)
    assert ended.code == 4
    assert ended.err.startswith(f"breb-proxy: nothing listens on {none}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_an_address_that_is_none_is_usage(tmp_path: Path, name: str) -> None:
    ended = command(name, cwd=tmp_path, BREB_ADMIN_LISTEN="8081")
    assert ended.code == 2
    assert ended.err.startswith("breb-proxy: BREB_ADMIN_LISTEN: must be host:port")


class Stranger(http.server.BaseHTTPRequestHandler):
    """Another server, which answers everything."""

    def do_GET(self) -> None:
        self.send_response(int(self.headers.get("X-Status", "200")))
        self.end_headers()
        self.wfile.write(b"[]")

    do_POST = do_GET  # noqa: N815  http.server's name

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(("name", "code"), [("wait", 1), ("status", 4), ("quit", 4)])
def test_another_server_is_not_taken_for_ours(tmp_path: Path, name: str, code: int) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"--admin-listen=127.0.0.1:{server.server_port}"
        words = [name, where, *(["--timeout=0"] if name == "wait" else [])]
        ended = command(*words, cwd=tmp_path)
        server.shutdown()
    assert ended.code == code
    assert "is not breb-proxy's admin listener" in ended.err


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(
            b"220 smtp ready\r\n",
            "admin listener: it does not answer in HTTP",
            id="mail",
        ),
        pytest.param(b"", "closed connection without response", id="hangs up"),
        pytest.param(
            b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nnot here\n", "it answered 403", id="403"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\nConnection: close\r\n\r\n" + b"x" * 64,
            "Connection reset by peer",
            id="closes after the proof",
        ),
    ],
)
def test_whatever_else_answers_is_told(tmp_path: Path, reply: bytes, says: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            sock, _ = server.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(reply)

        threading.Thread(target=answer, daemon=True).start()
        where = f"--admin-listen=127.0.0.1:{server.getsockname()[1]}"
        ended = command("status", where, cwd=tmp_path)
    assert ended.code == 4
    assert says.lower() in ended.err.lower()


def test_a_server_that_stays_silent_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = command("status", f"--admin-listen=127.0.0.1:{port}", cwd=tmp_path)
    assert ended.code == 4
    assert ended.err == f"breb-proxy: no response from 127.0.0.1:{port} within 5 s\n"


@pytest.mark.needs("posix")
def test_a_socket_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file" / "x").parent.write_text("")
    with pytest.raises(admin_client.Unreached, match=r"cannot reach"):
        admin_client.ask(ListenAddress("", 0, f"{tmp_path}/file/x"), "GET", "/", 1)


class Places:
    """The places where the admin listener's address may stand, from weakest to strongest."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        self.file = folder / "some.env"
        self.file.touch()

    def find(self, flag: str | None = None, **environment: str) -> str:
        sources = locate(str(self.file), str(self.secrets), environment)
        return str(admin_client.address(flag, sources))


def test_the_address_comes_from_the_strongest_source(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert places.find() == "127.0.0.1:8081"
    (places.secrets / "breb_admin_listen").write_text("127.0.0.1:1\n")
    assert places.find() == "127.0.0.1:1"
    places.file.write_text("# ours\nexport BREB_ADMIN_LISTEN = '127.0.0.1:2' # two\n")
    assert places.find() == "127.0.0.1:2"
    assert places.find(breb_admin_listen="127.0.0.1:3") == "127.0.0.1:3"
    assert places.find("127.0.0.1:4", BREB_ADMIN_LISTEN="127.0.0.1:3") == "127.0.0.1:4"


def test_empty_sources_do_not_count(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.file.write_text("BREB_ADMIN_LISTEN=\n")
    assert places.find("", BREB_ADMIN_LISTEN="") == "127.0.0.1:8081"


def test_the_files_may_be_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.env").write_text("BREB_ADMIN_LISTEN=127.0.0.1:5\n")
    (tmp_path / "breb_admin_listen").write_text("127.0.0.1:6")
    by_file = {"BREB_ENV_FILE": str(tmp_path / "x.env")}
    assert str(admin_client.address(None, locate(None, None, by_file))) == "127.0.0.1:5"
    by_folder = {"BREB_SECRETS_DIR": str(tmp_path)}
    assert str(admin_client.address(None, locate(None, None, by_folder))) == "127.0.0.1:6"


@pytest.mark.parametrize("name", ["status", "quit", "tokens", "ledger"])
def test_no_command_takes_a_default_for_what_it_cannot_read(tmp_path: Path, name: str) -> None:
    """The default address may be another proxy's."""
    (tmp_path / ".env").mkdir()
    ended = command(name, cwd=tmp_path)
    assert (ended.code, ended.err) == (2, "breb-proxy: .env: is not a regular file\n")
    ended = command(name, "--env-file=mistyped.env", cwd=tmp_path)
    assert (ended.code, ended.err) == (2, "breb-proxy: BREB_ENV_FILE: no such file: mistyped.env\n")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_an_empty_document(body: bytes) -> None:
    assert admin_client.AdminReply(200, body, ListenAddress("", 0)).document == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0123, "12 ms"),
        (1.26, "1.3 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3661, "1 h 1 min"),
        (86_400, "24 h 0 min"),
        (200_000, "2 days 7 h"),
    ],
)
def test_durations_are_worded_for_people(seconds: float, words: str) -> None:
    assert span(seconds) == words


class Paper:
    """A stream that is no terminal and has ASCII alone."""

    encoding = "ascii"

    def isatty(self) -> bool:
        return False


class Terminal(Paper):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


def test_status_is_in_spanish_where_the_terminal_is(proxy: Program) -> None:
    where = f"--admin-listen=127.0.0.1:{proxy.admin_port}"
    ended = command("status", where, cwd=proxy.cwd, LANG="es_CO.UTF-8")
    rows = dict(re.split(r"  +", row.strip(), maxsplit=1) for row in ended.out.splitlines()[2:])
    assert ended.out.startswith("● listo  breb-proxy ")
    assert rows["token"].startswith("vigente: válido por 23 h")
    assert rows["renovaciones"].startswith("1 al inicio con éxito")
    assert rows["conexiones"].endswith("en uso, 0 abriéndose, 0 en espera")
    assert (rows["último fallo"], rows["peticiones"]) == ("ninguno", "0 en curso")
    renewed = command("refresh", where, cwd=proxy.cwd, LANG="es_CO.UTF-8")
    assert renewed.out.startswith("renovado: válido por 23 h")


@pytest.mark.parametrize("state", ["none", "expired", "failing", "renewing"])
def test_the_view_stands_with_whatever_is_known(state: str) -> None:
    """An older or newer proxy may tell less or more."""
    screen = Screen(Paper(), {})  # type: ignore[arg-type]
    text = view(
        {"draining": True, "clock_skew": -2, "token": {"state": state, "waiting": 3}}, screen
    )
    assert text.startswith("* draining")
    assert state in text
    assert "3 for a token" in text
    assert "-2.0 s from this machine's" in text
    text.encode("ascii")
