"""The table of the API: every documented operation, of both generations.

Replay's question, the ledger and its look-up read it; the simulator and the Postman collection are
tested against it. A new operation is one row here.

The lists have no documented filter by time or by resolution.
"""

from proxy.passport.operation import Operation
from proxy.passport.tokens import TOKEN_PATH

# The first generation of paths; where the documentation spells one in two ways, both are here.
_OLD = "/v1/paas/entities/customers"
_AMOUNT = ("amount.value", "amount.currency")
_KEY = ("key.key_type", "key.key_value")
_OLD_KEY = ("key_type", "key_value")

# -- payments --------------------------------------------------------------------------------------

_FINAL = ("SETTLED", "REJECTED")
_PAYMENT = Operation("GET", "/v1/payments/{payment_id}")
_PAYMENTS = Operation(
    "GET",
    "/v1/payments",
    holds="payments",
    filters=("account_id",),
    query=(("direction", "OUTBOUND"),),
)


def _old_payments(path: str) -> tuple[Operation, ...]:
    shown = Operation("GET", f"{path}/{{payment_id}}")
    members = ("breb_recipient_id", "account_id", *_AMOUNT, "reference")
    pays = Operation(
        "POST", path, "payment", members=members, money="amount", shown_by=shown, final=_FINAL
    )
    return pays, shown


PAYMENTS = (
    Operation(
        "POST",
        "/v1/payments/breb",
        "payment",
        members=("resolution_id", "account_id", *_AMOUNT),
        money="amount",
        shown_by=_PAYMENT,
        listed_by=_PAYMENTS,
        final=_FINAL,
    ),
    Operation(
        "POST",
        "/v1/payments/ach",
        "payment",
        members=("recipient_id", "account_id", *_AMOUNT),
        money="amount",
        shown_by=_PAYMENT,
        listed_by=_PAYMENTS,
        final=_FINAL,
    ),
    Operation(
        "POST",
        "/v1/payments/breb/confirm",
        "payment-confirm",
        members=("id",),
        shown_by=_PAYMENT,
        listed_by=_PAYMENTS,
        final=_FINAL,
    ),
    _PAYMENTS,
    _PAYMENT,
    *_old_payments(f"{_OLD}/payments/breb"),
    *_old_payments(f"{_OLD}/breb/payments"),
)

# -- keys and whom they are of ---------------------------------------------------------------------

_ONE_KEY = Operation("GET", "/v1/keys/{key_id}")
_ALL_KEYS = Operation("GET", "/v1/keys", holds="keys", filters=("account_id", "key_type"))
KEYS = (
    Operation(
        "POST",
        "/v1/keys",
        "key-register",
        members=("account_id", *_KEY),
        shown_by=_ONE_KEY,
        listed_by=_ALL_KEYS,
    ),
    _ALL_KEYS,
    _ONE_KEY,
    Operation(
        "PATCH",
        "/v1/keys/{key_id}/suspend",
        "key-suspend",
        shown_by=_ONE_KEY,
        states=("SUSPENDED", "SUSP"),
    ),
    Operation(
        "PATCH", "/v1/keys/{key_id}/activate", "key-activate", shown_by=_ONE_KEY, states=("ACTIVE",)
    ),
    Operation("DELETE", "/v1/keys/{key_id}", "key-delete", shown_by=_ONE_KEY, deletes=True),
    Operation("POST", f"{_OLD}/accounts/keys", "key-register", members=("account_id", *_OLD_KEY)),
    Operation("PATCH", f"{_OLD}/accounts/keys/suspend", "key-suspend", members=("id",)),
    Operation("DELETE", f"{_OLD}/accounts/keys/{{key_id}}", "key-delete", members=("id",)),
)
RESOLUTIONS = tuple(
    Operation("POST", path, "key-resolve", only_reads=True, members=("customer_id", *_KEY))
    for path in ("/v1/resolve-key", "/v1/key-resolution", "/v1/keyresolution")
)

# -- recipients ------------------------------------------------------------------------------------

_RECIPIENT = Operation("GET", "/v1/recipients/{recipient_id}")
_RECIPIENTS = Operation("GET", "/v1/recipients", holds="recipients", filters=("customer_id",))


