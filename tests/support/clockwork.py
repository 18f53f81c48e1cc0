"""An event loop on which time passes only when everything waits: days of a life in milliseconds."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Leap(selectors.DefaultSelector):
    """Never waits: what would have been waited for is over at once."""

    passed = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everything waits, and nothing will ever happen")
        self.passed += max(timeout, 0)
        return []


class Clockwork(asyncio.SelectorEventLoop):
    """Timers run in order, at once; nothing but timers happens (no sockets, no threads).

    ``clock`` is a proxy.clock: it also counts the seconds that the machine was ``suspended``,
    which timers do not.
    """

    def __init__(self) -> None:
        self._leap = _Leap()
        self.suspended = 0.0
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.passed

    def clock(self) -> float:
        return self._leap.passed + self.suspended


def on_clockwork(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a `Clockwork`."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        with asyncio.Runner(loop_factory=Clockwork) as runner:
            runner.run(test(*arguments, **named))

    return run


def the_loop() -> Clockwork:
    """Return the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clockwork)
    return loop
