"""What failures of the database mean, by their SQLSTATE or, of a connection, by libpq's words."""

from collections.abc import Callable

import psycopg

from proxy.errors import DatabaseUnavailable
from proxy.mask import MASK
from proxy.words import Phrase, phrase

_LONGEST = 200  # characters
_Meaning = Callable[[str], Phrase]


def _login(why: str) -> Phrase:
    return phrase("database.login", why=why)


def _no_such(why: str) -> Phrase:
    return phrase("database.no-such", why=why)


def _rights(why: str) -> Phrase:
    return phrase("database.rights", why=why)


def _read_only(why: str) -> Phrase:
    return phrase("database.read-only", why=why)


def _too_many(why: str) -> Phrase:
    return phrase("database.too-many", why=why)


def _full(why: str) -> Phrase:
    return phrase("database.full", why=why)


def _starting(why: str) -> Phrase:
    return phrase("database.starting", why=why)


def _certificate(why: str) -> Phrase:
    return phrase("database.certificate", why=why)


def _no_tls(why: str) -> Phrase:
    return phrase("database.no-tls", why=why)


def _other(why: str) -> Phrase:
    return phrase("database.failed", why=why)


# SQLSTATEs, or how they begin.
_BY_STATE: dict[str, _Meaning] = {
    "28": _login,
    "3D000": _no_such,
    "42501": _rights,
    "25006": _read_only,
    "53100": _full,
    "53300": _too_many,
    "57P": _starting,
}
# A failed connection has no SQLSTATE; a server that speaks another language is quoted as it is.
_BY_WORDS: dict[str, _Meaning] = {
    "certificate verify failed": _certificate,
    "does not match host name": _certificate,
    "root certificate": _certificate,
    "server does not support SSL": _no_tls,
    "password authentication failed": _login,
    "no password supplied": _login,
    "no pg_hba.conf entry": _login,
    "session is read-only": _read_only,
    "does not exist": _no_such,
    "starting up": _starting,
    "shutting down": _starting,
    "too many c": _too_many,
}


def worded(error: psycopg.Error, password: str = "") -> DatabaseUnavailable:
    """Say what an error means; never with the password."""
    state, words = error.sqlstate, str(error)
    if state:
        means = [each for begin, each in _BY_STATE.items() if state.startswith(begin)]
    else:
        means = [each for part, each in _BY_WORDS.items() if part in words]
    return DatabaseUnavailable((means or [_other])[0](_told(error, password)))


def _told(error: psycopg.Error, password: str) -> str:
    """Return its first line; the others are hints of libpq's."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[0] if lines else type(error).__name__
    if password:
        told = told.replace(password, MASK)
    return told[:_LONGEST]
