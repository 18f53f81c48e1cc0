"""The documented API as things to import: ``python -m tools.postman`` writes docs/postman/.

A Postman collection with assertions and examples, an environment for the local port, and an
.http file for editors, all of one table. Authorization is "none": the proxy puts the token on.
The examples are what the simulator answers.
"""

import http
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx

from simulator import SandboxConfig, create_app

FOLDER = Path(__file__).parent.parent / "docs" / "postman"
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
BASE = "http://127.0.0.1:8080"
_NUMBER = "12345678"
_MOMENT = 1_767_225_600.25  # of the examples: 2026 has just begun
_VALUES = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
OLD = "/v1/paas/entities/customers"
_PESOS = {"value": "1500", "currency": "COP"}
_PHONE = {"key_type": "PHONE", "key_value": "3001234567"}
_TAXES = {
    "vat": {"vat_type": "PERCENTAGE", "vat_value": "19"},
    "inc": {"inc_type": "FIXED", "inc_value": "0"},
    "tip": {"tip_type": "FIXED", "tip_value": "0"},
}
_QR = {
    "key_id": "{{key_id}}",
    "customer_id": "{{customer_id}}",
    "type": "STATIC",
    "channel": "MPOS",
}
_BUSINESS = {
    "business_name": "Café de la Esquina",
    "email": "hola{{number}}@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "9{{number}}",
}
_ADDRESS = {
    "line_1": "Calle 10 # 5-51",
    "city": "Bogotá",
    "state": "Cundinamarca",
    "post_code": "111711",
    "country": "CO",
}
_OWNER = {
    "type": "BUSINESS",
    "business_name": "Panadería El Trigo",
    "identification_type": "NIT",
    "identification_number": "900123457",
}
_BANK = {"account_type": "SAVINGS", "account_number": "200300400", "bank_name": "OTRO BANCO"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request: what it sends, what the answer has, and which values later ones need.

    ``keep`` maps a variable to the path of its value in the answer's JSON; ``about`` is what
    its description says beside where the values that it needs come from.
    """

    name: str
    method: str
    path: str
    body: dict[str, Any] | None = None
    has: tuple[str, ...] = ()
    keep: dict[str, str] = field(default_factory=dict)
    status: tuple[int, ...] = (200, 201)
    about: str = ""


_PAGE = "?page_params.page_size=5&page_params.page_number=1"
_GONE = (200, 204)


def _resource(plural: str, one: str, variable: str, *has: str) -> list[Step]:
    path, title = f"/v1/{plural.replace('_', '')}", plural.replace("qr_", "QR ")
    return [
        Step(f"List {title}", "GET", path + _PAGE, has=(plural, "pagination_info")),
        Step(f"Show {one}", "GET", f"{path}/{{{{{variable}}}}}", has=("id", *has)),
    ]


STEPS: dict[str, list[Step]] = {
    "Tokens": [
        Step(
            "Create a token of your own",
            "POST",
            "/v1/iam/oauth/tokens",
            {
                "client_id": "{{client_id}}",
                "client_secret": "{{client_secret}}",
                "grant_type": "client_credentials",
            },
            ("token_id", "token_type", "expires_in", "scopes"),
            {"token_id": "token_id"},
            about="Nothing else here needs it. client_id and client_secret are the environment's.",
        ),
        Step("List tokens", "GET", "/v1/iam/oauth/tokens", has=("tokens", "pagination_info")),
        Step("Show a token", "GET", "/v1/iam/oauth/tokens/{{token_id}}", has=("token_id",)),
        Step(
            "Revoke the token of your own",
            "DELETE",
            "/v1/iam/oauth/tokens/{{token_id}}",
            {"token_id": "{{token_id}}"},
            status=_GONE,
        ),
    ],
    "Customers": [
        Step(
            "Link a merchant",
            "POST",
            "/v1/customers/business/link",
            {
                "type": "BUSINESS",
                **_BUSINESS,
                "address": _ADDRESS,
                "merchant_category_code": "5814",
            },
            ("id", "status"),
            {"customer_id": "id"},
        ),
        *_resource("customers", "a customer", "customer_id", "business_name"),
        Step(
            "Change a customer",
            "PATCH",
            "/v1/customers/{{customer_id}}",
            {"business_name": "Café de la Otra Esquina"},
            ("id", "updated_at"),
        ),
    ],
    "Accounts": [
        Step(
            "Link a bank account",
            "POST",
            "/v1/accounts/link",
            {
                "customer_id": "{{customer_id}}",
                "account_type": "ORDINARY",
                "account_number": "00{{number}}",
            },
            ("id", "available_balance"),
            {"account_id": "id"},
        ),
        *_resource("accounts", "an account", "account_id", "pending_balance"),
    ],
    "Keys": [
        Step(
            "Register a key",
            "POST",
            "/v1/keys",
            {
                "account_id": "{{account_id}}",
                "key": {"key_type": "PHONE", "key_value": "31{{number}}"},
                "display_name": "Caja",
            },
            ("id", "status", "key"),
            {"key_id": "id"},
        ),
        *_resource("keys", "a key", "key_id", "key"),
        Step("Suspend a key", "PATCH", "/v1/keys/{{key_id}}/suspend", has=("status",)),
        Step("Activate a key", "PATCH", "/v1/keys/{{key_id}}/activate", has=("status",)),
    ],
    "Resolutions": [
        Step(
            "Resolve a key",
            "POST",
            "/v1/resolve-key",
            {"customer_id": "{{customer_id}}", "key": _PHONE},
            ("id", "owner", "account", "expires_at"),
            {"resolution_id": "id"},
            about="A resolution lives for half an hour and pays once: send this again before you"
            " pay again.",
        ),
        *[
            Step(
                f"Resolve a key (/{name})",
                "POST",
                f"/v1/{name}",
                {"customer_id": "{{customer_id}}", "key": _PHONE},
                ("id",),
            )
            for name in ("key-resolution", "keyresolution")
        ],
    ],
    "Recipients": [
        Step(
            "Create a Bre-B recipient",
            "POST",
            "/v1/recipients/breb",
            {"customer_id": "{{customer_id}}", "key": _PHONE, "alias": "Luisa"},
            ("id", "type"),
            {"recipient_id": "id"},
        ),
        Step(
            "Create an ACH recipient",
            "POST",
            "/v1/recipients/ach",
            {"customer_id": "{{customer_id}}", "owner": _OWNER, "account": _BANK},
            ("id", "type"),
            {"ach_recipient_id": "id"},
        ),
        *_resource("recipients", "a recipient", "recipient_id", "type"),
        Step(
            "Resolve a recipient", "POST", "/v1/recipients/{{recipient_id}}/resolve", has=("owner",)
        ),
    ],
    "Payments": [
        Step(
            "Pay a resolved key",
            "POST",
            "/v1/payments/breb",
            {
                "account_id": "{{account_id}}",
                "resolution_id": "{{resolution_id}}",
                "amount": {"value": "25000", "currency": "COP"},
            },
            ("id", "status", "amount"),
            {"payment_id": "id"},
            about="PENDING at first: Show a payment tells when it is SETTLED or REJECTED.",
        ),
        Step(
            "Pay an ACH recipient",
            "POST",
            "/v1/payments/ach",
            {
                "account_id": "{{account_id}}",
                "recipient_id": "{{ach_recipient_id}}",
                "amount": _PESOS,
                "description": "Factura 7",
            },
            ("id", "status"),
        ),
        *_resource("payments", "a payment", "payment_id", "status"),
    ],
    "QR codes": [
        Step(
            "Create a QR code",
            "POST",
            "/v1/qrcodes",
            {**_QR, **_TAXES},
            ("id", "qr_code_data"),
            {"qr_code_id": "id", "qr_code_data": "qr_code_data"},
        ),
        *_resource("qr_codes", "a QR code", "qr_code_id", "qr_code_image"),
        Step(
            "Decode a QR code",
            "POST",
            "/v1/qrcodes/decode",
            {"customer_id": "{{customer_id}}", "qr_code_data": "{{qr_code_data}}"},
            ("type", "key"),
        ),
        Step("Cancel a QR code", "DELETE", "/v1/qrcodes/{{qr_code_id}}", status=_GONE),
        Step(
            "Delete the key",
            "DELETE",
            "/v1/keys/{{key_id}}",
            status=_GONE,
            about="At the end, since the QR code is for this key. It cannot be undone.",
        ),
    ],
    "First generation": [
        Step(
            "Create a customer",
            "POST",
            OLD,
            {
                "type": "BUSINESS",
                **_BUSINESS,
                "email": "otra{{number}}@example.com",
                "identification_number": "8{{number}}",
            },
            ("id",),
            {"old_customer_id": "id"},
        ),
        Step(
            "Link an account",
            "POST",
            f"{OLD}/accounts",
            {
                "entity_customer_id": "{{old_customer_id}}",
                "type": "LOW_VALUE",
                "account_number": "01{{number}}",
            },
            ("id", "number"),
            {"old_account_id": "id"},
        ),
        Step("List accounts", "GET", f"{OLD}/accounts", has=("accounts",)),
        Step("Show an account", "GET", f"{OLD}/accounts/{{{{old_account_id}}}}", has=("number",)),
        Step(
            "Register a key",
            "POST",
            f"{OLD}/accounts/keys",
            {"account_id": "{{old_account_id}}", "key_type": "M", "key_value": "32{{number}}"},
            ("id", "key_type"),
            {"old_key_id": "id"},
        ),
        Step(
            "Create a QR code",
            "POST",
            f"{OLD}/qrcodes",
            {
                **_QR,
                "key_id": "{{old_key_id}}",
                "customer_id": "{{old_customer_id}}",
                **_TAXES,
            },
            ("id", "qr_code_data"),
        ),
        Step(
            "Suspend a key",
            "PATCH",
            f"{OLD}/accounts/keys/suspend",
            {"id": "{{old_key_id}}"},
            ("key_status",),
        ),
        Step(
            "Cancel a key",
            "DELETE",
            f"{OLD}/accounts/keys/{{{{old_key_id}}}}",
            {"id": "{{old_key_id}}"},
            status=_GONE,
        ),
        *[
            Step(
                f"Create a recipient (/{path})",
                "POST",
                f"{OLD}/{path}",
                {
                    "entity_customer_id": "{{old_customer_id}}",
                    "key_type": "M",
                    "key_value": "3001234567",
                },
                ("id", "key_type"),
                {"old_recipient_id": "id"},
            )
            for path in ("recipients/breb", "breb/recipients")
        ],
        *[
            Step(
                f"Show a recipient (/{path})",
                "GET",
                f"{OLD}/{path}/{{{{old_recipient_id}}}}",
                has=("key_type",),
            )
            for path in ("recipients/breb", "breb/recipients")
        ],
        *[
            Step(
                f"Pay a recipient (/{path})",
                "POST",
                f"{OLD}/{path}",
                {
                    "account_id": "{{old_account_id}}",
                    "breb_recipient_id": "{{old_recipient_id}}",
                    "amount": _PESOS,
                    "reference": "Factura 7",
                },
                ("payment", "breb_resolved_key"),
                {"old_payment_id": "payment.id"},
            )
            for path in ("payments/breb", "breb/payments")
        ],
        Step(
            "Confirm a payment",
            "POST",
            "/v1/payments/breb/confirm",
            {"id": "{{old_payment_id}}"},
            ("id", "status"),
            about="A payment of the first generation is not sent before this.",
        ),
        *[
            Step(
                f"Show a payment (/{path})",
                "GET",
                f"{OLD}/{path}/{{{{old_payment_id}}}}",
                has=("status",),
            )
            for path in ("payments/breb", "breb/payments")
        ],
    ],
}
_ABOUT = {
    "Tokens": "Not needed for the other folders: the proxy has a token of its own and puts it on."
    " Only this folder wants client_id and client_secret in the environment.",
    "Customers": "The merchants that accounts and keys belong to.",
    "Accounts": "Their bank accounts, and what is on them.",
    "Keys": "The Bre-B keys under which an account is paid.",
    "Resolutions": "Who stands behind a key; the first step of a payment. The endpoint has had"
    " three names.",
    "Recipients": "Counterparties stored for later, by key or by bank account.",
    "Payments": "Those that pay move money when they go to the real API.",
    "QR codes": "EMV strings and their pictures, for a registered key.",
    "First generation": "The older paths, with shorter key types and flatter shapes. Where the"
    " documentation spells a path in two ways, both are here.",
}


def collection() -> dict[str, Any]:
    """Return the Postman collection (schema v2.1.0)."""
    draw = (
        'if (!pm.collectionVariables.get("number")) '
        'pm.collectionVariables.set("number", String(Math.floor(1e7 + Math.random() * 9e7)));'
    )
    # Where the proxy wants a key of its callers, the environment's goes with every request.
    key = (
        'if (pm.environment.get("caller_key")) pm.request.headers.upsert('
        '{ key: "X-Proxy-Key", value: pm.environment.get("caller_key") });'
    )
    answers = anyio.run(_answers)
    sources = _sources()
    return {
        "info": {
            "name": "Bre-B through breb-proxy",
            "description": "Passport's Bre-B API as it is documented, both generations of paths."
            " No authorization, since the proxy puts the access token on. The folders go from top"
            " to bottom: each needs what those above it made.",
            "schema": _SCHEMA,
        },
        "auth": {"type": "noauth"},
        "event": [_script("prerequest", [draw, key])],
        # So that it works, too, without the environment; with one, that wins.
        "variable": [{"key": "base", "value": BASE}, {"key": "number", "value": ""}],
        "item": [
            {
                "name": name,
                "description": _ABOUT[name],
                "item": [_item(step, sources, answers[step.method, step.path]) for step in steps],
            }
            for name, steps in STEPS.items()
        ],
    }


def _sources() -> dict[str, str]:
    """Say which request sets a variable: of those that may, the last."""
    return {
        variable: f"{folder} > {step.name}"
        for folder, steps in STEPS.items()
        for step in steps
        for variable in step.keep
    }


async def _answers() -> dict[tuple[str, str], httpx.Response]:
    """Send every request to a simulator; give the answers by method and path."""
    config = SandboxConfig(seed=1, require_token=False, settle_delay=0)
    transport = httpx.ASGITransport(create_app(config, wall=lambda: _MOMENT))
    values = {**_VALUES, "base": BASE, "number": _NUMBER}
    answers = {}
    async with httpx.AsyncClient(transport=transport) as client:
        for step in [step for steps in STEPS.values() for step in steps]:
            url, body = _filled(f"{BASE}{step.path}", values), _filled(_text(step.body), values)
            answer = await client.request(step.method, url, content=body if step.body else b"")
            answer.raise_for_status()
            answers[step.method, step.path] = answer
            for variable, path in step.keep.items():
                values[variable] = _found(answer.json(), path)
    return answers


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda match: values[match[1]], text)


def _found(document: dict[str, Any], path: str) -> str:
    found: Any = document
    for name in path.split("."):
        found = found[name]
    return str(found)


def _item(step: Step, sources: dict[str, str], answer: httpx.Response) -> dict[str, Any]:
    path, _, query = step.path.partition("?")
    url: dict[str, Any] = {
        "raw": f"{{{{base}}}}{step.path}",
        "host": ["{{base}}"],
        "path": path.removeprefix("/").split("/"),
    }
    if query:
        pairs = [pair.partition("=") for pair in query.split("&")]
        url["query"] = [{"key": key, "value": value} for key, _, value in pairs]
    request: dict[str, Any] = {
        "method": step.method,
        "header": [],
        "url": url,
        "description": _description(step, sources),
    }
    if step.body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": _text(step.body)}
    return {
        "name": step.name,
        "event": [_script("test", _assertions(step))],
        "request": request,
        "response": _examples(request, answer),
    }


def _description(step: Step, sources: dict[str, str]) -> str:
    needed = dict.fromkeys(re.findall(r"{{(\w+)}}", step.path + _text(step.body)))
    lines = [f"`{name}` is from {sources[name]}." for name in needed if name in sources]
    return "\n".join([step.about, *lines] if step.about else lines)


def _examples(request: dict[str, Any], answer: httpx.Response) -> list[dict[str, Any]]:
    """Give the simulator's answer as an example, but for the one that holds a token."""
    document = answer.json() if answer.content else {}
    if "access_token" in document:
        return []
    if "qr_code_image" in document:  # the same picture has other bytes elsewhere
        document["qr_code_image"] = document["qr_code_image"][:20] + "..."
    phrase = http.HTTPStatus(answer.status_code).phrase
    return [
        {
            "name": f"{answer.status_code} {phrase}",
            "originalRequest": request,
            "status": phrase,
            "code": answer.status_code,
            "_postman_previewlanguage": "json",
            "header": [{"key": "Content-Type", "value": "application/json"}] if document else [],
            "cookie": [],
            "body": _text(document) if document else "",
        }
    ]


def _assertions(step: Step) -> list[str]:
    lines = [
        f'pm.test("status", () => pm.expect(pm.response.code).to.be.oneOf({list(step.status)}));'
    ]
    if step.has or step.keep:
        lines.append("const answer = pm.response.json();")
    if step.has:
        names = json.dumps(list(step.has))
        lines.append(f'pm.test("shape", () => pm.expect(answer).to.include.all.keys({names}));')
    lines += [
        f'pm.collectionVariables.set("{variable}", answer.{path});'
        for variable, path in step.keep.items()
    ]
    return lines


def _script(listen: str, lines: list[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def environment() -> dict[str, Any]:
    """Return the Postman environment; the credentials are the demo's, no secret.

    Postman masks a value of type secret: yours will stand there.
    """
    kinds = {"client_secret": "secret", "caller_key": "secret"}
    return {
        "name": "breb-proxy local",
        "values": [
            {"key": key, "value": value, "type": kinds.get(key, "default"), "enabled": True}
            for key, value in {"base": BASE, "caller_key": "", **_VALUES}.items()
        ],
        "_postman_variable_scope": "environment",
    }


def http_file() -> str:
    """Return the requests for editors that run .http files (REST Client's syntax)."""
    lines = [
        "# Passport's Bre-B API through breb-proxy, which puts the access token on.",
        "# Send the requests from top to bottom: each needs what those above it made.",
        "",
        f"@base = {BASE}",
        *(f"@{name} = {value}" for name, value in _VALUES.items()),
        f"@number = {_NUMBER}",
    ]
    for folder, steps in STEPS.items():
        for step in steps:
            lines += ["", f"### {folder}: {step.name}"]
            name = next(iter(step.keep), "").replace("_id", "")
            if step.keep:
                lines.append(f"# @name {name}")
            lines.append(f"{step.method} {{{{base}}}}{step.path}")
            if step.body is not None:
                lines += ["Content-Type: application/json", "", _text(step.body)]
            if step.keep:
                lines.append("")
            lines += [
                f"@{variable} = {{{{{name}.response.body.$.{path}}}}}"
                for variable, path in step.keep.items()
            ]
    return "\n".join(lines) + "\n"


def _text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def files() -> dict[str, str]:
    """Return the text of each file."""
    return {
        "breb.postman_collection.json": _text(collection()) + "\n",
        "local.postman_environment.json": _text(environment()) + "\n",
        "breb.http": http_file(),
    }


def main() -> int:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
