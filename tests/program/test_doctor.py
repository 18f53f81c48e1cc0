"""The doctor, as a process, against the simulator and against all kinds of broken things."""

import asyncio
import contextlib
import datetime
import email.utils
import json
import re
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from proxy.addresses import Url
from proxy.doctor import calls, certificate
from proxy.doctor.network_check import NetworkCheck
from proxy.doctor.steps import Finding, Outcome
from proxy.errors import CertificateRefused
from proxy.upstream.tls import tls_context
from tests.support import CALLER_KEY, SECRET, Call, Program, RawUpstream, free_port, token_reply
from tests.support.acceptor import Acceptor
from tests.support.command import Ended, called, command, on_terminal
from tests.support.simulator import simulator
from tests.support.wire import Reader, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with simulator() as url:
        yield url


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Corporate Inspection")


def settings(base_url: str, **more: object) -> dict[str, object]:
    """Return an environment in which all is well, but for ``more``; None takes one away."""
    values = {
        "BREB_BASE_URL": base_url,
        "BREB_CLIENT_ID": "test-client",
        "BREB_CLIENT_SECRET": SECRET,
        "BREB_LISTEN": f"127.0.0.1:{free_port()}",
        "BREB_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
        **{f"BREB_{name}": value for name, value in more.items()},
    }
    return {name: value for name, value in values.items() if value is not None}


class Examined:
    """The JSON report, by step."""

    def __init__(self, ended: Ended) -> None:
        self.code = ended.code
        self.document: dict[str, Any] = json.loads(ended.out)
        self.steps = {step["name"]: step for step in self.document["steps"]}

    def outcomes(self, *but: str) -> set[str]:
        return {step["outcome"] for name, step in self.steps.items() if name not in but}

    def __getitem__(self, name: str) -> dict[str, Any]:
        step: dict[str, Any] = self.steps[name]
        return step


def examine(cwd: Path, base_url: str, *flags: str, **more: object) -> Examined:
    return Examined(command("check", "--json", *flags, cwd=cwd, **settings(base_url, **more)))


