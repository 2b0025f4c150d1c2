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
        self()

    def __call__(self) -> datetime:
        instant, _, seconds = self._path.read_text("utf-8").strip().partition("@")
        now = datetime.fromisoformat(instant.strip()) + timedelta(seconds=time.time() - float(seconds))
        return now.astimezone(JST)
