"""The token's life end to end: the program as a process, its bytes on real sockets."""

import asyncio
import contextlib
import inspect
import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import proxy.server.build
from proxy.addresses import Url
from proxy.admin.access import Access
from proxy.admin.readiness import token_state
from proxy.errors import CredentialsMissing
from proxy.settings.credentials import CredentialsReader
from proxy.settings.model import find, load
from proxy.settings.sources import Sources
from proxy.token import response, revoker, schedule, unauthorized
from tests.support import Call, Program, RawUpstream, ask, token_reply
from tests.support.leaks import issued
from tests.support.patience import PATIENCE
from tests.support.sweeps import further
from tests.support.upstream import OK, TOKEN_PATH, answer
from tests.support.wire import connect, read_answer

PATH = TOKEN_PATH.decode()


def until(condition: Callable[[], object], what: str) -> None:
    """Poll until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.02)


def bearer(call: Call) -> str:
    (value,) = call.values("authorization")
    return value.decode().removeprefix("Bearer ")


class Authority:
    """A token endpoint and an upstream that takes its tokens alone, while they live.

    A token must live when `ask` sends a request, to which the proxy puts it later; when it arrives
    says how busy the machine is.
    """

    def __init__(self, lifetime: float = 86_400) -> None:
        self.lifetime = lifetime
        self.issued: dict[str, float] = {}
        self.dead: set[str] = set()
        self.expired: list[float] = []
        self.sent = 0.0
        self.problem: Callable[[], bytes | None] | None = None

    def token(self, call: Call) -> bytes | None:
        del call
        if self.problem is not None:
            return self.problem()
        name = f"token{len(self.issued) + 1}"
        self.issued[name] = time.monotonic()
        return token_reply(name, self.lifetime, f"id-{name}")

    def answer(self, call: Call) -> bytes:
        name = bearer(call)
        age = self.sent - self.issued[name]
        expired = age > self.lifetime
        if expired:
            self.expired.append(age)
        if name in self.dead or expired:
            return answer("401 Unauthorized", b'{"message":"expired"}', "Content-Type: x/y")
        return answer("200 OK", name.encode())

    def ask(self, proxy: Program) -> int:
        """Ask through the proxy; return the status."""
        self.sent = time.monotonic()
        return ask(proxy.port).status

    def kill(self) -> None:
        """Make the API forget all tokens issued so far."""
        self.dead |= set(self.issued)

    def upstream(self) -> RawUpstream:
        return RawUpstream(self.answer, self.token)


def metric(proxy: Program, name: str, **labels: str) -> float:
    """Read one sample of /metrics."""
    wanted = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    line = f"{name}{{{wanted}}} " if wanted else f"{name} "
    (value,) = (
        text.removeprefix(line)
        for text in proxy.admin("/metrics")[1].splitlines()
        if text.startswith(line)
    )
    return float(value)


def past_youth(proxy: Program) -> None:
    """Wait until the token is no longer so young that a 401 cannot be its fault."""
    # Since it came: it counts as older from when it was asked for.
    until(lambda: proxy.status()["token"]["history"][-1]["ago"] > 1.1, "an older token")


# -- renewal -----------------------------------------------------------------------------


@pytest.mark.parametrize("lifetime", [1, *further(2)])
def test_short_lived_tokens_are_renewed_under_load_and_never_sent_expired(lifetime: int) -> None:
    authority = Authority(lifetime)
    begun = time.monotonic()  # no token was asked for earlier: a busy machine may take its time
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        started = time.monotonic()
        statuses = []
        while time.monotonic() - started < 3 * lifetime:
            statuses.append(authority.ask(proxy))
            time.sleep(0.01)
        issued = len(authority.issued)
        lives = (time.monotonic() - begun) / lifetime
        assert set(statuses) == {200}
        assert authority.expired == []
        assert 3 <= issued <= lives / 0.75 + 1
        assert len({bearer(call) for call in upstream.requests}) >= 3


@pytest.mark.needs(files=600)
def test_many_callers_without_a_token_cause_one_fetch() -> None:
    authority = Authority()
    gate = threading.Event()

    def slow(call: Call) -> bytes | None:
        gate.wait(PATIENCE)
        return authority.token(call)

    with (
        RawUpstream(authority.answer, slow) as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        callers = [connect(proxy.port) for _ in range(200)]
        for caller in callers:
            caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: metric(proxy, "breb_proxy_callers_waiting") == 200, "200 callers waiting")
        for leaver in callers[:50]:
            leaver.sock.close()
        until(lambda: metric(proxy, "breb_proxy_callers_waiting") == 150, "50 callers gone")
        gate.set()
        for caller in callers[50:]:
            got = read_answer(caller)
            assert got is not None
            assert (got.status, got.body) == (200, b"token1")
            caller.sock.close()
        assert len(upstream.tokens_asked) == 1
        assert metric(proxy, "breb_proxy_callers_waiting") == 0


def test_a_maximal_age_renews_tokens_that_live_longer() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url, token_max_age=0.6):
        until(lambda: len(authority.issued) >= 3, "three tokens")
        until(lambda: len(upstream.revocations) >= 2, "the old ones revoked")


def test_the_token_is_renewed_while_all_connections_are_busy() -> None:
    authority = Authority()
    gate = threading.Event()

    def slow(call: Call) -> bytes:
        gate.wait(PATIENCE)
        return authority.answer(call)

    settings = {"max_connections": 1, "queue_timeout": 0.5, "token_max_age": 1}
    with (
        RawUpstream(slow, authority.token) as upstream,
        Program(upstream.url, **settings) as proxy,
    ):
        caller = connect(proxy.port)
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: upstream.requests, "the only connection busy")
        held = len(authority.issued)
        until(lambda: len(authority.issued) > held + 1, "two renewals")
        gate.set()
        assert read_answer(caller) is not None
        caller.sock.close()
        assert (
            metric(proxy, "breb_proxy_token_renewals_total", outcome="failure", cause="soft-window")
            == 0
        )


# -- failures ----------------------------------------------------------------------------


def test_it_starts_without_a_token_endpoint_and_recovers_by_itself() -> None:
    authority = Authority()
    authority.problem = lambda: answer("500 No", b"body-sentinel")
    with (
        authority.upstream() as upstream,
        Program(upstream.url, ready=False, token_wait=0.3) as proxy,
    ):
        got = ask(proxy.port, "/v1/payments/breb", "POST", body=b"{}")
        document = json.loads(got.body)
        assert got.status == 503
        assert got["content-type"] == "application/problem+json"
        assert int(got["retry-after"]) >= 1
        assert document["detail"] == "the token endpoint answered 500"
        assert document["outcome"] == "not-sent"
        assert upstream.requests == []
        assert "answered 500" in proxy.admin("/readyz?verbose")[1]
        authority.problem = None
        proxy.until("/readyz")
        assert ask(proxy.port).status == 200
        assert "body-sentinel" not in proxy.output


def test_a_hanging_token_endpoint_is_given_up_and_tried_again() -> None:
    authority = Authority()
    gate = threading.Event()

    def hang() -> bytes | None:
        gate.wait(PATIENCE)
        return None

    authority.problem = hang
    settings = {"token_wait": 0.2, "token_timeout": 0.4}
    with authority.upstream() as upstream, Program(upstream.url, ready=False, **settings) as proxy:
        until(lambda: len(upstream.tokens_asked) >= 2, "a second try")
        assert "no response from the token endpoint within 0.4 s" in ask(proxy.port).body.decode()
        authority.problem = None
        gate.set()
        proxy.until("/readyz")


def test_what_the_server_asks_for_is_told_to_callers() -> None:
    authority = Authority()
    authority.problem = lambda: answer("429 Slow down", b"", "Retry-After: 200")
    with (
        authority.upstream() as upstream,
        Program(upstream.url, ready=False, token_wait=0.2) as proxy,
    ):
        for _ in range(5):
            assert 190 <= int(ask(proxy.port)["retry-after"]) <= 200
        assert len(upstream.tokens_asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(answer("200 OK"), id="empty"),
        pytest.param(answer("200 OK", b"<html>body-sentinel"), id="a page"),
        pytest.param(answer("204 No Content"), id="204"),
        pytest.param(
            answer("200 OK", b'{"access_token":"body-sentinel a","expires_in":9}'), id="blank"
        ),
        pytest.param(token_reply("body-sentinel", -1), id="negative lifetime"),
        pytest.param(answer("302 Found", b"", "Location: http://127.0.0.1:1/"), id="redirect"),
        pytest.param(b"body-sentinel\r\n\r\n", id="no HTTP"),
        pytest.param(answer("200 OK", b"x" * 70_000), id="oversized"),
        pytest.param(None, id="closed"),
    ],
)
def test_after_any_nonsense_it_tries_again_and_says_nothing_of_it(reply: bytes | None) -> None:
    authority = Authority()
    script: deque[bytes | None] = deque([reply])

    def once() -> bytes | None:
        if not script:
            authority.problem = None
            return authority.token(Call(b"", b""))
        return script.popleft()

    authority.problem = once
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        assert ask(proxy.port).body == b"token1"
        assert (
            metric(proxy, "breb_proxy_token_renewals_total", outcome="failure", cause="start") == 1
        )
        assert "body-sentinel" not in proxy.output
        assert "body-sentinel" not in proxy.admin("/status")[1]


def test_a_token_that_works_survives_the_end_of_the_token_endpoint() -> None:
    authority = Authority(4)
    with authority.upstream() as upstream, Program(upstream.url, token_max_age=0.5) as proxy:
        authority.problem = lambda: answer("503 Down")
        until(
            lambda: metric(
                proxy, "breb_proxy_token_renewals_total", outcome="failure", cause="soft-window"
            ),
            "a failed renewal",
        )
        assert authority.ask(proxy) == 200
        assert proxy.status()["token"]["state"] in ("failing", "renewing")
        until(lambda: proxy.admin("/readyz")[0] == 503, "hard expiry")
        assert authority.expired == []
        words = proxy.status()["token"]["words"]
        assert re.fullmatch(r"expired, (next try in .*|a request for one is under way)", words)


# -- credentials -------------------------------------------------------------------------


def wants(secret: str, authority: Authority) -> Callable[[Call], bytes | None]:
    """Answer the token endpoint, for one client secret alone; another is not tried again soon."""

    def token(call: Call) -> bytes | None:
        if json.loads(call.body)["client_secret"] != secret:
            return answer("401 Unauthorized", b'{"error":"invalid_client"}', "Retry-After: 600")
        return authority.token(call)

    return token


def mounted(folder: Path, version: str, secret: str) -> None:
    """Lay out secrets as a kubelet does: all names lead through ..data, which is swapped.

    Windows has no kubelet of this kind: there they are plain files.
    """
    plain = sys.platform == "win32"
    data = folder if plain else folder / f"..{version}"
    data.mkdir(parents=True, exist_ok=plain)
    (data / "breb_client_id").write_text("the-client\n")
    (data / "breb_client_secret").write_text(f"{secret}\n")
    if plain:
        return
    link = folder / "..data_tmp"
    link.symlink_to(data.name)
    link.rename(folder / "..data")
    for name in ("breb_client_id", "breb_client_secret"):
        with contextlib.suppress(FileExistsError):
            (folder / name).symlink_to(f"..data/{name}")


def in_dotenv(folder: Path, version: str, secret: str) -> None:
    del version
    (folder / ".env").write_text(f"BREB_CLIENT_ID=the-client\nBREB_CLIENT_SECRET={secret}\n")


@pytest.mark.parametrize("write", [mounted, in_dotenv])
def test_credentials_rotate_without_restart(
    write: Callable[[Path, str, str], None], tmp_path: Path
) -> None:
    authority = Authority()
    write(tmp_path, "v1", "old-one")
    settings: dict[str, Any] = {"client_id": None, "client_secret": None, "token_wait": 30}
    if write is mounted:
        settings["secrets_dir"] = tmp_path
    with (
        RawUpstream(authority.answer, wants("new-one", authority)) as upstream,
        Program(upstream.url, cwd=tmp_path, ready=False, **settings) as proxy,
    ):
        until(lambda: upstream.tokens_asked, "the first try")
        until(lambda: "refused" in proxy.admin("/readyz?verbose")[1], "the refusal")
        refused = ask(proxy.port)
        assert refused.status == 503
        assert "401 invalid_client" in json.loads(refused.body)["detail"]
        assert len(upstream.tokens_asked) == 1
        write(tmp_path, "v2", "new-one")
        proxy.until("/readyz")
        assert ask(proxy.port).status == 200
        assert len(upstream.tokens_asked) == 2
        assert metric(
            proxy, "breb_proxy_token_renewals_total", outcome="success", cause="credentials"
        )
        assert "old-one" not in proxy.output
        assert "new-one" not in proxy.output


def test_a_working_token_outlives_its_credentials_and_the_next_uses_the_new_ones(
    tmp_path: Path,
) -> None:
    authority = Authority()
    mounted(tmp_path, "v1", "one")
    settings: dict[str, Any] = {"client_id": None, "client_secret": None, "secrets_dir": tmp_path}
    with authority.upstream() as upstream, Program(upstream.url, **settings) as proxy:
        mounted(tmp_path, "v2", "two")
        assert ask(proxy.port).body == b"token1"
        assert proxy.admin("/refresh", "POST")[0] == 200
        sent = [json.loads(call.body)["client_secret"] for call in upstream.tokens_asked]
        assert sent == ["one", "two"]


def test_credentials_whose_directory_has_gone_are_missed_in_our_words(tmp_path: Path) -> None:
    """The library's warning would be lines that are no JSON, with a path of its own."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    mounted(folder, "v1", "one")
    settings: dict[str, Any] = {"client_id": None, "client_secret": None, "secrets_dir": folder}
    with Authority().upstream() as upstream, Program(upstream.url, **settings) as proxy:
        folder.rename(tmp_path / "away")
        assert proxy.admin("/refresh", "POST")[0] == 503
        assert ask(proxy.port).body == b"token1"
        assert "cannot be read: they are no longer set where" in proxy.output
        assert all(line.startswith("{") for line in proxy.output.splitlines())


