"""Token requests and webhooks as entries of the journal."""

import asyncio

import pytest

from proxy.asgi import Message, Receive, Scope, Send
from proxy.errors import CredentialsRefused
from proxy.journal.beside import WEBHOOK_PATH, WatchedSource, WebhookInbox
from proxy.journal.entry import Entry
from proxy.journal.journal import Journal
from proxy.token.source import AccessToken


class FixedSource:
    """Gives what it was made with."""

    def __init__(self, outcome: AccessToken | BaseException) -> None:
        self._outcome = outcome

    async def fetch(self) -> AccessToken:
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    async def revoke(self, token: AccessToken, bearer: AccessToken) -> None:
        raise NotImplementedError

    async def changed(self) -> bool:
        return False

    async def ended(self, token: AccessToken) -> bool:
        raise NotImplementedError


def kept(journal: Journal) -> Entry:
    journal.settle()
    ((entry,), _) = journal.after(0)
    return entry


@pytest.mark.anyio
async def test_a_token_request_is_kept_without_the_token() -> None:
    journal = Journal([])
    token = AccessToken("very-secret-token", 0.0, 60.0)
    source = WatchedSource(FixedSource(token), journal, "/v1/tokens")
    assert await source.fetch() is token
    assert not await source.changed()
    entry = kept(journal)
    assert (entry.kind, entry.method, entry.target, entry.status) == (
        "token",
        "POST",
        "/v1/tokens",
        200,
    )
    assert "very-secret-token" not in repr(entry)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(CredentialsRefused("refused: 401"), "refused: 401", id="refused"),
        pytest.param(asyncio.CancelledError(), "given up", id="given up"),
        pytest.param(ValueError("very-secret"), "failed", id="a surprise"),
    ],
)
async def test_a_token_request_that_fails_says_why(error: BaseException, words: str) -> None:
    journal = Journal([])
    with pytest.raises(type(error)):
        await WatchedSource(FixedSource(error), journal, "/v1/tokens").fetch()
    entry = kept(journal)
    assert entry.trouble is not None
    assert (entry.status, str(entry.trouble.detail)) == (None, words)


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
    entry = kept(inbox.journal)
    assert (entry.kind, entry.status, entry.request.cut) == ("webhook", 204, True)
    assert "ana@example.com" not in str(entry.request.data)
    assert entry.note == "payment.made"
    assert entry.received == sum(map(len, parts))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
