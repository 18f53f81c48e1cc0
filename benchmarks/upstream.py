"""The upstream of every contender: nginx, which insists on the token and on whole bodies."""

import json
from dataclasses import dataclass
from pathlib import Path

import trustme

from benchmarks import field_lines, tools
from benchmarks.model import GIB, KIB, MIB, SMALL, TOKEN
from benchmarks.process import Command, Process, free_ports

CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_max_body_size 0;
    client_body_buffer_size 2m;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        ssl_session_cache shared:s:1m;
        root {folder}/bodies-out;

        location = /swallow {{ internal; return 204; }}
        {locations}
        location /v1/iam/oauth/tokens {{ return 200 '{grant}'; }}
        # Each token is another one, and lives two seconds.
        location = /fresh/v1/iam/oauth/tokens {{ return 200 '{fresh}'; }}
        location /fresh/v1/iam/oauth/tokens/ {{ return 204; }}
        location = /fresh/small {{
            {lines}
            if ($http_authorization !~ "^Bearer [0-9a-f]+$") {{ return 401; }}
            return 200 '{small}';
        }}
    }}
}}
"""
# What is answered with one set of field lines; `prefix` names the set.
LOCATIONS = """
        location {prefix}/ {{
            {lines}
            if ($http_authorization != "Bearer {token}") {{ return 401; }}
        }}
        location = {prefix}/small {{
            {lines}
            if ($http_authorization != "Bearer {token}") {{ return 401; }}
            return 200 '{small}';
        }}
        # A static file refuses POST with 405, but only after mirror has read the whole
        # body: so the answer tells how many bytes came in, and none is sent before them.
        location {prefix}/sink/ {{
            if ($http_authorization != "Bearer {token}") {{ return 401; }}
            mirror /swallow;
            error_page 405 =200 @received{name};
        }}
        location @received{name} {{
            {lines}
            return 200 '{{"received":$request_length}}';
        }}
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A running upstream."""

    process: Process
    port: int
    tls_port: int
    authority: Path


def start(folder: Path) -> Upstream:
    """Start nginx on two free loopback ports, one of them with TLS."""
    folder.mkdir()
    _write_bodies(folder / "bodies-out")
    authority = _write_certificates(folder)
    port, tls_port = free_ports(2)
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(
            folder=folder,
            port=port,
            tls_port=tls_port,
            locations="".join(_locations(name) for name in field_lines.ANSWERED),
            grant=json.dumps(_grant(TOKEN, 86400)),
            fresh=json.dumps(_grant("$request_id", 2)),
            lines=_lines("common"),
            small=small_body().decode(),
        )
    )
    argv = (tools.require("nginx"), "-e", f"{folder}/error.log", "-c", str(config))
    return Upstream(Process(Command(argv), folder / "out.log"), port, tls_port, authority)


def small_body() -> bytes:
    """Make the small answer: a JSON document of the size that most of the API's have."""
    empty = json.dumps({"id": "7f3c", "status": "SETTLED", "note": ""})
    return empty.replace('""', f'"{"x" * (SMALL - len(empty))}"').encode()


def body(size: int) -> bytes:
    """Make the body of the larger answers, of which every KiB differs from its neighbours."""
    return b"".join(f"{number:>1023}\n".encode() for number in range(size // KIB))


def _locations(name: str) -> str:
    return LOCATIONS.format(
        name=name,
        prefix="" if name == "common" else f"/{name}",
        lines=_lines(name),
        token=TOKEN,
        small=small_body().decode(),
    )


def _lines(name: str) -> str:
    lines = field_lines.ANSWERED[name]
    return " ".join(f'add_header {key} "{value}" always;' for key, value in lines)


def _write_bodies(folder: Path) -> None:
    (folder / "sink").mkdir(parents=True)
    for digits in (4, 7, 10):
        (folder / "sink" / str(digits)).touch()
    for name in field_lines.ANSWERED:
        (folder / name).symlink_to(folder)
    (folder / "10k").write_bytes(body(10 * KIB))
    (folder / "1m").write_bytes(body(MIB))
    with (folder / "1g").open("wb") as huge:
        huge.truncate(GIB)


def _write_certificates(folder: Path) -> Path:
    authority = trustme.CA()
    # nginx and HAProxy compare names only, never addresses.
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf.private_key_pem.write_to_path(str(folder / "key.pem"))
    with (folder / "cert.pem").open("wb") as chain:
        chain.writelines(blob.bytes() for blob in leaf.cert_chain_pems)
    return folder / "ca.pem"


def _grant(token: str, lifetime: int) -> dict[str, object]:
    return {
        "access_token": token,
        "token_id": "0d5f1f9e-6f0a-4d0c-9d52-3f4f6f0c2b11",
        "token_type": "Bearer",
        "expires_in": lifetime,
        "created_at": "2025-09-10T22:22:50.337Z",
        "account_id": "5d1a7b5e-8a86-4d39-8a0e-3f0f1c9d7a55",
        "scopes": [],
        "roles": ["entity.client_credentials"],
    }
