"""The API is asked once about a token, however many doubt it."""

import asyncio

import pytest

from proxy.errors import TokenEndpointUnavailable
from proxy.token.inquiry import Inquiry
from proxy.token.source import AccessToken
from tests.support.clockwork import on_clockwork
from tests.support.lives import ScriptedSource

TOKEN = AccessToken("t1", 0.0, 100.0, "id1")


class Asked(ScriptedSource):
    """Counts the questions; each takes a second."""

    questions = 0
    trouble: Exception | None = None

    async def ended(self, token: AccessToken) -> bool:
        self.questions += 1
        await asyncio.sleep(1)
        if self.trouble is not None:
            raise self.trouble
        return await super().ended(token)


@on_clockwork
async def test_all_who_doubt_a_token_wait_for_one_answer() -> None:
    source = Asked(100.0)
    source.dead.add("t1")
    inquiry = Inquiry(source, 10)
    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(inquiry.ended(TOKEN)) for _ in range(5)]
    assert [task.result() for task in asking] == [True] * 5
    assert await inquiry.ended(TOKEN)
    assert source.questions == 1


@on_clockwork
async def test_each_token_is_asked_about() -> None:
    source = Asked(100.0)
    inquiry = Inquiry(source, 10)
    assert not await inquiry.ended(TOKEN)
    source.dead.add("t2")
    assert await inquiry.ended(AccessToken("t2", 0.0, 100.0, "id2"))


@pytest.mark.parametrize("trouble", [TokenEndpointUnavailable("down"), TimeoutError()])
@on_clockwork
async def test_no_answer_is_no_proof(trouble: Exception) -> None:
    source = Asked(100.0)
    source.trouble = trouble
    assert not await Inquiry(source, 10).ended(TOKEN)


@on_clockwork
async def test_it_is_not_waited_for_without_end() -> None:
    assert not await Inquiry(Asked(100.0), 0.5).ended(TOKEN)


@on_clockwork
async def test_when_the_first_caller_leaves_the_next_one_asks() -> None:
    source = Asked(100.0)
    source.dead.add("t1")
    inquiry = Inquiry(source, 10)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(inquiry.ended(TOKEN), 0.5)
    assert await inquiry.ended(TOKEN)
    assert source.questions == 2
