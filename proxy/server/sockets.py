"""Listening sockets, bound before anything else starts: a taken port gives an error of one line.

`AddressTaken` has the reason and the advice.
"""

import contextlib
import errno
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any, NamedTuple

from proxy.addresses import ListenAddress
from proxy.words import Phrase, Said, phrase

BACKLOG = 4096  # connections, as many as callers may have: one more would try again a second later
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # for one family; the other may work
_NEAR = 19  # ports above the one that was wanted


class AddressTaken(Exception):
    """Another process listens there (``in_use``), or we may not; ``setting`` names the address."""

    setting = ""

    def __init__(
        self, address: ListenAddress, why: Said, step: Phrase | None = None, *, in_use: bool = False
    ) -> None:
        super().__init__(address, why)
        self.says = phrase("cannot-listen", address=str(address), why=why)
        self.step = step
        self.in_use = in_use

    @property
    def what(self) -> Phrase:
        """All of it, in one line."""
        what = self.says
        if self.step is not None:
            what = phrase("cannot-listen.step", what=what, step=self.step)
        return phrase("of-setting", what=what, setting=self.setting) if self.setting else what

    def __str__(self) -> str:
        """Return the reason in words."""
        return str(self.what)


def bind(address: ListenAddress) -> list[socket.socket]:
    """Bind all sockets of ``address``: a name may have an IPv4 and an IPv6 address.

    Raises AddressTaken.
    """
    if address.path:
        return [_bind_unix(address)]
    try:
        infos = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise AddressTaken(address, _reason(error)) from error
    sockets: list[socket.socket] = []
    for family, kind, protocol, _, where in infos:
        if address.port == 0 and sockets:
            break  # one free port, not one for each family
        try:
            sockets.append(_bind_tcp(family, kind, protocol, where))
        except OSError as error:
            if error.errno not in _NOT_HERE or len(infos) == 1:
                _close(sockets)
                raise _taken(address, error) from error
    if not sockets:
        raise _not_here(address)
    return sockets


class BoundListener:
    """A listener, bound to the wanted address or to a free port near it, while ``until`` is open.

    Raises AddressTaken if there is none.
    """

    def __init__(self, asked: ListenAddress, until: contextlib.ExitStack) -> None:
        self.asked = asked
        if asked.path or asked.port == 0:
            self.sockets = bind(asked)
            self.address = bound(asked, self.sockets)
        else:
            self.sockets, self.address = _bind_near(asked)
        until.callback(release, self.sockets)
        self.moved = asked.port not in (0, self.address.port)


def _bind_near(address: ListenAddress) -> tuple[list[socket.socket], ListenAddress]:
    """Bind ``address`` or one of the next ports above it; raise AddressTaken if none is free."""
    for offset in range(_NEAR):
        near = ListenAddress(address.host, address.port + offset)
        with contextlib.suppress(AddressTaken):
            return bind(near), near
    last = ListenAddress(address.host, address.port + _NEAR)
    return bind(last), last


class HandedOver(NamedTuple):
    """Listening sockets that a service manager made for us, by purpose."""

    callers: tuple[socket.socket, ...] = ()
    admin: tuple[socket.socket, ...] = ()

    @property
    def settings(self) -> dict[str, ListenAddress]:
        """Return the settings with these sockets' addresses, so that the real ones are judged."""
        pairs = (("listen", self.callers), ("admin_listen", self.admin))
        return {name: _widest(sockets) for name, sockets in pairs if sockets}


def _widest(sockets: tuple[socket.socket, ...]) -> ListenAddress:
    """Return the address that is reachable most widely: it decides whether a key is needed."""
    addresses = [address_of(sock) for sock in sockets]
    return min(addresses, key=lambda each: (each.private, bool(each.path)))


def address_of(sock: socket.socket) -> ListenAddress:
    """Return the address on which a socket listens."""
    name = sock.getsockname()
    if isinstance(name, tuple):
        return ListenAddress(str(name[0]), int(name[1]))
    return ListenAddress("", 0, os.fsdecode(name))


def bound(address: ListenAddress, sockets: list[socket.socket]) -> ListenAddress:
    """Return ``address`` with the port that was really bound."""
    known = address.path or address.port
    return address if known else ListenAddress(address.host, port_of(sockets))


def port_of(sockets: list[socket.socket]) -> int:
    """Return the port that was really bound; 0 for a Unix socket."""
    name = sockets[0].getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0


def remove(sockets: list[socket.socket]) -> None:
    """Remove the paths of Unix sockets, while we still listen on them.

    Later a path could be the next process's, which takes over paths that nobody serves.
    """
    for sock in sockets:
        if isinstance(sock, UnixSocket):
            sock.remove()


def release(sockets: list[socket.socket]) -> None:
    """Close sockets that were bound and never served."""
    remove(sockets)
    _close(sockets)


def _close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


def _bind_tcp(family: int, kind: int, protocol: int, where: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "win32":
            from proxy.windows import binding

            binding.take(sock, where)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(where)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _bind_unix(address: ListenAddress) -> socket.socket:
    """Bind a Unix socket that its owner alone may use; one that nobody serves is removed."""
    path = Path(address.path)
    sock = UnixSocket(path)
    try:
        if path.exists() or path.is_symlink():
            _make_way(address)
        sock.open()
    except OSError as error:
        sock.close()
        if path.parent.is_dir():
            raise AddressTaken(address, _reason(error)) from error
        nowhere = phrase("no-directory", directory=str(path.parent))
        raise AddressTaken(address, nowhere, phrase("step.make-directory")) from error
    except AddressTaken:
        sock.close()
        raise
    return sock


def _make_way(address: ListenAddress) -> None:
    path = Path(address.path)
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise AddressTaken(address, phrase("not-a-socket"), phrase("step.other-path"))
    if _served(path):
        raise AddressTaken(address, phrase("socket-in-use"), in_use=True)
    path.unlink()


class UnixSocket(socket.socket):
    """A listening Unix socket, and the file by which callers find it."""

    def __init__(self, path: Path) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path = path
        self._own = (0, 0)

    def open(self) -> None:
        """Bind and listen, for our own user alone."""
        mask = os.umask(0o177)
        try:
            self.bind(str(self._path))
        finally:
            os.umask(mask)
        self._own = self._found()
        self.listen(BACKLOG)
        self.setblocking(False)

    def remove(self) -> None:
        """Remove the path, unless it leads to another socket by now."""
        with contextlib.suppress(FileNotFoundError):
            if self._found() == self._own:
                self._path.unlink()

    def _found(self) -> tuple[int, int]:
        state = self._path.stat()
        return state.st_dev, state.st_ino


def _served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True


def _taken(address: ListenAddress, error: OSError) -> AddressTaken:
    if error.errno == errno.EADDRINUSE:
        return AddressTaken(address, phrase("port-in-use"), phrase("step.free-port"), in_use=True)
    if error.errno == errno.EACCES and sys.platform == "win32":
        # Of a port that another program uses exclusively, or that Hyper-V has reserved.
        return AddressTaken(address, phrase("port-reserved"), phrase("step.reserved-ports"))
    if error.errno == errno.EACCES:
        return AddressTaken(address, phrase("port-not-allowed"), phrase("step.higher-port"))
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_here(address)
    return AddressTaken(address, _reason(error))


def _not_here(address: ListenAddress) -> AddressTaken:
    return AddressTaken(address, phrase("address-not-here"), phrase("step.own-address"))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
