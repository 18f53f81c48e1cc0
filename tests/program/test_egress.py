"""The way out through a corporate proxy: token and requests alike, and never around it."""

import base64
import contextlib
import socket
import threading
from pathlib import Path

import pytest
import trustme

from tests.program.test_faults import tls_of
from tests.support import Call, Program, RawUpstream, ask
from tests.support.acceptor import Acceptor

ASKS_FOR_BASIC = (
    b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="corp"\r\nContent-Length: 0\r\n\r\n'
)


class Egress:
    """An HTTP proxy that knows CONNECT alone, and leads every name to one port.

    It asks for Basic where the bytes that are ``wanted`` are not in a head.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.wanted = b""
        self.heads: list[bytes] = []
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, sock: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := sock.recv(1)):
                return
            head += byte
        self.heads.append(head)
        if self.wanted not in head:
            with sock:
                sock.sendall(ASKS_FOR_BASIC)
            return
        with socket.create_connection(("127.0.0.1", self._to)) as other, sock:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._copy, args=(other, sock), daemon=True)
            back.start()
            self._copy(sock, other)
            back.join(10)

    @staticmethod
    def _copy(here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65_536):
                there.sendall(data)
            there.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._acceptor.close()


def wants_bearer(call: Call) -> bytes:
    status = b"200 OK" if call.values("authorization") else b"401 Unauthorized"
    return b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nok" % status


def test_token_and_requests_go_through_the_egress_proxy_over_tls(tmp_path: Path) -> None:
    """The name is known to the egress proxy alone; certificates are checked end to end."""
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    tls = tls_of(authority.issue_cert("bre-b.invalid"))
    with RawUpstream(wants_bearer, tls=tls) as upstream:
        egress = Egress(upstream.port)
        settings = {"egress_proxy": egress.url, "ca_bundle": bundle}
        with Program("https://bre-b.invalid", **settings) as proxy:
            answer = ask(proxy.port, "/v1/customers")
            assert (answer.status, answer.body) == (200, b"ok")
        assert len(upstream.tokens_asked) == 1
        assert upstream.requests[0].values("host") == [b"bre-b.invalid"]
        target = b"bre-b.invalid:443"
        assert set(egress.heads) == {b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, target)}
        egress.close()


def test_a_plain_upstream_is_tunnelled_as_well() -> None:
    with RawUpstream(wants_bearer) as upstream:
        egress = Egress(upstream.port)
        settings = {"egress_proxy": egress.url, "allow_insecure_upstream": True}
        with Program("http://bre-b.invalid:8000", **settings) as proxy:
            assert ask(proxy.port, "/").status == 200
        assert egress.heads[0].startswith(b"CONNECT bre-b.invalid:8000 HTTP/1.1\r\n")
        egress.close()


def test_the_proxies_of_the_environment_are_not_used() -> None:
    """HTTP_PROXY and its kin are for others: what carries a token goes where settings say."""
    with RawUpstream(wants_bearer) as upstream:
        egress = Egress(upstream.port)
        program = Program(upstream.url)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            program.env[name] = program.env[name.lower()] = egress.url
        for name in ("NO_PROXY", "no_proxy"):
            program.env.pop(name, None)
        with program as proxy:
            assert ask(proxy.port, "/").status == 200
        assert egress.heads == []
        egress.close()


@pytest.mark.parametrize("by", ["secret", "env file", "url"])
def test_a_changed_password_of_the_egress_proxy_needs_no_restart(tmp_path: Path, by: str) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    with RawUpstream(closing) as upstream:
        egress = Egress(upstream.port)

        def give(password: str) -> None:
            egress.wanted = base64.b64encode(f"me:{password}".encode())
            if by == "secret":
                (tmp_path / "breb_egress_credentials").write_text(f"me:{password}\n")
            elif by == "env file":
                (tmp_path / ".env").write_text(f"BREB_EGRESS_CREDENTIALS=me:{password}\n")
            else:
                url = egress.url.replace("//", f"//me:{password}@")
                (tmp_path / ".env").write_text(f"BREB_EGRESS_PROXY={url}\n")

        give("spring")
        settings = {
            "egress_proxy": None if by == "url" else egress.url,
            "secrets_dir": tmp_path if by == "secret" else None,
        }
        with Program(upstream.url, cwd=tmp_path, **settings) as proxy:
            assert ask(proxy.port, "/v1/customers").status == 200
            give("autumn")
            assert ask(proxy.port, "/v1/customers").status == 200
            assert "407 to CONNECT" not in proxy.output
            egress.wanted = b"nobody knows it"
            answer = ask(proxy.port, "/v1/customers")
            assert answer.status == 502
            assert b"it refused the user and password" in answer.body
            assert "autumn" not in proxy.output + answer.body.decode()
        egress.close()
