"""What a service manager is to the server: systemd, or the one of Windows."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol


class ServiceManager(Protocol):
    """Is told how we are, and may wish that the token is renewed; no call fails or waits."""

    async def attend(
        self,
        listening: Sequence[asyncio.Event],
        words: Callable[[], str],
        renew: Callable[[], Coroutine[Any, Any, object]],
    ) -> None:
        """Tell that we run when all are set, then our state; ``renew`` at each `reload`."""

    def reload(self) -> None:
        """Begin a renewal of the token."""

    def stopping(self, seconds: float) -> None:
        """Tell that the end began, and its longest time."""
