"""fastapi-proxy-lib's reverse proxy, with a client that carries the token."""

import os

import httpx
from fastapi_proxy_lib.fastapi.app import reverse_http_app  # type: ignore[import-not-found]  # in an environment of its own

app = reverse_http_app(
    httpx.AsyncClient(
        headers={"authorization": f"Bearer {os.environ['TOKEN']}"},
        limits=httpx.Limits(max_connections=512, max_keepalive_connections=512),
        timeout=60,
    ),
    base_url=os.environ["TARGET"] + "/",
)
