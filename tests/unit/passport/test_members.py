"""The members that name a payment: those that the documentation says the ledger keeps."""

import re
from pathlib import Path

from proxy.passport.members import COMPARED, NAMES

TEXT = Path("docs/ledger.md").read_text(encoding="utf-8")


def test_the_members_are_those_of_the_documentation() -> None:
    told = TEXT.partition("at any depth:")[2].partition(". `BREB_LEDGER_FIELDS`")[0]
    assert set(re.findall(r"`([\w.]+)`", told)) == set(NAMES)


def test_a_name_stands_for_all_paths_that_end_in_it() -> None:
    assert len(NAMES) == len(set(NAMES))
    for path in COMPARED:
        assert any(path == name or path.endswith(f".{name}") for name in NAMES), path


def test_an_id_that_a_caller_wrote_is_not_compared() -> None:
    """It is an answer's id that tells which thing is the row's."""
    assert "id" in NAMES
    assert "id" not in COMPARED
