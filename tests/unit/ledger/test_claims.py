"""Of each key at most one request is sent that is not proved unprocessed, whatever happens."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from proxy.ledger import asking
from proxy.ledger.reading import Query, reading
from tests.support.random_lives import live


@pytest.mark.parametrize("seed", range(24))
def test_of_a_key_one_request_is_sent_that_is_not_proved_unprocessed(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through kills at any write, before and after its commit, and an API that lies.

    No row is settled that the API does not confirm.
    """
    monkeypatch.setattr(asking, "SOON", 0)
    world = asyncio.run(live(tmp_path, seed))
    assert world.sent, "nothing happened"
    sent = Counter(each.name for each in world.sent if not each.proved)
    made = Counter(each.name for each in world.sent if each.made)
    assert max(sent.values(), default=0) <= 1
    assert max(made.values(), default=0) <= 1
    confirmed = {each.exchange for each in world.sent if each.made}
    for path in tmp_path.rglob("ledger.db"):
        with reading(path) as reader:
            rows = list(reader.entries(Query(limit=500)))
        settled = {row["exchange"] for row in rows if any(v["by_proxy"] for v in row["verdicts"])}
        assert settled <= confirmed
