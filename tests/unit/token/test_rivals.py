"""Rivals are named on evidence alone, and for as long as it is fresh."""

import pytest

from proxy.invocation import COMMAND
from proxy.token.rivals import ENOUGH, WINDOW, Rivals


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def rivals(time: Time) -> Rivals:
    return Rivals(time, lambda: 0.5)


def evict(rivals: Rivals, age: float = 10.0) -> bool:
    rivals.suspect(age, 86_400)
    return rivals.confirm()


def test_the_third_young_token_in_ten_minutes_names_them_once(rivals: Rivals) -> None:
    assert [evict(rivals) for _ in range(ENOUGH + 2)] == [False, False, True, False, False]
    assert rivals.named
    assert rivals.evictions == ENOUGH + 2
    assert "3 times in ten minutes" in str(rivals.words)
    assert "breb-proxy help fleet" in str(rivals.words).replace(COMMAND, "breb-proxy")


def test_they_are_forgotten_when_it_stops(rivals: Rivals, time: Time) -> None:
    for _ in range(ENOUGH):
        evict(rivals)
    time.now += WINDOW
    assert not rivals.named
    assert rivals.words is None
    assert [evict(rivals) for _ in range(ENOUGH)] == [False, False, True]


def test_what_happens_seldom_names_nobody(rivals: Rivals, time: Time) -> None:
    for _ in range(10):
        assert not evict(rivals)
        time.now += WINDOW / 2
    assert not rivals.named


def test_an_old_token_ends_by_itself(rivals: Rivals) -> None:
    for _ in range(ENOUGH):
        assert not evict(rivals, age=86_000)
    assert rivals.evictions == 0


def test_a_success_without_a_401_before_it_proves_nothing(rivals: Rivals) -> None:
    evict(rivals)
    assert not any(rivals.confirm() for _ in range(ENOUGH))
    assert rivals.evictions == 1


def test_turns_are_jittered_around_two_seconds(time: Time) -> None:
    assert Rivals(time, lambda: 0.0).spacing() == 1.5
    assert Rivals(time, lambda: 1.0).spacing() == 2.5
