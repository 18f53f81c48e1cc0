"""Several real processes with one token between them, and a real database that comes and goes."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from simulator import SandboxConfig, create_app
from tests.support import Program, ask, free_port
from tests.support.command import Ended, command
from tests.support.front import until
from tests.support.leaks import SECRET, found
from tests.support.pgbouncer import Pgbouncer
from tests.support.postgres import PASSWORD, Postgres
from tests.support.simulator import serving

PATH = "/v1/iam/oauth/tokens"


class Api:
    """The simulator; a new token ends the older ones. It counts, and holds fetches up on demand."""

    def __init__(self) -> None:
        given = SandboxConfig(client_id="test-client", client_secret=SECRET, new_token="revokes")
        self._app = create_app(given)
        self.counts = Counter[str]()
        self.holds = threading.Event()
        self.held: list[str] = []
        """The languages of the fetches that were held up: by them replicas are told apart."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            self.counts[scope["method"]] += 1
            if scope["method"] == "POST" and self.holds.is_set():
                self.held.append(dict(scope["headers"])[b"accept-language"].decode())
                await asyncio.to_thread(until, lambda: not self.holds.is_set(), "leave to answer")
        await self._app(scope, receive, send)


class Fleet:
    """Replicas, and callers that each call one of them again and again."""

    def __init__(self, url: str, address: str) -> None:
        self._url = url
        self.address = address
        self._stack = ExitStack()
        self.statuses = Counter[Any]()
        self.killed: list[Program] = []

    def replica(self, **settings: Any) -> Program:
        own = {"database": self.address, "database_password": PASSWORD, "token_shared": "true"}
        return self._stack.enter_context(Program(self._url, **{**own, **settings}))

    def call(self, replica: Program) -> Callable[[], None]:
        """Call it until it is killed, or what is returned is called."""
        stop = threading.Event()

        def calling() -> None:
            while not stop.wait(0.02):
                try:
                    self.statuses[ask(replica.port, PATH).status] += 1
                except Exception:
                    if replica in self.killed:
                        return
                    raise

        caller = threading.Thread(target=calling)
        caller.start()

        def enough() -> None:
            stop.set()
            caller.join()

        self._stack.callback(enough)
        return enough

    def close(self) -> None:
        self._stack.close()


@contextmanager
def fleet(postgres: Postgres, api: Api) -> Iterator[Fleet]:
    with serving(api) as url:
        made = Fleet(url, postgres.database())
        try:
            yield made
        finally:
            api.holds.clear()
            made.close()


def shared(replica: Program) -> dict[str, Any]:
    state: dict[str, Any] = replica.status()["token"]["shared"]
    return state


def test_a_fleet_has_one_token_which_the_last_replica_revokes(postgres: Postgres) -> None:
    api = Api()
    with fleet(postgres, api) as all_of_them:
        replicas = [all_of_them.replica() for _ in range(3)]
        assert api.counts == {"POST": 1}
        assert {each.status()["token"]["token_id"] for each in replicas} == {
            replicas[0].status()["token"]["token_id"]
        }
        assert replicas[2].admin("/refresh", "POST")[0] == 200
        ids = lambda: {each.status()["token"]["token_id"] for each in replicas}  # noqa: E731
        until(lambda: len(ids()) == 1, "the same token everywhere")
        until(lambda: api.counts["DELETE"] == 1, "the end of the first token")
        for each in replicas[:2]:
            assert each.stop() == 0
        assert ask(replicas[2].port, PATH).status == 200
        assert api.counts == {"POST": 2, "DELETE": 1, "GET": 1}
        assert replicas[2].stop() == 0
        assert api.counts == {"POST": 2, "DELETE": 2, "GET": 1}


def test_replicas_share_it_through_a_pooler_in_transaction_mode(postgres: Postgres) -> None:
    api = Api()
    pooler = Pgbouncer(postgres, "transaction", default_pool_size=2)
    with pooler, fleet(postgres, api) as all_of_them:
        all_of_them.address = pooler.before(all_of_them.address)
        replicas = [all_of_them.replica() for _ in range(4)]
        assert api.counts == {"POST": 1}
        assert replicas[3].admin("/refresh", "POST")[0] == 200
        ids = lambda: {each.status()["token"]["token_id"] for each in replicas}  # noqa: E731
        until(lambda: len(ids()) == 1, "the same token everywhere")
        assert api.counts["POST"] == 2
        for each in replicas:
            assert ask(each.port, PATH).status == 200
            assert each.stop() == 0
        assert api.counts["DELETE"] == 2


