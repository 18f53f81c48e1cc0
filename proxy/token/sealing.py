"""What is put into the database of a token: sealed, for whoever has the client secret alone.

The key is derived from the client secret (HKDF, RFC 5869), and bound to client id, base URL, token
endpoint and environment: any other of them is another key, and another slot, as the place of a
token is called. The seal (AES-256-GCM) also binds a token to its place: one that is moved, or put
back, does not open.
"""

import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proxy.credentials import Credentials
from proxy.token.source import AccessToken

_PURPOSE = "breb-proxy shared token, version 1"
_KEY, _SLOT, _NONCE = 32, 16, 12  # bytes


class Unsealable(Exception):
    """What lies there was not sealed by a proxy with our key, for this place."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals the tokens of one slot."""

    slot: bytes
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, credentials: Credentials, *bound: str) -> "Seal":
        """Derive key and slot; ``bound`` are the facts that two replicas must agree on."""
        client_id = credentials.client_id.get_secret_value()
        told = json.dumps([_PURPOSE, client_id, *bound]).encode()
        secret = credentials.client_secret.get_secret_value().encode()
        made = HKDF(SHA256(), _KEY + _SLOT, salt=None, info=told).derive(secret)
        return cls(made[_KEY:], made[:_KEY])

    def close(self, token: AccessToken, serial: int, issued: int) -> bytes:
        """Seal a token for its place."""
        text = json.dumps(
            {
                "value": token.value,
                "lifetime": token.lifetime,
                "token_id": token.token_id,
                "scopes": token.scopes,
                "account_id": token.account_id,
                "roles": token.roles,
            }
        )
        nonce = os.urandom(_NONCE)
        place = self._place(serial, issued)
        return nonce + AESGCM(self.key).encrypt(nonce, text.encode(), place)

    def open(self, sealed: bytes, serial: int, issued: int, issued_at: float) -> AccessToken:
        """Return the token that was ``issued_at`` (seconds of our clock); raise Unsealable."""
        nonce, text = sealed[:_NONCE], sealed[_NONCE:]
        try:
            plain = AESGCM(self.key).decrypt(nonce, text, self._place(serial, issued))
        except (InvalidTag, ValueError):
            raise Unsealable from None
        return _token(json.loads(plain), issued_at)

    def _place(self, serial: int, issued: int) -> bytes:
        return b"%s %d %d" % (self.slot, serial, issued)


def _token(known: Any, issued_at: float) -> AccessToken:  # noqa: ANN401  what `close` has made
    return AccessToken(
        known["value"],
        issued_at,
        issued_at + known["lifetime"],
        known["token_id"],
        tuple(known["scopes"]),
        known["account_id"],
        tuple(known["roles"]),
        others=True,
    )