def test_credentials_are_read_from_the_environment_as_it_is_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BREB_CLIENT_ID", "a")
    monkeypatch.setenv("BREB_CLIENT_SECRET", "b")
    read = CredentialsReader(Sources(tmp_path / ".env"), Url.parse("https://host"))
    before = asyncio.run(read())
    monkeypatch.setenv("BREB_CLIENT_SECRET", "c")
    after = asyncio.run(read())
    assert (before.client_secret.get_secret_value(), after.client_secret.get_secret_value()) == (
        "b",
        "c",
    )
    monkeypatch.delenv("BREB_CLIENT_SECRET")
    with pytest.raises(CredentialsMissing):
        asyncio.run(read())


# -- 401 ---------------------------------------------------------------------------------


def test_a_401_is_cured_by_one_renewal_and_a_replay_of_the_same_bytes() -> None:
    authority = Authority()
    body = bytes(range(256)) * 16
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        past_youth(proxy)
        for number in (1, 2, 3):
            authority.kill()
            got = ask(proxy.port, "/v1/payments/breb?a=%2f&a", "POST", [("X-A", "b")], body)
            assert (got.status, got.body) == (200, f"token{number + 1}".encode())
            once, again = upstream.requests[-2:]
            assert (once.body, again.body) == (body, body)
            assert once.target == again.target == b"/v1/payments/breb?a=%2f&a"
            assert bearer(once) != bearer(again)
            past_youth(proxy)
        assert len(authority.issued) == 4
        assert metric(proxy, "breb_proxy_upstream_401_total") == 3
        assert metric(proxy, "breb_proxy_replays_total") == 3


