"""QR codes: what they say, and what they look like."""

import base64
from typing import Any

import pytest

from simulator.qr import emv

NOBODY = "00000000-0000-4000-8000-000000000000"
VAT = {"vat_type": "PERCENTAGE", "vat_value": "19", "vat_base_value": "1000"}
INC = {"inc_type": "FIXED", "inc_value": "80.50"}
TIP = {"tip_type": "PERCENTAGE", "tip_value": "10"}
PESOS = {"value": "1190.00", "currency": "COP"}
DETAILS = (
    "terminal_label", "invoice_number", "mobile_phone_number", "store_label", "loyalty_label",
    "reference_label", "customer_label", "customer_info", "channel_presentation",
)  # fmt: skip


def _body(sandbox: Any, **changes: Any) -> dict[str, Any]:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer))
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "MPOS"}
    return {**body, "vat": VAT, **changes}


def test_the_checksum_is_that_of_the_standard() -> None:
    """The check value of CRC-16/CCITT-FALSE."""
    assert emv.crc("123456789") == "29B1"


def test_a_static_code_needs_little(sandbox: Any) -> None:
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, inc=INC, tip=TIP))
    assert made["qr_code_data"].startswith("000201010211")
    assert made["merchant"] == {
        "merchant_category_code": "5814", "merchant_country": "CO",
        "merchant_name": "Panaderia Nandu", "merchant_city": "Bogota",
        "merchant_post_code": "110111",
    }  # fmt: skip
    assert (made["status"], made["acquirer_network_identifier"]) == ("ACTIVE", "VISI")
    assert sandbox.get(f"/v1/qrcodes/{made['id']}") == made
    assert sandbox.get("/v1/qrcodes")["qr_codes"] == [made]


def test_the_picture_is_a_png(sandbox: Any) -> None:
    made = sandbox.post("/v1/qrcodes", **_body(sandbox))
    picture = base64.b64decode(made["qr_code_image"], validate=True)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")


def _decode(sandbox: Any, made: dict[str, Any]) -> dict[str, Any]:
    body = {"customer_id": made["customer_id"], "qr_code_data": made["qr_code_data"]}
    told: dict[str, Any] = sandbox.post("/v1/qrcodes/decode", **body)
    return told


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="static"),
        pytest.param({"inc": INC, "tip": TIP}, id="taxes"),
        pytest.param({"amount": PESOS}, id="hybrid"),
        pytest.param({"amount": {**PESOS, "value": "9999999999.99"}}, id="largest-amount"),
        pytest.param({"type": "DYNAMIC", "amount": PESOS, "qr_code_reference": "ABC123"},
                     id="dynamic"),
        pytest.param({"vat": {"vat_type": "FIXED", "vat_value": "5"}}, id="vat-without-base"),
        pytest.param({"amount": PESOS, "tip": {"tip_type": "FIXED", "tip_value": "100"}},
                     id="fixed-tip"),
        pytest.param({"vat": {"vat_type": "PERCENTAGE", "vat_value": "19"}, "inc": INC},
                     id="percents"),
    ],
)  # fmt: skip
def test_a_code_decodes_to_what_was_asked_for(sandbox: Any, changes: dict[str, Any]) -> None:
    body = _body(sandbox, **changes)
    made = sandbox.post("/v1/qrcodes", **body)
    told = _decode(sandbox, made)
    assert not told.keys() & {"id", "qr_code_image", "key_id"}
    assert told.items() <= made.items()
    wanted = {name: value for name, value in body.items() if name != "key_id"}
    assert wanted.items() <= told.items()


@pytest.mark.parametrize("name", DETAILS)
def test_every_detail_comes_back(sandbox: Any, name: str) -> None:
    told = {name: "ñ" * 25, "transaction_purpose": "TRANSFER"}
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, additional_info=told))
    assert made["additional_info"] == told
    assert _decode(sandbox, made)["additional_info"] == told


def test_details_that_do_not_fit_are_refused_in_words(sandbox: Any) -> None:
    told = dict.fromkeys(DETAILS, "x" * 25)
    refused = sandbox.post("/v1/qrcodes", 400, **_body(sandbox, additional_info=told))
    assert (
        "additional_info takes 267 characters, and a QR code can have at most 99"
        in refused["message"]
    )


