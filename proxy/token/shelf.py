"""The shared token's place in the database: which is the newest, and which replicas use which.

A slot has one row for each token that may be in use; the greatest ``serial`` is the token of all.
A replica holds a token from when it takes it until its last exchange with it has ended. A token
that nobody holds, and that is not the newest, is taken off the shelf by exactly one replica, which
revokes it; with the last replica goes the newest, too. A replica that was killed holds nothing any
more when it has not been heard of for `LEASE`.

All times are microseconds of the database's clock, the only one that all replicas have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from proxy.postgres.connection import Connection
from proxy.postgres.schema import Schema

CHANNEL = "breb_token"
LEASE = 30.0  # seconds
_WAIT = 2_000  # milliseconds for a lock that others hold for an instant
SECOND = 1_000_000  # microseconds

SCHEMA = Schema(
    "token",
    (
        """CREATE TABLE breb_token (slot bytea, serial bigint, issued bigint NOT NULL,
        useful_until bigint NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (slot, serial))""",
        """CREATE TABLE breb_token_holder (slot bytea, serial bigint, replica text,
        seen bigint NOT NULL, PRIMARY KEY (slot, serial, replica))""",
    ),
)
TABLES = ("breb_token", "breb_token_holder")
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A token as it lies there; ``now`` is the moment of looking."""

    serial: int
    issued: int
    useful_until: int
    sealed: bytes
    now: int


@dataclass(frozen=True, slots=True)
class Than:
    """A bound: a token has to be newer than this serial, and than one of ``age`` microseconds."""

    serial: int
    age: int = 1 << 62


class FetchTurn(Enum):
    """Whether this replica may fetch: yes, another one does, or another one has."""

    OURS = "ours"
    OTHERS = "others"
    LATE = "late"


class Shelf:
    """The slot of one key, for one replica; every call is made in a thread."""

    def __init__(self, slot: bytes, replica: str) -> None:
        self._slot = slot
        self._replica = replica
        # Two advisory locks of the slot: one to fetch, one to write.
        self._fetching = int.from_bytes(slot[:8], signed=True)
        self._writing = int.from_bytes(slot[8:], signed=True)

    def newest(self, connection: Connection, than: Than = Than(0)) -> Shelved | None:
        """Return the newest token, if it can still be used, and is newer."""
        found = connection.execute(
            f"SELECT serial, issued, useful_until, sealed, {_NOW} FROM breb_token"
            f" WHERE slot = %s AND useful_until > {_NOW} AND serial > %s AND issued > {_NOW} - %s"
            " ORDER BY serial DESC LIMIT 1",
            (self._slot, than.serial, than.age),
        ).fetchone()
        return None if found is None else Shelved(*found)

    def take(self, connection: Connection, than: Than) -> Shelved | None:
        """Hold the newest token, if it is newer; return it."""
        with connection.transaction():
            self._alone(connection)
            found = self.newest(connection, than)
            if found is not None:
                self._hold(connection, found.serial)
        return found

    def begin(self, connection: Connection, than: Than, seconds: float) -> FetchTurn:
        """Begin to fetch, unless another replica does, or has: then a transaction is open.

        It holds the lock until `publish`, `give_up`, the end of the connection, or ``seconds``.
        """
        connection.execute("BEGIN")
        _bound(connection, seconds)
        tried = "SELECT pg_try_advisory_xact_lock(%s)"
        turn = FetchTurn.OURS
        if connection.execute(tried, (self._fetching,)).fetchone() != (True,):
            turn = FetchTurn.OTHERS
        elif self.newest(connection, than) is not None:
            turn = FetchTurn.LATE
        if turn is not FetchTurn.OURS:
            self.give_up(connection)
        return turn

    def give_up(self, connection: Connection) -> None:
        """End what `begin` began, without a token."""
        connection.execute("ROLLBACK")

    def publish(
        self,
        connection: Connection,
        age: float,
        useful: float,
        close: Callable[[int, int], bytes],
    ) -> int:
        """Put down a token of this age (seconds), and end what `begin` began; return its serial.

        It is ``useful`` for so many seconds after its issue. ``close`` seals it for its place.
        """
        self._alone(connection)
        query = f"SELECT {_NOW}, coalesce(max(serial), 0) FROM breb_token WHERE slot = %s"
        now, last = connection.execute(query, (self._slot,)).fetchone() or (0, 0)
        serial, issued = max(now, last + 1), now - round(age * SECOND)
        until = issued + round(useful * SECOND)
        row = (self._slot, serial, issued, until, close(serial, issued))
        connection.execute("INSERT INTO breb_token VALUES (%s, %s, %s, %s, %s)", row)
        self._hold(connection, serial)
        connection.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
        connection.execute("COMMIT")
        return int(serial)

    def keep(self, connection: Connection, held: list[int]) -> tuple[bool, list[Shelved]]:
        """Show that this replica lives, and holds these tokens and no others.

        Returns whether the last of them is still there, and what nobody holds any more.
        """
        with connection.transaction():
            self._alone(connection)
            connection.execute(
                "DELETE FROM breb_token_holder WHERE slot = %s AND replica = %s"
                " AND NOT serial = ANY(%s)",
                (self._slot, self._replica, held),
            )
            query = "SELECT serial FROM breb_token WHERE slot = %s AND serial = ANY(%s)"
            there = {row[0] for row in connection.execute(query, (self._slot, held))}
            for serial in there:
                self._hold(connection, serial)
            left = self._unheld(connection)
        return not held or held[-1] in there, left

    def _hold(self, connection: Connection, serial: int) -> None:
        connection.execute(
            f"INSERT INTO breb_token_holder VALUES (%s, %s, %s, {_NOW})"
            " ON CONFLICT (slot, serial, replica) DO UPDATE SET seen = excluded.seen",
            (self._slot, serial, self._replica),
        )

    def _unheld(self, connection: Connection) -> list[Shelved]:
        """Take off what nobody holds: all but the newest, and with the last replica all."""
        lost = f"DELETE FROM breb_token_holder WHERE slot = %s AND seen < {_NOW} - %s"
        connection.execute(lost, (self._slot, round(LEASE * SECOND)))
        gone = connection.execute(
            "DELETE FROM breb_token AS token WHERE slot = %s"
            " AND NOT EXISTS (SELECT FROM breb_token_holder AS one"
            "  WHERE one.slot = token.slot AND one.serial = token.serial)"
            " AND (serial < (SELECT max(serial) FROM breb_token WHERE slot = token.slot)"
            "  OR NOT EXISTS (SELECT FROM breb_token_holder AS other"
            "   WHERE other.slot = token.slot))"
            f" RETURNING serial, issued, useful_until, sealed, {_NOW}",
            (self._slot,),
        ).fetchall()
        return [Shelved(*row) for row in sorted(gone)]

    def _alone(self, connection: Connection) -> None:
        """Be the only one who writes this slot, until the transaction ends."""
        _bound(connection, _WAIT / 1000)
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._writing,))


def _bound(connection: Connection, seconds: float) -> None:
    """Have the database end the transaction of a replica that stands still with a lock."""
    connection.execute(
        "SELECT set_config('lock_timeout', %s, true),"
        " set_config('idle_in_transaction_session_timeout', %s, true)",
        (str(_WAIT), str(round(seconds * 1000))),
    )