def ask_at_once(proxy: Program, number: int) -> None:
    """Send requests side by side; each is answered with the second token."""
    callers = [connect(proxy.port) for _ in range(number)]
    for caller in callers:
        caller.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for caller in callers:
        got = read_answer(caller)
        assert got is not None
        assert (got.status, got.body) == (200, b"token2")
        caller.sock.close()


def test_a_storm_of_401s_causes_one_renewal() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        past_youth(proxy)
        authority.kill()
        ask_at_once(proxy, 60)
        assert len(authority.issued) == 2


def test_401s_on_all_connections_do_not_keep_a_new_token_from_being_had() -> None:
    authority = Authority()
    all_busy = threading.Barrier(4, timeout=PATIENCE)

    def together(call: Call) -> bytes:
        if bearer(call) in authority.dead:
            all_busy.wait()
        return authority.answer(call)

    settings = {"max_connections": 4, "queue_timeout": 1}
    with (
        RawUpstream(together, authority.token) as upstream,
        Program(upstream.url, **settings) as proxy,
    ):
        past_youth(proxy)
        authority.kill()
        ask_at_once(proxy, 4)


def test_a_body_beyond_the_limit_is_not_replayed_and_the_401_passed_on() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url, replay_limit=1000) as proxy:
        past_youth(proxy)
        authority.kill()
        got = ask(proxy.port, "/", "POST", body=b"x" * 1001)
        assert (got.status, got.body) == (401, b'{"message":"expired"}')
        arrived = lambda: len(proxy.status()["token"]["history"]) == 2  # noqa: E731
        until(arrived, "a renewal for those who come next")
        assert ask(proxy.port, "/", "POST", body=b"x" * 1000).status == 200
        assert len(upstream.requests) == 2


