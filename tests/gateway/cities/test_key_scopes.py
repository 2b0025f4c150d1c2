"""A stolen key reaches what its scope names: asked at every operation of the whole gateway, with a key of each scope."""

from __future__ import annotations

import re

import pytest

from gateway.app import whole_api
from gateway.client import SignedClient, new_key_pair
from gateway.http.authentication import AuthLevel
from gateway.http.client_keys import register_key
from gateway.http.client_scopes import ALL_SCOPES, Scope
from gateway.http.openapi import openapi_document

from .conftest import KASAMA, MITO, PASSWORD, Site

SIGNED = [route for route in whole_api().routes if route.caller is not AuthLevel.PUBLIC]
READING = {"portal", "municipal", "pos", "read-only"}
IN_ITS_OWN_NAME = {
    "POST /v1/sessions": {"portal"},
    "POST /v1/card/challenges": {"portal"},
    "POST /v1/card/sessions": {"portal"},
    "POST /v1/card/registrations": {"portal"},
    "POST /v1/card/relinks": {"portal"},
    "POST /v1/mail/confirmation": {"portal"},
    "POST /v1/mail/stop": {"portal"},
    "POST /v1/oidc/requests": {"portal"},
    "POST /v1/oidc/returns": {"portal"},
    "POST /v1/oidc/registrations": {"portal"},
    "POST /v1/oidc/joins": {"portal"},
    "POST /v1/oidc/card-joins": {"portal"},
    "POST /v1/passkeys/challenges": {"portal"},
    "POST /v1/passkeys/sessions": {"portal"},
    "POST /v1/restorations": {"portal"},
    "POST /v1/municipalities/{municipality}/shop-applications": {"municipal"},
    "POST /v1/shop-applications/view": {"municipal"},
    "POST /v1/shop-applications/resubmission": {"municipal"},
    "POST /v1/shop-applications/withdrawal": {"municipal"},
    "POST /v1/staff/sessions": {"municipal", "pos"},
    "POST /v1/staff/sessions/passkey": {"municipal", "pos"},
    "POST /v1/staff/sessions/totp": {"municipal", "pos"},
    "POST /v1/staff/sessions/till": {"municipal", "pos"},
}
"""What a client program does before anybody is signed in, as people agreed on it."""


def agreed(route) -> set[str]:
    """The scopes that may call it, written a second time."""
    if route.caller is AuthLevel.CLIENT:
        return READING if route.method == "GET" else IN_ITS_OWN_NAME[f"{route.method} {route.template}"]
    reading = {"read-only"} if route.method == "GET" else set()
    if route.caller is AuthLevel.MEMBER:
        return {"portal"} | reading
    is_own = route.template.startswith(("/v1/staff/me", "/v1/staff/sessions/current"))
    is_till = is_own or re.match(r"/v1/shop(/|$)", route.template) is not None
    return {"municipal"} | ({"pos"} if is_till else set()) | reading


async def client_of(site: Site, scope: Scope | None, client_id: str = "city", **options) -> SignedClient:
    """A client program with a new key of this scope."""
    pair, now = new_key_pair(), site.clock()
    await site.services.store.run(
        lambda conn: register_key(conn, client_id, pair.key_id, pair.public_raw, now, scope=scope, **options)
    )
    return SignedClient(site.url, pair.key_id, pair.private_pem, clock=site.clock)


async def answer_to(client: SignedClient, method: str, path: str, **options) -> tuple[int, str]:
    """Status and word of the problem."""
    answer = await client.request(method, path, **options)
    problem = await answer.json() if answer.content_type == "application/problem+json" else {}
    return answer.status, problem.get("type", "").rpartition("/")[2]


@pytest.mark.parametrize("scope", [*Scope, None])
async def test_a_key_reaches_the_operations_of_its_scope_and_no_others(
    site: Site, scope: Scope | None
) -> None:
    wrong, reached = [], 0
    async with await client_of(site, scope) as client:
        for route in SIGNED:
            path = re.sub(r"\{[a-z_]+\}", "0" * 32, route.template)
            is_let_in = await answer_to(client, route.method, path) != (403, "key-scope")
            reached += is_let_in
            if is_let_in != (scope is None or scope.value in agreed(route)):
                wrong.append((route.method, route.template))
    assert wrong == []
    assert 0 < reached < len(SIGNED) or scope is None


async def test_a_stolen_portals_key_signs_no_staff_in(site: Site) -> None:
    await site.hire("administrator", "sato")
    sign_in = {"login": "sato", "password": PASSWORD}
    async with await client_of(site, Scope.PORTAL, "portal") as client:
        assert await answer_to(client, "POST", "/v1/staff/sessions", json=sign_in) == (403, "key-scope")
    async with await client_of(site, Scope.MUNICIPAL) as client:
        assert (await answer_to(client, "POST", "/v1/staff/sessions", json=sign_in))[0] == 201


async def test_an_administrator_at_a_tills_key_opens_no_city(site: Site) -> None:
    token = await site.staff_token("administrator")
    async with await client_of(site, Scope.POS) as client:
        assert (await answer_to(client, "GET", "/v1/staff/me", session_token=token))[0] == 200
        for method, path in (("GET", "/v1/city/staff"), ("POST", "/v1/city/projects")):
            assert await answer_to(client, method, path, session_token=token) == (403, "key-scope")


async def test_a_read_only_key_reads_for_a_session_of_its_program_and_changes_nothing(site: Site) -> None:
    token = await site.staff_token("administrator")
    async with await client_of(site, Scope.READ_ONLY) as client:
        assert (await answer_to(client, "GET", "/v1/city/staff", session_token=token))[0] == 200
        assert await answer_to(client, "DELETE", "/v1/staff/me/sessions", session_token=token) == (
            403,
            "key-scope",
        )


def test_the_document_says_which_keys_reach_each_operation() -> None:
    document = openapi_document(whole_api())
    for route in SIGNED:
        operation = document["paths"][route.template][route.method.lower()]
        assert set(operation["x-key-scopes"]) == agreed(route)
        types = str(operation["responses"].get("403", ""))
        assert ("problems/key-scope'" in types) == (route.scopes != ALL_SCOPES), route.template


class TestATillsKeyOfOneShop:
    async def test_serves_that_shops_people_and_nobody_else(self, site: Site) -> None:
        own = await site.staff_token("shop", shop_id="soba-1")
        others = [
            await site.staff_token("shop", shop_id="soba-2"),
            await site.staff_token("shop", MITO, shop_id="soba-1"),
            await site.staff_token("administrator"),
        ]
        async with await client_of(site, Scope.POS, shop=f"{KASAMA}/soba-1") as client:
            assert (await answer_to(client, "GET", "/v1/staff/me", session_token=own))[0] == 200
            for token in others:
                for method, path in (("GET", "/v1/staff/me"), ("DELETE", "/v1/staff/me/sessions")):
                    assert await answer_to(client, method, path, session_token=token) == (403, "key-scope")

    async def test_of_another_till_says_nothing_of_the_first(self, site: Site) -> None:
        token = await site.staff_token("shop", shop_id="soba-1")
        async with await client_of(site, Scope.POS, shop=f"{KASAMA}/soba-2") as client:
            assert await answer_to(client, "GET", "/v1/staff/me", session_token=token) == (403, "key-scope")
        async with await client_of(site, Scope.POS) as client:
            assert (await answer_to(client, "GET", "/v1/staff/me", session_token=token))[0] == 200
