"""Node's http-proxy-3 with a fixed token."""

import json
import shutil
from pathlib import Path

from benchmarks import tools
from benchmarks.model import TOKEN, Contender, Place
from benchmarks.process import Command

SCRIPT = Path(__file__).parents[1] / "apps" / "node_proxy.cjs"


def command(place: Place) -> Command:
    env = {
        "NODE_PATH": str(tools.NODE_MODULE.parent),
        "NODE_ENV": "production",
        "LISTEN_PORT": str(place.port),
        "TARGET": place.origin,
        "TOKEN": TOKEN,
        "ACCESS_LOG": str(place.folder / "access.log"),
    }
    if place.tls:
        env["NODE_EXTRA_CA_CERTS"] = str(place.authority)
    return Command((tools.require("node"), str(SCRIPT)), env)


def _version() -> str:
    module = json.loads((tools.NODE_MODULE / "package.json").read_text())["version"]
    return f"{module} on Node {tools.first_version('node', '--version')}"


NODE = Contender(
    name="node",
    label="http-proxy-3",
    setup="fixed token, keep-alive agent of 512 sockets, access log through a write stream",
    installed=lambda: bool(shutil.which("node")) and tools.NODE_MODULE.exists(),
    version=_version,
    command=command,
)