def test_a_second_401_is_passed_on_as_the_upstream_said_it_and_explained_in_the_log() -> None:
    authority = Authority()
    scope = answer("401 Unauthorized", b'{"message":"no such scope"}', "X-Own: 1")
    with RawUpstream(scope, authority.token) as upstream, Program(upstream.url) as proxy:
        past_youth(proxy)
        for _ in range(20):
            got = ask(proxy.port)
            assert (got.status, got.body) == (401, b'{"message":"no such scope"}')
            assert got["x-own"] == "1"
        assert len(authority.issued) == 2
        assert len(upstream.requests) == 21
        assert metric(proxy, "breb_proxy_replays_total") == 1
        notes = [line.get("note", "") for line in proxy.exchanges(20)]
        pattern = r"401 to a token that is \d+ s old: .*scope is missing \(the token has 1 scope\)"
        assert all(re.search(pattern, note) for note in notes)


def test_a_401_for_a_brand_new_token_is_passed_on_without_a_renewal() -> None:
    authority = Authority()
    with (
        RawUpstream(answer("401 No"), authority.token) as upstream,
        Program(upstream.url) as proxy,
    ):
        assert ask(proxy.port).status == 401
        if proxy.status()["token"]["age"] < 1:
            assert len(authority.issued) == 1


