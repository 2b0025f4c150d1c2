"""The one thing the card code needs of the outside world: send bytes, receive bytes.

`card.pcsc` implements it with a reader, `card.fake` in memory. Everything above is the same for both.
"""

from __future__ import annotations

from typing import Protocol


class CardConnection(Protocol):
    """An open line to one card.

    `send_and_receive` takes a whole command APDU and returns the whole answer, status word included. It raises
    a `card.errors.ReaderError` when the card or the reader is gone; never anything else.
    """

    def send_and_receive(self, command: bytes, /) -> bytes: ...
