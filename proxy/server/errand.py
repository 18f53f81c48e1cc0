"""An errand is a command's own work, which cleans up when a signal or a closed pipe ends it.

A command may hold a token that nobody else knows. The first signal cancels its work, so that each
`finally` runs; the second ends the process at once.
"""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any

from proxy.server import server, signals


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` to its end; raise SystemExit (128 + number) if a signal ended it.

    The command reports its errors itself, so that nothing is logged.
    """
    logging.disable(logging.CRITICAL)
    ended: list[int] = []

    async def cancellable() -> None:
        with signals.cancelling(ended):
            await main

    try:
        server.run(cancellable())
    except (asyncio.CancelledError, BaseExceptionGroup):
        if not ended:
            raise
    if ended:
        sys.exit(128 + ended[0])
