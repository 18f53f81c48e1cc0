"""Revokes tokens that nobody uses any more: best effort, one try each, one at a time."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from proxy.errors import TokenError
from proxy.token.source import AccessToken, TokenSource

log = logging.getLogger("proxy.revoker")

EXIT_TIMEOUT = 3.0  # seconds


class Revoker:
    """A queue of tokens to revoke; a token leaves it when its revocation has been answered."""

    def __init__(
        self, source: TokenSource, timeout: float, bearer: Callable[[], AccessToken | None]
    ) -> None:
        self._source = source
        self._timeout = timeout
        self._bearer = bearer
        self._tokens: dict[AccessToken, None] = {}
        self._filled = asyncio.Event()
        self.outcomes: Counter[str] = Counter()

    def add(self, token: AccessToken) -> None:
        """Revoke ``token`` soon; one without a token_id cannot be revoked and just expires."""
        if token.token_id is not None:
            self._tokens[token] = None
            self._filled.set()

    async def run(self) -> None:
        """Revoke the tokens that are added, until this is cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._tokens:
                token = next(iter(self._tokens))
                await self._revoke(token, self._bearer() or token, self._timeout)
                self._tokens.pop(token, None)

    async def finish(self, last: AccessToken | None) -> None:
        """Revoke the remaining tokens at exit, within `EXIT_TIMEOUT` seconds; ``last`` goes last.

        Requests for the others carry ``last``; they go all at once, and have half of the time.
        """
        left, self._tokens = self._tokens, {}
        async with asyncio.TaskGroup() as tasks:
            for token in left:
                tasks.create_task(self._revoke(token, last or token, EXIT_TIMEOUT / 2))
        if last is not None and last.token_id is not None:
            await self._revoke(last, last, EXIT_TIMEOUT / 2 if left else EXIT_TIMEOUT)

    async def _revoke(self, token: AccessToken, bearer: AccessToken, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                await self._source.revoke(token, bearer)
        except TimeoutError:
            self._failed(f"no response within {limit:g} s")
        except TokenError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001  the keeper must outlive any surprise
            self._failed(type(error).__name__)
        else:
            self.outcomes["success"] += 1

    def _failed(self, words: str) -> None:
        self.outcomes["failure"] += 1
        log.warning("a token could not be revoked; it stays valid until it expires: %s", words)
