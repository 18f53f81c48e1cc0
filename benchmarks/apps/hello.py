"""The least that an ASGI application can do: the same answer as the upstream's, by itself."""

import os
from typing import Any

BODY = b"x" * int(os.environ["SMALL"])
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
    ],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401
    """Answer any request."""
    if scope["type"] == "http":
        await send(START)
        await send(END)
