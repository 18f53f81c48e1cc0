"""This replica's part in the shared token: what it takes, puts down, holds, and lets go of."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from proxy.clock import Clock
from proxy.credentials import Credentials
from proxy.errors import DatabaseUnavailable
from proxy.postgres.line import Line
from proxy.token.schedule import hard_expiry
from proxy.token.sealing import Seal, Unsealable
from proxy.token.shelf import SECOND, FetchTurn, Shelf, Shelved, Than
from proxy.token.source import AccessToken
from proxy.words import Phrase

log = logging.getLogger("proxy.sharing")

OTHERS_TURN = 0.2  # seconds between two looks while another replica fetches
TURN = 5.0  # seconds that a turn may last beyond the longest fetch


@dataclass(slots=True)
class _Slot:
    """The place of one key; ``held`` are the serials of tokens in use here, by value."""

    seal: Seal
    shelf: Shelf
    held: dict[str, int] = field(default_factory=dict, repr=False)
    ignored: int = 0  # the last serial that does not open

    def let_go(self, token: AccessToken) -> bool:
        """Report whether it was held."""
        return self.held.pop(token.value, None) is not None


class Share:
    """Raises DatabaseUnavailable from everything that asks the database."""

    def __init__(
        self, line: Line, bound: tuple[str, ...], replica: str, clock: Clock, fetch_timeout: float
    ) -> None:
        self._line = line
        self._bound = bound
        self._replica = replica
        self._clock = clock
        self._turn = fetch_timeout + TURN
        self._slot: _Slot | None = None
        self._former: list[_Slot] = []  # of earlier credentials, with tokens still in use here
        self.current: AccessToken | None = None
        """The token that this replica uses now."""
        self.problem: Phrase | None = None
        """Why the database cannot be used; None while it can."""
        self.fetched = self.taken = self.alone = 0
        """The tokens that this replica fetched for all, took from others, fetched for itself."""

    def know(self, credentials: Credentials) -> None:
        """Find the slot of these credentials."""
        seal = Seal.of(credentials, *self._bound)
        if self._slot is not None and self._slot.seal == seal:
            return
        if self._slot is not None and self._slot.held:
            self._former.append(self._slot)
        self._slot = _Slot(seal, Shelf(seal.slot, self._replica))

    @property
    def shared(self) -> bool:
        """Whether the current token lies on the shelf of these credentials."""
        current, slot = self.current, self._slot
        return current is not None and slot is not None and current.value in slot.held

    @property
    def unknown(self) -> bool:
        """Whether no other replica knows the current token."""
        current = self.current
        return current is not None and not any(current.value in each.held for each in self._slots)

    # -- a newer token ---------------------------------------------------------------------

    async def take(self) -> AccessToken | None:
        """Return the token of another replica, if there is a newer one."""
        async with self._line.held():
            return await self._take(self._known)

    async def renew(self, fetch: Callable[[], Awaitable[AccessToken]]) -> AccessToken:
        """Return a newer token: another replica's, or what ``fetch`` gives in our turn, for all.

        If the database fails after that, the token is ours alone, and `problem` says why.
        """
        slot = self._known
        async with self._line.held():
            while True:
                if (token := await self._take(slot)) is not None:
                    return token
                turn = await self._begin(slot, self._than(slot))
                if turn is FetchTurn.OURS:
                    break
                if turn is FetchTurn.OTHERS:
                    await asyncio.sleep(OTHERS_TURN)
            token = await fetch()
            try:
                await self._put_down(slot, token)
            except DatabaseUnavailable as error:
                self.away(error.why)
                self.own(token)
            return token

    async def _begin(self, slot: _Slot, than: Than) -> FetchTurn:
        return await self._line.do(lambda to: slot.shelf.begin(to, than, self._turn))

    async def _take(self, slot: _Slot) -> AccessToken | None:
        than, asked_at = self._than(slot), self._clock()
        found = await self._line.do(lambda to: slot.shelf.take(to, than))
        token = None if found is None else self._opened(slot, found, asked_at)
        if found is not None and token is not None:
            self._use(slot, token, found.serial)
            self.taken += 1
        return token

    async def _put_down(self, slot: _Slot, token: AccessToken) -> None:
        age = self._clock() - token.issued_at
        useful = hard_expiry(token) - token.issued_at

        def close(serial: int, issued: int) -> bytes:
            return slot.seal.close(token, serial, issued)

        serial = await self._line.do(lambda to: slot.shelf.publish(to, age, useful, close))
        self.fetched += token is not self.current
        self._use(slot, token, serial)

    def own(self, token: AccessToken) -> None:
        """Use a token that no other replica knows."""
        self.current = token
        self.alone += 1

    # -- what others did -------------------------------------------------------------------

    async def news(self) -> bool:
        """Report whether `renew` or `take` has something to do: a newer token, or one of ours."""
        slot = self._known
        than = self._than(slot)
        async with self._line.held():
            found = await self._line.do(lambda to: slot.shelf.newest(to, than))
        return found is not None or not self.shared

    async def keep(self) -> list[AccessToken]:
        """Show that we live; return the tokens that nobody uses any more, to be revoked."""
        return await self._keep(self._known)

    async def _keep(self, slot: _Slot) -> list[AccessToken]:
        held, asked_at = sorted(slot.held.values()), self._clock()
        async with self._line.held():
            there, left = await self._line.do(lambda to: slot.shelf.keep(to, held))
        if not there:  # a failover has lost it
            slot.held.clear()
        live = [each for each in left if each.useful_until > each.now]
        opened = [self._opened(slot, each, asked_at) for each in live]
        return [each for each in opened if each is not None]

    async def let_go(self, token: AccessToken) -> list[AccessToken] | None:
        """Stop using a token; return what to revoke. None: it was never shared."""
        for slot in self._slots:
            if slot.let_go(token):
                self._former = [each for each in self._former if each.held]
                return await self._keep(slot)
        return None

    async def leave(self) -> None:
        """Let go of all tokens."""
        for slot in self._slots:
            if slot.held:
                slot.held.clear()
                await self._keep(slot)

    # -- how it is -------------------------------------------------------------------------

    def away(self, why: Phrase) -> None:
        """Note that the database cannot be used."""
        if self.problem is None:
            text = "the token is not shared for now: %s; this replica goes on with what it has"
            log.warning(text, why)
        self.problem = why

    def joined(self) -> None:
        """Note that the database can be used."""
        if self.problem is not None:
            log.info("the token is shared again: the database can be used")
        self.problem = None

    # -- below -----------------------------------------------------------------------------

    @property
    def _slots(self) -> list[_Slot]:
        return self._former if self._slot is None else [self._slot, *self._former]

    @property
    def _known(self) -> _Slot:
        if self._slot is None:
            raise RuntimeError("no credentials were read yet")
        return self._slot

    def _than(self, slot: _Slot) -> Than:
        current = self.current
        if current is None:
            return Than(slot.ignored)
        serial = slot.held.get(current.value)
        if serial is None:  # it lies nowhere: what was issued later is newer
            age = self._clock() - current.issued_at
            return Than(slot.ignored, round(age * SECOND))
        return Than(max(serial, slot.ignored))

    def _opened(self, slot: _Slot, found: Shelved, asked_at: float) -> AccessToken | None:
        # Of its age at least as much as the database says: `asked_at` was before that.
        issued_at = asked_at - max(0, found.now - found.issued) / SECOND
        try:
            return slot.seal.open(found.sealed, found.serial, found.issued, issued_at)
        except Unsealable:
            slot.ignored = max(slot.ignored, found.serial)
            log.warning("a token in the database was changed, or put there by a stranger: ignored")
            return None

    def _use(self, slot: _Slot, token: AccessToken, serial: int) -> None:
        if token.token_id is None:  # nobody revokes it: the older ones are not waited for
            slot.held.clear()
        slot.held[token.value] = serial
        self.current = token
