"""What no partner can tell comes back after a restore: payments, refunds, grants; and what was taken away stays away."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import ChainKeys, StoreError, Transfer, audit, chart, ledger
from gateway.cities import rights_recovery, tables
from gateway.cities.record_recovery import (
    BACK,
    DONE_AGAIN,
    HERE,
    RecordLeft,
    RecordObstacle,
    close_gaps,
    group_records,
    is_taken_away,
    recover_records,
)
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.client import new_key_pair
from gateway.errors import ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.link_rows import Link
from gateway.exchanges.restored_mode import RestoredMode
from gateway.http.client_keys import find_key, register_key, revoke_key
from gateway.members import member_events, passkey_rows, proofs, restorations
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.members.proofs import ProofKey, ProofKind
from gateway.platform import audit_log
from gateway.platform import tables as platform_tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.forgotten_records import RECORDS_SETTLED, list_forgotten_records, record_id
from gateway.platform.journal import Journal, begin_journal
from gateway.platform.journal_reader import read_journal
from gateway.platform.record_stream import DEED, MOVE, PROOF_ENDED, RecordStream
from gateway.platform.roles import PLATFORM, Role
from gateway.points import directory
from gateway.points.allocation import Allocations
from tests.faults import rollback
from tests.faults.test_recovery import BreakAt

from .conftest import KASAMA, NOON, OUEN, Town, another_town, new_id
from .test_grants import plan

KEYS = ChainKeys.of([b"c" * 32])
PUBLIC = new_key_pair().public_raw


@dataclass
class Lost:
    """A town that goes back to the moment of `copy`, and its journal."""

    town: Town
    url: str
    folder: Path
    journal: Journal
    members: dict[str, Any] = field(default_factory=dict)

    @property
    def journal_folder(self) -> Path:
        return self.folder / "journal"

    async def missing(self) -> list[Any]:
        lines = read_journal(self.journal_folder, KEYS)
        assert lines.faults == ()
        return await self.town.store.read(lambda conn: list_forgotten_records(conn, lines.lines))

    async def recover(self, lines: list[Any] | None = None) -> list[str]:
        results = []
        for group in group_records(lines if lines is not None else await self.missing()):
            try:
                result = await self.town.store.run(
                    lambda conn, group=group: recover_records(
                        conn, group, operator="Sato", reason="disk", at=self.town.clock()
                    )
                )
            except RecordLeft as left:
                result = str(left)
            results.append(result)
        return results

    async def everything(self) -> dict[str, list[Any]]:
        """What people own and are owed: balances, payments, refunds, budgets."""

        def job(conn: sa.Connection) -> dict[str, list[Any]]:
            queries = {
                "balances": "SELECT book_id, account, posted, held FROM accounts WHERE posted <> 0 OR held <> 0",
                "spends": "SELECT book_id, spend_id, shop_id, points, yen, lots, way, taken_by, refunded_points FROM spends",
                "refunds": "SELECT book_id, refund_id, spend_id, shop_id, points, yen, reason, made_by FROM refunds",
                "budgets": "SELECT project_id, granted FROM grant_projects",
                "ids": "SELECT municipality, grant_id, project_id, book_id FROM grant_ids",
                "given": "SELECT book_id, project_id, grants, points FROM project_members",
            }
            return {name: sorted(map(tuple, conn.execute(sa.text(text)))) for name, text in queries.items()}

        return await self.town.store.read(job)

    def roll_back(self) -> None:
        rollback.put_back(self.url, self.folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def lost(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lost]:
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    begin_journal(tmp_path / "journal")
    async with another_town(tmp_path, url) as town:
        url = url or town.store.engine.url.render_as_string()
        journal = Journal(tmp_path / "journal", KEYS, town.clock)
        lost = Lost(town, url, tmp_path, journal)
        await town.city.shops.register(await town.who("operator"), "soba-ya", ShopEntry(name="そば処 見本"))
        await town.add_project(plan())
        lost.members = {"taro": await town.member(points=1_000), "hanako": await town.member()}
        await town.who("shop", shop_id="soba-ya")
        await town.store.run(
            lambda conn: register_key(
                conn, client_id="portal", key_id="portal-1", public_raw=PUBLIC, now=NOON
            )
        )
        await town.store.run(lambda conn: reserve(conn, lost.members["hanako"].member_id, 600))
        rollback.take_copy(url, tmp_path)
        town.store.on_commit = RecordStream(journal)
        yield lost
        town.store.on_commit = None
        journal.close()
    with suppress(Exception):
        if not url.startswith("sqlite"):
            engine = sa.create_engine(url, poolclass=sa.NullPool)
            with engine.begin() as conn:
                conn.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE")


def reserve(conn: sa.Connection, member_id: str, points: int) -> None:
    ledger.transfer(
        conn,
        Transfer(
            id=new_id(), book=chart.member_book(member_id), source=chart.partner_due("saison"),
            target=chart.reserve(member_id), points=points, at=NOON, kind="exchange", issued_on=NOON.date(),
        ),
    )  # fmt: skip


async def live_on(lost: Lost) -> None:
    """What happens between the backup and the crash: each needs the one before it."""
    town, (taro, hanako) = lost.town, lost.members.values()
    operator, clerk = await town.who("operator"), await town.who("shop", shop_id="soba-ya")
    await town.city.grants.to_one(operator, "kosodate", new_id(), taro.mykey_id, 500, "お祝い")
    paid = await pay(town, taro, clerk, 1_200)
    await town.city.spending.refund_by_shop(clerk, new_id(), paid.spend.spend_id, 1_050, "返品")
    await Allocations(store=town.store, clock=town.clock).allocate(
        hanako.member_id, new_id(), 400, KASAMA, OUEN
    )
    await pay(town, hanako, clerk, 300)


async def pay(town: Town, member: Any, clerk: Any, points: int) -> Any:
    code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
    return await town.city.spending.receive_payment(clerk, new_id(), code.qr, points)


pytestmark = pytest.mark.xdist_group("postgres")


class TestMovesOfPoints:
    async def test_everybody_has_and_is_owed_what_it_was_before(self, lost: Lost) -> None:
        await live_on(lost)
        before = await lost.everything()
        lost.roll_back()
        assert await lost.everything() != before
        assert set(await lost.recover()) == {BACK}
        assert await lost.everything() == before
        assert await lost.missing() == []
        report = await lost.town.store.read(audit.verify)
        assert report.ok, report.faults

    async def test_a_second_run_and_a_second_restore_give_nothing_twice(self, lost: Lost) -> None:
        await live_on(lost)
        before = await lost.everything()
        lost.roll_back()
        lines = await lost.missing()
        await lost.recover()
        assert set(await lost.recover(lines)) == {HERE}
        lost.roll_back()
        await lost.recover()
        assert await lost.everything() == before

    async def test_one_that_is_cut_at_any_statement_is_whole_or_absent(self, lost: Lost) -> None:
        await live_on(lost)
        before = await lost.everything()
        lost.roll_back()
        cuts = 0
        for group in group_records(await lost.missing()):
            count = len(await lost.missing())
            while True:
                breaking = BreakAt(cuts % 1_000)
                sa.event.listen(lost.town.store.engine, "before_cursor_execute", breaking)
                with suppress(RuntimeError, StoreError):
                    await lost.recover(group)
                sa.event.remove(lost.town.store.engine, "before_cursor_execute", breaking)
                if not breaking.broke:
                    break
                assert len(await lost.missing()) == count
                cuts += 1
            cuts = 0
        assert await lost.everything() == before

    async def test_what_was_paid_with_forgotten_points_waits_for_them(self, lost: Lost) -> None:
        await live_on(lost)
        lost.roll_back()
        lines = await lost.missing()
        spends = [line for line in lines if line["kind"] == MOVE and line["move"] == "spend"]
        assert set(await lost.recover(spends)) == {RecordObstacle.TOO_LITTLE}
        assert set(await lost.recover()) == {BACK}

    async def test_an_id_that_stands_for_another_payment_since_is_left_and_said(self, lost: Lost) -> None:
        town, taro = lost.town, lost.members["taro"]
        clerk, spend_id = await town.who("shop", shop_id="soba-ya"), new_id()
        for points in (300, 200):
            code = await town.city.codes.make(taro.member_id, KASAMA, OUEN)
            await town.city.spending.receive_payment(clerk, spend_id, code.qr, points)
            if points == 300:
                lost.roll_back()
        (line,) = [line for line in await lost.missing() if line["kind"] == MOVE]
        assert line["points"] == 300
        (result,) = await lost.recover([line])
        assert result.startswith(RecordObstacle.ID_USED)
        assert await town.balance(taro.member_id) == 800
        await lost.journal.append(
            RECORDS_SETTLED, {"records": [record_id(line)], "operator": "Sato", "reason": "cash"}
        )
        assert await lost.missing() == []

    @pytest.mark.parametrize(
        ("table", "obstacle"),
        [
            ("members", RecordObstacle.MEMBER_UNKNOWN),
            ("shops", RecordObstacle.SHOP_UNKNOWN),
            ("grant_projects", RecordObstacle.PROJECT_UNKNOWN),
        ],
    )
    async def test_who_or_what_is_forgotten_too_is_left_for_a_person(
        self, lost: Lost, table: str, obstacle: RecordObstacle
    ) -> None:
        await live_on(lost)
        lost.roll_back()
        before = await lost.everything()
        await lost.town.store.run(lambda conn: conn.execute(sa.text(f"DELETE FROM {table}")))
        assert obstacle in await lost.recover()
        if table == "members":
            assert (await lost.everything())["balances"] == before["balances"]


class TestWhatWasTakenAway:
    async def test_a_revoked_key_a_stopped_person_and_a_revoked_id_stay_so_before_anybody_is_served(
        self, lost: Lost
    ) -> None:
        town, member = lost.town, lost.members["hanako"]
        boss = await town.who("administrator")
        other = await town.who("viewer", name="見本 四郎")
        book = chart.member_book(member.member_id)
        link = Link(book_id=book, partner_id="saison", service_id="SZ1", shown_as="見本 様", linked_at=NOON)
        await town.store.run(lambda conn: link_rows.save(conn, link))
        rollback.take_copy(lost.url, lost.folder)
        await town.city.staff.close(boss, other.staff_id, "退職")
        hasher = PasswordHasher(time_cost=1, memory_kib=8, threads=1)
        await Members(town.store, hasher, town.clock, vault=town.city.context.vault).revoke(member.member_id)
        hasher.close()

        def revoke(conn: sa.Connection) -> None:
            assert revoke_key(conn, "portal-1", town.clock())
            audit_log.write(
                conn, PLATFORM, at=town.clock(), actor="operator", actor_name="Sato",
                action=AuditAction.CLIENT_KEY_REVOKED, subject="portal", facts={"key_id": "portal-1"},
            )  # fmt: skip

        await town.store.run(revoke)
        lost.roll_back()
        assert await states(town, other, member) == ("active", "active", None)
        mode = RestoredMode(
            town.store,
            KEYS,
            lost.journal_folder,
            close_gaps=lambda conn, lines: close_gaps(conn, lines, town.clock()),
        )
        await mode.check()
        staff, mykey, revoked_at = await states(town, other, member)
        assert (staff, mykey, revoked_at) == ("closed", "revoked", town.clock())
        assert mode.is_on  # a person still has to look
        # Who has this account at the partner may link it anew, as after the revocation itself.
        assert await town.store.read(lambda conn: link_rows.find_owner(conn, "saison", "SZ1")) is None
        assert await town.store.read(lambda conn: link_rows.find(conn, book, "saison")) is None
        results = await lost.recover()
        assert set(results) == {DONE_AGAIN}

    async def test_who_was_started_again_afterwards_is_not_stopped(self, lost: Lost) -> None:
        town = lost.town
        other = await town.who("viewer", name="見本 四郎")
        deeds = [
            {
                "kind": DEED, "action": action, "municipality": KASAMA, "subject": other.login, "facts": {},
                "done_at": town.clock().isoformat(),
            }
            for action in (AuditAction.STAFF_CLOSED, AuditAction.STAFF_RESTARTED)
        ]  # fmt: skip
        assert await town.store.run(lambda conn: close_gaps(conn, deeds, town.clock())) == 0
        assert await town.store.run(lambda conn: close_gaps(conn, deeds[:1], town.clock())) == 1

    async def test_a_stopped_card_stays_stopped_and_one_that_is_issued_since_is_good(
        self, lost: Lost
    ) -> None:
        town, city = lost.town, lost.town.city
        hanako, taro = [await town.member(points=10) for _ in range(2)]
        clerk = await town.who("operator")
        cards = await city.cards.issue(clerk, new_id(), OUEN, [hanako.mykey_id, taro.mykey_id], "窓口")
        rollback.take_copy(lost.url, lost.folder)
        town.clock.forward(minutes=1)
        await city.cards.stop(clerk, hanako.mykey_id, "盗難")
        await city.cards.issue(clerk, new_id(), OUEN, [taro.mykey_id], "紛失", replace=True)
        lost.roll_back()
        assert await self.close_again(lost) == 2
        shop = await town.who("shop", KASAMA, "soba-ya")
        for card in cards.cards:
            with pytest.raises(ProblemError, match="was stopped"):
                await city.spending.receive_payment(shop, new_id(), card.qr, 1)
        town.clock.forward(minutes=1)
        again = await city.cards.issue(clerk, new_id(), OUEN, [hanako.mykey_id, taro.mykey_id], "再発行")
        digits = {card.member.member_id: card.card.last_digits for card in cards.cards}
        for card in again.cards:  # by chance the same four as the stopped one's
            row = sa.update(tables.pay_cards).where(tables.pay_cards.c.card_hash == card.card.card_hash)
            same = row.values(last_digits=digits[card.member.member_id])
            await town.store.run(lambda conn, same=same: conn.execute(same))
        assert await self.close_again(lost) == 0
        assert set(await lost.recover()) == {DONE_AGAIN}

    async def test_a_lost_phone_a_lower_role_and_a_pause_stay_so_and_what_is_given_since_too(
        self, lost: Lost
    ) -> None:
        town, staff = lost.town, lost.town.city.staff
        boss, other = await town.who("administrator"), await town.who("administrator", name="別の人")
        people = [await town.who(role, name=f"{role} 四郎") for role in ("viewer", "approver", "operator")]
        reset, lowered, without_app = people

        def devices(conn: sa.Connection) -> None:
            for person in people:
                staff_rows.write(conn, person.staff_id, totp_sealed=b"x", totp_confirmed=True)

        await town.store.run(devices)
        rollback.take_copy(lost.url, lost.folder)
        town.clock.forward(minutes=1)
        await town.decided(await staff.reset(boss, reset.staff_id, "電話の紛失"), "administrator", "別の人")
        await staff.change_role(boss, lowered.staff_id, Role.VIEWER, "異動")

        def write(conn: sa.Connection) -> None:
            for code, subject, action in (
                (KASAMA, without_app.login, AuditAction.AUTHENTICATOR_APP_REMOVED),
                (PLATFORM, "saison", AuditAction.PARTNER_PAUSED),
            ):
                audit_log.write(
                    conn, code, at=town.clock(), actor="x", actor_name="Sato", action=action, subject=subject
                )

        await town.store.run(write)
        lost.roll_back()
        assert await self.close_again(lost) == 4
        assert await self.close_again(lost) == 0

        def now(conn: sa.Connection) -> list[Any]:
            query = sa.select(tables.staff.c.role, tables.staff.c.password_hash, tables.staff.c.totp_sealed)
            found = [
                conn.execute(query.where(tables.staff.c.staff_id == each.staff_id)).one() for each in people
            ]
            return [tuple(row) for row in found]

        assert await town.store.read(now) == [
            ("viewer", rights_recovery.NO_PASSWORD, None),
            ("viewer", "x", b"x"),
            ("operator", rights_recovery.NO_PASSWORD, None),
        ]
        town.clock.forward(minutes=1)
        await town.decided(await staff.reset(boss, reset.staff_id, "復旧"), "administrator", "別の人")
        await town.decided(
            await staff.change_role(other, lowered.staff_id, Role.APPROVER, "復旧"), "administrator"
        )
        assert await self.close_again(lost) == 0
        assert (await town.store.read(now))[1][0] == "approver"

    async def test_a_replaced_password_opens_nothing_and_one_that_is_made_since_does(
        self, lost: Lost
    ) -> None:
        town, staff = lost.town, lost.town.city.staff
        old, new = "いろはにほへと ちりぬるを", "わかよたれそ つねならむ"
        boss = await town.who("administrator")
        await town.who("administrator", name="別の人")
        person = await town.who("operator", name="operator 四郎")
        hashed = await town.city.context.hasher.hash(old)

        def prepare(conn: sa.Connection) -> None:
            staff_rows.write(conn, person.staff_id, password_hash=hashed, password_is_first=False)
            staff_rows.write(conn, person.staff_id, totp_sealed=b"x", totp_confirmed=True)

        await town.store.run(prepare)
        rollback.take_copy(lost.url, lost.folder)
        town.clock.forward(minutes=1)
        await staff.change_password(person, old, new)
        lost.roll_back()
        assert await self.close_again(lost) == 1
        assert await self.close_again(lost) == 0
        for password in (old, new):
            with pytest.raises(ProblemError, match="is not right"):
                await staff.sign_in(person.login, password, client_id="site")

        def kept(conn: sa.Connection) -> Any:
            columns = (tables.staff.c.password_hash, tables.staff.c.totp_sealed)
            return tuple(
                conn.execute(sa.select(*columns).where(tables.staff.c.staff_id == person.staff_id)).one()
            )

        # The device stays until somebody makes a first password, and then goes as with each reset.
        assert await town.store.read(kept) == (rights_recovery.NO_PASSWORD, b"x")
        assert set(await lost.recover()) == {DONE_AGAIN}
        town.clock.forward(minutes=1)
        first = await town.decided(
            await staff.reset(boss, person.staff_id, "復旧"), "administrator", "別の人"
        )
        assert await self.close_again(lost) == 0
        assert first is not None

    async def test_a_reset_before_a_changed_password_takes_the_old_device_too(self, lost: Lost) -> None:
        town = lost.town
        person = await town.who("operator", name="operator 四郎")
        await town.store.run(
            lambda conn: staff_rows.write(conn, person.staff_id, totp_sealed=b"x", totp_confirmed=True)
        )
        deeds = [
            {
                "kind": DEED, "action": action, "municipality": KASAMA, "subject": person.login, "facts": {},
                "done_at": town.clock().isoformat(),
            }
            for action in (AuditAction.PASSWORD_CHANGED, AuditAction.ACCESS_RESET)
        ]  # fmt: skip
        assert await town.store.run(lambda conn: close_gaps(conn, deeds, town.clock())) == 2
        assert await town.store.run(lambda conn: close_gaps(conn, deeds, town.clock())) == 0
        totp = sa.select(tables.staff.c.totp_sealed).where(tables.staff.c.staff_id == person.staff_id)
        assert await town.store.read(lambda conn: conn.scalar(totp)) is None

    async def test_what_was_closed_is_closed_again_and_what_is_opened_since_stays_open(
        self, lost: Lost
    ) -> None:
        town, city = lost.town, lost.town.city
        clerk, seller = await town.who("operator"), await town.who("shop", shop_id="soba-ya")
        taro = lost.members["taro"]
        town.clock.forward(minutes=1)
        closed_at = town.clock()
        await city.shops.close(clerk, "soba-ya", "閉店")
        await city.projects.set_open(clerk, "kosodate", is_open=False, reason="予算")
        await city.services.close(clerk, OUEN, "終了")
        lost.roll_back()

        async def read_rows() -> list[Any]:
            shop = await city.shops.get(KASAMA, "soba-ya")
            project = await city.projects.get(KASAMA, "kosodate")
            service = await town.store.read(lambda conn: directory.require_known_service(conn, KASAMA, OUEN))
            return [shop.closed_at, project.state, service.closed_at]

        assert await read_rows() == [None, "open", None]
        assert await self.close_again(lost) == 3
        assert await self.close_again(lost) == 0
        assert await read_rows() == [closed_at, "closed", closed_at]
        with pytest.raises(ProblemError, match="takes no more points"):
            await pay(town, taro, seller, 100)
        assert set(await lost.recover()) == {DONE_AGAIN}
        town.clock.forward(minutes=1)
        await city.shops.reopen(clerk, "soba-ya", "誤り")
        await city.projects.set_open(clerk, "kosodate", is_open=True, reason="誤り")
        await city.services.reopen(clerk, OUEN, "誤り")
        assert await self.close_again(lost) == 0
        assert await read_rows() == [None, "open", None]

    async def test_a_shop_that_was_opened_again_is_not_closed(self, lost: Lost) -> None:
        town, clerk = lost.town, await lost.town.who("operator")
        for _ in range(2):
            await town.city.shops.close(clerk, "soba-ya", "改装")
            await town.city.shops.reopen(clerk, "soba-ya", "再開")
        lost.roll_back()
        assert await self.close_again(lost) == 0
        # Nothing says that it was open before: a person looks.
        assert await lost.recover() == [RecordObstacle.BY_HAND]
        assert (await town.city.shops.get(KASAMA, "soba-ya")).closed_at is None

    async def test_payments_at_a_shop_that_closed_later_come_back_all_the_same(self, lost: Lost) -> None:
        await live_on(lost)
        before = await lost.everything()
        clerk = await lost.town.who("operator")
        await lost.town.city.shops.close(clerk, "soba-ya", "閉店")
        await lost.town.city.projects.set_open(clerk, "kosodate", is_open=False, reason="予算")
        await lost.town.city.services.close(clerk, OUEN, "終了")
        lost.roll_back()
        assert await self.close_again(lost) == 3
        assert set(await lost.recover()) == {BACK, DONE_AGAIN}
        assert await lost.everything() == before

    @staticmethod
    async def close_again(lost: Lost) -> int:
        gaps = [line for line in await lost.missing() if line["kind"] != MOVE]
        return await lost.town.store.run(lambda conn: close_gaps(conn, gaps, lost.town.clock()))

    async def test_other_deeds_are_a_list_for_a_person(self, lost: Lost) -> None:
        await lost.town.city.shops.register(await lost.town.who("operator"), "cafe", ShopEntry(name="カフェ"))
        lost.roll_back()
        (line,) = await lost.missing()
        assert (line["action"], line["subject"]) == ("shop registered", "cafe")
        assert await lost.recover() == [RecordObstacle.BY_HAND]
        # A line of the same number that somebody has written since is another one.
        await lost.town.city.shops.register(await lost.town.who("operator"), "bar", ShopEntry(name="バー"))
        assert [line["subject"] for line in await lost.missing()] == ["cafe"]


class TestAMerge:
    async def merge(self, lost: Lost) -> dict[str, list[Any]]:
        """Taro had two MyKey IDs: what was of hanako is his from now on."""
        town, (taro, hanako) = lost.town, lost.members.values()
        await town.who("platform", PLATFORM, name="乙")
        rollback.take_copy(lost.url, lost.folder)
        await town.city.grants.to_one(
            await town.who("operator"), "kosodate", new_id(), hanako.mykey_id, 500, "x"
        )
        proposal = await town.city.platform.merge_members(
            await town.who("platform", PLATFORM, name="甲"), hanako.mykey_id, taro.mykey_id, "同じ方"
        )
        await town.decided(proposal, "platform", name="乙")
        return await lost.everything()

    async def member(self, lost: Lost) -> tuple[Any, ...]:
        text = sa.text("SELECT state, merged_into FROM members WHERE member_id = :member")
        member = {"member": lost.members["hanako"].member_id}
        return tuple(await lost.town.store.read(lambda conn: conn.execute(text, member).one()))

    async def test_the_old_id_ends_before_anybody_is_served_and_all_its_points_go_over_again(
        self, lost: Lost
    ) -> None:
        town, taro = lost.town, lost.members["taro"]
        before = await self.merge(lost)
        lost.roll_back()
        assert await self.member(lost) == ("active", None)
        lines = await lost.missing()
        assert await town.store.run(lambda conn: close_gaps(conn, takes_away(lines), town.clock())) == 1
        assert await self.member(lost) == ("revoked", taro.member_id)
        assert set(await lost.recover()) == {BACK, RecordObstacle.BY_HAND}
        after = await lost.everything()
        assert after["balances"] == before["balances"]
        assert set(await lost.recover(lines)) == {HERE, RecordObstacle.BY_HAND}
        assert [line["action"] for line in await lost.missing()] == ["proposed", "proposal approved"]
        assert (await lost.everything()) == after
        report = await town.store.read(audit.verify)
        assert report.ok, report.faults

    async def test_cut_at_any_statement_no_half_of_a_move_is_there(self, lost: Lost) -> None:
        before = await self.merge(lost)
        lost.roll_back()
        lines = await lost.missing()
        (moves,) = [group for group in group_records(lines) if group[0].get("move") == "merge"]
        assert len(moves) == 4  # the reserve of the backup and the grant since, out and in
        await lost.recover([line for line in lines if line.get("move") == "grant"])
        at = 0
        while True:
            breaking = BreakAt(at)
            sa.event.listen(lost.town.store.engine, "before_cursor_execute", breaking)
            with suppress(RuntimeError, StoreError):
                await lost.recover(list(moves))
            sa.event.remove(lost.town.store.engine, "before_cursor_execute", breaking)
            if not breaking.broke:
                break
            assert len([line for line in await lost.missing() if line.get("move") == "merge"]) == 4
            at += 1
        assert (await lost.everything())["balances"] == before["balances"]

    async def test_what_the_old_id_was_given_has_to_come_back_first(self, lost: Lost) -> None:
        await self.merge(lost)
        lost.roll_back()
        lines = await lost.missing()
        merge = [line for line in lines if line.get("move") == "merge"]
        assert await lost.recover(merge) == [RecordObstacle.TOO_LITTLE]
        assert set(await lost.recover()) == {BACK, DONE_AGAIN, RecordObstacle.BY_HAND}


def takes_away(lines: list[Any]) -> list[Any]:
    return [line for line in lines if is_taken_away(line)]


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher(time_cost=1, memory_kib=8, threads=1)
    yield hasher
    hasher.close()


class TestWaysInOfMembers:
    """A member's replaced password and a proof that was taken away open nothing after a restore."""

    OLD, NEW, NEWEST = "いろはにほへと ちりぬるを", "わかよたれそ つねならむ", "うゐのおくやま けふこえて"

    @pytest.fixture
    async def members(self, lost: Lost, hasher: PasswordHasher) -> Members:
        return Members(lost.town.store, hasher, lost.town.clock, vault=lost.town.city.context.vault)

    @staticmethod
    async def close_again(lost: Lost) -> int:
        gaps = await lost.missing()
        return await lost.town.store.run(lambda conn: close_gaps(conn, gaps, lost.town.clock()))

    @staticmethod
    async def kinds(members: Members, member: Member) -> list[str]:
        return [proof.kind.value for proof in await members.proofs(member.member_id)]

    async def opens(self, members: Members, member: Member, password: str) -> bool:
        try:
            await members.sign_in(member.mykey_id, password, client_id="site")
        except ProblemError as refused:
            if refused.type != "sign-in-refused":
                raise
            return False
        return True

    @pytest.mark.parametrize("how", ["own", "own, never used before", "proof", "desk", "removed"])
    async def test_a_replaced_password_opens_nothing_and_one_that_is_set_since_does(
        self, lost: Lost, members: Members, how: str
    ) -> None:
        member = await members.create(display_name="見本 三郎", password=self.OLD, proof=card("a"))
        if how == "own, never used before":  # as a list of members leaves it
            gone = sa.delete(platform_tables.member_proofs).where(
                platform_tables.member_proofs.c.kind == "password"
            )
            await lost.town.store.run(lambda conn: conn.execute(gone))
        thief = None
        if how == "own":
            thief = await members.sign_in(member.mykey_id, self.OLD, client_id="site")
        rollback.take_copy(lost.url, lost.folder)
        lost.town.clock.forward(minutes=1)
        if how.startswith("own"):
            await members.change_password(member.member_id, self.OLD, self.NEW)
        elif how == "proof":
            await members.set_password_by_proof(member.member_id, card("a"), self.NEW)
        elif how == "desk":
            await members.replace_password(member.mykey_id, self.NEW, operator="Sato", reason="窓口")
        else:
            password = next(
                each for each in await members.proofs(member.member_id) if each.kind == "password"
            )
            await members.remove_proof(member.member_id, password.proof_id)
        assert await lost.missing() == []
        lost.roll_back()
        assert self.OLD not in str(await lost.missing())
        assert await self.close_again(lost) == 1
        assert await self.close_again(lost) == 0
        for password_tried in (self.OLD, self.NEW):
            assert not await self.opens(members, member, password_tried)
        if thief is not None:
            with pytest.raises(ProblemError, match="sign in"):
                await members.session(thief.token.reveal(), client_id="site")
        assert await self.kinds(members, member) == ["card"]
        events = await lost.town.store.read(
            lambda conn: member_events.list_by_member(conn, member.member_id, NOON)
        )
        assert events[0].kind is MemberEventKind.PROOF_REMOVED
        assert f"{PROOF_ENDED}: password" in await called(lost, member)
        # By another proof, or at the desk, there is a new one; it stays, however often the lines are looked at.
        lost.town.clock.forward(minutes=1)
        await members.set_password_by_proof(member.member_id, card("a"), self.NEWEST)
        assert await lost.missing() == []
        assert await self.opens(members, member, self.NEWEST)

    async def test_recovery_names_whom_to_call_and_a_password_that_was_used_since_is_void_too(
        self, lost: Lost, members: Members
    ) -> None:
        member = await members.create(display_name="見本 三郎", password=self.OLD, proof=card("a"))
        gone = sa.delete(platform_tables.member_proofs).where(
            platform_tables.member_proofs.c.kind == "password"
        )
        await lost.town.store.run(lambda conn: conn.execute(gone))
        rollback.take_copy(lost.url, lost.folder)
        await members.change_password(member.member_id, self.OLD, self.NEW)
        await members.change_password(member.member_id, self.NEW, self.NEWEST)
        lost.roll_back()
        assert await self.opens(members, member, self.OLD)  # where somebody was served before anybody looked
        missing = await lost.missing()
        assert {(line["kind"], line["member"]) for line in missing} == {(PROOF_ENDED, member.member_id)}
        assert set(await lost.recover()) == {DONE_AGAIN}
        assert await lost.missing() == []
        assert not await self.opens(members, member, self.OLD)

    async def test_a_lost_card_a_renewed_one_and_a_passkey_let_nobody_in(
        self, lost: Lost, members: Members
    ) -> None:
        create = members.create
        removed = await create(display_name="見本 三郎", password=self.OLD, proof=card("a"))
        renewed = await create(display_name="見本 四郎", password=self.OLD, proof=card("b"))
        without_key = await create(display_name="見本 五郎", password=self.OLD)
        key = ProofKey(kind=ProofKind.PASSKEY, issuer="webauthn", subject_hash="k")

        def save(conn: sa.Connection, proof_id: str) -> None:
            stored = passkey_rows.StoredPasskey(
                credential_id="k", member_id=without_key.member_id, public_key=b"k", sign_count=0
            )
            passkey_rows.add(conn, stored, proof_id)

        passkey = await members.add_proof(without_key.member_id, key, name="電話", save=save)
        rollback.take_copy(lost.url, lost.folder)
        lost.town.clock.forward(minutes=1)
        lost_card = next(each for each in await members.proofs(removed.member_id) if each.kind == "card")
        await members.remove_proof(removed.member_id, lost_card.proof_id)
        await members.link_proof(renewed.member_id, card("c"))
        await members.remove_proof(without_key.member_id, passkey.proof_id)
        lost.roll_back()
        assert await self.close_again(lost) == 3
        assert await self.close_again(lost) == 0
        for proof in (card("a"), card("b"), card("c"), key):
            with pytest.raises(ProblemError):
                await members.sign_in_by_proof(proof, client_id="site")
        assert await lost.town.store.read(lambda conn: passkey_rows.find(conn, "k")) is None
        for member in (removed, renewed, without_key):
            assert await self.kinds(members, member) == ["password"]
            assert await self.opens(members, member, self.OLD)
        await members.link_proof(renewed.member_id, card("c"))
        # The lost one that was found again is the member's to add.
        await members.link_proof(removed.member_id, card("a"))
        assert await lost.missing() == []
        assert await self.kinds(members, removed) == ["card", "password"]

    async def test_a_desks_code_that_was_used_is_used_and_takes_every_proof_of_before(
        self, lost: Lost, members: Members, hasher: PasswordHasher
    ) -> None:
        member = await members.create(display_name="見本 三郎", password=self.OLD, proof=card("a"))
        code = "2345-6789-2345"
        hashed = await hasher.hash(restorations.read_code(code))
        await lost.town.store.run(
            lambda conn: restorations.start(conn, member.member_id, hashed, lost.town.clock())
        )
        rollback.take_copy(lost.url, lost.folder)
        await members.restore(member.mykey_id, code, self.NEW, client_id="site")
        lost.roll_back()
        assert await self.close_again(lost) == 2
        assert await self.kinds(members, member) == []
        assert not await self.opens(members, member, self.OLD)
        with pytest.raises(ProblemError, match="code"):
            await members.restore(member.mykey_id, code, self.NEWEST, client_id="site")
        # Nothing is left but the desk, whose next code opens the account.
        await lost.town.store.run(
            lambda conn: restorations.start(conn, member.member_id, hashed, lost.town.clock())
        )
        await members.restore(member.mykey_id, code, self.NEWEST, client_id="site")
        assert await lost.missing() == []
        assert await self.opens(members, member, self.NEWEST)

    async def test_a_card_that_a_merge_brought_and_the_member_removed_opens_neither(
        self, lost: Lost, members: Members
    ) -> None:
        old = await members.create(display_name="見本 三郎", proof=card("a"), password=self.OLD)
        new = await members.create(display_name="見本 三郎", password=self.OLD)
        rollback.take_copy(lost.url, lost.folder)
        await lost.town.store.run(lambda conn: proofs.hand_over(conn, old.member_id, new.member_id))
        brought = next(each for each in await members.proofs(new.member_id) if each.kind == "card")
        await members.remove_proof(new.member_id, brought.proof_id)
        lost.roll_back()
        await self.close_again(lost)
        with pytest.raises(ProblemError):
            await members.sign_in_by_proof(card("a"), client_id="site")

    async def test_who_registers_or_comes_in_has_no_line(self, lost: Lost, members: Members) -> None:
        member = await members.create(display_name="見本 三郎", password=self.OLD, proof=card("a"))
        assert await self.opens(members, member, self.OLD)
        await members.link_proof(member.member_id, card("a"))
        kinds = [line["kind"] for line in read_journal(lost.journal_folder, KEYS).lines]
        assert PROOF_ENDED not in kinds


