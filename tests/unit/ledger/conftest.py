"""Places for ledgers of both kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from proxy.ledger.archive import Where, archive_of
from proxy.ledger.postgres import session
from proxy.ledger.store import Store
from tests.support.databases import database_of
from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server that would be refused: it writes to no disk, so that it starts again at once."""
    with Postgres() as postgres, mock.patch.object(session, "_DURABLE", "SELECT 'on'"):
        yield postgres


@pytest.fixture(params=["file", "database"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    if request.param == "file":
        return tmp_path / "ledger.db"
    given: Any = request.getfixturevalue("server")
    return database_of(given)


@pytest.fixture
def either(where: Where) -> Iterator[Store]:
    store = archive_of(where).store()
    yield store
    store.close()
