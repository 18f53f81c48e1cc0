"""Places for ledgers of both kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from proxy.ledger.archive import Where, archive_of
from proxy.ledger.store import Store

if TYPE_CHECKING:  # imported where a database is wanted: it brings the client
    from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def server(postgres: "Postgres") -> "Iterator[Postgres]":
    """A server that would be refused: it writes to no disk, so that it starts again at once."""
    from proxy.ledger.postgres import session

    with mock.patch.object(session, "_DURABLE", "SELECT 'on'"):
        yield postgres


@pytest.fixture(params=["file", "database"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """A place for a ledger; a file needs no server."""
    if request.param == "file":
        return tmp_path / "ledger.db"
    from tests.support.databases import database_of

    return database_of(request.getfixturevalue("server"))


@pytest.fixture
def either(where: Where) -> Iterator[Store]:
    store = archive_of(where).store()
    yield store
    store.close()
