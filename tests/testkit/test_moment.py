"""The moment at which the kit's tests begin: today, and no day that ends while a test goes forward."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pytest

from gateway.model import JST
from gateway.testkit.contract.environment import moment_of

NOON = datetime(2026, 12, 1, 12, tzinfo=JST)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (datetime(2026, 12, 1, 0, 5, tzinfo=JST), datetime(2026, 12, 1, 0, 5, tzinfo=JST)),
        (datetime(2026, 12, 1, 21, 59, tzinfo=JST), datetime(2026, 12, 1, 21, 59, tzinfo=JST)),
        (datetime(2026, 12, 31, 22, 0, tzinfo=JST), datetime(2027, 1, 1, 0, 0, tzinfo=JST)),
        (datetime(2026, 12, 1, 23, 58, tzinfo=JST), datetime(2026, 12, 2, 1, 58, tzinfo=JST)),
    ],
)
def test_late_in_the_evening_it_is_tomorrow(
    monkeypatch: pytest.MonkeyPatch, now: datetime, begins: datetime
) -> None:
    monkeypatch.setattr("httpkit.clock.system_clock", lambda: now)
    assert moment_of(SimpleNamespace(moment=None)) == begins


def test_a_contract_names_its_own_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httpkit.clock.system_clock", lambda: NOON.replace(hour=23))
    assert moment_of(SimpleNamespace(moment=NOON)) == NOON