def test_the_tax_id_gives_way_to_what_was_asked_for(sandbox: Any) -> None:
    for size, there in [(5, True), (25, False)]:
        told = dict.fromkeys(DETAILS[:3], "x" * size)
        made = sandbox.post("/v1/qrcodes", **_body(sandbox, additional_info=told))
        members = emv.unpack(emv.opened(made["qr_code_data"])["62"])
        assert (members.get("10") == "900123456") == there
        sandbox.control("reset", keep_tokens=True)


def test_an_empty_detail_is_none(sandbox: Any) -> None:
    details = {"store_label": "", "invoice_number": "7", "customer_info": ""}
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, additional_info=details))
    said = {"invoice_number": "7", "transaction_purpose": "PURCHASE"}
    assert made["additional_info"] == said
    assert _decode(sandbox, made)["additional_info"] == said


def test_a_purpose_comes_back_as_a_word(sandbox: Any) -> None:
    for purpose in ("00", "PURCHASE"):
        body = _body(sandbox, additional_info={"transaction_purpose": purpose})
        told = _decode(sandbox, sandbox.post("/v1/qrcodes", **body))
        assert told["additional_info"] == {"transaction_purpose": "PURCHASE"}
        sandbox.control("reset", keep_tokens=True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("EMAIL", "x" * 30 + "@" + "y" * 45), ("PHONE", "3009998877"), ("ID", "A1"),
        ("BCODE", "0099999999"),
    ],
)  # fmt: skip
def test_every_kind_of_key_fits_into_a_code(sandbox: Any, kind: str, value: str) -> None:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer), value, kind)
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "APP"}
    made = sandbox.post("/v1/qrcodes", vat=VAT, **body)
    assert _decode(sandbox, made)["key"] == {"key_type": kind, "key_value": value}


def test_a_key_that_does_not_fit_into_a_code_is_said_to(sandbox: Any) -> None:
    customer = sandbox.customer()
    key = sandbox.key(sandbox.account(customer), "x" * 30 + "@" + "y" * 61, "EMAIL")
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "APP"}
    refused = sandbox.post("/v1/qrcodes", 400, vat=VAT, **body)
    assert "its key is of 92 characters, and a QR code can have at most 76" in refused["message"]


def test_a_customer_without_an_address_gets_a_code_too(sandbox: Any) -> None:
    body = {
        "type": "BUSINESS", "business_name": "店", "email": "a@b.co",
        "mobile_phone_number": "3001112233", "identification_type": "NIT",
        "identification_number": "900123456",
    }  # fmt: skip
    customer = sandbox.post("/v1/paas/entities/customers", **body)["id"]
    key = sandbox.key(sandbox.account(customer))
    body = {"key_id": key, "customer_id": customer, "type": "STATIC", "channel": "APP"}
    made = sandbox.post("/v1/paas/entities/customers/qrcodes", vat=VAT, **body)
    assert made["merchant"]["merchant_name"] == "COMERCIO"
    assert _decode(sandbox, made)["merchant"] == made["merchant"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"vat": None}, id="no-vat"),
        pytest.param({"type": "OTHER"}, id="type"),
        pytest.param({"type": "DYNAMIC"}, id="dynamic-without-amount"),
        pytest.param({"channel": "FAX"}, id="channel"),
        pytest.param({"amount": {**PESOS, "value": "10000000000.00"}}, id="amount-of-14-signs"),
        pytest.param({"additional_info": {"store_label": 0}}, id="detail-as-number"),
        pytest.param({"qr_code_reference": "A" * 18}, id="long-reference"),
        pytest.param({"qr_code_reference": "APB"}, id="reference-with-p"),
        pytest.param({"qr_code_reference": "A-B"}, id="reference-with-sign"),
        pytest.param({"vat": {**VAT, "vat_type": "SOME"}}, id="vat-type"),
        pytest.param({"vat": {"vat_type": "FIXED"}}, id="vat-value"),
        pytest.param({"inc": {"inc_type": "FIXED", "inc_value": "x"}}, id="inc"),
        pytest.param({"tip": {"tip_value": "1"}}, id="tip"),
        pytest.param({"tip": {"tip_type": "PERCENTAGE", "tip_value": "101"}}, id="tip-above-all"),
        pytest.param({"additional_info": {"transaction_purpose": "01"}}, id="purpose"),
        *(pytest.param({"additional_info": {name: "x" * 26}}, id=name) for name in DETAILS),
    ],
)
def test_a_code_is_checked(sandbox: Any, changes: dict[str, Any]) -> None:
    sandbox.post("/v1/qrcodes", 400, **_body(sandbox, **changes))


