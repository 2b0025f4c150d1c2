"""The circuit breaker, told the time by hand."""

from __future__ import annotations

import pytest

from gateway.partners.calls.breaker import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE_S,
    MAX_PAUSE_S,
    Breaker,
    BreakerState,
)


class Watch:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def breaker(watch):
    return Breaker(watch)


def fail(breaker, times=FAILURES_TO_OPEN):
    for _ in range(times):
        breaker.record_failure()


def pause_s(breaker, watch):
    """How long it is open from now on, in whole seconds."""
    now_s = watch.now_s
    while breaker.state is BreakerState.OPEN:
        watch.now_s += 1
    pause, watch.now_s = watch.now_s - now_s, now_s
    return pause


def test_it_opens_after_five_failures_in_a_row_and_not_after_four(breaker):
    fail(breaker, FAILURES_TO_OPEN - 1)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.admits()
    fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.admits()


def test_one_success_forgets_the_failures_before_it(breaker):
    fail(breaker, FAILURES_TO_OPEN - 1)
    breaker.record_success()
    fail(breaker, FAILURES_TO_OPEN - 1)
    assert breaker.state is BreakerState.CLOSED


def test_after_the_pause_one_probe_goes_through_and_only_one(breaker, watch):
    fail(breaker)
    watch.now_s = FIRST_PAUSE_S - 0.001
    assert not breaker.admits()
    watch.now_s = FIRST_PAUSE_S
    assert breaker.state is BreakerState.HALF_OPEN
    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_a_probe_that_succeeds_closes_it(breaker, watch):
    fail(breaker)
    watch.now_s = FIRST_PAUSE_S
    breaker.admits()
    breaker.record_success()
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_fails_doubles_the_pause_up_to_a_limit(breaker, watch):
    fail(breaker)
    pauses = []
    for _ in range(6):
        watch.now_s += pause_s(breaker, watch)
        assert breaker.admits()
        breaker.record_failure()
        pauses.append(pause_s(breaker, watch))
    assert pauses == [10, 20, 40, 80, MAX_PAUSE_S, MAX_PAUSE_S]


def test_after_a_success_the_pause_is_the_first_one_again(breaker, watch):
    fail(breaker)
    watch.now_s = FIRST_PAUSE_S
    breaker.admits()
    breaker.record_failure()
    watch.now_s += pause_s(breaker, watch)
    breaker.admits()
    breaker.record_success()
    fail(breaker)
    assert pause_s(breaker, watch) == FIRST_PAUSE_S


def test_a_failure_of_a_call_that_was_out_before_it_opened_does_not_lengthen_the_pause(breaker, watch):
    fail(breaker)
    watch.now_s = 1.0
    breaker.record_failure()
    assert pause_s(breaker, watch) == FIRST_PAUSE_S - 1


def test_a_probe_that_was_cancelled_lets_another_probe(breaker, watch):
    fail(breaker)
    watch.now_s = FIRST_PAUSE_S
    assert breaker.admits()
    breaker.record_neutral()
    assert breaker.admits()
