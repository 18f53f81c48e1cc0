"""A certificate and its private key, loaded from PEM files, and in words why they cannot be."""

import ssl
from pathlib import Path
from typing import NoReturn

from proxy.words import Phrase, phrase


class PairUnusable(Exception):
    """The pair cannot be used; ``of_key``: the reason is the key, or its place."""

    def __init__(self, why: Phrase, *, of_key: bool) -> None:
        super().__init__(str(why))
        self.why = why
        self.of_key = of_key


class _Encrypted(Exception):
    """The key wants a passphrase."""


def load(context: ssl.SSLContext, certificate: Path, key: Path | None = None) -> None:
    """Load both into ``context``; without ``key`` it is looked for in the certificate's file.

    Raises PairUnusable. OpenSSL would ask for a passphrase on the terminal, at each reload again.
    """
    holder = key or certificate
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except _Encrypted:
        raise PairUnusable(phrase("pair.encrypted", path=str(holder)), of_key=True) from None
    except OSError as error:  # ssl.SSLError is one
        raise _explained(error, certificate, holder) from None


def _no_passphrase() -> NoReturn:
    raise _Encrypted


def _explained(error: OSError, certificate: Path, holder: Path) -> PairUnusable:
    sought = (
        (certificate, b"CERTIFICATE-----", phrase("pair.no-certificate", path=str(certificate))),
        (holder, b"KEY-----", phrase("pair.no-key", path=str(holder))),
    )
    for file, mark, absent in sought:
        of_key = mark == b"KEY-----"
        try:
            found = mark in file.read_bytes()
        except OSError as denied:
            why = phrase("value.unreadable", path=str(file), why=str(denied.strerror))
            return PairUnusable(why, of_key=of_key)
        if not found:
            return PairUnusable(absent, of_key=of_key)
    reason = str(getattr(error, "reason", None) or error.strerror)
    key, pem = str(holder), str(certificate)
    if reason == "KEY_VALUES_MISMATCH":
        return PairUnusable(phrase("pair.mismatch", key=key, certificate=pem), of_key=True)
    why = phrase("pair.unusable", key=key, certificate=pem, why=reason)
    return PairUnusable(why, of_key=False)
