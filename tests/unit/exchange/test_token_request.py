"""Token requests are read in every form that OAuth clients use, and refused in RFC 6749's words."""

import base64
import json

import pytest

from proxy.exchange.token_request import BadTokenRequest, read

FORM, JSON = b"application/x-www-form-urlencoded; charset=UTF-8", b"application/json"
WHOLE = {"client_id": "app", "client_secret": "s+%", "grant_type": "client_credentials"}


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


def as_json(**members: object) -> bytes:
    return json.dumps(
        {name: v for name, v in {**WHOLE, **members}.items() if v is not None}
    ).encode()


@pytest.mark.parametrize(
    ("kind", "authorization", "body"),
    [
        pytest.param(JSON, b"", as_json(), id="documented"),
        pytest.param(b"", b"", as_json(), id="no content type"),
        pytest.param(
            FORM,
            b"",
            b"client_id=app&client_secret=s%2B%25&grant_type=client_credentials&scope=",
            id="form",
        ),
        pytest.param(FORM, basic("app:s%2B%25"), b"grant_type=client_credentials", id="basic"),
        pytest.param(FORM, basic("app:s+%"), b"grant_type=client_credentials", id="not encoded"),
        pytest.param(
            JSON,
            basic("app:s+%"),
            as_json(client_id=None, client_secret=None),
            id="basic with JSON",
        ),
        pytest.param(JSON, basic("app:s+%"), as_json(), id="both, alike"),
        pytest.param(JSON, b"Bearer x", as_json(), id="a token of before"),
    ],
)
def test_credentials_are_found(kind: bytes, authorization: bytes, body: bytes) -> None:
    asked = read(kind, authorization, body)
    assert asked.client_id == "app"
    assert "s+%" in asked.client_secrets
    assert "s+%" not in repr(asked)


@pytest.mark.parametrize(
    ("kind", "authorization", "body", "error"),
    [
        pytest.param(JSON, b"", b"", "invalid_request", id="nothing"),
        pytest.param(JSON, b"", b"[]", "invalid_request", id="no object"),
        pytest.param(JSON, b"", b"[" * 9000, "invalid_request", id="deep"),
        pytest.param(JSON, b"", as_json(client_secret=7), "invalid_request", id="no string"),
        pytest.param(JSON, b"", as_json(client_id=None), "invalid_request", id="no id"),
        pytest.param(JSON, b"", as_json(client_secret=""), "invalid_request", id="no secret"),
        pytest.param(JSON, b"", as_json(grant_type=None), "invalid_request", id="no grant"),
        pytest.param(JSON, b"", as_json(grant_type="password"), "unsupported_grant_type", id="pw"),
        pytest.param(FORM, b"", b"a=1&a=2", "invalid_request", id="twice"),
        pytest.param(FORM, b"", b"\xff", "invalid_request", id="no form"),
        pytest.param(FORM, b"", b"a&" * 200, "invalid_request", id="many"),
        pytest.param(JSON, b"Basic !", as_json(), "invalid_request", id="no base64"),
        pytest.param(JSON, basic("app"), as_json(), "invalid_request", id="no colon"),
        pytest.param(JSON, basic("app:x"), as_json(), "invalid_request", id="contradiction"),
    ],
)
def test_what_is_no_token_request_is_refused(
    kind: bytes, authorization: bytes, body: bytes, error: str
) -> None:
    with pytest.raises(BadTokenRequest) as caught:
        read(kind, authorization, body)
    assert caught.value.error == error
    assert "s+%" not in str(caught.value)
