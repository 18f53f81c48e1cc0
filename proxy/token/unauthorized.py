"""What a 401 of the upstream means, and what is done about it: one policy, in one place.

A 401 says that the request was not carried out (RFC 9110 section 15.5.2), so that any method may be
sent again. A token may have ended early: then a new one cures the 401. But this API also answers
401 to what the token has no scope for, and no new token cures that. So a token younger than `YOUNG`
is not blamed, unless the API itself says that it has ended; and when a token that was fetched
because of a 401 meets one too, it is the scope: no 401 causes a fetch for the next `QUIET` seconds.

A request is sent again once. Somebody else who ends our tokens may end two in a row: while there
are signs of that, up to `REPLAYS` times.
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
REPLAYS = 3


class TokenHolder(Protocol):
    """Who holds the current token: the keeper."""

    @property
    def held(self) -> LeasedToken | None:
        """The token held now."""

    def call_for(self, not_before: float) -> None:
        """Make a fetch due because of a 401, not before that moment of the clock."""

    async def other_than(self, held: LeasedToken) -> LeasedToken | None:
        """Return another usable token, after the fetch that is due or in flight; None if none."""


class Unauthorized:
    """Judges the 401s that tokens meet, and remembers what they were about.

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
        self._ended_early: LeasedToken | None = None  # as the API said
        self._wanted = False  # the next token is fetched because of a 401
        self._quiet_until = -math.inf
        self._turn = -math.inf
        self.rivals = Rivals(clock, chance)
        self.met = 0
        """How many 401s the upstream gave."""
        self.replays = 0
        """How many times a request was sent again because of one."""

    # -- for the forwarder -----------------------------------------------------------------

    async def again(self, held: LeasedToken, replays: int, *, whole: bool) -> LeasedToken | None:
        """Judge a 401 to a request that went with ``held``, and again ``replays`` times before.

        Returns the token to send the request again with, or None if the 401 is to be passed on. Of
        a request that is not ``whole`` at hand, or went often enough, a renewal is at most set off.
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
        """Note that a replay with ``held`` went well: the 401 had been about the token before."""
        if held.after_401:
            held.after_401 = False
            self._confirm_rivals()

    def explained(self, held: LeasedToken) -> Phrase:
        """Say what a 401 to ``held`` that is passed on probably means."""
        scopes = held.token.scopes
        log.debug("scopes of the token that got 401: %s", " ".join(scopes) or "not known")
        has = phrase("scopes", count=len(scopes)) if scopes else phrase("unknown-scopes")
        if len(scopes) == 1:
            has = phrase("one-scope")
        age = self._clock() - held.token.issued_at
        return phrase("scope-missing", age=round(age), scopes=has)

    # -- for the keeper --------------------------------------------------------------------

    def renewed(self, new: LeasedToken, *, same: bool) -> None:
        """Note what a fetch gave: a new token, or the ``same`` as before."""
        wanted, self._wanted = self._wanted, False
        if not same:
            new.after_401 = wanted
            self._turn = new.received_at + self.rivals.spacing()
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
        """Ask the API whether ``held``, too young to be suspected, has ended."""
        if not await self._inquiry.ended(held.token):
            return False
        if self._ended_early is not held:
            self._ended_early = held
            self._quiet_until = -math.inf
            self._suspect_rivals(held)
            self._confirm_rivals()
        return True

    def _earliest(self, held: LeasedToken) -> float:
        """Note that ``held`` is to be replaced; return the earliest moment (of the clock) for it.

        With rivals about, each proxy takes its turn: else each fetch would end another's token.
        """
        self._wanted = True
        if self._ended_early is not held:
            self._suspect_rivals(held)
        return self._turn if self.rivals.named else held.received_at + YOUNG

    def _suspect_rivals(self, held: LeasedToken) -> None:
        self.rivals.suspect(self._clock() - held.token.issued_at, held.token.lifetime)

    def _confirm_rivals(self) -> None:
        if self.rivals.confirm():
            log.warning("%s", self.rivals.words)
