from types import SimpleNamespace

import pytest

from gateway.errors import ProblemError
from gateway.http.rate_limit import RequestLimit
from httpkit.token_buckets import RateLimit


@pytest.fixture
def ticks():
    return SimpleNamespace(now=100.0)


def buckets(ticks):
    return RequestLimit(RateLimit(per_second=2.0, burst=3), lambda: ticks.now)


def test_a_burst_is_allowed_and_no_more(ticks):
    some = buckets(ticks)
    for _ in range(3):
        some.consume("a")
    with pytest.raises(ProblemError) as refused:
        some.consume("a")
    assert (refused.value.type, refused.value.facts) == ("too-many-requests", {"retry_after_s": 1})


def test_the_bucket_fills_with_time(ticks):
    some = buckets(ticks)
    for _ in range(3):
        some.consume("a")
    ticks.now += 0.5
    some.consume("a")
    with pytest.raises(ProblemError):
        some.consume("a")


def test_each_has_a_share_of_its_own(ticks):
    some = buckets(ticks)
    for _ in range(3):
        some.consume("a")
    some.consume("b")


def test_a_slow_share_tells_how_long_to_wait(ticks):
    some = RequestLimit(RateLimit(per_second=0.1, burst=1), lambda: ticks.now)
    some.consume("a")
    with pytest.raises(ProblemError) as refused:
        some.consume("a")
    assert refused.value.facts == {"retry_after_s": 10}
