"""TLS to the upstream: who is trusted, what is said when not, sessions resumed, ends signed."""

import asyncio
import contextlib
import datetime
import gc
import os
import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import cast

import pytest
import trustme

from proxy.errors import (
    CertificateRefused,
    ConnectionBroken,
    ConnectTimeout,
    TlsAlerted,
    TlsFailed,
    UpstreamError,
)
from proxy.http1.framing import BUFFER
from proxy.memory.reading import SIP
from proxy.upstream.connector import Silence
from proxy.upstream.secured import RECORD, Secured
from proxy.upstream.tls import (
    ResumingContext,
    certificate_refused,
    issuer_name,
    tls_context,
    tls_failed,
)
from tests.support.scripted import (
    GET,
    OK,
    Peer,
    answering,
    begun,
    fetch,
    pooled,
    serving,
    silent,
    until,
)
from tests.unit.upstream.test_connector import tunnelling

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path) -> ResumingContext:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return tls_context(bundle)


def server_side(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def served(authority: trustme.CA) -> ssl.SSLContext:
    return server_side(authority.issue_cert("localhost", "127.0.0.1"))


async def error_of(
    server: ssl.SSLContext | None, client: ResumingContext, host: str = "localhost"
) -> UpstreamError:
    async with (
        serving(answering(OK), tls=server) as state,
        pooled(state.port, host=host, tls=client) as pool,
    ):
        with pytest.raises(UpstreamError) as caught:
            await fetch(pool)
        return caught.value


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_trusted_upstream_is_reached(
    served: ssl.SSLContext, trusting: ResumingContext, host: str
) -> None:
    async with (
        serving(answering(OK), tls=served) as server,
        pooled(server.port, host=host, tls=trusting) as pool,
    ):
        for _ in range(2):
            assert (await fetch(pool))[1] == b"ok"
        assert server.connections == 1


async def test_the_server_is_told_the_name_and_the_protocol(
    served: ssl.SSLContext, trusting: ResumingContext
) -> None:
    names: list[str | None] = []
    served.sni_callback = lambda _, name, __: names.append(name)
    served.set_alpn_protocols(["h2", "http/1.1"])
    async with (
        serving(answering(OK), tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        connection = await begun(pool)
        assert connection.tls is not None
        assert connection.tls.selected_alpn_protocol() == "http/1.1"
        assert names == ["localhost"]
        pool.release(connection)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kept", [True, False], ids=["kept-alive", "closed"])
async def test_later_handshakes_resume_the_session(
    served: ssl.SSLContext, trusting: ResumingContext, version: ssl.TLSVersion, kept: bool
) -> None:
    served.maximum_version = version
    answer = OK if kept else OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
    async with (
        serving(answering(answer), tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        for _ in range(3):
            assert (await fetch(pool))[1] == b"ok"
            for connection in list(pool._all):
                connection.abort()
            await until(lambda: not pool.counts["idle"])
        assert server.resumed == [False, True, True]


async def test_a_session_that_the_server_forgot_is_no_obstacle(
    authority: trustme.CA, trusting: ResumingContext
) -> None:
    """The server was started anew, with other ticket keys."""
    certificate = authority.issue_cert("localhost")
    for _ in range(2):
        async with (
            serving(answering(OK), tls=server_side(certificate)) as server,
            pooled(server.port, host="localhost", tls=trusting) as pool,
        ):
            assert (await fetch(pool))[1] == b"ok"
            assert server.resumed == [False]


# -- refusals ------------------------------------------------------------------------------


async def test_a_strangers_certificate_is_refused(trusting: ResumingContext) -> None:
    stranger = server_side(trustme.CA().issue_cert("localhost"))
    error = await error_of(stranger, trusting)
    assert type(error) is CertificateRefused
    assert "(issued by trustme v" in str(error)
    assert "BREB_CA_BUNDLE" in str(error.next_step)
    assert not error.sent


async def test_the_systems_authorities_do_not_know_ours(served: ssl.SSLContext) -> None:
    error = await error_of(served, tls_context())
    assert type(error) is CertificateRefused
    assert "BREB_CA_BUNDLE" in str(error.next_step)


async def test_a_certificate_for_another_name_is_refused(
    authority: trustme.CA, trusting: ResumingContext
) -> None:
    error = await error_of(server_side(authority.issue_cert("other.example")), trusting)
    assert type(error) is CertificateRefused
    assert "another name" in str(error.next_step)


async def test_a_certificate_for_a_name_is_not_one_for_an_address(
    authority: trustme.CA, trusting: ResumingContext
) -> None:
    error = await error_of(server_side(authority.issue_cert("localhost")), trusting, "127.0.0.1")
    assert type(error) is CertificateRefused
    assert "another name" in str(error.next_step)


@pytest.mark.parametrize(
    ("days", "words", "advice"),
    [
        pytest.param((-9, -2), "certificate has expired", "renew", id="expired"),
        pytest.param((2, 9), "certificate is not yet valid", "clock", id="not-yet-valid"),
    ],
)
async def test_a_certificate_out_of_its_time_is_refused(
    authority: trustme.CA,
    trusting: ResumingContext,
    days: tuple[int, int],
    words: str,
    advice: str,
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    certificate = authority.issue_cert(
        "localhost",
        not_before=now + datetime.timedelta(days=days[0]),
        not_after=now + datetime.timedelta(days=days[1]),
    )
    error = await error_of(server_side(certificate), trusting)
    assert type(error) is CertificateRefused
    assert words in str(error)  # newer OpenSSLs say more behind it
    assert advice in str(error.next_step)


def test_what_newer_pythons_find_wrong_is_explained() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "CA cert does not include key usage extension"
    error.verify_code = 92
    refused = certificate_refused(error, "host")
    assert "keyUsage in the authority's certificate" in str(refused)
    assert "BREB_CA_BUNDLE" in str(refused.next_step)


def test_a_refusal_without_words_is_worded() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = ""
    error.verify_code = 1
    assert str(certificate_refused(error, "host")) == "certificate of host: not trusted"


def test_what_an_unknown_issuer_calls_itself_is_text_of_ours_and_short() -> None:
    """It may come from an attacker on the way, and goes into logs, pages and headers."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message, error.verify_code = "unknown", 20
    error.add_note('Ev"il\r\nX-Y: \\é' + "a" * 100)
    text = str(certificate_refused(error, "host"))
    assert text == f"certificate of host: unknown (issued by Ev?il??X-Y: ??{'a' * 66})"


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        pytest.param(
            ((("organizationName", "Acme Corp"),), (("commonName", "Acme TLS Inspection CA"),)),
            "Acme TLS Inspection CA, Acme Corp",
            id="both",
        ),
        pytest.param(
            ((("organizationName", "Acme"), ("commonName", "Acme")),), "Acme", id="the-same"
        ),
        pytest.param(((("commonName", "Root"),),), "Root", id="no-organization"),
        pytest.param((), "an issuer without a name", id="none"),
    ],
)
def test_an_issuer_is_named_as_people_know_it(
    parts: tuple[tuple[tuple[str, str], ...], ...], name: str
) -> None:
    assert issuer_name(parts) == name


async def test_a_plain_server_is_not_a_tls_server(trusting: ResumingContext) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(10)
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.closed()

    async with (
        serving(script) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        with pytest.raises(TlsFailed, match="TLS with localhost:") as caught:
            await fetch(pool)
        assert "does not use TLS" in str(caught.value.next_step)
        assert not caught.value.sent
        await until(lambda: server.open == 0)


@pytest.mark.parametrize("way", ["speaks", "closes"])
async def test_a_server_that_does_not_wait_for_the_handshake_is_no_tls_server(
    trusting: ResumingContext, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """What it does may come before there is anything of TLS here that could see it."""

    def connection_made(self: Silence, transport: asyncio.Transport) -> None:
        self.transport = transport
        if way == "speaks":
            self.data_received(b"220 ready\r\n")
        else:
            asyncio.get_running_loop().call_soon(transport.abort)

    monkeypatch.setattr(Silence, "connection_made", connection_made)
    async with (
        serving(silent) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        with pytest.raises(TlsFailed, match="before the handshake") as caught:
            await fetch(pool)
        assert not caught.value.sent
        await until(lambda: server.open == 0)


@pytest.mark.needs("posix")
@pytest.mark.parametrize("tight", [False, True], ids=["wide", "tight"])
async def test_of_a_large_answer_that_nobody_takes_little_is_held(
    served: ssl.SSLContext, trusting: ResumingContext, tight: bool
) -> None:
    """Decrypted and not; and it arrives whole, once it is wanted."""
    most = (SIP if tight else BUFFER + 262_144) + 2 * RECORD
    body = os.urandom(1 << 20)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    async with (
        serving(answering(answer), tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        if tight:
            pool.budget.mark = SIP
        for _ in range(2):
            connection = await begun(pool)
            secured = cast("Secured", connection._secured)
            taken: list[bytes] = []
            while not (connection.complete and not connection._answer.chunks):
                await until(lambda c=connection: c._flow.reading_paused or c.complete)  # type: ignore[misc]
                assert connection._answer.buffered <= most
                assert not secured._incoming.pending
                taken.append(await connection.read())
            assert b"".join(taken) == body
            pool.release(connection)
        assert server.connections == 1


@pytest.mark.parametrize("way", ["end", "reset"])
async def test_a_close_during_the_handshake_is_told(trusting: ResumingContext, way: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(10)
        if way == "reset":
            peer.reset()

    async with (
        serving(script) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        with pytest.raises(TlsFailed, match="closed during the handshake") as caught:
            await fetch(pool)
        assert not caught.value.sent
        assert not any(pool.counts.values())


async def test_a_handshake_without_end_is_a_connect_time_out(trusting: ResumingContext) -> None:
    async with (
        serving(silent) as server,
        pooled(server.port, host="localhost", tls=trusting, connect_timeout=0.1) as pool,
    ):
        with pytest.raises(ConnectTimeout):
            await fetch(pool)
        await until(lambda: server.open == 0)


async def test_a_server_of_old_tls_alone_is_refused(
    served: ssl.SSLContext, trusting: ResumingContext
) -> None:
    trusting.minimum_version = ssl.TLSVersion.TLSv1_3  # the same, one version on
    served.maximum_version = ssl.TLSVersion.TLSv1_2
    error = await error_of(served, trusting)
    assert type(error) is TlsFailed


def test_the_oldest_version_is_1_2() -> None:
    context = tls_context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_without_authorities_of_the_system_those_of_certifi_serve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert len(tls_context().get_ca_certs()) > 50


@pytest.mark.needs("posix")
def test_a_directory_of_authorities_serves_as_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """OpenSSL looks into it only when a certificate is to be checked."""
    (tmp_path / "0a1b2c3d.0").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context().get_ca_certs() == []


# -- client certificates -------------------------------------------------------------------


async def test_a_client_certificate_is_shown(
    authority: trustme.CA, served: ssl.SSLContext, tmp_path: Path
) -> None:
    bundle, cert, key = (tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(str(bundle))
    ours = authority.issue_cert("client.example")
    ours.cert_chain_pems[0].write_to_path(str(cert))
    ours.private_key_pem.write_to_path(str(key))
    served.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(served)
    shown: list[object] = []

    async def script(peer: Peer) -> None:
        shown.append(peer.writer.get_extra_info("peercert")["subjectAltName"])
        await answering(OK)(peer)

    async with (
        serving(script, tls=served) as server,
        pooled(server.port, host="localhost", tls=tls_context(bundle, cert, key)) as pool,
    ):
        assert (await fetch(pool))[1] == b"ok"
        assert shown == [(("DNS", "client.example"),)]


def refusing(context: ssl.SSLContext, listener: socket.socket) -> None:
    """Shake hands in vain, and leave the alert time to arrive (asyncio's servers do not)."""
    with contextlib.suppress(OSError):
        raw, _ = listener.accept()
        with context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as sock:
            with contextlib.suppress(ssl.SSLError):
                sock.do_handshake()
            with socket.socket(fileno=sock.detach()) as plain:
                while plain.recv(65_536):
                    pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_missing_client_certificate_is_told(
    authority: trustme.CA,
    served: ssl.SSLContext,
    trusting: ResumingContext,
    version: ssl.TLSVersion,
) -> None:
    """With TLS 1.3 it is told only after the handshake, when the request is out already."""
    served.verify_mode = ssl.CERT_REQUIRED
    served.maximum_version = version
    authority.configure_trust(served)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refusing, args=(served, listener))
        thread.start()
        async with pooled(listener.getsockname()[1], host="localhost", tls=trusting) as pool:
            with pytest.raises(TlsAlerted, match=r"alert (handshake failure|certificate required)"):
                await fetch(pool)
        thread.join()


@pytest.mark.parametrize(
    ("reason", "kind", "text"),
    [
        ("TLSV1_UNRECOGNIZED_NAME", "tls_alert_received", "sent the alert unrecognized name"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "tls_alert_received", "sent the alert bad certificate"),
        ("WRONG_VERSION_NUMBER", "tls_protocol_error", "TLS with host: WRONG_VERSION_NUMBER"),
        ("", "tls_protocol_error", "TLS with host: no reason given"),
    ],
)
def test_an_alert_is_told_from_what_is_wrong_with_the_bytes(
    reason: str, kind: str, text: str
) -> None:
    """RFC 9209 section 2.3 has an error type for each."""
    error = ssl.SSLError(1, "x")
    error.reason = reason
    failed = tls_failed(error, "TLS with host")
    assert failed.kind == kind
    assert str(failed).endswith(text)


def test_a_port_without_tls_is_advised_as_such() -> None:
    error = ssl.SSLError(1, "x")
    error.reason = "WRONG_VERSION_NUMBER"
    step = tls_failed(error, "host").next_step.about("BREB_TOKEN_URL")
    assert str(step) == "that port does not use TLS: check the scheme and port in BREB_TOKEN_URL"


# -- streams -------------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [True, False])
async def test_a_body_until_the_end_needs_a_signed_end(
    served: ssl.SSLContext, trusting: ResumingContext, signed: bool
) -> None:
    """RFC 9112 section 9.8: without close_notify anyone on the way may have cut it."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        if not signed:
            # The bare socket: FIN, and nothing of TLS before it.
            wire = peer.writer.get_extra_info("socket")
            with socket.fromfd(wire.fileno(), wire.family, wire.type) as bare:
                bare.shutdown(socket.SHUT_WR)
            await peer.closed()

    async with (
        serving(script, tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        if signed:
            assert (await fetch(pool))[1] == b"all of it"
        else:
            with pytest.raises(ConnectionBroken, match="before its response was complete"):
                await fetch(pool)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", id="length"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="until-the-end"),
    ],
)
async def test_a_slow_reader_loses_nothing_when_the_server_closes_early(
    served: ssl.SSLContext, trusting: ResumingContext, head: bytes
) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        for _ in range(128):
            await peer.send(b"x" * 65_536)

    async with (
        serving(script, tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        connection = await begun(pool)
        await connection.response()
        await asyncio.sleep(0.2)
        total = 0
        while data := await connection.read():
            total += len(data)
            await asyncio.sleep(0.001)
        assert total == 8_388_608
        pool.release(connection)


@pytest.mark.needs("posix")
async def test_an_answer_that_came_before_a_reset_is_read(
    served: ssl.SSLContext, trusting: ResumingContext
) -> None:
    """A server that refuses a body says why and resets; a write meets that first."""

    def refuse(listener: socket.socket) -> None:
        with served.wrap_socket(listener.accept()[0], server_side=True) as sock:
            assert sock.recv(1000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(OK.replace(b"200 OK", b"413 No"))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        async with pooled(port, host="localhost", tls=trusting) as pool:
            connection = await begun(pool, complete=False)
            thread.join()
            for _ in range(2):
                connection.write(b"x" * BUFFER)
            assert (await connection.response()).status == 413
            assert await connection.read() == b"ok"
            pool.release(connection)


async def test_an_https_upstream_is_reached_through_the_egress_proxy(
    served: ssl.SSLContext, trusting: ResumingContext
) -> None:
    asked: list[bytes] = []
    async with (
        serving(answering(OK), tls=served) as server,
        serving(tunnelling(asked)) as egress,  # type: ignore[arg-type]
        pooled(server.port, host="localhost", tls=trusting, egress=egress.port) as pool,
    ):
        assert (await fetch(pool))[1] == b"ok"
        assert asked[0].startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % server.port)


def sockets() -> int:
    gc.collect()
    return sum("socket:" in os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir())


@pytest.mark.needs("posix")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts file descriptors (Linux)")
async def test_cancelling_a_handshake_at_any_step_leaks_no_socket(
    served: ssl.SSLContext, trusting: ResumingContext
) -> None:
    async with (
        serving(answering(OK), tls=served) as server,
        pooled(server.port, host="localhost", tls=trusting) as pool,
    ):
        await fetch(pool)
        for connection in list(pool._all):
            connection.abort()
        await until(lambda: server.open == 0)
        before = sockets()
        for steps in range(40):
            task = asyncio.ensure_future(fetch(pool, GET))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for connection in list(pool._all):
                connection.abort()
        await until(lambda: not any(pool.counts.values()))
        await until(lambda: server.open == 0)
        await until(lambda: sockets() <= before, sockets)
