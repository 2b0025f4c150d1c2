"""The clock in a file that several processes share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.model import JST
from httpkit.clock import ClockStopped, FileClock, set_file_clock, system_clock

LAST_MINUTE = datetime(2018, 7, 31, 23, 59, tzinfo=JST)


def test_the_systems_clock_is_now_in_japans_time():
    now = system_clock()
    assert now.utcoffset() == timedelta(hours=9)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_time_goes_on_from_the_instant_in_the_file(tmp_path):
    (tmp_path / "now").write_text("2018-07-31T23:59:00+09:00 @ 1000.5\n", "utf-8")
    clock = FileClock(tmp_path / "now", unix_s=lambda: 1060.5)
    assert clock() == datetime(2018, 8, 1, tzinfo=JST)


def test_an_instant_in_another_zone_is_told_in_japans(tmp_path):
    (tmp_path / "now").write_text("2018-07-31T14:59:00Z @ 0", "utf-8")
    assert FileClock(tmp_path / "now", unix_s=lambda: 0.0)().isoformat() == "2018-07-31T23:59:00+09:00"


def test_everybody_who_reads_the_file_is_moved_together(tmp_path):
    set_file_clock(tmp_path / "now", LAST_MINUTE, unix_s=lambda: 50.0)
    clocks = [FileClock(tmp_path / "now", unix_s=lambda: 50.0) for _ in range(2)]
    set_file_clock(tmp_path / "now", LAST_MINUTE + timedelta(days=14), unix_s=lambda: 49.0)
    assert [clock() for clock in clocks] == [LAST_MINUTE + timedelta(days=14, seconds=1)] * 2
    assert [file.name for file in tmp_path.iterdir()] == ["now"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "2018-07-31T23:59:00+09:00",
        "soon @ 1",
        "2018-07-31T23:59:00 @ 1",
        "2018-07-31T23:59:00Z @ x",
    ],
)
def test_a_clock_that_cannot_be_read_stops_instead_of_telling_another_time(tmp_path, text):
    if text is not None:
        (tmp_path / "now").write_text(text, "utf-8")
    with pytest.raises(ClockStopped, match="it holds one line such as `2018-07-31T23:59:00"):
        FileClock(tmp_path / "now")


def test_a_clock_whose_file_goes_away_stops(tmp_path):
    set_file_clock(tmp_path / "now", LAST_MINUTE)
    clock = FileClock(tmp_path / "now")
    (tmp_path / "now").unlink()
    with pytest.raises(ClockStopped):
        clock()
