"""A certificate and its private key, loaded from PEM files, and in words why they cannot be."""

import ssl
from pathlib import Path
from typing import NoReturn


class PairUnusable(Exception):
    """The pair cannot be used; ``of_key``: the reason is the key, or its place."""

    def __init__(self, words: str, *, of_key: bool) -> None:
        super().__init__(words)
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
        words = (
            f"the private key in {holder} is encrypted; write one that is not, which only this"
            f" user can read: openssl pkey -in {holder} -out NEW-FILE"
        )
        raise PairUnusable(words, of_key=True) from None
    except OSError as error:  # ssl.SSLError is one
        raise _explained(error, certificate, holder) from None


def _no_passphrase() -> NoReturn:
    raise _Encrypted


def _explained(error: OSError, certificate: Path, holder: Path) -> PairUnusable:
    sought = ((certificate, "certificate", b"CERTIFICATE-----"), (holder, "key", b"KEY-----"))
    for file, what, mark in sought:
        try:
            found = mark in file.read_bytes()
        except OSError as denied:
            return PairUnusable(f"cannot read {file} ({denied.strerror})", of_key=what == "key")
        if not found:
            return PairUnusable(f"there is no PEM {what} in {file}", of_key=what == "key")
    reason = getattr(error, "reason", None) or error.strerror
    if reason == "KEY_VALUES_MISMATCH":
        words = f"the private key in {holder} does not belong to the certificate in {certificate}"
        return PairUnusable(words, of_key=True)
    words = f"cannot use {certificate} with the key in {holder} ({reason})"
    return PairUnusable(words, of_key=False)