def answered(status: str, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


def answering(answer: Callable[[Call], bytes | None] | bytes, token: bytes = b"") -> RawUpstream:
    """Return an upstream with a good token endpoint, and ``answer`` to all that is no POST."""

    def judge(call: Call) -> bytes | None:
        if call.method == "POST":
            return token or token_reply()
        return answer(call) if callable(answer) else answer

    return RawUpstream(answer, token=judge)


# -- when all is well ------------------------------------------------------------------------


def test_all_is_well(sandbox: str, tmp_path: Path) -> None:
    ended = command("check", cwd=tmp_path, **settings(sandbox))
    assert ended.code == 0, ended.both
    assert ended.out.rstrip().splitlines()[-1].startswith("✓ everything works (12 steps in ")
    assert "✗" not in ended.out
    assert "\x1b[" not in ended.out
    assert ended.err == ""


def test_a_reader_of_spanish_gets_a_report_in_spanish(sandbox: str, tmp_path: Path) -> None:
    spanish = {**settings(sandbox, DENY="GET /v1/*"), "LC_ALL": "es_CO.UTF-8"}
    ended = command("check", cwd=tmp_path, **spanish)
    assert ended.code == 1
    assert "ajustes\n" in ended.out
    assert "✓ credenciales" in ended.out
    assert "403 del proxy: la regla GET /v1/* de BREB_DENY prohíbe" in " ".join(ended.out.split())
    assert "→ si debe pasar, cambie BREB_DENY" in ended.out
    assert "✗ fallas: 1; empiece por de extremo a extremo, petición (12 pasos en " in ended.out
    examined = Examined(command("check", "--json", cwd=tmp_path, **spanish))
    assert examined["request"]["advice"] == "if it should pass, change BREB_DENY"


def test_the_report_for_a_program_says_the_same(sandbox: str, tmp_path: Path) -> None:
    found = examine(tmp_path, sandbox)
    assert found.code == 0
    assert found.document["ok"] is True
    assert found.outcomes() == {"ok"}
    assert found["token"]["facts"]["lifetime"] == 86400
    assert "iam.oauth.tokens.get" in found["token"]["facts"]["scopes"]
    token_id = found["token"]["facts"]["token_id"]
    assert found["request"]["facts"] == {
        "path": f"/v1/iam/oauth/tokens/{token_id}",
        "status": 200,
    }


def test_a_program_gets_a_document_whatever_is_found(tmp_path: Path) -> None:
    found = Examined(command("check", "--json", "--env-file=none", cwd=tmp_path))
    assert (found.code, found.document["ok"]) == (2, False)
    assert found["settings"]["advice"] == "BREB_ENV_FILE: no such file: none"


def test_a_ticket_has_what_a_supporter_asks_for_and_no_secret(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox, CALLER_KEY=CALLER_KEY, DENY="DELETE /*")
    assert {"version", "python", "system", "time", "ok", "seconds"} < found.document.keys()
    facts = found["settings"]["facts"]
    assert facts["BREB_BASE_URL"] == {"from": "environment", "value": sandbox}
    assert facts["BREB_DENY"]["value"] == "DELETE /*"
    for name in ("BREB_CLIENT_ID", "BREB_CLIENT_SECRET", "BREB_CALLER_KEY"):
        assert facts[name] == {"from": "environment", "value": "set, never shown"}


def test_the_request_goes_the_whole_way_with_the_token(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        found = examine(tmp_path, upstream.url, "--path=/v1/keys?a=b%2Fc")
        (call,) = upstream.requests
        (asked,) = upstream.tokens_asked
        revoked = [c for c in upstream.calls if c.method == "DELETE"]
    assert found["request"]["facts"]["path"] == "/v1/keys?a=b%2Fc"
    assert call.target == b"/v1/keys?a=b%2Fc"
    assert call.values("authorization")[0].startswith(b"Bearer ")
    assert json.loads(asked.body)["client_secret"] == SECRET
    assert len(revoked) == 1


def test_callers_keys_are_used_where_they_are_set(sandbox: str, tmp_path: Path) -> None:
    found = examine(tmp_path, sandbox, CALLER_KEY=CALLER_KEY)
    assert found.outcomes() == {"ok"}


@pytest.mark.needs("posix")
def test_what_goes_on_is_cut_to_the_terminal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        other = f"https://localhost:{silent.getsockname()[1]}/t"
        given = settings(url, TOKEN_URL=other, CONNECT_TIMEOUT=0.5)
        ended = on_terminal("check", cwd=tmp_path, COLUMNS=40, **given)
    plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", ended.out)
    shown = re.findall(r"\r( +[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] [^\r\n]*)", plain)
    assert any("upstream TLS, token endpo" in line for line in shown)
    assert max(len(line) for line in shown) < 40


@pytest.mark.needs("posix")
def test_on_a_terminal_it_shows_colours_and_progress(tmp_path: Path) -> None:
    def slowly(call: Call) -> bytes:
        del call
        time.sleep(0.4)
        return token_reply()

    with RawUpstream(token=slowly) as upstream:
        ended = on_terminal("check", cwd=tmp_path, **settings(upstream.url))
    assert ended.code == 0
    assert "\x1b[32m✓\x1b[0m" in ended.out
    assert re.search(r"\r  \x1b\[36m[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]\x1b\[0m access token token", ended.out)


@pytest.mark.needs("posix")  # on Windows what goes to no terminal is UTF-8
def test_it_can_be_read_where_there_is_ascii_alone(sandbox: str, tmp_path: Path) -> None:
    ended = command("check", cwd=tmp_path, PYTHONIOENCODING="ascii", **settings(sandbox))
    assert "  ok TLS" in ended.out
    assert ended.out.isascii()


def test_the_picture_in_the_documentation_is_up_to_date(sandbox: str, tmp_path: Path) -> None:
    """Run python -m tools.screens after a change of what is shown."""
    ended = command("check", cwd=tmp_path, **settings(sandbox))
    picture = (Path(__file__).parents[2] / "docs" / "images" / "check.svg").read_text("utf-8")
    drawn = re.findall(r">([^<]+)</text>", picture)
    for title in re.findall(r"^  ✓ (\S+(?: \S+)*) ", ended.out, re.MULTILINE):
        assert title in drawn
    assert "✓ everything works" in drawn


# -- settings --------------------------------------------------------------------------------


def test_it_tells_where_each_setting_comes_from_and_no_secret(tmp_path: Path, sandbox: str) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "breb_client_secret").write_text(f"{SECRET}\n")
    (secrets / "breb_caller_key").write_text(f"{CALLER_KEY},shop:another-key-of-the-tests\n")
    (tmp_path / ".env").write_text("BREB_CLIENT_ID=test-client\nBREB_DENY=DELETE /x,PUT /*\n")
    ended = command(
        "check",
        f"--secrets-dir={secrets}",
        "--read-timeout=7",
        cwd=tmp_path,
        **settings(sandbox, CLIENT_ID=None, CLIENT_SECRET=None),
    )
    assert ended.code == 0, ended.both
    rows = dict(re.findall(r"^ {27}(BREB_\w+|\.env) +(.*)$", ended.out, re.MULTILINE))
    assert rows[".env"] == "read"
    assert rows["BREB_CLIENT_ID"] == "set, 8 to 15 characters, from .env"
    assert rows["BREB_CLIENT_SECRET"] == f"set, 16 to 31 characters, from {secrets}"
    assert rows["BREB_CALLER_KEY"] == f"2 set (default, shop), from {secrets}"
    assert rows["BREB_DENY"] == "DELETE /x,PUT /*, from .env"
    assert rows["BREB_READ_TIMEOUT"] == "7.0, from flag"
    assert rows["BREB_BASE_URL"] == f"{sandbox}, from environment"
    assert "BREB_LOG_LEVEL" not in rows


def test_settings_that_cannot_be_used_are_all_told_and_nothing_is_tried(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        bad = {"LISTEN": "8080", "READ_TIMEOUT": "never"}
        found = examine(tmp_path, upstream.url, **bad)
        assert upstream.connections == 0
    assert found.code == 2
    assert set(found.steps) == {"settings", "names", "credentials"}
    assert "BREB_LISTEN: must be host:port" in found["settings"]["advice"]
    assert "BREB_READ_TIMEOUT: " in found["settings"]["advice"]


def test_unknown_names_get_a_hint_wherever_they_stand(tmp_path: Path, sandbox: str) -> None:
    (tmp_path / ".env").write_text("BREB_CLIENT_SECRT=x\n")
    found = examine(tmp_path, sandbox, LISTN="x", SERVICE_HOST="10.0.0.1")
    assert found.code == 0
    assert found["names"]["outcome"] == "warning"
    assert found["names"]["facts"]["unknown"] == [
        "BREB_LISTN: no such setting; did you mean BREB_LISTEN? (environment)",
        "BREB_CLIENT_SECRT: no such setting; did you mean BREB_CLIENT_SECRET? (.env)",
    ]


def test_missing_credentials_do_not_keep_the_network_from_being_examined(
    tmp_path: Path, sandbox: str
) -> None:
    found = examine(tmp_path, sandbox, CLIENT_ID=None, CLIENT_SECRET=None)
    assert found.code == 1
    assert found["credentials"]["says"] == "BREB_CLIENT_ID and BREB_CLIENT_SECRET are not set"
    assert found["credentials"]["advice"].endswith(f": {called(tmp_path)} demo")
    assert found["upstream.tcp"]["outcome"] == "ok"
    assert found["token"]["says"] == "not tried: no credentials"


def test_credentials_under_other_names_are_found(tmp_path: Path, sandbox: str) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "client_secret").write_text("x")
    ended = command(
        "check",
        "--json",
        f"--secrets-dir={secrets}",
        cwd=tmp_path,
        PASSPORT_CLIENT_ID="x",
        **settings(sandbox, CLIENT_SECRET=None),
    )
    advice = Examined(ended)["credentials"]["advice"]
    assert advice == (
        f"BREB_CLIENT_SECRET is not set, but {secrets} has client_secret: rename it to"
        " BREB_CLIENT_SECRET"
    )
    (tmp_path / ".env").write_text("CLIENT_ID=x\nOTHER=y\n")
    found = examine(tmp_path, sandbox, CLIENT_ID=None, CLIENT_SECRET=None)
    assert found["credentials"]["advice"] == (
        "BREB_CLIENT_ID is not set, but .env has CLIENT_ID: rename it to BREB_CLIENT_ID"
    )


def test_slips_in_the_file_itself_are_told(tmp_path: Path, sandbox: str) -> None:
    file = tmp_path / ".env"
    file.write_text(
        f"BREB_CLIENT_SECRET={SECRET}\nBREB_READ_TIMEOUT=5\nBREB_READ_TIMEOUT=6\nno setting\n"
        "BREB_REDACT='a${NOPE}'\n"
    )
    file.chmod(0o644)
    found = examine(tmp_path, sandbox)
    assert found.code == 0
    assert found["file"]["outcome"] == "warning"
    stray, cut, twice, readers = found["file"]["advice"].split("\n")
    assert stray == ".env: line 4 cannot be read; write NAME=value, and close all quotes"
    assert cut.startswith("BREB_REDACT: its value in .env contains ${...}")
    assert twice == "BREB_READ_TIMEOUT: set 2 times in .env; the last one is used"
    if sys.platform == "win32":
        assert re.match(r'others can read \.env \(.+\): icacls "\.env" ', readers)
    else:
        assert readers == "other users of this machine can read .env: chmod 600 .env"
    file.write_text("BREB_READ_TIMEOUT=5\n")
    assert examine(tmp_path, sandbox)["file"]["outcome"] == "ok"


def test_an_upstream_that_is_named_but_empty_is_told(tmp_path: Path) -> None:
    given = {"TOKEN_URL": "http://127.0.0.1:1/t", "CONNECT_TIMEOUT": "1"}
    found = examine(tmp_path, "", **given)
    assert found["settings"]["outcome"] == "warning"
    assert found["settings"]["says"] == "BREB_BASE_URL is set but empty (environment)"


def test_names_that_kubernetes_made_are_not_called_settings(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox, PORT="tcp://10.0.0.1:80")
    assert found["names"]["says"] == "every other name is a setting; Kubernetes set BREB_PORT"
    assert found["names"]["facts"] == {"over": ["BREB_PORT"]}


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        pytest.param("<your secret>", "looks like an example", id="example"),
        pytest.param(
            "BREB_CLIENT_SECRET=abcd",
            "begins with a setting's name; write only the value",
            id="a whole line",
        ),
        pytest.param("ab cd", "contains spaces or quotes", id="blank"),
        pytest.param("'abcd'", "contains spaces or quotes", id="quotes"),
        pytest.param(
            "“abcd”",
            "contains characters that are not ASCII, such as the quotes of a text editor",
            id="typographic quotes",
        ),
        pytest.param("x " * 40, "contains spaces or quotes", id="long"),
    ],
)
def test_credentials_that_cannot_be_real_are_doubted(
    tmp_path: Path, secret: str, says: str
) -> None:
    with RawUpstream() as upstream:
        given = settings(upstream.url, CLIENT_SECRET=secret)
        found = Examined(command("check", "--json", cwd=tmp_path, **given))
        assert secret not in command("check", cwd=tmp_path, **given).out
    assert found["credentials"]["outcome"] == "warning"
    assert found["credentials"]["says"] == f"BREB_CLIENT_SECRET {says}"
    assert secret not in json.dumps(found.document)


