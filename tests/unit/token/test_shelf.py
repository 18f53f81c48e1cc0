"""The shared token's place in a real database: who may fetch, who holds, and who revokes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from proxy.postgres.connection import Connection
from proxy.token.shelf import LEASE, SCHEMA, SECOND, FetchTurn, Shelf, Than
from tests.support.postgres import Postgres
from tests.unit.postgres.test_connection import reaching

SLOT = bytes(range(16))
ANY = Than(0)


class Replica:
    """A replica with a connection of its own."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self.shelf = Shelf(SLOT, name)

    def begins(self, after: int = 0, seconds: float = 10.0) -> FetchTurn:
        return self.shelf.begin(self.connection, Than(after), seconds)

    def publishes(self, useful: float = 100.0, after: int = 0) -> int:
        assert self.begins(after) is FetchTurn.OURS
        return self.shelf.publish(self.connection, 1.0, useful, lambda *_: b"sealed")

    def takes(self, than: Than = ANY) -> int | None:
        found = self.shelf.take(self.connection, than)
        return None if found is None else found.serial

    def keeps(self, *held: int) -> list[int]:
        return [each.serial for each in self.shelf.keep(self.connection, list(held))[1]]


@pytest.fixture
def join(postgres: Postgres) -> Iterator[Callable[[str], Replica]]:
    database = reaching(postgres.database())
    with ExitStack() as stack:

        def joined(name: str) -> Replica:
            connection = stack.enter_context(database.connect())
            SCHEMA.prepare(connection)
            return Replica(connection, name)

        yield joined


Join = Callable[[str], Replica]


def test_one_fetches_while_the_others_wait_and_take_what_it_puts_down(join: Join) -> None:
    one, other = join("one"), join("other")
    assert one.begins() is FetchTurn.OURS
    assert other.takes() is None
    assert other.begins() is FetchTurn.OTHERS
    serial = one.shelf.publish(one.connection, 1.0, 100.0, lambda *_: b"sealed")
    assert other.begins() is FetchTurn.LATE
    assert other.takes() == serial
    assert other.takes(Than(serial)) is None


def test_a_turn_ends_with_the_connection_and_when_its_replica_stands_still(join: Join) -> None:
    killed, frozen, other = join("killed"), join("frozen"), join("other")
    assert killed.begins() is FetchTurn.OURS
    killed.connection.close()
    while frozen.begins(seconds=0.2) is FetchTurn.OTHERS:  # the server notices in an instant
        pass
    while other.begins() is FetchTurn.OTHERS:
        pass
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.shelf.publish(frozen.connection, 1.0, 100.0, lambda *_: b"sealed")


def test_the_others_are_told(join: Join) -> None:
    one, other = join("one"), join("other")
    other.connection.execute("LISTEN breb_token")
    one.publishes()
    assert [each.channel for each in other.connection.notifies(stop_after=1)] == ["breb_token"]


def test_the_last_that_lets_go_of_an_old_token_gets_it_and_the_newest_stays(join: Join) -> None:
    one, other = join("one"), join("other")
    old = one.publishes()
    assert other.takes() == old
    new = one.publishes(after=old)
    assert one.keeps(new) == []
    assert other.takes(Than(old)) == new
    assert other.keeps(new) == [old]
    assert one.keeps(new) == []


def test_the_last_that_leaves_gets_the_newest(join: Join) -> None:
    one, other = join("one"), join("other")
    serial = one.publishes()
    assert other.takes() == serial
    assert one.keeps() == []
    assert other.keeps() == [serial]
    assert one.takes() is None


def test_a_replica_that_was_killed_holds_nothing_for_long(join: Join) -> None:
    one, killed = join("one"), join("killed")
    old = killed.publishes()
    new = one.publishes(after=old)
    assert one.keeps(new) == []
    aged = "UPDATE breb_token_holder SET seen = seen - %s WHERE replica = 'killed'"
    one.connection.execute(aged, (round(LEASE * SECOND) + SECOND,))
    assert one.keeps(new) == [old]


def test_a_token_that_was_let_go_of_by_all_cannot_be_taken(join: Join) -> None:
    one, other = join("one"), join("other")
    one.keeps(one.publishes())
    one.keeps()
    assert other.takes() is None
    assert other.begins() is FetchTurn.OURS


def test_an_expired_token_is_nobodys(join: Join) -> None:
    one, other = join("one"), join("other")
    one.publishes(useful=0.5)  # it is a second old
    assert other.takes() is None
    assert other.begins() is FetchTurn.OURS


def test_of_a_token_that_lies_nowhere_only_a_younger_one_is_newer(join: Join) -> None:
    one, other = join("one"), join("other")
    serial = one.publishes()  # issued a second ago
    assert other.takes(Than(0, age=SECOND // 2)) is None
    assert other.takes(Than(0, age=1000 * SECOND)) == serial


def test_a_token_that_a_failover_lost_is_missed(join: Join) -> None:
    one = join("one")
    serial = one.publishes()
    one.connection.execute("DELETE FROM breb_token")
    assert one.shelf.keep(one.connection, [serial]) == (False, [])
