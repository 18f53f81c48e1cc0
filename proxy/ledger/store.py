"""What the one thread that writes needs of an open ledger, wherever that is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from proxy.ledger.chain import ChainLink
from proxy.ledger.row import Row


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A request that was under way when the process that sent it ended."""

    exchange: str
    opened_at: str
    method: str
    path: str


class Store(Protocol):
    """An open ledger. Raises sqlite3.Error or OSError where it cannot do what is asked."""

    salt: bytes
    """For keyed hashes of what is masked in this ledger."""

    def recover(self, reason: str = ..., ours: Iterable[Row] = ()) -> list[LeftOpen]:
        """Close rows that were left open, as in doubt; return them.

        Those of ``ours``, which are still under way, stay open.
        """

    def abandoned(self) -> list[LeftOpen]:
        """Close rows that other processes left open, as in doubt, once it is sure; return them."""

    def break_off(self) -> None:
        """Make what waits too long fail, if that is possible; called from another thread."""

    def enter(
        self,
        openings: list[Row],
        closings: Sequence[Row],
        amended: Sequence[Row] = (),
        *,
        anew: Sequence[Row] = (),
    ) -> list[Row]:
        """Write what may be written of it in one commit, durably, or nothing; return what it opens.

        Of ``openings``, those are left out whose key another row has, and guarded ones while one
        like them is in doubt; of ``closings``, those of rows that are not there. ``anew`` are rows
        under way that this ledger does not have.
        """

    def head(self) -> ChainLink:
        """Return the place and the hash of the chain's newest entry."""

    def probe(self, at: str, held: float) -> None:
        """Write the time that is believed, to learn whether a payment could be written."""

    def probed(self) -> tuple[str, float]:
        """Return what the last probe wrote."""

    def in_doubt(self) -> int:
        """Count the rows in doubt that nobody has given a verdict on."""

    def long_in_doubt(self, before: str) -> int:
        """Count those of them that have been in doubt since before that time (RFC 3339)."""

    def exceeds(self, limit: int) -> bool:
        """Report whether rows and answers take more bytes than that."""

    def log_size(self) -> int:
        """Return the bytes that wait to be folded into the ledger."""

    def prune(self, before: str | None, limit: int, most: int) -> int:
        """Delete some of the ``most`` oldest rows that are settled; return how many.

        ``before``: those opened earlier than that; ``limit``: any, while the rows take more bytes.
        """

    def forget(self, replies: str, claims: str, most: int) -> int:
        """Delete some of the oldest answers and claims from before those times; return how many."""

    def close(self) -> None:
        """Close the store."""