def test_neither_database_nor_output_holds_a_secret(postgres: Postgres) -> None:
    api = Api()
    with fleet(postgres, api) as all_of_them:
        replica = all_of_them.replica()
        assert "[+] token: shared with the other replicas" in replica.admin("/readyz?verbose")[1]
        assert "\nbreb_proxy_token_shared 1.0\n" in replica.admin("/metrics")[1]
        assert (
            '\nbreb_proxy_token_sources_total{way="fetched"} 1.0\n' in replica.admin("/metrics")[1]
        )
        rows = postgres.execute(
            "SELECT slot, serial, issued, useful_until, sealed, replica FROM breb_token"
            " JOIN breb_token_holder USING (slot, serial)",
            all_of_them.address.rpartition("/")[2],
        )
        token_id = replica.status()["token"]["token_id"]
        kept = b" ".join(
            each if isinstance(each, bytes) else str(each).encode() for each in rows[0]
        )
        assert not found(kept.decode("latin-1"))
        assert b"test-client" not in kept
        assert token_id.encode() not in kept
        assert PASSWORD not in replica.output + str(replica.status())


def test_no_caller_meets_a_401_while_replicas_come_go_and_are_killed(postgres: Postgres) -> None:
    """A new token ends the older ones, and each is renewed after some three seconds."""
    api = Api()
    with fleet(postgres, api) as all_of_them:
        names = ("es", "en", "fr", "de")
        replica = {
            name: all_of_them.replica(accept_language=name, token_max_age=3) for name in names
        }
        enough = {name: all_of_them.call(replica[name]) for name in names}
        until(lambda: api.counts["POST"] >= 3, "two renewals")
        enough["es"]()
        assert replica.pop("es").stop() == 0
        assert not any(each.status()["token"]["rivals"]["evictions"] for each in replica.values())

        api.holds.set()
        until(lambda: bool(api.held), "a renewal under way")
        (fetching,) = api.held
        all_of_them.killed.append(replica[fetching])
        replica[fetching].process.kill()
        replica.pop(fetching).process.wait()
        until(lambda: len(api.held) == 2, "another replica's turn")
        assert api.held[1] in replica
        api.holds.clear()
        before = api.counts["POST"]
        until(lambda: api.counts["POST"] > before, "one more renewal")
        assert set(all_of_them.statuses) == {200}


def test_a_command_uses_the_token_of_the_replicas_and_leaves_it_to_them(
    postgres: Postgres, tmp_path: Path
) -> None:
    api = Api()
    with serving(api) as url:
        own = {"database_password": PASSWORD, "token_shared": "true"}
        given = own | {"base_url": url, "client_id": "test-client", "client_secret": SECRET}
        given["admin_listen"] = f"127.0.0.1:{free_port()}"

        def tokens(address: str, *words: str) -> Ended:
            full = {f"BREB_{name.upper()}": value for name, value in given.items()}
            return command("tokens", *words, cwd=tmp_path, BREB_DATABASE=address, **full)

        address = postgres.database()
        with Program(url, database=address, **own) as replica:
            listed = tokens(address, "--json")
            assert listed.code == 0, listed.both
            ids = [each["id"] for each in json.loads(listed.out)["tokens"]]
            assert ids == [replica.status()["token"]["token_id"]]
            assert "all replicas'" in tokens(address).out
            assert "nobody else has a token" in tokens(address, "revoke", "--others").out
            away = tokens("postgresql://breb@127.0.0.1:1/nowhere")
            assert (away.code, "out of reach" in away.err) == (1, True)
            assert api.counts["POST"] == 1
            assert ask(replica.port, PATH).status == 200
            assert api.counts["DELETE"] == 0
        assert api.counts["DELETE"] == 1


def test_without_the_database_requests_go_on_and_it_is_said_everywhere() -> None:
    api = Api()
    with Postgres() as postgres, fleet(postgres, api) as all_of_them:
        replica = all_of_them.replica()
        postgres.stop()
        try:
            until(lambda: not shared(replica)["joined"], "the loss of the database")
            assert ask(replica.port, PATH).status == 200
            verbose = replica.admin("/readyz?verbose")
            assert verbose[0] == 200
            assert "[!] token: not shared with the other replicas: the database" in verbose[1]
            assert "\nbreb_proxy_token_shared 0.0\n" in replica.admin("/metrics")[1]
            assert "the token is not shared for now" in replica.output
            assert replica.admin("/refresh", "POST")[0] == 200
            assert shared(replica)["alone"] == 1
        finally:
            postgres.start()
        until(lambda: shared(replica)["joined"], "the database")
        assert "the token is shared again" in replica.output
        other = all_of_them.replica()
        assert shared(other)["taken"] == 1
        assert api.counts["POST"] == 2


def test_a_start_without_the_database_serves(postgres: Postgres) -> None:
    api = Api()
    with fleet(postgres, api) as all_of_them:
        replica = all_of_them.replica(database="postgresql://breb@127.0.0.1:1/nowhere")
        assert ask(replica.port, PATH).status == 200
        assert shared(replica)["alone"] == 1
