"""Who may use the admin listener beyond its probes."""

import os
import sys

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from proxy.addresses import ListenAddress
from proxy.admin.access import Access
from proxy.admin.local_only import LocalOnly

ACCESS = Access()
SECRET = ACCESS.secret
PAGE = ACCESS.use(ACCESS.link())
assert PAGE is not None
Lines = list[tuple[bytes, bytes]]
OURS: Lines = [(b"authorization", b"Bearer " + SECRET.encode())]


async def inside(request: Request) -> Response:
    del request
    return PlainTextResponse("inside")


def ask(
    listen: str,
    lines: Lines,
    *,
    peer: str | None = "127.0.0.1",
    host: str = "localhost:1",
    query: str = "",
    method: str = "GET",
    uid: int | None = None,
    for_all: bool = False,
) -> tuple[int, dict[str, str]]:
    """Ask an app with one guarded endpoint; return status and fields."""
    local = LocalOnly(ListenAddress.parse(listen), ACCESS)
    endpoint = local.for_all(inside) if for_all else local(inside)
    app = Starlette(routes=[Route("/x", endpoint, methods=["GET", "POST"])])
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": "/x",
        "raw_path": b"/x",
        "query_string": query.encode(),
        "scheme": "http",
        "server": None,
        "client": None if peer is None else (peer, 1),
        "headers": [(b"host", host.encode()), *lines],
    }
    if uid is not None:
        scope["uid"] = uid
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)  # type: ignore[arg-type]
    fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}  # type: ignore[attr-defined]
    return sent[0]["status"], fields  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param(OURS, 200, id="the secret"),
        pytest.param([(b"authorization", b"bearer  " + SECRET.encode())], 200, id="any case"),
        pytest.param([(b"authorization", f"Bearer {PAGE.secret}".encode())], 200, id="the page's"),
        pytest.param(
            [(b"authorization", f"Bearer {ACCESS.link()}".encode())], 401, id="a link's is not one"
        ),
        pytest.param([(b"cookie", b"breb-proxy-8081=" + SECRET.encode())], 401, id="no cookie"),
        pytest.param([(b"authorization", SECRET.encode())], 401, id="no scheme"),
        pytest.param([(b"authorization", b"Basic " + SECRET.encode())], 401, id="other scheme"),
        pytest.param([(b"authorization", OURS[0][1][:-1])], 401, id="shorter"),
        pytest.param([(b"authorization", b"Bearer caf\xe9")], 401, id="beyond ASCII"),
        pytest.param([], 401, id="none"),
    ],
)
def test_the_secret_opens(lines: Lines, status: int) -> None:
    got, fields = ask("127.0.0.1:8081", lines)
    assert got == status
    assert ("www-authenticate" in fields) == (status == 401)


@pytest.mark.parametrize("peer", ["10.0.0.1", None])
def test_not_even_with_the_secret_for_who_is_not_on_this_machine(peer: str | None) -> None:
    """No peer: the connection was reset before anybody could ask whose it is."""
    assert ask("127.0.0.1:8081", OURS, peer=peer)[0] == 403


@pytest.mark.parametrize(
    ("listen", "host", "status"),
    [
        ("127.0.0.1:8081", "127.0.0.1", 200),
        ("127.0.0.1:8081", "LOCALHOST:9999", 200),
        ("[::1]:8081", "[::1]:8081", 200),
        ("127.0.0.2:8081", "127.0.0.2:8081", 200),
        ("127.0.0.1:8081", "127.0.0.2:8081", 421),
        ("127.0.0.1:8081", "x.localhost", 421),
        ("127.0.0.1:8081", "localhost.", 421),
        ("127.0.0.1:8081", "localhost:", 421),
        ("127.0.0.1:8081", "10.0.0.1:8081", 421),
        ("10.0.0.1:8081", "10.0.0.1:8081", 421),
        ("127.0.0.1:8081", "", 421),
    ],
)
def test_the_host_is_one_of_a_few(listen: str, host: str, status: int) -> None:
    assert ask(listen, OURS, host=host)[0] == status


def test_a_secret_in_the_address_opens_nothing() -> None:
    """It would stay in the browser's history, and in the log of whatever is in between."""
    status, fields = ask("127.0.0.1:8081", [], query=f"secret={SECRET}")
    assert status == 401
    assert "set-cookie" not in fields


@pytest.mark.parametrize(
    ("lines", "more", "status"),
    [
        pytest.param([], {}, 200, id="no secret"),
        pytest.param([(b"sec-fetch-site", b"cross-site")], {}, 403, id="another site's page"),
        pytest.param([(b"sec-fetch-site", b"same-site")], {}, 403, id="another port's page"),
        pytest.param([(b"origin", b"null")], {}, 403, id="a frame"),
        pytest.param([], {"peer": "10.0.0.1"}, 403, id="another machine"),
        pytest.param([], {"host": "evil.example"}, 421, id="another name"),
    ],
)
def test_what_is_for_all_users_is_for_this_machine_alone(
    lines: Lines, more: dict[str, str], status: int
) -> None:
    assert ask("127.0.0.1:8081", lines, for_all=True, **more)[0] == status  # type: ignore[arg-type]


@pytest.mark.needs("posix")
@pytest.mark.parametrize(
    ("uid", "status"),
    [
        pytest.param(getattr(os, "getuid", int)(), 200, id="ours"),
        pytest.param(0, 200, id="root"),
        pytest.param(65534, 401, id="another, by the mode of a service manager"),
    ],
)
def test_over_a_unix_socket_the_kernel_says_who_it_is(uid: int, status: int) -> None:
    assert ask("unix:/run/admin.sock", [], peer=None, host="localhost", uid=uid)[0] == status
    assert ask("unix:/run/admin.sock", [], peer=None, host="evil.example", uid=uid)[0] == 421


@pytest.mark.needs("posix")
def test_a_tcp_socket_beside_a_unix_socket_wants_the_secret() -> None:
    """A service manager may hand over both."""
    assert ask("unix:/run/admin.sock", [])[0] == 401
    assert ask("unix:/run/admin.sock", [], peer=None)[0] == (
        403 if sys.platform == "linux" else 200
    )
    assert ask("unix:/run/admin.sock", OURS)[0] == 200
