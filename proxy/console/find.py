"""Looks for words in everything that is kept of the exchanges: target, field lines, bodies."""

import asyncio
from collections.abc import Iterable, Iterator

from proxy.journal.body import Content
from proxy.journal.entry import Entry
from proxy.words import LANGUAGES, said

TERMS = 16  # terms
_LONGEST = 200  # characters


async def find(entries: Iterable[Entry], terms: Iterable[str]) -> dict[str, list[str]]:
    """Return for each term, in any case, the ids of the entries that hold it."""
    wanted = [term[:_LONGEST].lower() for term in terms][:TERMS]
    found: dict[str, list[str]] = {term: [] for term in wanted}
    for entry in entries:
        texts = [text.lower() for text in _texts(entry)]
        for term, ids in found.items():
            if any(term in text for text in texts):
                ids.append(entry.id)
        await asyncio.sleep(0)  # 16 searches in two bodies of 64 KiB: let others run
    return found


def _texts(entry: Entry) -> Iterator[str]:
    yield entry.target
    yield "\n".join(
        f"{name}: {value}" for name, value in (*entry.request_lines, *entry.answer_lines)
    )
    for body in (entry.request, entry.answer):
        yield _text(body)
    if entry.trouble is not None:
        told = (entry.trouble.detail, entry.trouble.next_step)
        yield "\n".join(said(each, language) for each in told for language in LANGUAGES)


def _text(body: Content) -> str:
    return body.data if isinstance(body.data, str) else body.data.decode("latin-1")
