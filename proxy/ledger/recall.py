"""Asks the API for a repeat: about a row in doubt, and for what a row's request made."""

import asyncio
import contextlib

from proxy.ledger.api_reader import ApiReader
from proxy.ledger.asker import FOR_A_CALLER, Asker
from proxy.ledger.entry import LedgerEntry
from proxy.ledger.exact import exact
from proxy.ledger.finding import DECISIVE
from proxy.ledger.questions import operation, own_ids
from proxy.mask import MASK


class Inquiries:
    """The way to the API for `claims`."""

    def __init__(self, asker: Asker, requests: ApiReader) -> None:
        self.ask_now = asker.ask_now
        self._requests = requests

    async def recall(self, entry: LedgerEntry) -> bytes | None:
        """Return the document of what a row's request made, as it is now; None if there is none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FOR_A_CALLER):
                return await recalled(entry, self._requests)
        return None


async def recalled(entry: LedgerEntry, requests: ApiReader) -> bytes | None:
    """Return the document; None if its id is not known, or the API does not give it."""
    found = operation(entry)
    if found is None or found.operation.shown_by is None or found.operation.changes_one:
        return None
    for thing in _ids(entry):
        target = found.target(found.operation.shown_by, thing)
        answer = await requests.get(target, entry["caller"] or "")
        return answer.body if answer.status == 200 and _is(thing, answer.body) else None
    return None


def _is(thing: str, body: bytes) -> bool:
    document = exact(body)
    return isinstance(document, dict) and document.get("id") == thing


def _ids(entry: LedgerEntry) -> list[str]:
    """Return the ids of what is the row's for sure, unmasked."""
    found = operation(entry)
    known = own_ids(entry, found.operation) if found is not None else []
    for evidence in reversed(entry["evidence"]):
        if evidence["code"] in (*DECISIVE, "not-final"):
            known += [
                each["known"].get("id", "") for each in evidence["candidates"] if each["sure"]
            ]
    return [each for each in dict.fromkeys(known) if each and MASK not in each]
