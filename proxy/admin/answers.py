"""The JSON that the admin listener's endpoints take and give."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.words import Said, both


async def body(request: Request, most: int) -> bytes | None:
    """Return the whole body, None if it has more than ``most`` bytes."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > most:
            return None
    return content


def no(why: Said, status: int) -> Response:
    """Refuse, in English for programs and in each language for the page."""
    return JSONResponse({"detail": str(why), "said": both(why)}, status)
