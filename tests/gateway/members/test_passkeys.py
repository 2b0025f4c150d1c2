"""Members' passkeys over real HTTP, with an authenticator in software: made after a card, used to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.gateway.cities.passkey import SoftPasskey
from tests.gateway.members.conftest import CARD_TABLE, ORIGIN, PASSWORD, Site

BROWSER, OTHER_BROWSER = "browser-of-hanako", "browser-of-jiro----"


def word(told: Any) -> str:
    return str(told["type"].rpartition("/")[2])


@dataclass
class Door:
    site: Site

    async def make(self, token: str, key: SoftPasskey, **changes: Any) -> tuple[int, Any]:
        status, begun = await self.site.post("/v1/me/passkeys/challenges", None, token=token)
        if status != 201:
            return status, begun
        body = {"token": begun["token"], "credential": key.create(begun["options"]), "name": "私の電話"}
        return await self.site.post("/v1/me/passkeys", body | changes, token=token)

    async def ask(self, browser: str = BROWSER) -> Any:
        status, begun = await self.site.post("/v1/passkeys/challenges", {"browser": browser})
        assert status == 201, begun
        assert begun["options"]["userVerification"] == "required"
        return begun

    async def sign_in(self, key: SoftPasskey, begun: Any = None, **changes: Any) -> tuple[int, Any]:
        begun = begun or await self.ask()
        body = {"browser": BROWSER, "token": begun["token"], "credential": key.get(begun["options"])}
        return await self.site.post("/v1/passkeys/sessions", body | changes)


@pytest.fixture
async def door(open_site: Any) -> AsyncIterator[Door]:
    async with open_site(card=f'{CARD_TABLE}\n[portal]\npublic_url = "{ORIGIN}"\n') as site:
        yield Door(site)


@pytest.fixture
async def hanako(door: Door, authority: Any) -> Any:
    """Who has just registered with her card."""
    _, started = await door.site.register(authority.card(), password=PASSWORD)
    status, told = await door.site.login(authority.card().answer(await door.site.challenge()))
    assert status == 201
    return {"token": told["token"], "mykey_id": started["member"]["mykey_id"]}


class TestAPasskey:
    async def test_is_made_after_a_card_and_signs_its_member_in(self, door: Door, hanako: Any) -> None:
        key = SoftPasskey(ORIGIN)
        status, proof = await door.make(hanako["token"], key)
        assert (status, proof["kind"], proof["name"], proof["used_at"]) == (201, "passkey", "私の電話", None)
        for _ in range(2):
            status, started = await door.sign_in(key)
            assert (status, started["member"]["mykey_id"]) == (201, hanako["mykey_id"])

    async def test_is_not_made_after_a_password_or_long_after_the_card(self, door: Door, hanako: Any) -> None:
        typed = {"mykey_id": hanako["mykey_id"], "password": PASSWORD}
        _, by_password = await door.site.post("/v1/sessions", typed)
        status, told = await door.make(by_password["token"], SoftPasskey(ORIGIN))
        assert (status, word(told)) == (403, "strong-sign-in-needed")
        for _ in range(2):
            door.site.forward(minutes=5, seconds=1)
            await door.site.post("/v1/me", None, method="GET", token=hanako["token"])
        status, told = await door.make(hanako["token"], SoftPasskey(ORIGIN))
        assert (status, word(told)) == (403, "strong-sign-in-needed")

    async def test_is_not_made_at_a_shared_terminal(self, door: Door, hanako: Any, authority: Any) -> None:
        answer = authority.card().answer(await door.site.challenge())
        body = {"browser": BROWSER, "card": answer, "shared_terminal": True}
        _, started = await door.site.post("/v1/card/sessions", body)
        status, told = await door.make(started["token"], SoftPasskey(ORIGIN))
        assert (status, word(told)) == (403, "shared-terminal")

    async def test_that_was_removed_opens_nothing(self, door: Door, hanako: Any) -> None:
        key = SoftPasskey(ORIGIN)
        _, proof = await door.make(hanako["token"], key)
        body = {"proof_id": proof["proof_id"], "password": PASSWORD}
        status, _ = await door.site.post("/v1/me/proofs/removal", body, token=hanako["token"])
        assert status == 200
        status, told = await door.sign_in(key)
        assert (status, word(told)) == (401, "passkey-refused")

    async def test_of_one_member_is_no_other_members(self, door: Door, hanako: Any, authority: Any) -> None:
        key = SoftPasskey(ORIGIN)
        await door.make(hanako["token"], key)
        await door.site.register(authority.another_card())
        _, jiro = await door.site.login(authority.another_card().answer(await door.site.challenge()))
        status, told = await door.make(jiro["token"], key)
        assert (status, word(told)) in [(401, "passkey-refused"), (409, "proof-registered")]
        assert (await door.sign_in(key))[1]["member"]["mykey_id"] == hanako["mykey_id"]


class TestAnAnswer:
    @pytest.fixture
    async def key(self, door: Door, hanako: Any) -> SoftPasskey:
        key = SoftPasskey(ORIGIN)
        assert (await door.make(hanako["token"], key))[0] == 201
        return key

    async def test_serves_once(self, door: Door, key: SoftPasskey) -> None:
        begun = await door.ask()
        done = await asyncio.gather(*(door.sign_in(key, begun) for _ in range(3)))
        assert sorted(status for status, _ in done) == [201, 401, 401]

    async def test_of_another_browser_portal_or_purpose_is_refused(
        self, door: Door, key: SoftPasskey, hanako: Any
    ) -> None:
        status, told = await door.sign_in(key, await door.ask(OTHER_BROWSER))
        assert (status, word(told)) == (401, "passkey-ended")
        begun = await door.ask()
        body = {"browser": BROWSER, "token": begun["token"], "credential": key.get(begun["options"])}
        status, told = await door.site.post("/v1/passkeys/sessions", body, portal=door.site.other_portal)
        assert (status, word(told)) == (401, "passkey-ended")
        _, making = await door.site.post("/v1/me/passkeys/challenges", None, token=hanako["token"])
        status, told = await door.sign_in(key, making)
        assert (status, word(told)) == (401, "passkey-ended")

    async def test_after_five_minutes_is_too_late(self, door: Door, key: SoftPasskey) -> None:
        begun = await door.ask()
        door.site.forward(minutes=5)
        status, told = await door.sign_in(key, begun)
        assert (status, word(told)) == (401, "passkey-ended")

    async def test_without_user_verification_or_for_another_site_is_refused(
        self, door: Door, key: SoftPasskey
    ) -> None:
        key.verifies = False
        status, told = await door.sign_in(key)
        assert (status, word(told)) == (401, "passkey-refused")
        key.verifies, key.origin = True, "https://portal.example.attacker.example"
        status, told = await door.sign_in(key)
        assert (status, word(told)) == (401, "passkey-refused")

    async def test_of_a_copied_authenticator_whose_count_stands_still_is_refused(
        self, door: Door, key: SoftPasskey
    ) -> None:
        assert (await door.sign_in(key))[0] == 201
        key.count -= 1
        status, told = await door.sign_in(key)
        assert (status, word(told)) == (401, "passkey-refused")

    async def test_with_another_key_is_refused(self, door: Door, key: SoftPasskey) -> None:
        key.new_key()
        status, told = await door.sign_in(key)
        assert (status, word(told)) == (401, "passkey-refused")


async def test_a_gateway_that_knows_no_portal_takes_none_and_says_so(site: Site) -> None:
    assert (await site.post("/v1/passkeys", None, method="GET")) == (200, {"open": False})
    status, told = await site.post("/v1/passkeys/challenges", {"browser": BROWSER})
    assert (status, word(told)) == (404, "passkeys-not-configured")
