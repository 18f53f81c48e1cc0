"""A failure is told in the language that the caller asks for; nothing else depends on it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.words import phrase
from tests.support import Answer, Program, RawUpstream, ask, exchange
from tests.support.wire import Reader

SPANISH = ("Accept-Language", "es-CO,es;q=0.9,en;q=0.8")
PAGE = "http://localhost:3000"


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url, deny="GET /denied", allowed_origins=PAGE, max_body=10) as running:
        yield running


def told(answer: Answer, language: str) -> dict[str, Any]:
    """Check what says in which language a problem document is; return it."""
    assert answer["content-type"] == "application/problem+json"
    assert answer["content-language"] == language
    assert "Accept-Language" in answer.values("vary")
    assert answer["proxy-status"].isascii()
    document: dict[str, Any] = json.loads(answer.body)
    return document


def test_a_refusal_is_in_spanish_for_those_who_ask_for_it(proxy: Program) -> None:
    document = told(ask(proxy.port, "/denied", fields=[SPANISH]), "es")
    assert document["title"] == "El proxy rechazó la petición"
    assert document["detail"] == "la regla GET /denied de BREB_DENY prohíbe esta petición"
    assert document["next_step"] == "si debe pasar, cambie BREB_DENY"
    assert document["type"] == "urn:breb-proxy:error:rule"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="nothing asked for"),
        pytest.param([("Accept-Language", "en-US,en;q=0.9,es;q=0.8")], id="English before Spanish"),
        pytest.param([("Accept-Language", "fr")], id="one that is not there"),
        pytest.param([("Accept-Language", "es;q=9")], id="malformed"),
    ],
)
def test_it_is_in_english_for_all_others(proxy: Program, fields: list[tuple[str, str]]) -> None:
    document = told(ask(proxy.port, "/denied", fields=fields), "en")
    assert document["title"] == "Request refused by the proxy"
    assert document["next_step"] == "if it should pass, change BREB_DENY"


def test_what_the_parser_refuses_is_in_spanish_too(proxy: Program) -> None:
    fields = b"Host: localhost\r\nAccept-Language: es\r\nTransfer-Encoding: x\r\n"
    answer = exchange(proxy.port, b"POST /x HTTP/1.1\r\n%b\r\n" % fields)
    assert answer is not None
    document = told(answer, "es")
    assert document["detail"].startswith("Transfer-Encoding debe ser chunked")


def test_what_goes_wrong_in_a_body_is_in_spanish_too(proxy: Program) -> None:
    document = told(ask(proxy.port, "/x", "POST", [SPANISH], b"x" * 11), "es")
    assert document["detail"] == "el cuerpo tiene más de 10 bytes"
    assert document["outcome"] == "not-sent"


def test_a_page_that_may_ask_is_answered_for_its_origin_and_its_language(proxy: Program) -> None:
    answer = ask(proxy.port, "/denied", fields=[SPANISH, ("Origin", PAGE)])
    told(answer, "es")
    assert "Origin" in answer.values("vary")
    assert answer["access-control-allow-origin"] == PAGE


def test_an_unknown_outcome_is_said_in_spanish() -> None:
    def close(reader: Reader) -> None:
        reader.head()

    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        upstream.takeover = close
        document = told(ask(proxy.port, "/v1/payments/breb", "POST", [SPANISH], b"{}"), "es")
        assert document["outcome"] == "unknown"
        assert document["detail"] == "el servidor de destino cerró la conexión sin responder"
        assert document["next_step"].startswith("antes de enviar la petición otra vez, consulte")
        # Who reads the log reads English, whoever called.
        (line,) = proxy.exchanges(1)
        assert line["error"] == str(phrase("closed-unanswered"))


def test_the_language_goes_on_to_the_upstream(proxy: Program, upstream: RawUpstream) -> None:
    answer = ask(proxy.port, "/x", fields=[SPANISH])
    assert answer.status == 200
    assert answer.values("content-language") == answer.values("vary") == []
    assert upstream.calls[-1].values("accept-language") == [SPANISH[1].encode()]
