"""お一人N回/N点まで over single grants, files and the venue; who was granted before; one file in every form."""

import asyncio
import unicodedata
from dataclasses import replace

import pytest

from core_ledger import BadMove
from gateway.cities.grants import grant_file_lines, grant_list
from gateway.errors import ProblemError
from gateway.points.rules import PointRule

from .conftest import KASAMA, NOON, new_id
from .test_grants import csv_of, plan, upload


@pytest.fixture
async def town(town_on_each_database):
    return town_on_each_database


async def grant(town, member, points):
    who = await town.who("operator")
    return await town.city.grants.to_one(who, "kosodate", new_id(), member.mykey_id, points)


async def at_venue(town, member):
    code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
    return await town.city.grants.at_venue(member.member_id, code)


async def applied(town, raw):
    file, _ = await upload(town, raw)
    await town.approve_file(file.file_id)
    return await town.city.files.apply(KASAMA, file.file_id)


async def beyond(work):
    with pytest.raises(ProblemError) as refused:
        await work
    assert refused.value.type == "limit-of-the-project"
    return refused.value.facts


async def test_once_for_each_member_counts_single_grants_files_and_the_venue(town):
    await town.add_project(plan(most_grants_each=1))
    by_hand, by_file, at_the_venue = [await town.member() for _ in range(3)]
    await grant(town, by_hand, 100)
    assert (await applied(town, csv_of(f"{by_file.mykey_id},100,"))).granted_lines == 1
    await at_venue(town, at_the_venue)
    for member, points in ((by_hand, 100), (by_file, 100), (at_the_venue, 3_000)):
        facts = await beyond(grant(town, member, 1))
        assert (facts["granted"], facts["grants"]) == (points, 1)
        file, _ = await upload(town, csv_of(f"{member.mykey_id},{points + 1},"))
        (line,) = await town.city.files.report(KASAMA, file.file_id, faults_only=True)
        assert line.fault == "limit-of-the-project"
    for member in (by_hand, by_file):
        await beyond(at_venue(town, member))
    assert (await town.city.projects.get(KASAMA, "kosodate")).granted == 3_200


async def test_so_many_points_for_each_member_hold_for_grants_of_one_moment(town):
    await town.add_project(plan(most_points_each=1_000))
    member = await town.member()
    outcomes = await asyncio.gather(*(grant(town, member, 300) for _ in range(6)), return_exceptions=True)
    words = sorted(getattr(each, "type", "granted") for each in outcomes)
    assert words == ["granted"] * 3 + ["limit-of-the-project"] * 3
    assert await town.balance(member.member_id) == 900
    await grant(town, member, 100)
    await beyond(grant(town, member, 1))


async def test_a_member_granted_between_the_check_and_the_approval_gets_no_second_one_from_the_file(town):
    await town.add_project(plan(most_grants_each=1))
    twice, once = await town.member(), await town.member()
    file, _ = await upload(town, csv_of(f"{twice.mykey_id},100,", f"{once.mykey_id},100,"))
    await grant(town, twice, 50)
    await town.approve_file(file.file_id)
    done = await town.city.files.apply(KASAMA, file.file_id)
    assert (done.granted_lines, done.granted_points) == (1, 100)
    (line,) = await town.city.files.report(KASAMA, file.file_id, faults_only=True)
    assert (line.mykey_id, line.fault) == (twice.mykey_id, "limit-of-the-project")
    assert (await town.city.projects.get(KASAMA, "kosodate")).granted == 150


@pytest.mark.parametrize("why", ["limit of the day", "ledger"])
async def test_a_line_that_was_refused_counts_for_nothing(town, why, monkeypatch):
    """Else the member would never be granted it, and the approver would read of a grant that was none."""
    await town.announce(PointRule(most_granted_a_day=500), NOON.date())
    await town.add_project(plan(most_grants_each=1))
    member = await town.member()
    raw = csv_of(f"{member.mykey_id},400,")
    file, _ = await upload(town, raw)
    if why == "limit of the day":  # granted in another project meanwhile
        await town.add_project(plan(project_id="other"))
        await town.city.grants.to_one(await town.who("operator"), "other", new_id(), member.mykey_id, 200)
    else:
        monkeypatch.setattr(
            grant_file_lines.ledger, "transfer_many", lambda _, moves: [BadMove("points", "no")] * len(moves)
        )
    await town.approve_file(file.file_id)
    done = await town.city.files.apply(KASAMA, file.file_id)
    assert done.granted_lines == 0
    monkeypatch.undo()
    town.clock.forward(days=1)
    await grant(town, member, 400)
    file, _ = await upload(town, csv_of(f"{member.mykey_id},1,"))
    (before,) = (await town.city.files.granted_before(KASAMA, file.file_id, 10)).lines
    assert (before.grants_before, before.points_before) == (1, 400)