def test_what_is_suspect_is_where_to_start(tmp_path: Path, sandbox: str) -> None:
    """The token endpoint refuses them, but the cause stands further up."""
    given = settings(sandbox, CLIENT_ID="“id”", CLIENT_SECRET="a b")
    ended = command("check", cwd=tmp_path, **given)
    assert "✗ 1 failed; start with settings, credentials" in ended.out
    said = " ".join(ended.out.split())
    assert "BREB_CLIENT_ID contains characters that are not ASCII" in said
    assert "BREB_CLIENT_SECRET contains spaces or quotes" in said


def test_a_credential_that_is_empty_is_told(tmp_path: Path, sandbox: str) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "breb_client_secret").write_text("\n")
    ended = command(
        "check",
        "--json",
        f"--secrets-dir={secrets}",
        cwd=tmp_path,
        **settings(sandbox, CLIENT_SECRET=None),
    )
    found = Examined(ended)
    assert found.code == 2
    assert "BREB_CLIENT_SECRET: is empty" in found["settings"]["advice"]
    assert found["credentials"]["outcome"] == "failed"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/iam/oauth/tokens", "/v1/payments/breb"])
def test_a_base_url_that_ends_in_a_path_of_the_api_is_an_error(tmp_path: Path, path: str) -> None:
    with RawUpstream() as upstream:
        found = examine(tmp_path, f"{upstream.url}/gateway{path}")
    assert found.code == 2
    assert found["settings"]["outcome"] == "failed"
    assert found["settings"]["says"].endswith(path.rstrip("/"))
    advice = found["settings"]["advice"]
    assert advice.endswith(f"write BREB_BASE_URL={upstream.url}/gateway")
    assert found["token"]["outcome"] == "ok"


