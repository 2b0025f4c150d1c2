"""For how long this process has known something, by a clock that only goes forward.

A machine's calendar may jump; what must not be believed too early waits by both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

MAX_REMEMBERED: Final = 100_000


@dataclass(frozen=True, slots=True)
class KnownSince:
    """Remembers the first time that it is asked about a key; the oldest are forgotten, and begin anew."""

    seconds: Callable[[], float]
    _since_s: dict[Hashable, float] = field(default_factory=dict, repr=False)

    def seconds_since(self, key: Hashable) -> float:
        if key not in self._since_s and len(self._since_s) >= MAX_REMEMBERED:
            del self._since_s[next(iter(self._since_s))]
        now = self.seconds()
        return now - self._since_s.setdefault(key, now)

    def forget(self, key: Hashable) -> None:
        self._since_s.pop(key, None)
