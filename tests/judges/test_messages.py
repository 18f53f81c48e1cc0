"""httplint and redbot read messages: what passes through is as it was, what is ours is sound."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import Note, levels

from tests.support import CALLER_KEY, Answer, Call, Program, RawUpstream, ask
from tests.support.patience import PATIENCE
from tests.support.ports import refusing_port
from tests.support.sweeps import further

BODY = b'{"id":"7c1d","status":"COMPLETED"}'
MOVED = "Mon, 01 Jan 2024 00:00:00 GMT"

# Fields of answers: right, odd and wrong. Each is sent with a Content-Type, and a length or chunks.
FIELDS = [
    pytest.param([], id="plain"),
    pytest.param([("Date", MOVED), ("Expires", "0"), ("Age", "x")], id="wrong-dates"),
    pytest.param([("Cache-Control", "max-age=60, private"), ("Vary", "*")], id="caching"),
    pytest.param([("Cache-Control", "no-store"), ("cache-control", "max-age=1")], id="twice"),
    pytest.param([("ETag", '"a"'), ("Last-Modified", MOVED)], id="validators"),
    pytest.param([("ETag", "a"), ("Last-Modified", "yesterday")], id="wrong-validators"),
    pytest.param([("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=;=")], id="cookies"),
    pytest.param([("Link", '</v1/x>; rel="next", <bad')], id="links"),
    pytest.param([("Location", "/v1/y z")], id="location"),
    pytest.param([("Retry-After", "soon"), ("Allow", "GET,,POST")], id="lists"),
    pytest.param([("Via", "1.1 gateway"), ("Server", "nginx"), ("Server", "x")], id="servers"),
    pytest.param([("Content-Language", "es-CO"), ("Content-MD5", "x")], id="content"),
    pytest.param([("Strict-Transport-Security", "max-age=x")], id="security"),
    pytest.param([("Access-Control-Allow-Origin", "*, *")], id="cors"),
    pytest.param([("X-Odd", "caf\xe9 \x80"), ("!", "")], id="odd-bytes"),
    pytest.param([("Content-Encoding", "gzip")], id="not-what-it-says"),
    pytest.param([("Proxy-Status", "gateway; error=oops")], id="proxy-status"),
]
STATUSES = [200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404, 409, 422, 429, 500, 503]

Findings = Counter[tuple[str, str]]


def flat(notes: Iterable[Note]) -> Iterator[Note]:
    for note in notes:
        yield note
        yield from flat(note.subnotes)


def findings(notes: Iterable[Note]) -> Findings:
    """What was noted, and of which field; not the words, which tell how long ago things were."""
    return Counter((type(note).__name__, note.subject) for note in flat(notes))


def judged(answer: Answer, method: str = "GET") -> HttpResponseLinter:
    linter = HttpResponseLinter(no_content=method == "HEAD")
    version, status, reason = (answer.raw_head.split(b"\r\n")[0] + b" ").split(b" ", 2)
    linter.process_response_topline(version, status, reason.strip())
    linter.process_headers(answer.lines)
    linter.feed_content(answer.body)
    linter.finish_content(answer.complete)
    return linter


def respond(status: int, fields: list[tuple[str, str]], chunked: bool = False) -> bytes:
    lines = [("Content-Type", "application/json"), *fields]
    body = b"" if status in (204, 304) else BODY
    if chunked:
        lines.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    elif body:
        lines.append(("Content-Length", str(len(body))))
    head = f"HTTP/1.1 {status} Fine\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return head.encode("latin-1") + b"\r\n" + body


class Between:
    """An upstream and the proxy before it."""

    def __init__(self, upstream: RawUpstream, proxy: Program) -> None:
        self.upstream = upstream
        self.proxy = proxy

    def both(self, data: bytes, target: str, method: str = "GET") -> tuple[Findings, Findings]:
        """What is found in the same answer, direct and through the proxy."""
        self.upstream.answer = lambda _: data
        direct, through = (
            findings(judged(ask(port, target, method), method).notes)
            for port in (self.upstream.port, self.proxy.port)
        )
        return direct, through


@pytest.fixture(scope="module")
def between() -> Iterator[Between]:
    with RawUpstream() as upstream, Program(upstream.url) as proxy:
        yield Between(upstream, proxy)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize("fields", FIELDS)
def test_httplint_finds_in_an_answer_what_it_finds_in_it_direct(
    between: Between, fields: list[tuple[str, str]], chunked: bool
) -> None:
    direct, through = between.both(respond(200, fields, chunked), "/v1/payments")
    assert through == direct


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", STATUSES)
def test_httplint_finds_no_difference_by_status(between: Between, status: int, method: str) -> None:
    data = respond(status, [("Cache-Control", "no-store")])
    if method == "HEAD":
        data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    direct, through = between.both(data, "/v1/payments", method)
    assert through == direct


def test_httplint_finds_in_a_request_what_it_finds_in_it_direct(between: Between) -> None:
    fields = [
        ("User-Agent", "legacy/1.0 (x"),
        ("Accept", "*/*;q=2"),
        ("If-None-Match", "a"),
        ("Range", "bytes=9-1"),
        ("Cookie", "a=1; b"),
        ("Content-Type", "json"),
    ]
    between.upstream.answer = lambda _: respond(200, [])
    calls = []
    for port in (between.upstream.port, between.proxy.port):
        ask(port, "/v1/payments?x=1", "POST", fields=fields, body=BODY)
        calls.append(between.upstream.requests[-1])
    direct, through = (findings(asked(call).notes) for call in calls)
    assert direct
    # RFC 9110 section 7.6.3 asks this of an intermediary.
    assert through - direct == Counter({("VIA_PRESENT", "field-via"): 1})
    assert direct - through == Counter()


def asked(call: Call) -> HttpRequestLinter:
    linter = HttpRequestLinter()
    linter.process_request_topline(*call.head.split(b"\r\n")[0].split(b" "))
    linter.process_headers(call.lines)
    linter.feed_content(call.body)
    linter.finish_content(True)
    return linter


def sound(answer: Answer) -> None:
    """Nothing is wrong but what the status itself says of the request."""
    wrong = [
        note.summary
        for note in flat(judged(answer).notes)
        if note.level in (levels.WARN, levels.BAD) and not type(note).__name__.startswith("STATUS_")
    ]
    assert wrong == [], answer.raw_head.decode("latin-1")


REFUSED = [
    pytest.param(405, ("/v1/x", "TRACE"), [], id="method"),
    pytest.param(403, ("/v1/x", "GET"), [("X-Proxy-Key", "no")], id="caller-key"),
    pytest.param(403, ("/v1/x", "GET"), [("Origin", "http://a.test")], id="web-page"),
    pytest.param(400, ("/v1/ x", "GET"), [], id="target"),
    pytest.param(414, ("/" + "x" * 300_000, "GET"), [], id="long-target"),
    pytest.param(431, ("/", "GET"), [("X", "x" * 300_000)], id="long-field"),
]


@pytest.fixture(scope="module")
def keyed() -> Iterator[Program]:
    with RawUpstream() as upstream, Program(upstream.url, caller_key=CALLER_KEY) as proxy:
        yield proxy


@pytest.mark.parametrize(("status", "line", "fields"), REFUSED)
def test_a_refusal_is_sound(
    keyed: Program, status: int, line: tuple[str, str], fields: list[tuple[str, str]]
) -> None:
    answer = ask(keyed.port, *line, fields=fields)
    assert answer.status == status
    sound(answer)


def test_a_failure_of_the_upstream_is_sound() -> None:
    with (
        RawUpstream() as upstream,
        refusing_port() as nobody,
        Program(
            f"http://127.0.0.1:{nobody}", token_url=f"{upstream.url}/v1/iam/oauth/tokens"
        ) as proxy,
    ):
        answer = ask(proxy.port, "/v1/x")
        assert answer.status == 502
        sound(answer)


def test_an_answer_without_a_token_is_sound() -> None:
    down = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
    with (
        RawUpstream(token=lambda _: down) as upstream,
        Program(upstream.url, ready=False, token_wait=0.2) as proxy,
    ):
        answer = ask(proxy.port, "/v1/x")
        assert answer.status == 503
        sound(answer)
        sound(ask(proxy.admin_port, "/readyz"))


@pytest.fixture(scope="module")
def shown() -> Iterator[Program]:
    with RawUpstream() as upstream, Program(upstream.url, console=True) as proxy:
        ask(proxy.port, "/v1/x")
        yield proxy


PAGE = Path(__file__).parents[2] / "proxy/console/page"
PATHS = [
    *("/livez", "/readyz", "/readyz?verbose", "/metrics", "/status", "/nothing", "/quit"),
    *("/", "/console/api/har", "/console/api/find?term=x", "/console/api/exchanges/none"),
    *(f"/console/{path.name}" for path in sorted(PAGE.iterdir()) if path.suffix != ".html"),
]


@pytest.mark.parametrize("path", PATHS)
def test_what_the_admin_listener_and_the_console_answer_is_sound(shown: Program, path: str) -> None:
    sound(ask(shown.admin_port, path, fields=list(shown.bearer.items())))
    sound(ask(shown.admin_port, path))


# Each of these lets redbot ask for more: a part, a condition, a coding, HEAD.
TEXT = b"line of text\n" * 200


def ranged(call: Call) -> bytes:
    """Answer as a good server does: conditions and ranges are understood."""
    fields = b'Content-Type: text/plain\r\nETag: "a"\r\nAccept-Ranges: bytes\r\n'
    fields += b"Cache-Control: max-age=60\r\nVary: Accept-Encoding\r\n"
    if call.values("if-none-match") == [b'"a"']:
        return b"HTTP/1.1 304 Not Modified\r\n" + fields + b"\r\n"
    wanted = re.fullmatch(rb"bytes=(\d+)-(\d+)", b"".join(call.values("range")))
    status, body = b"200 OK", TEXT
    if wanted:
        first, last = (int(each) for each in wanted.groups())
        status, body = b"206 Partial Content", TEXT[first : last + 1]
        fields += b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, len(TEXT))
    head = b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n" % (status, fields, len(body))
    return head if call.method == "HEAD" else head + body


def careless(call: Call) -> bytes:
    """Answer everything alike, whatever was asked for."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: W/a\r\nAccept-Ranges: bytes\r\n"
    head += b"Last-Modified: " + MOVED.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(TEXT)
    return head if call.method == "HEAD" else head + TEXT


@pytest.mark.parametrize("answer", [ranged, *further(careless)])
def test_redbot_finds_no_difference_in_a_resource(
    between: Between, answer: Callable[[Call], bytes]
) -> None:
    """It asks more than once, for parts and with conditions, and compares what it gets."""
    between.upstream.answer = answer
    direct, through = (redbot(port) for port in (between.upstream.port, between.proxy.port))
    assert any(line.startswith("  * ") for line in direct)
    assert through == direct


def redbot(port: int) -> list[str]:
    script = Path(sys.executable).with_name("redbot")
    command = [sys.executable, str(script), "-o", "text", f"http://127.0.0.1:{port}/v1/x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    # How long ago things were is not the same in two runs, nor is what of it came first.
    return sorted(re.sub(r"\d+ (second|sec|min|hr|day)s?", "some time", done.stdout).splitlines())
