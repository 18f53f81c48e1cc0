"""Bodies of requests, as the OpenAPI document shows them.

A body that only repeats the id of its path has none: the two could not agree.
"""

from typing import Any

_ID = "5f0c1a52-7d3e-4b8a-9c61-2f4e8d7b9a10"
_PESOS = {"value": "25000", "currency": "COP"}
_PHONE = {"key_type": "PHONE", "key_value": "3001234567"}
_OLD_PHONE = {"key_type": "M", "key_value": "3001234567"}
_BUSINESS = {
    "type": "BUSINESS",
    "business_name": "Café de la Esquina",
    "email": "hola@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "900555777",
}
ADDRESS = {
    "line_1": "Calle 10 # 5-51",
    "city": "Bogotá",
    "state": "Cundinamarca",
    "post_code": "111711",
    "country": "CO",
}
_QR = {
    "key_id": _ID,
    "customer_id": _ID,
    "type": "DYNAMIC",
    "channel": "POS",
    "amount": _PESOS,
    "vat": {"vat_type": "PERCENTAGE", "vat_value": "19"},
    "qr_code_reference": "FACTURA7",
}
_ACH = {
    "customer_id": _ID,
    "owner": {
        "type": "BUSINESS",
        "business_name": "El Trigo",
        "identification_type": "NIT",
        "identification_number": "900123457",
    },
    "account": {
        "account_type": "SAVINGS",
        "account_number": "200300400",
        "bank_name": "OTRO BANCO",
    },
}
_OLD_PAYMENT = {"account_id": _ID, "breb_recipient_id": _ID, "amount": _PESOS}
_RESOLVE = {"customer_id": _ID, "key": _PHONE}

BODIES: dict[str, dict[str, Any]] = {
    "createToken": {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "grant_type": "client_credentials",
    },
    "linkCustomer": {**_BUSINESS, "address": ADDRESS, "merchant_category_code": "5814"},
    "updateCustomer": {"business_name": "Café de la Otra Esquina"},
    "oldCreateCustomer": _BUSINESS,
    "linkAccount": {"customer_id": _ID, "account_type": "ORDINARY", "account_number": "0001"},
    "oldLinkAccount": {"entity_customer_id": _ID, "type": "ORDINARY", "account_number": "0001"},
    "createKey": {
        "account_id": _ID,
        "key": {"key_type": "ALPHA", "key_value": "@cafe123"},
        "display_name": "Caja 1",
    },
    "oldCreateKey": {"account_id": _ID, "key_type": "O", "key_value": "@cafe123"},
    "oldSuspendKey": {"id": _ID},
    "resolveKey": _RESOLVE,
    "keyResolution": _RESOLVE,
    "keyresolution": _RESOLVE,
    "createRecipient": {"customer_id": _ID, "key": _PHONE, "alias": "Luisa"},
    "createAchRecipient": _ACH,
    "oldCreateRecipient": {"entity_customer_id": _ID, **_OLD_PHONE},
    "oldCreateRecipientCurl": {"entity_customer_id": _ID, **_OLD_PHONE},
    "createPayment": {"account_id": _ID, "resolution_id": _ID, "amount": _PESOS},
    "confirmPayment": {"id": _ID},
    "createAchPayment": {"account_id": _ID, "recipient_id": _ID, "amount": _PESOS},
    "oldCreatePayment": _OLD_PAYMENT,
    "oldCreatePaymentCurl": _OLD_PAYMENT,
    "createQrCode": _QR,
    "oldCreateQrCode": _QR,
    "decodeQrCode": {"customer_id": _ID, "qr_code_data": "000201…6304ABCD"},
}
