"""A list that waits keeps whom its approver has seen; when it ends, nothing is left in it of who was erased meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.cities import tables
from gateway.cities.grants import grant_file_tidying
from gateway.cities.grants.grant_list import ListColumns

from .conftest import KASAMA
from .test_carry_in import erase
from .test_grants import csv_of, left, plan, renamed
from .test_member_data import everything_written

NOTE = "山田様の出産祝い"
_files, _lines = tables.grant_files, tables.grant_lines


@pytest.fixture
async def town(town_on_each_database):
    await town_on_each_database.add_project(plan())
    return town_on_each_database


def lines_of(conn):
    query = select(_lines.c.mykey_id, _lines.c.points, _lines.c.note, _lines.c.kept).order_by(_lines.c.line)
    return [tuple(row) for row in conn.execute(query)]


async def sums_of(town, file_id):
    file = await town.city.files.get(KASAMA, file_id)
    query = select(func.count(), func.sum(_lines.c.points)).where(_lines.c.file_id == file_id)
    return (file.lines, file.points), tuple(await town.store.read(lambda conn: conn.execute(query).one()))


async def names_of(town, *secrets):
    texts = await everything_written(town)
    return {table for table, text in texts.items() if any(secret in text for secret in secrets)}


class TestWhoWasErasedWhileAListWaited:
    async def waiting(self, town):
        stays, erased = await town.member(), await town.member()
        await town.who("approver")
        raw = csv_of(
            f"{stays.mykey_id},100,祝い,A-1", f"{erased.mykey_id},70,{NOTE},B-2",
            header="マイキーID,ポイント,摘要,宛名番号",
        )  # fmt: skip
        file, _ = await town.city.files.upload(
            await town.who("operator"), "kosodate", "grants.csv", raw, columns=ListColumns(keep=("宛名番号",))
        )
        assert file.state == "checked"
        await erase(town, erased)
        before = await town.store.read(lines_of)
        assert [line[0] for line in before] == [stays.mykey_id, erased.mykey_id]
        return file, erased, [before[0], ("", 70, "", None)]

    async def assert_gone(self, town, file, erased, tidied):
        assert await town.store.read(lines_of) == tidied
        assert await sums_of(town, file.file_id) == ((2, 170), (2, 170))
        assert await names_of(town, erased.mykey_id) <= {"audit_lines", "retired_mykey_ids"}
        assert await names_of(town, NOTE, "B-2") == set()

    @pytest.mark.parametrize("size", [1, 2, 1_000])
    async def test_is_gone_when_it_is_granted(self, town, monkeypatch, size):
        monkeypatch.setattr(grant_file_tidying, "TIDY_BATCH_SIZE", size)
        file, erased, tidied = await self.waiting(town)
        done = await town.approve_file(file.file_id)
        done = await town.city.files.apply(KASAMA, file.file_id)
        assert (done.state, done.granted_lines, done.granted_points) == ("applied", 1, 100)
        assert await left(town) == 9_900
        await self.assert_gone(town, file, erased, tidied)

    @pytest.mark.parametrize("way", ["send_back", "withdraw", "cancel", "expire"])
    async def test_is_gone_when_nobody_says_yes(self, town, monkeypatch, way):
        spawned = []
        monkeypatch.setattr(type(town.city.context.tasks), "spawn", lambda _, work, __: spawned.append(work))
        file, erased, tidied = await self.waiting(town)
        proposal_id = await town.city.files.proposal_of(KASAMA, file.file_id)
        who = await town.who("operator")
        match way:
            case "send_back":
                await town.city.proposals.send_back(await town.who("approver"), proposal_id, "数が違う")
            case "withdraw":
                await town.city.proposals.withdraw(who, proposal_id, "送り直す")
            case "cancel":
                await town.city.files.cancel(who, file.file_id, "送り直す")
            case "expire":
                town.clock.forward(days=15)
                parts = town.city.nightly.parts(town.clock().date())
                assert [await parts["proposals"](), await parts["erased in grant lists"]()] == [1, 1]
                assert await parts["erased in grant lists"]() == 0
        for work in spawned:
            await work
        await self.assert_gone(town, file, erased, tidied)

    async def test_is_gone_by_the_night_where_the_work_was_cut_off(self, town, monkeypatch):
        monkeypatch.setattr(type(town.city.context.tasks), "spawn", lambda _, work, __: work.close())
        file, erased, tidied = await self.waiting(town)
        await town.city.files.cancel(await town.who("operator"), file.file_id, "送り直す")
        assert (await town.store.read(lines_of))[1] != tidied[1]
        night = town.city.nightly.parts(town.clock().date())["erased in grant lists"]
        assert [await night(), await night()] == [1, 0]
        await self.assert_gone(town, file, erased, tidied)

    async def test_stays_readable_for_the_approver_while_it_waits(self, town):
        file, _, _ = await self.waiting(town)
        before = await town.store.read(lines_of)
        await town.city.files.tidy(KASAMA, file.file_id)
        await town.city.files.tidy_all(timedelta(0))
        assert await town.store.read(lines_of) == before

    async def test_is_gone_under_a_mykey_id_that_they_had_given_up(self, town):
        member = await town.member()
        await town.who("approver")
        who = await town.who("operator")
        file, _ = await town.city.files.upload(
            who, "kosodate", "x.csv", csv_of(f"{member.mykey_id},70,{NOTE}")
        )
        await renamed(town, member)
        await erase(town, member)
        await town.city.files.cancel(who, file.file_id, "送り直す")
        await town.city.files.tidy(KASAMA, file.file_id)
        assert await town.store.read(lines_of) == [("", 70, "", None)]

    async def test_is_tidied_anew_where_the_list_was_sent_again(self, town):
        file, _, _ = await self.waiting(town)
        who = await town.who("operator")
        await town.city.files.cancel(who, file.file_id, "送り直す")
        await town.city.files.tidy(KASAMA, file.file_id)
        other = await town.member()
        raw = csv_of(f"{other.mykey_id},50,")
        for _ in range(2):
            again, _ = await town.city.files.upload(who, "kosodate", "x.csv", raw)
            await town.city.files.cancel(who, again.file_id, "x")
            await town.city.files.tidy(KASAMA, again.file_id)
        query = select(_files.c.tidied_at).where(_files.c.file_id == again.file_id)
        assert await town.store.read(lambda conn: conn.scalar(query)) is not None
        again, _ = await town.city.files.upload(who, "kosodate", "x.csv", raw)
        assert (again.state, await town.store.read(lambda conn: conn.scalar(query))) == ("checked", None)


async def test_a_faulty_list_names_for_some_months_who_was_erased_and_then_no_more(town):
    member = await town.member()
    await erase(town, member)
    await town.who("approver")
    raw = csv_of(f"{member.mykey_id},70,")
    file, _ = await town.city.files.upload(await town.who("operator"), "kosodate", "x.csv", raw)
    assert file.state == "faulty"
    await town.city.files.tidy_all(timedelta(days=30))
    assert [line[0] for line in await town.store.read(lines_of)] == [member.mykey_id]
    town.clock.forward(days=31)
    await town.city.files.tidy_all(timedelta(days=30))
    assert [line[0] for line in await town.store.read(lines_of)] == [""]
