"""A pooler that gives each transaction another session is found out before one is relied on."""

from contextlib import closing

import pytest

from proxy.ledger.postgres import session
from proxy.ledger.postgres.store import DatabaseStore
from proxy.ledger.trouble import LedgerRefused
from proxy.postgres.pooler import keeps_session
from tests.support.ledgers import closed, row
from tests.support.pgbouncer import Pgbouncer
from tests.support.postgres import Postgres
from tests.unit.postgres.test_connection import reaching


def kept(address: str) -> bool:
    database = reaching(address)
    with closing(database.connect()) as connection:
        return keeps_session(connection, database)


def test_a_server_that_is_reached_directly_keeps_sessions(postgres: Postgres) -> None:
    assert kept(postgres.database())


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="the last session is given first"),
        pytest.param({"server_round_robin": 1, "min_pool_size": 3}, id="each in turn"),
        pytest.param({"server_round_robin": 1, "min_pool_size": 2}, id="two in turn"),
        pytest.param({"default_pool_size": 1}, id="there is one session"),
        pytest.param({"server_reset_query_always": 1}, id="they are cleaned"),
    ],
)
def test_a_pooler_in_transaction_mode_does_not(
    postgres: Postgres, settings: dict[str, int]
) -> None:
    with Pgbouncer(postgres, "transaction", **settings) as pooler:
        address = pooler.before(postgres.database())
        for _ in range(5):
            assert not kept(address)
        with pytest.raises(LedgerRefused, match="session mode"):
            DatabaseStore(reaching(address))


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_DURABLE", "SELECT 'on'")


@pytest.mark.usefixtures("durable")
def test_a_pooler_in_session_mode_does_and_a_ledger_goes_on_through_it(postgres: Postgres) -> None:
    with Pgbouncer(postgres, "session") as pooler:
        assert kept(pooler.before(postgres.database()))
        store = DatabaseStore(reaching(pooler.before(postgres.database())))
        store.enter([one := row("run-1")], [])
        store._session.close()
        store.enter([], [closed(one)])
        assert (store.head().seq, store.in_doubt()) == (2, 0)
        store.close()