@pytest.mark.parametrize("path", ["v1/keys", "/v1/keys x", "/clave/ñ", "/a\nb"])
def test_a_path_that_is_none_is_usage(tmp_path: Path, path: str) -> None:
    ended = command("check", f"--path={path}", cwd=tmp_path)
    assert ended.code == 2
    assert "argument --path: must be a path as in a URL" in ended.err


# -- network and TLS -------------------------------------------------------------------------


def test_a_host_without_an_address_is_told(tmp_path: Path) -> None:
    found = examine(tmp_path, f"https://{'a' * 64}.example")
    assert found.code == 1
    assert found["upstream.dns"]["outcome"] == "failed"
    assert "BREB_BASE_URL" in found["upstream.dns"]["advice"]
    assert found["upstream.tls"]["outcome"] == found["token"]["outcome"] == "skipped"


def test_words_are_wrapped_to_the_terminal(tmp_path: Path) -> None:
    given = settings(f"https://{'a' * 64}.example")
    ended = command("check", cwd=tmp_path, COLUMNS="70", **given)
    assert re.search(r"\n {27}→ check the host in .*\n {29}\S", ended.out)


@pytest.mark.needs("posix")
@pytest.mark.parametrize("columns", [60, 80, 130])
def test_nothing_runs_over_the_edge_of_a_terminal(tmp_path: Path, columns: int) -> None:
    (tmp_path / ".env").write_text("BREB_ALLOWED_HOSTS=one.example,two.example\n")
    with RawUpstream() as upstream:
        given = settings(upstream.url) | {"COLUMNS": columns}
        ended = on_terminal("check", "--path=/v1/keys", cwd=tmp_path, **given)
    plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", ended.out)
    assert max(len(line) for line in re.split(r"[\r\n]+", plain)) <= columns
    said = " ".join(plain.split())  # broken or not, all is there
    assert "BREB_ALLOWED_HOSTS one.example,two.example, from .env" in said
    assert f"BREB_BASE_URL {upstream.url}, from environment" in said


@pytest.mark.needs("posix")
def test_nor_does_the_last_line_of_a_failure(tmp_path: Path, sandbox: str) -> None:
    given = settings(sandbox, DENY="GET /v1/*") | {"COLUMNS": 60}
    ended = on_terminal("check", cwd=tmp_path, **given)
    *_, told, took = re.sub(r"\x1b\[[0-9;]*[mK]", "", ended.out).rstrip().splitlines()
    assert told.endswith("1 failed; start with end to end, request")
    assert re.fullmatch(r"\(12 steps in .*\)", took)


def test_no_route_to_the_host_is_told() -> None:
    """The broadcast address takes no connections: the system says so at once."""

    async def connect() -> Finding:
        check = NetworkCheck(
            Url.parse("https://255.255.255.255"), "BREB_BASE_URL", 1, tls_context()
        )
        await check.name()
        return await check.connection()

    found = asyncio.run(connect())
    assert found.outcome is Outcome.FAILED
    assert str(found.says).startswith("cannot reach 255.255.255.255 port 443 (")
    assert "BREB_EGRESS_PROXY" in str(found.advice[-1])


def test_plain_http_beyond_this_machine_is_doubted() -> None:
    check = NetworkCheck(Url.parse("http://upstream.example"), "BREB_BASE_URL", 1, tls_context())
    found = asyncio.run(check.tls())
    assert found.outcome is Outcome.WARNING
    assert list(map(str, found.advice)) == ["use https in BREB_BASE_URL"]


def test_a_name_that_comes_too_late_changes_nothing() -> None:
    async def leave_early() -> None:
        check = NetworkCheck(Url.parse("https://localhost"), "BREB_BASE_URL", 1, tls_context())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await check.name()
        while threading.active_count() > before:  # noqa: ASYNC110  a thread sets no event
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)

    before = threading.active_count()
    asyncio.run(leave_early())


