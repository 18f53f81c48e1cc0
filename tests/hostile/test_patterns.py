"""A moment of the search for inputs that cost too much; .ci/run gives it a minute."""

import random
import re

import pytest

from tests.hostile.patterns import Used, patterns
from tests.hostile.search import PATTERN, search, seeds_for, verdict


@pytest.mark.slow
def test_no_input_costs_more_than_in_proportion_to_its_length() -> None:
    tried, found = search(seconds=2.0, seed=1)
    assert found == []
    assert tried


def test_the_search_finds_a_pattern_that_is_not_linear() -> None:
    used = Used(re.compile(r"\s+#"), anywhere=True)
    chance = random.Random(1)
    seeds = (seeds_for(used.pattern, chance) for _ in range(20_000))
    assert any(verdict(used.run, seed, PATTERN) for seed in seeds)


def test_the_patterns_are_those_of_the_program() -> None:
    found = patterns()
    assert found["proxy.journal.redaction._CREDENTIALS"].anywhere
    assert not found["proxy.http1.request_parser._FIRST_LINE"].anywhere
    assert any(place.startswith("proxy.settings.dotenv:") for place in found)
    assert any(place.startswith("proxy.passport.paths._API") for place in found)
