"""The admin listener: probes for everyone, commands for this user alone."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support import Program, RawUpstream, ask, exchange

STRANGER = ("Host: localhost", "Authorization: none")  # the first one counts


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: RawUpstream) -> Iterator[Program]:
    with Program(upstream.url) as running:
        yield running


@pytest.fixture(scope="module")
def keeping(upstream: RawUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return a proxy with a ledger."""
    ledger = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with Program(upstream.url, ledger=ledger) as running:
        yield running


def get(proxy: Program, path: str, *lines: str, method: str = "GET") -> tuple[int, str]:
    given = (*lines, f"Authorization: Bearer {proxy.secret}")
    head = "".join(f"{line}\r\n" for line in given)
    data = f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
    answer = exchange(proxy.admin_port, data.encode())
    assert answer is not None
    return answer.status, answer.body.decode()


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_answer_whatever_the_host(proxy: Program, path: str) -> None:
    assert get(proxy, path, "Host: 10.244.0.7:8081")[0] == 200


@pytest.mark.parametrize("path", ["/status", "/refresh", "/quit"])
def test_nothing_else_answers_a_foreign_host(proxy: Program, path: str) -> None:
    method = "GET" if path == "/status" else "POST"
    assert get(proxy, path, "Host: evil.example", method=method)[0] == 421
    assert get(proxy, path, "Host: localhost.evil.example", method=method)[0] == 421
    assert get(proxy, path, "Host: evil.localhost", method=method)[0] == 421
    assert get(proxy, path, "Host: localhost.", method=method)[0] == 421