def test_a_handshake_that_nobody_answers_ends_the_step_as_its_own_time_out_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = Url.parse(f"https://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TimeoutError):
            asyncio.run(NetworkCheck(origin, "BREB_BASE_URL", 0.05, tls_context()).tls())


def test_a_certificate_that_cannot_be_seen_is_no_failure_of_its_own() -> None:
    nobody = Url.parse(f"https://127.0.0.1:{free_port()}")
    assert asyncio.run(certificate.shown(nobody, 1, None)) is None


def test_an_unusual_verdict_asks_for_caution() -> None:
    error = CertificateRefused("certificate of x: something new")
    assert "do not trust this network" in str(certificate.advice(error, None, "BREB_BASE_URL"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}"])
def test_a_refusal_without_words_is_still_one(body: bytes) -> None:
    found = calls._refused_here("/", 403, body, {})
    assert (found.outcome, str(found.says)) == (
        Outcome.FAILED,
        "GET /: 403 from the proxy: the proxy refused",
    )


def test_a_refused_port_is_told(tmp_path: Path) -> None:
    port = free_port()
    ended = command("check", cwd=tmp_path, **settings(f"http://127.0.0.1:{port}"))
    assert ended.code == 1
    assert f"127.0.0.1 port {port} refuses connections" in ended.out
    said = " ".join(ended.out.split())  # where lines are broken depends on the terminal
    assert "→ check the host and port in BREB_BASE_URL, and whether the server is running" in said
    assert "✗ 1 failed; start with upstream, TCP" in ended.out


def test_the_token_endpoint_is_examined_where_it_is_another_host(
    tmp_path: Path, sandbox: str
) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1/iam/oauth/tokens"
    found = examine(tmp_path, sandbox, TOKEN_URL=url)
    assert found.code == 1
    assert found["upstream.tcp"]["outcome"] == "ok"
    assert found["token_endpoint.tcp"]["outcome"] == "failed"
    assert "BREB_TOKEN_URL" in found["token_endpoint.tcp"]["advice"]
    assert found["token"]["says"] == "not tried: the token endpoint cannot be reached"


def test_without_an_upstream_the_token_is_still_tried(tmp_path: Path, sandbox: str) -> None:
    base = f"http://127.0.0.1:{free_port()}"
    found = examine(tmp_path, base, TOKEN_URL=f"{sandbox}/v1/iam/oauth/tokens")
    assert found["token"]["outcome"] == "ok"
    assert found["request"]["says"] == "not tried: the upstream cannot be reached"
    assert found["revoke"]["outcome"] == "ok"


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def trusted(authority: trustme.CA, folder: Path) -> Path:
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def test_a_trusted_certificate_is_shown(tmp_path: Path, authority: trustme.CA) -> None:
    tls = server_context(authority.issue_cert("localhost"))
    with simulator(tls) as url:
        found = examine(tmp_path, url, CA_BUNDLE=trusted(authority, tmp_path))
    assert found.outcomes() == {"ok"}
    facts = found["upstream.tls"]["facts"]
    assert facts["issuer"] == "Corporate Inspection"
    assert facts["names"] == ["localhost"]
    assert facts["version"] == "TLSv1.3"


def test_an_untrusted_certificate_is_explained(tmp_path: Path, authority: trustme.CA) -> None:
    tls = server_context(authority.issue_cert("localhost"))
    with RawUpstream(tls=tls) as upstream:
        found = examine(tmp_path, upstream.url)
        assert upstream.calls == []
    assert found.code == 1
    step = found["upstream.tls"]
    assert step["outcome"] == "failed"
    assert "(issued by " in step["says"]
    assert step["facts"]["issuer"] == "Corporate Inspection"
    assert "BREB_CA_BUNDLE" in step["advice"]


def test_a_certificate_for_another_host_is_explained(tmp_path: Path, authority: trustme.CA) -> None:
    tls = server_context(authority.issue_cert("other.example"))
    with RawUpstream(tls=tls) as upstream:
        found = examine(tmp_path, upstream.url, CA_BUNDLE=trusted(authority, tmp_path))
    advice = "the certificate is for other.example: check the host in BREB_BASE_URL"
    assert found["upstream.tls"]["advice"] == advice


def test_a_certificate_that_is_over_is_explained(tmp_path: Path, authority: trustme.CA) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    tls = server_context(authority.issue_cert("localhost", not_after=past))
    with RawUpstream(tls=tls) as upstream:
        found = examine(tmp_path, upstream.url, CA_BUNDLE=trusted(authority, tmp_path))
    step = found["upstream.tls"]
    assert step["outcome"] == "failed"
    assert "expired" in step["says"]
    assert "this machine's date" in step["advice"]
    assert -4 < step["facts"]["days_left"] < -2


def test_a_certificate_that_is_soon_over_is_doubted(tmp_path: Path, authority: trustme.CA) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=5)
    tls = server_context(authority.issue_cert("localhost", not_after=soon))
    with RawUpstream(tls=tls) as upstream:
        found = examine(tmp_path, upstream.url, CA_BUNDLE=trusted(authority, tmp_path))
    assert found.code == 0
    assert found["upstream.tls"]["outcome"] == "warning"


def test_a_port_that_speaks_no_tls_is_told(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox.replace("http://", "https://"))
    assert found["upstream.tls"]["outcome"] == "failed"
    assert found["upstream.tls"]["advice"] == (
        "that port does not use TLS: check the scheme and port in BREB_BASE_URL"
    )


def test_a_server_that_swallows_everything_costs_one_time_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        found = examine(tmp_path, url, CONNECT_TIMEOUT=1, TOKEN_TIMEOUT=1)
    assert found.code == 1
    assert found["upstream.tls"]["outcome"] == "failed"
    assert "within 1 s" in found["upstream.tls"]["says"]
    assert "check the scheme and port in BREB_BASE_URL" in found["upstream.tls"]["advice"]


# -- an egress proxy -------------------------------------------------------------------------


class Egress:
    """A corporate proxy: CONNECT alone, and it counts the tunnels."""

    def __init__(self, status: str = "200 OK") -> None:
        self._status = status
        self.tunnels: list[bytes] = []
        self._acceptor = Acceptor(self._tunnel)
        self.url = f"http://127.0.0.1:{self._acceptor.port}"

    def _tunnel(self, near: socket.socket) -> None:
        with near:
            head = near.recv(65536)
            if not head:
                return
            self.tunnels.append(head.split(b" ")[1])
            near.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
            if not self._status.startswith("2"):
                return
            host, _, port = self.tunnels[-1].decode().rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                pairs = {near: far, far: near}
                while True:
                    for one in select.select(list(pairs), [], [])[0]:
                        data = one.recv(65536)
                        if not data:
                            return
                        pairs[one].sendall(data)

    def __enter__(self) -> "Egress":
        return self

    def __exit__(self, *_: object) -> None:
        self._acceptor.close()


def test_the_way_through_an_egress_proxy_is_examined(tmp_path: Path, authority: trustme.CA) -> None:
    """Its names and connections are its business: ours is the way to it, and TLS through it."""
    tls = server_context(authority.issue_cert("localhost"))
    with simulator(tls) as url, Egress() as egress:
        bundle = trusted(authority, tmp_path)
        found = examine(tmp_path, url, EGRESS_PROXY=egress.url, CA_BUNDLE=bundle)
        assert set(egress.tunnels) == {url.removeprefix("https://").encode()}
    assert found.outcomes() == {"ok"}
    assert found["egress_proxy.tcp"]["outcome"] == "ok"
    assert found["upstream.tls"]["facts"]["issuer"] == "Corporate Inspection"
    assert "upstream.dns" not in found.steps


def test_an_egress_proxy_that_says_no_is_told(tmp_path: Path) -> None:
    with Egress("407 Proxy Authentication Required") as egress:
        found = examine(tmp_path, "https://upstream.example", EGRESS_PROXY=egress.url)
    assert found["egress_proxy.tcp"]["outcome"] == "ok"
    assert "the egress proxy answered 407" in found["upstream.tls"]["says"]


def test_an_egress_proxy_that_says_no_to_plain_http_is_told(tmp_path: Path) -> None:
    with Egress("403 Forbidden") as egress, RawUpstream() as upstream:
        found = examine(tmp_path, upstream.url, EGRESS_PROXY=egress.url)
    assert "the egress proxy answered 403" in found["token"]["says"]
    assert "BREB_EGRESS_PROXY" in found["token"]["advice"]


def test_an_egress_proxy_that_swallows_everything_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        egress = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = {"EGRESS_PROXY": egress, "CONNECT_TIMEOUT": 1}
        found = examine(tmp_path, "https://upstream.example", **given)
    assert "within 1 s" in found["upstream.tls"]["says"]
    assert "does not connect to upstream.example" in found["upstream.tls"]["advice"]


def test_an_egress_proxy_that_is_not_there_is_told(tmp_path: Path) -> None:
    egress = f"http://127.0.0.1:{free_port()}"
    found = examine(tmp_path, "https://upstream.example", EGRESS_PROXY=egress)
    assert found["egress_proxy.tcp"]["outcome"] == "failed"
    assert "BREB_EGRESS_PROXY" in found["egress_proxy.tcp"]["advice"]
    assert found["upstream.tls"]["says"] == "not tried: the egress proxy cannot be reached"
    assert found["request"]["outcome"] == "skipped"


# -- the token and the clock -----------------------------------------------------------------


def test_wrong_credentials_are_told(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox, CLIENT_SECRET="not-the-one")
    assert found.code == 1
    assert found["token"]["says"].startswith("the token endpoint refused the credentials: 401")
    assert "dashboard" in found["token"]["advice"]
    assert found["clock"]["outcome"] == "ok"
    assert found["request"]["says"] == "not tried: there is no token"


@pytest.mark.parametrize(
    ("reply", "says", "advice"),
    [
        pytest.param(
            OK, "the token endpoint's response is not JSON", "BREB_TOKEN_URL", id="nonsense"
        ),
        pytest.param(answered("302 Found"), "redirect (302)", "BREB_TOKEN_URL", id="redirect"),
        pytest.param(answered("404 No"), "answered 404", "BREB_TOKEN_URL", id="not there"),
        pytest.param(
            answered("403 No", b"<html>blocked</html>"), "a web page", "dashboard", id="filter"
        ),
        pytest.param(answered("400 No", b"No"), "not JSON", "dashboard", id="bad request"),
        pytest.param(None, "closed the connection", "BREB_TOKEN_URL", id="closed"),
        pytest.param(answered("500 No"), "answered 500", "try again later", id="broken"),
        pytest.param(answered("429 No"), "429: too many requests", "count, too", id="too often"),
    ],
)
def test_what_is_no_token_is_told(
    tmp_path: Path, reply: bytes | None, says: str, advice: str
) -> None:
    with RawUpstream(token=lambda _: reply) as upstream:
        found = examine(tmp_path, upstream.url)
        assert len(upstream.tokens_asked) == 1
    assert says in found["token"]["says"]
    assert advice in found["token"]["advice"]


def test_a_token_endpoint_that_is_named_is_not_said_to_follow_from_another_setting(
    tmp_path: Path, sandbox: str
) -> None:
    found = examine(tmp_path, sandbox, TOKEN_URL=f"{sandbox}/elsewhere")
    assert found["token"]["advice"] == (
        f"check that {sandbox}/elsewhere is the token endpoint (BREB_TOKEN_URL)"
    )


def test_a_token_endpoint_that_hangs_costs_one_time_out(tmp_path: Path) -> None:
    with RawUpstream(token=lambda _: time.sleep(20)) as upstream:  # type: ignore[func-returns-value]
        found = examine(tmp_path, upstream.url, TOKEN_TIMEOUT=1, CONNECT_TIMEOUT=1)
    assert found.code == 1
    assert "within 1 s" in found["token"]["says"]
    assert "ask its administrators" in found["token"]["advice"]


@pytest.mark.parametrize(
    ("seconds", "outcome", "says"),
    [
        pytest.param(600, "warning", r"(10 min 0|9 min 5\d) s behind the server's", id="behind"),
        pytest.param(-600, "warning", r"(10 min 0|9 min 5\d) s ahead of the server's", id="ahead"),
        pytest.param(10, "ok", r"([5-9]|10) s from the server's", id="a little"),
    ],
)
def test_a_skewed_clock_is_told(tmp_path: Path, seconds: int, outcome: str, says: str) -> None:
    def reply(call: Call) -> bytes:
        del call
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        return token_reply().replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1)

    with RawUpstream(token=reply) as upstream:
        found = examine(tmp_path, upstream.url)
    assert found.code == 0
    assert found["clock"]["outcome"] == outcome
    assert re.fullmatch(says, found["clock"]["says"])


