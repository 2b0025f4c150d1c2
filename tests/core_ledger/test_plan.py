"""What a plan decides, held against a ledger of single points that is as slow and as plain as can be.

Every group is decided twice: by the plan, and by a list that has one entry for each point. A refused group must leave the
plan as if it had never been asked.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_ledger import Move, NotEnoughPoints, Transfer, chart
from core_ledger.errors import HoldAlreadyResolved, LedgerError, UnknownHold
from core_ledger.plan import MAX_BALANCE, Account, Plan
from core_ledger.transfers import Hold, Post, Void
from tests.core_ledger.samples import (
    ALICE,
    BOOK,
    DAY,
    KASAMA,
    NOW,
    RESERVE,
    SAISON,
    allocate,
    earn,
    fresh_id,
    hold_in,
    hold_out,
    posted,
    voided,
)

EARLIER, LATER = date(2018, 7, 1), date(2018, 8, 1)
DAYS = (EARLIER, DAY, LATER)
EXPIRED = chart.expired("reserve")
OWN = (RESERVE, KASAMA)


def transfer(source: str, target: str, points: int, **changes: Any) -> Transfer:
    move = Transfer(
        id=fresh_id(), book=BOOK, source=source, target=target, points=points, at=NOW, kind="allocate"
    )
    return replace(move, **changes)


@dataclass
class Points:
    """One entry a point: (account, day of issue, hold that keeps it). The world outside has as many as it likes."""

    free: list[tuple[str, date]] = field(default_factory=list)
    holds: dict[str, tuple[Hold, list[date]]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def apply(self, group: list[Move]) -> bool:
        before = copy.deepcopy((self.free, self.holds, self.ended))
        if all(self._apply_one(move) for move in group):
            return True
        self.free, self.holds, self.ended = before
        return False

    def _apply_one(self, move: Move) -> bool:
        if isinstance(move, Transfer | Hold):
            days = self._drawn(move)
            if days is None:
                return False
            if isinstance(move, Hold):
                self.holds[move.id] = (move, days)
            else:
                self._arrive(move.target, days)
            return True
        if move.hold not in self.holds or move.hold in self.ended:
            return False
        hold, days = self.holds[move.hold]
        self.ended.add(move.hold)
        self._arrive(hold.target if isinstance(move, Post) else hold.source, days)
        return True

    def _drawn(self, move: Transfer | Hold) -> list[date] | None:
        if move.issued_on is not None:
            return [move.issued_on] * move.points
        first, last = move.issued_from or date.min, move.issued_until or date.max
        days = sorted(day for account, day in self.free if account == move.source and first <= day <= last)
        if len(days) < move.points:
            return None
        for day in days[: move.points]:
            self.free.remove((move.source, day))
        return days[: move.points]

    def _arrive(self, account: str, days: list[date]) -> None:
        if account in OWN:
            self.free += [(account, day) for day in days]

    def held(self, account: str) -> list[date]:
        open_holds = [pair for hold_id, pair in self.holds.items() if hold_id not in self.ended]
        return [day for hold, days in open_holds if hold.source == account for day in days]

    def coming(self, account: str) -> int:
        open_holds = [hold for hold_id, (hold, _) in self.holds.items() if hold_id not in self.ended]
        return sum(hold.points for hold in open_holds if hold.target == account)


MOVES = st.one_of(
    st.builds(lambda points, day: earn(points, issued_on=day), st.integers(1, 4), st.sampled_from(DAYS)),
    st.builds(
        lambda points, first, last: allocate(points, issued_from=first, issued_until=last),
        st.integers(1, 6),
        st.sampled_from([None, None, DAY, LATER]),
        st.sampled_from([None, None, EARLIER, DAY]),
    ),
    st.builds(lambda points: transfer(KASAMA, RESERVE, points), st.integers(1, 4)),
    st.builds(lambda points: transfer(RESERVE, EXPIRED, points), st.integers(1, 4)),
    st.builds(lambda points, day: hold_in(points, issued_on=day), st.integers(1, 4), st.sampled_from(DAYS)),
    st.builds(hold_out, st.integers(1, 6)),
    st.builds(lambda points: transfer(RESERVE, RESERVE, points), st.integers(1, 3)),
)


@st.composite
def groups_of_moves(draw: st.DrawFn) -> list[list[Move]]:
    """Groups of one to four moves; some end a hold that an earlier move made, or one that nobody made."""
    holds, groups = [hold_in()], []
    for size in draw(st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=1, max_size=12)):
        group: list[Move] = []
        for _ in range(size):
            if draw(st.sampled_from([True, True, True, False])):
                move: Move = draw(MOVES)
            else:
                end = draw(st.sampled_from([posted, voided]))
                move = end(draw(st.sampled_from(holds)))
            if isinstance(move, Hold):
                holds.append(move)
            group.append(move)
        groups.append(group)
    return groups


@settings(max_examples=300, deadline=None)
@given(groups_of_moves())
def test_groups_do_what_single_points_would_do_and_a_refused_one_leaves_no_trace(
    groups: list[list[Move]],
) -> None:
    plan, points, accepted = Plan(), Points(), []
    for group in groups:
        answer = plan.apply_group(group)
        assert isinstance(answer, LedgerError) is not points.apply(group)
        if not isinstance(answer, LedgerError):
            accepted.append(group)
            assert [receipt.move_id for receipt in answer] == [move.id for move in group]
        _same_points(plan, points)
        undisturbed = Plan()
        for earlier in accepted:
            undisturbed.apply_group(earlier)
        assert plan == undisturbed


def _same_points(plan: Plan, points: Points) -> None:
    for name in OWN:
        account = plan.accounts.get((BOOK, name), Account())
        held, free = Counter(points.held(name)), Counter(day for owner, day in points.free if owner == name)
        days = {day.isoformat(): [count, held[day]] for day, count in (free + held).items()}
        assert account.heaps == days
        assert account.posted == sum(free.values()) + sum(held.values())
        assert account.held == sum(held.values())
        assert account.coming == points.coming(name)


def test_the_group_after_a_refused_one_finds_every_account_as_it_was() -> None:
    plan = Plan()
    plan.apply_group([earn(5, issued_on=EARLIER)])
    plan.apply_group([earn(3, issued_on=LATER)])
    hold = hold_out(2)
    plan.apply_group([hold])
    before = copy.deepcopy(plan)
    refused = plan.apply_group([allocate(4), posted(hold), allocate(99)])
    assert isinstance(refused, NotEnoughPoints)
    assert plan == before
    receipts = plan.apply_group([allocate(6), posted(hold)])
    assert not isinstance(receipts, LedgerError)
    assert plan.accounts[BOOK, KASAMA].heaps == {"2018-07-01": [5, 0], "2018-08-01": [3, 0]}
    assert plan.accounts[BOOK, RESERVE].heaps == {}


def test_a_refused_group_of_two_books_brings_back_the_head_of_both() -> None:
    other = chart.member_book("b0000002")
    plan = Plan()
    plan.apply_group([earn(5)])
    before = copy.deepcopy(plan)
    refused = plan.apply_group([earn(1, member="b0000002"), allocate(1), allocate(99)])
    assert isinstance(refused, LedgerError)
    assert plan == before
    assert other not in plan.heads


def test_what_is_missing_is_told_to_the_point() -> None:
    plan = Plan()
    plan.apply_group([earn(5, issued_on=EARLIER)])
    plan.apply_group([earn(3, issued_on=LATER)])
    plan.apply_group([hold_out(1)])
    for move, available in (
        (allocate(8), 7),
        (allocate(4, issued_from=DAY), 3),
        (allocate(5, issued_until=DAY), 4),
        (allocate(1, issued_from=DAY, issued_until=DAY), 0),
    ):
        refused = plan.apply_group([move])
        assert isinstance(refused, NotEnoughPoints)
        assert (refused.account, refused.wanted, refused.available) == (RESERVE, move.points, available)


@pytest.mark.parametrize("bound", [{"issued_from": LATER}, {"issued_until": EARLIER}], ids=["from", "until"])
def test_an_only_heap_outside_the_days_asked_for_is_not_drawn_on(bound: dict[str, date]) -> None:
    plan = Plan()
    plan.apply_group([earn(5, issued_on=DAY)])
    refused = plan.apply_group([allocate(1, **bound)])
    assert isinstance(refused, NotEnoughPoints)
    assert refused.available == 0


def test_an_account_with_a_row_has_one_after_a_refused_group_too() -> None:
    stored = Account(posted=5, last_seq=1, heaps={"2018-07-31": [5, 0]}, stored=True)
    plan = Plan(accounts={(BOOK, RESERVE): stored})
    assert isinstance(plan.apply_group([allocate(2), allocate(99)]), NotEnoughPoints)
    assert plan.accounts == {
        (BOOK, RESERVE): Account(posted=5, last_seq=1, heaps={"2018-07-31": [5, 0]}, stored=True)
    }


def test_days_of_a_draw_are_inclusive_at_both_ends() -> None:
    plan = Plan()
    for day in DAYS:
        plan.apply_group([earn(1, issued_on=day)])
    plan.apply_group([allocate(1, issued_from=DAY, issued_until=DAY)])
    assert plan.accounts[BOOK, KASAMA].heaps == {"2018-07-31": [1, 0]}


@pytest.mark.parametrize("move", [earn, hold_in], ids=["transfer", "hold"])
def test_an_account_is_filled_to_its_last_point_and_no_further(move: Any) -> None:
    plan = Plan()
    plan.accounts[BOOK, RESERVE] = Account(
        posted=MAX_BALANCE - 10, held=4, coming=3, heaps={"2018-07-31": [MAX_BALANCE - 10, 4]}
    )
    assert isinstance(plan.apply_group([move(4)]), LedgerError)
    assert not isinstance(plan.apply_group([move(3)]), LedgerError)


def test_an_account_outside_owes_to_its_last_point_and_no_further() -> None:
    plan = Plan()
    plan.accounts[BOOK, SAISON] = Account(posted=-(MAX_BALANCE - 10), held=7)
    refused = plan.apply_group([earn(4)])
    assert isinstance(refused, LedgerError)
    assert SAISON in str(refused)
    assert str(MAX_BALANCE) in str(refused)
    assert not isinstance(plan.apply_group([earn(3)]), LedgerError)


def test_a_hold_is_ended_once_and_only_a_hold_is() -> None:
    plan, hold, first = Plan(), hold_in(2), earn(1)
    plan.apply_group([hold])
    plan.apply_group([first])
    end = posted(hold)
    plan.apply_group([end])
    again = plan.apply_group([voided(hold)])
    assert isinstance(again, HoldAlreadyResolved)
    assert (again.hold, again.resolved_by, again.how) == (hold.id, end.id, "post")
    nothing = plan.apply_group([Void(id=fresh_id(), book=BOOK, hold=first.id, at=NOW)])
    assert isinstance(nothing, UnknownHold)
    assert ALICE in str(nothing)
    assert first.id in str(nothing)


def test_the_oldest_day_with_a_free_point_is_named() -> None:
    assert Account(heaps={"2018-07-01": [2, 2], "2018-07-31": [2, 1], "2018-08-01": [1, 0]}).oldest_on() == (
        "2018-07-31"
    )
    assert Account(heaps={"2018-07-01": [2, 2]}).oldest_on() is None
