"""Places for ledgers of both kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from proxy.ledger.archive import Where, archive_of
from proxy.ledger.store import Store
from tests.support.needs import need

if TYPE_CHECKING:  # imported where a database is wanted: it brings the client
    from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def server_if_any(request: pytest.FixtureRequest) -> "Iterator[Postgres | None]":
    """A server, where there is one. It writes to no disk, and would be refused for that.

    It stands for the whole module: what a test starts by itself, it would leave behind.
    """
    try:
        postgres = request.getfixturevalue("postgres")
    except pytest.skip.Exception:
        yield None
        return
    from proxy.ledger.postgres import session

    with mock.patch.object(session, "_DURABLE", "SELECT 'on'"):
        yield postgres


@pytest.fixture(scope="module")
def server(server_if_any: "Postgres | None") -> "Postgres":
    if server_if_any is None:
        need("postgres")  # skips
    assert server_if_any is not None
    return server_if_any


@pytest.fixture(params=["file", "database"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, server_if_any: "Postgres | None"
) -> Where:
    """A place for a ledger; a file needs no server."""
    if request.param == "file":
        return tmp_path / "ledger.db"
    server = request.getfixturevalue("server")
    from tests.support.databases import database_of

    return database_of(server)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def either(where: Where) -> Iterator[Store]:
    store = archive_of(where).store()
    yield store
    store.close()
