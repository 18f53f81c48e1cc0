"""What failures of the database mean, by their SQLSTATE or, of a connection, by libpq's words."""

from collections.abc import Callable
from typing import NamedTuple

import psycopg

from proxy.errors import DatabaseUnavailable
from proxy.mask import MASK
from proxy.words import Phrase, phrase

_LONGEST = 200  # characters


class _Meaning(NamedTuple):
    states: tuple[str, ...]  # SQLSTATEs, or how they begin
    words: tuple[str, ...]  # of a failed connection, which has no SQLSTATE
    said: Callable[[str], Phrase]


# The first that fits counts. The words are English; a server of another language is only quoted.
_MEANINGS = (
    _Meaning(
        (),
        ("certificate verify failed", "does not match host name", "root certificate"),
        lambda why: phrase("database.certificate", why=why),
    ),
    _Meaning(
        (),
        ("server does not support SSL",),
        lambda why: phrase("database.no-tls", why=why),
    ),
    _Meaning(
        ("28",),
        ("password authentication failed", "no password supplied", "no pg_hba.conf entry"),
        lambda why: phrase("database.login", why=why),
    ),
    _Meaning(
        ("25006",),
        ("session is read-only",),
        lambda why: phrase("database.read-only", why=why),
    ),
    _Meaning(("3D000",), ("does not exist",), lambda why: phrase("database.no-such", why=why)),
    _Meaning(
        ("57P",),
        ("starting up", "shutting down"),
        lambda why: phrase("database.starting", why=why),
    ),
    _Meaning(("53300",), ("too many c",), lambda why: phrase("database.too-many", why=why)),
    _Meaning(("42501",), (), lambda why: phrase("database.rights", why=why)),
    _Meaning(("55P03",), (), lambda why: phrase("database.locked", why=why)),
    _Meaning(("53100",), (), lambda why: phrase("database.full", why=why)),
)


def worded(error: psycopg.Error, password: str = "") -> DatabaseUnavailable:
    """Say what an error means; never with the password."""
    state, words, why = error.sqlstate, str(error), _told(error, password)
    for meaning in _MEANINGS:
        if state.startswith(meaning.states) if state else any(w in words for w in meaning.words):
            return DatabaseUnavailable(meaning.said(why))
    return DatabaseUnavailable(phrase("database.failed", why=why))


def _told(error: psycopg.Error, password: str) -> str:
    """Return the error's first line; the others are hints of libpq's."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[0] if lines else type(error).__name__
    if password:
        told = told.replace(password, MASK)
    return told[:_LONGEST]
