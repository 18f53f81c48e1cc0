"""Looks for words in everything that is kept of the exchanges: target, field lines, bodies."""

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Iterator

from proxy.journal.body import Content
from proxy.journal.entry import Entry
from proxy.words import LANGUAGES, said

TERMS = 16  # terms
_LONGEST = 200  # characters
# Latin letters with a mark, also as JSON may escape them.
_MARKED = re.compile(r"[\u00c0-\u024f]|\\u(0[0-2][0-9a-fA-F]{2})")


async def find(entries: Iterable[Entry], terms: Iterable[str]) -> dict[str, list[str]]:
    """Return for each term, in any case and with or without accents, who holds it: ids."""
    wanted = [term[:_LONGEST].lower() for term in terms][:TERMS]
    sought = {term: _plain(term) for term in wanted}
    found: dict[str, list[str]] = {term: [] for term in wanted}
    for entry in entries:
        texts = [_plain(text) for text in _texts(entry)]
        for term, ids in found.items():
            if any(sought[term] in text for text in texts):
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


def _plain(text: str) -> str:
    """Return the text as it is compared: in lower case, é as e and ñ as n."""
    return _MARKED.sub(_letter, text).lower()


def _letter(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16)) if found[1] else found[0]
    return unicodedata.normalize("NFD", letter)[0] if _MARKED.match(letter) else found[0]
