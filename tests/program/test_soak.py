"""A short soak in every run; ``make soak`` runs it for minutes."""

import pytest

from tests.soak import soak


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_leaked() -> None:
    assert soak(15, 8, say=lambda _: None) == []
