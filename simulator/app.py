"""The simulator put together."""

import functools
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from simulator.answers import failure
from simulator.api import (
    accounts,
    customers,
    keys,
    old_payments,
    payments,
    qrcodes,
    recipients,
    resolutions,
    tokens,
)
from simulator.behaviour import Behaviour
from simulator.config import SandboxConfig
from simulator.console import Console
from simulator.data import load
from simulator.endpoint import Endpoint
from simulator.gate import Gate
from simulator.namespaces import Namespace, Namespaces
from simulator.openapi import document
from simulator.operations import Operation
from simulator.refusal import Refusal
from simulator.simulator import Simulator
from simulator.webhooks import WebhookSender
from simulator.world import Clock, World

RESOURCES = (
    tokens,
    customers,
    accounts,
    keys,
    resolutions,
    recipients,
    payments,
    old_payments,
    qrcodes,
)


def operations(config: SandboxConfig) -> list[Operation]:
    """List every endpoint of the API."""
    return [operation for resource in RESOURCES for operation in resource.operations(config)]


def create_app(
    config: SandboxConfig | None = None,
    *,
    wall: Callable[[], float] = time.time,
    data: str | None = None,
) -> ASGIApp:
    """Build a simulator with a world of its own; ``wall`` tells the seconds since the epoch.

    ``data`` is the nameless namespace's beginning; if it is wrong, ValueError has the reason.
    """
    config = config or SandboxConfig()
    every = operations(config)
    # Made when somebody asks for it: that takes longer than all the rest of a start.
    described = functools.cache(lambda: document(every, config))
    names: Callable[[], list[str]] = lambda: namespaces.names()  # noqa: E731  made below

    def make(name: str, parent: World | None) -> Namespace:
        world = World(config, Clock(wall), name=name, parent=parent)
        behaviour, webhooks = Behaviour(config), WebhookSender(world)
        world.on_change = webhooks.nudge
        console = Console(world, behaviour, webhooks, described, names)
        return Namespace(world, behaviour, webhooks, _api(world, every), console)

    namespaces = Namespaces(make)
    if data is not None:
        load(namespaces.nameless.world, data)
    return Simulator(namespaces)


def _api(world: World, every: list[Operation]) -> Starlette:
    gate = Gate(world)
    paths: dict[str, list[Operation]] = {}
    for operation in every:
        paths.setdefault(operation.path, []).append(operation)
    # a fixed path comes before one with a parameter, even if the table has another order
    routes = [
        Route(path, Endpoint(world, gate, paths[path]))
        for path in sorted(paths, key=lambda path: path.count("{"))
    ]

    async def nowhere(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        refusal = Refusal(status, "no such path" if status == 404 else "internal error")
        content = failure(world, refusal, request.scope)
        return Response(content, status, media_type=world.config.error_content_type)

    app = Starlette(routes=routes, exception_handlers={HTTPException: nowhere})
    app.router.redirect_slashes = False
    return app
