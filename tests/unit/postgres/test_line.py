"""One connection for a loop: it never holds the loop up, and comes back by itself."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from proxy.errors import DatabaseUnavailable
from proxy.postgres import line as line_module
from proxy.postgres.connection import Connection
from proxy.postgres.line import Line
from proxy.postgres.schema import Schema
from tests.support.front import until
from tests.support.patience import PATIENCE
from tests.support.postgres import Postgres
from tests.unit.postgres.test_connection import reaching

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@asynccontextmanager
async def lined(address: str) -> AsyncIterator[Line]:
    line = Line(reaching(address), Schema("things", ("CREATE TABLE breb_thing (n int)",)), "news")
    try:
        yield line
    finally:
        await line.aclose()


def server_process(connection: Connection) -> int:
    (number,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    return int(number)


async def asked(line: Line) -> int:
    async with line.held():
        return await line.do(server_process)


async def test_it_keeps_its_connection_and_makes_another_when_that_is_lost(
    postgres: Postgres,
) -> None:
    async with lined(postgres.database()) as line:
        first = await asked(line)
        assert await asked(line) == first
        await line.aclose()
        await asyncio.sleep(0)
        first = await asked(line)
        postgres.execute(f"SELECT pg_terminate_backend({first})")
        async with asyncio.timeout(PATIENCE):
            await line.heard.wait()
        with pytest.raises(DatabaseUnavailable):
            await asked(line)
        assert await asked(line) != first


async def test_it_hears_a_notification_while_nobody_asks(postgres: Postgres) -> None:
    address = postgres.database()
    async with lined(address) as line:
        await asked(line)
        assert not line.heard.is_set()
        postgres.execute("NOTIFY news", address.rpartition("/")[2])
        async with asyncio.timeout(PATIENCE):
            await line.heard.wait()


async def test_a_database_that_stands_still_is_given_up_and_its_connection_closed_later(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ANSWERING", 0.2)
    async with lined(postgres.database()) as line:
        await asked(line)
        postgres.freeze()
        try:
            with pytest.raises(DatabaseUnavailable, match=r"did not answer within 0\.2 s"):
                await asked(line)
        finally:
            postgres.thaw()
        for each in threading.enumerate():
            if each.name == "breb-database":
                await asyncio.to_thread(each.join, PATIENCE)
        await asked(line)


async def test_what_ends_badly_ends_the_transaction(postgres: Postgres) -> None:
    async with lined(postgres.database()) as line:

        async def begun() -> None:
            async with line.held():
                await line.do(lambda to: to.execute("BEGIN"))
                await line.do(lambda to: to.execute("INSERT INTO breb_thing VALUES (1)"))
                raise RuntimeError("something else")

        with pytest.raises(RuntimeError, match="something else"):
            await begun()
        async with line.held():
            query = "SELECT count(*) FROM breb_thing"
            assert await line.do(lambda to: to.execute(query).fetchone()) == (0,)


async def test_a_call_that_is_cancelled_leaves_nothing(postgres: Postgres) -> None:
    async with lined(postgres.database()) as line:
        first = await asked(line)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), line.held():
                await line.do(lambda to: to.execute("SELECT pg_sleep(0.3)"))
        assert await asked(line) != first
        count = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {first}"
        await asyncio.to_thread(until, lambda: postgres.execute(count) == [(0,)], "its end")


async def test_closing_leaves_no_connection_to_a_call_that_nobody_waits_for(
    postgres: Postgres,
) -> None:
    line = Line(reaching(postgres.database()), Schema("things", ()), "news")
    at_work, go_on = threading.Event(), threading.Event()
    used: list[Connection] = []

    def slow(connection: Connection) -> None:
        used.append(connection)
        at_work.set()
        go_on.wait(PATIENCE)

    async def use() -> None:
        async with line.held():
            await line.do(slow)

    async with asyncio.TaskGroup() as group:
        using = group.create_task(use())
        await asyncio.to_thread(at_work.wait, PATIENCE)
        using.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    await line.aclose()
    assert used[0].closed


async def test_what_comes_just_as_its_wait_is_cancelled_is_freed() -> None:
    """A result and a cancellation in one turn of the loop: the wait never sees the result."""
    freed: list[object] = []
    call = line_module._Call(set(), lambda: 1, freed.append, lambda: freed.append("connection"))
    deliver = call._deliver

    def deliver_too_late(found: int) -> None:
        deliver(found)
        waiting.cancel()

    call._deliver = deliver_too_late  # type: ignore[method-assign]
    waiting = asyncio.ensure_future(call.result(PATIENCE))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert freed == [1, "connection"]
