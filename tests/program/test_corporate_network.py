"""A corporate network: real proxies that want a user and a password, and TLS that is inspected."""

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.program.test_doctor import Examined, examine, settings
from tests.support import Program, RawUpstream, ask
from tests.support.command import command
from tests.support.egress import LOGIN, PASSWORD, USER, Squid, squid, tinyproxy
from tests.support.leaks import issued

PAYMENT = b'{"amount":{"value":"25000","currency":"COP"}}'


@pytest.fixture(scope="module", autouse=True)
def never_shown() -> None:
    """No process of these tests may show the password, nor what is sent of it."""
    issued.update((PASSWORD, base64.b64encode(LOGIN.encode()).decode()))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Corporate Inspection")


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def corporate(authority: trustme.CA) -> Iterator[Squid]:
    with squid(authority, login=True) as running:
        yield running


@pytest.fixture(scope="module")
def upstream(authority: trustme.CA) -> Iterator[RawUpstream]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("bre-b.invalid", "localhost").configure_cert(context)
    with RawUpstream(tls=context) as running:
        yield running


def beyond(upstream: RawUpstream) -> str:
    """Return the upstream by a name that the corporate proxy alone can resolve."""
    return f"https://bre-b.invalid:{upstream.port}"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tokens_and_payments_go_through_a_proxy_that_asks_who_we_are(
    scheme: str, corporate: Squid, upstream: RawUpstream, bundle: Path
) -> None:
    """Nobody else sees the credentials: the upstream gets none of them."""
    url = corporate.url if scheme == "http" else corporate.tls_url
    given = {"egress_proxy": url, "egress_credentials": LOGIN, "ca_bundle": bundle}
    before = len(upstream.calls)
    with Program(beyond(upstream), **given) as proxy:
        for _ in range(3):
            answer = ask(proxy.port, "/v1/payments/breb", "POST", body=PAYMENT)
            assert (answer.status, answer.body) == (200, b"ok")
        assert f"through {url}" in proxy.output
        proxy.stop()
    token, *payments, revocation = upstream.calls[before:]
    assert (token.method, revocation.method) == ("POST", "DELETE")
    assert [call.body for call in payments] == [PAYMENT] * 3
    assert not any(call.values("proxy-authorization") for call in upstream.calls[before:])
    assert "TCP_TUNNEL/200" in corporate.log


def test_the_login_may_stand_in_the_url_as_in_the_variables_of_other_programs(
    authority: trustme.CA, upstream: RawUpstream, bundle: Path, tmp_path: Path
) -> None:
    del authority
    with tinyproxy(tmp_path, "payroll", "tiny-sentinel") as url:
        issued.add("tiny-sentinel")
        given = {
            "egress_proxy": url.replace("http://", "http://payroll:tiny-sentinel@"),
            "ca_bundle": bundle,
        }
        with Program(f"https://localhost:{upstream.port}", **given) as proxy:
            assert ask(proxy.port, "/v1/payments/breb", "POST", body=PAYMENT).status == 200
            assert proxy.status()["ready"]


def test_a_wrong_password_at_tinyproxy_is_told_in_words(
    authority: trustme.CA, bundle: Path, tmp_path: Path
) -> None:
    """It answers 401, where others answer 407."""
    del authority
    with tinyproxy(tmp_path, "payroll", "tiny-sentinel") as url:
        given = {"EGRESS_PROXY": url, "EGRESS_CREDENTIALS": "payroll:wrong", "CA_BUNDLE": bundle}
        found = examine(tmp_path, "https://bre-b.invalid", **given)
    assert "401 to CONNECT" in found["upstream.tls"]["says"]
    assert "it refused the user and password" in found["upstream.tls"]["says"]


@pytest.mark.parametrize(
    ("login", "words", "step"),
    [
        (None, "it needs a user and a password", "set BREB_EGRESS_CREDENTIALS=USER:PASSWORD"),
        (f"{USER}:wrong", "it refused the user and password", "check BREB_EGRESS_CREDENT"),
    ],
    ids=["without", "wrong"],
)
def test_a_407_is_told_in_words(
    login: str | None,
    words: str,
    step: str,
    corporate: Squid,
    upstream: RawUpstream,
    bundle: Path,
    tmp_path: Path,
) -> None:
    given = {"egress_proxy": corporate.url, "egress_credentials": login, "ca_bundle": bundle}
    with Program(beyond(upstream), ready=False, token_wait=0.5, **given) as proxy:
        answer = ask(proxy.port, "/v1/payments/breb", "POST", body=PAYMENT)
        assert answer.status == 503
        assert words.encode() in answer.body
        assert step.encode() in answer.body
        assert "407" in answer["proxy-status"]
        assert words in proxy.output
    found = examine(
        tmp_path,
        beyond(upstream),
        **{name.upper(): value for name, value in given.items()},
    )
    assert found["egress_proxy.tcp"]["outcome"] == "ok"
    assert words in found["upstream.tls"]["says"]
    assert step in found["upstream.tls"]["advice"]


