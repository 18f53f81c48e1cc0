"""What the forwarder does with a connection to the upstream, whatever is raised on the way."""

import asyncio
from types import SimpleNamespace

import pytest

from proxy.addresses import Url
from proxy.errors import RequestRefused
from proxy.exchange.forwarder import Forwarder
from proxy.exchange.record import Exchange
from proxy.exchange.uploads import Uploads
from proxy.http1.fields import REQUEST, Section
from proxy.http1.request import Request
from proxy.memory import Budget
from proxy.upstream import Connector
from proxy.upstream.pool import Pool
from tests.support.limits import forwarder_options, pool_limits

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Keeper:
    """Holds one token for ever."""

    held = SimpleNamespace(users=0, line=b"", token=SimpleNamespace(token_id="token-1"))

    def usable(self) -> SimpleNamespace:
        return self.held

    def release(self, held: SimpleNamespace) -> None:
        del held


async def test_a_request_that_has_given_way_keeps_no_connection() -> None:
    """It may do so in the very turn in which it gets one: then nobody else would give it back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = Url.parse(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    budget = Budget(1 << 20)
    pool = Pool(Connector(url.origin, 5.0, None, None), pool_limits(connections=2), budget)
    options = forwarder_options(base=url)
    forwarder = Forwarder(pool, Uploads(2, 1.0), Keeper(), options, budget)  # type: ignore[arg-type]
    for number in range(5):  # more than there are connections
        request = Request("GET", b"/", "1.1", Section([(b"Host", b"x")], REQUEST), 0)
        request.given_way = RequestRefused(503, "memory", "no room", "later")
        with pytest.raises(RequestRefused):
            async with asyncio.timeout(10):
                await forwarder.forward(Exchange(f"run-{number}", "GET", b"/"), request, print)  # type: ignore[arg-type]
    await pool.aclose()
    server.close()
    await server.wait_closed()
