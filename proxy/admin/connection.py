"""A connection to the admin listener, used only after it has proven to be the proxy."""

import errno
import hmac
import http.client
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

from proxy.addresses import ListenAddress
from proxy.admin import secret as admin_secret
from proxy.admin.proof import PATH, proof
from proxy.admin.secret import Unused
from proxy.peer import peer_uid
from proxy.words import Phrase, Said, phrase

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PROOF_LIMIT = 10.0  # seconds; the proxy answers at once, on a machine that is not busy
_PROOF_SIZE = 64  # bytes


class Unreached(Exception):
    """No proxy answers at the admin listener; ``what`` has the reason and the advice."""

    def __init__(self, what: Said) -> None:
        super().__init__(what)
        self.what = what


class NotProven(Unreached):
    """Another program answers there, or another user's proxy; it was sent nothing."""


class AnothersProxy(NotProven):
    """It answers as another user's proxy does, or pretends to be one."""


def not_ours(listener: ListenAddress, why: Phrase) -> NotProven:
    """Word the error that another program answers there, perhaps our own callers' listener."""
    return NotProven(phrase("reach.not-ours", where=str(listener), why=why))


def answered(status: int) -> Phrase:
    """Word a response that is none of ours."""
    return phrase("reach.answered", status=str(status))


class AdminConnection(http.client.HTTPConnection):
    """HTTP to an address of ours, which may be a Unix socket; `introduce` comes first.

    It never connects again by itself: another program could answer then.
    """

    auto_open = 0

    def __init__(self, listener: ListenAddress, timeout: float) -> None:
        super().__init__(listener.host or "localhost", listener.port or 80, timeout)
        self.listener = listener
        self._limit = timeout

    def connect(self) -> None:
        """Connect; http.client does the rest."""
        if self.listener.path:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self._limit)
            self.sock.connect(self.listener.path)
        else:
            super().connect()
        plain = self.sock
        self._timed = _Timed(plain.family, plain.type, plain.proto, plain.detach())
        self._timed.settimeout(self._limit)
        self._timed.end_by(min(self._limit, _PROOF_LIMIT))
        self.sock = self._timed

    def introduce(self) -> dict[str, str]:
        """Return the fields for requests, after the other end has proven to be the proxy.

        Raises NotProven.
        """
        if self.listener.path:
            self._check_owner()
            fields = {}
        else:
            fields = {"Authorization": f"Bearer {self._proven()}"}
        self._timed.end_by(None)
        self.sock.settimeout(self._limit)
        return fields

    @property
    def at(self) -> ListenAddress:
        """The address that was reached: a name may have several."""
        if self.listener.path:
            return self.listener
        host, port = self.sock.getpeername()[:2]
        return ListenAddress(host, port)

    def _proven(self) -> str:
        """Find out which of our secrets the other end has, and return it."""
        nonce = os.urandom(16).hex()
        self.request("GET", f"{PATH}?{nonce}")
        response = self.getresponse()
        told = response.read(_PROOF_SIZE).decode("latin-1")
        if response.status != 200 or len(told) != _PROOF_SIZE or not response.isclosed():
            raise not_ours(self.listener, answered(response.status))
        if self.sock is None:  # it closes after its answer, as a proxy does that is about to end
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        at, unused = self.at, list[Unused]()
        for secret in admin_secret.found(self.listener, unused):
            right = proof(secret, nonce, (at.host, at.port))
            if hmac.compare_digest(right.encode(), told.encode()):
                return secret
        raise AnothersProxy(_unproven(self.listener, unused))

    def _check_owner(self) -> None:
        """Check the user who listens, by the kernel, or else by the owner of the socket's file."""
        owner = peer_uid(self.sock)
        if owner is None and sys.platform != "win32":
            owner = os.lstat(self.listener.path).st_uid
        if owner not in (None, 0, admin_secret.our_uid()):
            name = admin_secret.user(owner)
            where = str(self.listener)
            raise NotProven(phrase("reach.others-socket", where=where, user=name))


class _Timed(socket.socket):
    """Ends reading at one fixed moment, even if the other end still sends."""

    _end: float | None = None

    def end_by(self, limit: float | None) -> None:
        """Read for ``limit`` more seconds; None: for ever."""
        self._end = None if limit is None else time.monotonic() + limit

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0) -> int:
        """Read as sockets do, in the time that is left."""
        if self._end is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.settimeout(left)
        return super().recv_into(buffer, nbytes, flags)


def _unproven(listener: ListenAddress, unused: list[Unused]) -> Phrase:
    places = ", ".join(map(str, admin_secret.places()))
    what = phrase("reach.unproven", where=str(listener), places=places)
    for place, why in unused:
        what = phrase("reach.unused", before=what, place=place, why=why)
    return what