# -- the token endpoint behind the proxy -------------------------------------------------


def test_a_caller_may_ask_for_a_token_of_its_own() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        body = b'{"client_id": "theirs"}'
        got = ask(proxy.port, PATH, "POST", [("Authorization", "Bearer theirs")], body)
        assert json.loads(got.body)["access_token"] == "token2"
        call = upstream.tokens_asked[-1]
        assert call.body == body
        assert call.values("authorization") == []
        assert ask(proxy.port).body == b"token1"


def test_a_caller_may_ask_for_a_token_even_if_we_have_none() -> None:
    authority = Authority()
    theirs = b'{"client_id": "theirs"}'

    def token(call: Call) -> bytes | None:
        return authority.token(call) if call.body == theirs else answer("403 No")

    with (
        RawUpstream(authority.answer, token) as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        assert ask(proxy.port, PATH, "POST", body=theirs).status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", f"{PATH}/id-token1"),
        ("DELETE", f"{PATH}/ID-token1/"),
        ("DELETE", f"{PATH}/id%2Dtoken1"),
        ("DELETE", f"/{PATH}/x/..//./id-token1"),
        ("delete", f"{PATH}/id-token1"),
    ],
)
def test_a_caller_that_revokes_our_token_makes_us_renew_before_the_next_request(
    method: str, target: str
) -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        reader = connect(proxy.port)
        head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        reader.sock.sendall(head.encode() + b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        deleted, got = read_answer(reader), read_answer(reader)
        reader.sock.close()
        assert deleted is not None
        assert got is not None
        assert (deleted.status, got.status, got.body) == (200, 200, b"token2")
        (revocation,) = (call for call in list(upstream.calls) if call.method.upper() == "DELETE")
        assert bearer(revocation) == "token1"


def test_a_token_that_a_caller_revoked_is_said_to_be() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        authority.problem = lambda: answer("503 Down", b"", "Retry-After: 200")
        ask(proxy.port, f"{PATH}/id-token1", "DELETE")
        told = re.compile(r"revoked by a caller, next try in 3 min \d+ s")
        until(lambda: told.fullmatch(proxy.status()["token"]["words"]), "a failed renewal")


def test_a_revocation_that_the_server_refuses_changes_nothing() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        upstream.revoke = lambda _: answer("403 No")
        assert ask(proxy.port, f"{PATH}/id-token1", "DELETE").status == 403
        assert ask(proxy.port).body == b"token1"


# -- revocation --------------------------------------------------------------------------


def test_a_superseded_token_is_revoked_when_its_last_exchange_is_over() -> None:
    authority = Authority()
    gate = threading.Event()

    def held_up(call: Call) -> bytes:
        if call.target == b"/slow":
            gate.wait(PATIENCE)
        return authority.answer(call)

    with RawUpstream(held_up, authority.token) as upstream, Program(upstream.url) as proxy:
        slow = connect(proxy.port)
        slow.sock.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: upstream.requests, "the slow request")
        assert proxy.admin("/refresh", "POST")[0] == 200
        assert proxy.admin("/refresh", "POST")[0] == 200
        until(lambda: upstream.revocations, "the second token, that nobody used, revoked")
        assert ask(proxy.port).body == b"token3"
        assert [c.target for c in upstream.revocations] == [TOKEN_PATH + b"/id-token2"]
        gate.set()
        got = read_answer(slow)
        assert got is not None
        assert got.body == b"token1"
        slow.sock.close()
        until(lambda: len(upstream.revocations) == 2, "the first token revoked")
        call = upstream.revocations[1]
        assert call.method == "DELETE"
        assert call.target == TOKEN_PATH + b"/id-token1"
        assert json.loads(call.body) == {"token_id": "id-token1"}
        assert bearer(call) == "token3"
        until(
            lambda: metric(proxy, "breb_proxy_token_revocations_total", outcome="success") == 2,
            "both counted",
        )


