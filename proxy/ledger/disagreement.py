"""Whether what look-ups found of a row, and what is said of it, can both be true."""

from collections.abc import Sequence

from proxy.ledger.entry import Evidence, WrittenVerdict
from proxy.ledger.finding import DECISIVE

_THERE = (*DECISIVE, "not-final")


def disagree(evidence: Sequence[Evidence], verdicts: Sequence[WrittenVerdict]) -> bool:
    """Report whether evidence contradicts the last verdict, or other evidence while there is none.

    Absence contradicts nothing: it is no proof.
    """
    codes = {each["code"] for each in evidence}
    made = {DECISIVE[code] for code in codes if code in DECISIVE}
    if not verdicts:
        return len(made) > 1
    if verdicts[-1]["kind"] == "not-found":
        return not codes.isdisjoint(_THERE)
    return bool(made - {verdicts[-1]["made"]})
