"""The simulator's webhooks as entries of the journal."""

import pytest

from proxy.asgi import Message, Receive, Scope, Send
from proxy.cli.webhooks import WEBHOOK_PATH, WebhookInbox
from proxy.journal.journal import Journal


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})


async def _post(inbox: WebhookInbox, path: str, *parts: bytes) -> int:
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts
    ]
    messages.append({"type": "http.request"})
    told: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    lines = [(b"content-type", b"application/json"), (b"x-signature", b"abc")]
    await inbox({"type": "http", "path": path, "headers": lines}, receive, send)
    status: int = told[0]["status"]
    return status


@pytest.mark.anyio
async def test_a_webhook_is_kept_masked_and_bounded() -> None:
    inbox = WebhookInbox(_app)
    assert await _post(inbox, WEBHOOK_PATH, b"{}") == 204  # before there is a journal
    inbox.journal = Journal(["email"])
    assert await _post(inbox, "/v1/else") == 404
    parts = (b'{"event":"payment.made","email":"ana@example.com",', b'"n":"', b"x" * 70_000, b'"}')
    assert await _post(inbox, WEBHOOK_PATH, *parts) == 204
    inbox.journal.settle()
    ((entry,), _) = inbox.journal.after(0)
    assert (entry.kind, entry.status, entry.request.cut) == ("webhook", 204, True)
    assert "ana@example.com" not in str(entry.request.data)
    assert entry.note == "payment.made"
    assert entry.received == sum(map(len, parts))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
