"""Runs the listeners on uvicorn, one event loop, from start to the end of the drain.

The end: /readyz says 503; after DRAIN_DELAY no new connections; exchanges under way finish within
SHUTDOWN_GRACE, or are told that it is over; the token is revoked; the admin listener goes last.
Exit code 0, also where uvicorn would raise the signal again. A second signal ends at once.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import uvicorn

from proxy.admin.routes import served
from proxy.asgi import App
from proxy.exchange.shell import Shell
from proxy.listener import Callers, ListenerLimits
from proxy.server import sockets
from proxy.server.build import Parts, build
from proxy.settings.model import Settings

log = logging.getLogger("proxy.server")

TLS_RELOAD = 2.0
LAST_WORDS = 0.5  # for what is said to callers at the end of the grace
_OTHER_FILES = 64  # the listeners, the log, connections to the admin listener and for tokens
_SPARE = 2.0  # uvicorn's own end comes after ours, if ours should fail


class Listener(uvicorn.Server):
    """A uvicorn server without signal handling of its own, speaking our caller's protocol."""

    def __init__(
        self,
        app: App,
        shell: Shell,
        limits: ListenerLimits,
        grace: float,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.callers = Callers(limits, shell.refused)
        super().__init__(
            uvicorn.Config(
                cast("Any", app),
                # uvicorn takes any callable that makes protocols here.
                http=cast("type[asyncio.Protocol]", self.callers.protocol),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                ssl_context_factory=(lambda *_: tls) if tls else None,
                timeout_graceful_shutdown=cast("int", grace),
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, as uvicorn does, and bound both ends of TLS.

        A connection is counted, and watched by `callers`, once its handshake is over. Before that
        it would have asyncio's minute, and half a minute for an end that it need not confirm.
        """
        loop = asyncio.get_running_loop()
        tls = self.config.ssl
        limit = self.callers.limits.header_timeout if tls else None
        self.servers = [
            await loop.create_server(
                lambda: self.callers.protocol(self.config, self.server_state, {}),
                sock=sock,
                ssl=tls,
                ssl_handshake_timeout=limit,
                ssl_shutdown_timeout=limit,
                backlog=self.config.backlog,
            )
            for sock in sockets or ()
        ]
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to the program: there are two servers in it."""
        yield

    def drain(self) -> None:
        """Stop accepting; finish what is under way."""
        self.callers.draining = True
        self.should_exit = True

    async def finish(
        self, serving: asyncio.Task[None], grace: float, time_over: Callable[[], None]
    ) -> None:
        """Drain for ``grace`` seconds; then call ``time_over`` and cut what is left."""
        self.drain()
        if not (await asyncio.wait((serving,), timeout=grace))[0]:
            time_over()
            self.callers.cut()
            if not (await asyncio.wait((serving,), timeout=LAST_WORDS))[0]:
                self.callers.abort()
        await serving


@dataclass
class Stop:
    """The wish to end: set by signals, /quit, or a test."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    last_words: Callable[[], None] = lambda: None
    signalled: bool = False

    def __call__(self, number: int = 0) -> None:
        """Begin the drain; at the second signal end at once.

        The first one after /quit is none: a kubelet sends it to every sidecar of a Job that ends.
        """
        if number and self.signalled:
            self.last_words()
            os._exit(128 + number)
        self.signalled = self.signalled or bool(number)
        self.event.set()


async def serve(
    settings: Settings,
    where: dict[str, Any],
    callers: list[socket.socket],
    admin: list[socket.socket],
    *,
    as_json: bool,
    started: Callable[[Parts], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Serve until a signal or /quit, then drain.

    ``callers`` and ``admin`` are bound sockets; ``started`` runs once, when both listen.
    """
    stop = Stop()
    parts = build(settings, where, stop, as_json=as_json)
    stop.last_words = lambda: _last_words(parts)
    tune_collector()
    raise_open_files(settings.max_callers + settings.max_connections + _OTHER_FILES)
    tls = _tls(settings)
    limits = ListenerLimits(settings.header_timeout, settings.idle_timeout, settings.max_callers)
    grace = settings.shutdown_grace + LAST_WORDS + _SPARE
    front = Listener(cast("App", parts.shell), parts.shell, limits, grace, tls)
    probes = served(cast("App", parts.admin))
    # What is refused there was no exchange: it is neither counted nor logged as one.
    back = Listener(probes, Shell(probes, ()), ListenerLimits(), LAST_WORDS + _SPARE, None)
    with _signals(stop, parts.keeper.renew):
        async with asyncio.TaskGroup() as tasks:
            ours = [tasks.create_task(parts.keeper.run())]
            if tls is not None:
                ours.append(tasks.create_task(_reload(settings, tls)))
            serving = tasks.create_task(front.serve(callers))
            probing = tasks.create_task(back.serve(admin))
            if started is not None:
                ours.append(tasks.create_task(started(parts)))
            await stop.event.wait()
            await _drain(settings, parts, front, serving, callers)
            for task in ours:
                task.cancel()
            await parts.keeper.aclose()
            for pool in parts.pools:
                await pool.aclose()
            sockets.remove(admin)
            await back.finish(probing, 0, lambda: None)
            parts.flush()


async def _drain(
    settings: Settings,
    parts: Parts,
    front: Listener,
    serving: asyncio.Task[None],
    callers: list[socket.socket],
) -> None:
    shell = parts.shell
    log.info("shutting down: %d exchanges under way", shell.in_flight)
    shell.draining = True
    front.callers.draining = True
    if settings.drain_delay:
        await asyncio.sleep(settings.drain_delay)
    sockets.remove(callers)

    def time_over() -> None:
        if shell.in_flight:
            log.warning("%d exchanges are cut at the end of the grace", shell.in_flight)
        shell.time_over = True

    await front.finish(serving, settings.shutdown_grace, time_over)


def _last_words(parts: Parts) -> None:
    if parts.shell.in_flight:
        log.warning("%d exchanges are cut by a second signal", parts.shell.in_flight)
    parts.flush()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not (settings.tls_cert and settings.tls_key):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


async def _reload(settings: Settings, context: ssl.SSLContext) -> None:
    """Load the callers' certificate again when its files change; connections keep theirs."""
    files = (cast("Path", settings.tls_cert), cast("Path", settings.tls_key))
    seen = _versions(files)
    while True:
        await asyncio.sleep(TLS_RELOAD)
        now = _versions(files)
        if now == seen:
            continue
        try:
            # First into a context that nobody uses: of a pair that does not match, and between
            # the replacements of its files it never does, OpenSSL keeps the certificate.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*files)
            context.load_cert_chain(*files)
        except (OSError, ssl.SSLError) as error:
            log.warning("the new TLS certificate cannot be used, the old one stays: %s", error)
        else:
            log.info("TLS certificate loaded again")
        seen = now


def _versions(files: tuple[Path, ...]) -> list[tuple[int, int]]:
    versions = []
    for file in files:
        with contextlib.suppress(OSError):
            state = file.stat()
            versions.append((state.st_mtime_ns, state.st_ino))
    return versions


@contextlib.contextmanager
def _signals(stop: Stop, renew: Callable[[], None]) -> Generator[None, None, None]:
    loop = asyncio.get_running_loop()
    actions: dict[int, Callable[[], object]] = {
        signal.SIGINT: lambda: stop(signal.SIGINT),
        signal.SIGTERM: lambda: stop(signal.SIGTERM),
    }
    if hasattr(signal, "SIGHUP"):
        actions[signal.SIGHUP] = renew
    if sys.platform == "win32":
        for number, act in actions.items():
            signal.signal(number, lambda *_, act=act: loop.call_soon_threadsafe(act))
        yield
        return
    for number, act in actions.items():
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in actions:
            loop.remove_signal_handler(number)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` on uvloop, or on asyncio's own loop where uvloop does not exist (Windows)."""
    tune_memory()
    if sys.platform == "win32":
        asyncio.run(main)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def tune_collector() -> None:
    """Have the garbage collector look seldom, and not at all at what is there for good.

    Hundreds of exchanges under way come and go: with the default threshold their number alone set
    off a collection every few requests, 6 % of all time, and found nothing. Exchanges leave no
    reference cycles behind.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def tune_memory() -> None:
    """Keep glibc from giving large read buffers back to the kernel each time.

    Measured on 1 MiB bodies: page faults had cost a third of the throughput.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(-1, 32 << 20)  # M_TRIM_THRESHOLD
        mallopt(-2, 1 << 20)  # M_TOP_PAD
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD


def raise_open_files(wanted: int) -> None:
    """Let as many files be open as there may be connections: many systems begin with 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS has another limit besides
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft < wanted:
        log.warning(
            "%d files may be open, but BREB_MAX_CALLERS and BREB_MAX_CONNECTIONS could take %d:"
            " raise the limit (ulimit -n), or lower them",
            soft,
            wanted,
        )
