"""Role by action, for every address of the municipal cloud; and nobody reaches into another city."""

import json
import uuid
from typing import Any

import pytest

from gateway.api.city.routes import api
from gateway.app import whole_api
from gateway.cities.shops.shops import ShopEntry
from gateway.http.authentication import AuthLevel
from gateway.http.openapi import openapi_document
from gateway.http.schema_examples import example
from gateway.platform.roles import ALLOWED, PASSWORD_IS_ENOUGH, PLATFORM, SHOP_ROLES, Action, Role, may

from .conftest import KASAMA, MITO, NOON

STAFF = [route for route in api.routes if route.caller is AuthLevel.STAFF]
DOCUMENT = openapi_document(whole_api())

MAY = {
    "viewer": "own_account second_factor see",
    "operator": "own_account second_factor see see_member help_member grant plan_grants upload_grants keep_shops refund "
    "plan_events see_proposals announce",
    "approver": "own_account second_factor see see_member refund settle read_audit "
    "decide_events see_proposals decide_proposals",
    "administrator": "own_account second_factor see see_member help_member grant plan_grants upload_grants "
    "change_rules keep_shops keep_banks refund settle keep_staff read_audit plan_events "
    "decide_events see_proposals decide_proposals announce",
    "shop": "own_account second_factor see_own_shop take_points refund_at_shop see_shop_books keep_own_shop",
    "till": "own_account second_factor see_own_shop take_points refund_at_shop",
    "bookkeeper": "own_account second_factor see_own_shop see_shop_books",
    "platform": "own_account second_factor see_partners see_exchanges keep_exchanges keep_partners keep_keys keep_members plan_stops keep_staff see_proposals "
    "decide_proposals",
}
"""The matrix as people agreed on it, written a second time, so that a slip in the table shows."""


@pytest.mark.parametrize("role", list(Role))
def test_the_table_is_the_one_that_was_agreed_on(role):
    assert {action.value for action in ALLOWED[role]} == set(MAY[role].split())


def test_every_action_is_asked_for_by_an_address():
    assert {route.action for route in STAFF} == set(Action)


@pytest.mark.parametrize("role", list(Role))
def test_without_a_second_factor_only_the_own_account_is_open_but_for_shops(role):
    open_actions = {action for action in Action if may(role, action, strong=False)}
    expected = ALLOWED[role] if role in PASSWORD_IS_ENOUGH else {Action.OWN_ACCOUNT, Action.SECOND_FACTOR}
    assert open_actions == expected


@pytest.mark.parametrize("role", list(Role))
def test_a_first_password_opens_the_own_account_only(role):
    assert {action for action in Action if may(role, action, strong=True, first_password=True)} == {
        Action.OWN_ACCOUNT,
        Action.SECOND_FACTOR,
    }


def asked(route):
    """A request that fits the description of the route; what it names does not exist."""
    operation = DOCUMENT["paths"][route.template][route.method.lower()]
    schemas = DOCUMENT["components"]["schemas"]
    path, query = route.template, {}
    for one in operation.get("parameters", ()):
        value = example(one["schema"], schemas)
        if one["name"] in ("staff_id", "file_id", "proposal_id"):
            value = uuid.uuid4().hex
        if one["name"] == "starts_on":
            value = "2018-07-01"
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", str(value))
        elif one["required"]:
            query[one["name"]] = str(value)
    options: dict[str, Any] = {"params": query} if query else {}
    if route.body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        options["json"] = json.loads(json.dumps(example(schema, schemas)))
    if route.upload is not None:
        options["content"] = (b"mykey_id,points\n", "text/csv")
    return path, options


async def test_every_address_lets_in_the_roles_of_its_action_and_no_others(site):
    await site.services.city.shops.register(await administrator(site), "soba", ShopEntry(name="そば"))
    tokens = {}
    for role in Role:
        city = PLATFORM if role is Role.PLATFORM else KASAMA
        tokens[role] = await site.staff_token(role.value, city, "soba" if role in SHOP_ROLES else None)
    wrong = []
    for route in STAFF:
        if route.name == "staff_sign_out":
            continue  # ends the session; every role may
        path, options = asked(route)
        for role, token in tokens.items():
            status, answer = await site.call(route.method, path, token, **options)
            word = answer.get("type", "").rpartition("/")[2] if isinstance(answer, dict) else ""
            let_in = word != "role-not-allowed"
            if let_in != (route.action in ALLOWED[role]) or status == 500 or word.startswith("session-"):
                wrong.append((route.method, path, role.value, status, word))
    assert wrong == []


async def administrator(site):
    from gateway.cities.staff import staff_rows

    token = await site.staff_token("administrator")
    return await site.services.store.read(
        lambda conn: staff_rows.find_session(conn, token, client_id="city", now=site.clock())
    )


@pytest.mark.parametrize("route", STAFF, ids=lambda route: f"{route.method} {route.template}")
def test_no_address_names_a_municipality(route):
    assert "{municipality}" not in route.template
    for model in (route.body, route.query):
        assert model is None or "municipality" not in model.model_fields


async def test_without_a_session_or_with_a_members_nothing_is_told(site):
    _, member = await site.member_token()
    for route in STAFF:
        path, options = asked(route)
        for token in ("", member):
            status, _ = await site.call(route.method, path, token, **options)
            assert status == 401, route.template


async def test_a_member_of_one_city_is_nobody_in_the_other(site):
    member = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")

    def give(conn):
        from .conftest import give

        give(conn, member.member_id, 500, NOON.date(), NOON)

    await site.services.store.run(give)
    path = f"/v1/city/members/{member.mykey_id}"
    own = await site.call("GET", path, await site.staff_token("operator", KASAMA))
    assert (own[0], own[1]["balances"][0]["points"]) == (200, 500)
    other = await site.call("GET", path, await site.staff_token("operator", MITO))
    assert (other[0], other[1]["type"]) == (404, "/docs/problems/unknown-member")
    nobody = await site.call("GET", "/v1/city/members/ACDEFGHJ", await site.staff_token("operator", MITO))
    assert nobody[1]["detail"] == other[1]["detail"]