def test_a_token_that_is_given_up_at_exit_is_not_said_to_be_taken_away() -> None:
    authority, told = Authority(), []

    with RawUpstream(authority.answer, authority.token) as upstream, Program(upstream.url) as proxy:
        revoke = upstream.revoke

        def watched(call: Call) -> bytes | None:
            told.append(proxy.status()["token"]["words"])
            return revoke(call)

        upstream.revoke = watched
        assert proxy.stop() == 0
    assert told == ["given up, because this proxy is ending"]


def test_the_token_is_revoked_at_exit_after_the_drain() -> None:
    authority = Authority()
    gate = threading.Event()

    def held_up(call: Call) -> bytes:
        gate.wait(PATIENCE)
        return authority.answer(call)

    with RawUpstream(held_up, authority.token) as upstream, Program(upstream.url) as proxy:
        slow = connect(proxy.port)
        slow.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: upstream.requests, "the slow request")
        proxy.end()
        proxy.until("/readyz", 503)
        assert upstream.revocations == []
        gate.set()
        got = read_answer(slow)
        assert got is not None
        assert got.body == b"token1"
        slow.sock.close()
        assert proxy.process.wait(PATIENCE) == 0
        (call,) = upstream.revocations
        assert bearer(call) == "token1"
        assert json.loads(call.body) == {"token_id": "id-token1"}


def test_a_revocation_that_hangs_does_not_keep_it_from_ending() -> None:
    authority = Authority()
    gate = threading.Event()

    def hang(call: Call) -> bytes | None:
        del call
        gate.wait(2 * PATIENCE)
        return None

    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        upstream.revoke = hang
        try:
            assert proxy.stop() == 0
        finally:
            gate.set()
        assert "could not be revoked" in proxy.output
        assert "no response within 3 s" in proxy.output


def test_tokens_are_not_revoked_if_they_are_not_to_be() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url, revoke_tokens=False) as proxy:
        assert proxy.admin("/refresh", "POST")[0] == 200
        assert proxy.stop() == 0
        assert upstream.revocations == []


# -- sleep -------------------------------------------------------------------------------


class Leaping:
    """A clock that leaps when the machine is said to have slept."""

    def __init__(self) -> None:
        self.slept = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.slept


class Caller:
    """A caller of the shell itself, since a process cannot be made to sleep from a test."""

    scope: dict[str, Any] = {  # noqa: RUF012  a constant
        "type": "http",
        "method": "GET",
        "raw_path": b"/",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(b"Host", b"localhost")],
        "client": ("127.0.0.1", 1),
    }

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.sent[1:])


