"""What both kinds of ledger have in common: conditions on rows, and the SQL that writes them.

No RETURNING: Python 3.11 is run on SQLite 3.34 too.
"""

OUTCOMES = ("answered", "not-sent", "unknown", "cut")


def doubtful(row: str = "") -> str:
    """Return the condition that nobody knows what came of a row's request, by the row alone."""
    outcome, status = f"{row}outcome", f"{row}status"
    return f"({outcome} IN ('unknown', 'cut') OR ({outcome} = 'answered' AND {status} >= 500))"


def in_doubt(row: str, number: str) -> str:
    """Return the condition that a row is in doubt, and has no verdict."""
    verdicts = f"SELECT 1 FROM verdict WHERE verdict.number = {number}"
    return f"({doubtful(row)} AND NOT EXISTS ({verdicts}))"


# A 5xx means that the upstream failed, not that it did nothing.
IN_DOUBT = in_doubt("", "request.number")
SETTLED = f"(outcome IS NOT NULL AND {IN_DOUBT} IS NOT TRUE)"

OPEN = """
INSERT INTO request (number, exchange, opened_at, caller, method, path, token_id, traceparent,
                     body_bytes, body_sha256, payment, marks)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
AMEND = """
UPDATE request SET body_bytes = ?, body_sha256 = ?, payment = ?, marks = ?, status = ?, answer = ?
WHERE number = ? AND exchange = ? AND outcome IS NULL
"""
CLOSE = """
UPDATE request SET closed_at = ?, seconds = ?, attempts = ?, status = ?, answer = ?, outcome = ?,
    reason = ?, token_id = ?
WHERE number = ? AND exchange = ? AND outcome IS NULL
"""
LEFT_OPEN = "SELECT number, exchange, opened_at, method, path FROM request WHERE outcome IS NULL"
# Of one with an answer, the answer did not reach the caller.
NOW_IN_DOUBT = """
UPDATE request
SET outcome = CASE WHEN answer IS NULL THEN 'unknown' ELSE 'cut' END,
    reason = ?, closed_at = ?
WHERE number = ? AND outcome IS NULL
"""
NEWEST = "SELECT coalesce(max(number), 0) FROM request"
LAST_PROBE = "SELECT at, held FROM probe"
IDENTITY = "SELECT id, salt FROM identity"
DELETE = "DELETE FROM request WHERE number = ?"
PROBE = "UPDATE probe SET at = ?, held = ?"
LAST_OPEN = "SELECT coalesce(max(number), 0) FROM request WHERE outcome IS NULL"
STILL_OPEN = "(outcome IS NULL AND number <= ?)"
COUNT_STILL_OPEN = f"SELECT count(*) FROM request WHERE {STILL_OPEN}"
COUNT_IN_DOUBT = f"SELECT count(*) FROM request WHERE {IN_DOUBT}"
COUNT_LONG_IN_DOUBT = f"{COUNT_IN_DOUBT} AND closed_at < ?"
