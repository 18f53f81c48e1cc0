"""The token source: what it sends, and what it makes of every reply there may be."""

import asyncio
import gzip
import json
import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from proxy.addresses import Url
from proxy.credentials import Credentials
from proxy.errors import (
    ConnectionRefused,
    CredentialsMissing,
    CredentialsRefused,
    PoolFull,
    ReadTimeout,
    ResponseInvalid,
    TokenEndpointUnavailable,
    TokenError,
    TokenReplyUnusable,
    UpstreamError,
)
from proxy.http1.fields import Lines, first
from proxy.token import response
from proxy.token import source as source_module
from proxy.token.source import REPLY_LIMIT, AccessToken, PassportTokenSource
from proxy.upstream import Reply
from tests.support.own_time import own_time

SET: dict[str, Any] = {"accept_language": "en", "default_lifetime": 3600.0}
ENDPOINT = Url.parse("https://upstream.test/v1/iam/oauth/tokens")
SECRET = "s3cret-sentinel"
TOKEN = "70ken-sentinel"
GOOD = {
    "access_token": TOKEN,
    "token_id": "0b0e6f9c-4a0f-4c9b-8ab2-6f2a7b3f1e11",
    "token_type": "Bearer",
    "expires_in": 86400,
    "created_at": "2026-09-10T22:22:50.337Z",
    "scopes": ["paas.core.accounts.get", "iam.oauth.tokens.get"],
}


@dataclass(frozen=True)
class Sent:
    """What the endpoint was asked."""

    method: str
    target: str
    lines: Lines
    body: bytes = field(repr=False)
    limit: int = 0


