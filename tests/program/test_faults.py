"""Every kind of fault of the upstream, end to end: what the caller, the log and the metrics say.

And the rule above all others: a POST reaches the upstream at most once.
"""

import contextlib
import datetime
import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support import Answer, Program, RawUpstream, ask, exchange, free_port, read_answer
from tests.support.acceptor import Acceptor
from tests.support.front import until
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.wire import Reader, connect, read_request

TOKENS = "/v1/iam/oauth/tokens"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOK_UP = (
    "before you send the request again, look up in the API whether it was carried out: a payment"
    " may have been made ("
)

Act = Callable[[Reader], None]


class Faulty:
    """An upstream that reads a request and then does what it is told; counts what arrived."""

    def __init__(self, act: Act, tls: ssl.SSLContext | None = None) -> None:
        self._act = act
        self.seen: list[bytes] = []
        self._acceptor = Acceptor(lambda sock: self.serve(Reader(sock)), tls)
        self.port = self._acceptor.port

    @property
    def posts(self) -> int:
        return sum(head.startswith(b"POST ") for head in list(self.seen))

    def serve(self, reader: Reader) -> None:
        """Take one request, then act."""
        got = read_request(reader)
        if got is not None:
            self.seen.append(got[0])
            self._act(reader)

    def close(self) -> None:
        self._acceptor.close()


class Deaf(Faulty):
    """Never reads more than a head."""

    def serve(self, reader: Reader) -> None:
        self.seen.append(reader.head())
        self._act(reader)


class Stale(Faulty):
    """Answers the first request of a connection; hangs up at the second."""

    def serve(self, reader: Reader) -> None:
        for answer in (OK, b""):
            got = read_request(reader)
            if got is not None:
                self.seen.append(got[0])
                reader.sock.sendall(answer)


def reset(reader: Reader) -> None:
    reader.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wait(reader: Reader) -> None:
    """Do nothing until the other side leaves."""
    while reader.more():
        pass


def deaf(reader: Reader) -> None:
    """Read nothing until the other side leaves."""
    leaving = select.poll()
    leaving.register(reader.sock, getattr(select, "POLLRDHUP", select.POLLHUP))
    leaving.poll(PATIENCE * 1000)


def send(data: bytes) -> Act:
    def act(reader: Reader) -> None:
        reader.sock.sendall(data)
        wait(reader)

    return act


@dataclass
class Fault:
    """Where the proxy is sent, and what must come of it."""

    base_url: str
    status: int
    kind: str
    detail: str
    next_step: str
    sent: bool
    upstream: Faulty | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    body: bytes = b'{"amount": 1}'


@pytest.fixture
def tokens() -> Iterator[RawUpstream]:
    with RawUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def at(upstream: Faulty, scheme: str = "http") -> str:
    return f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{upstream.port}"


# -- the faults ----------------------------------------------------------------------------


def refused(_: trustme.CA, __: Path) -> Fault:
    return Fault(
        f"http://127.0.0.1:{free_port()}",
        502,
        "connection_refused",
        "refused the connection",
        "check the host and port in BREB_BASE_URL",
        sent=False,
    )


def unknown_name(_: trustme.CA, __: Path) -> Fault:
    return Fault(
        "https://no-such-host.invalid",
        502,
        "dns_error",
        "no address for no-such-host.invalid",
        "check the host name in BREB_BASE_URL",
        sent=False,
    )


def unreachable(_: trustme.CA, __: Path) -> Fault:
    return Fault(
        "https://255.255.255.255",
        502,
        "destination_ip_unroutable",
        "cannot reach 255.255.255.255",
        "check the network",
        sent=False,
    )


def slow_handshake(_: trustme.CA, __: Path) -> Fault:
    upstream = Faulty(wait)  # waits for a request, which TLS bytes never make
    return Fault(
        at(upstream, "https"),
        504,
        "connection_timeout",
        "within 0.3 s",
        "raise BREB_CONNECT_TIMEOUT",
        sent=False,
        upstream=upstream,
        settings={"connect_timeout": 0.3},
    )


