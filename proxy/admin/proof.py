"""The proof that the proxy answers at the admin listener; a client asks for it before all else.

Any program may listen on a free port. The proxy proves that it has the secret, for a number that
is new in each question, and for the address at which it was asked: a listener at another address
cannot pass the question on and use the proxy's answer.
"""

import hmac
import ipaddress
import re

PATH = "/proof"
NONCE = re.compile(r"[0-9a-f]{32}")


def proof(secret: str, nonce: str, at: tuple[str, int]) -> str:
    """Return the proof of ``secret`` for ``nonce`` and the address ``at`` which it was asked."""
    host, port = at
    text = f"breb-proxy admin listener\n{nonce}\n{_written(host)}\n{port}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def _written(host: str) -> str:
    """Return an IP address as both ends of a connection write it."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
