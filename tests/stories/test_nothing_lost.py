"""Operators and partners act on a running town: pause without restart, and pushes that are believed or not."""

from __future__ import annotations

import json

import aiohttp
import pytest

from gateway.demo.environment import MEMBERS
from gateway.demo.scenario import sign_in_as
from gateway.model import Secret
from gateway.webhooks.standard_webhooks import new_secret, sign

pytestmark = pytest.mark.xdist_group("town")
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def saison_as_seen(town) -> dict[str, object]:
    async with town.portal() as portal:
        member = await sign_in_as(town, portal, MEMBERS[0])
        found = (await member.get("/v1/partners"))["partners"]
    return next(one for one in found if one["partner_id"] == "saison")


async def test_a_maintenance_window_is_seen_by_portals_without_a_restart(town) -> None:
    assert (await saison_as_seen(town))["open"] is True
    now = town.clock()
    words = ("saison", f"{now:%Y-%m-%dT%H:%M}", f"{now.replace(hour=23):%Y-%m-%dT%H:%M}")
    code, told = await town.run("partners maintenance", *words, "--reason", "点検")
    assert code == 0, told
    seen = await saison_as_seen(town)
    assert (seen["open"], seen["maintenance"][0]["reason"]) == (False, "点検")  # type: ignore[index]
    assert seen["closed_until"] is not None
    await town.run("partners maintenance", *words, "--withdraw")
    assert (await saison_as_seen(town))["open"] is True


async def test_a_push_is_taken_with_the_partners_secret_and_with_no_other(town) -> None:
    _, told = await town.run("partners push-secret", "saison")
    secret = Secret(json.loads(told)["secret"])
    body = json.dumps(
        {
            "type": "debit.decided",
            "timestamp": town.clock().isoformat(),
            "data": {"exchange_id": UNKNOWN},
        }
    ).encode()

    async def push(key: Secret, message: str, partner: str = "saison") -> int:
        headers = sign(key, message, town.clock(), body) | {"Content-Type": "application/json"}
        url = f"{town.gateway_url}/pushes/{partner}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status

    assert await push(secret, "m-1") == 204
    assert await push(secret, "m-1") == 204
    assert await push(new_secret(), "m-2") == 401
    assert await push(secret, "m-3", "airline_miles") == 401
    assert await push(secret, "m-4", "nobody") == 404
