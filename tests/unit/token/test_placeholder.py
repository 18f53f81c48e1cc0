"""Placeholders look as tokens do, are worth nothing elsewhere, and outlive a restart."""

import re
import uuid

import pytest

from proxy.token.placeholder import _KNOWN, _REVOKED, Placeholders

KEYS = {"payroll": b"p" * 16, "shop": b"s" * 16}


class Wall:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_one_looks_as_the_apis_own_do(wall: Wall) -> None:
    made = Placeholders(KEYS, wall).issue("shop", 86_400)
    assert re.fullmatch(r"[0-9a-f]{64}", made.value)
    assert str(uuid.UUID(made.token_id)) == made.token_id
    assert made.value not in repr(made)


def test_it_lives_as_long_as_it_says(wall: Wall) -> None:
    placeholders = Placeholders(KEYS, wall)
    made = placeholders.issue("shop", 60)
    wall.now += 59
    assert placeholders.live(made.value) == made
    wall.now += 1
    assert placeholders.live(made.value) is None


def test_it_is_known_after_a_restart_and_by_every_replica(wall: Wall) -> None:
    made = Placeholders(KEYS, wall).issue("shop", 86_400)
    assert Placeholders(dict(reversed(KEYS.items())), wall).live(made.value) == made


def test_it_ends_with_its_callers_key(wall: Wall) -> None:
    made = Placeholders(KEYS, wall).issue("shop", 86_400)
    assert Placeholders({"payroll": b"p" * 16}, wall).live(made.value) is None
    assert Placeholders({**KEYS, "shop": b"another key, later"}, wall).live(made.value) is None
    assert Placeholders({}, wall).live(made.value) is None


def test_without_caller_keys_everybody_gets_one(wall: Wall) -> None:
    made = Placeholders({}, wall).issue("", 86_400)
    assert Placeholders({}, wall).live(made.value) == made


def test_one_that_is_made_up_or_altered_is_none(wall: Wall) -> None:
    placeholders = Placeholders(KEYS, wall)
    made = placeholders.issue("shop", 86_400).value
    for place in range(64):
        digit = "0" if made[place] != "0" else "1"
        altered = made[:place] + digit + made[place + 1 :]
        assert placeholders.live(altered) is None
    for odd in ("", "0" * 64, made[:-1], made + "0", made.upper(), "é" * 64, "zz" * 32):
        assert odd == made or placeholders.live(odd) is None


def test_a_revoked_one_is_over_at_once(wall: Wall) -> None:
    placeholders = Placeholders(KEYS, wall)
    made, other = (placeholders.issue("shop", 86_400) for _ in range(2))
    placeholders.revoke(made)
    assert placeholders.live(made.value) is None
    assert placeholders.of("shop") == [other]
    assert placeholders.of("payroll") == []


def test_what_is_remembered_is_bounded(wall: Wall) -> None:
    placeholders = Placeholders({}, wall)
    first = placeholders.issue("", 86_400)
    for _ in range(_KNOWN + 10):
        placeholders.revoke(placeholders.issue("", 86_400))
    assert len(placeholders._known) == _KNOWN
    assert len(placeholders._revoked) <= _REVOKED
    assert placeholders.live(first.value) == first, "not remembered, and known all the same"


def test_the_oldest_revocations_go_first(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.token.placeholder._REVOKED", 2)
    placeholders = Placeholders({}, wall)
    made = [placeholders.issue("", 86_400) for _ in range(3)]
    for each in made:
        placeholders.revoke(each)
    assert [placeholders.live(each.value) for each in made] == [made[0], None, None]
