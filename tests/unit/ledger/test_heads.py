"""The lines of the log that name the chain's head."""

import logging
import re
import sqlite3
from pathlib import Path

import pytest

from proxy.ledger.heads import Heads
from proxy.ledger.sqlite.store import FileStore
from proxy.ledger.verification import verify
from tests.support.ledgers import row


def test_the_head_is_told_when_it_has_moved_once_a_minute_at_most(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "proxy.ledger")
    now = 0.0
    path = tmp_path / "ledger.db"
    store = FileStore.open(path)
    heads = Heads(path, lambda: now)
    heads.tell(store)
    store.write([row("run-1")], [])
    heads.tell(store)
    assert len(caplog.messages) == 1, "not within a minute"
    now = 60.0
    heads.tell(store)
    now = 120.0
    heads.tell(store)
    assert len(caplog.messages) == 2, "not where nothing moved"
    store.write([row("run-2")], [])
    heads.tell(store, last=True)
    store.close()
    told = [re.search(r"is at (\S+)$", line) for line in caplog.messages]
    assert [each and each[1].partition(":")[0] for each in told] == ["0", "1", "2"]
    assert caplog.messages[-1].endswith(f"is at {verify(path).head}")


def test_a_file_that_cannot_be_read_is_told_by_others(tmp_path: Path) -> None:
    store = FileStore.open(tmp_path / "ledger.db")
    store.close()
    with pytest.raises(sqlite3.Error):
        store.head()
    Heads(tmp_path).tell(store)
