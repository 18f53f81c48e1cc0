"""The first request with a key, as the file tells of it."""

from dataclasses import dataclass

from proxy.exchange.own_answer import KnownAnswer
from proxy.ledger.archive import Where, archive_of
from proxy.ledger.claim import KeyClaim, KeyHolder
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.kept_claims import holder, reply
from proxy.ledger.reading import Reader
from proxy.ledger.standing import Standing, standing


@dataclass(frozen=True, slots=True)
class First:
    """``entry`` is its row, None if that was deleted; ``reply`` its answer, if that is kept.

    ``found`` is the document of what it made, if the API was asked for it, and gave it.
    """

    holder: KeyHolder
    entry: LedgerEntry | None
    reply: KnownAnswer | None
    found: bytes | None = None

    @property
    def standing(self) -> Standing:
        """The result of the first request, as far as it decides about the repeat."""
        return standing(self.entry)

    def same(self, claim: KeyClaim) -> bool:
        """Report whether a request is the same as it."""
        return self.holder.fingerprint == claim.fingerprint


def first_of(where: Where, caller: str, key: str) -> First | None:
    """Read who has a key; None if nobody has it. Raise LedgerRefused."""
    archive = archive_of(where)
    with archive.reading() as connection:
        reader = Reader(connection, archive)
        has = holder(connection, caller, key)
        if has is None:
            return None
        found = reader.find(f"#{has.number}")
        entry = found[0] if found and found[0]["exchange"] == has.exchange else None
        return First(has, entry, reply(connection, has.number))
