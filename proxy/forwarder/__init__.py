"""One exchange from the caller's request to the upstream's answer.

The order of the steps is the design: token, connection, strip, inject, send, judge, answer.
"""

from proxy.forwarder.forwarder import Forwarder, ForwarderOptions

__all__ = ["Forwarder", "ForwarderOptions"]
