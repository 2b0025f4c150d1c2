"""Points that come while their member is erased or merged: they come first and are minded, or do not come at all.

Each way in is stopped where it has looked at the member and moved nothing yet; the other deed is begun there, on a connection
of its own, until it is done or waits for a lock.
"""

import asyncio
from dataclasses import replace

import pytest

from gateway.cities.carry_in import carry_in_lines, claims
from gateway.cities.grants import grant_file_lines, grants, project_members
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.points import allocation
from gateway.points.allocation import Allocations

from . import test_carry_in, test_events, test_grants
from .conftest import KASAMA, OUEN, another_town, new_id
from .test_four_eyes import PLAN
from .test_member_erasure import left_of
from .test_member_merge import WHY, author, propose, row, word
from .test_postgres import begun_beside

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]


@pytest.fixture
async def town(postgres, tmp_path):
    async with another_town(tmp_path, postgres, writers=4, max_batch=1) as opened:
        yield opened


def interrupted(town, monkeypatch, place, name, deed):
    """Before `place.name` is called for the first time `deed` is begun; gives where its outcome is put."""
    loop, began, original = asyncio.get_running_loop(), [], getattr(place, name)

    def first(*args, **kwargs):
        if not began:
            began.append(begun_beside(town, loop, deed))
        return original(*args, **kwargs)

    monkeypatch.setattr(place, name, first)
    return began


async def by_staff(town, member):
    await town.add_project(PLAN)
    return lambda: town.city.grants.to_one(
        town.sessions["operator", KASAMA], "kosodate", new_id(), member.mykey_id, 500
    )


async def at_venue(town, member):
    await town.add_project(replace(PLAN, venue=True, points_each=500))
    code = await town.city.projects.venue_code(await town.who("operator"), "kosodate")
    return lambda: town.city.grants.at_venue(member.member_id, code)


async def by_file(town, member):
    await town.add_project(PLAN)
    file, _ = await test_grants.upload(town, test_grants.csv_of(f"{member.mykey_id},500,"))

    async def comes():
        await town.approve_file(file.file_id)
        await applied(town.city.files, file)

    return comes


async def by_carry_in(town, member):
    lines = test_carry_in.row("0012", member.mykey_id, "500")
    file = await test_carry_in.upload(town, test_carry_in.csv_of(lines))
    totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
    proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)

    async def comes():
        await town.decided(proposal)
        await applied(town.city.carry_ins, file)

    return comes


async def applied(files, file):
    """Until what the decision has begun is done. Nobody else works on it: who waits for a lock is the other deed alone."""
    while (await files.get(KASAMA, file.file_id)).state != "applied":  # noqa: ASYNC110 - another task writes it
        await asyncio.sleep(0.01)


async def by_claim(town, member):
    await test_carry_in.carried(town, test_carry_in.row("0012", code="ABCDE-12345", points="500"))
    return lambda: town.city.claims.claim(member.member_id, KASAMA, "0012", "ABCDE12345")


async def outcome_of(doing):
    """The word of a refusal; None where it was done."""
    try:
        await doing
    except ProblemError as refused:
        return refused.type
    return None


COMES_SECOND = [
    (by_staff, grants, "_claim_id", "unknown-member"),
    (at_venue, grants, "transfer_of", "unknown-member"),
    (by_file, member_rows, "lock_active", None),  # the line says so, not the file
    (by_claim, claims, "carry_missing_lots", "unknown-member"),
    (by_carry_in, member_rows, "lock_active", None),
]
COMES_FIRST = [
    (by_staff, project_members, "count"),
    (at_venue, project_members, "count"),
    (by_file, grant_file_lines, "transfer_of"),
    (by_claim, carry_in_lines, "_carry_lots"),
    (by_carry_in, carry_in_lines, "_add_numbers"),
]


