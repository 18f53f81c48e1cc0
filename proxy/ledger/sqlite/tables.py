"""The ledger's tables, and the SQL that holds its promises even against another program.

There is no index of the rows that are open, nor of exchanges: each payment would write a page of
it, as large as what the payment needs itself. Both are looked for row by row, by a person or at a
start: that may take a second for each million rows.

No STRICT tables and no RETURNING: Python 3.11 is run on SQLite 3.34 too.
"""

from proxy.ledger.schema import IN_DOUBT, OUTCOMES, doubtful, in_doubt

APPLICATION = 0x42524542  # "BREB", in the file's head
VERSION = 3
PAGE = 2048  # bytes: half of SQLite's usual page, since each payment's commit writes whole pages

# Not IN: for a list of more than two, each statement makes a table of its own.
_ONE_OF = " OR ".join(f"outcome = {outcome!r}" for outcome in OUTCOMES)

# The triggers that keep a ledger's promises; they are made anew when an older ledger is renewed.
_HOLDS = f"""
CREATE INDEX request_doubtful ON request (number) WHERE {doubtful()};
CREATE TRIGGER request_is_new BEFORE INSERT ON request
WHEN EXISTS (SELECT 1 FROM request WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'a row is never replaced'); END;
CREATE TRIGGER request_is_closed_once BEFORE UPDATE ON request WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a closed row is never changed'); END;
CREATE TRIGGER request_in_doubt_stays BEFORE DELETE ON request
WHEN OLD.outcome IS NULL OR {in_doubt("OLD.", "OLD.number")}
BEGIN SELECT RAISE(ABORT, 'a row in doubt is never deleted'); END;
CREATE TRIGGER request_newest_stays BEFORE DELETE ON request
WHEN OLD.number = (SELECT max(number) FROM request)
BEGIN SELECT RAISE(ABORT, 'the newest row is never deleted: no number is used twice'); END;
CREATE TRIGGER verdict_is_new BEFORE INSERT ON verdict
WHEN EXISTS (SELECT 1 FROM verdict WHERE rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'a verdict is never replaced: write another'); END;
CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed: write another'); END;
CREATE TRIGGER verdict_is_kept BEFORE DELETE ON verdict
WHEN EXISTS (SELECT 1 FROM request WHERE number = OLD.number)
BEGIN SELECT RAISE(ABORT, 'a verdict goes with its row alone'); END;
CREATE TABLE evidence (
    number INTEGER NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at TEXT NOT NULL,
    code TEXT NOT NULL,                        -- what a look-up concluded
    found TEXT NOT NULL                        -- JSON: what was asked, and what came
);
CREATE INDEX evidence_number ON evidence (number);
CREATE TRIGGER evidence_stays BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never changed: look it up again'); END;
CREATE TABLE identity (
    id TEXT NOT NULL,                          -- tells this ledger from every other
    salt BLOB NOT NULL                         -- of the marks
);
INSERT INTO identity VALUES (lower(hex(randomblob(8))), randomblob(32));
"""

_CHAIN = """
CREATE TABLE chain (
    seq INTEGER PRIMARY KEY,
    events BLOB NOT NULL,                      -- kind, number of the row and SHA-256, for each
    cut TEXT,                                  -- JSON: what was deleted by age or size
    hash BLOB NOT NULL                         -- SHA-256 of the hash before, events and cut
);
CREATE INDEX chain_cut ON chain (seq) WHERE cut IS NOT NULL;
CREATE TRIGGER chain_is_new BEFORE INSERT ON chain
WHEN EXISTS (SELECT 1 FROM chain WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'an entry of the chain is never replaced'); END;
CREATE TRIGGER chain_stays BEFORE UPDATE ON chain
BEGIN SELECT RAISE(ABORT, 'an entry of the chain is never changed'); END;
CREATE TRIGGER chain_newest_stays BEFORE DELETE ON chain
WHEN OLD.seq = (SELECT max(seq) FROM chain)
BEGIN SELECT RAISE(ABORT, 'the newest entry of the chain is never deleted'); END;
"""

# The chain of hashes, and what keys promise.
_PROVES = f"""
{_CHAIN}
CREATE TABLE claim (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,                         -- the Idempotency-Key
    number INTEGER NOT NULL,                   -- the row that has it: that may be gone already
    exchange TEXT NOT NULL,
    fingerprint TEXT NOT NULL,                 -- SHA-256 of method, target and the body's SHA-256
    at TEXT NOT NULL,
    UNIQUE (caller, key)
);
CREATE TRIGGER claim_in_doubt_stays BEFORE DELETE ON claim
WHEN EXISTS (SELECT 1 FROM request WHERE request.number = OLD.number
             AND request.exchange = OLD.exchange AND (outcome IS NULL OR {IN_DOUBT}))
BEGIN SELECT RAISE(ABORT, 'the claim of a row in doubt is never deleted'); END;
CREATE TABLE reply (
    number INTEGER PRIMARY KEY,                -- the row whose answer it is: that may be gone
    at TEXT NOT NULL,
    status INTEGER NOT NULL,
    fields TEXT NOT NULL,                      -- JSON: names and values, in order
    body BLOB NOT NULL
);
"""

TABLES = f"""
PRAGMA page_size = {PAGE};
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE request (
    number INTEGER PRIMARY KEY,                -- the order, whatever the clock did; never twice
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
    marks TEXT NOT NULL DEFAULT '{{}}',          -- JSON: keyed hashes of ids that are masked there
    token_id TEXT,                             -- of the token that was sent last
    traceparent TEXT,
    attempts INTEGER,
    status INTEGER,
    answer TEXT,                               -- JSON: id, status and trace_id of the answer
    outcome TEXT CHECK ({_ONE_OF}),  -- NULL while it is open
    reason TEXT
);
CREATE TABLE verdict (
    number INTEGER NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at TEXT NOT NULL,
    made INTEGER NOT NULL CHECK (made IN (0, 1)),
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT,                                 -- settled, rejected, ...; NULL: made tells
    evidence TEXT                              -- JSON: what a look-up found, when it was given
);
CREATE INDEX verdict_number ON verdict (number);
CREATE TABLE probe (
    at TEXT NOT NULL,                          -- the time that was believed last
    held REAL NOT NULL DEFAULT 0               -- seconds until a clock that jumped is believed
);
INSERT INTO probe (at) VALUES ('');
{_HOLDS}
{_PROVES}
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""

MIGRATIONS = {
    1: f"""
ALTER TABLE request ADD COLUMN marks TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE verdict ADD COLUMN kind TEXT;
ALTER TABLE verdict ADD COLUMN evidence TEXT;
ALTER TABLE probe ADD COLUMN held REAL NOT NULL DEFAULT 0;
DROP INDEX request_doubtful;
DROP INDEX request_exchange;
DROP INDEX request_open;
DROP TRIGGER request_is_closed_once;
DROP TRIGGER request_in_doubt_stays;
DROP TRIGGER verdict_stays;
{_HOLDS}
PRAGMA user_version = 2;
""",
    2: f"""
{_PROVES}
PRAGMA user_version = 3;
""",
}
"""The steps from each older format to the next: each is done in one transaction."""

COUNTED = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'request'"
