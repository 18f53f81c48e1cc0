"""Masks the named values of a text: of JSON members, of pairs, of XML elements, of form parts.

The text is scanned and not parsed: a broken or cut document is masked too, and its other parts stay
as they came. Strangers choose the text, so each pattern must take time in proportion to its length:
hence the possessive quantifiers. Each function gets a function that tells how secret a name is, and
returns the text with the number of values masked; ``within`` masks a value with its escapes undone.
"""

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote_plus, unquote, unquote_plus

from proxy.mask import MASK

PARTLY, WHOLLY = 1, 2

Level = Callable[[str], int]
"""The secrecy of a name: WHOLLY, PARTLY (the last two characters stay), or 0."""
Masking = Callable[[str], tuple[str, int]]

# A string without its closing quote matches to the end, also if that is a backslash: if it could
# fail to match, the search would begin again at each quote, in quadratic time.
_TOKENS = re.compile(
    r"(?P<open>[{\[])|(?P<close>[}\]])|(?P<end>,)|"
    r'(?P<scalar>"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^\s{}\[\],:"]++)(?=\s*+(?P<key>:)?)',
    re.DOTALL,
)
_VALUE_END = re.compile(r"[\r\n,}\]\"']|\Z")
# A semicolon or a number sign is part of a value, unless another pair begins there.
_PAIR = re.compile(
    r"(^|[?&;#\s])([^?&;=#\s]{1,128}+)="
    r'("[^"\r\n]*+"?|(?:[^&;#\s]++|[;#](?![^&;#=\s]*+=))*+)'
)
_PAIR_IN_JSON = re.compile(
    r"([?&;#\s\"])([^?&;=#\s\"]{1,128}+)="
    r'((?:[^&;#\s"\\]++|[;#](?![^&;#=\s"]*+=))*+)'
)
_ELEMENT = re.compile(
    r"(<(?P<name>[\w.:-]{1,128}+)(?:\s[^<>]{0,1024}+)?>)"
    r"(?P<value>(?:[^<]++|<!\[CDATA\[.*?(?:\]\]>|\Z))++)",
    re.DOTALL,
)
_NAME_OF_PART = re.compile(r'\bname="?([^"\r\n;]{1,128}+)')
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_BOUNDARY = re.compile(r"\r?\n--|\Z")
_LITERAL = re.compile(r"[-+.0-9eE]+|true|false|null")  # a string may replace these in JSON
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def masked(text: str, level: int) -> str:
    """Return the mask that is shown in place of ``text``."""
    tail = text[-2:] if level == PARTLY and len(text) > 4 else ""
    return MASK + ("" if any(c in '"\\' or not c.isprintable() for c in tail) else tail)


def members(text: str, level: Level, within: Masking) -> tuple[str, int]:
    """Mask the values of JSON members; all scalars within, where the value is no scalar."""
    parts: list[str] = []
    done = count = 0
    for match, secret in _scalars(text, level) if ":" in text else ():
        if match.start() >= done and (secret or "\\" in match["scalar"]):
            shown, end, hidden = _scalar(text, match, secret, within)
            if hidden:
                count += hidden
                parts += (text[done : match.start()], shown)
                done = end
    parts.append(text[done:])
    return "".join(parts), count


def _scalars(text: str, level: Level) -> Iterator[tuple[re.Match[str], int]]:
    """Yield each scalar that is no name, with how secret it is."""
    named = 0  # how secret the member is whose value comes next
    around = [0]  # how secret the arrays and objects around are
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "key":
            named = level(unescaped(match["scalar"]))
            continue
        here = named or around[-1]
        if kind == "scalar":
            yield match, here
        elif kind == "open":
            around.append(here)
        elif kind == "close" and len(around) > 1:
            around.pop()
        named = 0


def _scalar(text: str, match: re.Match[str], level: int, within: Masking) -> tuple[str, int, int]:
    """Return a scalar as it is shown, its end, and the count of values masked in it."""
    token = match["scalar"]
    bare, quoted = _bare(token), token[0] == '"'
    if level:
        end = match.end()
        if level == WHOLLY and not quoted:  # as in a list of fields: one of several words
            end = next(_VALUE_END.finditer(text, end)).start()
        sign = '"' if quoted or _LITERAL.fullmatch(token) else ""
        return sign + masked(bare, level) + sign, end, 1
    if not (quoted and (":" in bare or "=" in bare or "\\u" in bare)):
        return token, match.end(), 0
    shown, count = within(unescaped(bare))
    closed = token != f'"{bare}'
    return _as_string(shown) if closed else _as_string(shown)[:-1], match.end(), count


def pairs(text: str, level: Level, within: Masking) -> tuple[str, int]:
    """Mask ``name=value`` pairs as in forms, queries and fields."""
    count = 0

    def mask(match: re.Match[str]) -> str:
        nonlocal count
        before, name, value = match.groups()
        secret = level(unquote(name)) if value else 0
        bare = _bare(value)
        shown, hidden = bare, 0
        if secret:
            shown, hidden = masked(unquote(bare), secret), 1
        elif "%" in bare:
            shown, hidden = within(unquote_plus(bare))
            shown = MASK.join(map(_encoded, shown.split(MASK)))
        if not hidden or shown == bare:
            return match[0]
        count += hidden
        quote = value[:1] if value[:1] == '"' else ""
        return f"{before}{name}={quote}{shown}{quote}"

    if "=" in text:
        pattern = _PAIR_IN_JSON if text.lstrip()[:1] in ("{", "[") else _PAIR
        text = pattern.sub(mask, text)
    return text, count


def elements(text: str, level: Level) -> tuple[str, int]:
    """Mask the text of XML elements, or of the parts of a multipart form."""
    if text.startswith("--"):
        return _parts(text, level)
    count = 0

    def mask(match: re.Match[str]) -> str:
        nonlocal count
        value = match["value"].strip()
        secret = level(match["name"]) if value else 0
        if not secret:
            return match[0]
        count += 1
        return match[1] + masked(value, secret)

    if text.lstrip()[:1] == "<":
        text = _ELEMENT.sub(mask, text)
    return text, count


def _parts(text: str, level: Level) -> tuple[str, int]:
    """Mask each part with a secret name: from the empty line after its head to the boundary."""
    shown: list[str] = []
    start = done = count = 0
    for match in _EMPTY_LINE.finditer(text):
        if match.start() < start:
            continue  # inside a part that is masked already
        secret = max(map(level, _NAME_OF_PART.findall(text, start, match.start())), default=0)
        start = match.end()
        end = next(_BOUNDARY.finditer(text, start)).start() if secret else start
        if value := text[start:end].strip():
            shown += (text[done:start], masked(value, secret))
            start = done = end
            count += 1
    return "".join([*shown, text[done:]]), count


def unescaped(text: str) -> str:
    r"""Return the value of a JSON string; ``\u0065mail`` is a spelling of ``email``."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda match: chr(int(match[1], 16)) if match[1] else _CONTROLS.get(match[2], match[2]),
        text,
    )


def _as_string(text: str) -> str:
    """Write a JSON string; the mask stays readable, a lone surrogate stays escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", written)


def _encoded(text: str) -> str:
    return quote_plus(text, safe="", errors="surrogatepass")


def _bare(token: str) -> str:
    """Return a scalar without its quotes; a cut one has only the opening quote."""
    return token[1:].removesuffix('"') if token[:1] == '"' else token