def test_without_a_date_there_is_no_clock_to_compare(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        found = examine(tmp_path, upstream.url)
    assert found["clock"]["outcome"] == "skipped"
    assert found["clock"]["says"] == "not compared: the server sends no Date"


def test_without_a_response_nothing_is_said_of_its_date(tmp_path: Path) -> None:
    with RawUpstream(token=lambda _: None) as upstream:
        found = examine(tmp_path, upstream.url)
    assert found["clock"]["says"] == "not compared: there was no response"


# -- the request -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome", "advice"),
    [
        pytest.param("401 No", "warning", "does not have the scope iam.oauth.tokens.get", id="401"),
        pytest.param("403 No", "warning", "does not have the scope iam.oauth.tokens.get", id="403"),
        pytest.param("404 No", "warning", "path prefix", id="404"),
        pytest.param("429 No", "warning", "too many requests", id="429"),
        pytest.param("302 Found", "warning", "the response is unexpected", id="redirect"),
        pytest.param("500 No", "failed", "the upstream has a problem", id="500"),
    ],
)
def test_what_the_upstream_answers_is_explained(
    tmp_path: Path, status: str, outcome: str, advice: str
) -> None:
    with answering(answered(status)) as upstream:
        found = examine(tmp_path, upstream.url)
    assert found["request"]["outcome"] == outcome
    assert advice in found["request"]["advice"]
    assert found["request"]["facts"]["status"] == int(status[:3])


