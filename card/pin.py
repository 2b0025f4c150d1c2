"""The 4-digit PIN of the authentication certificate, as a value that never shows itself.

Checked before it can cost a try: digits typed through a Japanese input method arrive full-width, would be sent
as three bytes each and counted as a wrong PIN. Wiping is best effort: Python may have copied the text that the
PIN was made from, which is why the agent also switches core dumps off.
"""

from __future__ import annotations

import re
import unicodedata
from types import TracebackType
from typing import NoReturn, Self

from card.errors import PinMalformed

_FOUR_DIGITS = re.compile(r"[0-9]{4}")


class Pin:
    """Four ASCII digits. `Pin.parse` is the only way to make one; `reveal` the only way to see one."""

    __slots__ = ("_digits",)

    def __init__(self, digits: bytearray) -> None:
        self._digits = digits

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Take what a person typed, full-width digits included. Raises PinMalformed, which costs no try."""
        normal = unicodedata.normalize("NFKC", typed).strip()
        if not _FOUR_DIGITS.fullmatch(normal):
            raise PinMalformed
        return cls(bytearray(normal, "ascii"))

    def reveal(self) -> bytes:
        """The four bytes for VERIFY. Raises ValueError after `wipe`, rather than spending a try on zeros."""
        if not self._digits:
            raise ValueError("this PIN was wiped")
        return bytes(self._digits)

    def wipe(self) -> None:
        for place in range(len(self._digits)):
            self._digits[place] = 0
        self._digits.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Pin(****)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Pin(****)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PIN is not stored or sent anywhere")
