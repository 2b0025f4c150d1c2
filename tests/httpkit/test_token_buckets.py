"""A bucket for each name, refilled with time."""

from __future__ import annotations

from httpkit.token_buckets import RateLimit, TokenBuckets


def buckets(*, most: int = 10) -> TokenBuckets:
    return TokenBuckets(RateLimit(per_second=0.5, burst=3), most=most)


def test_a_burst_then_the_seconds_to_wait():
    some = buckets()
    assert [some.consume("a", 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert some.consume("a", 101.0) == 1.0
    assert some.consume("a", 102.0) == 0.0


def test_a_refusal_costs_nothing():
    some = buckets()
    for _ in range(20):
        some.consume("a", 100.0)
    assert some.consume("a", 102.0) == 0.0


def test_it_holds_no_more_than_a_burst():
    some = buckets()
    some.consume("a", 100.0)
    assert [some.consume("a", 9_000.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]


def test_each_name_has_its_own():
    some = buckets()
    for _ in range(4):
        some.consume("a", 100.0)
    assert some.consume("b", 100.0) == 0.0


def test_the_longest_unused_is_forgotten_when_there_are_too_many():
    some = buckets(most=2)
    for name in ("a", "b", "a", "c"):
        some.consume(name, 100.0)
    assert ("a" in some, "b" in some, "c" in some, len(some)) == (True, False, True, 2)