def test_a_401_in_spite_of_the_scope_points_at_the_environments(tmp_path: Path) -> None:
    # Of the same length, so that the framing stays right.
    token = token_reply().replace(b'"paas.core.accounts.get"', b'"iam.oauth.tokens.get"  ')
    with answering(answered("401 No"), token) as upstream:
        found = examine(tmp_path, upstream.url)
    assert "the same environment" in found["request"]["advice"]


def test_a_refusal_by_our_own_rules_is_explained(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox, ALLOW="GET /v1/customers*")
    assert found.code == 1
    assert ": 403 from the proxy: " in found["request"]["says"]
    assert found["request"]["advice"]


def test_an_upstream_that_breaks_off_is_told(tmp_path: Path) -> None:
    with answering(lambda _: None) as upstream:
        found = examine(tmp_path, upstream.url)
    assert found["request"]["outcome"] == "failed"
    assert ": 502 from the proxy: " in found["request"]["says"]


def break_off(reader: Reader) -> None:
    """Promise nine bytes, send two, close."""
    read_request(reader)
    reader.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")


def test_an_answer_that_is_cut_is_told(tmp_path: Path) -> None:
    with RawUpstream() as upstream:
        upstream.takeover = break_off
        found = examine(tmp_path, upstream.url)
    assert found["request"]["outcome"] == "failed"
    assert "the response was cut off" in found["request"]["says"]


def test_a_large_answer_is_not_read_to_its_end(tmp_path: Path) -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 4_000_000
    with answering(large) as upstream:
        found = examine(tmp_path, upstream.url)
    assert found["request"]["outcome"] == "ok"


