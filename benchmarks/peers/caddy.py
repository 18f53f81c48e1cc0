"""Caddy's reverse_proxy with a fixed token."""

from benchmarks import tools
from benchmarks.model import TOKEN, Contender, Place
from benchmarks.process import Command

CONFIG = """
{{
    admin off
    auto_https off
    persist_config off
}}
http://127.0.0.1:{port} {{
    log {{
        output file {folder}/access.log {{
            roll_disabled
        }}
    }}
    reverse_proxy {origin} {{
        header_up Authorization "Bearer {token}"
        flush_interval -1
        transport http {{
            keepalive_idle_conns 512
            keepalive_idle_conns_per_host 512
            {tls}
        }}
    }}
}}
"""


def command(place: Place) -> Command:
    config = place.folder / "Caddyfile"
    config.write_text(
        CONFIG.format(
            folder=place.folder,
            port=place.port,
            origin=place.origin,
            token=TOKEN,
            tls=f"tls_trust_pool file {place.authority}" if place.tls else "",
        )
    )
    caddy = str(tools.cached("native", "caddy"))
    # One worker, like everyone else here.
    env = {"GOMAXPROCS": "1", "HOME": str(place.folder)}
    return Command((caddy, "run", "--config", str(config), "--adapter", "caddyfile"), env)


CADDY = Contender(
    name="caddy",
    label="Caddy",
    setup="reverse_proxy, fixed token, GOMAXPROCS=1, 512 idle connections, access log in JSON",
    installed=lambda: tools.cached("native", "caddy").exists(),
    version=lambda: tools.first_version(str(tools.cached("native", "caddy")), "version"),
    command=command,
)
