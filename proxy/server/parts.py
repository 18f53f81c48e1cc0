"""The parts of a running proxy, as `build` makes them and the server runs them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from proxy.admin.probes import Probes
from proxy.admin.status import Status
from proxy.exchange.final_state import FinalState
from proxy.exchange.shell import Shell
from proxy.memory import Budget
from proxy.token.keeper import TokenKeeper
from proxy.token.source import PassportTokenSource

if TYPE_CHECKING:  # imported only where they are turned on
    from proxy.journal.journal import Journal
    from proxy.journal.recorder import Recorder
    from proxy.server.books import Books
    from proxy.server.tracing import Traces
    from proxy.token.shared import SharedSource


class Closing(Protocol):
    """A pool, or the ledger."""

    async def aclose(self) -> None:
        """Finish the work under way, and release everything."""


class Parts(NamedTuple):
    """The parts that the server runs: two apps, the keeper, and those that it closes last."""

    shell: Shell
    final_state: FinalState
    budget: Budget
    admin: Probes
    keeper: TokenKeeper
    source: PassportTokenSource
    closing: tuple[Closing, ...]
    status: Status
    flush: Callable[[], None]
    journal: "Journal | None"
    recorder: "Recorder | None"
    books: "Books | None"
    shared: "SharedSource | None"
    traces: "Traces | None"
