"""Customers: what they must look like, and how they change."""

from typing import Any

import pytest

PATH = "/v1/customers"
LINK = PATH + "/business/link"
OLD = "/v1/paas/entities/customers"
CUSTOMER: dict[str, Any] = {
    "type": "BUSINESS",
    "business_name": "Panadería Ñandú",
    "email": "hola@example.com",
    "mobile_phone_number": "+573001112233",
    "identification_type": "NIT",
    "identification_number": "900123456",
    "address": {
        "line_1": "Calle 1", "city": "Bogotá", "state": "DC", "post_code": "110111",
        "country": "CO",
    },
    "merchant_category_code": "5814",
}  # fmt: skip


def test_a_linked_customer_comes_back(sandbox: Any) -> None:
    made = sandbox.post(LINK, **CUSTOMER)
    assert made.items() >= {**CUSTOMER, "status": "ACTIVE"}.items()
    assert made["created_at"] == made["updated_at"]
    assert sandbox.get(f"{PATH}/{made['id']}") == made
    assert sandbox.get(PATH)["customers"] == [made]


@pytest.mark.parametrize("name", CUSTOMER)
def test_every_member_is_required(sandbox: Any, name: str) -> None:
    body = {other: value for other, value in CUSTOMER.items() if other != name}
    assert sandbox.post(LINK, 400, **body)["message"] == f"Field '{name}' is required"


@pytest.mark.parametrize("name", ["line_1", "city", "state", "post_code", "country"])
def test_every_member_of_the_address_is_required(sandbox: Any, name: str) -> None:
    address = {other: value for other, value in CUSTOMER["address"].items() if other != name}
    told = sandbox.post(LINK, 400, **{**CUSTOMER, "address": address})
    assert told["message"] == f"Field 'address.{name}' is required"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "INDIVIDUAL"),
        ("business_name", ""),
        ("business_name", "x" * 141),
        ("business_name", 7),
        ("email", ""),
        ("email", "x" * 36),
        ("mobile_phone_number", "+5730011122334455"),
        ("mobile_phone_number", "three"),
        ("identification_type", "CC"),
        ("identification_number", "90012345"),
        ("identification_number", "9001234567"),
        ("merchant_category_code", "581"),
        ("merchant_category_code", "58140"),
        ("address", {**CUSTOMER["address"], "country": "MX"}),
    ],
)
def test_what_breaks_a_rule_is_refused(sandbox: Any, name: str, value: object) -> None:
    told = sandbox.post(LINK, 400, **{**CUSTOMER, name: value})
    assert told["code"] == "INVALID_FIELD"
    assert told["message"].startswith(f"Field '{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("business_name", "ñ" * 140),
        ("email", "x" * 35),
        ("mobile_phone_number", "573001112233"),
        ("mobile_phone_number", "+573001112233445"),
    ],
)
def test_what_just_keeps_a_rule_is_taken(sandbox: Any, name: str, value: str) -> None:
    assert sandbox.post(LINK, **{**CUSTOMER, name: value})[name] == value


def test_an_error_has_the_flat_shape(sandbox: Any) -> None:
    told = sandbox.post(LINK, 400)
    assert told.keys() == {
        "message", "http_code", "type", "code", "resource", "url", "trace_id",
    }  # fmt: skip
    assert (told["http_code"], told["resource"], told["url"]) == (400, "customers", LINK)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"\\ud800"', b"\xff"])
def test_what_is_no_json_object_is_refused(sandbox: Any, content: bytes) -> None:
    assert sandbox.http.post(LINK, content=content).status_code == 400


def test_a_body_may_be_too_large(start: Any) -> None:
    answer = start(body_limit=1000).http.post(LINK, content=b"x" * 1001)
    assert (answer.status_code, answer.json()["type"]) == (413, "too_large")


