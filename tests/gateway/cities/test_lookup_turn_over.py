"""The look-up key is turned over under two gateways on one database: at no step is anything refused that was good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cities.city import City
from gateway.cities.grants.grant_projects import make_venue_code, read_venue_code
from gateway.cities.notices import reference_for
from gateway.cities.shops import shop_codes
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.members import known_devices, lockout
from gateway.platform.encryption import Vault
from gateway.platform.tasks import Tasks

from .conftest import KASAMA, NOON, OUEN, SITE, Town, another_town, new_id

SEALING, OLD, NEW = [b"s" * 32], b"l" * 32, b"n" * 32
ONLY_OLD, KNOWS_NEW, USES_NEW = ([OLD], None), ([OLD], NEW), ([NEW, OLD], None)
STEPS = (
    (ONLY_OLD, ONLY_OLD),
    (KNOWS_NEW, ONLY_OLD),
    (KNOWS_NEW, KNOWS_NEW),
    (USES_NEW, KNOWS_NEW),
    (USES_NEW, USES_NEW),
)


@dataclass
class Gateways:
    """Two of them, each with a vault of its own, on one database."""

    town: Town
    cities: tuple[City, City]
    shop: Any

    def take_step(self, step: Any) -> None:
        for city, keys in zip(self.cities, step, strict=True):
            city.context.vault.use_lookup_keys(*keys)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def gateways(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Gateways]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres")
    async with another_town(tmp_path, url) as town:
        other = City.open(
            store=town.store, vault=Vault(SEALING, OLD), clock=town.clock, tasks=Tasks(), hasher=town.city.context.hasher,
            site=SITE,
        )  # fmt: skip
        await town.city.shops.register(await town.who("operator"), "shop-1", ShopEntry(name="見本の店"))
        yield Gateways(town, (town.city, other), await town.who("shop", KASAMA, "shop-1"))


async def test_every_code_is_taken_by_either_gateway_at_every_step(gateways: Gateways) -> None:
    town, spent = gateways.town, 0
    member = await town.member(points=10_000)
    printed = shop_codes.make(town.city.context, KASAMA, "shop-1")
    shown: list[Any] = []
    for step in (*STEPS, USES_NEW_BOTH):
        gateways.take_step(step)
        # What was shown at the step before, by either gateway, and is scanned or typed at the other.
        for city, code in zip(reversed(gateways.cities), shown, strict=False):
            for text in (code[0].qr, code[1].digits):
                paid = await city.spending.receive_payment(gateways.shop, new_id(), text, 100)
                spent += paid.spend.points
        for city in gateways.cities:
            assert await shop_codes.read(city.context, printed) == (KASAMA, "shop-1")
            today = town.clock().date()
            venues = [make_venue_code(each.context, KASAMA, "project", today) for each in gateways.cities]
            assert {read_venue_code(city.context, text, today) for text in venues} == {(KASAMA, "project")}
            own = shop_codes.make(city.context, KASAMA, "shop-1")
            assert {(await shop_codes.read(each.context, own)) for each in gateways.cities} == {
                (KASAMA, "shop-1")
            }
        shown = [
            [await city.codes.make(member.member_id, KASAMA, OUEN) for _ in range(2)]
            for city in gateways.cities
        ]
        for city, codes in zip(reversed(gateways.cities), shown, strict=True):
            assert await city.codes.used_for(member.member_id, codes[0].digits) is None
    assert spent == 2 * 2 * 100 * len(STEPS)
    assert await town.balance(member.member_id) == 10_000 - spent


USES_NEW_BOTH = STEPS[-1]


async def test_a_code_is_used_once_whichever_key_it_is_found_by(gateways: Gateways) -> None:
    gateways.take_step(STEPS[3])
    town = gateways.town
    member = await town.member(points=1_000)
    for city in gateways.cities:
        code = await city.codes.make(member.member_id, KASAMA, OUEN)
        first, second = gateways.cities
        await first.spending.receive_payment(gateways.shop, new_id(), code.digits, 100)
        with pytest.raises(ProblemError) as refused:
            await second.spending.receive_payment(gateways.shop, new_id(), code.qr, 100)
        assert refused.value.type == "pay-code-used"
    assert await town.balance(member.member_id) == 800


def test_what_is_made_with_no_key_of_ours_is_still_refused() -> None:
    vault, stranger = Vault(SEALING, [NEW, OLD]), Vault(SEALING, b"x" * 32)
    token = known_devices.new_device(stranger, "sato", NOON, kind="member").reveal()
    assert known_devices.origin_of(vault, "sato", "", [token], NOON, kind="member").device == ""
    signature = stranger.keyed_hash("text", purpose="shop-code")
    assert not vault.is_keyed_hash(signature, "text", purpose="shop-code")
    own = vault.keyed_hash("text", purpose="shop-code")
    assert vault.is_keyed_hash(own[:24], "text", purpose="shop-code", length=24)
    for cut in ("", own[:23], own[:25], "é" * 24):
        assert not vault.is_keyed_hash(cut, "text", purpose="shop-code", length=24)


@pytest.mark.parametrize("step", STEPS)
def test_names_that_others_keep_and_locks_stand_as_they_were(step: Any) -> None:
    before = Vault(SEALING, OLD)
    device = known_devices.new_device(before, "sato", NOON, kind="member").reveal()
    origin = known_devices.origin_of(before, "sato", "192.0.2.1", [device], NOON, kind="member")
    for keys in step:
        vault = Vault(SEALING, *keys)
        assert reference_for(vault, "mailer", "m1") == reference_for(before, "mailer", "m1")
        assert lockout.login_hash(vault, "sato") == lockout.login_hash(before, "sato")
        assert known_devices.origin_of(vault, "sato", "192.0.2.1", [device], NOON, kind="member") == origin