def test_the_whole_way_through_the_proxy_is_examined(
    corporate: Squid, upstream: RawUpstream, bundle: Path, tmp_path: Path
) -> None:
    given = {
        "EGRESS_PROXY": corporate.tls_url,
        "EGRESS_CREDENTIALS": LOGIN,
        "CA_BUNDLE": bundle,
    }
    found = examine(tmp_path, beyond(upstream), **given)
    assert found.code == 0
    assert found["egress_proxy.tls"]["outcome"] == "ok"
    assert found["upstream.tls"]["outcome"] == "ok"
    assert found["request"]["outcome"] == "ok"
    facts = found["settings"]["facts"]
    assert facts["BREB_EGRESS_CREDENTIALS"]["value"] == "set, never shown"
    assert facts["BREB_EGRESS_PROXY"]["value"] == corporate.tls_url


@pytest.mark.parametrize(
    ("host", "words", "step"),
    [
        ("forbidden.invalid", "403", "allow CONNECT to forbidden.invalid"),
        ("unknown.invalid", "it cannot reach that host", "check that unknown.invalid is right in"),
    ],
)
def test_what_the_proxy_does_not_let_through_is_told(
    host: str, words: str, step: str, corporate: Squid, tmp_path: Path
) -> None:
    given = {"EGRESS_PROXY": corporate.url, "EGRESS_CREDENTIALS": LOGIN}
    found = examine(tmp_path, f"https://{host}", **given)
    assert words in found["upstream.tls"]["says"]
    assert step in found["upstream.tls"]["advice"]


def test_a_scheme_that_does_not_fit_the_proxy_is_told(corporate: Squid, tmp_path: Path) -> None:
    given = {"EGRESS_PROXY": corporate.url.replace("http:", "https:")}
    found = examine(tmp_path, "https://bre-b.invalid", **given)
    assert found["egress_proxy.tls"]["outcome"] == "failed"
    assert "BREB_EGRESS_PROXY" in found["egress_proxy.tls"]["advice"]


def test_inspected_tls_names_who_inspects_and_the_setting(
    corporate: Squid, upstream: RawUpstream, tmp_path: Path
) -> None:
    given = {"EGRESS_PROXY": corporate.url, "EGRESS_CREDENTIALS": LOGIN}
    found = examine(tmp_path, beyond(upstream), **given)
    assert found["upstream.tls"]["outcome"] == "failed"
    assert found["upstream.tls"]["facts"]["issuer"] == "Corporate Inspection"
    assert "BREB_CA_BUNDLE" in found["upstream.tls"]["advice"]


def test_a_flag_with_user_and_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for words in (
        ["--egress-proxy", f"http://{LOGIN}@proxy.corp"],
        [f"--egress-proxy=http://{LOGIN}@proxy.corp"],
        ["--egress-credentials", LOGIN],
    ):
        ended = command("serve", *words, cwd=tmp_path)
        assert ended.code == 2
        assert "set BREB_EGRESS_CREDENTIALS" in ended.err
        assert "in the environment, in .env or in the secrets directory" in ended.err


def test_a_proxy_of_the_environment_is_said_once_at_the_start(upstream: RawUpstream) -> None:
    program = Program(beyond(upstream), ready=False)
    program.env |= {"HTTPS_PROXY": f"http://me:{PASSWORD}@proxy.corp:3128"}
    program.env.pop("NO_PROXY", None)
    program.env.pop("no_proxy", None)
    with program as proxy:
        ask(proxy.port, "/")
        line = (
            "HTTPS_PROXY is set, but breb-proxy does not use it; to use that proxy, set"
            " BREB_EGRESS_PROXY=http://proxy.corp:3128 and BREB_EGRESS_CREDENTIALS=USER:PASSWORD"
        )
        assert proxy.output.count(line) == 1


def test_a_proxy_of_the_environment_is_the_first_suspect(tmp_path: Path) -> None:
    given = settings("https://bre-b.invalid")
    ended = command(
        "check",
        "--json",
        cwd=tmp_path,
        HTTPS_PROXY="http://proxy.corp:3128",
        NO_PROXY="",
        no_proxy="",
        **given,
    )
    first = Examined(ended)["upstream.dns"]["advice"].split("\n")[0]
    assert first.startswith("HTTPS_PROXY is set: this network may need that proxy")
    assert first.endswith("add to .env: BREB_EGRESS_PROXY=http://proxy.corp:3128")