def test_the_missing_vat_is_named_as_was_observed(sandbox: Any) -> None:
    body = _body(sandbox)
    del body["vat"]
    assert sandbox.post("/v1/qrcodes", 400, **body)["message"] == "Field 'vat' is required"


def test_vat_and_the_amount_may_be_left_out_by_choice(start: Any) -> None:
    sandbox = start(vat_required=False, dynamic_amount_required=False)
    body = _body(sandbox, type="DYNAMIC")
    del body["vat"]
    made = sandbox.post("/v1/qrcodes", **body)
    assert _decode(sandbox, made)["type"] == "DYNAMIC"


def test_a_code_needs_a_key_of_its_customer(sandbox: Any) -> None:
    body = _body(sandbox)
    sandbox.post("/v1/qrcodes", 404, **{**body, "key_id": NOBODY})
    sandbox.post("/v1/qrcodes", 404, **{**body, "customer_id": NOBODY})
    sandbox.post("/v1/qrcodes", 409, **{**body, "customer_id": sandbox.customer()})


@pytest.mark.parametrize(("chosen", "status"), [("documented", 204), (200, 200), (204, 204)])
def test_a_cancelled_code_is_gone(start: Any, chosen: Any, status: int) -> None:
    sandbox = start(delete_status=chosen)
    path = f"/v1/qrcodes/{sandbox.post('/v1/qrcodes', **_body(sandbox))['id']}"
    assert sandbox.http.delete(path).status_code == status
    assert sandbox.http.delete(path).status_code == 404
    sandbox.get(path, 404)


def test_codes_are_filtered(sandbox: Any) -> None:
    body = _body(sandbox)
    one = sandbox.post("/v1/qrcodes", **body)["id"]
    other = sandbox.post("/v1/qrcodes", **{**body, "type": "DYNAMIC", "amount": PESOS})["id"]
    for asked, found in [
        ({"qr_code_id": one}, [one]),
        ({"type": "DYNAMIC"}, [other]),
        ({"customer_id": body["customer_id"], "key_id": body["key_id"]}, [one, other]),
        ({"key_value": "@panaderia", "key_type": "ALPHA"}, [one, other]),
    ]:
        listed = sandbox.get("/v1/qrcodes", **asked)["qr_codes"]
        assert [code["id"] for code in listed] == found


def test_a_string_that_is_none_cannot_be_decoded(sandbox: Any) -> None:
    customer = sandbox.customer()
    path = "/v1/qrcodes/decode"
    told = sandbox.post(path, 400, customer_id=customer, qr_code_data="nonsense")
    assert told["message"].startswith("Field 'qr_code_data' cannot be decoded: it does not start")
    sandbox.post(path, 400, customer_id=customer, qr_code_data="")
    sandbox.post(path, 404, customer_id=NOBODY, qr_code_data=emv.seal([("00", "01")]))


