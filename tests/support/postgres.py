"""A real PostgreSQL for tests: Debian's, in a folder of its own, as an ordinary user.

It ends with the process that began it, however that ends.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
import trustme

from tests.support import leaks
from tests.support.needs import need
from tests.support.once import once
from tests.support.ports import free_port

PASSWORD = "sesame-of-the-database"
_NUMBERS = count()
# Waits for the end of the process that began it, ends the server in any state, and deletes all.
_WATCH = """
read -r _
{ read -r pid && kill -CONT "$pid"; } <"$2/data/postmaster.pid"
"$1" stop -s -w -m immediate -D "$2/data"
rm -rf "$2"
"""
leaks.issued.add(PASSWORD)


class Postgres:
    """A server with TLS; ``breb`` is the role that tests use, and `database` makes databases.

    Use as a context manager. `stop` is immediate, as a crash is; `freeze` is SIGSTOP for all of it.
    """

    def __init__(self, **settings: Any) -> None:
        self._bin = Path(need("postgres")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._data = self.folder / "data"
        self._user = "nobody" if os.getuid() == 0 else None
        self.port = free_port()
        self.ca = self.folder / "ca.pem"
        self._settings = settings

    def __enter__(self) -> Self:
        self.folder.chmod(0o755)
        self._certify()
        if self._user:
            for each in (self.folder, *self.folder.iterdir()):
                shutil.chown(each, self._user)
        words = ["/bin/sh", "-c", _WATCH, "sh", str(self._bin / "pg_ctl"), str(self.folder)]
        self._watch = subprocess.Popen(
            words,
            user=self._user,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a terminal interrupts us, and we end it
        )
        self._make()
        return self

    def _make(self) -> None:
        empty = once("postgres", self._make_empty)
        if not self._data.exists():
            _copy(empty / "data", self._data)  # a tenth of what it costs to make one
        self.start()
        self.execute(f"CREATE ROLE breb LOGIN PASSWORD '{PASSWORD}'")

    def __exit__(self, *exc: object) -> None:
        self.thaw()  # also the children, which would be waited for
        self._watch.communicate()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        tls = {"ssl": "on", "ssl_cert_file": self.folder / "s.pem"}
        given = {
            **tls,
            "ssl_key_file": self.folder / "s.key",
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",  # tests kill processes, not machines
            "max_connections": 150,
            "shared_buffers": "16MB",
            **self._settings,
        }
        options = " ".join(f"-c {name}={value}" for name, value in given.items())
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-s", "-D", str(self._data), "-l", log, "-o", options)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        self._run(
            "pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", str(self._data), check=False
        )

    def freeze(self) -> None:
        """Stop every process of it where it stands; connections stay, and are not answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute one statement as the owner of all; return its rows."""
        with psycopg.connect(
            host=str(self.folder),
            port=self.port,
            user="owner",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def database(self) -> str:
        """Make an empty database that belongs to ``breb``; return its address."""
        name = f"d{next(_NUMBERS)}"
        self.execute(f"CREATE DATABASE {name} OWNER breb")
        return f"postgresql://breb@127.0.0.1:{self.port}/{name}"

    def _make_empty(self, folder: Path) -> None:
        """Make a server without databases, our own, and keep a copy of it for the others."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        own = ["-A", "scram-sha-256", "-U", "owner", "-E", "UTF8", "--no-sync", "--no-locale"]
        self._run("initdb", "-D", str(self._data), *own, f"--pwfile={password}")
        _copy(self._data, folder / "data")

    def _certify(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        own = authority.issue_cert("localhost", "127.0.0.1")
        own.cert_chain_pems[0].write_to_path(self.folder / "s.pem")
        own.private_key_pem.write_to_path(self.folder / "s.key")
        (self.folder / "s.key").chmod(0o600)

    def _run(self, name: str, *words: str, check: bool = True) -> None:
        subprocess.run(
            [self._bin / name, *words],
            user=self._user,
            cwd=self.folder,
            check=check,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def _signal(self, number: int) -> None:
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        first = int(file.read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for each in (first, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):  # one that served a connection just ended
                os.kill(each, number)


class Standby(Postgres):
    """A second server that follows the first by streaming, until it is promoted."""

    def __init__(self, of: Postgres, **settings: Any) -> None:
        super().__init__(**settings)
        self._of = of

    def _make(self) -> None:
        first = {"host": self._of.folder, "port": self._of.port, "user": "owner"}
        told = {**first, "password": PASSWORD, "application_name": "standby"}
        way = " ".join(f"{name}={value}" for name, value in told.items())
        fast = ["-c", "fast", "--no-sync", "-R", "-X", "stream"]
        self._run("pg_basebackup", "-D", str(self._data), *fast, "-d", way)
        self.start()

    def promote(self) -> None:
        """Make it the server that takes changes."""
        self._run("pg_ctl", "promote", "-w", "-s", "-D", str(self._data))


def _copy(folder: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", folder, to], check=True)
