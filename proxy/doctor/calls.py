"""The calls: a token, and a request on the whole way, by the same parts that serve callers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from proxy.addresses import ListenAddress
from proxy.admin.access import Access
from proxy.doctor import advice
from proxy.doctor.rivals_check import rivals
from proxy.doctor.steps import Finding, Outcome, doubtful, failed, fine
from proxy.errors import TokenError
from proxy.passport.tokens import TOKEN_PATH
from proxy.server import sockets
from proxy.server.build import build
from proxy.server.listener import Listener
from proxy.server.options import listener_limits
from proxy.server.parts import Parts
from proxy.settings.credentials import CredentialsReader
from proxy.settings.model import Settings
from proxy.settings.sources import Sources
from proxy.terminal.arguments import say
from proxy.token.kept import fetched, kept, left_alive, undisturbed
from proxy.token.source import AccessToken
from proxy.words import Language, Said, phrase
from proxy.words.durations import Span

SKEW = 30.0  # seconds
_DATE_STEP = 2.0  # seconds: a Date has whole seconds, and the answer takes a moment
REVOKE_LIMIT = 4.0  # seconds
_BODY = 65_536  # bytes
_TARGET = 40  # characters


class Calls:
    """The proxy in small: keeper, guard, forwarder and pool behind a listener of its own."""

    def __init__(self, settings: Settings, parts: Parts, port: int, language: Language) -> None:
        self._settings = settings
        self._language = language
        self._parts = parts
        self._port = port
        self.told = False
        """Whether a step told how the token ended."""

    async def token(self) -> Finding:
        """Fetch one token, once; or none where it might end that of replicas out of reach."""
        token = await fetched(self._parts.keeper)
        if isinstance(token, TokenError):
            shared = self._parts.shared
            away = shared is not None and shared.share.problem is not None
            see = advice.DATABASE if away else advice.no_token(token, self._settings)
            return failed(token.detail, see)
        says = phrase("check.valid", span=Span(token.lifetime), count=len(token.scopes))
        few = ", ".join(token.scopes[:3]) + (", …" if token.scopes[3:] else "")
        unknown = phrase("check.not-known")
        rows = (
            (phrase("check.token-id"), token.token_id or unknown),
            (phrase("check.scopes"), few or unknown),
        )
        facts = {
            "lifetime": round(token.lifetime, 3),
            "token_id": token.token_id,
            "scopes": list(token.scopes),
        }
        return Finding(Outcome.OK, says, (), rows, facts)

    async def clock(self) -> Finding:
        """Compare our clock with the Date of the token endpoint's answer."""
        source = self._parts.source
        skew = source.skew
        if skew is None:
            why = phrase("check.no-date") if source.answered else phrase("check.no-response")
            return Finding(Outcome.SKIPPED, phrase("check.not-compared", why=why))
        facts = {"skew": round(skew, 1)}
        if abs(skew) <= _DATE_STEP:
            return fine(phrase("check.same-time"), **facts)
        if abs(skew) <= SKEW:
            return fine(phrase("check.near-time", seconds=round(abs(skew))), **facts)
        says = phrase("check.ahead", span=Span(-skew))
        if skew > 0:
            says = phrase("check.behind", span=Span(skew))
        return doubtful(says, phrase("check.set-clock"), **facts)

    async def request(self, path: str | None) -> Finding:
        """Send one GET as a caller does, and judge the answer."""
        target = path or self._own_path()
        try:
            response, body = await self._get(target)
        except httpx.HTTPError:
            says = phrase("check.cut-off", target=shortened(target))
            return failed(says, phrase("check.closes-early"), path=target)
        return self._judged(target, response, body)

    async def _get(self, target: str) -> tuple[httpx.Response, bytes]:
        keys = self._settings.caller_key
        fields: dict[str, str] = {"Accept-Language": self._language}
        if keys:
            fields["X-Proxy-Key"] = keys[0].key.get_secret_value()
        client = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113  the step is bounded
        async with (
            client,
            client.stream(
                "GET", f"http://127.0.0.1:{self._port}{target}", headers=fields
            ) as response,
        ):
            body = b""
            async for part in response.aiter_raw():
                body += part
                if len(body) > _BODY:
                    break
        return response, body

    def _own_path(self) -> str:
        held = self._parts.keeper.held
        token_id = held.token.token_id if held else None
        return f"{TOKEN_PATH}/{token_id}" if token_id else TOKEN_PATH

    def _judged(self, target: str, response: httpx.Response, body: bytes) -> Finding:
        status = response.status_code
        short, facts = shortened(target), {"path": target, "status": status}
        if response.headers.get("proxy-status", "").startswith("breb-proxy;"):
            return _refused_here(short, status, body, facts)
        if response.is_success:
            size = len(body)
            return fine(phrase("check.answered", target=short, status=status, size=size), **facts)
        if status >= 500:
            says = phrase("check.status", target=short, status=status)
            return failed(says, phrase("check.upstream-trouble"), **facts)
        held = self._parts.keeper.held
        scopes = held.token.scopes if held else ()
        says = phrase("check.of-the-upstream", target=short, status=status)
        return doubtful(says, advice.unwelcome(status, scopes), **facts)

    async def rivals(self) -> Finding:
        """Find out whether a new token ends the older ones."""
        return await rivals(self._parts.source, self._settings.token_timeout)

    async def give_back(self) -> Finding:
        """Revoke the token, as at the end of the proxy."""
        keeper = self._parts.keeper
        held = keeper.held
        if not self._settings.revoke_tokens or held is None:
            says = phrase("check.not-held")
            if held is not None:
                says = phrase("check.kept", span=Span(held.token.lifetime))
            return Finding(Outcome.SKIPPED, says)
        return await self._revoke(held.token)

    async def _revoke(self, token: AccessToken) -> Finding:
        if token.token_id is None:
            return Finding(Outcome.SKIPPED, phrase("check.nameless"))
        await undisturbed(self._parts.keeper.aclose())
        self.told = True
        shared = self._parts.shared
        if shared is not None and shared.share.taken:
            return fine(phrase("check.let-go"))
        if self._parts.keeper.revocations["success"]:
            return fine(phrase("check.revoked"))
        says = phrase("check.not-revoked", span=Span(token.lifetime))
        return doubtful(says, advice.not_revoked(token.scopes))