def test_without_a_token_id_the_list_is_asked_for(tmp_path: Path) -> None:
    def reply(call: Call) -> bytes:
        del call
        return token_reply(token_id="not an id")

    with RawUpstream(token=reply) as upstream:
        found = examine(tmp_path, upstream.url)
        assert not [call for call in upstream.calls if call.method == "DELETE"]
    assert found["request"]["facts"]["path"] == "/v1/iam/oauth/tokens"
    assert found["revoke"]["says"] == "not revoked: the token endpoint sent no token id"


def test_the_token_is_kept_where_it_is_not_to_be_revoked(tmp_path: Path, sandbox: str) -> None:
    found = examine(tmp_path, sandbox, REVOKE_TOKENS="false")
    assert found["revoke"]["outcome"] == "skipped"
    assert found["revoke"]["says"].startswith(
        "not revoked (BREB_REVOKE_TOKENS=false); it stays valid"
    )


def test_a_token_that_cannot_be_revoked_is_told(tmp_path: Path) -> None:
    with simulator(scopes=("iam.oauth.tokens.get",)) as url:
        found = examine(tmp_path, url)
    assert found["revoke"]["outcome"] == "warning"
    assert "iam.oauth.tokens.delete" in found["revoke"]["advice"]


def test_a_token_that_the_server_does_not_revoke_in_spite_of_the_scope_is_its_trouble(
    tmp_path: Path,
) -> None:
    # Of the same length, so that the framing stays right.
    scopes = b' ["paas.core.accounts.get"]', b'["iam.oauth.tokens.delete"]'
    with answering(answered("500 No"), token_reply().replace(*scopes)) as upstream:
        upstream.revoke = lambda _: answered("500 No")
        found = examine(tmp_path, upstream.url)
    assert found["revoke"]["outcome"] == "warning"
    assert "ask its administrators" in found["revoke"]["advice"]


# -- listeners -------------------------------------------------------------------------------


def test_a_port_that_another_program_has_is_told(tmp_path: Path, sandbox: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        found = examine(tmp_path, sandbox, LISTEN=taken)
    assert found.code == 1
    assert found["listen"]["outcome"] == "failed"
    assert "BREB_LISTEN" in found["listen"]["advice"]
    assert found["admin_listen"]["outcome"] == "ok"


def test_an_address_that_nobody_can_have_sends_nobody_to_look_for_who_is_there(
    tmp_path: Path, sandbox: str
) -> None:
    address = f"192.0.2.1:{free_port()}"  # RFC 5737: an example's, no machine's
    found = examine(tmp_path, sandbox, LISTEN=address, CALLER_KEY=CALLER_KEY)
    assert found["listen"]["outcome"] == "failed"
    assert (
        found["listen"]["advice"]
        == "use 127.0.0.1, or an address that this machine has: BREB_LISTEN"
    )


def test_ports_of_a_running_proxy_are_no_failure(tmp_path: Path) -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        found = examine(
            tmp_path,
            upstream.url,
            LISTEN=f"127.0.0.1:{proxy.port}",
            ADMIN_LISTEN=f"127.0.0.1:{proxy.admin_port}",
        )
        for name in ("listen", "admin_listen"):
            assert found[name]["outcome"] == "ok"
            assert found[name]["facts"]["pid"] == proxy.process.pid
            assert "a running breb-proxy (process" in found[name]["says"]


def test_ports_of_what_may_be_another_users_proxy_are_in_doubt(
    tmp_path: Path, sandbox: str
) -> None:
    def proving(call: Call) -> bytes:
        assert call.target.startswith(b"/proof?")
        return b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + b"0" * 64

    with RawUpstream(proving) as other, socket.create_server(("127.0.0.1", 0)) as taken:
        found = examine(
            tmp_path,
            sandbox,
            LISTEN=f"127.0.0.1:{taken.getsockname()[1]}",
            ADMIN_LISTEN=other.url.removeprefix("http://"),
        )
    for name in ("listen", "admin_listen"):
        assert found[name]["outcome"] == "warning", found[name]
        assert "perhaps by a breb-proxy of another user" in found[name]["says"]


@pytest.mark.slow
def test_a_program_that_has_the_port_and_says_nothing_is_told(tmp_path: Path, sandbox: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        taken = f"127.0.0.1:{silent.getsockname()[1]}"
        found = examine(tmp_path, sandbox, ADMIN_LISTEN=taken)
    step = found["admin_listen"]
    assert (step["outcome"], step["facts"]["free"]) == ("failed", False)
    assert step["says"] == f"cannot listen on {taken}: the port is in use"
    assert step["advice"].startswith("find the program that uses it")


@pytest.mark.needs("posix")
def test_a_unix_socket_that_another_program_has_is_told(tmp_path: Path, sandbox: str) -> None:
    path = tmp_path / "callers.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        found = examine(tmp_path, sandbox, LISTEN=f"unix:{path}")
    assert found["listen"]["outcome"] == "failed"
    assert found["listen"]["says"] == f"cannot listen on unix:{path}: another process listens there"
    assert "find the program that uses it, or choose another" in found["listen"]["advice"]


@pytest.mark.needs("posix")
def test_unix_sockets_are_tried_and_taken_away_again(tmp_path: Path, sandbox: str) -> None:
    path = tmp_path / "callers.sock"
    found = examine(tmp_path, sandbox, LISTEN=f"unix:{path}")
    assert found["listen"]["outcome"] == "ok"
    assert not path.exists()
