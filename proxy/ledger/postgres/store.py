"""The ledger's rows as one replica writes them, among others that do the same.

Invariants: a row that was opened is in the database before `enter` returns, and the session that
committed it holds the replica's lock; what a lost commit left there is closed before anything else
is written; rows of which another replica has said that nobody knows are not closed a second time.
"""

import logging
import time
from collections.abc import Iterable, Sequence

from proxy.ledger import alike, chain, kept_claims, schema
from proxy.ledger.ages import oldest_rows
from proxy.ledger.cut import cut
from proxy.ledger.postgres import sessions
from proxy.ledger.postgres.rejoin import OpenRow, found_open, standing_of
from proxy.ledger.postgres.replicas import Ended, Replica
from proxy.ledger.postgres.session import LedgerSession
from proxy.ledger.row import Row, Value, of_rows, storable
from proxy.ledger.store import LeftOpen
from proxy.moments import stamp
from proxy.postgres.connection import Database

log = logging.getLogger("proxy.ledger")

_OPEN = schema.OPEN.replace("marks)", "marks, replica)").replace("?)", "?, ?)")
_LEFT = schema.LEFT_OPEN + " AND replica = ?"
_ABANDONED = "replica-ended"


class DatabaseStore:
    """See `proxy.ledger.store`. It goes on with a new session wherever the last one was lost."""

    def __init__(self, database: Database) -> None:
        """Come as a replica; raise LedgerRefused, or OutOfReach if that may pass."""
        self._database = database
        self._session = session = LedgerSession.begun(database)
        try:
            session.check_durable()
            self._replica = Replica(session)
            _, salt = session.execute(schema.IDENTITY).fetchone() or ("", b"")
        except BaseException:
            session.close()
            raise
        self.salt = bytes(salt)
        sessions.keep(database)
        self._ended = Ended()
        self._open: dict[Row, None] = {}  # those that we opened and have not closed
        self._lost: list[Row] = []  # those of them that a failover has lost

    # -- the session -----------------------------------------------------------------------

    def _joined(self) -> LedgerSession:
        """Return the session, a new one where the last one has ended."""
        if self._session.lost:
            # From now on it can be broken off: the server may fall silent at any moment.
            self._session = session = LedgerSession(self._database)
            try:
                session.begin()
                session.check_durable()
                self._replica.come_again(session)
                self._settle(session)
            except BaseException:
                session.close()
                raise
            log.info("the ledger is in reach again, as replica %d", self._replica.number)
        return self._session

    def _settle(self, session: LedgerSession) -> None:
        """Compare what we know of our rows with what the database has, and close what was lost."""
        self._ended.forget()
        with session.writing():
            unsent = found_open(session, self._replica.number, self._open)
            stands = standing_of(session, self._open)
            self._never_sent(session, unsent)
        self._lost = [row for row in self._open if row not in stands]
        for row, (outcome, reason) in stands.items():
            if outcome is not None:
                del self._open[row]
                if reason == _ABANDONED:
                    log.warning(
                        "row #%s of the ledger is in doubt: another replica took this one for ended"
                        " while it was under way [%s]",
                        row.number,
                        row.exchange,
                    )
        if self._lost:
            log.error(
                "the database has lost %d rows that it had confirmed, by a failover to a server"
                " that lacked them: they are written anew",
                len(self._lost),
            )

    def _never_sent(self, session: LedgerSession, rows: Iterable[OpenRow]) -> None:
        """Close rows whose commit was lost on its way back: their callers heard that nothing went.

        Their keys are free again.
        """
        now, events = stamp(time.time()), []
        for row in rows:
            end: tuple[Value, ...] = (now, 0.0, 0, None, None, "not-sent", "ledger-lost", None)
            values = (*end, row.number, row.exchange)
            session.execute(schema.CLOSE, values)
            events.append(chain.closed(values))
            kept_claims.free_row(session, row.number, row.exchange)
        chain.append(session, events)

    def break_off(self) -> None:
        """Make what waits for the database fail; called from another thread."""
        self._session.break_off()

    # -- rows ------------------------------------------------------------------------------

    def enter(
        self,
        openings: list[Row],
        closings: Sequence[Row],
        amended: Sequence[Row] = (),
        *,
        anew: Sequence[Row] = (),
    ) -> list[Row]:
        """Write a batch in one commit, as far as it may be; return the rows that were opened."""
        del anew  # it knows better what the database lacks
        session = self._joined()
        lost, before = self._lost, {row: row.number for row in (*self._lost, *openings)}
        try:
            with session.writing():
                entered = alike.free(session, kept_claims.free(session, openings), closings)
                mine = {*self._open, *entered}
                closings = [row for row in of_rows(closings, entered) if row in mine]
                self._write(
                    session,
                    [*lost, *entered],
                    [row for row in amended if row in mine],
                    closings,
                )
        except BaseException:
            for row, number in before.items():
                row.number = number
            raise
        self._lost = []
        for row in entered:
            row.home = self
            self._open[row] = None
        for row in closings:
            self._open.pop(row, None)
        return entered

    def _write(
        self,
        session: LedgerSession,
        openings: Sequence[Row],
        amended: Sequence[Row],
        closings: Sequence[Row],
    ) -> None:
        events: list[bytes] = []
        if openings:
            (last,) = session.execute(schema.NEWEST).fetchone() or (0,)
            opened = []
            for number, row in enumerate(openings, last + 1):
                row.number = number
                opened.append(_text(row.opening(number)))
            session.executemany(_OPEN, [(*each, self._replica.number) for each in opened])
            events += map(chain.opened, opened)
        amendments = [_text(row.amendment()) for row in amended]
        session.executemany(schema.AMEND, amendments)
        events += (event for each in amendments for event in chain.amended(each))
        ends = [_text(row.closing()) for row in closings]
        session.executemany(schema.CLOSE, ends)
        events += map(chain.closed, ends)
        chain.append(session, events)
        kept_claims.write(session, openings, closings)

    # -- rows of others --------------------------------------------------------------------

    def recover(self, reason: str = _ABANDONED, ours: Iterable[Row] = ()) -> list[LeftOpen]:
        """Return none: whether another process still has open rows is known only after a while."""
        del reason, ours
        return []

    def abandoned(self) -> list[LeftOpen]:
        """Close the rows of replicas that have ended, as in doubt; return them."""
        session = self._joined()
        ended = self._ended.look(session)
        if not ended:
            return []
        left: list[LeftOpen] = []
        with session.writing():
            events = []
            for replica in self._ended.still(session, ended):
                for number, *told in session.execute(_LEFT, (replica,)).fetchall():
                    now = stamp(time.time())
                    session.execute(schema.NOW_IN_DOUBT, (_ABANDONED, now, number))
                    events.append(chain.standing(session, chain.CLOSED, number))
                    left.append(LeftOpen(*told))
            chain.append(session, events)
        return left

    # -- what is known of it ---------------------------------------------------------------

    def head(self) -> chain.ChainLink:
        """Return the place and the hash of the chain's newest entry."""
        return chain.head(self._joined())

    def probe(self, at: str, held: float) -> None:
        """Write the time that is believed, to learn whether a payment could be written."""
        self._joined().execute(schema.PROBE, (at, held))

    def probed(self) -> tuple[str, float]:
        """Return what the last probe wrote, whichever replica that was."""
        at, held = self._joined().execute(schema.LAST_PROBE).fetchone() or ("", 0.0)
        return str(at), float(held)

    def in_doubt(self) -> int:
        """Count the rows in doubt that nobody has given a verdict on."""
        (count,) = self._joined().execute(schema.COUNT_IN_DOUBT).fetchone() or (0,)
        return int(count)

    def long_in_doubt(self, before: str) -> int:
        """Count those of them that have been in doubt since before that time (RFC 3339)."""
        (count,) = self._joined().execute(schema.COUNT_LONG_IN_DOUBT, [before]).fetchone() or (0,)
        return int(count)

    def exceeds(self, limit: int) -> bool:
        """Return false: a database has its own bounds, and gives no room back."""
        del limit
        return False

    def log_size(self) -> int:
        """Return none: the server's log is its own."""
        return 0

    def prune(self, before: str | None, limit: int, most: int) -> int:
        """Delete some of the ``most`` oldest rows that are settled and older; return how many."""
        del limit
        session = self._joined()
        if before is None:
            return 0
        rows = oldest_rows(session, most)
        if not any(at < before for _, at in rows):
            return 0
        with session.writing():
            rows = oldest_rows(session, most)
            (newest,) = session.execute(schema.NEWEST).fetchone() or (0,)
            gone = [(number,) for number, at in rows if at < before and number != newest]
            if gone:
                session.executemany(schema.DELETE, gone)
                cut(session, [number for (number,) in gone])
        return len(gone)

    def forget(self, replies: str, claims: str, most: int) -> int:
        """Delete some of the oldest answers and claims from before those times; return how many."""
        session = self._joined()
        with session.writing():
            gone = kept_claims.forget_replies(session, replies, most)
            return gone + kept_claims.forget_claims(session, claims, most)

    def close(self) -> None:
        """End the session, and with it the lock: others take what is open for left."""
        sessions.let_go(self._database)
        self._session.close()


def _text(values: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(map(storable, values))
