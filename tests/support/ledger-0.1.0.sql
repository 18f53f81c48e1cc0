-- A ledger as version 0.1.0 made it: what its first format holds, outcome by outcome.
PRAGMA application_id = 1112687938;
PRAGMA user_version = 1;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN TRANSACTION;
CREATE TABLE probe (at TEXT NOT NULL);
INSERT INTO "probe" VALUES('');
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
    outcome TEXT CHECK (outcome IN ('answered', 'not-sent', 'unknown', 'cut')),  -- NULL while it is open
    reason TEXT
);
INSERT INTO "request" VALUES(1,'3f2a91c0-1','2026-11-21T14:03:01.250000Z','2026-11-27T14:03:09.000000Z',0.25,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,1,200,'{"id": "p-1", "status": "SETTLED"}','answered','');
INSERT INTO "request" VALUES(2,'3f2a91c0-2','2026-11-22T14:03:02.250000Z','2026-11-27T14:03:09.000000Z',0.25,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,1,NULL,NULL,'unknown','');
INSERT INTO "request" VALUES(3,'3f2a91c0-3','2026-11-23T14:03:03.250000Z','2026-11-27T14:03:09.000000Z',0.25,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,1,200,NULL,'cut','');
INSERT INTO "request" VALUES(4,'3f2a91c0-4','2026-11-24T14:03:04.250000Z','2026-11-27T14:03:09.000000Z',0.25,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,1,NULL,NULL,'not-sent','');
INSERT INTO "request" VALUES(5,'3f2a91c0-5','2026-11-25T14:03:05.250000Z','2026-11-27T14:03:09.000000Z',0.25,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,1,504,NULL,'answered','');
INSERT INTO "request" VALUES(6,'3f2a91c0-6','2026-11-26T14:03:06.250000Z',NULL,NULL,'payroll','POST','/v1/payments/breb',17,'abababababababababababababababababababababababababababababababab','{"resolution_id": "r-1", "amount.value": "1000"}','token-7',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE verdict (
    number INTEGER NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at TEXT NOT NULL,
    made INTEGER NOT NULL CHECK (made IN (0, 1)),
    note TEXT NOT NULL,
    author TEXT NOT NULL
);
INSERT INTO "verdict" VALUES(2,'2026-11-30T07:36:37.795966Z',1,'p-1, SETTLED, seen in the list','ana');
INSERT INTO "verdict" VALUES(2,'2026-11-30T07:36:37.824502Z',0,'it was the other one','luis');
CREATE INDEX request_exchange ON request (exchange);
CREATE INDEX request_open ON request (number) WHERE outcome IS NULL;
CREATE INDEX request_doubtful ON request (number) WHERE outcome IN ('unknown', 'cut');
CREATE INDEX verdict_number ON verdict (number);
CREATE TRIGGER request_is_closed_once BEFORE UPDATE ON request WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a closed row is never changed'); END;
CREATE TRIGGER request_in_doubt_stays BEFORE DELETE ON request
WHEN (OLD.outcome IS NULL OR OLD.outcome IN ('unknown', 'cut'))
     AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.number = OLD.number)
BEGIN SELECT RAISE(ABORT, 'a row in doubt is never deleted'); END;
CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict
BEGIN SELECT RAISE(ABORT, 'a verdict is never changed: write another'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('request',6);
COMMIT;