async def test_the_approver_is_shown_everyone_who_was_granted_before_with_sums_and_dates(town):
    await town.add_project(plan(budget=20_000))
    three = [await town.member() for _ in range(3)]
    fourth = await town.member()
    await applied(town, csv_of(*(f"{each.mykey_id},2000,夏" for each in three)))
    town.clock.forward(days=1)
    await grant(town, three[0], 500)
    file, _ = await upload(town, csv_of(*(f"{each.mykey_id},2000,夏" for each in (*three, fourth))))
    overlap = await town.city.files.granted_before(KASAMA, file.file_id, 100)
    assert (overlap.members, overlap.points) == (3, 6_500)
    today = NOON.date()
    tomorrow = town.clock().date()
    assert [
        (each.mykey_id, each.points, each.grants_before, each.points_before, each.first_on, each.last_on)
        for each in overlap.lines
    ] == [
        (three[0].mykey_id, 2_000, 2, 2_500, today, tomorrow),
        (three[1].mykey_id, 2_000, 1, 2_000, today, today),
        (three[2].mykey_id, 2_000, 1, 2_000, today, today),
    ]


async def test_the_approver_is_shown_other_files_that_wait_with_the_same_members(town):
    await town.add_project(plan(budget=20_000))
    three = [await town.member() for _ in range(3)]
    first, _ = await upload(town, csv_of(*(f"{each.mykey_id},2000,夏" for each in three[:2])))
    second, _ = await upload(town, csv_of(*(f"{each.mykey_id},100,秋" for each in three[1:])))

    async def waiting(file):
        return [
            (each.file_id, each.members, each.points)
            for each in (await town.city.files.granted_before(KASAMA, file.file_id, 10)).waiting
        ]

    assert await waiting(first) == [(second.file_id, 1, 100)]  # sent after it: told all the same
    assert await waiting(second) == [(first.file_id, 1, 2_000)]
    proposal_id = await town.city.files.proposal_of(KASAMA, second.file_id)
    seen = await town.city.proposals.get(await town.who("approver"), proposal_id)
    assert seen.proposal.facts["members_waiting"] == 1
    await town.approve_file(first.file_id)
    assert await waiting(second) == [(first.file_id, 1, 2_000)]
    await town.city.files.apply(KASAMA, first.file_id)
    assert await waiting(second) == []
    await town.city.files.cancel(await town.who("operator"), second.file_id, "取り下げ")
    assert await waiting(first) == []


@pytest.mark.parametrize(
    ("note", "same"),
    [
        ("4月\u301c6月分", "4月\uff5e6月分"),
        ("a\u2016b", "a\u2225b"),
        ("a\u2212b", "a\uff0db"),
        ("5\u00a2", "5\uffe0"),
        ("5\u00a3", "5\uffe1"),
        ("\u00ac甲", "\uffe2甲"),
        ("がんばれ", unicodedata.normalize("NFD", "がんばれ")),
        ("ペット", "ﾍﾟｯﾄ"),
        ("ABC 1", "ＡＢＣ　１"),
        ("4月~6月", "4月\u301c6月"),
        ("4月~6月", "4月\uff5e6月"),
        ("\u00a5500", "\\500"),
        ("\uffe5500", "\\500"),
        ("a\u203eb", "a~b"),
        ("葛\U000e0100城", "葛城"),
        ("お\ufe0f祝い", "お祝い"),
    ],
)
def test_a_note_written_otherwise_makes_no_other_file(note, same):
    raw, other = (csv_of(f"2345678A,100,{text}") for text in (note, same))
    assert raw != other
    assert grant_list.digest(raw).digest == grant_list.digest(other).digest
    assert grant_list.digest(raw).digest != grant_list.digest(csv_of(f"2345678A,100,{note}x")).digest


async def test_the_same_file_in_another_encoding_form_or_order_grants_once(town):
    await town.add_project(plan())
    members = [await town.member() for _ in range(2)]
    lines = [f"{each.mykey_id},100,4月\u301c6月分が" for each in members]
    raw = csv_of(*lines)
    await applied(town, raw)
    text = raw.decode()
    for same in (
        text.replace("\u301c", "\uff5e").encode("cp932"),
        unicodedata.normalize("NFD", text).encode(),
        csv_of(*reversed(lines)),
    ):
        file, new = await upload(town, same)
        assert (new, file.state) == (False, "applied")
    assert [await town.balance(each.member_id) for each in members] == [100, 100]


async def test_a_file_from_before_the_folding_is_still_the_same_file(town):
    await town.add_project(plan())
    member = await town.member()
    raw = csv_of(f"{member.mykey_id},100,4月\uff5e6月分")
    file, _ = await upload(town, raw)
    from sqlalchemy import update

    from gateway.cities import tables

    older = grant_list.digest(raw).as_typed
    await town.store.run(lambda conn: conn.execute(update(tables.grant_files).values(content_hash=older)))
    again, new = await upload(town, raw)
    assert (new, again.file_id) == (False, file.file_id)


def test_a_plan_says_its_limits():
    assert replace(plan(), most_grants_each=2).limits.allow(2, 10**9)
    assert not replace(plan(), most_points_each=5).limits.allow(1, 6)
