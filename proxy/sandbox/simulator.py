"""The simulator as a server sees it: behaviour around the API, controls beside it."""

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from proxy.sandbox.answers import send_refusal
from proxy.sandbox.behaviour import Behaviour, Seen
from proxy.sandbox.cutting import Cut, Kept, Noted, close, hang, reset, taken_in
from proxy.sandbox.faults import Fault
from proxy.sandbox.refusal import Refusal
from proxy.sandbox.webhooks import Courier
from proxy.sandbox.world import World

FIELD = b"x-sandbox-fault"


class Simulator:
    """An ASGI application; its lifespan carries the webhooks."""

    def __init__(
        self,
        world: World,
        behaviour: Behaviour,
        courier: Courier,
        *,
        api: ASGIApp,
        controls: ASGIApp,
    ) -> None:
        self._world = world
        self._behaviour = behaviour
        self._courier = courier
        self._api = api
        self._controls = controls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the time between start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            path = scope["path"]
            if path == "/_sandbox" or path.startswith("/_sandbox/"):
                await self._controls(scope, receive, send)
            else:
                await self._exchange(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._courier.run)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            tasks.cancel_scope.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        spelled = next((value for name, value in scope["headers"] if name == FIELD), None)
        text = None if spelled is None else spelled.decode("latin-1")
        try:
            fault = self._behaviour.fault_for(f"{scope['method']} {scope['path']}", text)
        except ValueError as error:
            refusal = Refusal(400, f"Field 'X-Sandbox-Fault': {error}", code="INVALID_FAULT")
            await send_refusal(self._world, refusal, scope, send)
            return
        noted, pause = Noted(send), self._behaviour.pause()
        try:
            if pause or (fault is not None and fault.delay):
                receive = await taken_in(receive, self._world.config.body_limit)
            await anyio.sleep(pause)
            if fault is None:
                await self._api(scope, receive, noted)
            else:
                await self._spoil(fault, scope, receive, noted)
        finally:
            shown = "" if fault is None else text or "planned, or by dice"
            seen = Seen(self._world.now(), scope["method"], scope["path"], noted.status, shown)
            self._behaviour.journal.append(seen)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Noted) -> None:
        kept = Kept()
        if fault.after or fault.cut_body is not None:
            await self._api(scope, receive, kept)
        await anyio.sleep(fault.delay)
        if fault.reset:
            await reset(receive, send.inner)
        elif fault.hang is not None:
            await hang(receive, send.inner, fault.hang)
        elif fault.status is not None:
            await send_refusal(self._world, _made_up(fault), scope, send)
        elif fault.cut_body is not None:
            await kept.release(Cut(send, fault.cut_body))
            await close(receive, send.inner)
        elif fault.after:
            await kept.release(send)
        else:
            await self._api(scope, receive, send)


def _made_up(fault: Fault) -> Refusal:
    fields = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Refusal(fault.status or 503, "as was asked for", code="FAULT", fields=fields)
