"""Exchanges that are over are told many at a time, and none is forgotten."""

from collections.abc import Sequence

import pytest

from proxy.exchange.record import Exchange
from proxy.telemetry import gathered
from proxy.telemetry.gathered import Gathered
from proxy.telemetry.metrics import Metrics
from tests.support.exchanges import attempt
from tests.support.scripted import until

pytestmark = pytest.mark.anyio


def over(number: int) -> Exchange:
    exchange = Exchange(f"ab-{number:x}", "POST", b"/v1/payments")
    exchange.status, exchange.attempts = 502, (attempt(None),)
    return exchange


async def test_many_are_told_at_once_and_the_rest_after_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathered, "_GATHER", 0.0)
    told: list[Sequence[Exchange]] = []
    gathering = Gathered(told.append)
    every = [over(number) for number in range(130)]
    for exchange in every:
        gathering.take(exchange)
    assert told == [every[:128]]
    await until(lambda: every[128:] in told)
    assert [each for some in told for each in some] == every


async def test_who_looks_sees_the_last_ones_counted() -> None:
    metrics = Metrics()
    gathering = Gathered(metrics.count)
    metrics.catch_up = gathering.tell
    gathering.take(over(1))
    assert not metrics.unknown
    assert b'breb_proxy_exchanges_total{caller="",method="POST",status="5xx"} 1.0' in (
        metrics.exposition()
    )
    gathering.take(over(2))
    assert metrics.in_doubt() == {"POST": 2}
