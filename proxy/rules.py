"""Rules of requests that may pass: ``METHOD path-pattern``, matched on the bytes that are sent.

A rule for one caller alone begins with its name: ``payroll: GET /v1/payments*``.
"""

import re
from dataclasses import dataclass
from typing import Any

from proxy.errors import BadValue
from proxy.words import phrase

CALLER = r"[A-Za-z][A-Za-z0-9_-]{0,31}"
_RULE = re.compile(
    rf"^(?:(?P<caller>{CALLER})\s*:\s*)?"
    r"(?P<method>\*|[A-Z]+(?:\|[A-Z]+)*)\s+(?P<pattern>/[!-\"$->@-~]*)$"
)
# A server behind us could read these as another path than the one that a rule judged: dot segments,
# empty segments, path parameters, backslashes, and what percent-encoding can hide: separators,
# control bytes, a second encoding, letters that need none (RFC 3986 section 6.2.2.2), and the
# overlong UTF-8 of all these (RFC 3629 section 10).
_AMBIGUOUS = re.compile(
    rb"(?:^|/)\.{1,2}(?:/|$)|//|;|\\"
    rb"|%(?:2[35def]|3[0-9bf]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef]|[01][0-9a-f]|(?![0-9a-f]{2}))"
    rb"|%(?:c[01]|e0%[89]|f0%8)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the methods (none: any) and a pattern in which ``*`` stands for anything.

    ``caller`` is whom it is for, empty for all.
    """

    text: str
    caller: str
    methods: frozenset[str]
    pattern: re.Pattern[bytes]

    @classmethod
    def parse(cls, value: Any) -> "Rule":  # noqa: ANN401  whatever a source gives
        """Read a rule such as ``GET /v1/payments*`` or ``GET|POST /v1/*``; raise BadValue."""
        if isinstance(value, Rule):
            return value
        match = _RULE.match(str(value).strip())
        if not match:
            raise BadValue(phrase("value.no-rule", text=repr(str(value))))
        method, pattern = match["method"], match["pattern"]
        methods = frozenset() if method == "*" else frozenset(method.split("|"))
        body = _linear([re.escape(part.encode()) for part in pattern.split("*")])
        caller = match["caller"] or ""
        text = f"{caller}: {method} {pattern}" if caller else f"{method} {pattern}"
        return cls(text, caller, methods, re.compile(body, re.DOTALL))

    def matches(self, method: str, path: bytes) -> bool:
        """Report whether the rule speaks of this request; ``path`` is without the query."""
        return (not self.methods or method in self.methods) and bool(self.pattern.fullmatch(path))

    def __str__(self) -> str:
        """Return the rule as it was written."""
        return self.text


def _linear(parts: list[bytes]) -> bytes:
    """Join parts with anything between them; the first place of each is as good as any other.

    Callers choose paths: were other places tried too, two stars would cost the square of a length.
    """
    first, *others = parts
    if not others:
        return first
    *middle, last = others
    return b"".join([first, *(b"(?>.*?%b)" % part for part in middle), b".*", last])


def ambiguous(path: bytes) -> bool:
    """Report whether ``path`` could be read as another path by a server behind us."""
    return bool(_AMBIGUOUS.search(path))
