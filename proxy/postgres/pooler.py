"""Whether a connection keeps its session, or a pooler gives each transaction of it another one.

What lives in a session, such as a lock, is lost there without an error.
"""

from contextlib import closing

from proxy.postgres.connection import Connection, Database


def process_of(connection: Connection) -> int:
    """Return the number of the server's process that serves it now."""
    (number,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    return int(number)


def keeps_session(connection: Connection, database: Database) -> bool:
    """Report whether one session of the server's stays with this connection.

    A server names the process that serves it at the login; a pooler names another number. Then it
    is tried: while a second connection has a transaction, each must have a process of its own.
    """
    process = process_of(connection)
    if process == connection.info.backend_pid:
        return True
    with closing(database.connect()) as other, other.transaction():
        return process_of(other) != process == process_of(connection)
