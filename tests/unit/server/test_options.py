"""Defaults stand in the settings, and each part gets what it needs of them."""

from typing import NamedTuple

import pytest

from proxy.exchange.forwarder import ForwarderOptions
from proxy.exchange.guard import GuardOptions
from proxy.listener import ListenerLimits
from proxy.server import options
from proxy.settings.model import Settings
from proxy.token.keeper import KeeperOptions
from proxy.upstream import PoolLimits

KEY = "k" * 16


def settings(**given: object) -> Settings:
    return Settings(client_id="x", client_secret="x", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind", [ForwarderOptions, GuardOptions, KeeperOptions, ListenerLimits, PoolLimits]
)
def test_a_part_has_no_defaults_of_its_own(kind: type[NamedTuple]) -> None:
    """A second list of defaults would be right until the first one changes."""
    assert kind._field_defaults == {}


def test_each_part_gets_what_is_set() -> None:
    given = settings(
        header_timeout=1,
        idle_timeout=2,
        max_callers=3,
        half_close_timeout=4,
        read_timeout=5,
        write_timeout=6,
        queue_timeout=7,
        max_connections=8,
        token_timeout=9,
        token_wait=10,
        token_max_age=11,
        revoke_tokens=False,
        replay_limit=12,
        server_timing=True,
    )
    assert options.listener_limits(given) == ListenerLimits(1, 2, 3, 4)
    assert options.pool_limits(given) == PoolLimits(8, 7, 5, 6, 30)
    assert options.keeper_options(given) == KeeperOptions(9, 10, 11, revoke=False)
    forwarding = options.forwarder_options(given)
    assert (forwarding.replay_limit, forwarding.server_timing) == (12, True)


def test_the_guard_knows_the_names_that_we_have() -> None:
    given = settings(listen="[fd00::1]:80", caller_key=KEY, allowed_hosts="Breb.Example.")
    hosts = options.guard_options(given).hosts
    assert hosts == {b"localhost", b"127.0.0.1", b"[::1]", b"[fd00::1]", b"breb.example"}
    everywhere = settings(listen="0.0.0.0:80", caller_key=KEY)
    assert b"0.0.0.0" not in options.guard_options(everywhere).hosts


@pytest.mark.parametrize(
    ("given", "forwarded"),
    [
        ({}, True),
        ({"deny": "DELETE /v1/*"}, False),
        ({"ledger": "x.db"}, False),
        ({"token_endpoint": "refuse"}, False),
        ({"token_endpoint": "refuse", "allow_overrides": True}, True),
    ],
)
def test_another_method_may_be_named_where_nothing_rests_on_it(
    given: dict[str, object], forwarded: bool
) -> None:
    assert options.guard_options(settings(**given)).overrides is forwarded


def test_the_token_path_below_a_prefix_is_known_as_callers_see_it() -> None:
    given = settings(base_url="https://h/api", token_url="https://h/api/token")
    assert options.token_paths(given) == {b"/v1/iam/oauth/tokens", b"/token"}
    elsewhere = settings(base_url="https://h/api", token_url="https://other/token")
    assert options.token_paths(elsewhere) == {b"/v1/iam/oauth/tokens"}
