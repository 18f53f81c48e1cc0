"""One step in each turn of the event loop, of what takes milliseconds and thousands may want."""

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """Carries out steps in their order; between two of them others have their turn."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, step: Callable[[], None]) -> None:
        """Carry out ``step`` when those before it are done, and not before this returns."""
        self._waiting.append(step)
        if len(self._waiting) == 1:
            self._go_on()

    def _go_on(self) -> None:
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        try:
            self._waiting[0]()
        finally:
            self._waiting.popleft()
            if self._waiting:
                self._go_on()
