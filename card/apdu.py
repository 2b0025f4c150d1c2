"""Commands to a card and its answers, as bytes (ISO/IEC 7816-4, short form only).

Not here: what a command means (`jpki`) and how it travels (`connection`). A command's `repr` never shows its
data, because for VERIFY the data is the PIN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from card.connection import CardConnection

OK: Final = 0x9000
SECURITY_STATUS: Final = 0x6982
BLOCKED: Final = (0x6983, 0x6984)
FILE_NOT_FOUND: Final = 0x6A82
WRONG_P1_P2: Final = 0x6A86
PAST_END: Final = 0x6B00
NO_DIAGNOSIS: Final = 0x6F00

MAX_ANSWER_LENGTH: Final = 256


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """One command; `le` is the number of bytes wanted (1-256) or None where no data is expected."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def to_bytes(self) -> bytes:
        if len(self.data) > 255 or (self.le is not None and not 1 <= self.le <= MAX_ANSWER_LENGTH):
            raise ValueError("a short command carries at most 255 bytes and asks for 1 to 256")
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        body = bytes((len(self.data),)) + self.data if self.data else b""
        tail = b"" if self.le is None else bytes((self.le % MAX_ANSWER_LENGTH,))
        return head + body + tail

    def __repr__(self) -> str:
        return f"Command({self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}, {len(self.data)} bytes hidden)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the card said: data, and the status word that tells whether it did what was asked."""

    data: bytes
    status: int

    @classmethod
    def from_bytes(cls, raw: bytes) -> Answer:
        if len(raw) < 2:
            raise ValueError(f"a card's answer has at least two bytes, this one {len(raw)}")
        return cls(bytes(raw[:-2]), int.from_bytes(raw[-2:]))

    @property
    def ok(self) -> bool:
        return self.status == OK

    @property
    def tries_left(self) -> int | None:
        """The counter in `63Cx`, or None where the answer is not of that kind."""
        return self.status & 0x0F if self.status & 0xFFF0 == 0x63C0 else None


def transmit(connection: CardConnection, command: Command) -> Answer:
    """Send one command; fetch the rest where the card says `61xx`, ask again where it says `6Cxx`.

    Both are the transport protocol T=0 showing through (ISO/IEC 7816-3); cards on T=1 and contactless readers
    answer at once, so a login there is one exchange per command.
    """
    answer = Answer.from_bytes(connection.send_and_receive(command.to_bytes()))
    if answer.status >> 8 == 0x6C:
        exact = Command(
            command.cla,
            command.ins,
            command.p1,
            command.p2,
            command.data,
            answer.status & 0xFF or MAX_ANSWER_LENGTH,
        )
        answer = Answer.from_bytes(connection.send_and_receive(exact.to_bytes()))
    collected = answer.data
    # A certificate read asks for 256 bytes at a time, so a card that keeps promising more is broken, not long.
    for _ in range(4):
        if answer.status >> 8 != 0x61:
            break
        more = Command(0x00, 0xC0, 0x00, 0x00, le=answer.status & 0xFF or MAX_ANSWER_LENGTH)
        answer = Answer.from_bytes(connection.send_and_receive(more.to_bytes()))
        collected += answer.data
    return Answer(collected, answer.status)
