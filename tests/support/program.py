"""The program as its users run it: a process of its own, with sockets and signals."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.leaks import SECRET, found
from tests.support.needs import need
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.spawner import start

# Runs the rest of its arguments with the files given as numbers from 3, for the process that they
# become.
_HAND_OVER = """
import os, sys
copies = [os.dup(int(each)) for each in sys.argv[1].split(",")]
spare = [os.dup2(each, 100 + place) for place, each in enumerate(copies)]
for place, each in enumerate(spare):
    os.dup2(each, 3 + place)
    os.close(each)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "LISTEN_FDS": str(len(copies))})
"""


class Program:
    """``python -m proxy COMMAND`` with settings by environment; names without the prefix.

    Use as a context manager: it waits until the token is held (``ready=False``: until it lives),
    and ends with SIGTERM. ``output`` is everything that it printed or logged; ``redirect`` sends
    that elsewhere, in the shell's words; ``beside`` is more of its environment, by full names;
    ``handed`` are listening sockets that it gets as systemd would give them.
    """

    def __init__(
        self,
        base_url: str,
        *arguments: str,
        ready: bool = True,
        cwd: Path | None = None,
        redirect: str = "",
        beside: Mapping[str, str] | None = None,
        handed: Sequence[socket.socket] = (),
        **settings: Any,
    ) -> None:
        self.port = free_port()
        self.admin_port = free_port()
        self._ready = ready
        self._folder = tempfile.TemporaryDirectory()
        self.cwd = cwd or Path(self._folder.name)
        own = {
            "base_url": base_url,
            "client_id": "test-client",
            "client_secret": SECRET,
            "listen": f"127.0.0.1:{self.port}",
            "admin_listen": f"127.0.0.1:{self.admin_port}",
            "log_level": "debug",
            "ledger_ask": "false",  # tests count the upstream's requests
        }
        values = {**own, **settings}
        ours = ("BREB_", "OTEL_")
        inherited = {k: v for k, v in os.environ.items() if not k.upper().startswith(ours)}
        self.env = {**inherited, **(beside or {})} | {
            f"BREB_{k.upper()}": str(v) for k, v in values.items() if v is not None
        }
        self.arguments = arguments or ("serve",)
        self._redirect = redirect
        self._handed = handed
        self._log = Path(self._folder.name) / "output.log"
        self.process: subprocess.Popen[bytes]

    def start(self) -> Self:
        """Start the process and wait for it."""
        with self._log.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            if self._redirect or self._handed:
                self.process = self._by_another(streams)
            else:
                self.process = start(self.arguments, cwd=self.cwd, env=self.env, streams=streams)
        self.until("/readyz" if self._ready else "/livez")
        return self

    def _by_another(self, streams: tuple[int, int, int]) -> subprocess.Popen[bytes]:
        """Let a shell or a supervisor start it: Python itself is part of what is tested then."""
        need("posix")
        command = [sys.executable, "-m", "proxy", *self.arguments]
        if self._redirect:
            command = ["/bin/sh", "-c", f'exec "$@" {self._redirect}', "sh", *command]
        passed = [sock.fileno() for sock in self._handed]
        if passed:
            command = [sys.executable, "-c", _HAND_OVER, ",".join(map(str, passed)), *command]
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            command,
            cwd=self.cwd,
            env=self.env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=passed,
        )

    def until(self, path: str, status: int = 200) -> None:
        """Wait until the admin listener answers ``path`` with ``status``."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.admin(path)[0] == status:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{path} did not answer {status}:\n{self.output}")

    @property
    def secret(self) -> str:
        """The admin listener's secret of this start, where the same user finds it."""
        place = os.environ["LOCALAPPDATA" if sys.platform == "win32" else "XDG_RUNTIME_DIR"]
        file = Path(place, "breb-proxy", f"admin-{self.admin_port}.secret")
        return file.read_text().strip() if file.exists() else ""

    @property
    def bearer(self) -> dict[str, str]:
        """The field with the secret, for requests to the admin listener."""
        return {"Authorization": f"Bearer {self.secret}"}

    @property
    def console(self) -> str:
        """An address that opens the console, once."""
        link = json.loads(self.admin("/console/api/link", "POST")[1])["link"]
        return f"http://127.0.0.1:{self.admin_port}/#secret={link}"

    def admin(
        self, path: str, method: str = "GET", document: str = "", secret: str | None = None
    ) -> tuple[int, str]:
        """Ask the admin listener as our user may, or with ``secret``; return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=PATIENCE)
        try:
            fields = {"Content-Type": "application/json"} if document else {}
            fields["Authorization"] = f"Bearer {self.secret if secret is None else secret}"
            connection.request(method, path, document or None, fields)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        """Return the status document."""
        document: dict[str, Any] = json.loads(self.admin("/status")[1])
        return document

    @property
    def output(self) -> str:
        """Everything printed and logged so far."""
        return self._log.read_text(errors="replace")

    def exchanges(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the access log's lines, once there are at least ``count``."""
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = [
                json.loads(line)
                for line in self.output.splitlines(keepends=True)
                if line.startswith("{") and line.endswith("\n") and '"event":"exchange"' in line
            ]
            if len(lines) >= count:
                return lines
            assert time.monotonic() < deadline, f"{len(lines)} exchanges:\n{self.output}"
            time.sleep(0.02)

    def memory(self) -> int:
        """Return the resident set in bytes (Linux)."""
        need("posix")
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> None:
        """Ask it to end; Windows has no signal that asks."""
        if sys.platform == "win32":
            self.admin("/quit", "POST")
        else:
            self.process.terminate()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        if self.process.poll() is None:
            if number == signal.SIGTERM:
                self.end()
            else:
                self.process.send_signal(number)
        return self.process.wait(PATIENCE * 2)

    def kill(self) -> None:
        """End it without asking."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if hasattr(self, "process") and self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
            if self._log.exists():
                leaks = found(self.output)
                assert not leaks, f"{len(leaks)} secrets in what the program wrote"
        finally:
            self._folder.cleanup()
