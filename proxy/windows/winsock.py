"""Errors of Windows' sockets in the words that other systems have for them.

``os.strerror`` knows none of these numbers, and Windows' own words are in the language of Windows.
"""

from typing import Final

_WORDS: Final = {
    10013: "permission denied",
    10048: "address already in use",
    10049: "cannot assign requested address",
    10050: "network is down",
    10051: "network is unreachable",
    10053: "software caused connection abort",
    10054: "connection reset by peer",
    10055: "no buffer space available",
    10060: "connection timed out",
    10061: "connection refused",
    10064: "host is down",
    10065: "no route to host",
    # The same of an operation that was under way (GetOverlappedResult)
    64: "connection reset by peer",
    121: "connection timed out",
    1225: "connection refused",
    1231: "network is unreachable",
    1232: "no route to host",
    1236: "software caused connection abort",
}


def words(error: OSError) -> str:
    """Return what happened, in words."""
    number = getattr(error, "winerror", None) or error.errno or 0
    return _WORDS.get(number) or str(error.strerror or error).rstrip(". ").lower()
