"""Who gives way: greediest first, strangers first, and no more than has to be of the light ones."""

import pytest

from proxy.memory.rules import LEAST, LIGHT, MIB, UNLIMITED, Claim, budget_within, giving_way

KIB = 1 << 10


def claim(size: int, still: float = 0.0, *, known: bool = False, changes: bool = False) -> Claim:
    return Claim(size + 8 * KIB, size, known, still, changes)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(claim(100 * KIB), claim(40 * KIB), id="the larger"),
        pytest.param(claim(40 * KIB, 9), claim(100 * KIB), id="the one that stands still"),
        pytest.param(claim(0, 30), claim(LIGHT, 0.5), id="nothing, for long"),
        pytest.param(claim(40 * KIB), claim(900 * KIB, 60, known=True), id="the stranger"),
        pytest.param(
            claim(LIGHT), claim(900 * KIB, 60, known=True), id="the stranger, though light"
        ),
        pytest.param(claim(LIGHT + 1), claim(LIGHT), id="the one that is not light"),
        pytest.param(claim(0), claim(LIGHT, 0.9, changes=True), id="the one that only reads"),
        pytest.param(
            claim(LIGHT + 2, changes=True),
            claim(LIGHT + 1),
            id="though not of those that hold much",
        ),
        pytest.param(
            claim(40 * KIB, known=True), claim(LIGHT, known=True), id="of those who are known, too"
        ),
    ],
)
def test_the_greedier_gives_way_first(first: Claim, second: Claim) -> None:
    assert giving_way([(first, "first"), (second, "second")], 1, 0) == ["first"]
    assert giving_way([(second, "second"), (first, "first")], 1, 0) == ["first"]


def test_as_many_give_way_as_are_needed_and_some_more() -> None:
    claims = [(claim(92 * KIB), number) for number in range(10)]
    assert giving_way(claims, 1, 0) == [0]
    assert giving_way(claims, 250 * KIB, 0) == [0, 1, 2]
    assert giving_way(claims, 250 * KIB, 200 * KIB) == [0, 1, 2, 3, 4]
    assert giving_way(claims, 10_000 * KIB, 0) == list(range(10))
    assert giving_way(claims, -1, 0) == []


def test_light_ones_hold_their_share_whatever_others_do_and_make_no_room_for_those_to_come() -> (
    None
):
    claims = [(claim(0), number) for number in range(10)]  # of 8 KiB each
    assert giving_way(claims, 900 * KIB, 80 * KIB) == []
    assert giving_way(claims, 900 * KIB, 79 * KIB) == [0]
    assert giving_way(claims, 900 * KIB, 60 * KIB) == [0, 1, 2]
    assert giving_way(claims, 1, 0) == [0]
    heavy = (claim(92 * KIB), "heavy")
    assert giving_way([*claims, heavy], 50 * KIB, 70 * KIB) == ["heavy"]


def test_a_known_caller_gives_way_when_no_stranger_can_and_for_no_mere_margin() -> None:
    known = (claim(92 * KIB, 60, known=True), "known")
    strangers = [(claim(0), number) for number in range(4)]  # light ones, of 8 KiB each
    assert giving_way([known], 0, 50 * KIB) == []
    assert giving_way([known, *strangers], 20 * KIB, 100 * KIB) == [0, 1, 2]
    assert giving_way([known, *strangers], 40 * KIB, 100 * KIB) == [0, 1, 2, 3, "known"]


@pytest.mark.parametrize(
    ("limit", "budget"),
    [
        pytest.param(None, UNLIMITED, id="none"),
        pytest.param(128 * MIB, 45 * MIB, id="of the manifests"),
        pytest.param(1024 * MIB, 605 * MIB, id="large"),
        pytest.param(64 * MIB, LEAST, id="small"),
        pytest.param(16 * MIB, LEAST, id="smaller than the program"),
    ],
)
def test_the_budget_follows_the_limit(limit: int | None, budget: int) -> None:
    assert budget_within(limit) == budget


@pytest.mark.parametrize(
    ("console", "ledger", "budget"),
    [
        pytest.param(True, False, 35 * MIB, id="the console"),
        pytest.param(False, True, 41.25 * MIB, id="a ledger"),
        pytest.param(True, True, 31.25 * MIB, id="both"),
    ],
)
def test_what_is_on_leaves_less_to_callers(console: bool, ledger: bool, budget: float) -> None:
    """With both, 4,000 strangers brought the process to 123 MiB of 128."""
    assert budget_within(128 * MIB, console=console, ledger=ledger) == budget
