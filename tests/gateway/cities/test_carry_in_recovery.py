"""A restore forgets what was carried in: the journal brings it back with its numbers, and no file carries it in again."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.cities.record_recovery import BACK, RecordObstacle
from tests.faults import rollback

from .conftest import KASAMA
from .test_carry_in import csv_of, faults_of, row, upload
from .test_record_recovery import Lost, lost

__all__ = ["lost"]


@pytest.fixture(autouse=True)
def nothing_in_the_background(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(lost.town.city.context.tasks), "spawn", lambda _, work, __: work.close())


def rows(lost: Lost) -> bytes:
    taro, hanako = (lost.members[name].mykey_id for name in ("taro", "hanako"))
    return csv_of(
        row("1", taro, "400", origin="有償"),
        row("1", taro, "30", "2018-05-01"),
        row("2", hanako, "7"),
        row("3", code="ABCDE12345", points="50"),
        row("3", code="ABCDE12345", points="6", issued="2018-05-01"),
    )


async def proposed(lost: Lost) -> tuple[Any, Any]:
    town = lost.town
    file = await upload(town, rows(lost))
    totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
    return file, await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)


async def numbers(lost: Lost) -> list[Any]:
    query = sa.text("SELECT number, member_id FROM carried_numbers ORDER BY number")
    return await lost.town.store.read(lambda conn: list(map(tuple, conn.execute(query))))


async def test_points_and_numbers_come_back_and_the_file_carries_nothing_in_again(lost: Lost) -> None:
    town = lost.town
    file, proposal = await proposed(lost)
    await town.decided(proposal)
    await town.city.carry_ins.apply(KASAMA, file.file_id)
    everything, carried = await lost.everything(), await numbers(lost)
    assert len(carried) == 3
    lost.roll_back()
    results = await lost.recover()
    assert results.count(BACK) == 3
    assert RecordObstacle.NOT_AGAIN in results
    assert await lost.everything() == everything
    assert await numbers(lost) == carried[:2]
    town.sessions.clear()
    again = await upload(town, rows(lost))
    assert await faults_of(town, again) == [(line, "carried-before") for line in (2, 3, 4)]
    assert await lost.everything() == everything


async def test_an_approval_that_was_forgotten_and_is_given_again_doubles_nothing(lost: Lost) -> None:
    town = lost.town
    file, proposal = await proposed(lost)
    await town.who("approver")
    rollback.take_copy(lost.url, lost.folder)
    await town.decided(proposal)
    await town.city.carry_ins.apply(KASAMA, file.file_id)
    everything, carried = await lost.everything(), await numbers(lost)
    lost.roll_back()
    await lost.recover()
    assert await lost.everything() == everything
    await town.decided(proposal)
    await town.city.carry_ins.apply(KASAMA, file.file_id)
    assert await lost.everything() == everything
    assert await numbers(lost) == carried
    report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
    assert report.agrees
    assert sum(lot.ledger for lot in report.lots) == 437


async def test_lots_that_did_not_come_back_are_carried_in_by_the_file_once(lost: Lost) -> None:
    town = lost.town
    file, proposal = await proposed(lost)
    await town.who("approver")
    rollback.take_copy(lost.url, lost.folder)
    await town.decided(proposal)
    await town.city.carry_ins.apply(KASAMA, file.file_id)
    everything = await lost.everything()
    lost.roll_back()
    await lost.recover([line for line in await lost.missing() if line.get("points") != 30])
    assert await lost.everything() != everything
    await town.decided(proposal)
    for _ in range(2):
        await town.city.carry_ins.apply(KASAMA, file.file_id)
    assert await lost.everything() == everything
    assert (await town.city.carry_ins.reconcile(KASAMA, file.file_id)).agrees
    assert await faults_of(town, file) == []


async def test_lots_of_a_number_taken_over_by_code_come_with_its_next_claim_once(lost: Lost) -> None:
    town, hanako = lost.town, lost.members["hanako"]
    file, proposal = await proposed(lost)
    await town.decided(proposal)
    await town.city.carry_ins.apply(KASAMA, file.file_id)
    rollback.take_copy(lost.url, lost.folder)
    claim = partial(town.city.claims.claim, hanako.member_id, KASAMA, "3", "ABCDE12345")
    await claim()
    everything = await lost.everything()
    lost.roll_back()
    await lost.recover([line for line in await lost.missing() if line.get("points") != 6])
    assert await lost.everything() != everything
    for _ in range(2):
        assert [each.points for each in await claim()] == [50, 6]
    assert await lost.everything() == everything
