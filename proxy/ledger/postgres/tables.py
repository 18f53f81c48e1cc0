"""The tables in the database, with the triggers that hold the ledger's promises."""

from proxy.ledger.schema import OUTCOMES, doubtful, in_doubt
from proxy.postgres.schema import Schema

# Columns by which rows are compared, such as times, are compared byte by byte in each database.
_TEXT = 'text COLLATE "C"'

_REFUSALS = (
    ("request", "UPDATE", "WHEN (OLD.outcome IS NOT NULL)", "a closed row is never changed"),
    ("verdict", "UPDATE", "", "a verdict is never changed: write another"),
    ("evidence", "UPDATE", "", "evidence is never changed: look it up again"),
    ("chain", "UPDATE", "", "an entry of the chain is never changed"),
)
_WHOLE = ("request", "verdict", "evidence", "chain", "claim")

_REFUSING = "".join(
    f"CREATE TRIGGER {table}_stays BEFORE {deed} ON {table} FOR EACH ROW {when}"
    f" EXECUTE FUNCTION refuse('{words}');\n"
    for table, deed, when, words in _REFUSALS
) + "".join(
    f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table}"
    " EXECUTE FUNCTION refuse('the ledger is never emptied');\n"
    for table in _WHOLE
)


def _keeping(table: str, *refused: tuple[str, str]) -> str:
    """Return a trigger that refuses deletions where a condition holds."""
    tests = "\n".join(
        f"    IF {condition} THEN RAISE EXCEPTION '{words}'; END IF;"
        for condition, words in refused
    )
    return f"""
CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
{tests}
    RETURN OLD;
END $$;
CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION keep_{table}();
"""


_OPEN_OR_IN_DOUBT = f"(outcome IS NULL OR {in_doubt('', 'request.number')})"
_ITS_ROW = "request.number = OLD.number AND request.exchange = OLD.exchange"
_KEEPING = (
    _keeping(
        "request",
        (
            f"OLD.outcome IS NULL OR {in_doubt('OLD.', 'OLD.number')}",
            "a row in doubt is never deleted",
        ),
        (
            "OLD.number = (SELECT max(number) FROM request)",
            "the newest row is never deleted: no number is used twice",
        ),
    )
    + _keeping(
        "verdict",
        (
            "EXISTS (SELECT 1 FROM request WHERE number = OLD.number)",
            "a verdict goes with its row alone",
        ),
    )
    + _keeping(
        "chain",
        (
            "OLD.seq = (SELECT max(seq) FROM chain)",
            "the newest entry of the chain is never deleted",
        ),
    )
    + _keeping(
        "claim",
        (
            f"EXISTS (SELECT 1 FROM request WHERE {_ITS_ROW} AND {_OPEN_OR_IN_DOUBT})",
            "the claim of a row in doubt is never deleted",
        ),
    )
)

_FIRST = f"""
CREATE SCHEMA breb_ledger;
SET LOCAL search_path TO breb_ledger;
CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE
AS 'SELECT strpos($1, $2)';
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE TABLE replica (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    sessions integer NOT NULL DEFAULT 1
);
CREATE TABLE request (
    number bigint PRIMARY KEY,
    exchange {_TEXT} NOT NULL,
    opened_at {_TEXT} NOT NULL,
    closed_at {_TEXT},
    seconds double precision,
    caller {_TEXT} NOT NULL,
    method {_TEXT} NOT NULL,
    path {_TEXT} NOT NULL,
    body_bytes bigint,
    body_sha256 {_TEXT},
    payment {_TEXT} NOT NULL,
    marks {_TEXT} NOT NULL DEFAULT '{{}}',
    token_id {_TEXT},
    traceparent {_TEXT},
    attempts integer,
    status integer,
    answer {_TEXT},
    outcome {_TEXT} CHECK (outcome IN {OUTCOMES!r}),
    reason {_TEXT},
    replica integer NOT NULL
);
CREATE INDEX request_doubtful ON request (number) WHERE {doubtful()};
CREATE INDEX request_open ON request (replica) WHERE outcome IS NULL;
CREATE TABLE verdict (
    rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number bigint NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at {_TEXT} NOT NULL,
    made integer NOT NULL CHECK (made IN (0, 1)),
    note {_TEXT} NOT NULL,
    author {_TEXT} NOT NULL,
    kind {_TEXT},
    evidence {_TEXT}
);
CREATE INDEX verdict_number ON verdict (number);
CREATE TABLE evidence (
    rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number bigint NOT NULL REFERENCES request (number) ON DELETE CASCADE,
    at {_TEXT} NOT NULL,
    code {_TEXT} NOT NULL,
    found {_TEXT} NOT NULL
);
CREATE INDEX evidence_number ON evidence (number);
CREATE TABLE probe (at {_TEXT} NOT NULL, held double precision NOT NULL);
INSERT INTO probe VALUES ('', 0);
CREATE TABLE identity (id {_TEXT} NOT NULL, salt bytea NOT NULL);
INSERT INTO identity VALUES (
    replace(gen_random_uuid()::text, '-', ''),
    decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
CREATE TABLE chain (
    seq bigint PRIMARY KEY, events bytea NOT NULL, cut {_TEXT}, hash bytea NOT NULL
);
CREATE INDEX chain_cut ON chain (seq) WHERE cut IS NOT NULL;
CREATE TABLE claim (
    rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    caller {_TEXT} NOT NULL,
    key {_TEXT} NOT NULL,
    number bigint NOT NULL,
    exchange {_TEXT} NOT NULL,
    fingerprint {_TEXT} NOT NULL,
    at {_TEXT} NOT NULL,
    UNIQUE (caller, key)
);
CREATE TABLE reply (
    number bigint PRIMARY KEY,
    at {_TEXT} NOT NULL,
    status integer NOT NULL,
    fields {_TEXT} NOT NULL,
    body bytea NOT NULL
);
{_KEEPING}
{_REFUSING}
SET LOCAL search_path TO DEFAULT;
"""

# The ledgers of files that were taken in: each is taken in once.
_INTAKE = f"""
SET LOCAL search_path TO breb_ledger;
CREATE TABLE intake (
    id {_TEXT} PRIMARY KEY,
    at {_TEXT} NOT NULL,
    rows bigint NOT NULL,
    first bigint NOT NULL,
    head {_TEXT} NOT NULL
);
SET LOCAL search_path TO DEFAULT;
"""

SCHEMA = Schema("ledger", (_FIRST, _INTAKE))
