"""Who the corporate proxy is to us, and what is said when it gives no way out."""

import ssl

import pytest
from pydantic import SecretStr

from proxy.addresses import Url
from proxy.errors import EgressFailed, EgressLogin, TlsFailed, UpstreamError
from proxy.upstream import EgressProxy
from proxy.upstream.connect_tunnel import _judge
from proxy.upstream.tls import tls_context

URL = Url("https", "proxy.corp", 3128)
ASKS = b"HTTP/1.1 407 No\r\nServer: x\r\nProxy-Authenticate: %b"


def refused(head: bytes, credentials: str | None = None) -> UpstreamError:
    secret = SecretStr(credentials) if credentials else None
    with pytest.raises(UpstreamError) as caught:
        _judge(head, "bre-b.example:443", secret)
    return caught.value


@pytest.mark.parametrize(
    ("schemes", "credentials", "words", "step"),
    [
        (b'Basic realm="x"', None, "it needs a user and a password", "BREB_EGRESS_CREDENTIALS"),
        (b"basic", "u:p", "it refused the user and password", "BREB_EGRESS_CREDENTIALS"),
        (b"Negotiate\r\nProxy-Authenticate: NTLM", None, "Negotiate and NTLM", "can log in there"),
        (b"NTLM\r\nProxy-Authenticate: Basic", None, "it needs a user", "BREB_EGRESS_CREDENTIALS"),
    ],
)
def test_a_proxy_that_asks_who_we_are_is_told_of_in_words(
    schemes: bytes, credentials: str | None, words: str, step: str
) -> None:
    error = refused(ASKS % schemes, credentials)
    assert type(error) is EgressLogin
    assert (error.kind, error.status) == ("proxy_configuration_error", 502)
    assert words in str(error)
    assert step in str(error.next_step)


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        pytest.param("u:p", "it refused the user and password", id="wrong"),
        pytest.param(None, "it needs a user and a password", id="none"),
    ],
)
def test_a_401_is_about_the_login_too(credentials: str | None, words: str) -> None:
    """Tinyproxy answers a wrong password with it, which asks for no scheme."""
    error = refused(b"HTTP/1.0 401 Unauthorized", credentials)
    assert type(error) is EgressLogin
    assert words in str(error)


def test_a_refused_login_is_looked_for_in_both_places() -> None:
    step = str(refused(ASKS % b"Basic", "u:p").next_step)
    assert "BREB_EGRESS_CREDENTIALS, or the user and password in BREB_EGRESS_PROXY" in step


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (b"302", "you may have to log in to the network first"),
        (b"400", "check the host and port in BREB_EGRESS_PROXY; if an HTTP proxy is there"),
        (b"405", "check the host and port in BREB_EGRESS_PROXY; if an HTTP proxy is there"),
        (b"403", "ask the administrators of the egress proxy (BREB_EGRESS_PROXY) to allow CONNECT"),
        (b"503", "check that bre-b.example is right in BREB_BASE_URL"),
    ],
)
def test_other_refusals_name_who_can_help(status: bytes, step: str) -> None:
    error = refused(b"HTTP/1.1 %b x" % status)
    assert type(error) is EgressFailed
    assert step in str(error.next_step)


def test_a_handshake_that_fails_is_the_proxys() -> None:
    egress = EgressProxy(URL, None, tls_context())
    error = ssl.SSLCertVerificationError("x")
    error.verify_code, error.verify_message = 19, "self-signed"
    untrusted = egress._no_tls(error)
    assert str(untrusted.title) == "The egress proxy's certificate is not trusted"
    spoken = ssl.SSLError()
    spoken.reason = "WRONG_VERSION_NUMBER"
    plain = egress._no_tls(spoken)
    assert type(plain) is TlsFailed
    closed = egress._no_tls(ConnectionResetError())
    for failed in (plain, closed):
        assert "check the scheme in BREB_EGRESS_PROXY" in str(failed.next_step)
        assert "the egress proxy proxy.corp:3128" in str(failed)


def test_credentials_do_not_print() -> None:
    assert repr(EgressProxy(URL, SecretStr("u:hush"))) == "<EgressProxy https://proxy.corp:3128>"