def test_the_type_of_an_error_is_a_switch(start: Any) -> None:
    sandbox = start(error_content_type="application/problem+json")
    assert sandbox.http.get("/v1/nowhere").headers["Content-Type"] == "application/problem+json"
    assert sandbox.http.get("/v1/keys/x").headers["Content-Type"] == "application/problem+json"


def test_whether_the_type_is_required_is_a_switch(start: Any) -> None:
    sandbox = start(customer_type_required=False)
    body = {name: value for name, value in CUSTOMER.items() if name != "type"}
    assert sandbox.post(LINK, **body)["type"] == "BUSINESS"
    sandbox.post(LINK, 400, **{**body, "type": "INDIVIDUAL"})


def test_linking_may_answer_201(start: Any) -> None:
    start(link_status=201).post(LINK, 201, **CUSTOMER)


def test_an_update_changes_what_was_sent(sandbox: Any) -> None:
    made = sandbox.post(LINK, **CUSTOMER)
    sandbox.later(5)
    path = f"{PATH}/{made['id']}"
    body = {"id": made["id"], "business_name": "Otra", "identification_number": "900999999"}
    changed = sandbox.http.patch(path, json=body).json()
    assert changed == {**made, **body, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] != made["updated_at"]
    assert sandbox.get(path) == changed


def test_the_id_cannot_be_changed(sandbox: Any) -> None:
    path = f"{PATH}/{sandbox.customer()}"
    body = {"id": "00000000-0000-4000-8000-000000000000"}
    assert sandbox.http.patch(path, json=body).status_code == 409
    assert sandbox.http.patch(path, json={"email": "x" * 36}).status_code == 400


@pytest.mark.parametrize("change", ["email", "identification_number"])
def test_a_duplicate_may_be_refused(start: Any, change: str) -> None:
    lenient = start(duplicate_customer="allow")
    assert lenient.customer() != lenient.customer()
    sandbox = start(duplicate_customer=409)
    sandbox.post(LINK, **CUSTOMER)
    sandbox.post(LINK, 409, **CUSTOMER)
    fresh = {"email": "otra@example.com", "identification_number": "900999999"}
    sandbox.post(LINK, 409, **{**CUSTOMER, change: fresh[change]})
    other = sandbox.post(LINK, **{**CUSTOMER, **fresh})
    path = f"{PATH}/{other['id']}"
    assert sandbox.http.patch(path, json={change: CUSTOMER[change]}).status_code == 409
    assert sandbox.http.patch(path, json={"business_name": "Otra"}).status_code == 200


def test_customers_are_filtered(sandbox: Any) -> None:
    one, other = sandbox.customer(), sandbox.customer(identification_number="900999999")
    found = sandbox.get(PATH, identification_number="900999999")["customers"]
    assert [customer["id"] for customer in found] == [other]
    found = sandbox.get(PATH, customer_id=one, identification_type="NIT")["customers"]
    assert [customer["id"] for customer in found] == [one]


def test_an_unknown_customer_is_not_found(sandbox: Any) -> None:
    sandbox.get(f"{PATH}/00000000-0000-4000-8000-000000000000", 404)
    sandbox.get(f"{PATH}/00000000-0000-4000-8000-00000000000A", 400)


def test_the_first_generation_takes_no_address(sandbox: Any) -> None:
    body = {name: CUSTOMER[name] for name in list(CUSTOMER)[:6]}
    made = sandbox.post(OLD, **body)
    assert made.items() >= body.items()
    assert "address" not in made
    sandbox.post(OLD, 400, **{**body, "type": "INDIVIDUAL"})


def test_a_path_that_is_nowhere_is_not_found(sandbox: Any) -> None:
    assert sandbox.get("/v1/nowhere", 404)["message"] == "no such path"
    assert sandbox.get("/v1/", 404)["resource"] == ""
    sandbox.get("/v1/customers/", 404)


def test_a_method_that_is_none_is_refused_with_those_that_are(sandbox: Any) -> None:
    answer = sandbox.http.put(f"{PATH}/00000000-0000-4000-8000-000000000000", json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PATCH")
