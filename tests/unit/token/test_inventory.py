"""The API's list of tokens, whatever it leaves open."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from proxy.errors import TokenEndpointUnavailable
from proxy.token.inventory import (
    PAGES,
    ListedToken,
    ListRefused,
    inventory,
    read_page,
    tells_remaining,
)
from proxy.token.source import AccessToken

OWN = AccessToken("secret", 0.0, 86_400.0, "own", ("iam.oauth.tokens.list.get",))
WHEN = "2026-09-10T22:22:50.8Z"


def entry(token_id: str, **more: Any) -> dict[str, Any]:
    return {"token_id": token_id, "created_at": WHEN, "expires_in": 86400, "scopes": ["a"], **more}


class Api:
    """Gives pages of two tokens each."""

    def __init__(self, *ids: str, status: int = 200, pages: int | None = None) -> None:
        self.ids, self.status, self.pages = ids, status, pages
        self.queries: list[dict[str, list[str]]] = []

    async def __call__(self, query: str, bearer: AccessToken) -> tuple[int, bytes]:
        assert bearer is OWN
        asked = parse_qs(query.removeprefix("?"))
        self.queries.append(asked)
        number = int(asked.get("page_params.page_number", ["1"])[0])
        some = self.ids[2 * number - 2 : 2 * number]
        info = {
            "current_page": number,
            "total_pages": self.pages or -(-len(self.ids) // 2),
            "first_request_timestamp": "2026-09-10T22:22:50.5Z",
        }
        document = {"tokens": [entry(each) for each in some], "pagination_info": info}
        return self.status, json.dumps(document).encode()


def found(api: Api) -> tuple[list[str], bool]:
    tokens, whole = asyncio.run(inventory(api, OWN))
    return [token.token_id for token in tokens], whole


def test_every_page_is_asked_for_as_it_was_at_first() -> None:
    api = Api("a", "b", "c", "d", "e")
    assert found(api) == (["a", "b", "c", "d", "e"], True)
    assert api.queries[0] == {}
    assert api.queries[2] == {
        "page_params.page_number": ["3"],
        "page_params.first_request_timestamp.seconds": ["1789078970"],
        "page_params.first_request_timestamp.nanos": ["500000000"],
    }


def test_a_list_that_does_not_go_on_is_called_incomplete() -> None:
    api = Api("a", "b", pages=5)
    assert found(api) == (["a", "b"], False)
    assert len(api.queries) == 2


def test_a_list_without_end_is_left() -> None:
    api = Api(*map(str, range(2 * PAGES + 2)))
    ids, whole = found(api)
    assert (len(ids), whole) == (2 * PAGES, False)


def test_none_at_all_may_be_a_404() -> None:
    assert found(Api(status=404)) == ([], True)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        ((), "probably this proxy's token does not have"),
        (("a",), "this proxy's token does not have the scope iam.oauth.tokens.list.get;"),
    ],
)
def test_a_missing_scope_is_explained(status: int, scopes: tuple[str, ...], words: str) -> None:
    bearer = AccessToken("secret", 0.0, 1.0, "own", scopes)

    async def refuse(query: str, bearer: AccessToken) -> tuple[int, bytes]:
        del query, bearer
        return status, b""

    with pytest.raises(ListRefused, match=words):
        asyncio.run(inventory(refuse, bearer))


def test_trouble_is_said() -> None:
    with pytest.raises(TokenEndpointUnavailable, match="answered 500"):
        found(Api(status=500))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"tokens": 1}', b'{"tokens": [1]}', b"[" * 10**6]
)
def test_what_is_no_list_is_no_list(body: bytes) -> None:
    with pytest.raises(TokenEndpointUnavailable, match="does not have the documented form"):
        read_page(body)


@pytest.mark.parametrize(
    ("more", "grant"),
    [
        ({"grant_flow": "GRANT_FLOW_PASSWORD"}, "password"),
        ({"roles": ["x", "entity.client_credentials"]}, "client_credentials"),
        ({"roles": ["x", 1]}, ""),
        ({}, ""),
    ],
)
def test_the_grant_is_told_in_one_way_or_another(more: dict[str, Any], grant: str) -> None:
    body = json.dumps({"tokens": [entry("a", **more)]}).encode()
    assert read_page(body)[0][0].grant == grant


def test_entries_say_what_they_may() -> None:
    odd = [{"token_id": "a", "created_at": "soon", "expires_in": "1"}, {"token_id": "../x"}, {}]
    tokens, info = read_page(json.dumps({"tokens": odd}).encode())
    assert tokens == [ListedToken("a", None, None, None, "")]
    assert info == {}
    assert tokens[0].ends_at(5.0, remaining=True) is None


@pytest.mark.parametrize(
    ("told", "age", "remaining"),
    [
        pytest.param(86_400, 7200, False, id="what it had"),
        pytest.param(79_200, 7200, True, id="what it has left"),
        pytest.param(86_400, 1, False, id="too young to tell"),
    ],
)
def test_our_own_entry_tells_what_expires_in_means(told: int, age: float, remaining: bool) -> None:
    tokens = [ListedToken("own", 0.0, float(told), 1, "")]
    assert tells_remaining(tokens, OWN, age) is remaining
    assert not tells_remaining([], OWN, age)
    assert tokens[0].ends_at(100.0, remaining=remaining) == told + (100.0 if remaining else 0.0)
