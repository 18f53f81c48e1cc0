"""The codes with which payments are rejected, and their meanings.

The letters B and U are Bre-B's and documented; those whose meaning stood in no page that could
be read say so. ACH has codes of its own, which the API's pages do not list: these are the ACH
network's usual ones.
"""

from simulator.records import Outcome

_UNREAD = "documented, its meaning could not be read"
ACCEPTED = "U000"
BREB = {
    "B001": "time-out at the originating SPBVI",
    "B002": "time-out at the receiving SPBVI",
    "B101": "account validation failed",
    "B102": "wrong account number",
    "B103": "wrong identification",
    "B104": "wrong instrument type",
    "B105": "no such account",
    "B106": "fraud risk",
    "B107": "over the deposit's maximum",
    "B108": "over the SPBVI's maximum",
    "B109": "over the participant's maximum",
    "B301": "time-out of the query at the originating SPBVI",
    "B302": "time-out of the query at the receiving SPBVI",
    ACCEPTED: "accepted",
    "U111": "below the minimum amount of 1",
    "U112": "above the maximum amount",
    **dict.fromkeys(("U119", "U120", "U122", "U125", "U126", "U204", "U272", "U908"), _UNREAD),
}
ACH = {
    "R01": "not enough money",
    "R02": "account closed",
    "R03": "no such account",
    "R04": "wrong account number",
    "R16": "account blocked",
    "R17": "identification does not match the account",
    "R19": "wrong amount",
    "R20": "the account takes no credits",
}
CODES = BREB | ACH
TIME_OUTS = ("B001", "B002", "B301", "B302")
STATUSES = ("SETTLED", "REJECTED", "PENDING", "PROCESSING")


def meaning(code: str) -> str:
    """Return the meaning of a code; there may be more codes than are known here."""
    return CODES.get(code, "unknown code")


def outcome(status: str | None, code: str | None, after: float | None = None) -> Outcome:
    """Make an outcome of a status, a code, or both; raise ValueError where they contradict."""
    if status is None and code is None:
        raise ValueError(f"name a status ({', '.join(STATUSES)}) or an error_code such as B105")
    if status is None:
        status = "SETTLED" if code == ACCEPTED else "REJECTED"
    if status != "REJECTED" and code not in {None, ACCEPTED}:
        raise ValueError(f"error_code goes with REJECTED: a {status} payment has none")
    if status == "REJECTED" and code == ACCEPTED:
        raise ValueError(f"{ACCEPTED} means accepted: a REJECTED payment has another error_code")
    return Outcome(status, code or "B105" if status == "REJECTED" else "", after)
