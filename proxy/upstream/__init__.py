"""An HTTP/1.1 client for one origin: connection, pool, connector.

`Pool` and `Connection` serve the forwarder, which streams; `Client` sends whole requests over the
same pool, TLS and time-outs. Field lines are byte pairs, and no header is an object.
"""

from proxy.http1.answer_fields import ResponseHead
from proxy.upstream.client import Client, Reply
from proxy.upstream.connect_tunnel import EgressProxy
from proxy.upstream.connection import Connection
from proxy.upstream.connector import Connector
from proxy.upstream.pool import Pool, PoolLimits

__all__ = [
    "Client",
    "Connection",
    "Connector",
    "EgressProxy",
    "Pool",
    "PoolLimits",
    "Reply",
    "ResponseHead",
]