@pytest.mark.parametrize(
    "line",
    [
        "Origin: http://evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ],
)
def test_web_pages_of_others_are_refused(proxy: Program, line: str) -> None:
    host = f"Host: 127.0.0.1:{proxy.admin_port}"
    ours = (f"Origin: http://127.0.0.1:{proxy.admin_port}", "Sec-Fetch-Site: same-origin")
    assert get(proxy, "/refresh", host, line, method="POST")[0] == 403
    assert get(proxy, "/status", host, line)[0] == 403
    assert get(proxy, "/status", host, *ours, line)[0] == 403
    assert get(proxy, "/status", host, *ours)[0] == 200


def test_a_slash_too_many_is_not_found(proxy: Program) -> None:
    """A redirect would name the host that was asked for."""
    assert get(proxy, "/status/", "Host: evil.example")[0] == 404


@pytest.mark.parametrize("path", ["/livez", "/status"])
@pytest.mark.parametrize("hosts", [[], ["Host: localhost", "Host: localhost"]])
def test_there_is_one_host_or_400(proxy: Program, path: str, hosts: list[str]) -> None:
    """RFC 9112 section 3.2."""
    assert get(proxy, path, *hosts)[0] == 400


def test_http_1_0_needs_no_host(proxy: Program) -> None:
    answer = exchange(proxy.admin_port, b"GET /livez HTTP/1.0\r\n\r\n")
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize(
    ("path", "lines", "words"),
    [
        pytest.param("/status", STRANGER, "solo para el usuario que", id="no secret"),
        pytest.param("/status", ("Host: x.example",), "en el encabezado Host solo", id="name"),
        pytest.param("/livez", (), "la petición debe tener exactamente un", id="no name"),
        pytest.param("/nowhere", ("Host: localhost",), "no encontrado: aquí están", id="path"),
    ],
)
def test_a_refusal_is_in_the_language_that_is_asked_for(
    proxy: Program, path: str, lines: tuple[str, ...], words: str
) -> None:
    english = get(proxy, path, *lines)[1]
    spanish = get(proxy, path, *lines, "Accept-Language: es-CO")[1]
    assert spanish.startswith(words)
    assert english != spanish


def test_what_is_wrong_with_a_wish_is_said_in_both_languages(keeping: Program) -> None:
    answer = ask(keeping.admin_port, "/ledger?before=x", fields=[*keeping.bearer.items()])
    document = json.loads(answer.body)
    assert document["detail"] == document["said"]["en"] == "before and limit are numbers"
    assert document["said"]["es"] == "before y limit son números"


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/nowhere"])
def test_every_answer_has_a_date(proxy: Program, path: str) -> None:
    """RFC 9110 section 6.6.1."""
    answer = ask(proxy.admin_port, path)
    assert parsedate_to_datetime(answer["date"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/livez", "GET", 200),
        ("/metrics", "GET", 200),
        ("/livez", "POST", 405),
        ("/status", "GET", 200),
        ("/tokens", "GET", 502),
        ("/refresh", "POST", 200),
        ("/refresh", "GET", 405),
        ("/nowhere", "GET", 404),
        ("/ledger", "GET", 200),
        ("/ledger?before=x", "GET", 400),
        ("/ledger/9", "GET", 404),
        ("/tokens/revoke", "POST", 400),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_browser_makes_nothing_of_any_answer(
    keeping: Program, path: str, method: str, status: int, known: bool
) -> None:
    fields = [*keeping.bearer.items()] if known else []
    answer = ask(keeping.admin_port, path, method, fields=fields)
    assert answer.status in ((status,) if known else (status, 401))
    assert answer.values("x-content-type-options") == ["nosniff"]
    assert answer.values("cache-control") == ["no-store"]
    (policy,) = answer.values("content-security-policy")
    assert policy.startswith("default-src 'none'; ")


def test_no_redirect_leads_where_the_host_says(proxy: Program) -> None:
    assert get(proxy, "/livez/", "Host: evil.example")[0] == 404


def test_what_is_refused_here_is_no_exchange() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        refused = exchange(proxy.admin_port, b"GET /livez HTTP/1.1\nHost: x\n\n")
        assert refused is not None
        assert refused.status == 400
        assert ask(proxy.port, "/").status == 200
        assert [line["status"] for line in proxy.exchanges()] == [200]
        families = text_string_to_metric_families(proxy.admin("/metrics")[1])
        (exchanges,) = (family for family in families if family.name == "breb_proxy_exchanges")
        assert [(each.labels["method"], each.value) for each in exchanges.samples] == [("GET", 1)]


def test_a_call_of_the_api_is_shown_to_the_other_listener(proxy: Program) -> None:
    status, text = proxy.admin("/v1/accounts")
    assert status == 404
    assert "BREB_LISTEN" in text
    assert "/readyz" in text


@pytest.mark.parametrize("path", ["/refresh", "/quit"])
def test_what_changes_state_is_post(proxy: Program, path: str) -> None:
    assert proxy.admin(path)[0] == 405
    assert proxy.process.poll() is None


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_take_get_and_head_alone(proxy: Program, path: str) -> None:
    refused = ask(proxy.admin_port, path, "POST")
    assert (refused.status, refused.values("allow")) == (405, ["GET, HEAD"])
    head, whole = (ask(proxy.admin_port, path, method) for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    assert head.values("content-type") == whole.values("content-type")


def test_readyz_says_why_when_asked(proxy: Program) -> None:
    assert proxy.admin("/readyz") == (200, "ready\n")
    status, text = proxy.admin("/readyz?verbose")
    assert status == 200
    assert re.fullmatch(
        r"\[\+\] token: usable for 23 h \d+ min, next renewal in 2[23] h \d+ min\n"
        r"\[\+\] accepting requests\nready\n",
        text,
    )


def test_readyz_says_why_to_a_program_as_json(proxy: Program) -> None:
    status, text = proxy.admin("/readyz?json")
    document = json.loads(text)
    assert (status, document["ready"]) == (200, True)
    assert document["reasons"] == proxy.admin("/readyz?verbose")[1].splitlines()[:-1]
    assert [each["en"] for each in document["said"]] == document["reasons"]
    assert document["said"][-1]["es"] == "[+] acepta peticiones"


def test_without_a_token_it_is_alive_but_not_ready(upstream: RawUpstream) -> None:
    with (
        RawUpstream(token=lambda _: b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as down,
        Program(upstream.url, ready=False, token_url=f"{down.url}/t") as proxy,
    ):
        proxy.until("/readyz", 503)
        status, text = proxy.admin("/readyz?verbose")
        assert status == 503
        assert re.search(
            r"^\[-\] token: none yet, (next try in|a request for one)", text, re.MULTILINE
        )
        assert proxy.admin("/livez") == (200, "ok\n")


def test_status_tells_the_keepers_state_and_no_secret(proxy: Program) -> None:
    document = proxy.status()
    assert document["ready"] is True
    token = document["token"]
    assert token["state"] == "fresh"
    assert token["lifetime"] == 86400
    assert token["scopes"] == ["paas.core.accounts.get"]
    assert document["environment"] == "local"
    assert not re.search(r"[0-9a-f]{64}", json.dumps(document))


def test_refresh_renews_and_says_so(proxy: Program, upstream: RawUpstream) -> None:
    before = proxy.status()["token"]["token_id"]
    asked = len(upstream.tokens_asked)
    status, body = proxy.admin("/refresh", "POST")
    assert status == 200
    assert json.loads(body)["renewed"] is True
    assert len(upstream.tokens_asked) == asked + 1
    assert proxy.status()["token"]["token_id"] != before


def samples(proxy: Program) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(proxy.admin("/metrics")[1]):
        for sample in family.samples:
            found[(sample.name, *(v for _, v in sorted(sample.labels.items())))] = sample.value
    return found


def test_metrics_count_exchanges_and_refusals(proxy: Program) -> None:
    before = samples(proxy)
    ask(proxy.port, "/one")
    ask(proxy.port, "/two", "POST", body=b"12345")
    ask(proxy.port, "/three", "PROPFIND")
    ask(proxy.port, "/", fields=[("Origin", "http://evil.example")])
    exchange(proxy.port, b"nonsense\r\n\r\n")
    proxy.exchanges(5)
    after = samples(proxy)

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0.0)

    assert grown("breb_proxy_exchanges_total", "", "GET", "2xx") == 1
    assert grown("breb_proxy_exchanges_total", "", "POST", "2xx") == 1
    assert grown("breb_proxy_exchanges_total", "", "other", "2xx") == 1
    assert grown("breb_proxy_exchanges_total", "", "GET", "4xx") == 1
    assert grown("breb_proxy_refusals_total", "web-page") == 1
    assert grown("breb_proxy_refusals_total", "malformed") == 1
    assert grown("breb_proxy_request_body_bytes_total") == 5
    assert grown("breb_proxy_response_body_bytes_total") >= 6
    assert grown("breb_proxy_exchange_seconds_count") == 5
    assert grown("breb_proxy_upstream_seconds_count") == 3
    assert after["breb_proxy_token_usable",] == 1
    assert after["breb_proxy_in_flight",] == 0
    assert after["breb_proxy_pool", "idle"] >= 1


def test_an_unknown_path_is_not_found(proxy: Program) -> None:
    assert proxy.admin("/v1/customers")[0] == 404


def test_its_root_says_that_the_console_is_off_and_how_it_is_turned_on() -> None:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        status, text = proxy.admin("/")
    assert status == 404
    assert text.startswith("The console is off. To turn it on, start with BREB_CONSOLE=true")
