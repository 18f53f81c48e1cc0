"""The keychain is asked for what login noted, in bounded time, and for whole pairs alone."""

import asyncio
import builtins
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.errors import KeyringLocked
from pydantic import SecretStr

from proxy.addresses import Url
from proxy.credentials import Credentials
from proxy.errors import CredentialsMissing, SettingsError
from proxy.settings import keychain
from proxy.settings.credentials import CredentialsReader
from proxy.settings.keychain import KeychainUnavailable, NoKeychain
from proxy.settings.model import Settings, find, load
from proxy.settings.sources import Sources
from tests.support.keychain import MemoryKeychain
from tests.support.leaks import SECRET
from tests.support.patience import PATIENCE

URL = Url.parse("http://127.0.0.1:9001")
OTHER = Url.parse("http://127.0.0.1:9001/prefix")
PAIR = Credentials(SecretStr("an-id"), SecretStr(SECRET))


def read(flags: dict[str, str], sources: Sources) -> Settings:
    return load(find(flags, sources.anew()))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MemoryKeychain]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before, made = keyring.get_keyring(), MemoryKeychain()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_there_is_one_pair_for_each_base_url(memory: MemoryKeychain) -> None:
    keychain.keep(URL, PAIR)
    assert keychain.find(URL) == PAIR
    assert keychain.find(OTHER) is None
    assert keychain.remove(URL)
    assert not keychain.remove(URL)
    assert keychain.find(URL) is None
    assert memory.kept == {}


def test_whoever_never_logged_in_is_not_asked_for_a_password(memory: MemoryKeychain) -> None:
    memory.trouble = AssertionError("asked")
    assert keychain.find(URL) is None


def test_a_locked_keychain_is_no_missing_pair(memory: MemoryKeychain) -> None:
    keychain.keep(URL, PAIR)
    memory.trouble = KeyringLocked(SECRET)
    with pytest.raises(
        KeychainUnavailable, match=r"refused access .KeyringLocked.: unlock it"
    ) as caught:
        keychain.find(URL)
    assert SECRET not in str(caught.value)


@pytest.mark.needs("posix")
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"client_id": "a"}', "no JSON"])
def test_what_somebody_else_put_there_is_not_taken(memory: MemoryKeychain, text: str) -> None:
    keychain.keep(URL, PAIR)
    memory.kept["breb-proxy", str(URL)] = text
    with pytest.raises(KeychainUnavailable, match="breb-proxy login"):
        keychain.find(URL)


def test_what_login_noted_may_be_gone(memory: MemoryKeychain) -> None:
    keychain.keep(URL, PAIR)
    memory.kept.clear()
    assert keychain.find(URL) is None


def test_a_keychain_that_never_answers_is_waited_for_in_one_thread(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain.keep(URL, PAIR)
    answering = threading.Event()

    def stuck(service: str, username: str) -> None:
        del service, username
        answering.wait(PATIENCE)

    monkeypatch.setattr(memory, "get_password", stuck)
    started = time.monotonic()
    before = threading.active_count()
    for _ in range(3):
        with pytest.raises(
            KeychainUnavailable, match=r"did not answer within 0.05 s: is it locked"
        ):
            keychain.find(URL, 0.05)
    assert time.monotonic() - started < 5
    assert threading.active_count() == before + 1
    answering.set()


def test_no_backend_and_no_library_are_told_apart(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryKeychain, "priority", 0)
    with pytest.raises(NoKeychain, match="no keychain is running"):
        keychain.name()
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "keyring":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoKeychain, match=r"pipx install '\.\[keyring\]'"):
        keychain.keep(URL, PAIR)
    del memory


