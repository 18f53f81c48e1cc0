"""The options of each part, made from the settings; only settings.model has defaults."""

from proxy.addresses import bracketed
from proxy.exchange.forwarder import ForwarderOptions
from proxy.exchange.guard import GuardOptions
from proxy.listener import ListenerLimits
from proxy.memory.limit import memory_limit
from proxy.memory.rules import MIB, budget_within
from proxy.passport.tokens import TOKEN_PATH
from proxy.settings.model import Settings
from proxy.token.keeper import KeeperOptions
from proxy.upstream import PoolLimits

# For the admin listener: operators and probes are few, its pages take more memory, and no setting
# for callers closes it.
ADMIN_LIMITS = ListenerLimits(
    header_timeout=10.0, idle_timeout=75.0, connections=256, half_close_timeout=90.0
)
_UPSTREAM_IDLE = 30.0  # seconds: below that of most servers (60 s or more), so that we close first


def most_held(settings: Settings) -> int:
    """Return the bytes that callers may make us hold."""
    if settings.memory_budget is not None:
        return settings.memory_budget * MIB
    ledger = settings.ledger is not None
    return budget_within(memory_limit(), console=settings.console, ledger=ledger)


def listener_limits(settings: Settings) -> ListenerLimits:
    """Return the callers' time-outs, and the limit of their connections."""
    return ListenerLimits(
        header_timeout=settings.header_timeout,
        idle_timeout=settings.idle_timeout,
        connections=settings.max_callers,
        half_close_timeout=settings.half_close_timeout,
    )


def pool_limits(settings: Settings) -> PoolLimits:
    """Return the limit of connections to the upstream, and the time-outs on them."""
    return PoolLimits(
        connections=settings.max_connections,
        queue_timeout=settings.queue_timeout,
        read_timeout=settings.read_timeout,
        write_timeout=settings.write_timeout,
        idle_timeout=_UPSTREAM_IDLE,
    )


def keeper_options(settings: Settings) -> KeeperOptions:
    """Return the keeper's part of the settings."""
    return KeeperOptions(
        fetch_timeout=settings.token_timeout,
        wait=settings.token_wait,
        max_age=settings.token_max_age,
        revoke=settings.revoke_tokens,
    )


def token_paths(settings: Settings) -> frozenset[bytes]:
    """Return the paths at which callers find the token endpoint."""
    base, endpoint = settings.base_url, settings.token_endpoint_url
    paths = {TOKEN_PATH}
    if endpoint.origin == base.origin and endpoint.path.startswith(f"{base.path}/"):
        paths.add(endpoint.path.removeprefix(base.path))
    return frozenset(path.encode() for path in paths)


def forwarder_options(settings: Settings) -> ForwarderOptions:
    """Return the forwarder's part of the settings."""
    return ForwarderOptions(
        base=settings.base_url,
        token_paths=token_paths(settings),
        replay_limit=settings.replay_limit,
        server_timing=settings.server_timing,
    )


def guard_options(settings: Settings) -> GuardOptions:
    """Return the guard's part of the settings."""
    hosts = {"localhost", "127.0.0.1", "[::1]", *settings.allowed_hosts}
    if settings.listen.host not in ("", "0.0.0.0", "::"):  # noqa: S104  compared, not bound
        hosts.add(bracketed(settings.listen.host))
    return GuardOptions(
        hosts=frozenset(name.rstrip(".").lower().encode() for name in hosts),
        origins=frozenset(origin.lower().encode() for origin in settings.allowed_origins),
        keys=tuple(
            (each.caller, each.key.get_secret_value().encode()) for each in settings.caller_key
        ),
        allow=settings.allow,
        deny=settings.deny,
        max_body=settings.max_body,
        overrides=settings.allow_overrides or not _rests_on_method_and_path(settings),
    )


def _rests_on_method_and_path(settings: Settings) -> bool:
    return bool(
        settings.allow
        or settings.deny
        or settings.ledger is not None
        or settings.token_endpoint != "forward"  # noqa: S105  a mode, no secret
    )
