"""nginx proxy_pass with a fixed token: C without token logic, the physical reference."""

from benchmarks import tools
from benchmarks.model import TOKEN, Contender, Place
from benchmarks.process import Command

CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log {folder}/access.log combined;
    client_max_body_size 0;
    client_body_buffer_size 128k;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream up {{
        server 127.0.0.1:{upstream_port};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass {scheme}://up;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Authorization "Bearer {token}";
            # Stream, as the others do, instead of writing large bodies to disk first.
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            # The default of 4 KiB each doubles the cost of large bodies.
            proxy_buffers 8 64k;
            proxy_busy_buffers_size 128k;
            {tls}
        }}
    }}
}}
"""
TLS = (
    "proxy_ssl_verify on; proxy_ssl_name localhost;"
    " proxy_ssl_trusted_certificate {authority}; proxy_ssl_protocols TLSv1.2 TLSv1.3;"
)


def command(place: Place) -> Command:
    config = place.folder / "nginx.conf"
    config.write_text(
        CONFIG.format(
            folder=place.folder,
            port=place.port,
            upstream_port=place.upstream_port,
            scheme="https" if place.tls else "http",
            token=TOKEN,
            tls=TLS.format(authority=place.authority) if place.tls else "",
        )
    )
    nginx = tools.require("nginx")
    return Command((nginx, "-e", f"{place.folder}/error.log", "-c", str(config)))


NGINX = Contender(
    name="nginx",
    label="nginx",
    setup="proxy_pass, fixed token, one worker, keepalive 512, bodies streamed, 64 KiB buffers",
    installed=lambda: tools.has("nginx"),
    version=lambda: tools.first_version(tools.require("nginx"), "-v"),
    command=command,
)
