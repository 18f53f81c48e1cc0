"""The contenders, each set up as someone who knows it well would.

The same work for all: one worker, so that CPU time compares; upstream connections kept
alive, enough for 512 callers; bodies streamed; a line in a file for every request; the
upstream's certificate verified; Authorization put on each request.
"""

from benchmarks.model import Contender
from benchmarks.peers import caddy, direct, envoy, haproxy, mitmproxy, nginx, node, ours, python

ALL: tuple[Contender, ...] = (
    direct.DIRECT,
    ours.OURS,
    ours.CONSOLE,
    ours.LEDGER,
    ours.KEYED,
    ours.UNASKED,
    ours.PAIR,
    envoy.ENVOY,
    nginx.NGINX,
    haproxy.HAPROXY,
    caddy.CADDY,
    node.NODE,
    python.HELLO,
    mitmproxy.MITMPROXY,
    python.NAIVE,
    python.LIBRARY,
)
