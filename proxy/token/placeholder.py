"""Tokens that are worth nothing beyond this proxy, for applications that do OAuth themselves.

A placeholder looks like the API's own tokens, 64 hexadecimal digits, and contains its own facts:
the time of its issue, its lifetime, its caller. It is sealed with its caller's key and not stored:
it outlives a restart, each replica that has the key accepts it, and it ends with the key. Without
caller keys it proves nothing, and does not have to.

Only revocations are stored, until the placeholder would have ended. Like the list of those seen,
they are bounded, the oldest are dropped first, and each process has its own.
"""

import hashlib
import hmac
import secrets
import struct
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_CONTENT = struct.Struct(">IIQ")  # issued (Unix time), lifetime (seconds), chance
_DIGITS = 64  # hexadecimal digits
_OPEN = {"": b"no caller key is in force"}
_KNOWN = 4096  # placeholders
_REVOKED = 65_536  # placeholders


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder; ``caller`` is the name of the caller key that it stands for.

    ``issued_at`` is Unix time in seconds, since other processes read it.
    """

    value: str = field(repr=False)
    token_id: str
    caller: str
    issued_at: int
    lifetime: int

    def remaining(self, now: float) -> float:
        """Return the rest of its life in seconds."""
        return self.issued_at + self.lifetime - now


class Placeholders:
    """Issues placeholders and recognizes them.

    ``keys`` are the caller keys by name; without any, everybody is the caller "".
    """

    def __init__(
        self, keys: Mapping[str, bytes], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = {
            name: hmac.digest(key, b"breb-proxy placeholder tokens", "sha256")
            for name, key in (keys or _OPEN).items()
        }
        self._now = wall_clock
        self._known: dict[str, Placeholder] = {}
        self._revoked: dict[str, None] = {}

    def issue(self, caller: str, lifetime: int) -> Placeholder:
        """Make a placeholder for a caller, given by name."""
        content = _CONTENT.pack(int(self._now()), lifetime, secrets.randbits(64))
        value = _sealed(self._keys[caller], content).hex()
        return self._remember(_read(value, caller, content))

    def live(self, value: str) -> Placeholder | None:
        """Read a bearer token as a placeholder; None unless it is one and still valid."""
        found = self._known.get(value) or self._recognise(value)
        if found is None or found.remaining(self._now()) <= 0 or value in self._revoked:
            return None
        return found

    def of(self, caller: str) -> list[Placeholder]:
        """Return a caller's live placeholders that this process has seen, the oldest first."""
        seen = [each for each in self._known.values() if each.caller == caller]
        return [each for each in seen if self.live(each.value)]

    def revoke(self, placeholder: Placeholder) -> None:
        """End a placeholder at once, for this process."""
        self._revoked[placeholder.value] = None
        if len(self._revoked) > _REVOKED:
            del self._revoked[next(iter(self._revoked))]

    def _recognise(self, value: str) -> Placeholder | None:
        if len(value) != _DIGITS:
            return None
        try:
            data = bytes.fromhex(value)
        except ValueError:
            return None
        for caller, key in self._keys.items():
            content = _opened(key, data)
            if content is not None and value == data.hex():
                return self._remember(_read(value, caller, content))
        return None

    def _remember(self, placeholder: Placeholder) -> Placeholder:
        self._known[placeholder.value] = placeholder
        if len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]
        return placeholder


def _read(value: str, caller: str, content: bytes) -> Placeholder:
    issued_at, lifetime, _ = _CONTENT.unpack(content)
    token_id = uuid.UUID(bytes=hashlib.sha256(value.encode()).digest()[:16], version=4)
    return Placeholder(value, str(token_id), caller, issued_at, lifetime)


def _sealed(key: bytes, content: bytes) -> bytes:
    """Return the seal and the hidden content: opaque, like the API's tokens."""
    seal = hmac.digest(key, b"seal" + content, "sha256")[:16]
    return _hidden(key, seal, content) + seal


def _opened(key: bytes, data: bytes) -> bytes | None:
    content, seal = _hidden(key, data[16:], data[:16]), data[16:]
    expected = hmac.digest(key, b"seal" + content, "sha256")[:16]
    return content if hmac.compare_digest(seal, expected) else None


def _hidden(key: bytes, seal: bytes, content: bytes) -> bytes:
    mask = hmac.digest(key, b"mask" + seal, "sha256")
    return bytes(a ^ b for a, b in zip(content, mask[:16], strict=True))
