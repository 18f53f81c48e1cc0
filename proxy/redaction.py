"""What must not be seen is masked here, on the way into the journal.

Bodies are scanned as text and not parsed: a broken or cut JSON document is masked too, and what
is kept of it looks as it came. Names are compared without case and punctuation, and by their end:
``account_number`` covers ``senderAccountNumber``.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from proxy.fields import Lines

MASK = "••••"
# Not even two characters of these are shown.
SECRETS = frozenset(
    (
        "access_token",
        "authorization",
        "client_assertion",
        "client_id",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
    )
)
_SECRET_FIELDS = frozenset((b"cookie", b"proxy-authorization", b"set-cookie", b"x-proxy-key"))
# A string that nothing ends goes on to the end, also if that is a backslash: were there a way for
# it not to match, each of its quotes would be tried in turn, in quadratic time.
_TOKENS = re.compile(
    r"(?P<open>[{\[])|(?P<close>[}\]])|(?P<end>,)|"
    r'(?P<scalar>"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[^\s{}\[\],:"]+)(?=\s*(?P<key>:)?)',
    re.DOTALL,
)
_PAIR = re.compile(r"(^|[?&;\s])([^?&;=\s]{1,128})=([^&;\s#]*)")
_PAIR_IN_JSON = re.compile(r"([?&;\s\"])([^?&;=\s\"]{1,128})=([^&;\s#\"\\]*)")
# A member of a document that stands in a string of another, as a refusal that repeats its request.
_QUOTED = re.compile(
    r'(?<!\\)(?P<quote>\\{1,7}")(?P<name>[^"\\]{1,128})(?P=quote)\s{0,9}:\s{0,9}'
    r'(?=(?P<value>(?P=quote)(?:[^"\\]|\\+(?:(?P=quote)|[^"\\]))*|[^\s{}\[\],:"\\]+))'
)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SHORTEST_TAIL = 8
_KNOWN = 4096


class Redaction:
    """Masks by name (JSON members, form and query pairs, fields) and by value (known secrets)."""

    def __init__(self, names: Iterable[str]) -> None:
        self._secret = tuple(_plain(name) for name in SECRETS)
        self._partly = tuple(filter(None, (_plain(name) for name in names)))
        self._known: dict[str, int] = {}

    def text(self, text: str, secrets: Iterable[str] = (), *, cut: bool = False) -> tuple[str, int]:
        """Mask a body; return it with the number of masked values.

        ``secrets`` are masked wherever they stand; ``cut`` says that the text is only the first
        part of something, so that the start of a secret may be its end.
        """
        text, by_value = _without(text, secrets, cut=cut)
        text, by_name = self._members(text)
        text, in_strings = self._quoted(text)
        text, in_pairs = self._pairs(text)
        return text, by_value + by_name + in_strings + in_pairs

    def target(self, target: bytes, secrets: Iterable[str] = ()) -> str:
        """Mask the values of a target's query."""
        text, _ = _without(target.decode("latin-1"), secrets)
        path, mark, query = text.partition("?")
        return path + mark + self._pairs(query)[0] if mark else text

    def lines(self, lines: Lines, secrets: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Mask field lines."""
        return [
            (name.decode("latin-1"), self._value(name, value, secrets)) for name, value in lines
        ]

    def _value(self, name: bytes, value: bytes, secrets: Iterable[str]) -> str:
        key = name.lower()
        text = _text(value)
        if key == b"authorization":
            scheme, blank, _ = text.partition(" ")
            return f"{scheme} {MASK}" if blank else MASK
        if key in _SECRET_FIELDS:
            return MASK
        level = self._level(key.decode("latin-1"))
        if level:
            return _masked(text, level)
        text, _ = _without(text, secrets)
        return self._pairs(text)[0] if "=" in text else text

    def _members(self, text: str) -> tuple[str, int]:
        """Mask the values of JSON members; all scalars within, where the value is no scalar."""
        parts: list[str] = []
        done = masked = 0
        level = 0  # of the member whose value comes next
        around: list[int] = [0]  # of the arrays and objects that we are in
        for match in _TOKENS.finditer(text):
            kind = match.lastgroup
            if kind == "key":
                level = self._level(_unescaped(match["scalar"]))
                continue
            here = level or around[-1]
            if kind == "scalar" and here:
                masked += 1
                value = _masked(_bare(match["scalar"]), here)
                parts += (text[done : match.start()], '"', value, '"')
                done = match.end()
            elif kind == "open":
                around.append(here)
            elif kind == "close" and len(around) > 1:
                around.pop()
            level = 0
        parts.append(text[done:])
        return "".join(parts), masked

    def _quoted(self, text: str) -> tuple[str, int]:
        """Mask the scalars of JSON members whose quotes are escaped."""
        parts: list[str] = []
        done = masked = 0
        for match in _QUOTED.finditer(text) if '\\"' in text else ():
            level = self._level(match["name"])
            if not level or match.start() < done:
                continue
            quote, value = match["quote"], match["value"]
            bare = value.removeprefix(quote)
            closing = quote if bare == value else ""
            parts += (text[done : match.end()], quote, _masked(bare, level), closing)
            done = match.end("value")
            masked += 1
        parts.append(text[done:])
        return "".join(parts), masked

    def _pairs(self, text: str) -> tuple[str, int]:
        """Mask ``name=value`` pairs as in forms and queries."""
        masked = 0

        def mask(match: re.Match[str]) -> str:
            nonlocal masked
            before, name, value = match.groups()
            level = self._level(unquote(name)) if value and MASK not in value else 0
            if not level:
                return match[0]
            masked += 1
            return f"{before}{name}={_masked(unquote(value), level)}"

        if "=" in text:
            pattern = _PAIR_IN_JSON if text.lstrip()[:1] in ("{", "[") else _PAIR
            text = pattern.sub(mask, text)
        return text, masked

    def _level(self, name: str) -> int:
        """Return 2 for a secret, 1 for what keeps its last two characters, 0 for anything else."""
        level = self._known.get(name)
        if level is None:
            plain = _plain(name)
            level = 2 if plain.endswith(self._secret) else int(plain.endswith(self._partly))
            if len(self._known) < _KNOWN:
                self._known[name] = level
        return level


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _masked(text: str, level: int) -> str:
    tail = text[-2:] if level == 1 and len(text) > 4 else ""
    return MASK + ("" if any(c in '"\\' or not c.isprintable() for c in tail) else tail)


def _bare(token: str) -> str:
    """Return a scalar without its quotes; a cut one has the first alone."""
    return token[1:].removesuffix('"') if token[:1] == '"' else token


def _unescaped(token: str) -> str:
    r"""Return a member's name; ``\u0065mail`` is a way to write ``email``."""
    if "\\" not in token:
        return token
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), token)


def _text(value: bytes) -> str:
    """Decode a field's value so that the very bytes can be had again."""
    return value.decode("utf-8", "surrogateescape")


def _without(text: str, secrets: Iterable[str], *, cut: bool = False) -> tuple[str, int]:
    masked = 0
    for secret in secrets:
        if secret in text:
            masked += text.count(secret)
            text = text.replace(secret, MASK)
        if cut:
            for size in range(len(secret) - 1, _SHORTEST_TAIL - 1, -1):
                if text.endswith(secret[:size]):
                    return text[:-size] + MASK, masked + 1
    return text, masked