def _old_recipients(path: str) -> tuple[Operation, ...]:
    shown = Operation("GET", f"{path}/{{recipient_id}}")
    return Operation("POST", path, "recipient-create", members=_OLD_KEY, shown_by=shown), shown


RECIPIENTS = (
    Operation(
        "POST",
        "/v1/recipients/breb",
        "recipient-create",
        members=("customer_id", *_KEY),
        shown_by=_RECIPIENT,
        listed_by=_RECIPIENTS,
    ),
    Operation(
        "POST",
        "/v1/recipients/ach",
        "recipient-create",
        members=("customer_id",),
        shown_by=_RECIPIENT,
        listed_by=_RECIPIENTS,
    ),
    _RECIPIENTS,
    _RECIPIENT,
    Operation("POST", "/v1/recipients/{recipient_id}/resolve", "key-resolve", only_reads=True),
    *_old_recipients(f"{_OLD}/recipients/breb"),
    *_old_recipients(f"{_OLD}/breb/recipients"),
)

# -- QR codes --------------------------------------------------------------------------------------

_QR_CODE = Operation("GET", "/v1/qrcodes/{qr_code_id}")
_QR_CODES = Operation("GET", "/v1/qrcodes", holds="qr_codes", filters=("customer_id", "key_id"))
_OF_QR_CODES = ("customer_id", "key_id", "type", *_AMOUNT, "qr_code_reference")
QR_CODES = (
    Operation(
        "POST",
        "/v1/qrcodes",
        "qr-create",
        members=_OF_QR_CODES,
        shown_by=_QR_CODE,
        listed_by=_QR_CODES,
    ),
    _QR_CODES,
    _QR_CODE,
    Operation("DELETE", "/v1/qrcodes/{qr_code_id}", "qr-cancel", shown_by=_QR_CODE, deletes=True),
    Operation("POST", "/v1/qrcodes/decode", "qr-decode", only_reads=True),
    Operation("POST", f"{_OLD}/qrcodes", "qr-create", members=_OF_QR_CODES),
)

# -- customers, accounts, tokens -------------------------------------------------------------------

_CUSTOMER = Operation("GET", "/v1/customers/{customer_id}")
_CUSTOMERS = Operation(
    "GET", "/v1/customers", holds="customers", filters=("identification_number",)
)
CUSTOMERS = (
    Operation(
        "POST",
        "/v1/customers/business/link",
        "customer-create",
        members=("type",),
        shown_by=_CUSTOMER,
        listed_by=_CUSTOMERS,
    ),
    _CUSTOMERS,
    _CUSTOMER,
    Operation(
        "PATCH",
        "/v1/customers/{customer_id}",
        "customer-change",
        members=("id",),
        shown_by=_CUSTOMER,
    ),
    Operation("POST", _OLD, "customer-create", members=("type",)),
)

_ACCOUNT = Operation("GET", "/v1/accounts/{account_id}")
_ACCOUNTS = Operation(
    "GET", "/v1/accounts", holds="accounts", filters=("customer_id", "account_number")
)
_OLD_ACCOUNT = Operation("GET", f"{_OLD}/accounts/{{account_id}}")
ACCOUNTS = (
    Operation(
        "POST",
        "/v1/accounts/link",
        "account-link",
        members=("customer_id", "account_number"),
        shown_by=_ACCOUNT,
        listed_by=_ACCOUNTS,
    ),
    _ACCOUNTS,
    _ACCOUNT,
    # Its list names the members differently, and has no pages.
    Operation(
        "POST",
        f"{_OLD}/accounts",
        "account-link",
        members=("account_number", "type"),
        shown_by=_OLD_ACCOUNT,
    ),
    Operation("GET", f"{_OLD}/accounts"),
    _OLD_ACCOUNT,
)

TOKENS = (
    Operation("POST", TOKEN_PATH, "token"),
    Operation("GET", TOKEN_PATH, holds="tokens"),
    Operation("GET", f"{TOKEN_PATH}/{{token_id}}"),
    Operation("DELETE", f"{TOKEN_PATH}/{{token_id}}", "token-revoke", members=("token_id",)),
)

OPERATIONS = (
    *PAYMENTS,
    *KEYS,
    *RESOLUTIONS,
    *RECIPIENTS,
    *QR_CODES,
    *CUSTOMERS,
    *ACCOUNTS,
    *TOKENS,
)
