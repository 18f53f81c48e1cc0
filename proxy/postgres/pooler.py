"""Whether a connection keeps its session, or a pooler gives each transaction of it another one.

What lives in a session, such as a lock, is lost there without an error.
"""

from contextlib import closing

from proxy.postgres.connection import Connection, Database

_ROUNDS = 4  # others may use the pooler at the same time


def process_of(connection: Connection) -> int:
    """Return the number of the server's process that serves it now."""
    (number,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    return int(number)


def keeps_session(connection: Connection, database: Database) -> bool:
    """Report whether one session of the server's stays with this connection.

    A server names the process that serves it at the login; a pooler names another number. Then it
    is tried: one that gives sessions in turn gives us another one the next time, and one that gives
    the last that came back gives ours to a second connection.
    """
    process = process_of(connection)
    if process == connection.info.backend_pid:
        return True
    with closing(database.connect()) as other:
        for _ in range(_ROUNDS):
            if process_of(connection) != process:
                return False
            if process in (process_of(other), process_of(other)):
                return False
    return True
