"""The values that everything here speaks of: contenders, scenarios, and what one run gave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.process import Command

TOKEN = "5b0c" * 16
SMALL = 200
KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Place:
    """Where one instance of a contender runs, and what it forwards to."""

    folder: Path
    port: int
    admin_port: int
    upstream_port: int
    tls: bool
    authority: Path  # PEM of the certificate authority that vouches for the upstream
    disk: Path  # a folder on a disk: what is synced is to be measured

    @property
    def origin(self) -> str:
        """The upstream's origin."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.upstream_port}"


@dataclass(frozen=True, slots=True)
class Contender:
    """A program under test: how to find it, start it, and how it was set up."""

    name: str
    label: str
    setup: str
    installed: Callable[[], bool]
    version: Callable[[], str]
    command: Callable[[Place], Command] | None  # None: nothing in between
    slow: bool = False  # many times slower than the rest: fewer rounds tell enough
    forwards: bool = True
    keyed: bool = False  # each request with a body brings an Idempotency-Key of its own


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load."""

    name: str
    title: str
    path: str = "/small"
    connections: int = 1
    upload: int = 0  # bytes sent
    answer: int = SMALL  # bytes of body that must come back
    tls: bool = False
    lines: str = "common"  # which field lines go both ways; see field_lines.py
    kind: str = "load"  # or "transfer", "start"
    seconds: int = 1  # of load in one run

    @property
    def method(self) -> str:
        """The method of its requests."""
        return "POST" if self.upload else "GET"

    @property
    def megabytes(self) -> float:
        """MiB moved by one request, when that is what matters; else 0."""
        return (self.upload + self.answer) // MIB


@dataclass(slots=True)
class Run:
    """What one contender did in one scenario in one round."""

    contender: str
    scenario: str
    round: int
    requests: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    p50_us: float = 0.0
    p99_us: float = 0.0
    p999_us: float = 0.0
    max_us: float = 0.0
    peak_kb: int = 0
    idle_kb: int = 0
    written: int = 0  # bytes handed to the disk
    sync_us: float = 0.0  # a bare write and fdatasync took, just before
    errors: dict[str, int] = field(default_factory=dict)
