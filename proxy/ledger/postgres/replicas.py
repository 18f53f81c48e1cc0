"""Which replicas are alive, and whose rows were left open, without asking a clock of theirs.

A replica holds a lock of its session. Another one that has found the lock free in each look for
`_GRACE` seconds of its own, without a new session in between, takes it for ended: a replica whose
connection was cut, or whose server was restarted, has come back by then.
"""

import os
import socket
import time
from collections.abc import Callable

from proxy.ledger.postgres.session import LOCKS, LedgerSession

_GRACE = 20.0  # seconds

_ALIVE = (
    f"SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCKS}"
    " AND objid <> 0 AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_COME = "INSERT INTO replica (name) VALUES (?) RETURNING number"
_COME_AGAIN = "UPDATE replica SET sessions = sessions + 1 WHERE number = ?"
_TAKE = f"SELECT pg_try_advisory_lock({LOCKS}, ?)"
_WAIT = f"SELECT pg_advisory_lock({LOCKS}, ?)"
_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE pid = ?"
    f" AND locktype = 'advisory' AND classid = {LOCKS} AND objid::bigint = ? AND granted"
)
_OWNERS = (
    "SELECT DISTINCT request.replica, replica.sessions FROM request"
    " LEFT JOIN replica ON replica.number = request.replica WHERE outcome IS NULL"
    f" AND request.replica NOT IN ({_ALIVE})"
)


def any_alive(session: LedgerSession) -> bool:
    """Report whether any replica is."""
    return session.execute(_ALIVE).fetchone() is not None


class Replica:
    """This process among the others; ``number`` is never another's."""

    def __init__(self, session: LedgerSession) -> None:
        self._process = session.process
        name = f"{socket.gethostname()}:{os.getpid()}"
        (self.number,) = session.execute(_COME, (name,)).fetchone() or (0,)
        session.execute(_WAIT, (self.number,))

    def come_again(self, session: LedgerSession) -> None:
        """Go on with another session; the one before has ended when this returns."""
        if not self._may_hold(session):
            session.execute(_END, (self._process, self.number)).fetchall()
            session.execute(_WAIT, (self.number,))
        self._process = session.process
        session.execute(_COME_AGAIN, (self.number,))

    def _may_hold(self, session: LedgerSession) -> bool:
        (taken,) = session.execute(_TAKE, (self.number,)).fetchone() or (False,)
        return bool(taken)


class Ended:
    """Knows since when replicas that left rows open have been without a session."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._since: dict[tuple[int, int | None], float] = {}

    def forget(self) -> None:
        """Begin anew: we have not seen what happened meanwhile."""
        self._since.clear()

    def look(self, session: LedgerSession) -> list[int]:
        """Return the numbers of those that have ended for sure."""
        now = self._steady()
        without = {(number, sessions) for number, sessions in session.execute(_OWNERS).fetchall()}
        self._since = {each: self._since.get(each, now) for each in without}
        return [number for (number, _), since in self._since.items() if now - since >= _GRACE]

    def still(self, session: LedgerSession, numbers: list[int]) -> list[int]:
        """Return those of them that have not come back, within the transaction that ends them."""
        alive = {number for (number,) in session.execute(_ALIVE).fetchall()}
        return [each for each in numbers if each not in alive]
