"""The one policy for the upstream's 401s: their meaning, and the reaction to each.

A 401 means that the request was not carried out (RFC 9110 section 15.5.2), so that any method may
be sent again. A token may have ended early: then a new one cures the 401. But this API also answers
401 if the token lacks a scope, and no new token cures that. So a token younger than `YOUNG` is not
blamed, unless the API itself states that it has ended. And if a token that was fetched because of a
401 meets one too, the scope is missing: no 401 causes a fetch for the next `QUIET` seconds.

A request is sent again once. A rival may end two of our tokens in a row: while there are signs of
one, a request is sent again up to `REPLAYS` times.
"""

import logging
import math
from collections.abc import Callable
from typing import Protocol

from proxy.clock import Clock
from proxy.token.inquiry import Inquiry
from proxy.token.leased import LeasedToken
from proxy.token.rivals import Rivals
from proxy.token.source import TokenSource
from proxy.words import Phrase, phrase

log = logging.getLogger("proxy.keeper")

YOUNG = 1.0  # seconds
QUIET = 30.0  # seconds
REPLAYS = 3  # times


class TokenHolder(Protocol):
    """The holder of the current token: the keeper."""

    @property
    def held(self) -> LeasedToken | None:
        """The token held now."""

    @property
    def fetching(self) -> bool:
        """Whether a fetch is in flight."""

    def call_for(self, not_before: float) -> None:
        """Make a fetch due because of a 401, not before that moment of the clock."""

    async def other_than(self, held: LeasedToken) -> LeasedToken | None:
        """Return another usable token, after a fetch that is due or in flight; None if none."""


class Unauthorized:
    """Judges the 401s that tokens meet, and remembers their causes.

    ``timeout`` (seconds) bounds the question whether a token has ended; ``chance`` gives numbers
    from 0 to 1.
    """

    def __init__(
        self,
        keeper: TokenHolder,
        source: TokenSource,
        clock: Clock,
        timeout: float,
        chance: Callable[[], float],
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._inquiry = Inquiry(source, timeout)
        self._ended_early: LeasedToken | None = None  # by the API's own statement
        self._wanted = False  # the next token is fetched because of a 401
        self._quiet_until = -math.inf
        self._turn = -math.inf
        self.rivals = Rivals(clock, chance)
        self.met = 0
        """The number of 401s from the upstream."""
        self.replays = 0
        """The number of times that a request was sent again because of one."""

    # -- for the forwarder -----------------------------------------------------------------

    async def again(self, held: LeasedToken, replays: int, *, whole: bool) -> LeasedToken | None:
        """Judge a 401 to a request that carried ``held``, after ``replays`` earlier replays.

        Returns the token for sending the request again, or None to pass the 401 on. A request that
        is not ``whole`` at hand, or was sent often enough, at most causes a renewal.
        """
        self.met += 1
        last = not whole or replays >= (REPLAYS if self.rivals.recent else 1)
        keeper = self._keeper
        if keeper.held is held and not await self._blames(held):
            return None
        if keeper.held is held:
            keeper.call_for(self._earliest(held))
        other = None if last else await keeper.other_than(held)
        if other is not None:
            self.replays += 1
        return other

    def cured(self, held: LeasedToken) -> None:
        """Note that a replay with ``held`` succeeded: the 401 was about the earlier token."""
        if held.after_401:
            held.after_401 = False
            self._confirm_rivals()

    def explained(self, held: LeasedToken) -> Phrase:
        """Word the probable meaning of a 401 to ``held`` that is passed on."""
        scopes = held.token.scopes
        log.debug("scopes of the token that got 401: %s", " ".join(scopes) or "not known")
        has = phrase("scopes", count=len(scopes)) if scopes else phrase("unknown-scopes")
        if len(scopes) == 1:
            has = phrase("one-scope")
        age = self._clock() - held.token.issued_at
        return phrase("scope-missing", age=round(age), scopes=has)

    # -- for the keeper --------------------------------------------------------------------

    def renewed(self, new: LeasedToken, *, same: bool) -> None:
        """Note the result of a fetch: a new token, or the ``same`` as before."""
        wanted, self._wanted = self._wanted, False
        if not same:
            new.after_401 = wanted
            self._turn = new.received_at + self.rivals.spacing()
            if new.token.others:
                self.rivals.acquit()
            elif self._ended_early is not None:
                self._confirm_rivals()
            self._ended_early = None
        elif wanted:
            self._quiet_until = new.received_at + QUIET

    # -- the judgement ---------------------------------------------------------------------

    async def _blames(self, held: LeasedToken) -> bool:
        """Report whether a 401 may be the fault of ``held``, so that a new token may cure it."""
        return self._suspects(held) or await self._has_ended(held)

    def _suspects(self, held: LeasedToken) -> bool:
        now = self._clock()
        if self.rivals.named:
            return True
        if held.after_401:
            # Fetched because of a 401 and refused too: it is the scope, not the token.
            held.after_401 = False
            self._quiet_until = now + QUIET
        return now >= self._quiet_until and now - held.received_at >= YOUNG

    async def _has_ended(self, held: LeasedToken) -> bool:
        """Ask the API whether ``held``, too young to be suspected, has ended.

        Then a rival ended it, unless the next token turns out to be another replica's.
        """
        if not await self._inquiry.ended(held.token):
            return False
        # Where it is held no more, what renewed it may have ended it.
        if self._keeper.held is held and self._ended_early is not held:
            self._ended_early = held
            self._quiet_until = -math.inf
            self._suspect_rivals(held)
        return True

    def _earliest(self, held: LeasedToken) -> float:
        """Note that ``held`` has to be replaced; return the earliest time of the clock for it.

        With rivals, each proxy takes its turn: else each fetch would end another's token.
        """
        self._wanted = True
        if self._ended_early is not held:
            self._suspect_rivals(held)
        return self._turn if self.rivals.named else held.received_at + YOUNG

    def _suspect_rivals(self, held: LeasedToken) -> None:
        if self._keeper.fetching:
            return  # that fetch may have ended it: ours, or the one of a replica that we wait for
        self.rivals.suspect(self._clock() - held.token.issued_at, held.token.lifetime)

    def _confirm_rivals(self) -> None:
        if self.rivals.confirm():
            log.warning("%s", self.rivals.words)
