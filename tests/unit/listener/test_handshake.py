"""A caller's TLS handshake on asyncio's own loop: what comes before, with and after its end.

On uvloop it is tested with the program.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trustme

from proxy.listener import handshake
from proxy.listener.handshake import LONGEST, Handshake
from proxy.listener.turns import LATER, SOON, Deferred, Turns
from proxy.memory import Budget
from proxy.memory.flow import Flow
from proxy.memory.rules import MIB, SECURED

LOOPS = [
    pytest.param(asyncio.new_event_loop, id="asyncio"),
]


class Echo(asyncio.Protocol):
    """Answers with the number of bytes, when all have come."""

    def __init__(self, wanted: int, ended: asyncio.Event) -> None:
        self.flow = Flow(Budget())
        self.transport: asyncio.Transport
        self.size = 0
        self.wanted = wanted
        self.ended = ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        if self.size == self.wanted:
            self.transport.write(b"%d" % self.size)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.ended.set()


class Gate:
    """A listener with a place for all, or for none."""

    def __init__(self, *, full: bool = False) -> None:
        self.budget = Budget(64 * MIB)
        self.connections: set[object] = set()
        self.handshakes: set[Handshake] = set()
        self.turns = Turns()
        self.full = full
        self.ended = asyncio.Event()

    def has_place(self, newcomer: Handshake) -> bool:
        assert newcomer in self.handshakes
        return not self.full


@pytest.fixture(scope="module")
def served() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return context


def run(new: Callable[[], asyncio.AbstractEventLoop], main: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await main()
        for _ in range(20):  # TLS takes a few turns of the loop to let go, which uvloop waits for
            await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=new) as runner:
        runner.run(whole())


@contextlib.asynccontextmanager
async def listening(
    gate: Gate, served: ssl.SSLContext, wanted: int = 0, within: float = 30
) -> AsyncIterator[int]:
    def made() -> Handshake:
        return Handshake(gate, served, within, lambda: Echo(wanted, gate.ended))  # type: ignore[arg-type,return-value]

    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Client:
    """A client whose TLS is in our hands: what it sends in one piece."""

    def __init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)

    def step(self, data: bytes = b"") -> bytes:
        """Take what came; return what goes out: of the handshake, and nothing else."""
        self.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  nothing tells
            await asyncio.sleep(0)


async def ended(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


@pytest.mark.needs("posix")
@pytest.mark.parametrize("greedy", [0, 8], ids=["by records", "greedy"])
@pytest.mark.parametrize("new", LOOPS)
def test_what_comes_with_the_end_of_the_handshake_is_not_lost(
    new: Callable[[], asyncio.AbstractEventLoop],
    greedy: int,
    served: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handshake, "GREEDY", greedy)

    async def main() -> None:
        gate, client, body = Gate(), Client(), b"x" * 300_000
        async with listening(gate, served, len(body)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(client.step())
            last = b""
            while not last:
                last = client.step(await asyncio.wait_for(reader.read(65_536), 30))
            client.tls.write(body)
            writer.write(last + client.outgoing.read())
            answer = b""
            while not answer:
                client.incoming.write(await asyncio.wait_for(reader.read(65_536), 30))
                with contextlib.suppress(ssl.SSLWantReadError):
                    answer = client.tls.read()
            assert answer == b"300000"
            assert not gate.handshakes
            assert gate.budget._bare == 0
            writer.close()
            await asyncio.wait_for(gate.ended.wait(), 30)

    run(new, main)


@pytest.mark.parametrize("new", LOOPS)
@pytest.mark.parametrize(
    "sends",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", id="no TLS"),
        pytest.param(b"\x16\x03\x01\x40\x00" + b"\x01\x00\xff\xff" + b"x" * LONGEST * 2, id="long"),
    ],
)
def test_what_is_no_handshake_is_ended(
    new: Callable[[], asyncio.AbstractEventLoop], sends: bytes, served: ssl.SSLContext
) -> None:
    async def main() -> None:
        gate = Gate()
        async with listening(gate, served) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sends)
            await asyncio.wait_for(ended(reader), 30)
            await until(lambda: not gate.handshakes)
            assert gate.budget._bare == 0
            writer.close()

    run(new, main)


@pytest.mark.parametrize("new", LOOPS)
@pytest.mark.parametrize("why", ["late", "full", "gives way", "leaves"])
def test_a_handshake_that_is_not_over_can_be_ended(
    new: Callable[[], asyncio.AbstractEventLoop], why: str, served: ssl.SSLContext
) -> None:
    async def main() -> None:
        gate = Gate(full=why == "full")
        async with listening(gate, served, within=0.2 if why == "late" else 30) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03\x01\x02\x00\x01")
            if why in ("gives way", "leaves"):
                await until(lambda: bool(gate.handshakes))
                (one,) = gate.handshakes
                claim = one.claim(one._begun + 3)
                assert claim is not None
                assert (claim.weight, claim.still) == (SECURED, 3)
                assert (one.weigh(), one.stalls(0)) == (0, 0)
            if why == "gives way":
                assert one.give_way()
                assert one.claim(0) is None
            if why == "leaves":
                writer.close()
            else:
                await asyncio.wait_for(ended(reader), 30)
            await until(lambda: not gate.handshakes)
            assert gate.budget._bare == 0
            writer.close()

    run(new, main)


class Held(Turns):
    """Lets nothing be done until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Deferred] = []
        self.wanted: list[str] = []

    def take(self, run: Callable[[], None], when: str = LATER) -> Deferred:
        self.steps.append(Deferred(run))
        self.wanted.append(when)
        return self.steps[-1]


@pytest.mark.parametrize("new", LOOPS)
def test_each_step_waits_for_its_turn(
    new: Callable[[], asyncio.AbstractEventLoop], served: ssl.SSLContext
) -> None:
    """Else the hundreds that come at once would be one step, in which nobody else is served."""

    async def main() -> None:
        gate = Gate()
        held = gate.turns = Held()
        async with listening(gate, served) as port:
            pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            for _, writer in pairs:
                writer.write(Client().step())
            await until(lambda: len(held.steps) == 3)
            assert held.wanted == [SOON] * 3, "those that wait for longest give way"
            run_one = held.steps[1].run
            assert run_one is not None
            run_one()
            assert await asyncio.wait_for(pairs[1][0].read(65_536), 30)
            assert not any(reader._buffer for reader, _ in pairs)  # type: ignore[attr-defined]
            for one in list(gate.handshakes):
                one.give_way()
            await until(lambda: not gate.handshakes)
            await until(lambda: held.steps[0].run is None)  # else it kept TLS's memory
            for _, writer in pairs:
                writer.close()

    run(new, main)
