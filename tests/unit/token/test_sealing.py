"""What lies in the database opens for those alone who have the client secret, and in its place."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from proxy.credentials import Credentials
from proxy.token.sealing import Seal, Unsealable
from proxy.token.source import AccessToken

TOKEN = AccessToken("hush.token", 100.0, 3700.0, "id-1", ("a.get", "b.get"), "account", ("role",))


def credentials(client_id: str = "me", key: str = "mine") -> Credentials:
    return Credentials(SecretStr(client_id), SecretStr(key))


OURS = Seal.of(credentials(), "https://api.test", "sandbox")


def test_it_opens_as_it_was_closed_and_says_who_fetched_it() -> None:
    sealed = OURS.close(TOKEN, 7, 1000)
    opened = OURS.open(sealed, 7, 1000, issued_at=50.0)
    assert opened == replace(TOKEN, issued_at=50.0, expires_at=3650.0, others=True)
    assert sealed != OURS.close(TOKEN, 7, 1000)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Seal.of(credentials("you"), "https://api.test", "sandbox"), id="client id"),
        pytest.param(
            Seal.of(credentials(key="an older one"), "https://api.test", "sandbox"), id="secret"
        ),
        pytest.param(Seal.of(credentials(), "https://b.test", "sandbox"), id="base URL"),
        pytest.param(Seal.of(credentials(), "https://api.test", "production"), id="environment"),
    ],
)
def test_another_key_has_another_slot_and_opens_nothing(other: Seal) -> None:
    assert other.slot != OURS.slot
    with pytest.raises(Unsealable):
        other.open(OURS.close(TOKEN, 7, 1000), 7, 1000, 50.0)


@pytest.mark.parametrize(
    ("serial", "issued", "change"),
    [
        pytest.param(8, 1000, 0, id="another serial"),
        pytest.param(7, 2000, 0, id="made younger"),
        pytest.param(7, 1000, 1, id="changed"),
    ],
)
def test_what_was_moved_or_changed_does_not_open(serial: int, issued: int, change: int) -> None:
    sealed = bytearray(OURS.close(TOKEN, 7, 1000))
    sealed[-1] ^= change
    with pytest.raises(Unsealable):
        OURS.open(bytes(sealed), serial, issued, 50.0)


def test_neither_token_nor_key_can_be_read_in_what_is_stored_or_printed() -> None:
    sealed = OURS.close(TOKEN, 7, 1000)
    assert b"hush" not in sealed
    assert b"id-1" not in sealed
    assert OURS.key not in sealed + OURS.slot
    assert "key" not in repr(OURS)


def test_too_short_to_be_sealed() -> None:
    with pytest.raises(Unsealable):
        OURS.open(b"x", 7, 1000, 50.0)
