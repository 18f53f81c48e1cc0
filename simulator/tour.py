"""Six curl lines from a new customer to a settled payment, and one before them for safety.

Behind a proxy with a ledger four more show what becomes of a payment whose answer is lost.

Who answers at that address may be a proxy that forwards to a bank. So each line does nothing unless
the first one found that a simulator answers: ``$demo`` holds its address then.
"""

import json
import re
import shlex
from collections.abc import Mapping

from simulator.directory import ENTRIES
from simulator.simulator import SIMULATOR

# Shows an answer and puts its id into a variable. No more than an id gets through to eval.
_KEEP = (
    'keep() { [ "$demo" ] && printf \'%s\\n\' "$answer" && eval "$1=$(printf \'%s\' "$answer" |'
    ' sed -n \'s/^{"id":"\\([-0-9a-f]*\\)".*/\\1/p\')"; }'
)
CUSTOMER = {
    "type": "BUSINESS",
    "business_name": "Café de la Esquina",
    "email": "hola@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "900555777",
    "address": {
        "line_1": "Calle 10 # 5-51",
        "city": "Bogotá",
        "state": "Cundinamarca",
        "post_code": "111711",
        "country": "CO",
    },
    "merchant_category_code": "5814",
}


def first(base_url: str, otherwise: str, curl: str = "curl") -> str:
    """Give the line that asks who answers, to be pasted before all others.

    It only reads, and says ``otherwise`` where it finds no simulator. It ends no shell: that may
    be the one somebody works in. ``curl`` is how curl is started.
    """
    base = shlex.quote(base_url.rstrip("/"))
    return (
        f"if {curl} -s {base}/ | grep -q {shlex.quote(f'^{SIMULATOR}')}; then demo={base};"
        f" else demo=; echo {shlex.quote(otherwise)} >&2; fi; {_KEEP}"
    )


def tour(curl: str = "curl") -> list[tuple[str, str]]:
    """Give titles and commands for a POSIX shell, to be pasted one after another.

    They carry no Authorization: behind ``$demo`` stands somebody who puts it on.
    """
    account = {"customer_id": "$customer", "account_type": "ORDINARY", "account_number": "0001"}
    steps = [
        (
            "Link a merchant as a customer",
            _post(curl, "customer", "/v1/customers/business/link", CUSTOMER),
        ),
        ("Link its bank account", _post(curl, "account", "/v1/accounts/link", account)),
        (
            f"Ask who owns the key {ENTRIES[0].key.key_value}",
            _post(curl, "resolution", "/v1/resolve-key", _RESOLVE),
        ),
        ("Pay 25,000 pesos", _post(curl, "payment", "/v1/payments/breb", _PAY)),
        ("See that it is settled", f"sleep 2 && {_get(curl, '/v1/payments/$payment')}"),
        ("See the balance", _get(curl, "/v1/accounts/$account")),
    ]
    return [_guarded(*step) for step in steps]


def doubt(curl: str = "curl") -> list[tuple[str, str]]:
    """Give four more steps, after those of `tour`, for who is behind a proxy with a ledger."""
    key, lost = '"Idempotency-Key: tour-$resolution"', "'X-Sandbox-Fault: reset;when=after'"
    pay = "/v1/payments/breb"
    steps = [
        (
            "Ask again who owns the key: each payment needs a resolution of its own",
            _post(curl, "resolution", "/v1/resolve-key", _RESOLVE),
        ),
        (
            "Pay with a key of your own, and lose the answer: was it made?",
            _post(curl, "lost", pay, _PAY, key, lost),
        ),
        (
            "Send the same again, with the same key: the proxy finds the payment, and pays once",
            _post(curl, "payment", pay, _PAY, key),
        ),
        (
            "See that 25,000 pesos were paid twice in all, and not three times",
            f"sleep 2 && {_get(curl, '/v1/accounts/$account')}",
        ),
    ]
    return [_guarded(*step) for step in steps]


_RESOLVE = {"customer_id": "$customer", "key": ENTRIES[0].key.model_dump()}
_PAY = {
    "account_id": "$account",
    "resolution_id": "$resolution",
    "amount": {"value": "25000", "currency": "COP"},
}


def _guarded(title: str, command: str) -> tuple[str, str]:
    return title, f'[ "$demo" ] && {command}'


def _post(curl: str, variable: str, path: str, body: Mapping[str, object], *headers: str) -> str:
    """Post a body, show the answer, and keep its id, if it has one, in a shell variable.

    ``headers`` are quoted for the shell.
    """
    more = "".join(f"-H {each} " for each in headers)
    return (
        f"answer=$({curl} -sS \"$demo{path}\" -H 'Content-Type: application/json' {more}"
        f"-d {_quoted(body)}); keep {variable}"
    )


def _quoted(body: Mapping[str, object]) -> str:
    """Quote JSON for the shell, which is to fill in the variables; they hold ids alone.

    It is ASCII: what the lines are piped or pasted through may not be UTF-8.
    """
    text = shlex.quote(json.dumps(body))
    return re.sub(r"\$\w+", lambda variable: f"'{variable[0]}'", text)


def _get(curl: str, path: str) -> str:
    return f'{curl} -sS "$demo{path}" && echo'
