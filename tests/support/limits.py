"""Limits and options as tests need them, where none of them is what a test is about."""

from typing import Any

from proxy.exchange.forwarder import ForwarderOptions
from proxy.listener import ListenerLimits
from proxy.token.keeper import KeeperOptions
from proxy.upstream import PoolLimits


def listener_limits() -> ListenerLimits:
    """Return limits that no test reaches."""
    return ListenerLimits(
        header_timeout=10.0, idle_timeout=75.0, connections=4096, half_close_timeout=90.0
    )


def pool_limits(**wanted: Any) -> PoolLimits:
    """Return those that are ``wanted``, beside others that no test reaches."""
    return PoolLimits(
        **{
            "connections": 512,
            "queue_timeout": 10.0,
            "read_timeout": 60.0,
            "write_timeout": 60.0,
            "idle_timeout": 30.0,
            **wanted,
        }
    )


def keeper_options(**wanted: Any) -> KeeperOptions:
    """Return the options that are ``wanted``, beside those of an ordinary proxy."""
    return KeeperOptions(
        **{"fetch_timeout": 10.0, "wait": 10.0, "max_age": None, "revoke": True, **wanted}
    )


def forwarder_options(**wanted: Any) -> ForwarderOptions:
    """Return the options that are ``wanted``, beside those of an ordinary proxy."""
    ordinary = {"token_paths": frozenset(), "replay_limit": 65_536, "server_timing": False}
    return ForwarderOptions(**{**ordinary, **wanted})
