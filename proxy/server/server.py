"""Runs the listeners on uvicorn, one event loop, from start to the end of the drain.

The end: /readyz says 503; after DRAIN_DELAY no new connections; exchanges under way finish within
SHUTDOWN_GRACE, or get a last answer; the token is revoked; the admin listener closes last.
The exit code is 0, although uvicorn would raise the signal again. A second signal ends at once.
"""

import asyncio
import contextlib
import functools
import logging
import secrets
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proxy.admin import secret as admin_secret
from proxy.admin.access import Access
from proxy.counts import counted
from proxy.credentials import CredentialsSource
from proxy.errors import RequestRefused, SettingsError
from proxy.exchange.problem import problem
from proxy.http1.fields import Lines
from proxy.memory import records
from proxy.server import options, process, signals, sockets, tls_reload
from proxy.server.build import build
from proxy.server.listener import LAST_WORDS, Listener
from proxy.server.parts import Parts
from proxy.settings.model import Settings
from proxy.telemetry import log_format
from proxy.words import phrase

if TYPE_CHECKING:
    from proxy.server.manager import ServiceManager
    from proxy.settings.tracing import TracingOptions

log = logging.getLogger("proxy.server")

_OTHER_FILES = 64  # files: the listeners, the log, connections for tokens
_NO_PLACE = (
    "there is no directory in which the admin listener's secret can be written, so that it will"
    " refuse breb-proxy status, refresh, quit and console: set XDG_RUNTIME_DIR to a directory of"
    " this user"
)
AFTER_THE_GRACE = 5.0  # seconds: last words, revocation, the admin listener
_SPARE = 2.0  # seconds: uvicorn's own end comes after ours, if ours fails


async def serve(
    settings: Settings,
    credentials: CredentialsSource,
    callers: list[socket.socket],
    admin: list[socket.socket],
    *,
    access: Access,
    as_json: bool,
    built: Callable[[], None] = lambda: None,
    tidy: Callable[[], None] = lambda: None,
    started: Callable[[Parts], Coroutine[Any, Any, None]] | None = None,
    manager: "ServiceManager | None" = None,
    tracing: "TracingOptions | None" = None,
) -> None:
    """Serve until a signal or /quit, then drain.

    ``credentials`` are asked for each token; ``callers`` and ``admin`` are bound sockets;
    ``access`` opens the admin listener; ``built`` is called when all parts are made, ``tidy`` at
    every kind of end, and ``started`` runs once, when both listen; ``manager`` gets the service's
    state. Raises SettingsError for settings that cannot be used, such as the ledger's.
    """
    stop = signals.Stop()
    with _released_if_unused([*callers, *admin]):
        parts = build(settings, credentials, stop, access, as_json=as_json, tracing=tracing)
    built()
    traces = contextlib.ExitStack()
    stop.last_words = lambda: _last_words(settings, parts, traces)
    process.settle(console=settings.console)
    process.make_room_for_files(_connections(settings) + _OTHER_FILES)
    tls = tls_reload.callers_tls(settings)
    parts.budget.by_records = tls is None or await records.works()
    front, back = _listeners(settings, parts, tls)
    life = _Life(settings, parts, front, back, callers, admin, manager)
    with (
        traces,
        signals.handled(stop, parts.keeper.renew if manager is None else manager.reload),
        log_format.in_order(parts.flush),
    ):
        traces.callback(tidy)
        if not traces.enter_context(_left(access.secret, settings, admin)):
            log.warning("%s", _NO_PLACE)
        beside = [] if tls is None else [tls_reload.reload(settings, tls)]
        unsaid: list[OSError] = []
        if started is not None:
            beside.append(_told(started(parts), stop, unsaid))
        await life.run(stop, beside)
        if unsaid:
            raise unsaid[0]
        log.info("stopped")  # a log that does not end with this line belongs to a killed process


async def _told(telling: Coroutine[Any, Any, None], stop: signals.Stop, no: list[OSError]) -> None:
    """Tell that we serve; if that cannot be written, end in order: Windows keeps open files."""
    try:
        await telling
    except OSError as error:
        no.append(error)
        stop()


def _connections(settings: Settings) -> int:
    return settings.max_callers + settings.max_connections + options.ADMIN_LIMITS.connections


def _listeners(
    settings: Settings, parts: Parts, tls: ssl.SSLContext | None
) -> tuple[Listener, Listener]:
    """Return the callers' listener and the admin listener."""
    limits = options.listener_limits(settings)
    grace = settings.shutdown_grace + LAST_WORDS + _SPARE
    shell, budget = parts.shell, parts.budget
    front = Listener(shell, shell.refused, limits, grace, tls, budget)
    # A request that it refuses is no exchange: it is neither counted nor logged as one.
    spare = LAST_WORDS + _SPARE
    return front, Listener(parts.admin, _refused, options.ADMIN_LIMITS, spare, None, budget)