def test_the_whole_standard_may_be_insisted_on(start: Any) -> None:
    sandbox = start(qr_reading="strict")
    made = sandbox.post("/v1/qrcodes", **_body(sandbox))
    assert _decode(sandbox, made)["qr_code_data"] == made["qr_code_data"]
    tags = emv.opened(made["qr_code_data"])
    for tag, word in [("91", "tag 91 (the hash) is missing"), ("80", "tag 80 (the channel)")]:
        rest = [pair for pair in tags.items() if pair[0] not in {tag, "63"}]
        body = {"customer_id": made["customer_id"], "qr_code_data": emv.seal(rest)}
        assert word in sandbox.post("/v1/qrcodes/decode", 400, **body)["message"]
    bare = [*((tag, tags[tag]) for tag in tags if tag not in {"62", "63"}), ("62", "0702XY")]
    body = {"customer_id": made["customer_id"], "qr_code_data": emv.seal(bare)}
    assert "tag 08 of tag 62" in sandbox.post("/v1/qrcodes/decode", 400, **body)["message"]


def _pay_in(sandbox: Any, **body: Any) -> Any:
    return sandbox.bare.post("/_sandbox/inbound", json=body)


def test_a_dynamic_code_is_paid_once(sandbox: Any) -> None:
    body = _body(sandbox, type="DYNAMIC", amount=PESOS)
    made = sandbox.post("/v1/qrcodes", **body)
    reference = made["qr_code_reference"]
    assert (reference[0], len(reference), made["is_paid"]) == ("P", 10, False)
    assert _pay_in(sandbox, qr_code_reference=reference).status_code == 200
    assert sandbox.get(f"/v1/qrcodes/{made['id']}")["is_paid"]
    (payment,) = sandbox.get("/v1/payments", qr_code_reference=reference)["payments"]
    assert (payment["direction"], payment["amount"]) == ("INBOUND", {**PESOS, "value": "1190"})
    assert payment["qr_code_reference"] == reference
    again = _pay_in(sandbox, qr_code_reference=reference)
    assert (again.status_code, "paid already" in again.json()["message"]) == (400, True)


def test_a_static_code_is_paid_again_and_again(sandbox: Any) -> None:
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, qr_code_reference="CAJA1"))
    for _ in range(2):
        assert _pay_in(sandbox, qr_code_id=made["id"], amount="10").status_code == 200
    assert len(sandbox.get("/v1/payments", qr_code_reference="CAJA1")["payments"]) == 2
    assert sandbox.get(f"/v1/qrcodes/{made['id']}")["is_paid"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"qr_code_reference": "X1"}, "no QR code has this reference"),
        ({"qr_code_id": NOBODY}, "no such QR code"),
        ({"amount": "5"}, "send key_value, qr_code_reference or qr_code_id"),
        ({"key_value": "@panaderia"}, "send an amount"),
        ({"qr_code_reference": "FACTURA7", "amount": "5"}, "asks for 1190.00"),
    ],
)
def test_a_payment_by_a_code_says_why_it_cannot_be(
    sandbox: Any, body: dict[str, str], word: str
) -> None:
    asked = _body(sandbox, type="DYNAMIC", amount=PESOS, qr_code_reference="FACTURA7")
    sandbox.post("/v1/qrcodes", **asked)
    answer = _pay_in(sandbox, **body)
    assert (answer.status_code, word in answer.json()["message"]) == (400, True)


def test_who_pays_a_code_may_name_it(sandbox: Any) -> None:
    """Decoded, resolved, paid: the receiver finds the payment by the code's reference."""
    made = sandbox.post("/v1/qrcodes", **_body(sandbox, type="DYNAMIC", amount=PESOS))
    payer, reference = sandbox.account(number="0002"), made["qr_code_reference"]
    key = _decode(sandbox, made)["key"]
    resolution = sandbox.resolve(made["customer_id"], key["key_value"], key["key_type"])
    body = {"account_id": payer, "amount": PESOS, "qr_code_reference": reference}
    sent = sandbox.post("/v1/payments/breb", resolution_id=resolution, **body)
    assert sent["qr_code_reference"] == reference
    sandbox.later()
    assert len(sandbox.get("/v1/payments", qr_code_reference=reference)["payments"]) == 2
    assert sandbox.get(f"/v1/qrcodes/{made['id']}")["is_paid"]
    resolution = sandbox.resolve(made["customer_id"], key["key_value"], key["key_type"])
    told = sandbox.post("/v1/payments/breb", 409, resolution_id=resolution, **body)
    assert told["code"] == "QR_CODE_PAID"
