"""The member's own sum over real HTTP: lowered by anybody who is signed in, raised only minutes after a strong proof."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.cities.passkey import SoftPasskey
from tests.gateway.members.conftest import ORIGIN, PASSWORD
from tests.gateway.members.test_passkeys import Door, door, hanako, word

__all__ = ["door", "hanako"]
STEP_UP = "/v1/me/step-up"


async def put(door: Door, token: str, above: int | None) -> tuple[int, Any]:
    answer: tuple[int, Any] = await door.site.post(STEP_UP, {"above": above}, method="PUT", token=token)
    return answer


async def by_password(door: Door, hanako: Any) -> str:
    _, told = await door.site.post("/v1/sessions", {"mykey_id": hanako["mykey_id"], "password": PASSWORD})
    return str(told["token"])


class TestTheSum:
    async def test_is_none_at_first_and_anybody_signed_in_lowers_it(self, door: Door, hanako: Any) -> None:
        token = await by_password(door, hanako)
        assert await door.site.post(STEP_UP, None, method="GET", token=token) == (
            200,
            {"above": None, "has_strong_proof": True},
        )
        assert (await put(door, token, 3_000))[1]["above"] == 3_000
        assert (await put(door, token, 500))[1]["above"] == 500
        assert (await put(door, token, 500))[0] == 200

    @pytest.mark.parametrize("above", [501, None])
    async def test_is_not_raised_or_taken_away_after_a_password(
        self, door: Door, hanako: Any, above: int | None
    ) -> None:
        token = await by_password(door, hanako)
        await put(door, token, 500)
        status, told = await put(door, token, above)
        assert (status, word(told), told["above"]) == (403, "fresh-proof-needed", 500)

    @pytest.mark.parametrize("above", [501, None])
    async def test_is_raised_within_five_minutes_of_the_card(
        self, door: Door, hanako: Any, authority: Any, above: int | None
    ) -> None:
        await put(door, hanako["token"], 500)
        _, fresh = await door.site.login(authority.card().answer(await door.site.challenge()))
        door.site.forward(minutes=4, seconds=45)
        assert (await put(door, fresh["token"], above))[1]["above"] == above

    async def test_is_not_raised_a_second_later(self, door: Door, hanako: Any, authority: Any) -> None:
        await put(door, hanako["token"], 500)
        _, late = await door.site.login(authority.card().answer(await door.site.challenge()))
        door.site.forward(minutes=5, seconds=1)
        assert (await put(door, late["token"], 501))[0] == 403

    async def test_a_passkey_is_as_good_as_a_card(self, door: Door, hanako: Any) -> None:
        key = SoftPasskey(ORIGIN)
        await door.make(hanako["token"], key)
        await put(door, hanako["token"], 500)
        door.site.forward(minutes=6)
        _, started = await door.sign_in(key)
        assert (await put(door, started["token"], None))[0] == 200

    async def test_cannot_be_set_where_nothing_could_ever_prove_it(self, door: Door, hanako: Any) -> None:
        token = await by_password(door, hanako)
        _, listed = await door.site.post("/v1/me/proofs", None, method="GET", token=token)
        card = next(proof for proof in listed["proofs"] if proof["kind"] == "card")
        body = {"proof_id": card["proof_id"], "password": PASSWORD}
        assert (await door.site.post("/v1/me/proofs/removal", body, token=token))[0] == 200
        status, told = await put(door, token, 500)
        assert (status, word(told)) == (409, "step-up-no-proof")

    async def test_a_change_is_read_in_the_notices(self, door: Door, hanako: Any) -> None:
        await put(door, hanako["token"], 500)
        _, told = await door.site.post("/v1/notices", None, method="GET", token=hanako["token"])
        assert "step_up_changed" in [notice["kind"] for notice in told["notices"]]

    @pytest.mark.parametrize("above", [-1, 1.5, "500", 10**12])
    async def test_that_is_no_whole_number_of_points_is_refused(
        self, door: Door, hanako: Any, above: Any
    ) -> None:
        assert (await put(door, hanako["token"], above))[0] == 422
