"""Secrets stay inside: a sentinel is looked for in everything the program writes or answers.

Beside these tests, every `Program` of the whole run checks its own output when it ends.
"""

import itertools
from pathlib import Path

import pytest
from pydantic import SecretStr

from proxy.credentials import Credentials
from proxy.token.source import AccessToken
from tests.support import (
    CALLER_KEY,
    SECRET,
    Call,
    Program,
    RawUpstream,
    ask,
    exchange,
    found,
    token_reply,
)

KEY = [("X-Proxy-Key", CALLER_KEY)]
REFUSED = b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%b"


def everything(proxy: Program) -> str:
    """Gather what an outsider can see of the running program."""
    pages = [
        proxy.admin(path)[1]
        for path in ("/livez", "/readyz?verbose", "/metrics", "/status", "/nowhere")
    ]
    answers = [
        exchange(proxy.port, data)
        for data in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Proxy-Key: {CALLER_KEY}x\r\n\r\n".encode(),
        )
    ]
    process = Path(f"/proc/{proxy.process.pid}")
    arguments = (process / "cmdline").read_text() if process.exists() else ""
    return "\n".join([*pages, *map(repr, answers), arguments, proxy.output])


def test_the_search_finds_what_is_there() -> None:
    """The request to the token endpoint holds the secret: the search must see it there."""
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        ask(proxy.port, "/")
        (asked,) = upstream.tokens_asked
        (call,) = upstream.requests
        assert found(asked.body.decode()) == [SECRET]
        assert len(found(call.values("authorization")[0].decode())) == 1


def test_nothing_leaks_on_the_good_way() -> None:
    with (
        RawUpstream() as upstream,
        Program(upstream.url, caller_key=f"an-old-key-of-the-tests,{CALLER_KEY}") as proxy,
    ):
        assert ask(proxy.port, "/x?y=1", fields=KEY).status == 200
        assert proxy.admin("/refresh", "POST")[0] == 200
        assert found(everything(proxy)) == []
        assert all(not call.values("x-proxy-key") for call in upstream.calls)


def echo(call: Call) -> bytes:
    """Say back what was sent, as a careless error page would."""
    text = call.head + call.body
    return b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(echo, id="the token endpoint echoes the credentials"),
        pytest.param(
            lambda c: b"HTTP/1.1 200 OK\r\n" + c.body + b"\r\n\r\n", id="in a broken head"
        ),
        pytest.param(
            lambda c: b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"access_token": "' + c.body,
            id="in a broken body",
        ),
        pytest.param(lambda _: None, id="it hangs up"),
    ],
)
def test_nothing_leaks_when_no_token_can_be_had(token: object) -> None:
    with (
        RawUpstream(token=token) as upstream,  # type: ignore[arg-type]
        Program(upstream.url, ready=False, token_wait=0.2) as proxy,
    ):
        answer = ask(proxy.port, "/")
        assert answer.status == 503
        assert found(answer.body.decode()) == []
        proxy.admin("/refresh", "POST")
        assert found(everything(proxy)) == []


def test_nothing_leaks_when_the_upstream_fails() -> None:
    # How often it is asked, the age of its token decides: a 401 to an older one is replayed.
    replies = itertools.chain([None, b"garbage\r\n\r\n"], itertools.repeat(REFUSED % (2, b"no")))
    with RawUpstream(lambda _: next(replies)) as upstream, Program(upstream.url) as proxy:
        for method in ("POST", "POST", "POST"):
            answer = ask(proxy.port, "/v1/payments/breb", method, body=b"{}")
            assert found(answer.body.decode()) == []
        assert found(everything(proxy)) == []


def test_values_that_hold_secrets_do_not_show_them() -> None:
    token = AccessToken(SECRET, 0, 1)
    credentials = Credentials(SecretStr("id"), SecretStr(SECRET))
    for text in (repr(token), str(token), repr(credentials), f"{credentials}"):
        assert SECRET not in text


def test_a_token_of_another_alphabet_is_never_sent() -> None:
    """A token with a line break in it would split the head (RFC 6750 section 2.1)."""
    with (
        RawUpstream(token=lambda _: token_reply("abc\r\nX-Injected: 1")) as upstream,
        Program(upstream.url, ready=False, token_wait=0.2) as proxy,
    ):
        assert ask(proxy.port, "/").status == 503
        assert upstream.requests == []
