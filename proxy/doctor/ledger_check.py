"""The ledger that is in a database: its tables, our rights, and what a crash or failover costs."""

from proxy.doctor.steps import Finding, doubtful, failed, fine
from proxy.ledger.postgres.tables import SCHEMA
from proxy.postgres.connection import Connection, Database
from proxy.postgres.pooler import keeps_session
from proxy.words import phrase

_SETTINGS = (
    "SELECT current_setting('fsync'), current_setting('synchronous_standby_names'),"
    " (SELECT count(*) FROM pg_stat_replication)"
)
_MAY_MAKE = "SELECT has_database_privilege(current_database(), 'CREATE')"
_FOREIGN = """
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'breb_ledger' AND relkind = 'r' AND NOT (
    has_schema_privilege(nspname, 'USAGE')
    AND has_table_privilege(pg_class.oid, 'SELECT') AND has_table_privilege(pg_class.oid, 'INSERT')
    AND has_table_privilege(pg_class.oid, 'UPDATE') AND has_table_privilege(pg_class.oid, 'DELETE')
)
"""


def ledger(connection: Connection, database: Database) -> Finding:
    """Look at it; nothing is changed."""
    if not keeps_session(connection, database):
        return failed(phrase("ledger.pooled"), phrase("check.ledger-pooled"))
    found = SCHEMA.found(connection)
    if not found and connection.execute(_MAY_MAKE).fetchone() != (True,):
        return failed(phrase("check.ledger-no-right"), phrase("check.ledger-grant"))
    if found and connection.execute(_FOREIGN).fetchone() != (0,):
        return failed(phrase("check.ledger-foreign"), phrase("check.ledger-own"), tables=found)
    fsync, synchronous, standbys = connection.execute(_SETTINGS).fetchone() or ("", "", 0)
    facts: dict[str, object] = {"tables": found, "standbys": standbys, "synchronous": synchronous}
    if fsync != "on":
        return failed(phrase("ledger.not-durable"), phrase("check.ledger-fsync"), **facts)
    if standbys and not synchronous:
        lose = phrase("check.ledger-asynchronous", count=standbys)
        return doubtful(lose, phrase("check.ledger-synchronous"), **facts)
    if not found:
        return fine(phrase("check.ledger-to-make"), **facts)
    return fine(phrase("check.ledger-tables", version=found), **facts)