class Endpoint:
    """Gives one reply, or raises, and keeps what it was asked."""

    def __init__(
        self,
        reply: bytes | Exception = b"",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.reply, self.status = reply, status
        self.lines = lines_of(headers or {})
        self.requests: list[Sent] = []

    async def send(
        self, method: str, target: str, lines: Lines, body: bytes = b"", *, limit: int
    ) -> Reply:
        self.requests.append(Sent(method, target, lines, body, limit))
        if isinstance(self.reply, Exception):
            raise self.reply
        return Reply(self.status, self.lines, self.reply)


def lines_of(fields: dict[str, str]) -> Lines:
    return [(name.encode(), value.encode()) for name, value in fields.items()]


def reply_of(status: int = 200, body: bytes = b"", **fields: str) -> Reply:
    return Reply(status, lines_of(fields), body)


class Vault:
    """Credentials that can be changed, or be gone."""

    def __init__(self) -> None:
        self.secret: str | None = SECRET

    async def __call__(self) -> Credentials:
        if self.secret is None:
            raise CredentialsMissing("BREB_CLIENT_ID and BREB_CLIENT_SECRET cannot be read")
        return Credentials(SecretStr("the-client"), SecretStr(self.secret))


def source_of(endpoint: Endpoint, vault: Vault | None = None) -> PassportTokenSource:
    return PassportTokenSource(ENDPOINT, endpoint, vault or Vault(), lambda: 500.0, **SET)


def fetch(reply: bytes, status: int = 200, **headers: str) -> AccessToken:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(source_of(Endpoint(reply, status, fields)).fetch())


def reply_with(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


def reply_without(*names: str) -> bytes:
    return json.dumps({k: v for k, v in GOOD.items() if k not in names}).encode()


# -- the request -------------------------------------------------------------------------


def test_the_request_is_the_documented_one_and_no_more() -> None:
    endpoint = Endpoint(reply_with())
    asyncio.run(source_of(endpoint).fetch())
    (request,) = endpoint.requests
    assert (request.method, request.target) == ("POST", ENDPOINT.path)
    assert json.loads(request.body) == {
        "client_id": "the-client",
        "client_secret": SECRET,
        "grant_type": "client_credentials",
    }
    assert request.lines == [(b"Accept-Language", b"en"), (b"Content-Type", b"application/json")]


def test_the_revocation_is_the_documented_one() -> None:
    endpoint = Endpoint(b"")
    old = AccessToken("old", 0.0, 9.0, "the-id")
    asyncio.run(source_of(endpoint).revoke(old, AccessToken("new", 0.0, 9.0)))
    (request,) = endpoint.requests
    assert (request.method, request.target) == ("DELETE", f"{ENDPOINT.path}/the-id")
    assert json.loads(request.body) == {"token_id": "the-id"}
    assert first(request.lines, b"authorization") == b"Bearer new"
    assert SECRET not in request.body.decode()


@pytest.mark.parametrize("status", [200, 202, 204, 404, 409])
def test_a_token_is_gone_if_the_endpoint_says_so_in_any_way(status: int) -> None:
    token = AccessToken("x", 0.0, 9.0, "id")
    asyncio.run(source_of(Endpoint(b"", status)).revoke(token, token))


@pytest.mark.parametrize("status", [301, 400, 401, 403, 429, 500, 503])
def test_a_token_may_live_on_after_any_other_answer(status: int) -> None:
    token = AccessToken("x", 0.0, 9.0, "id")
    with pytest.raises(TokenEndpointUnavailable, match=f"answered {status}"):
        asyncio.run(source_of(Endpoint(b"", status)).revoke(token, token))


# -- usable replies ----------------------------------------------------------------------


def test_a_token_lives_from_the_moment_it_was_asked_for() -> None:
    token = fetch(reply_with())
    assert token == AccessToken(
        TOKEN,
        500.0,
        86_900.0,
        str(GOOD["token_id"]),
        ("paas.core.accounts.get", "iam.oauth.tokens.get"),
    )
    assert token.lifetime == 86_400


@pytest.mark.parametrize("status", [200, 201, 202, 203, 299])
def test_any_success_with_a_usable_body_is_taken(status: int) -> None:
    assert fetch(reply_with(), status).value == TOKEN


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", "bEaReR", None])
def test_the_type_is_bearer_in_any_case(kind: str | None) -> None:
    assert fetch(reply_with(token_type=kind)).value == TOKEN


def test_a_type_that_is_absent_is_bearer() -> None:
    assert fetch(reply_without("token_type")).value == TOKEN


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (300, 300.0),
        (300.5, 300.5),
        ("300", 300.0),
        (" 300 ", 300.0),
        ("300.25", 300.25),
        (1, 1.0),
        (0.5, 0.5),
        (10**12, response.LIFETIME_LIMIT),
        (10**400, None),
        ("9" * 18, response.LIFETIME_LIMIT),
        ("9" * 400, response.LIFETIME_LIMIT),
    ],
    ids=repr,
)
def test_a_lifetime_is_a_positive_number_bounded_above(said: Any, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(TokenEndpointUnavailable, match="is not a number"):
            fetch(reply_with(expires_in=said))
    else:
        assert fetch(reply_with(expires_in=said)).lifetime == seconds


@pytest.mark.parametrize("reply", [reply_without("expires_in"), reply_with(expires_in=None)])
def test_a_lifetime_that_is_absent_is_assumed_with_a_warning(
    reply: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert fetch(reply).lifetime == 3600
    assert "BREB_TOKEN_LIFETIME" in caplog.text


@pytest.mark.parametrize(
    ("said", "expires_in"),
    [(b"Infinity", response.LIFETIME_LIMIT), (b"1e999", response.LIFETIME_LIMIT)],
)
def test_a_lifetime_without_end_is_bounded_too(said: bytes, expires_in: float) -> None:
    reply = b'{"access_token": "x", "expires_in": %b}' % said
    assert fetch(reply).lifetime == expires_in


@pytest.mark.parametrize("value", ["abc", "a.b-c_d~e+f/g==", "0" * 64, "x" * 8192])
def test_a_token_is_a_b64token(value: str) -> None:
    assert fetch(reply_with(access_token=value)).value == value


@pytest.mark.parametrize(
    ("fields", "scopes"),
    [
        ({"scopes": ["a", "b"]}, ("a", "b")),
        ({"scope": "a b"}, ("a", "b")),
        ({"scopes": "a b"}, ("a", "b")),
        ({"scopes": ["a", 7, None, "b c", 'q"', "\n"]}, ("a",)),
        ({"scopes": {"a": 1}}, ()),
        ({"scopes": None}, ()),
        ({"scopes": ["s"] * 1000}, ("s",) * 256),
        ({}, ()),
    ],
    ids=str,
)
def test_scopes_are_kept_if_they_are_such(fields: dict[str, Any], scopes: tuple[str, ...]) -> None:
    bare = {"access_token": "x", "expires_in": 60}
    assert fetch(json.dumps(bare | fields).encode()).scopes == scopes


@pytest.mark.parametrize(
    "said", [None, 7, "", "a/b", "../x", "x" * 129, "a b", "a\r\nb", ["x"]], ids=repr
)
def test_a_token_id_that_could_not_stand_in_a_path_is_none(said: Any) -> None:
    assert fetch(reply_with(token_id=said)).token_id is None


# -- replies that are of no use ----------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(b"", "is not JSON", id="empty"),
        pytest.param(b"<html>moment</html>", "is not JSON", id="a page"),
        pytest.param(b"\xff\xfe\x00", "is not JSON", id="no text"),
        pytest.param(b'{"access_token": "x"', "is not JSON", id="cut"),
        pytest.param(b"[" * 60_000, "is not JSON", id="deep"),
        pytest.param(b"null", "is not a JSON object", id="null"),
        pytest.param(b'["access_token"]', "is not a JSON object", id="array"),
        pytest.param(b'"access_token"', "is not a JSON object", id="string"),
        pytest.param(b"{}", "no usable access_token", id="no token"),
        pytest.param(reply_with(access_token=None), "no usable access_token", id="null token"),
        pytest.param(reply_with(access_token=""), "no usable access_token", id="empty token"),
        pytest.param(reply_with(access_token=7), "no usable access_token", id="number token"),
        pytest.param(reply_with(access_token=["x"]), "no usable access_token", id="array token"),
        pytest.param(reply_with(access_token="a b"), "no usable access_token", id="blank in it"),
        pytest.param(
            reply_with(access_token="a\r\nX: y"), "no usable access_token", id="injection"
        ),
        pytest.param(reply_with(access_token="a\n"), "no usable access_token", id="line end"),
        pytest.param(reply_with(access_token="né"), "no usable access_token", id="not ASCII"),
        pytest.param(reply_with(access_token="==="), "no usable access_token", id="padding alone"),
        pytest.param(reply_with(access_token="x" * 8193), "no usable access_token", id="too long"),
        pytest.param(reply_with(token_type="mac"), "token_type is not Bearer", id="another type"),
        pytest.param(reply_with(token_type=7), "token_type is not Bearer", id="number type"),
        pytest.param(reply_with(expires_in=0), "is not positive", id="zero"),
        pytest.param(reply_with(expires_in=-1), "is not positive", id="negative"),
        pytest.param(reply_with(expires_in="0"), "is not positive", id="zero in words"),
        pytest.param(reply_with(expires_in=float("nan")), "is not positive", id="NaN"),
        pytest.param(reply_with(expires_in=float("-inf")), "is not positive", id="-Infinity"),
        pytest.param(reply_with(expires_in="soon"), "is not a number", id="word"),
        pytest.param(reply_with(expires_in=""), "is not a number", id="empty lifetime"),
        pytest.param(reply_with(expires_in="-5"), "is not a number", id="negative in words"),
        pytest.param(reply_with(expires_in="nan"), "is not a number", id="nan in words"),
        pytest.param(reply_with(expires_in="1e5"), "is not a number", id="exponent in words"),
        pytest.param(reply_with(expires_in="٣٠٠"), "is not a number", id="other digits"),
        pytest.param(reply_with(expires_in=True), "is not a number", id="true"),
        pytest.param(reply_with(expires_in=[300]), "is not a number", id="array lifetime"),
        pytest.param(reply_with(expires_in={}), "is not a number", id="object lifetime"),
        pytest.param(
            b'{"access_token": "x", "expires_in": %b}' % (b"9" * 5000), "is not JSON", id="huge"
        ),
    ],
)
def test_nonsense_is_a_transient_failure(reply: bytes, words: str) -> None:
    with pytest.raises(TokenEndpointUnavailable, match=words) as caught:
        fetch(reply)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("X-Gzip", gzip.compress, id="x-gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("gzip", bytes, id="only said to be gzip"),
        pytest.param("identity", bytes, id="identity"),
    ],
)
def test_a_coded_reply_is_decoded(coding: str, encode: Callable[[bytes], bytes]) -> None:
    assert fetch(encode(reply_with()), content_encoding=coding).value == TOKEN


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(gzip.compress(b" " * 20_000_000), "larger than 65536 bytes", id="a bomb"),
        pytest.param(gzip.compress(reply_with())[:-20], "is not JSON", id="cut"),
    ],
)
def test_a_coded_reply_that_is_no_token_is_a_transient_failure(reply: bytes, words: str) -> None:
    with pytest.raises(TokenEndpointUnavailable, match=words):
        fetch(reply, content_encoding="gzip")


