"""Nothing in between: what the load generator sees of the upstream itself."""

from benchmarks import tools
from benchmarks.model import Contender

DIRECT = Contender(
    name="direct",
    label="no proxy",
    setup="the load generator asks the upstream itself; the zero of the added latency",
    installed=lambda: True,
    version=lambda: f"wrk {tools.first_version(tools.require('wrk'), '-v')}",
    command=None,
)
