"""What time it is, in Japan: the machine's clock, or a file that a demonstration's processes share.

The file holds `<ISO instant> @ <unix seconds when it was that instant>`; time goes on from there. A file that
cannot be read stops the clock: signatures and idle limits must not fall back to another time.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")


def system_clock() -> datetime:
    return datetime.now(JST)


class FileClock:
    """Raises OSError or ValueError, also at the start, when the file holds no time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], datetime, float] | None = None
        self()

    def __call__(self) -> datetime:
        seen = (
            self._path.stat()
        )  # a new moment is a new file, so what was read holds while the file is the same
        version = (seen.st_ino, seen.st_mtime_ns)
        if self._read is None or self._read[0] != version:
            instant, _, seconds = self._path.read_text("utf-8").strip().partition("@")
            self._read = (version, datetime.fromisoformat(instant.strip()).astimezone(JST), float(seconds))
        _, instant_read, then_s = self._read
        return instant_read + timedelta(seconds=time.time() - then_s)
