"""HAProxy with a fixed token."""

from benchmarks import tools
from benchmarks.model import TOKEN, Contender, Place
from benchmarks.process import Command

CONFIG = """
global
    nbthread 1
    maxconn 4096
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    http-reuse always
    timeout connect 5s
    timeout client 75s
    timeout server 75s
frontend callers
    bind 127.0.0.1:{port} backlog 4096
    http-request set-header Authorization "Bearer {token}"
    default_backend upstream
backend upstream
    server up 127.0.0.1:{upstream_port} pool-max-conn 512 {tls}
"""


def command(place: Place) -> Command:
    config = place.folder / "haproxy.cfg"
    tls = f"ssl verify required verifyhost localhost ca-file {place.authority}"
    config.write_text(
        CONFIG.format(
            port=place.port,
            upstream_port=place.upstream_port,
            token=TOKEN,
            tls=tls if place.tls else "",
        )
    )
    return Command((tools.require("haproxy"), "-db", "-f", str(config)))


HAPROXY = Contender(
    name="haproxy",
    label="HAProxy",
    setup="set-header with a fixed token, nbthread 1, http-reuse always; only where installed",
    installed=lambda: tools.has("haproxy"),
    version=lambda: tools.first_version(tools.require("haproxy"), "-v"),
    command=command,
)
