"""What look-ups found: kept beside the row, so that a verdict does not rest on anybody's memory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proxy.ledger.reading import opened
from proxy.ledger.renewal import renew

_LARGEST = 16_384  # characters; candidates beyond are left out


def keep(path: Path, found: Mapping[str, Any]) -> None:
    """Write down what a look-up found about its row; raise LedgerRefused if that cannot be."""
    number = found["row"]["number"]
    told = {name: found[name] for name in ("at", "kind", "code", "said", "asked", "candidates")}
    while len(text := json.dumps(told)) > _LARGEST and told["candidates"]:
        told = {**told, "candidates": told["candidates"][:-1]}
    with opened(path, "rw") as connection:
        renew(connection, path)
        connection.execute(
            "INSERT INTO evidence (number, at, code, found) VALUES (?, ?, ?, ?)",
            [number, told["at"], told["code"], text],
        )
