"""An HTTP/1.1 client for one origin: connection, pool, connector, and its httpx face.

The raw face (`Pool`, `Connection`) serves the forwarder: field lines as byte pairs, no object per
header. `PoolTransport` gives the same pool, TLS and time-outs to any httpx client.
"""

from proxy.http1.response_parser import ResponseHead
from proxy.upstream.connect_tunnel import EgressProxy
from proxy.upstream.connection import Connection
from proxy.upstream.connector import Connector
from proxy.upstream.httpx_transport import PoolTransport
from proxy.upstream.pool import Pool, PoolLimits

__all__ = [
    "Connection",
    "Connector",
    "EgressProxy",
    "Pool",
    "PoolLimits",
    "PoolTransport",
    "ResponseHead",
]
