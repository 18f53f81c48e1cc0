"""How who answers at the admin listener proves to be the proxy, before it is told anything.

Whoever comes first may listen on a port. The proxy proves that it has the secret, for a number that
is made for each question, and for the address at which it was asked: who listens elsewhere cannot
have it asked there and pass its answer on.
"""

import hmac
import ipaddress
import re

PATH = "/proof"
NONCE = re.compile(r"[0-9a-f]{32}")


def proof(secret: str, nonce: str, at: tuple[str, int]) -> str:
    """Return what the one with ``secret`` answers to ``nonce``, asked ``at`` an address."""
    host, port = at
    text = f"breb-proxy admin listener\n{nonce}\n{_written(host)}\n{port}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def _written(host: str) -> str:
    """Return an IP address as both ends of a connection write it."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