@dataclass(frozen=True, slots=True)
class _Life:
    """One life of the program, from the first request to the end of the drain."""

    settings: Settings
    parts: Parts
    front: Listener
    back: Listener
    callers: list[socket.socket]
    admin: list[socket.socket]
    manager: "ServiceManager | None"

    async def run(self, stop: signals.Stop, beside: list[Coroutine[Any, Any, None]]) -> None:
        """Serve until told to stop, then end in order; ``beside`` runs while we serve."""
        keeper = self.parts.keeper
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(keeper.run())
            serving = tasks.create_task(self.front.serve(self.callers))
            probing = tasks.create_task(self.back.serve(self.admin))
            others = [tasks.create_task(each) for each in (*self._told(), *beside)]
            ask_no_more = self._asking(tasks)
            await stop.event.wait()
            ask_no_more()
            await self._drain(serving)
            await keeper.leave()
            for task in (keeping, *others):
                task.cancel()
            await keeper.aclose()
            for each in self.parts.closing:
                await each.aclose()
            sockets.remove(self.admin)
            await self.back.finish(probing, 0, lambda: None)
            self.parts.flush()

    def _asking(self, tasks: asyncio.TaskGroup) -> Callable[[], object]:
        """Have the API asked about rows in doubt, where that is on; return what ends it."""
        books = self.parts.books
        if books is None or books.ledger.asker is None:
            return lambda: None
        return tasks.create_task(books.ledger.asker.run()).cancel

    def _told(self) -> Iterator[Coroutine[Any, Any, None]]:
        if self.manager is not None:
            listening = (self.front.listening, self.back.listening)
            words = functools.partial(_words, self.settings, self.parts)
            yield self.manager.attend(listening, words, self.parts.keeper.refresh)
        if self.parts.shared is not None:
            yield self.parts.shared.attend(self.parts.keeper)
        if self.parts.traces is not None:
            yield self.parts.traces.exporter.run()

    async def _drain(self, serving: asyncio.Task[None]) -> None:
        settings, shell = self.settings, self.parts.shell
        if self.manager is not None:
            longest = settings.drain_delay + settings.shutdown_grace + AFTER_THE_GRACE
            self.manager.stopping(longest)
        log.info("shutting down: %s under way", counted(shell.in_flight, "exchange"))
        shell.draining = True
        self.parts.final_state.hurry()
        self.front.callers.draining = True
        if settings.drain_delay:
            await asyncio.sleep(settings.drain_delay)
        sockets.remove(self.callers)

        def time_over() -> None:
            if shell.in_flight:
                log.warning(
                    "%s did not finish within BREB_SHUTDOWN_GRACE: cut off",
                    counted(shell.in_flight, "exchange"),
                )
            shell.time_over = True

        await self.front.finish(serving, settings.shutdown_grace, time_over)


def _left(
    secret: str, settings: Settings, admin: list[socket.socket]
) -> contextlib.AbstractContextManager[bool]:
    """Leave the secret for each address: a service manager may have made several."""
    return admin_secret.left(secret, settings.admin_listen, *map(sockets.address_of, admin))


@contextlib.contextmanager
def _released_if_unused(bound: list[socket.socket]) -> Generator[None]:
    """Leave no socket behind if the parts cannot be made."""
    try:
        yield
    except SettingsError:
        sockets.release(bound)
        raise


def _refused(error: RequestRefused) -> tuple[int, Lines, bytes]:
    return problem(error, secrets.token_hex(4), "GET", language=error.language)


def _words(settings: Settings, parts: Parts) -> str:
    """Word the service's state in one line."""
    if parts.shell.draining:
        return f"shutting down, {counted(parts.shell.in_flight, 'exchange')} under way"
    error = parts.keeper.error
    failure = "" if error is None else f"; last failure: {error}"
    where = f"{settings.base_url} ({settings.environment})"
    return f"forwarding to {where}; token {parts.status.token_words()}{failure}"


def _last_words(settings: Settings, parts: Parts, traces: contextlib.ExitStack) -> None:
    """Log what a second signal cuts off, and leave no file; the process ends after this."""
    if parts.shell.in_flight:
        log.warning("cut off by a second signal: %s", counted(parts.shell.in_flight, "exchange"))
    parts.shell.cut_off(phrase("second-signal"))
    if settings.revoke_tokens and parts.keeper.renewed_at is not None:
        log.warning("a second signal came before the access token was known to be revoked")
    parts.flush()
    if parts.books is not None:
        parts.books.ledger.last_words()
    traces.close()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` on uvloop, or where that does not exist (Windows) on a loop of our own."""
    process.tune_memory()
    if sys.platform == "win32":
        from proxy.windows.loop import new_event_loop
    else:
        from uvloop import new_event_loop

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)
