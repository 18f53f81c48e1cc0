"""The gate for callers: the rate, the token, its scopes."""

from starlette.types import Scope

from simulator.operations import Operation
from simulator.records import Token
from simulator.refusal import Refusal
from simulator.world import World


class Gate:
    """Lets requests in, or refuses them with a reason."""

    def __init__(self, world: World) -> None:
        self._world = world

    def admit(self, scope: Scope, operation: Operation) -> Token | None:
        """Check a request; the token is returned where the operation needs one."""
        self._count()
        if not operation.needs_token or not self._world.config.require_token:
            return None
        token = self._live(bearer_of(scope))
        if token is None:
            raise Refusal(401, "the access token is missing or not valid")
        if operation.scope is not None and operation.scope not in token.scopes:
            raise self._short_of(operation.scope)
        return token

    def _live(self, bearer: str) -> Token | None:
        """Find a token that works, of this world or of the nameless one; each by its clock."""
        for world in (self._world, self._world.parent):
            token = world.bearers.get(bearer) if world is not None else None
            if world is not None and token is not None:
                return token if token.live(world.now()) else None
        return None

    def _count(self) -> None:
        config, now, recent = self._world.config, self._world.now(), self._world.recent
        if config.rate_limit is None:
            return
        while recent and recent[0] <= now - config.rate_window:
            recent.popleft()
        if len(recent) >= config.rate_limit:
            fields = {"Retry-After": str(config.retry_after)}
            raise Refusal(429, "too many requests", fields=fields)
        recent.append(now)

    def _short_of(self, scope: str) -> Refusal:
        fields = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        status = self._world.config.scope_failure
        message = f"the access token does not have the scope {scope}"
        return Refusal(status, message, code="MISSING_SCOPE", fields=fields)


def bearer_of(scope: Scope) -> str:
    """Give the bearer token of a request, or nothing."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) != 1:
        return ""
    scheme, _, token = found[0].decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
