"""Start, watch and end the processes of one run: our own children and no others."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


class NotStartedError(Exception):
    """A process ended, or did not answer, before it was of use."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a process is started."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


class Process:
    """One child in a process group of its own, its output going to a file."""

    def __init__(self, command: Command, log: Path) -> None:
        self.log = log
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("BREB_")}
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                command.argv,
                env=inherited | dict(command.env),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._child.pid

    def check(self) -> None:
        """Raise NotStartedError with the end of the log if the process is gone."""
        if self._child.poll() is not None:
            raise NotStartedError(f"ended with {self._child.returncode}: {self.last_words()}")

    def last_words(self) -> str:
        """Quote the end of what the process printed."""
        return self.log.read_bytes()[-600:].decode(errors="replace").strip()

    def stop(self, patience: float = 5.0) -> None:
        """Ask the process to end; after ``patience`` seconds end its whole group."""
        if self._child.poll() is None:
            self._child.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(patience)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()


def free_ports(count: int) -> list[int]:
    """Find loopback ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def pause_until(deadline: float, step: float = 0.002) -> bool:
    """Sleep one step; report whether there is time left."""
    time.sleep(step)
    return time.monotonic() < deadline
