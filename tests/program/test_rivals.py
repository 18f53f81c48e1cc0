"""Several proxies with the same credentials, where a new token ends the older ones."""

import contextlib
import threading
import time
from collections import Counter

import pytest

from proxy.token.rivals import ENOUGH
from tests.support import Program, ask
from tests.support.command import command
from tests.support.front import until
from tests.support.leaks import SECRET
from tests.support.patience import PATIENCE
from tests.support.simulator import simulator
from tests.support.sweeps import further

PATH = "/v1/iam/oauth/tokens"


def served(proxy: Program, seconds: float, statuses: Counter[int]) -> None:
    """Call as an application does, again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        statuses[ask(proxy.port, PATH).status] += 1
        time.sleep(0.05)


def all_served(proxies: list[Program], seconds: float) -> Counter[int]:
    """Call all at the same time; count the statuses."""
    statuses = Counter[int]()
    callers = [
        threading.Thread(target=served, args=(proxy, seconds, statuses)) for proxy in proxies
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return statuses


@pytest.mark.parametrize(
    ("count", "config"),
    [
        pytest.param(2, {"new_token": "revokes"}, id="two, a new token ends all others"),
        *further(
            pytest.param(5, {"new_token": "revokes"}, id="five, a new token ends all others"),
            pytest.param(
                5, {"token_limit": 3, "token_limit_action": "evict"}, id="five, three tokens live"
            ),
        ),
    ],
)
def test_rivals_are_named_and_serve_all_callers(count: int, config: dict[str, object]) -> None:
    with simulator(**config) as url, contextlib.ExitStack() as running:
        proxies = [
            running.enter_context(Program(url, ready=False, log_level="info")) for _ in range(count)
        ]
        for proxy in proxies:
            proxy.until("/readyz")
        started = time.monotonic()
        early = late = all_served(proxies, 6.0)
        # A machine that is slow enough lets another fetch come between ours and the replay.
        while set(late) != {200}:
            assert time.monotonic() < started + PATIENCE, late
            late = all_served(proxies, 6.0)
        elapsed = time.monotonic() - started
        tokens = [proxy.status()["token"] for proxy in proxies]
        assert early[200] > early[401]
        assert all(sum(token["renewals"].values()) <= elapsed / 1.0 + 2 for token in tokens)
        named = [proxy for proxy in proxies if proxy.status()["token"]["rivals"]["named"]]
        assert named
        assert " help fleet" in named[0].output
        assert "[!] rivals:" in named[0].admin("/readyz?verbose")[1]
        assert "\nbreb_proxy_token_rivals 1.0\n" in named[0].admin("/metrics")[1]


def test_a_proxy_alone_has_no_rivals() -> None:
    with simulator(new_token="revokes") as url, Program(url) as proxy:
        statuses = Counter[int]()
        for _ in range(ENOUGH + 1):
            until(lambda: proxy.admin("/refresh", "POST")[0] == 200, "a new token")
            served(proxy, 0.1, statuses)
        assert set(statuses) == {200}
        rivals = proxy.status()["token"]["rivals"]
        assert rivals == {"named": False, "evictions": 0, "words": "", "said": ""}


@pytest.mark.parametrize(
    ("new_token", "says"),
    [("keeps", "does not end the older ones"), ("revokes", "a new token ends the older ones")],
)
def test_check_finds_out_on_purpose(tmp_path: object, new_token: str, says: str) -> None:
    with simulator(new_token=new_token) as url:
        here = {
            "cwd": tmp_path,
            "BREB_BASE_URL": url,
            "BREB_CLIENT_ID": "test-client",
            "BREB_CLIENT_SECRET": SECRET,
            "BREB_LISTEN": "127.0.0.1:0",
            "BREB_ADMIN_LISTEN": "127.0.0.1:0",
        }
        asked = command("check", "--rivals", **here)
        assert (asked.code, "Continue?" in asked.err) == (1, True)
        done = command("check", "--rivals", "--yes", **here)
        assert done.code == 0
        assert says in done.out
