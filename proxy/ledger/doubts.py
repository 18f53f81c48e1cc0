"""The rows in doubt, as the asker sees them."""

from dataclasses import dataclass

from proxy.ledger.archive import Where
from proxy.ledger.entry import LedgerEntry, LookedUp
from proxy.ledger.kin import Kin
from proxy.ledger.reading import Query, reading
from proxy.ledger.verdict import conclude

MOST = 200  # rows, the newest: if there are more at once, a person has to look


@dataclass(frozen=True, slots=True)
class DoubtfulRows:
    """Reads and writes the file as commands do, beside the proxy's own writer."""

    where: Where

    def rows(self) -> list[LedgerEntry]:
        """Return the newest in doubt."""
        with reading(self.where) as reader:
            doubtful = reader.entries(Query(in_doubt=True, limit=MOST))
            # An open row is closed by its own process, or by the one that finds it has ended.
            return [each for each in doubtful if each["outcome"] is not None]

    def row(self, number: int) -> LedgerEntry | None:
        """Return a row that is in doubt; None if it is not."""
        with reading(self.where) as reader:
            found = reader.find(f"#{number}")
        return found[0] if found and found[0]["in_doubt"] else None

    def kin(self, entry: LedgerEntry) -> Kin:
        """Return what other rows tell of a row."""
        with reading(self.where) as reader:
            return reader.kin(entry)

    def conclude(self, found: LookedUp) -> bool:
        """Keep what was found, and give the verdict that follows; report whether one does."""
        return conclude(self.where, found)