@pytest.mark.parametrize("status", [200, 500], ids=["of a token", "of an error"])
def test_a_reply_is_read_to_a_bound(status: int) -> None:
    endpoint = Endpoint(b"x" * (REPLY_LIMIT + 1), status)
    with pytest.raises(TokenEndpointUnavailable, match="larger than 65536 bytes"):
        asyncio.run(source_of(endpoint).fetch())
    assert endpoint.requests[0].limit == REPLY_LIMIT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "access_token": st.from_regex(r"[A-Za-z0-9._~+/-]{1,40}=*", fullmatch=True) | JSON,
        "token_type": st.sampled_from(("Bearer", "bearer")) | JSON,
        "expires_in": st.integers() | st.floats() | st.from_regex(r"-?[0-9.]{1,9}") | JSON,
        "token_id": st.uuids().map(str) | JSON,
        "scopes": st.lists(st.text(max_size=9), max_size=5) | JSON,
        "scope": JSON,
        "error": JSON,
    },
)


def assert_usable_or_a_failure(reply: bytes) -> None:
    granted = None
    words = ""
    try:
        granted = response.grant(reply)
    except TokenEndpointUnavailable as error:
        words = str(error)
    if granted is None:
        assert words.startswith("the token endpoint's ")
        return
    assert (b"Bearer " + granted.value.encode("ascii")).split() == [
        b"Bearer",
        granted.value.encode(),
    ]
    assert granted.lifetime is None or 0 < granted.lifetime <= response.LIFETIME_LIMIT
    assert granted.token_id is None or granted.token_id.isascii()
    assert all(scope.isascii() and scope.isprintable() for scope in granted.scopes)
    assert granted.value not in repr(granted) or len(granted.value) < 10