def test_after_a_sleep_the_first_request_goes_out_with_a_new_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = Leaping()
    monkeypatch.setattr(proxy.server.build, "sleepless", lambda: clock)
    monkeypatch.setenv("BREB_CLIENT_ID", "a")
    monkeypatch.setenv("BREB_CLIENT_SECRET", "b")
    authority = Authority()
    sources = Sources(tmp_path / ".env")

    async def night(url: str) -> list[bytes]:
        settings = load(find({"base_url": url, "access_log": False}, sources))
        read = CredentialsReader(sources, settings.base_url)
        parts = proxy.server.build.build(settings, read, lambda: None, Access(), as_json=True)
        bodies = []
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(parts.keeper.run())
            for slept in (0, 8 * 3600, 24 * 3600, 0):
                clock.slept += slept
                caller = Caller()
                await parts.shell(dict(caller.scope), caller.receive, caller.send)
                bodies.append(caller.body)
            keeping.cancel()
        for pool in parts.closing:
            await pool.aclose()
        return bodies

    with RawUpstream(authority.answer, authority.token) as upstream:
        bodies = asyncio.run(night(upstream.url))
    assert bodies == [b"token1", b"token1", b"token2", b"token2"]
    assert len(authority.issued) == 2


# -- metrics -----------------------------------------------------------------------------


def test_the_metrics_tell_the_tokens_life() -> None:
    authority = Authority(3600)
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        left = metric(proxy, "breb_proxy_token_expiry_timestamp_seconds") - time.time()
        assert 3500 < left <= 3601
        assert metric(proxy, "breb_proxy_token_usable") == 1
        assert 0 <= metric(proxy, "breb_proxy_token_last_success_age_seconds") < PATIENCE
        assert proxy.admin("/refresh", "POST")[0] == 200
        renewals = "breb_proxy_token_renewals_total"
        assert metric(proxy, renewals, outcome="success", cause="start") == 1
        assert metric(proxy, renewals, outcome="success", cause="operator") == 1
        for cause in ("soft-window", "unauthorized", "revoked", "credentials"):
            assert metric(proxy, renewals, outcome="success", cause=cause) == 0
            assert metric(proxy, renewals, outcome="failure", cause=cause) == 0
        assert metric(proxy, "breb_proxy_token_revocations_total", outcome="failure") == 0
        assert metric(proxy, "breb_proxy_upstream_401_total") == 0
        assert metric(proxy, "breb_proxy_replays_total") == 0
        assert metric(proxy, "breb_proxy_callers_waiting") == 0


def test_without_a_token_the_metrics_say_so() -> None:
    with (
        RawUpstream(OK, lambda _: answer("500 No")) as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        assert metric(proxy, "breb_proxy_token_expiry_timestamp_seconds") == 0
        assert metric(proxy, "breb_proxy_token_usable") == 0
        assert metric(proxy, "breb_proxy_token_last_success_age_seconds") == -1


# -- what is written about it ------------------------------------------------------------


def test_the_drawing_has_the_states_that_are_told() -> None:
    page = (Path(__file__).parents[2] / "docs" / "keeper.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+):", page, re.MULTILINE))
    told = set(re.findall(r'"(\w+)"', inspect.getsource(token_state)))
    assert {state for pair in drawn for state in pair} == told


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("before its end, at most {} s", schedule.MARGIN_LIMIT),
        ("the last fifth of the life, at most {} s", schedule.SOFT_LIMIT),
        ("at random between {} s and", schedule.BACKOFF_FIRST),
        ("to {} s; to", schedule.BACKOFF_LIMIT),
        ("to {} s while callers wait", schedule.BACKOFF_LIMIT_WAITED),
        ("up to {} s |", response.RETRY_AFTER_LIMIT),
        ("after {} s, then later each time", schedule.REFUSED_FIRST),
        ("later each time, up to {} s, and", schedule.REFUSED_LIMIT),
        ("{} s at least from start to start, however short", schedule.SPACING),
        ("| {} s, so that it soon notices", schedule.SLICE),
        ("younger than {} s", unauthorized.YOUNG),
        ("for {} s no 401 causes a fetch", unauthorized.QUIET),
        ("after the last exchange, within {} s", revoker.EXIT_TIMEOUT),
    ],
)
def test_the_figures_on_the_page_are_those_of_the_code(words: str, seconds: float) -> None:
    page = (Path(__file__).parents[2] / "docs" / "keeper.md").read_text()
    assert words.format(f"{seconds:g}") in re.sub(r"\s+", " ", page)


