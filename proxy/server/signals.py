"""The wish to end, and the signals that express it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field


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
            try:
                self.last_words()
            finally:
                os._exit(128 + number)
        self.signalled = self.signalled or bool(number)
        self.event.set()


@contextlib.contextmanager
def handled(stop: Stop, renew: Callable[[], None]) -> Generator[None, None, None]:
    """Let SIGINT and SIGTERM call ``stop`` and SIGHUP ``renew``, while the block runs.

    SIGHUP also tells that the terminal has gone, and with it who could end us: that stops.
    """
    loop = asyncio.get_running_loop()
    actions: dict[int, Callable[[], object]] = {
        signal.SIGINT: lambda: stop(signal.SIGINT),
        signal.SIGTERM: lambda: stop(signal.SIGTERM),
    }
    if hasattr(signal, "SIGHUP"):
        terminals = [descriptor for descriptor in range(3) if os.isatty(descriptor)]
        actions[signal.SIGHUP] = lambda: renew() if all(map(os.isatty, terminals)) else stop()
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