@given(st.binary(max_size=300))
@example(b"")
def test_arbitrary_bytes_never_crash_it(reply: bytes) -> None:
    assert_usable_or_a_failure(reply)
    for status in (400, 401, 403):
        refused = response.refusal(reply_of(status, reply))
        assert isinstance(refused, CredentialsRefused)


@given(FIELDS | JSON)
def test_arbitrary_json_never_crashes_it(fields: object) -> None:
    reply = json.dumps(fields).encode()
    assert_usable_or_a_failure(reply)
    text = str(response.refusal(reply_of(401, reply)))
    assert text.startswith("the token endpoint refused the credentials: 401")
    assert len(text) < 80


# -- refusals ----------------------------------------------------------------------------


PASSPORTS = b'{"message": "no", "http_code": 400, "code": "INVALID_CLIENT", "type": "x"}'
PAGE = b"<!DOCTYPE html><html>This site is blocked.</html>"


@pytest.mark.parametrize(
    ("status", "reply", "named"),
    [
        pytest.param(401, b"whatever", "401", id="401"),
        pytest.param(
            401, b'{"error": "invalid_request"}', "401 invalid_request", id="401-whatever"
        ),
        pytest.param(403, b"", "403", id="403-without-a-body"),
        pytest.param(403, PASSPORTS, "403", id="403-in-a-form-of-its-own"),
        pytest.param(400, PASSPORTS, "400", id="400-in-a-form-of-its-own"),
        pytest.param(400, b'{"error": "other"}', "400", id="another-word"),
        pytest.param(400, b'{"error": "invalid_client"}', "400 invalid_client", id="client"),
        pytest.param(400, b'{"error": "invalid_grant"}', "400 invalid_grant", id="grant"),
        pytest.param(
            403, b'{"error": "unauthorized_client"}', "403 unauthorized_client", id="unauthorized"
        ),
    ],
)
def test_refused_credentials_are_a_permanent_failure(status: int, reply: bytes, named: str) -> None:
    with pytest.raises(CredentialsRefused, match=f"refused the credentials: {named}$"):
        fetch(reply, status)


