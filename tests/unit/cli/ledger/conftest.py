"""A ledger that commands show."""

from pathlib import Path
from typing import Any

import pytest

from proxy.ledger.reading import Query, reading
from proxy.ledger.verdict import settle
from tests.support.ledgers import filled


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "ledger.db"
    filled(path, "answered", "unknown", "unknown", None)
    settle(path, 2, kind="made", note="=SUM(A1)", author="ana")
    with reading(path) as reader:
        return list(reader.entries(Query()))
