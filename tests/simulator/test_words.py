"""Messages: the field, the rule, and never a regular expression."""

import json
import re
from typing import Any

import pytest

from simulator import SandboxConfig
from simulator.controls import CONTROLS
from simulator.words import RULES

NOBODY = "00000000-0000-4000-8000-000000000000"


def _patterns(document: object) -> set[str]:
    return {
        json.loads(found) for found in re.findall(r'"pattern": ("[^"]*")', json.dumps(document))
    }


def test_every_pattern_has_words(sandbox: Any) -> None:
    used = _patterns(sandbox.view("openapi.json")) | _patterns(SandboxConfig.model_json_schema())
    for control in CONTROLS.values():
        used |= _patterns(control.model_json_schema())
    assert used <= RULES.keys()
    assert all(text.startswith("must be ") for text in RULES.values())


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/v1/keys", {"account_id": "x", "key": {"key_type": "PHONE", "key_value": "3001112233"}},
         "Field 'account_id' is invalid: must be a lower-case UUID, such as "),
        ("/v1/keys", {"account_id": NOBODY, "key": {"key_type": "PHONE", "key_value": "12"}},
         "Field 'key.key_value' is invalid: must be 10 digits and begin with 3"),
        ("/v1/accounts/link", {"customer_id": NOBODY, "account_number": 7},
         "Field 'account_type' is required"),
        ("/v1/accounts/link",
         {"customer_id": NOBODY, "account_type": "ORDINARY", "account_number": 7},
         "Field 'account_number' is invalid: must be a text"),
        ("/v1/accounts/link",
         {"customer_id": NOBODY, "account_type": "X", "account_number": "7"},
         "Field 'account_type' is invalid: must be 'ORDINARY'"),
        ("/v1/accounts/link",
         {"customer_id": NOBODY, "account_type": "ORDINARY", "account_number": "7" * 36},
         "Field 'account_number' is invalid: must have at most 35 characters"),
        ("/v1/accounts/link", [], "the body must be an object"),
    ],
)  # fmt: skip
def test_an_error_names_the_field_and_its_rule(
    sandbox: Any, path: str, body: object, message: str
) -> None:
    told = sandbox.http.post(path, json=body)
    assert told.status_code == 400
    assert told.json()["message"].startswith(message), told.text


def test_who_is_not_let_in_is_told_how_to_be(sandbox: Any) -> None:
    answer = sandbox.bare.get("/_sandbox", headers={"Host": "simulator:9090"})
    assert (answer.status_code, "--control-hosts NAME" in answer.text) == (403, True)