@pytest.mark.parametrize(
    ("status", "reply", "words"),
    [
        (400, b"Bad Request", "400; it is not JSON"),
        (403, b"Forbidden", "403; it is not JSON"),
        (400, PAGE, "400; it is a web page"),
        (403, PAGE, "403; it is a web page"),
        (400, b'{"error": "invalid_request"}', "400 invalid_request; it is about the form"),
        (403, b'{"error": "invalid_scope"}', "403 invalid_scope; it is about the form"),
    ],
)
def test_what_looks_like_another_cause_is_told_with_it(
    status: int, reply: bytes, words: str
) -> None:
    with pytest.raises(CredentialsRefused, match=f"refused the credentials: {words}") as caught:
        fetch(reply, status, Retry_After="7")
    assert caught.value.retry_after == 7


def test_a_web_page_may_say_so_in_its_type_alone() -> None:
    with pytest.raises(CredentialsRefused, match="403; it is a web page"):
        fetch(b"blocked", 403, Content_Type="text/html; charset=utf-8")


def test_the_setting_to_look_at_is_the_one_that_is_set() -> None:
    endpoint = Endpoint(b"", 404)
    source = PassportTokenSource(
        ENDPOINT, endpoint, Vault(), lambda: 0.0, from_base_url=True, **SET
    )
    with pytest.raises(TokenReplyUnusable, match=r"answered 404$") as followed:
        asyncio.run(source.fetch())
    assert str(followed.value.next_step).startswith(
        "check BREB_BASE_URL: the token endpoint follows"
    )
    with pytest.raises(TokenReplyUnusable) as named:
        asyncio.run(source_of(endpoint).fetch())
    assert str(named.value.next_step).startswith("check that BREB_TOKEN_URL is the token endpoint")


def test_the_registered_word_of_an_error_reply_is_repeated() -> None:
    with pytest.raises(CredentialsRefused, match=r"401 invalid_client$"):
        fetch(b'{"error": "invalid_client", "error_description": "for the-client"}', 401)


@pytest.mark.parametrize(
    "reply",
    [b'{"error": "' + SECRET.encode() + b'"}', b'{"error": {"a": 1}}', b'["error"]', b"[" * 60_000],
    ids=["another word", "object", "array", "deep"],
)
def test_nothing_else_of_an_error_reply_is(reply: bytes) -> None:
    with pytest.raises(CredentialsRefused, match=r"credentials: 401$"):
        fetch(reply, 401)


