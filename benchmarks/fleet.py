"""All that runs during a benchmark: the upstream, and the contenders in front of it."""

import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from benchmarks import probe, upstream
from benchmarks.model import GIB, Contender, Place
from benchmarks.process import NotStartedError, Process, free_ports


class Fleet:
    """Every process of a run, ended and its files removed when the run is left."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="breb-bench-", dir=_roomy()))
        # nginx as root gives up its rights, and its worker must still read here.
        self.folder.chmod(0o755)
        self.disk = Path(tempfile.mkdtemp(prefix="breb-bench-", dir=_lasting()))
        self.failed: dict[str, str] = {}
        self._instances: dict[tuple[str, bool], tuple[Process, int]] = {}
        self._started = 0

    def __enter__(self) -> "Fleet":
        try:
            self.upstream = upstream.start(self.folder / "upstream")
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process, _ in self._instances.values():
            process.stop()
        self.upstream.process.stop()
        self._clear()

    def _clear(self) -> None:
        for folder in (self.folder, self.disk):
            shutil.rmtree(folder, ignore_errors=True)

    def start_all(self, contenders: Iterable[Contender], *, tls: bool) -> None:
        """Start one instance of each; those that fail are noted and left out."""
        begun = []
        for contender in contenders:
            if contender.command and contender.name not in self.failed:
                process, port = self._start(contender, tls=tls)
                self._instances[contender.name, tls] = process, port
                begun.append((contender.name, process, port))
        for name, process, port in begun:
            try:
                probe.await_first_answer(process, port, time.monotonic())
            except NotStartedError as error:
                self.failed[name] = f"{'TLS: ' if tls else ''}{error}"

    def pid(self, contender: Contender, *, tls: bool) -> int:
        """Give the process to measure; 0 where there is none."""
        return self._instances[contender.name, tls][0].pid if contender.command else 0

    def port(self, contender: Contender, *, tls: bool) -> int:
        """Give the port to load."""
        if contender.command is None:
            return self.upstream.port
        return self._instances[contender.name, tls][1]

    def fresh(self, contender: Contender) -> tuple[Process, int]:
        """Start one more instance, which the caller has to stop."""
        return self._start(contender, tls=False)

    def _start(self, contender: Contender, *, tls: bool) -> tuple[Process, int]:
        self._started += 1
        folder = self.folder / f"{contender.name}-{self._started}"
        folder.mkdir()
        port, admin_port = free_ports(2)
        origin = self.upstream.tls_port if tls and contender.forwards else self.upstream.port
        disk = self.disk / folder.name
        disk.mkdir()
        place = Place(folder, port, admin_port, origin, tls, self.upstream.authority, disk)
        assert contender.command is not None
        return Process(contender.command(place), folder / "out.log"), port


def _lasting() -> str | None:
    """Prefer what outlives a restart: /tmp may be memory."""
    return "/var/tmp" if Path("/var/tmp").is_dir() else None


def _roomy() -> str | None:
    """Prefer memory, so that no disk is measured, if logs and a 1 GiB body fit in it twice."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 4 * GIB:
        return str(memory)
    return None
