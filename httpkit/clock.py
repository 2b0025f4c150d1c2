"""What time it is: the machine's clock, or one kept in a small file that several processes share.

The file clock is for demonstrations and stories: gateway, sites and partner sandboxes can all live in July
2018 and be moved together. It is never chosen unless the settings name the file, and a file that is missing
or unreadable stops the clock rather than falling back to another time: signatures and idle limits hang on it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
"""Japan has had no daylight saving since 1951, so a fixed offset is exact and needs no zone database."""


class ClockStopped(Exception):
    """The clock's file cannot be read. The text names the file and what belongs into it."""


def system_clock() -> datetime:
    """Now, in Japan's time."""
    return datetime.now(JST)


def day_of(at: datetime) -> date:
    """The day in Japan to which a moment belongs."""
    return at.astimezone(JST).date()


class FileClock:
    """Reads `<ISO instant> @ <unix seconds when it was that instant>` and lets time go on from there.

    At every call it looks whether the file is still the one that it read: a new moment is a new file.
    """

    def __init__(self, path: Path, *, unix_s: Callable[[], float] = time.time) -> None:
        self._path = path
        self._unix_s = unix_s
        self._known: tuple[tuple[int, int, int], datetime, float] | None = None
        self()  # a clock that does not go is refused at the start, not at the first exchange

    def __call__(self) -> datetime:
        instant, then_s = self._read()
        return instant + timedelta(seconds=self._unix_s() - then_s)

    def _read(self) -> tuple[datetime, float]:
        try:
            seen = self._path.stat()
            version = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
            if self._known is not None and self._known[0] == version:
                return self._known[1:]
            text = self._path.read_text("utf-8")
            instant_text, _, seconds_text = text.strip().partition("@")
            instant, then_s = datetime.fromisoformat(instant_text.strip()), float(seconds_text)
        except (OSError, ValueError) as fault:
            raise ClockStopped(_remedy(self._path)) from fault
        if instant.tzinfo is None:
            raise ClockStopped(_remedy(self._path))
        self._known = (version, instant.astimezone(JST), then_s)
        return self._known[1:]


def set_file_clock(path: Path, instant: datetime, *, unix_s: Callable[[], float] = time.time) -> None:
    """Make it `instant` (aware) now, for every process that reads this file. No reader sees half a line."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(f"{instant.astimezone(JST).isoformat()} @ {unix_s():.6f}\n", "utf-8")
    draft.replace(path)


def _remedy(path: Path) -> str:
    example = f"{datetime(2018, 7, 31, 14, 59, tzinfo=UTC).astimezone(JST).isoformat()} @ 1752000000"
    return f"{path}: no time can be read; it holds one line such as `{example}`"
