"""A sealing key is turned over without a value lost: what is under it is counted, sealed anew, and then it can go."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import Store
from gateway.cities import tables as city_tables
from gateway.cities.shops.bank_accounts import BankAccount, Payer, encrypt_account, encrypt_payer
from gateway.cities.staff import second_factor
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.sealed_columns import SEALED_COLUMNS, _pages, _reseal, count_sealed, reseal
from gateway.webhooks import keys as webhook_keys
from tests.faults.house import open_house
from tests.gateway.cities.conftest import (
    KASAMA,
    NOON,
    PASSWORD,
    Site,
    Town,
    another_town,
    settings_more,
    site,
)

__all__ = ["settings_more", "site"]
OLD, NEW, LOOKUP = b"s" * 32, b"n" * 32, b"l" * 32
TURNING, TURNED = Vault([NEW, OLD], LOOKUP), Vault([NEW], LOOKUP)


def counts(store: Store, vault: Vault) -> tuple[dict[str, Counter[int]], int]:
    counted = count_sealed(store, vault)
    return {each.column: each.by_age for each in counted if each.by_age}, sum(
        each.unreadable for each in counted
    )


def test_every_column_that_is_sealed_is_known() -> None:
    columns = {
        column
        for metadata in (tables.metadata, city_tables.metadata)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
        or (column.name == "token" and isinstance(column.type, sa.LargeBinary))
    }
    assert {sealed.column for sealed in SEALED_COLUMNS} == columns


def turned_over(store: Store, expected: set[str]) -> None:
    before, unreadable = counts(store, TURNING)
    assert (set(before), unreadable) == (expected, 0)
    assert all(set(by_age) == {1} for by_age in before.values())
    count = sum(by_age[1] for by_age in before.values())
    assert counts(store, TURNED) == ({}, count)
    assert reseal(store, TURNED) == 0  # what no key opens is left for the day on which its key is back
    assert reseal(store, TURNING) == count
    after, unreadable = counts(store, TURNED)
    assert (sum(by_age[0] for by_age in after.values()), unreadable) == (count, 0)
    assert reseal(store, TURNING) == 0


async def test_what_a_city_keeps_is_sealed_anew(tmp_path: Path) -> None:
    async with another_town(tmp_path) as town:
        await furnished(town)
        turned_over(
            town.store,
            {
                "staff.totp_sealed",
                "shops.bank_sealed",
                "city_banks.payer_sealed",
                "webhook_keys.secret_sealed",
            },
        )


ACCOUNT = BankAccount(
    bank_code="9999", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="1234567",
    holder="ミホン シヨウテン",
)  # fmt: skip


def add_shop(conn: sa.Connection, vault: Vault, shop_id: str) -> None:
    conn.execute(
        city_tables.shops.insert().values(
            municipality=KASAMA, shop_id=shop_id, name="x", name_kana="x", category="x", address="x", phone="x",
            bank_sealed=encrypt_account(vault, KASAMA, shop_id, ACCOUNT), registered_at=NOON,
        )
    )  # fmt: skip


async def furnished(town: Town) -> None:
    vault = town.city.context.vault
    who = await town.who("operator")

    def job(conn: sa.Connection) -> None:
        second_factor.begin_totp(conn, who, vault)
        for number in range(3):
            add_shop(conn, vault, f"s{number}")
        payer = Payer(client_code="0123456789", account=ACCOUNT)
        conn.execute(
            city_tables.city_banks.insert().values(
                municipality=KASAMA, payer_sealed=encrypt_payer(vault, KASAMA, payer), changed_at=NOON
            )
        )
        webhook_keys.add_partner(conn, vault, "saison", NOON)

    await town.store.run(job)


async def test_links_and_ways_to_a_partner_are_sealed_anew(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await (await house.person()).linked()
        waiting = await house.person()
        await waiting.visit(await waiting.begin("11111111-1111-4111-8111-111111111111"))
        turned_over(house.store, {"linked_accounts.token", "exchanges.handoff_sealed"})


async def test_a_value_that_is_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """A member links anew between the reading of a page and its writing."""
    async with open_house(tmp_path) as house:
        await (await house.person()).linked()
        sealed = next(each for each in SEALED_COLUMNS if each.purpose == "link")
        (rows,) = _pages(house.store, sealed)
        newer = sa.update(tables.linked_accounts).values(token=b"newer")
        await house.store.run(lambda conn: conn.execute(newer))
        assert await house.store.run(lambda conn: _reseal(conn, sealed, rows, TURNING)) == 0
        token = sa.select(tables.linked_accounts.c.token)
        assert await house.store.read(lambda conn: conn.scalar(token)) == b"newer"


class TestWithoutTheKey:
    """A sealing key was taken away too early: no page breaks, nothing is lost, and the log says what to do."""

    @pytest.mark.parametrize("what", ["a code from the app", "a shop's bank account"])
    async def test_the_answer_says_that_nothing_was_done_and_whom_to_tell(
        self, site: Site, what: str
    ) -> None:
        vault, store = site.services.context.vault, site.services.store
        request: tuple[str, str, str, dict[str, str] | None]
        if what == "a code from the app":
            await site.hire("operator", "sato")
            signing_in = {"login": "sato", "password": PASSWORD}
            token = (await site.call("POST", "/v1/staff/sessions", "", signing_in))[1]["token"]
            again = {"password": PASSWORD}
            assert (await site.call("POST", "/v1/staff/me/totp/begin", token, json=again))[0] == 200
            request = ("POST", "/v1/staff/me/totp", token, {"code": "123456"})
        else:
            token = await site.staff_token("administrator")
            await store.run(lambda conn: add_shop(conn, vault, "s1"))
            request = ("GET", "/v1/city/shops/s1/bank-account", token, None)
        vault.use_sealing_keys([NEW])
        method, path, session, body = request
        status, answer = await site.call(method, path, session, json=body)
        assert (status, answer["type"].rpartition("/")[2]) == (503, "key-missing"), answer

    async def test_a_return_from_a_partner_begins_again(self, tmp_path: Path) -> None:
        async with open_house(tmp_path) as house:
            person = await house.person()
            exchange = await person.begin("11111111-1111-4111-8111-111111111111")
            code = await person.visit(exchange)
            house.context.vault.use_sealing_keys([NEW])
            with pytest.raises(ProblemError, match="start a new exchange") as refused:
                await house.openings.complete(person.member, exchange.exchange_id, code)
            assert refused.value.type == "return-code-wrong"

    async def test_one_push_secret_that_opens_with_none_leaves_the_others(self, tmp_path: Path) -> None:
        async with another_town(tmp_path) as town:
            await town.store.run(
                lambda conn: webhook_keys.add_partner(conn, Vault([OLD], LOOKUP), "saison", NOON)
            )
            _, secret = await town.store.run(
                lambda conn: webhook_keys.add_partner(conn, TURNED, "saison", NOON)
            )
            (opened,) = await town.store.read(
                lambda conn: webhook_keys.list_by_partner(conn, TURNED, "saison")
            )
            assert opened.reveal() == secret.reveal()
