"""Equal lines: the first are written, the rest are counted and their number is told."""

from __future__ import annotations

from types import SimpleNamespace

from httpkit.repeat_limit import BURST, INTERVAL_S, MAX_KINDS, RepeatLimit


def test_the_first_are_written_and_the_others_counted_until_the_interval_is_over() -> None:
    time = SimpleNamespace(now=0.0)
    limit = RepeatLimit(lambda: time.now)
    assert [limit.admits("flood") for _ in range(1_000)] == [True] * BURST + [False] * (1_000 - BURST)
    assert limit.admits("another")
    assert limit.pop_left_out() == []
    time.now = INTERVAL_S
    assert limit.pop_left_out() == [("flood", 1_000 - BURST)]
    assert limit.pop_left_out() == []
    assert limit.admits("flood")


def test_what_equals_nothing_is_always_written() -> None:
    limit = RepeatLimit(lambda: 0.0)
    assert all(limit.admits(None) for _ in range(1_000))


def test_many_kinds_do_not_fill_the_memory() -> None:
    limit = RepeatLimit(lambda: 0.0)
    for number in range(MAX_KINDS * 2):
        limit.admits(number)
        limit.pop_left_out()
    assert len(limit._counts) <= MAX_KINDS
