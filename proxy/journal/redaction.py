"""Masks secrets on the way into the journal.

Names are compared without case and punctuation, and by their end: ``account_number`` covers
``senderAccountNumber``, and ``account_number[0]``. With ``=`` before it a name is compared whole:
``=nit`` covers ``NIT`` and ``customer[nit]``, and not ``unit``. Text that is escaped in a JSON
string or encoded in a query is searched as well, a few layers deep.
"""

import re
from collections.abc import Iterable

from proxy.http1.fields import Lines
from proxy.journal import masking
from proxy.journal.masking import PARTLY, WHOLLY
from proxy.journal.spellings import hidden
from proxy.mask import MASK

# Of these, not even two characters are shown.
SECRETS = frozenset(
    (
        "access_token",
        "authorization",
        "client_assertion",
        "client_id",
        "client_secret",
        "cookie",
        "id_token",
        "password",
        "proxy_key",
        "refresh_token",
    )
)
# As in Authorization, also escaped for JSON, a URL or HTML; not the parameters of a challenge, such
# as Bearer realm="x".
_ESCAPED = r"\\/|\\u00[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|&#[xX]?[0-9A-Fa-f]{1,6};"
_BLANK = r" |%20|\\u0020|&nbsp;|&#32;"
# A plus sign is a blank in a form, or a part of a token: before blanks it is a blank.
_CREDENTIALS = re.compile(
    rf"([Bb](?:asic|ASIC|earer|EARER)(?:\+|{_BLANK})(?:{_BLANK}|\+++(?={_BLANK}))*+)"
    rf"(?:[A-Za-z0-9._~+/-]|{_ESCAPED}){{8,}}+(?!=[\"\w])=*+"
)
_PARAMETERS = re.compile(r"[?;#].*", re.DOTALL)
# An id or a number: it has no name and no scheme in it. Most values in bodies are such.
_ALONE = re.compile(r"[A-Za-z0-9._-]*").fullmatch
_DEEPEST = 4  # layers of escapes
_SHORTEST = 3  # characters that can name something and its value: a=b
_KNOWN = 4096  # names whose level is cached, none of them longer than this:
_LONGEST = 128  # characters


class Redaction:
    """Masks by name (JSON members, form and query pairs, fields) and by value (known secrets)."""

    def __init__(self, names: Iterable[str]) -> None:
        self._secret = tuple(_plain(name) for name in SECRETS)
        named = list(names)
        self._partly = tuple(filter(None, (_plain(n) for n in named if not n.startswith("="))))
        self._exactly = frozenset(_plain(n) for n in named if n.startswith("="))
        self._known: dict[str, int] = {}
        self._at: dict[str, int] = {}

    def text(
        self, text: str, secrets: Iterable[str] = (), *, cut: bool = False, depth: int = 0
    ) -> tuple[str, int]:
        """Mask a body; return it with the number of masked values.

        ``secrets`` are masked everywhere; ``cut``: the text is the first part of a body, and its
        end may be the start of a secret. ``depth`` counts the layers of escapes around it.
        """

        def within(inner: str) -> tuple[str, int]:
            if depth == _DEEPEST or len(inner) < _SHORTEST:
                return inner, 0
            return self.text(inner, secrets, depth=depth + 1)

        text, count = hidden(text, secrets, MASK, cut=cut)
        text, credentials = _CREDENTIALS.subn(rf"\1{MASK}", text)
        text, in_members = masking.members(text, self._level, within)
        text, in_pairs = masking.pairs(text, self._level, within)
        text, in_elements = masking.elements(text, self._level)
        return text, count + credentials + in_members + in_pairs + in_elements

    def target(self, target: bytes, secrets: Iterable[str] = (), *, cut: bool = False) -> str:
        """Mask the values of a target's query, and of parameters in its path.

        ``cut``: it is only the first part of a target.
        """
        text, _ = hidden(target.decode("latin-1"), secrets, MASK, cut=cut)
        return _PARAMETERS.sub(lambda match: self.text(match[0])[0], text)

    def value(self, path: str, value: str) -> str:
        """Mask the value at a path such as ``key.key_value``, each part of which is judged."""
        level = self._at.get(path)
        if level is None:
            level = self._level(path.replace(".", "["))
            if len(self._at) < _KNOWN and len(path) <= _LONGEST:
                self._at[path] = level
        if level:
            return masking.masked(value, level)
        return value if _ALONE(value) else self.text(value)[0]

    def lines(self, lines: Lines, secrets: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Mask field lines."""
        return [
            (self._name(name, secrets), self._value(name, value, secrets)) for name, value in lines
        ]

    def _name(self, name: bytes, secrets: Iterable[str]) -> str:
        return hidden(name.decode("latin-1"), secrets, MASK)[0]

    def _value(self, name: bytes, value: bytes, secrets: Iterable[str]) -> str:
        text = value.decode("utf-8", "surrogateescape")  # the bytes can be restored exactly
        level = self._level(name.decode("latin-1"))
        scheme, blank, _ = text.partition(" ")
        if blank and name.lower() == b"authorization":
            return f"{scheme} {MASK}"
        if level:
            return masking.masked(text, level)
        if "=" in text or "{" in text or _CREDENTIALS.search(text):
            return self.text(text, secrets)[0]
        return hidden(text, secrets, MASK)[0]

    def _level(self, name: str) -> int:
        """Return how secret a name is; ``a[b]`` is judged as a whole, and each part of it."""
        level = self._known.get(name)
        if level is None:
            names = [_plain(part) for part in (name, *name.split("["))]
            level = next((WHOLLY for each in names if each.endswith(self._secret)), 0)
            level = level or next((PARTLY for each in names if self._named(each)), 0)
            if len(self._known) < _KNOWN and len(name) <= _LONGEST:
                self._known[name] = level
        return level

    def _named(self, plain: str) -> bool:
        return plain in self._exactly or plain.endswith(self._partly)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
