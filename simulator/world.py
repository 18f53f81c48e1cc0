"""The simulator's state: everything that a reset throws away."""

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from itertools import count
from random import Random
from uuid import UUID

from simulator.config import SandboxConfig
from simulator.ledger import Ledger
from simulator.models.customers import Customer
from simulator.models.keys import AccountKey
from simulator.models.qrcodes import QrCode
from simulator.models.recipients import Recipient
from simulator.models.shapes import timestamp
from simulator.records import AccountRecord, Event, PaymentRecord, Resolved, Token
from simulator.rule import Rule

NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Clock:
    """The wall clock, and how far a control has moved it on."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.offset = 0.0

    def now(self) -> float:
        """Count the seconds since the epoch."""
        return self._wall() + self.offset


@dataclass(slots=True)
class Timing:
    """The pace of payments and of the network: seconds from submitting."""

    settle_delay: float
    processing_delay: float
    network: str

    @classmethod
    def of(cls, config: SandboxConfig) -> "Timing":
        """Take the timing of the start."""
        return cls(config.settle_delay, config.processing_delay, config.network)


@dataclass(slots=True)
class World:
    """All that exists; ids and tokens come from one generator, so that a seed repeats them."""

    config: SandboxConfig
    clock: Clock
    on_change: Callable[[], None] = lambda: None
    name: str = ""
    parent: "World | None" = None
    random: Random = field(init=False)
    tokens: dict[str, Token] = field(default_factory=dict)
    bearers: dict[str, Token] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    keys: dict[str, AccountKey] = field(default_factory=dict)
    resolutions: dict[str, Resolved] = field(default_factory=dict)
    recipients: dict[str, Recipient] = field(default_factory=dict)
    payments: dict[str, PaymentRecord] = field(default_factory=dict)
    paid: dict[str, list[PaymentRecord]] = field(default_factory=dict)
    invented: set[str] = field(default_factory=set)
    qr_codes: dict[str, QrCode] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    rules: list[Rule] = field(default_factory=list)
    timing: Timing = field(init=False)
    due: list[tuple[float, int, PaymentRecord, str]] = field(default_factory=list)
    questions: deque[PaymentRecord] = field(default_factory=deque)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=1000))
    sequence: Iterator[int] = field(default_factory=count)
    recent: deque[float] = field(default_factory=deque)
    served: Counter[str] = field(default_factory=Counter)
    account_id: str = field(init=False)

    def __post_init__(self) -> None:
        seed = self.config.seed
        # a bearer token belongs to one namespace: no two of them draw the same numbers
        self.random = Random(f"{seed} {self.name}" if self.name and seed is not None else seed)
        self.account_id = self.new_id()
        self.timing = Timing.of(self.config)

    def reset(self, *, keep_tokens: bool = False) -> None:
        """Forget everything, but for the tokens where they are to be kept."""
        tokens, bearers = self.tokens, self.bearers
        self.clock.offset = 0.0
        fresh = World(self.config, self.clock, self.on_change, self.name, self.parent)
        for member in fields(fresh):
            setattr(self, member.name, getattr(fresh, member.name))
        if keep_tokens:
            self.tokens, self.bearers = tokens, bearers

    def now(self) -> float:
        """Count the seconds since the epoch, as the simulator sees them."""
        return self.clock.now()

    def stamp(self) -> str:
        """Write the present moment as the API writes it."""
        return timestamp(self.now())

    def new_id(self) -> str:
        """Make a fresh lower-case UUID."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def new_bearer(self) -> str:
        """Make a fresh opaque token: 64 hexadecimal characters."""
        return f"{self.random.getrandbits(256):064x}"