# -- secrets -----------------------------------------------------------------------------


def test_no_token_and_no_credential_shows_anywhere() -> None:
    authority = Authority()
    with authority.upstream() as upstream, Program(upstream.url) as proxy:
        past_youth(proxy)
        authority.kill()
        shown = [ask(proxy.port).lines, proxy.admin("/refresh", "POST")]
        authority.problem = lambda: answer("500 No")
        shown += [proxy.admin("/refresh", "POST"), proxy.admin("/status")]
        authority.problem = lambda: answer("401 No", b"s3cret-sentinel-of-the-tests")
        shown += [proxy.admin("/refresh", "POST"), proxy.admin("/readyz?verbose")]
        shown += [proxy.admin("/metrics"), proxy.admin("/status")]
        assert proxy.stop() == 0
        text = str(shown) + proxy.output
        assert "s3cret-sentinel-of-the-tests" not in text
        assert re.findall(r"(?<!id-)token\d", text) == []


def test_a_token_url_may_have_a_query_which_is_never_shown() -> None:
    """Some gateways want a tenant or a key there."""
    issued.add("code-sentinel")
    with RawUpstream() as upstream:
        target = TOKEN_PATH.decode() + "?tenant=a&code=code-sentinel"
        with Program(upstream.url, token_url=f"{upstream.url}{target}") as proxy:
            assert ask(proxy.port, "/").status == 200
            assert proxy.status()["token_endpoint"] == f"{upstream.url}{TOKEN_PATH.decode()}?…"
            proxy.stop()
        asked, _, revoked = upstream.calls
    assert asked.target == target.encode()
    path, _, query = revoked.target.partition(b"?")
    assert path.startswith(TOKEN_PATH + b"/")
    assert query == b"tenant=a&code=code-sentinel"


def test_a_web_server_that_is_no_token_endpoint_is_suspected_aloud() -> None:
    with (
        RawUpstream(token=lambda _: answer("501 Unsupported method ('POST')")) as upstream,
        Program(upstream.url, ready=False, token_wait=0.5) as proxy,
    ):
        got = ask(proxy.port, "/")
    assert b"the token endpoint answered 501, so it is probably not a token endpoint" in got.body
    assert b"check BREB_BASE_URL: the token endpoint follows from it" in got.body
    assert json.loads(got.body)["type"] == "urn:breb-proxy:error:no-token"


def test_what_is_odd_about_refused_credentials_is_logged_once() -> None:
    with (
        RawUpstream(token=lambda _: answer("401 Unauthorized")) as upstream,
        Program(upstream.url, ready=False, token_wait=0.5, client_secret="“hush”") as proxy,
    ):
        got = ask(proxy.port, "/")
        until(lambda: proxy.output.count("no new access token") > 1, "two lines")
        output = proxy.output
    words = "BREB_CLIENT_SECRET contains characters that are not ASCII"
    assert output.count(words) == 1
    assert words.encode() not in got.body
    assert "hush" not in output


def test_what_to_do_is_logged_once_and_not_at_each_try() -> None:
    with (
        RawUpstream(token=lambda _: answer("500 No")) as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        until(lambda: len(upstream.tokens_asked) > 2, "a third try")
        until(lambda: proxy.output.count("no new access token") > 1, "two lines")
        assert proxy.output.count("; the proxy keeps trying; if the error stays") == 1


def test_refused_credentials_are_a_matter_of_configuration() -> None:
    with (
        RawUpstream(token=lambda _: answer("401 No")) as upstream,
        Program(upstream.url, ready=False) as proxy,
    ):
        got = ask(proxy.port, "/")
    document = json.loads(got.body)
    assert document["type"] == "urn:breb-proxy:error:credentials-refused"
    assert document["title"] == "No access token: the client credentials are refused"
    assert got["proxy-status"].startswith("breb-proxy; error=proxy_configuration_error;")