class TestAnErasure:
    async def proposed(self, town, member):
        proposal = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY, 0)
        return town.decided(proposal, "platform", name="乙")

    @pytest.mark.parametrize(("way", "place", "name", "refusal"), COMES_SECOND)
    async def test_that_is_done_lets_nothing_in(self, town, monkeypatch, way, place, name, refusal):
        member = await town.member()
        comes = await way(town, member)
        began = interrupted(town, monkeypatch, place, name, await self.proposed(town, member))
        assert await outcome_of(comes()) == refusal
        await began[0]
        assert (await row(town, member)).is_erased
        assert await left_of(town, member) == 0

    @pytest.mark.parametrize(("way", "place", "name"), COMES_FIRST)
    async def test_that_comes_later_finds_what_came_in(self, town, monkeypatch, way, place, name):
        member = await town.member()
        comes = await way(town, member)
        began = interrupted(town, monkeypatch, place, name, await self.proposed(town, member))
        assert await outcome_of(comes()) is None
        assert await outcome_of(began[0]) in ("points-left", "proposal-outdated")
        assert not (await row(town, member)).is_erased
        assert await left_of(town, member) == 500

    async def test_and_a_grant_that_is_decided_wait_for_each_other_and_one_of_them_happens(
        self, town, monkeypatch
    ):
        """The one holds the proposal and wants the member, the other the member and wants the proposal: one begins anew."""
        member = await town.member()
        await town.add_project(PLAN)
        who = await town.who("operator")
        waits = await town.city.grants.to_one(who, "kosodate", new_id(), member.mykey_id, 3_000_000)
        began = interrupted(town, monkeypatch, grants, "transfer_of", await self.proposed(town, member))
        decided, erased = await outcome_of(town.decided(waits)), await outcome_of(began[0])
        is_erased, points = (await row(town, member)).is_erased, await left_of(town, member)
        assert (decided, erased, is_erased, points) in [
            ("proposal-state", None, True, 0),
            (None, "points-left", False, 3_000_000),
            (None, "proposal-outdated", False, 3_000_000),
        ]

    @pytest.mark.parametrize("way", ["allocate", "contribute"])
    async def test_leaves_what_was_given_up_where_it_was_or_finds_it_moved(self, town, monkeypatch, way):
        """Both move within the book: nothing comes into it."""
        await test_events.shown(town)
        member_id = await test_events.giver(town, 300)
        member = await town.store.read(lambda conn: member_rows.require_member(conn, member_id))
        proposal = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY, 300)
        began = interrupted(
            town, monkeypatch, allocation, "_out_of_reserve", town.decided(proposal, "platform", name="乙")
        )
        moves = Allocations(store=town.store, clock=town.clock)
        if way == "allocate":
            await outcome_of(moves.allocate(member_id, new_id(), 100, KASAMA, OUEN))
        else:
            assert (
                await outcome_of(moves.contribute(member_id, new_id(), 100, test_events.FESTIVAL))
                == "unknown-member"
            )
        await began[0]
        assert await left_of(town, member) == 300


class TestAMerge:
    @pytest.mark.parametrize(("way", "place", "name", "refusal"), COMES_SECOND)
    async def test_that_is_done_lets_nothing_into_the_id_that_ended(
        self, town, monkeypatch, way, place, name, refusal
    ):
        old, new = await town.member(), await town.member()
        comes, proposal = await way(town, old), await propose(town, old, new)
        began = interrupted(town, monkeypatch, place, name, town.decided(proposal, "platform", name="乙"))
        assert await outcome_of(comes()) == refusal
        await began[0]
        assert (await row(town, old)).merged_into == new.member_id
        assert await left_of(town, old) == 0

    async def test_leaves_a_grant_that_waits_to_nobody(self, town):
        old, new = await town.member(), await town.member()
        await town.add_project(PLAN)
        waits = await town.city.grants.to_one(
            await town.who("operator"), "kosodate", new_id(), old.mykey_id, 3_000_000
        )
        await town.decided(await propose(town, old, new), "platform", name="乙")
        assert await word(town.decided(waits)) == "unknown-member"
        assert await left_of(town, old) == 0
