"""The operating system's keychain: one pair of credentials for each base URL.

Reached through `keyring` (the extra ``breb-proxy[keyring]``). A keychain may be locked and ask its
owner, or never answer: a thread of its own asks it, and nobody waits for that longer than `LIMIT`
seconds. It is asked only for base URLs that ``breb-proxy login`` has noted in a file. A user who
never used that command is asked for no password, and imports nothing.
"""

import asyncio
import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from pydantic import SecretStr

from proxy.addresses import Url
from proxy.credentials import Credentials
from proxy.words import Phrase, phrase

SERVICE = "breb-proxy"
LIMIT = 30.0  # seconds: a person may have to type a password
_NULL = "keyring.backends.null"
_turn = threading.Lock()  # one question at a time: no queue of threads behind a stuck one

T = TypeVar("T")


class KeychainUnavailable(Exception):
    """There is no keychain, it is locked, or it does not answer; ``what`` names the case."""

    def __init__(self, what: Phrase) -> None:
        super().__init__(what)
        self.what = what


class NoKeychain(KeychainUnavailable):
    """There is none to ask: keyring is not installed, or finds none on this machine."""


def fits(pair: Credentials, client_id: object) -> bool:
    """Report whether a pair has the client id of the other source; true if that has none."""
    return not client_id or str(client_id).strip() == pair.client_id.get_secret_value()


def name() -> str:
    """Return the keychain's name, for people; raise KeychainUnavailable if there is none."""
    return str(_asked(lambda: _backend().get_keyring().name, LIMIT))


def find(base_url: Url, limit: float = LIMIT) -> Credentials | None:
    """Return the pair for a base URL, None if there is none.

    Raises KeychainUnavailable if a pair was stored and the keychain does not give it.
    """
    if str(base_url) not in noted():
        return None
    kept = _asked(lambda: _backend().get_password(SERVICE, str(base_url)), limit)
    if kept is None:
        return None
    try:
        found = json.loads(kept)
        return Credentials(SecretStr(found["client_id"]), SecretStr(found["client_secret"]))
    except (ValueError, TypeError, LookupError):
        raise KeychainUnavailable(phrase("keychain.foreign", url=str(base_url))) from None


async def found(base_url: Url, limit: float) -> Credentials | None:
    """Do as `find`, while the event loop goes on."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Credentials | None] = loop.create_future()

    def tell(pair: Credentials | None, error: Exception | None) -> None:
        if answer.cancelled():
            return
        if error is None:
            answer.set_result(pair)
        else:
            answer.set_exception(error)

    def ask() -> None:
        pair, failure = None, None
        try:
            pair = find(base_url, limit)
        except KeychainUnavailable as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, pair, failure)

    threading.Thread(target=ask, name="keychain", daemon=True).start()
    return await answer


def keep(base_url: Url, pair: Credentials) -> None:
    """Store a pair in place of the older one; raise KeychainUnavailable."""
    text = json.dumps(
        {
            "client_id": pair.client_id.get_secret_value(),
            "client_secret": pair.client_secret.get_secret_value(),
        }
    )
    _asked(lambda: _backend().set_password(SERVICE, str(base_url), text), LIMIT)
    _note(noted() | {str(base_url)})


def remove(base_url: Url) -> bool:
    """Forget the pair for a base URL; report whether there was one."""

    def forget() -> bool:
        keychain = _backend()
        if keychain.get_password(SERVICE, str(base_url)) is None:
            return False
        keychain.delete_password(SERVICE, str(base_url))
        return True

    found = _asked(forget, LIMIT)
    if str(base_url) in noted():
        _note(noted() - {str(base_url)})
    return found


def notes() -> Path:
    """Return the file that lists the base URLs in the keychain; it holds no secret."""
    ours = "APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME"
    folder = os.environ.get(ours) or Path.home() / ".config"
    return Path(folder, SERVICE, "keychain")


def noted() -> set[str]:
    """Return the base URLs for which the keychain is asked."""
    try:
        return set(notes().read_text(encoding="utf-8").split())
    except (OSError, ValueError, RuntimeError):  # a user without a home has no keychain either
        return set()


def _note(urls: set[str]) -> None:
    try:
        file = notes()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{url}\n" for url in sorted(urls)), encoding="utf-8")
    except (OSError, RuntimeError) as error:
        raise KeychainUnavailable(phrase("keychain.not-noted", why=str(error))) from None


def _backend() -> ModuleType:
    try:
        import keyring
    except ImportError:
        raise NoKeychain(phrase("keychain.not-installed")) from None
    chosen = keyring.get_keyring()
    if sys.platform == "win32":
        for each in (chosen, *getattr(chosen, "backends", ())):  # it may be several in a chain
            if hasattr(each, "persist"):  # else the pair goes with the profile to other machines
                each.persist = "local machine"
    if chosen.priority <= 0 or type(chosen).__module__ == _NULL:
        raise NoKeychain(phrase("keychain.none"))
    return keyring


def _asked(question: Callable[[], T], limit: float) -> T:
    """Return the result of ``question``, asked in a thread that may be left behind."""
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put((question(), None))
        except Exception as error:  # noqa: BLE001  backends raise what they like
            answers.put((None, error))
        finally:
            _turn.release()

    silent = phrase("keychain.silent", seconds=limit)
    if not _turn.acquire(timeout=limit):
        raise KeychainUnavailable(silent)
    threading.Thread(target=ask, name="keychain", daemon=True).start()
    try:
        answer, error = answers.get(timeout=limit)
    except queue.Empty:
        raise KeychainUnavailable(silent) from None
    if isinstance(error, KeychainUnavailable):
        raise error
    if error is not None:
        # Not its text: a backend's message may repeat the secret that it was given.
        kind = type(error).__name__
        raise KeychainUnavailable(phrase("keychain.refused", kind=kind)) from None
    return answer  # type: ignore[return-value]  # there was no error
