"""The simulator as a server sees it: behaviour around the API, controls beside it."""

import anyio
from starlette.types import Receive, Scope, Send

from simulator.answers import send_bytes, send_refusal
from simulator.cutting import Noted, taken_in
from simulator.namespaces import Namespace, Namespaces
from simulator.refusal import Refusal
from simulator.spoiling import spoil

FIELD = b"x-sandbox-fault"
PAGE = "/_sandbox"
NAMED = "of the Bre-B API"
SIMULATOR = f'{{"simulator":"{NAMED}'  # what the answer to / begins with


class Simulator:
    """An ASGI application; its lifespan carries the webhooks."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the time between start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with anyio.create_task_group() as tasks:
            self._namespaces.run_in(tasks)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            tasks.cancel_scope.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        try:
            namespace = self._namespaces.of(scope)
        except ValueError as error:
            refusal = Refusal(
                400, f"Field 'X-Sandbox-Namespace': {error}", code="INVALID_NAMESPACE"
            )
            await send_refusal(self._namespaces.nameless.world, refusal, scope, send)
            return
        if path == "/":
            await _point_to_the_page(scope, send)
        elif path == PAGE or path.startswith(PAGE + "/"):
            await namespace.controls(scope, receive, send)
        else:
            await _exchange(namespace, scope, receive, send)


async def _point_to_the_page(scope: Scope, send: Send) -> None:
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    if b"text/html" in accept:
        await send_bytes(send, 302, b"", [(b"location", PAGE.encode())])
        return
    told = f'{SIMULATOR}, not the real thing","api":"/v1/","page":"/_sandbox",'
    told += '"openapi":"/_sandbox/openapi.json"}'
    await send_bytes(send, 200, told.encode(), [(b"content-type", b"application/json")])


async def _exchange(namespace: Namespace, scope: Scope, receive: Receive, send: Send) -> None:
    behaviour, world = namespace.behaviour, namespace.world
    text = next((value for name, value in scope["headers"] if name == FIELD), b"").decode("latin-1")
    spelled = any(name == FIELD for name, _ in scope["headers"])
    noted, shown = Noted(send), text
    try:
        fault = behaviour.fault_for(f"{scope['method']} {scope['path']}", text if spelled else None)
    except ValueError as error:
        refusal = Refusal(400, f"Field 'X-Sandbox-Fault': {error}", code="INVALID_FAULT")
        await send_refusal(world, refusal, scope, noted)
        behaviour.saw(world.now(), scope, noted.status, shown)
        return
    if fault is None:
        shown = ""
    elif not spelled:
        shown = "planned, or at random"
    try:
        pause = behaviour.pause()
        if pause or (fault is not None and fault.delay):
            receive = await taken_in(receive, world.config.body_limit)
        await anyio.sleep(pause)
        if fault is None:
            await namespace.api(scope, receive, noted)
        else:
            await spoil(namespace, fault, scope, receive, noted)
    finally:
        behaviour.saw(world.now(), scope, noted.status, shown)