@pytest.mark.needs("posix")
def test_notes_that_cannot_be_kept_are_said(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(KeychainUnavailable, match="cannot record"):
        keychain.keep(URL, PAIR)
    del memory


# -- as a source of settings -------------------------------------------------------------


def test_the_keychain_stands_behind_every_other_source(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keychain.keep(URL, PAIR)
    places = Sources(tmp_path / ".env")
    given = {"base_url": str(URL)}
    assert read(given, places).client_secret == PAIR.client_secret
    assert find(given, places.anew()).origins["client_secret"] == "keychain"
    monkeypatch.setenv("BREB_CLIENT_ID", "another")
    monkeypatch.setenv("BREB_CLIENT_SECRET", "another")
    memory.trouble = AssertionError("asked")
    assert read(given, places).client_secret.get_secret_value() == "another"
    assert find(given, places.anew()).origins["client_secret"] == "environment"


@pytest.mark.parametrize(("client_id", "fits"), [("an-id", True), ("another", False)])
def test_half_a_pair_elsewhere_is_joined_by_the_half_that_fits(
    memory: MemoryKeychain, tmp_path: Path, client_id: str, fits: bool
) -> None:
    keychain.keep(URL, PAIR)
    file = tmp_path / ".env"
    file.write_text(f"BREB_CLIENT_ID={client_id}\nBREB_BASE_URL={URL}\n")
    places = Sources(file)
    if fits:
        assert read({}, places).client_secret == PAIR.client_secret
        assert asyncio.run(CredentialsReader(places, URL)()).client_secret == PAIR.client_secret
    else:
        with pytest.raises(SettingsError, match="BREB_CLIENT_SECRET: is not set"):
            read({}, places)
        with pytest.raises(CredentialsMissing):
            asyncio.run(CredentialsReader(places, URL)())
    del memory


def test_a_shut_keychain_is_said_at_start(memory: MemoryKeychain, tmp_path: Path) -> None:
    keychain.keep(URL, PAIR)
    memory.trouble = KeyringLocked("locked")
    with pytest.raises(
        SettingsError,
        match=r"the credentials are in the keychain, which cannot be read: .* unlock it",
    ):
        read({"base_url": str(URL)}, Sources(tmp_path / ".env"))


def test_a_wrong_base_url_is_what_is_said(memory: MemoryKeychain, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BREB_BASE_URL: must be a URL"):
        read({"base_url": "nonsense"}, Sources(tmp_path / ".env"))
    del memory


# -- read anew at each fetch -------------------------------------------------------------


def test_a_new_pair_is_read_at_the_next_fetch(memory: MemoryKeychain, tmp_path: Path) -> None:
    keychain.keep(URL, PAIR)
    read = CredentialsReader(Sources(tmp_path / ".env"), URL)
    assert asyncio.run(read()).client_secret == PAIR.client_secret
    keychain.keep(URL, Credentials(SecretStr("new"), SecretStr("new")))
    assert asyncio.run(read()).client_id.get_secret_value() == "new"
    keychain.remove(URL)
    with pytest.raises(CredentialsMissing, match="cannot be read"):
        asyncio.run(read())
    del memory


def test_a_secret_without_its_id_gets_nothing_from_the_keychain(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keychain.keep(URL, PAIR)
    monkeypatch.setenv("BREB_CLIENT_SECRET", "alone")
    with pytest.raises(CredentialsMissing):
        asyncio.run(CredentialsReader(Sources(tmp_path / ".env"), URL)())
    del memory


def test_the_loop_goes_on_while_the_keychain_is_asked(
    memory: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain.keep(URL, PAIR)
    answering = threading.Event()
    answer = memory.get_password

    def slow(service: str, username: str) -> str | None:
        answering.wait(PATIENCE)
        return answer(service, username)

    monkeypatch.setattr(memory, "get_password", slow)

    async def ask() -> Credentials | None:
        asyncio.get_running_loop().call_later(0.01, answering.set)
        return await keychain.found(URL, 10)

    assert asyncio.run(ask()) == PAIR


def test_who_no_longer_waits_for_the_keychain_is_not_told(memory: MemoryKeychain) -> None:
    keychain.keep(URL, PAIR)
    memory.trouble = KeyringLocked("locked")

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(keychain.found(URL, 10), 0)
        with pytest.raises(KeychainUnavailable):
            await keychain.found(URL, 10)

    asyncio.run(leave())
