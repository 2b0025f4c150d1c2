"""What is kept of a member is erased or put right by two persons: nothing of the person is left, and every point is."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core_ledger import audit
from gateway.cities.proposals.proposal_rows import ProposalState
from gateway.cities.record_recovery import close_gaps
from gateway.cities.support.representatives import AppointRepresentative
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, mykey_ids
from gateway.members.mail_addresses import MailAddresses, MailState
from gateway.members.member_events import MemberEventKind
from gateway.members.representations import RepresentationKind
from gateway.platform import audit_log
from gateway.platform.forgotten_records import list_forgotten_records
from gateway.platform.record_stream import MEMBER_ERASED, MemberErased, _line_of
from gateway.platform.roles import PLATFORM
from gateway.platform.states import MemberState

from .conftest import NOON, OUEN, new_id
from .test_four_eyes import PLAN, town
from .test_member_data import NAME, NOTE, a_full_life, everything_written
from .test_member_data import member as named_member
from .test_member_merge import (
    MAY,
    WHY,
    author,
    everything_in_all_books,
    held,
    merge,
    revoke,
    row,
    word,
)

__all__ = ["town"]


async def erased(town, member, gives_up=0):
    proposal = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY, gives_up)
    await town.decided(proposal, "platform", name="乙")
    return proposal


async def left_of(town, member):
    return sum(points for lots in (await held(town, member)).values() for points in lots.values())


class TestErasing:
    async def test_nothing_of_the_person_is_left_but_in_logs_and_every_point_is(self, town):
        member = await named_member(town, 300, issued_on=MAY)
        await a_full_life(town, member)
        before, left = await everything_in_all_books(town), await left_of(town, member)
        await erased(town, member, left)
        assert await everything_in_all_books(town) == before
        texts = await everything_written(town)
        for secret in (NAME, NOTE, "99887766", "token-of-a-link", "hanako@example.jp"):
            holds = {table for table, text in texts.items() if secret in text}
            assert holds <= {"audit_lines", "moves"}, (secret, holds)
        # A MyKey ID that was given up is given to nobody; that list alone and the chains of the logs know it.
        assert {table for table, text in texts.items() if member.mykey_id in text} <= {
            "audit_lines", "retired_mykey_ids",
        }  # fmt: skip
        # What is encrypted cannot be searched for: no row may be left.
        for table in (
            "member_mail",
            "mail_notices",
            "linked_accounts",
            "link_owners",
            "member_proofs",
            "sessions",
        ):
            count = sa.text(f"SELECT count(*) FROM {table}")
            assert await town.store.read(lambda conn, count=count: conn.scalar(count)) == 0, table
        report = await town.store.read(audit.verify)
        assert report.ok, report.faults
        assert await town.store.read(audit_log.verify) == []

    async def test_nobody_signs_in_is_found_or_handed_out_any_more(self, town):
        member = await town.member()
        await erased(town, member)
        kept = await row(town, member)
        assert (kept.state, kept.display_name, kept.is_erased) == (MemberState.REVOKED, "－", True)
        assert await town.store.read(lambda conn: member_rows.find_ever(conn, member.mykey_id)) is None
        assert not await town.store.read(lambda conn: mykey_ids.is_available(conn, member.mykey_id))
        who = await author(town)
        assert await word(town.city.member_data.export(who, member.mykey_id, "開示")) == "unknown-member"
        assert await word(town.city.platform.erase_member(who, member.mykey_id, WHY)) == "unknown-member"

    async def test_points_that_are_left_are_named_and_given_up_exactly_or_revoked_by_their_owner(self, town):
        member = await town.member(300, MAY)
        who = await author(town)
        for gives_up in (0, 299, 301):
            with pytest.raises(ProblemError) as caught:
                await town.city.platform.erase_member(who, member.mykey_id, WHY, gives_up)
            assert (caught.value.type, caught.value.facts) == ("points-left", {"available": 300})
        await revoke(town, member)
        assert (await erased(town, member)).points == 300
        assert await left_of(town, member) == 300

    async def test_points_that_arrive_while_it_waits_outdate_it(self, town):
        member = await town.member(300, MAY)
        proposal = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY, 300)
        await town.give(member.member_id, 1, MAY)
        assert await word(town.decided(proposal, "platform", name="乙")) == "proposal-outdated"
        assert (await row(town, member)).active

    async def test_somebody_else_decides_once_and_sees_no_name(self, town):
        member = await named_member(town)
        proposal = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY)
        assert not re.search("花子|見本", str(proposal.facts))
        assert await word(town.decided(proposal, "platform", name="甲")) == "second-person-missing"
        other = await town.who("platform", PLATFORM, name="乙")
        changed = town.city.proposals.approve(other, proposal.proposal_id, "0" * 64, "確認")
        assert await word(changed) == "proposal-changed"
        await town.decided(proposal, "platform", name="乙")
        assert await word(town.decided(proposal, "platform", name="乙")) == "proposal-state"
        (line,) = await town.store.read(lambda conn: audit_log.page(conn, PLATFORM, limit=1))
        assert (line.action, line.subject) == ("member erased", member.member_id)

    async def test_who_was_merged_goes_along(self, town):
        old, new = await town.member(10, MAY), await town.member(20, MAY)
        await merge(town, old, new)
        await erased(town, new, 30)
        assert [(await row(town, each)).is_erased for each in (old, new)] == [True, True]
        texts = await everything_written(town)
        assert "山田" not in texts["members"] + texts["proposals"]

    async def test_what_came_to_a_merged_id_is_named_beside_the_persons_own(self, town):
        old, new = await town.member(10, MAY), await town.member(20, MAY)
        await merge(town, old, new)
        await town.give(old.member_id, 5, MAY)
        proposal = await town.city.platform.erase_member(await author(town), new.mykey_id, WHY, 35)
        assert proposal.points == 35
        assert [int(number) for number in re.findall(r"\d+", str(proposal.facts["balances_left"]))] == [30, 5]

    async def test_a_list_that_waits_finds_nobody_and_other_lists_say_nothing(self, town):
        member = await town.member()
        await a_full_life(town, member)
        await erased(town, member, await left_of(town, member))
        lines = sa.text("SELECT mykey_id, note, kept, points FROM grant_lines")
        assert [tuple(each) for each in await town.store.read(lambda conn: conn.execute(lines).all())] == [
            ("", "", None, 900)
        ]

    async def test_after_a_restore_it_is_erased_again_before_anybody_is_served(self, town):
        member = await town.member(300, MAY)
        kind, values = _line_of(MemberErased(member.member_id))
        assert kind == MEMBER_ERASED
        line = {"kind": kind, **values}
        assert await town.store.read(lambda conn: list_forgotten_records(conn, [line])) == [line]
        assert await town.store.run(lambda conn: close_gaps(conn, [line], town.clock())) == 1
        assert (await row(town, member)).is_erased
        assert await town.store.read(lambda conn: list_forgotten_records(conn, [line])) == []
        assert await town.store.run(lambda conn: close_gaps(conn, [line], town.clock())) == 0
        assert await left_of(town, member) == 300

    async def test_what_is_done_is_noted_for_the_journal(self, town):
        member, notes = await town.member(), []
        town.store.on_commit = notes.extend
        await erased(town, member)
        town.store.on_commit = None
        assert MemberErased(member.member_id) in notes


class TestRectifying:
    async def rectified(self, town, member, **wanted):
        proposal = await town.city.platform.rectify_member(await author(town), member.mykey_id, WHY, **wanted)
        await town.decided(proposal, "platform", name="乙")
        return proposal

    async def test_from_and_to_are_seen_and_logged_the_member_is_told_and_no_point_moves(self, town):
        member = await town.member(300, MAY)
        before = await everything_in_all_books(town)
        proposal = await self.rectified(town, member, display_name="山田 華子", language="en")
        assert proposal.facts == {
            "mykey_id": member.mykey_id, "name_before": "山田 花子", "name_after": "山田 華子",
            "language_before": "ja", "language_after": "en",
        }  # fmt: skip
        kept = await row(town, member)
        assert (kept.display_name, kept.language) == ("山田 華子", "en")
        (line,) = await town.store.read(lambda conn: audit_log.page(conn, PLATFORM, limit=1))
        assert (line.action, line.subject, line.reason) == ("member rectified", member.member_id, WHY)
        assert line.facts == {
            "name_before": "山● 花●", "name_after": "山● 華●", "language_before": "ja", "language_after": "en",
        }  # fmt: skip
        events = await town.store.read(
            lambda conn: member_events.list_by_member(conn, member.member_id, NOON - timedelta(days=1))
        )
        assert [event.kind for event in events] == [MemberEventKind.RECTIFIED]
        assert await everything_in_all_books(town) == before
        assert (await town.store.read(audit.verify)).ok

    async def test_a_mykey_id_is_put_right_and_the_old_one_is_nobodys(self, town):
        member = await town.member(300, MAY)
        await self.rectified(town, member, new_mykey_id="AAAA2222")
        kept = await row(town, member)
        assert kept.mykey_id == "AAAA2222"
        assert not await town.store.read(lambda conn: mykey_ids.is_available(conn, member.mykey_id))
        assert await town.balance(kept.member_id) == 300

    async def test_a_strangers_address_is_forgotten(self, town):
        member = await town.member()
        addresses = MailAddresses(
            store=town.store, vault=town.city.context.vault, clock=town.clock, is_offered=True
        )
        await addresses.set_address(member.member_id, "hanako@example.jp")
        await self.rectified(town, member, forgets_mail=True)
        assert (await addresses.get(member.member_id)).state is MailState.NONE

    async def test_a_change_that_came_first_outdates_it_and_somebody_else_decides_once(self, town):
        member = await town.member()
        proposal = await town.city.platform.rectify_member(
            await author(town), member.mykey_id, WHY, display_name="山田 華子"
        )
        assert await word(town.decided(proposal, "platform", name="甲")) == "second-person-missing"
        await town.store.run(lambda conn: member_rows.change(conn, member.member_id, language="en"))
        assert await word(town.decided(proposal, "platform", name="乙")) == "proposal-outdated"
        assert (await row(town, member)).display_name == "山田 花子"

    async def test_what_cannot_be_is_refused_when_it_is_proposed(self, town):
        member, taken, gone = await town.member(), await town.member(), await town.member()
        await revoke(town, gone)
        who, rectify = await author(town), town.city.platform.rectify_member
        for about, wanted, expected in (
            (member, {}, "nothing-to-rectify"),
            (member, {"display_name": "山田 花子", "forgets_mail": True}, "nothing-to-rectify"),
            (member, {"display_name": " "}, "bad-display-name"),
            (member, {"language": "xx"}, "bad-language"),
            (member, {"new_mykey_id": "x"}, "mykey-id-unfit"),
            (member, {"new_mykey_id": taken.mykey_id}, "mykey-id-taken"),
            (member, {"new_mykey_id": gone.mykey_id}, "mykey-id-taken"),
            (gone, {"display_name": "x"}, "member-revoked"),
        ):
            assert await word(rectify(who, about.mykey_id, WHY, **wanted)) == expected
        assert await word(rectify(who, "x", WHY, display_name="x")) == "unknown-member"
        assert await word(rectify(who, member.mykey_id, "", display_name="x")) == "reason-missing"


class TestWhatWaitsAboutThePerson:
    async def proposed(self, town, member, other):
        """A proposal of each kind that names a member, as the person, as a representative and as where points go."""
        clerk, now = await town.who("operator"), NOON.date()
        await town.who("approver")
        await town.city.support.propose_access(clerk, member.mykey_id, WHY)
        await town.city.corrections.correct_balance(clerk, new_id(), member.mykey_id, OUEN, 70, WHY)
        await town.add_project(PLAN)
        await town.city.grants.to_one(clerk, "kosodate", new_id(), member.mykey_id, 3_000_000)
        for whose, actor in ((member, other), (other, member)):
            command = AppointRepresentative(
                mykey_id=whose.mykey_id, actor_mykey_id=actor.mykey_id, kind=RepresentationKind.GUARDIAN,
                may_exchange=True, pay_points_a_day=0, starts_on=now, ends_on=now,
            )  # fmt: skip
            await town.city.representatives.appoint(clerk, command, WHY)

    async def test_is_withdrawn_and_names_nobody_any_more_and_what_is_about_others_stays(self, town):
        member, other = [await named_member(town, 300, issued_on=MAY) for _ in range(2)]
        await self.proposed(town, member, other)
        clerk = await town.who("operator")
        await town.city.support.propose_access(clerk, other.mykey_id, WHY)
        seen = await town.city.proposals.list_by_state(clerk, [ProposalState.WAITING])
        assert len(seen.proposals) == 6
        await erased(town, member, 300)
        texts = await everything_written(town)
        assert member.mykey_id not in texts["proposals"]
        withdrawn = await town.city.proposals.list_by_state(clerk, [ProposalState.WITHDRAWN])
        assert [each.proposal.facts for each in withdrawn.proposals] == [{}] * 5
        assert {each.proposal.digest for each in withdrawn.proposals} < {
            each.proposal.digest for each in seen.proposals
        }
        (left,) = (await town.city.proposals.list_by_state(clerk, [ProposalState.WAITING])).proposals
        assert left.proposal.facts["mykey_id"] == other.mykey_id
        await town.decided(left.proposal)
        for each in withdrawn.proposals:
            assert await word(town.decided(each.proposal)) == "proposal-state"
        assert (await town.store.read(audit_log.verify)) == []

    async def test_a_city_decides_it_or_the_erasure_ends_it_but_never_both(self, town):
        member = await named_member(town, 0)
        clerk = await town.who("operator")
        await town.who("approver")
        waits = await town.city.corrections.correct_balance(clerk, new_id(), member.mykey_id, OUEN, 70, WHY)
        erasure = await town.city.platform.erase_member(await author(town), member.mykey_id, WHY, 0)
        await town.who("platform", PLATFORM, name="乙")
        decided = await asyncio.gather(
            town.decided(waits), town.decided(erasure, "platform", name="乙"), return_exceptions=True
        )
        words = [each.type for each in decided if isinstance(each, ProblemError)]
        assert len(words) == 1, decided
        assert words[0] in ("proposal-state", "proposal-outdated", "points-left"), words
        assert (await left_of(town, member)) == (70 if words[0] != "proposal-state" else 0)