@pytest.mark.parametrize("status", [402, 404, 405, 408, 418, 429, 500, 502, 503, 504, 599])
def test_any_other_status_is_a_transient_failure(status: int) -> None:
    with pytest.raises(TokenEndpointUnavailable, match=f"answered {status}"):
        fetch(reply_with(), status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status: int) -> None:
    endpoint = Endpoint(b"", status, {"location": "https://u:p@evil.test:8443/path?query"})
    words = rf"a redirect \({status}\) to https://evil.test:8443, which the proxy does not follow$"
    with pytest.raises(TokenReplyUnusable, match=words):
        asyncio.run(source_of(endpoint).fetch())
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "location", ["/elsewhere", "", "https://[", "https://x:y/", "ftp://x/", f"https://{'x' * 300}/"]
)
def test_a_redirect_whose_host_is_not_clear_is_told_without_it(location: str) -> None:
    with pytest.raises(TokenReplyUnusable, match=r"a redirect \(302\), which"):
        fetch(b"", 302, Location=location)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefused("connection refused"),
        ReadTimeout("no answer"),
        PoolFull("all busy"),
        ResponseInvalid("nonsense"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_of_the_network_is_transient_and_told(error: UpstreamError) -> None:
    with pytest.raises(TokenEndpointUnavailable, match=f"^token endpoint: {error}$") as caught:
        asyncio.run(source_of(Endpoint(error)).fetch())
    assert caught.value.kind == error.kind


def test_no_failure_holds_a_secret() -> None:
    for endpoint in (
        Endpoint(ConnectionRefused("refused")),
        Endpoint(reply_with(token_type="mac")),
        Endpoint(json.dumps({"echo": SECRET}).encode(), 500),
        Endpoint(SECRET.encode(), 401),
    ):
        with pytest.raises(TokenError) as caught:
            asyncio.run(source_of(endpoint).fetch())
        shown = "".join(traceback.format_exception(caught.value)) + repr(endpoint.requests)
        assert SECRET not in shown
        assert TOKEN not in shown


def test_values_do_not_print_what_is_secret() -> None:
    values = (fetch(reply_with()), asyncio.run(Vault()()), response.grant(reply_with()))
    assert all(SECRET not in f"{value} {value!r}" for value in values)
    assert all(TOKEN not in f"{value} {value!r}" for value in values)


# -- Retry-After and the server's clock --------------------------------------------------

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        pytest.param({"Retry-After": "7"}, 7.0, id="seconds"),
        pytest.param({"Retry-After": " 7 "}, 7.0, id="blanks"),
        pytest.param({"Retry-After": "0"}, 0.0, id="zero"),
        pytest.param({"Retry-After": "86400"}, 300.0, id="bounded"),
        pytest.param({"Retry-After": "9" * 18}, 300.0, id="huge"),
        pytest.param({"Retry-After": "9" * 400}, 300.0, id="absurd"),
        pytest.param({"Retry-After": "-5"}, None, id="negative"),
        pytest.param({"Retry-After": "1.5"}, None, id="fraction"),
        pytest.param({"Retry-After": "٧"}, None, id="other digits"),
        pytest.param({"Retry-After": "soon"}, None, id="word"),
        pytest.param({"Retry-After": ""}, None, id="empty"),
        pytest.param({}, None, id="absent"),
        pytest.param(
            {"Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT", "Date": DATE}, 30.0, id="date"
        ),
        pytest.param(
            {"Retry-After": "Sunday, 06-Nov-94 08:50:07 GMT", "Date": DATE}, 30.0, id="850"
        ),
        pytest.param({"Retry-After": "Sun Nov  6 08:50:07 1994", "Date": DATE}, 30.0, id="asctime"),
        pytest.param(
            {"Retry-After": "Sun, 06 Nov 1994 09:49:37 GMT", "Date": DATE}, 300.0, id="far"
        ),
        pytest.param(
            {"Retry-After": "Sun, 06 Nov 1994 08:00:00 GMT", "Date": DATE}, 0.0, id="past"
        ),
        pytest.param({"Retry-After": DATE}, 0.0, id="past, no Date"),
        pytest.param({"Retry-After": "Sun, 06 Nov 99999 08:50:07 GMT"}, None, id="no such year"),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(
    fields: dict[str, str], seconds: float | None
) -> None:
    assert response.retry_after(reply_of(429, b"", **fields)) == seconds


@pytest.mark.needs("posix")
def test_a_date_is_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Bogota")
    time.tzset()
    try:
        assert (
            response.http_date("Sun Nov  6 08:49:37 1994") == response.http_date(DATE) == 784111777
        )
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_no_retry_after_crashes_it(text: str) -> None:
    seconds = response.retry_after(Reply(429, [(b"retry-after", text.encode())], b""))
    assert seconds is None or 0 <= seconds <= response.RETRY_AFTER_LIMIT


def test_a_transient_refusal_carries_the_wish() -> None:
    with pytest.raises(TokenEndpointUnavailable) as caught:
        fetch(b"", 429, Retry_After="12")
    assert caught.value.retry_after == 12


def test_the_servers_clock_is_compared_with_ours() -> None:
    ahead = {"Date": "Fri, 01 Jan 2100 00:00:00 GMT"}
    source = source_of(Endpoint(reply_with(), headers=ahead))
    assert source.skew is None
    asyncio.run(source.fetch())
    assert source.skew is not None
    assert source.skew > 86_400


def test_a_date_that_no_clock_shows_says_nothing_of_the_servers() -> None:
    """Added to a row's time, it would be beyond the last year that can be reckoned with."""
    beyond = {"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}
    source = source_of(Endpoint(reply_with(), headers=beyond))
    asyncio.run(source.fetch())
    assert source.skew is None


@pytest.mark.parametrize(
    ("written", "skew"),
    [(-3600, -3599), (-2, -1), (-1, 0), (0, 0), (4, 0), (7, 3)],
    ids=["behind", "a second behind", "cut to a whole second", "when asked", "at last", "ahead"],
)
def test_an_answer_that_takes_a_while_is_no_skew(
    written: int, skew: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked at 0 by our clock, answered at 4: the server wrote its Date some time between."""
    start = 1_800_000_000.0
    clock = iter((start, start + 4))
    for module in (source_module, response):
        own_time(monkeypatch, module, time=lambda: next(clock))
    headers = {"Date": formatdate(start + written, usegmt=True)}
    source = source_of(Endpoint(reply_with(), headers=headers))
    asyncio.run(source.fetch())
    assert source.skew == skew


def test_steps_of_the_wall_clock_change_no_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (source_module, response):
        own_time(monkeypatch, module, time=lambda: -1e9)
    assert fetch(reply_with(), Date=DATE).expires_at == 86_900


# -- rotation ----------------------------------------------------------------------------


def test_credentials_are_read_again_at_every_fetch() -> None:
    endpoint, vault = Endpoint(reply_with()), Vault()
    source = source_of(endpoint, vault)
    asyncio.run(source.fetch())
    assert not asyncio.run(source.changed())
    vault.secret = "another"
    assert asyncio.run(source.changed())
    asyncio.run(source.fetch())
    assert not asyncio.run(source.changed())
    assert json.loads(endpoint.requests[1].body)["client_secret"] == "another"


def test_credentials_that_are_gone_are_no_change_but_their_return_is() -> None:
    endpoint, vault = Endpoint(reply_with()), Vault()
    source = source_of(endpoint, vault)
    asyncio.run(source.fetch())
    vault.secret = None
    assert not asyncio.run(source.changed())
    with pytest.raises(CredentialsMissing):
        asyncio.run(source.fetch())
    assert not asyncio.run(source.changed())
    vault.secret = SECRET
    assert asyncio.run(source.changed())
    assert len(endpoint.requests) == 1
