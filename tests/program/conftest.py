"""What tests of the whole program share, where a module has an ``api`` that they play."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Call, RawUpstream


@pytest.fixture
def upstream(api: Callable[[Call], bytes | None]) -> Iterator[RawUpstream]:
    with RawUpstream(api) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def given(tmp_path: Path) -> dict[str, object]:
    """Settings of a proxy that asks the API about its ledger's rows."""
    return {"ledger": tmp_path / "ledger.db", "ledger_ask": "true"}
