"""A service under systemd: the messages to it, and the sockets that it hands over.

Imported only where NOTIFY_SOCKET or LISTEN_FDS is set. The protocols are a datagram (sd_notify(3))
and three variables (sd_listen_fds(3)): no library is needed for them.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any

from proxy.errors import SettingsError
from proxy.server.sockets import HandedOver
from proxy.words import phrase

CALLERS, ADMIN = "callers", "admin"
_FIRST = 3  # SD_LISTEN_FDS_START
_STATUS_EVERY = 2.0  # seconds between looks at whether the state has another wording


class Manager:
    """The service manager that started us; a message to it never fails and never waits."""

    def __init__(self, address: str, watchdog: float | None) -> None:
        # A name that begins with @ is an abstract one: its first byte is zero.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog = watchdog
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._reload = asyncio.Event()

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Manager | None":
        """Return the manager that the environment names, if it names one."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return None
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "")
        watched = ours and microseconds.isdigit() and int(microseconds) > 0
        return cls(address, int(microseconds) / 1e6 if watched else None)

    async def attend(
        self,
        listening: Sequence[asyncio.Event],
        words: Callable[[], str],
        renew: Callable[[], Coroutine[Any, Any, object]],
    ) -> None:
        """Report READY when we listen; then, from the event loop, that it runs, and our state.

        ``renew`` is called at each `reload`.
        """
        for each in listening:
            await each.wait()
        self._tell("READY=1")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report(words))
            tasks.create_task(self._reloads(renew))

    def reload(self) -> None:
        """Begin a reload (SIGHUP)."""
        self._reload.set()

    async def _report(self, words: Callable[[], str]) -> None:
        # Half of the time-out, as sd_watchdog_enabled(3) recommends.
        pause = min(_STATUS_EVERY, self._watchdog / 2) if self._watchdog else _STATUS_EVERY
        said = ""
        while True:
            lines = ["WATCHDOG=1"] if self._watchdog else []
            if (now := words()) != said:
                said = now
                lines.append(f"STATUS={now}")
            if lines:
                self._tell(*lines)
            await asyncio.sleep(pause)

    async def _reloads(self, renew: Callable[[], Coroutine[Any, Any, object]]) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            # The moment is how Type=notify-reload tells this reload from one before it.
            moment = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self._tell("RELOADING=1", f"MONOTONIC_USEC={moment}")
            await renew()
            self._tell("READY=1")

    def stopping(self, seconds: float) -> None:
        """Report that the end began, and its longest time, so that the manager waits for it."""
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def _tell(self, *lines: str) -> None:
        # A manager that is gone, or does not read, changes nothing for callers.
        with contextlib.suppress(OSError):
            self._socket.sendto("\n".join(lines).encode(), self._address)


def handed_over() -> HandedOver:
    """Take over the sockets of LISTEN_FDS; raise SettingsError if they cannot be meant for us."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return HandedOver()  # they were for a parent process, whose environment we have
    count = os.environ.get("LISTEN_FDS", "")
    if not count.isdigit():
        return HandedOver()
    names = os.environ.get("LISTEN_FDNAMES")
    named = names.split(":") if names else [CALLERS, ADMIN]
    found: dict[str, list[socket.socket]] = {CALLERS: [], ADMIN: []}
    for number, name in zip(range(_FIRST, _FIRST + int(count)), _endless(named), strict=False):
        if name not in found:
            wrong = phrase("handed.name", name=repr(name), callers=CALLERS, admin=ADMIN)
            raise SettingsError([wrong])
        found[name].append(_listening(number, name))
    return HandedOver(tuple(found[CALLERS]), tuple(found[ADMIN]))


def _endless(names: list[str]) -> Iterator[str]:
    yield from names
    while True:
        yield "unknown"


def _listening(number: int, name: str) -> socket.socket:
    wrong = phrase("handed.socket", name=name)
    os.set_inheritable(number, False)
    try:
        sock = socket.socket(fileno=number)
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        raise SettingsError([wrong]) from None
    if sock.type != socket.SOCK_STREAM or not listens:
        raise SettingsError([wrong])
    sock.setblocking(False)
    return sock
