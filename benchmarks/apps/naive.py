"""The proxy that one writes first: a Starlette route around httpx.AsyncClient."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
HOP_BY_HOP = {"connection", "keep-alive", "te", "transfer-encoding", "upgrade", "host"}


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep one client for all requests."""
    async with httpx.AsyncClient(
        base_url=os.environ["TARGET"],
        limits=httpx.Limits(max_connections=512, max_keepalive_connections=512),
        timeout=60,
    ) as app.state.client:
        yield


async def forward(request: Request) -> StreamingResponse:
    """Send the request on with the token, and stream the answer back."""
    client: httpx.AsyncClient = request.app.state.client
    fields = [(k, v) for k, v in request.headers.items() if k not in HOP_BY_HOP]
    fields.append(("authorization", f"Bearer {os.environ['TOKEN']}"))
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    onward = client.build_request(
        request.method,
        httpx.URL(path=request.url.path, query=request.url.query.encode()),
        headers=fields,
        content=request.stream() if has_body else None,
    )
    answer = await client.send(onward, stream=True)
    return StreamingResponse(
        answer.aiter_raw(),
        status_code=answer.status_code,
        headers={k: v for k, v in answer.headers.items() if k not in HOP_BY_HOP},
        background=BackgroundTask(answer.aclose),
    )


app = Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)], lifespan=lifespan)
