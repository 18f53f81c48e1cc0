"""Worlds side by side, so that test suites do not get in each other's way.

A request belongs to the namespace that its X-Sandbox-Namespace field names, or else to that of
its access token, or else to the nameless one. Each has everything of its own: customers, money,
clock, faults, counts, webhooks. Tokens of the nameless one work in all of them, so that several
suites can share a proxy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from anyio.abc import TaskGroup
from starlette.types import ASGIApp, Scope

from simulator.behaviour import Behaviour
from simulator.gate import bearer_of
from simulator.webhooks import WebhookSender
from simulator.world import NAMESPACE, World

FIELD = b"x-sandbox-namespace"
_MOST = 256  # namespaces


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace: its world, and the applications that serve it."""

    world: World
    behaviour: Behaviour
    webhooks: WebhookSender
    api: ASGIApp
    controls: ASGIApp


class Namespaces:
    """All namespaces by name, made when they are first asked for; the longest unused one goes."""

    def __init__(self, make: Callable[[str, World | None], Namespace]) -> None:
        self._make = make
        self._tasks: TaskGroup | None = None
        self.nameless = make("", None)
        self._named: dict[str, Namespace] = {}

    def names(self) -> list[str]:
        """List the names, the one used last at the end."""
        return list(self._named)

    def run_in(self, tasks: TaskGroup) -> None:
        """Let webhooks of all namespaces, and of those to come, be sent by these tasks."""
        self._tasks = tasks
        for namespace in (self.nameless, *self._named.values()):
            tasks.start_soon(namespace.webhooks.run)

    def of(self, scope: Scope) -> Namespace:
        """Find the namespace that a request belongs to; raise ValueError where its name is none."""
        name = _asked_for(scope)
        if name is None:
            name = self._of_token(bearer_of(scope))
        return self.named(name) if name else self.nameless

    def named(self, name: str) -> Namespace:
        """Give the namespace of a name."""
        if not NAMESPACE.fullmatch(name):
            raise ValueError("a namespace is 1 to 64 letters, digits, dots, underscores or hyphens")
        namespace = self._named.pop(name, None)
        if namespace is None:
            namespace = self._make(name, self.nameless.world)
            if self._tasks is not None:
                self._tasks.start_soon(namespace.webhooks.run)
            if len(self._named) >= _MOST:
                self._named.pop(next(iter(self._named))).webhooks.stop()
        self._named[name] = namespace
        return namespace

    def _of_token(self, bearer: str) -> str:
        token = self.nameless.world.bearers.get(bearer)
        if token is not None or not bearer:
            return token.namespace if token else ""
        namespaces = self._named.items()
        return next(
            (name for name, namespace in namespaces if bearer in namespace.world.bearers), ""
        )


def _asked_for(scope: Scope) -> str | None:
    spelled = [value.decode("latin-1") for name, value in scope["headers"] if name == FIELD]
    if not spelled and scope["path"].startswith("/_sandbox"):
        spelled = parse_qs(scope["query_string"].decode("latin-1")).get("namespace", [])
    return spelled[0].strip() if spelled else None