def card(number: str) -> ProofKey:
    return proofs.card_proof(number)


async def called(lost: Lost, member: Member) -> list[str]:
    """What the platform's record says of a member since."""
    lines = platform_tables.audit_lines.c
    query = sa.select(lines.reason).where(
        lines.subject == member.member_id, lines.action == AuditAction.RECORD_RECOVERED
    )
    return list(await lost.town.store.read(lambda conn: conn.execute(query).scalars().all()))


async def states(town: Town, staff: Any, member: Any) -> tuple[Any, Any, Any]:
    def job(conn: sa.Connection) -> tuple[Any, Any, Any]:
        key = find_key(conn, "portal-1")
        assert key is not None
        staff_state = conn.scalar(
            sa.select(tables.staff.c.state).where(tables.staff.c.staff_id == staff.staff_id)
        )
        member_state = conn.scalar(
            sa.text("SELECT state FROM members WHERE member_id = :member"), {"member": member.member_id}
        )
        return staff_state, member_state, key.revoked_at

    return await town.store.read(job)


class TestTheStream:
    async def test_a_commit_is_in_the_journal_before_its_caller_is_answered(self, lost: Lost) -> None:
        await live_on(lost)
        kinds = [
            line["move"] for line in read_journal(lost.journal_folder, KEYS).lines if line["kind"] == MOVE
        ]
        assert kinds.count("spend") == 2
        assert {"grant", "refund", "allocate"} <= set(kinds)

    async def test_what_is_undone_is_in_no_journal(self, lost: Lost) -> None:
        async def broken(conn_work: Callable[[Any], None]) -> None:
            with pytest.raises(ValueError, match="undone"):
                await lost.town.store.run(conn_work)

        def work(conn: sa.Connection) -> None:
            audit_log.write(
                conn, PLATFORM, at=NOON, actor="x", actor_name="x", action=AuditAction.SHOP_CHANGED
            )
            raise ValueError("undone")

        await broken(work)
        assert [*read_journal(lost.journal_folder, KEYS).lines] == []

    async def test_a_full_disk_closes_no_shop_and_what_waited_goes_first(self, lost: Lost) -> None:
        town, taro = lost.town, lost.members["taro"]
        clerk = await town.who("shop", shop_id="soba-ya")
        moved = lost.journal_folder.with_name("elsewhere")
        shutil.move(lost.journal_folder, moved)
        assert (await pay(town, taro, clerk, 100)).left == 900
        shutil.move(moved, lost.journal_folder)
        stream = town.store.on_commit
        assert isinstance(stream, RecordStream)
        stream._try_at = 0.0
        await pay(town, taro, clerk, 200)
        lines = [line for line in read_journal(lost.journal_folder, KEYS).lines if line["kind"] == MOVE]
        assert [line["points"] for line in lines] == [100, 200]
        assert json.loads(lines[0]["details"])["shop_id"] == "soba-ya"
