"""The wish to end, and the signals that express it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial

_LOOK = 2.0  # seconds between two looks at the terminal


@dataclass
class Stop:
    """The wish to end: set by signals, /quit, or a test."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    last_words: Callable[[], None] = lambda: None
    signalled: bool = False

    def __call__(self, number: int = 0) -> None:
        """Begin the drain; at the second signal end at once.

        The first signal after /quit does not count: a kubelet sends it to every sidecar of a Job
        that ends.
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

    We also stop when our terminal closes: nobody could end us from there any more.
    """
    loop = asyncio.get_running_loop()
    terminal: _Terminal | None = None
    actions: dict[int, Callable[[], object]] = {
        signal.SIGINT: lambda: stop(signal.SIGINT),
        signal.SIGTERM: lambda: stop(signal.SIGTERM),
    }
    if hasattr(signal, "SIGHUP"):
        terminal = _Terminal(loop, stop)
        actions[signal.SIGHUP] = lambda: terminal.hung_up(otherwise=renew)
    if sys.platform == "win32":
        from proxy.windows import console

        actions[signal.SIGBREAK] = lambda: stop(signal.SIGBREAK)
        with _heard(actions), console.closing(stop):
            yield
        return
    try:
        with _heard(actions):
            yield
    finally:
        if terminal:
            terminal.forget()


@contextlib.contextmanager
def cancelling(ended: list[int]) -> Generator[None, None, None]:
    """Let a signal cancel the running task, and note its number in ``ended``, while the block runs.

    A second one ends the process at once. Signals that were ignored at our start (nohup, a shell's
    ``&``) stay ignored.
    """
    task = asyncio.current_task()

    def end(number: int) -> None:
        if ended:
            os._exit(128 + number)
        ended.append(number)
        if task is not None:
            task.cancel()

    wanted = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        wanted.append(signal.SIGHUP)
    meant = [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]
    with _heard({number: partial(end, number) for number in meant}):
        yield


@contextlib.contextmanager
def _heard(actions: dict[int, Callable[[], object]]) -> Generator[None, None, None]:
    """Let signals call ``actions`` in the event loop while the block runs."""
    loop = asyncio.get_running_loop()
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


class _Terminal:
    """The terminal that we were started from, if there is one: when it closes, we end.

    SIGHUP alone does not tell: a shell sends it before the terminal closes, and if the terminal's
    first program is ``make`` and no shell, we get none. A process in the background stays, as
    ``disown`` and ``setsid`` intend, unless SIGHUP comes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], None]) -> None:
        self._loop = loop
        self._leave = leave
        self._descriptors = [descriptor for descriptor in range(3) if os.isatty(descriptor)]
        self._ours = False
        self._next: asyncio.TimerHandle | None = None
        if self._descriptors:
            self._look()

    def hung_up(self, otherwise: Callable[[], None]) -> None:
        """End if the terminal has closed, or closes soon; until then SIGHUP calls ``otherwise``."""
        if self._gone:
            self._leave()
            return
        otherwise()
        if self._descriptors:
            self._look_again()
            self._ours = True

    def forget(self) -> None:
        """Stop looking."""
        if self._next:
            self._next.cancel()

    def _look(self) -> None:
        if not self._gone:
            self._ours = self._in_front
            self._look_again()
        elif self._ours:
            self._leave()

    def _look_again(self) -> None:
        self.forget()
        self._next = self._loop.call_later(_LOOK, self._look)

    @property
    def _gone(self) -> bool:
        return not all(map(os.isatty, self._descriptors))

    @property
    def _in_front(self) -> bool:
        try:
            return os.tcgetpgrp(self._descriptors[0]) == os.getpgrp()
        except OSError:  # not the terminal of our session
            return False