def shortened(target: str) -> str:
    """Return a target that fits into a line; the facts have the whole target."""
    return target if len(target) <= _TARGET else f"{target[: _TARGET - 1]}…"


def _refused_here(target: str, status: int, body: bytes, facts: Mapping[str, object]) -> Finding:
    detail: Said = phrase("check.proxy-refused")
    next_step: Said = phrase("check.see-log")
    with contextlib.suppress(ValueError, KeyError, TypeError):
        problem = json.loads(body)
        detail, next_step = str(problem["detail"]), str(problem["next_step"])
    says = phrase("check.of-the-proxy", target=target, status=status, why=detail)
    return failed(says, next_step, **facts)


@asynccontextmanager
async def proxy_in_small(
    settings: Settings, sources: Sources, language: Language
) -> AsyncIterator[Calls]:
    """Run keeper and callers' listener on a free loopback port while the block runs.

    Refusals are in ``language``.
    """
    # At most one fetch, and `refresh` sees its end; no access log between our lines. No ledger: a
    # running proxy may hold its file, and we send nothing that it would have to record.
    own = {"access_log": False, "token_wait": settings.token_timeout + 1, "ledger": None}
    quiet = settings.model_copy(update={**own, "database": settings.database_address})
    credentials = CredentialsReader(sources, settings.base_url)
    parts = build(quiet, credentials, lambda: None, Access(), as_json=False, alone=False)
    doors = sockets.bind(ListenAddress("127.0.0.1", 0))
    limits = listener_limits(settings)
    listener = Listener(parts.shell, parts.shell.refused, limits, 1, None)
    calls = Calls(settings, parts, sockets.port_of(doors), language)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(listener.serve(doors))
        try:
            async with kept(parts.keeper):
                yield calls
        finally:
            if not calls.told and (words := left_alive(parts.keeper)):
                say(words)
            listener.drain()
            await serving
            for each in parts.closing:
                await each.aclose()
