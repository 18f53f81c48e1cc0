"""mitmproxy in reverse mode with a fixed token."""

from benchmarks import tools
from benchmarks.model import TOKEN, Contender, Place
from benchmarks.process import Command


def command(place: Place) -> Command:
    options = {
        "confdir": str(place.folder / "conf"),
        "modify_headers": f"/~q/Authorization/Bearer {TOKEN}",
        "stream_large_bodies": "64k",
        "ssl_verify_upstream_trusted_ca": str(place.authority),
    }
    argv = [str(tools.cached("mitmproxy", "mitmdump")), "--mode", f"reverse:{place.origin}"]
    argv += ["--listen-host", "127.0.0.1", "--listen-port", str(place.port)]
    for name, value in options.items():
        argv += ["--set", f"{name}={value}"]
    return Command(tuple(argv))


MITMPROXY = Contender(
    name="mitmproxy",
    label="mitmproxy",
    setup="mitmdump, reverse mode, modify_headers with a fixed token, large bodies streamed",
    installed=lambda: tools.cached("mitmproxy", "mitmdump").exists(),
    version=lambda: tools.package_version("mitmproxy", "mitmproxy"),
    command=command,
    slow=True,
)
