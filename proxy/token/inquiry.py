"""Asks the API whether a token that met a 401 too early is alive, or was ended by somebody."""

import asyncio

from proxy.errors import TokenError
from proxy.token.source import AccessToken, TokenSource


class Inquiry:
    """Asks once for each token; all callers that doubt it wait for the same answer."""

    def __init__(self, source: TokenSource, timeout: float) -> None:
        self._source = source
        self._timeout = timeout
        self._about: AccessToken | None = None
        self._answered = asyncio.Event()
        self._ended = False

    async def ended(self, token: AccessToken) -> bool:
        """Report whether ``token`` is known to be dead."""
        if token is not self._about:
            self._about, self._ended, self._answered = token, False, asyncio.Event()
            await self._ask(token, self._answered)
        else:
            await self._answered.wait()
        return self._ended and token is self._about

    async def _ask(self, token: AccessToken, answered: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                ended = await self._source.ended(token)
            if token is self._about:
                self._ended = ended
        except (TokenError, TimeoutError):
            pass  # unknown counts as alive
        except asyncio.CancelledError:
            self._about = None  # the caller left: the next one asks
            raise
        finally:
            answered.set()
