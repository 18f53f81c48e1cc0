"""The paths of the token endpoint, in every spelling that a server may accept."""

import unicodedata
from posixpath import normpath
from urllib.parse import unquote_to_bytes

from proxy.http1.request import Request

# Beside these two, a server may drop them at the end of a segment, as Windows does of file names.
_DROPPED = " ."


class TokenPaths:
    """Recognizes requests to the token endpoint and the paths below it: list, show, revoke."""

    def __init__(self, paths: frozenset[bytes]) -> None:
        self._paths = frozenset(map(plain, paths))

    def asks(self, request: Request) -> bool:
        """Report whether a request asks for a token."""
        # An upstream may take post for POST.
        return request.method.upper() == "POST" and plain(request.path) in self._paths

    def below(self, path: bytes) -> str | None:
        """Return the rest of a path below the endpoint, None if it is elsewhere."""
        read = plain(path)
        for each in self._paths:
            if read == each or read.startswith(f"{each}/"):
                return read[len(each) + 1 :]
        return None


def plain(path: bytes) -> str:
    """Return a path as the API may read it.

    No escapes, no dot and empty segments, one letter case, one form of each character (Unicode's
    NFKD, as of full-width letters), and no accents. Capitals first: that of a dotless i is an I.
    """
    text = unquote_to_bytes(path).decode("utf-8", "replace")
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text).upper()
        text = "".join(letter for letter in letters if not unicodedata.combining(letter))
    segments = (segment.rstrip(_DROPPED) or segment for segment in text.casefold().split("/"))
    return "/" + normpath("/".join(segments)).lstrip("/")
