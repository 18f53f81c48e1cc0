"""What look-ups found: kept beside the row, so that a verdict does not rest on anybody's memory."""

import json
from pathlib import Path

from proxy.ledger.entry import Evidence, LookedUp
from proxy.ledger.reading import opened
from proxy.ledger.renewal import renew

_LARGEST = 16_384  # characters; candidates beyond are left out


def keep(path: Path, found: LookedUp) -> None:
    """Write down what a look-up found about its row; raise LedgerRefused if that cannot be."""
    number = found["row"]["number"]
    told = Evidence(
        at=found["at"],
        kind=found["kind"],
        code=found["code"],
        said=found["said"],
        asked=found["asked"],
        candidates=list(found["candidates"]),
    )
    while len(text := json.dumps(told)) > _LARGEST and told["candidates"]:
        del told["candidates"][-1]
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute(
            "INSERT INTO evidence (number, at, code, found) VALUES (?, ?, ?, ?)",
            [number, told["at"], told["code"], text],
        )
