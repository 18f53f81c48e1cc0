"""Access tokens: issue, list, show, revoke."""

import hmac
from collections.abc import Iterable

from simulator.answers import TOKENS
from simulator.config import SandboxConfig
from simulator.lists import page
from simulator.models.shapes import timestamp
from simulator.models.tokens import (
    CreateToken,
    IssuedToken,
    RevokeToken,
    TokenInfo,
    TokenList,
    TokenQuery,
)
from simulator.operations import Call, Operation, Reply
from simulator.records import Token
from simulator.refusal import Refusal
from simulator.world import NAMESPACE, World

PATH = TOKENS
ROLES = ["entity.client_credentials"]
_KEPT = 10_000  # a soak test mints tokens for hours: the oldest are forgotten

SCOPES = (
    "iam.accounts.get",
    "iam.users.get",
    "iam.users.list.get",
    "iam.login_profiles.patch",
    "iam.oauth.tokens.list.get",
    "iam.oauth.tokens.get",
    "iam.oauth.tokens.delete",
    "iam.logout.post",
    "iam.roles.get",
    "iam.roles.list.get",
    "iam.roles.users.list.get",
    "iam.users.roles.list.get",
    *(
        f"paas.core.{resource}.{verb}"
        for resource, verbs in {
            "entity_customers": ("post", "patch", "get", "list.get"),
            "accounts": ("post", "get", "list.get"),
            "account_keys": ("post", "patch", "delete", "get", "list.get"),
            "breb_recipients": ("post", "get", "list.get"),
            "breb_payments": ("post", "get", "list.get"),
            "qrcodes": ("post", "delete", "get", "list.get"),
            "webhooks": ("post", "get"),
        }.items()
        for verb in verbs
    ),
)


def operations(config: SandboxConfig) -> Iterable[Operation]:
    """Name the token endpoints."""
    yield Operation(
        name="createToken", method="POST", path=PATH, summary="Issue an access token",
        answer=create, body=CreateToken, returns=IssuedToken, needs_token=False,
    )  # fmt: skip
    yield Operation(
        name="listTokens", method="GET", path=PATH, summary="List the issued tokens",
        answer=show_all, query=TokenQuery, returns=TokenList,
        scope="iam.oauth.tokens.list.get",
    )  # fmt: skip
    yield Operation(
        name="getToken", method="GET", path=PATH + "/{token_id}", summary="Show a token",
        answer=show, returns=TokenInfo, scope="iam.oauth.tokens.get",
    )  # fmt: skip
    yield Operation(
        name="revokeToken", method="DELETE", path=PATH + "/{token_id}", summary="Revoke a token",
        answer=revoke, body=RevokeToken, body_optional=not config.require_delete_body,
        status=config.deleted(200),
        refusals=(409,), scope="iam.oauth.tokens.delete",
    )  # fmt: skip


def create(call: Call) -> Reply:
    """Issue a token for the right credentials."""
    asked, world = call.body(CreateToken), call.world
    right = (world.config.client_id, world.config.client_secret)
    client, namespace = _split(asked.client_id, world.config.client_id)
    pairs = zip(right, (client, asked.client_secret), strict=True)
    if not all(hmac.compare_digest(ours.encode(), theirs.encode()) for ours, theirs in pairs):
        status = world.config.bad_credentials
        fields = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        message = "client id or secret is wrong"
        raise Refusal(status, message, code="INVALID_CLIENT", fields=fields)
    _make_room(world)
    token = _issue(world, namespace)
    bearer = {"access_token": token.bearer, "token_type": "Bearer"}
    described = _described(world, token, token.lifetime)
    return Reply(content=IssuedToken.model_validate({**bearer, **described}))


def _split(client_id: str, right: str) -> tuple[str, str]:
    """Take the namespace off a client id: ``sandbox-client+mine``."""
    client, plus, namespace = client_id.partition("+")
    if plus and "+" not in right and NAMESPACE.fullmatch(namespace):
        return client, namespace
    return client_id, ""


def _make_room(world: World) -> None:
    config = world.config
    if config.new_token == "keeps" and config.token_limit is None:  # noqa: S105 - a switch
        return
    live = [token for token in world.tokens.values() if token.live(world.now())]
    if config.new_token == "revokes":  # noqa: S105 - a switch
        for token in live:
            token.revoked = True
    elif config.token_limit is not None and len(live) >= config.token_limit:
        if config.token_limit_action == "refuse":  # noqa: S105 - a switch
            fields = {"Retry-After": str(config.retry_after)}
            raise Refusal(429, "too many live tokens", code="TOKEN_LIMIT", fields=fields)
        live[0].revoked = True


def _issue(world: World, namespace: str) -> Token:
    now, lifetime = world.now(), world.config.token_lifetime
    token = Token(
        token_id=world.new_id(),
        bearer=world.new_bearer(),
        scopes=SCOPES if world.config.scopes is None else world.config.scopes,
        issued_at=now,
        lifetime=lifetime,
        expires_at=now + lifetime,
        namespace=namespace,
    )
    world.tokens[token.token_id] = world.bearers[token.bearer] = token
    if len(world.tokens) > _KEPT:
        oldest = world.tokens.pop(next(iter(world.tokens)))
        del world.bearers[oldest.bearer]
    return token


def _described(world: World, token: Token, seconds: float) -> dict[str, object]:
    return {
        "token_id": token.token_id,
        "expires_in": max(int(seconds), 0),
        "created_at": timestamp(token.issued_at),
        "account_id": world.account_id,
        "scopes": list(token.scopes),
        "roles": ROLES,
    }


def _info(world: World, token: Token) -> TokenInfo:
    remaining = world.config.token_info_expires_in == "remaining"  # noqa: S105 - a switch
    seconds = token.expires_at - world.now() if remaining else token.lifetime
    return TokenInfo.model_validate(_described(world, token, seconds))


def show_all(call: Call) -> Reply:
    """List the tokens that work; all of them are of the client credentials grant."""
    query, world = call.asked(TokenQuery), call.world
    ours = query.user_id is None and query.grant_flow in {None, "GRANT_FLOW_CLIENT_CREDENTIALS"}
    live = [token for token in world.tokens.values() if ours and token.live(world.now())]
    chosen, info = page(world, query, (_info(world, token) for token in live), documented=200)
    return Reply(content=TokenList(tokens=chosen, pagination_info=info))


def show(call: Call) -> Reply:
    """Show a token that works, without its bearer value."""
    token = call.world.tokens.get(call.path["token_id"])
    if token is None or not token.live(call.world.now()):
        raise Refusal(404, "no such token")
    return Reply(content=_info(call.world, token))


def revoke(call: Call) -> Reply:
    """End a token at once."""
    world, token_id = call.world, call.path["token_id"]
    token = world.tokens.get(token_id)
    if token is None:
        raise Refusal(404, "no such token")
    if call.content is not None and call.body(RevokeToken).token_id != token_id:
        raise Refusal(400, "Field 'token_id' differs from the path")
    if not token.live(world.now()):
        raise Refusal(world.config.repeated_revoke, "the token is revoked already")
    if token is call.token and not world.config.revoke_own:
        raise Refusal(409, "a token cannot revoke itself")
    token.revoked = True
    return Reply(status=world.config.deleted(200))