def silent(_: trustme.CA, __: Path) -> Fault:
    upstream = Faulty(wait)
    return Fault(
        at(upstream),
        504,
        "connection_read_timeout",
        "no byte of the response for 0.3 s",
        "raise BREB_READ_TIMEOUT",
        sent=True,
        upstream=upstream,
        settings={"read_timeout": 0.3},
    )


def takes_nothing(_: trustme.CA, __: Path) -> Fault:
    need("posix")
    upstream = Deaf(deaf)
    return Fault(
        at(upstream),
        504,
        "connection_write_timeout",
        "no byte of the request for 0.3 s",
        "raise BREB_WRITE_TIMEOUT",
        sent=True,
        upstream=upstream,
        settings={"write_timeout": 0.3},
        body=b"x" * (32 << 20),
    )


def resets(_: trustme.CA, __: Path) -> Fault:
    return _closed(Faulty(reset), "the upstream closed the connection without a response")


def resets_in_the_head(_: trustme.CA, __: Path) -> Fault:
    return _closed(
        Faulty(lambda reader: reader.sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")),
        "the upstream closed the connection before its response was complete",
    )


def hangs_up_a_kept_connection(_: trustme.CA, __: Path) -> Fault:
    return _closed(Stale(wait), "the upstream closed a kept-alive connection")


def _closed(upstream: Faulty, detail: str) -> Fault:
    step = "send the request again only if it is safe to repeat"
    return Fault(at(upstream), 502, "connection_terminated", detail, step, True, upstream)


def nonsense(_: trustme.CA, __: Path) -> Fault:
    return _not_http(b"SSH-2.0-OpenSSH_9.6\r\n", "the response does not begin as HTTP/1.1 does")


def switches_protocols(_: trustme.CA, __: Path) -> Fault:
    return _not_http(
        b"HTTP/1.1 101 Sure\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "the upstream answered 101, but the request did not ask for that",
    )


def two_framings(_: trustme.CA, __: Path) -> Fault:
    return _not_http(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        "the response is not valid HTTP",
    )


def oversized_head(_: trustme.CA, __: Path) -> Fault:
    return _not_http(
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 131_072,
        "the response's headers are larger than 131072 bytes",
        "http_response_header_section_size",
    )


def _not_http(answer: bytes, detail: str, kind: str = "http_protocol_error") -> Fault:
    upstream = Faulty(send(answer))
    return Fault(at(upstream), 502, kind, detail, "uses HTTP/1.1", True, upstream)


def _certified(certificate: trustme.LeafCert, detail: str, step: str, **settings: Any) -> Fault:
    upstream = Faulty(send(OK), tls_of(certificate))
    return Fault(
        at(upstream, "https"),
        502,
        "tls_certificate_error",
        detail,
        step,
        sent=False,
        upstream=upstream,
        settings=settings,
    )


def _bundle(authority: trustme.CA, folder: Path) -> Path:
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def untrusted_certificate(authority: trustme.CA, _: Path) -> Fault:
    certificate = authority.issue_cert("localhost")
    return _certified(certificate, "certificate of localhost", "BREB_CA_BUNDLE")


def expired_certificate(authority: trustme.CA, folder: Path) -> Fault:
    now = datetime.datetime.now(datetime.UTC)
    certificate = authority.issue_cert(
        "localhost",
        not_before=now - datetime.timedelta(days=9),
        not_after=now - datetime.timedelta(days=2),
    )
    bundle = _bundle(authority, folder)
    return _certified(certificate, "certificate has expired", "must renew", ca_bundle=bundle)


def certificate_of_another(authority: trustme.CA, folder: Path) -> Fault:
    certificate = authority.issue_cert("other.example")
    bundle = _bundle(authority, folder)
    return _certified(certificate, "not valid for 'localhost'", "another name", ca_bundle=bundle)


def plain_where_tls_was_meant(_: trustme.CA, __: Path) -> Fault:
    def serve(reader: Reader) -> None:
        reader.more()  # who speaks first does not even wait for TLS, and is told otherwise
        reader.sock.sendall(OK)

    upstream = Faulty(wait)
    upstream.serve = serve  # type: ignore[method-assign]
    return Fault(
        at(upstream, "https"),
        502,
        "tls_protocol_error",
        "TLS with localhost",
        "does not use TLS",
        sent=False,
        upstream=upstream,
    )


def egress_refuses(_: trustme.CA, __: Path) -> Fault:
    upstream = Faulty(send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
    return Fault(
        "https://bre-b.example",
        502,
        "destination_ip_unroutable",
        "the egress proxy answered 403 to CONNECT bre-b.example:443",
        "BREB_EGRESS_PROXY",
        sent=False,
        upstream=upstream,
    )


FAULTS = [
    refused,
    unknown_name,
    unreachable,
    slow_handshake,
    silent,
    takes_nothing,
    resets,
    resets_in_the_head,
    hangs_up_a_kept_connection,
    nonsense,
    switches_protocols,
    two_framings,
    oversized_head,
    untrusted_certificate,
    expired_certificate,
    certificate_of_another,
    plain_where_tls_was_meant,
]


def post(proxy: Program, body: bytes) -> Answer:
    """Send a POST from a thread of its own: the answer can come before the body is taken."""
    reader = connect(proxy.port)
    head = b"POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n\r\n"

    def write() -> None:
        with contextlib.suppress(OSError):
            reader.sock.sendall(head % (proxy.port, len(body)) + body)

    writer = threading.Thread(target=write)
    writer.start()
    answer = read_answer(reader, "POST")
    reader.sock.shutdown(socket.SHUT_RDWR)
    writer.join()
    reader.sock.close()
    assert answer is not None
    return answer


def metric(proxy: Program, kind: str) -> float:
    """Return the counter of one error type."""
    start = f'breb_proxy_upstream_errors_total{{error="{kind}"}} '
    lines = proxy.admin("/metrics")[1].splitlines()
    (line,) = [line for line in lines if line.startswith(start)]
    return float(line.removeprefix(start))


def check_problem(answer: Answer, fault: Fault) -> dict[str, Any]:
    """Check status and fields of an answer of the proxy's own; return the problem document."""
    problem: dict[str, Any] = json.loads(answer.body)
    assert answer.status == problem["status"] == fault.status, problem
    assert answer["content-type"] == "application/problem+json"
    start = f"breb-proxy; error={fault.kind}; details="
    assert answer["proxy-status"].startswith(start)
    assert problem["type"] == f"urn:breb-proxy:error:{fault.kind}"
    assert fault.detail in problem["detail"]
    return problem


@pytest.mark.parametrize("make", FAULTS)
def test_a_fault_is_told_to_caller_log_and_metrics_and_a_post_goes_out_once(
    make: Callable[[trustme.CA, Path], Fault],
    tokens: RawUpstream,
    authority: trustme.CA,
    tmp_path: Path,
) -> None:
    fault = make(authority, tmp_path)
    settings = {"token_url": tokens.url + TOKENS, **fault.settings}
    warm = isinstance(fault.upstream, Stale)
    with Program(fault.base_url, **settings) as proxy:
        if warm:
            assert ask(proxy.port, "/warm").status == 200
        answer = post(proxy, fault.body)
        problem = check_problem(answer, fault)
        assert problem["outcome"] == ("unknown" if fault.sent else "not-sent")
        assert fault.sent == problem["next_step"].startswith(LOOK_UP)
        assert fault.sent or fault.next_step in problem["next_step"]

        line = proxy.exchanges(1 + warm)[-1]
        assert (line["method"], line["status"], line["reason"]) == (
            "POST",
            fault.status,
            fault.kind,
        )
        assert (line["id"], line["error"]) == (problem["exchange"], problem["detail"])
        assert metric(proxy, fault.kind) == 1

        if not warm and fault.kind != "connection_write_timeout":
            got = exchange(proxy.port, b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert got is not None
            problem = check_problem(got, fault)
            assert "outcome" not in problem
            assert fault.next_step in problem["next_step"]
            assert metric(proxy, fault.kind) == 2
    if fault.upstream is not None:
        assert fault.upstream.posts == (1 if fault.sent else 0)
        fault.upstream.close()


def test_an_egress_proxy_that_refuses_is_named(tmp_path: Path) -> None:
    """Here the token cannot be had either: it goes the same way."""
    fault = egress_refuses(trustme.CA(), tmp_path)
    assert fault.upstream is not None
    proxy_url = f"http://127.0.0.1:{fault.upstream.port}"
    with Program(fault.base_url, ready=False, egress_proxy=proxy_url, token_wait=0.3) as proxy:
        answer = ask(proxy.port, "/v1/payments", "POST", body=b"{}")
        assert answer.status == 503
        problem = json.loads(answer.body)
        assert problem["outcome"] == "not-sent"
        until(lambda: fault.detail in proxy.output, "the log does not tell")
    assert fault.upstream.posts == 0
    fault.upstream.close()


def test_an_answer_that_breaks_off_breaks_off_at_the_caller(tokens: RawUpstream) -> None:
    """The head is out: no problem document any more, but the log and the metrics tell."""
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"
    upstream = Faulty(lambda reader: reader.sock.sendall(cut))
    with Program(at(upstream), token_url=tokens.url + TOKENS) as proxy:
        answer = ask(proxy.port, "/v1/payments", "POST", body=b"{}")
        assert (answer.status, answer.body, answer.complete) == (200, b"ok", False)
        (line,) = proxy.exchanges()
        assert (line["status"], line["reason"]) == (200, "connection_terminated")
        assert "before its response was complete" in line["error"]
        assert metric(proxy, "connection_terminated") == 1
    assert upstream.posts == 1
    upstream.close()


def test_a_full_pool_is_told_and_nothing_goes_out(tokens: RawUpstream) -> None:
    go = threading.Event()

    def act(reader: Reader) -> None:
        go.wait(PATIENCE)
        reader.sock.sendall(OK)

    upstream = Faulty(act)
    settings = {"max_connections": 1, "queue_timeout": 0.3, "token_url": tokens.url + TOKENS}
    with Program(at(upstream), **settings) as proxy:
        held: list[Answer] = []
        holder = threading.Thread(target=lambda: held.append(ask(proxy.port, "/held")))
        holder.start()
        while not upstream.seen:
            threading.Event().wait(0.01)
        answer = ask(proxy.port, "/v1/payments", "POST", body=b"{}")
        problem = json.loads(answer.body)
        assert (answer.status, answer["retry-after"]) == (503, "1")
        assert answer["proxy-status"].startswith("breb-proxy; error=connection_limit_reached;")
        assert problem["detail"] == "no connection became free in 0.3 s"
        assert "BREB_MAX_CONNECTIONS" in problem["next_step"]
        assert problem["outcome"] == "not-sent"
        (line,) = proxy.exchanges()
        assert (line["status"], line["reason"]) == (503, "connection_limit_reached")
        assert metric(proxy, "connection_limit_reached") == 1
        go.set()
        holder.join()
        assert held[0].status == 200
    assert upstream.posts == 0
    upstream.close()


def test_a_get_on_a_kept_connection_that_hangs_up_goes_out_again(tokens: RawUpstream) -> None:
    upstream = Stale(wait)
    with Program(at(upstream), token_url=tokens.url + TOKENS) as proxy:
        assert ask(proxy.port, "/1").status == 200
        assert ask(proxy.port, "/2").status == 200
        assert proxy.exchanges(2)[-1]["attempts"] == 2
    assert [head.split()[1] for head in upstream.seen] == [b"/1", b"/2", b"/2"]
    upstream.close()


@pytest.mark.slow
def test_a_put_whose_body_is_still_to_come_goes_on_no_connection_that_was_idle_for_long(
    tokens: RawUpstream,
) -> None:
    """The connection may have been closed meanwhile, and this request could not go out again."""
    upstream = RawUpstream()
    with Program(upstream.url, token_url=tokens.url + TOKENS) as proxy:
        assert ask(proxy.port, "/x").status == 200
        threading.Event().wait(4.2)
        with connect(proxy.port) as caller:
            caller.sock.sendall(
                b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            assert caller.head().startswith(b"HTTP/1.1 100 ")
            caller.sock.sendall(b"x")
            answer = read_answer(caller)
            assert answer is not None
            assert answer.status == 200
        assert upstream.connections == 2
    upstream.close()
