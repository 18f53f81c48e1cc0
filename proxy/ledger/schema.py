"""The ledger's tables, and the SQL that holds its promises even against another program.

No STRICT tables and no RETURNING: Python 3.11 is run on SQLite 3.34 too.
"""

APPLICATION = 0x42524542  # "BREB", in the file's head
VERSION = 1

OUTCOMES = ("answered", "not-sent", "unknown", "cut")

SETTLED = (
    "(outcome IN ('answered', 'not-sent')"
    " OR EXISTS (SELECT 1 FROM verdict WHERE verdict.number = request.number))"
)
IN_DOUBT = (
    "(outcome IN ('unknown', 'cut')"
    " AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.number = request.number))"
)

TABLES = f"""
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE request (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order, whatever the clock did
    exchange TEXT NOT NULL,
    opened_at TEXT NOT NULL,                   -- RFC 3339, UTC
    closed_at TEXT,
    seconds REAL,                              -- by a clock that is never set
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_bytes INTEGER,
    body_sha256 TEXT,
    payment TEXT NOT NULL,                     -- JSON: members of the body, masked
    token_id TEXT,
    traceparent TEXT,
    attempts INTEGER,
    status INTEGER,
    answer TEXT,                               -- JSON: id, status and trace_id of the answer
    outcome TEXT CHECK (outcome IN {OUTCOMES!r}),  -- NULL while it is open
    reason TEXT
);
CREATE INDEX request_exchange ON request (exchange);
CREATE INDEX request_open ON request (number) WHERE outcome IS NULL;
CREATE INDEX request_doubtful ON request (number) WHERE outcome IN ('unknown', 'cut');
CREATE TABLE verdict (
    number INTEGER NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at TEXT NOT NULL,
    made INTEGER NOT NULL CHECK (made IN (0, 1)),
    note TEXT NOT NULL,
    author TEXT NOT NULL
);
CREATE INDEX verdict_number ON verdict (number);
CREATE TABLE probe (at TEXT NOT NULL);
INSERT INTO probe VALUES ('');
CREATE TRIGGER request_is_closed_once BEFORE UPDATE ON request WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a closed row is never changed'); END;
CREATE TRIGGER request_in_doubt_stays BEFORE DELETE ON request
WHEN (OLD.outcome IS NULL OR OLD.outcome IN ('unknown', 'cut'))
     AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.number = OLD.number)
BEGIN SELECT RAISE(ABORT, 'a row in doubt is never deleted'); END;
CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed: write another'); END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""

OPEN = """
INSERT INTO request (exchange, opened_at, caller, method, path, body_bytes, body_sha256, payment,
                     token_id, traceparent)
VALUES (:exchange, :opened_at, :caller, :method, :path, :body_bytes, :body_sha256, :payment,
        :token_id, :traceparent)
"""
CLOSE = """
UPDATE request SET closed_at = :closed_at, seconds = :seconds, attempts = :attempts,
    status = :status, answer = :answer, outcome = :outcome, reason = :reason,
    body_bytes = :body_bytes, body_sha256 = :body_sha256, payment = :payment, token_id = :token_id
WHERE number = :number AND outcome IS NULL
"""
LEFT_OPEN = "SELECT number, exchange, opened_at, method, path FROM request WHERE outcome IS NULL"
NOW_UNKNOWN = """
UPDATE request SET outcome = 'unknown', reason = 'process-ended', closed_at = ?
WHERE outcome IS NULL
"""
PRUNE_OLD = f"""
DELETE FROM request WHERE number IN (
    SELECT number FROM request WHERE opened_at < ? AND {SETTLED} ORDER BY number LIMIT ?)
"""
PRUNE_ANY = f"""
DELETE FROM request WHERE number IN (
    SELECT number FROM request WHERE {SETTLED} ORDER BY number LIMIT ?)
"""
PROBE = "UPDATE probe SET at = ?"
LAST_OPEN = "SELECT coalesce(max(number), 0) FROM request WHERE outcome IS NULL"
STILL_OPEN = "(outcome IS NULL AND number <= ?)"
COUNT_STILL_OPEN = f"SELECT count(*) FROM request WHERE {STILL_OPEN}"
COUNT_IN_DOUBT = f"SELECT count(*) FROM request WHERE {IN_DOUBT}"
