"""A real pgbouncer before a test's PostgreSQL, in a folder of its own, as an ordinary user."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.postgres import PASSWORD, Postgres


class Pgbouncer:
    """Gives its clients sessions by ``mode``: ``transaction`` or ``session``. A context manager."""

    def __init__(self, server: Postgres, mode: str, **settings: Any) -> None:
        self._program = need("pgbouncer")
        self._folder = tempfile.TemporaryDirectory(prefix="pgbouncer-", dir="/tmp")
        self._server = server
        self._settings = {"pool_mode": mode, **settings}
        self.port = free_port()

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        users = folder / "users"
        users.write_text(f'"breb" "{PASSWORD}"\n')
        own = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": users,
            **self._settings,
        }
        lines = [
            *("[databases]", f"* = host=127.0.0.1 port={self._server.port}", "[pgbouncer]"),
            *(f"{name} = {value}" for name, value in own.items()),
        ]
        (folder / "ini").write_text("\n".join(lines) + "\n")
        user = "nobody" if os.getuid() == 0 else None
        if user:
            for each in (folder, *folder.iterdir()):
                shutil.chown(each, user)
        self._process = subprocess.Popen(
            [self._program, "-q", str(folder / "ini")],
            user=user,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        with socket.socket() as sock:
            while sock.connect_ex(("127.0.0.1", self.port)):
                assert self._process.poll() is None
                assert time.monotonic() < until
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._folder.cleanup()

    def before(self, address: str) -> str:
        """Return the address that leads to a database through it."""
        return address.replace(f":{self._server.port}/", f":{self.port}/")
