"""A JPKI card in memory: files, PINs with counters and locks, keys, and the bad habits of real ones.

For tests, the demo and the virtual reader. It answers commands as the card does - not as `jpki` would like them -
and remembers a verified PIN until the power goes, reconnects notwithstanding, because some real cards do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card.errors import CardRemoved
from card.profiles import JPKI_2016

_OK = b"\x90\x00"
ATR = bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B")


@dataclass(slots=True)
class FakePin:
    """A PIN on the card: its value, a counter that only success resets, and whether it stands verified."""

    value: bytes
    tries: int
    left: int
    verified: bool = False


@dataclass(slots=True)
class Habits:
    """What real cards differ in. `locked_answer`: an empty VERIFY on a locked PIN; `filler` follows certificates."""

    short_ids: bool = True
    locked_answer: int = 0x6984
    filler: bytes = b"\xff" * 32
    first_answer: int | None = None
    sticky: bool = True


@dataclass(slots=True)
class FakeCard:
    """One card. `files` maps file id to content; `keys` and `pins` likewise; `guards` names the PIN a file needs."""

    files: dict[int, bytes]
    keys: dict[int, RSAPrivateKey]
    pins: dict[int, FakePin]
    guards: dict[int, int] = field(default_factory=lambda: {0x0001: 0x001B, 0x0017: 0x0018, 0x001A: 0x001B})
    aid: bytes = JPKI_2016.aid
    habits: Habits = field(default_factory=Habits)
    commands: list[bytes] = field(default_factory=list)
    _selected: bool = False
    _current: int | None = None
    _fresh: bool = True

    @classmethod
    def issue(
        cls,
        *,
        pin: str,
        certificate: bytes,
        key: RSAPrivateKey,
        ca: bytes = b"",
        sign_certificate: bytes = b"",
        sign_key: RSAPrivateKey | None = None,
        habits: Habits | None = None,
    ) -> Self:
        """A card as the town hall hands it out. Certificates are DER; the signing pair is optional."""
        profile, manners = JPKI_2016, habits or Habits()
        files = {
            0x0006: b"JPKIAPICCTOKEN2".ljust(32) + b"JPKI".ljust(128),
            0x0008: b"\x8f\x8f\x00" if sign_certificate else b"\x00\x8f\x00",
            profile.auth_certificate_file: certificate + manners.filler,
            0x000B: ca + manners.filler if ca else b"",
        }
        keys, pins = {profile.auth_key_file: key}, {profile.auth_pin_file: FakePin(pin.encode(), 3, 3)}
        if sign_certificate and sign_key is not None:
            files |= {0x0001: sign_certificate + manners.filler, 0x0002: ca + manners.filler}
            keys[0x001A] = sign_key
            pins[0x001B] = FakePin(b"ABC123", 5, 5)
        return cls(files, keys, pins, habits=manners)

    @property
    def auth_pin(self) -> FakePin:
        return self.pins[JPKI_2016.auth_pin_file]

    def power_off(self) -> None:
        """Everything volatile is gone; counters and files stay."""
        self._forget()
        self._fresh = True
        for pin in self.pins.values():
            pin.verified = False

    def reset(self) -> None:
        """A warm reset: the selection is gone; a verified PIN is not, on a card with the sticky habit."""
        self._forget()
        if not self.habits.sticky:
            for pin in self.pins.values():
                pin.verified = False

    def _forget(self) -> None:
        self._selected, self._current = False, None

    def answer(self, command: bytes) -> bytes:
        """Answer one command APDU as the card would; never raises on nonsense."""
        self.commands.append(command)
        if self._fresh and self.habits.first_answer is not None:
            self._fresh = False
            return self.habits.first_answer.to_bytes(2)
        self._fresh = False
        if len(command) < 4:
            return b"\x67\x00"
        cla, ins, p1, p2 = command[:4]
        data = command[5 : 5 + command[4]] if len(command) > 5 else b""
        wanted = (command[-1] or 256) if len(command) == 5 or len(command) == 6 + len(data) else 0
        match cla, ins:
            case 0x00, 0xA4:
                return self._select(p1, data)
            case _ if not self._selected:
                return b"\x69\x85"
            case 0x00, 0x20:
                return self._verify(p2, data)
            case 0x00, 0xB0:
                return self._read(p1, p2, wanted)
            case 0x80, 0x2A:
                return self._sign(p1, p2, data)
            case _:
                return b"\x6d\x00"

    def _select(self, p1: int, data: bytes) -> bytes:
        if p1 == 0x04:
            self._selected, self._current = data == self.aid, None
            return _OK if self._selected else b"\x6a\x82"
        if p1 == 0x02 and self._selected:
            file_id = int.from_bytes(data)
            if file_id not in self.files and file_id not in self.keys and file_id not in self.pins:
                return b"\x6a\x82"
            self._current = file_id
            return _OK
        return b"\x6a\x86"

    def _aim(self, p2: int) -> bool:
        """Point at the file a short id names; False where this card does not take short ids."""
        if p2 == 0x80:
            return True
        if not self.habits.short_ids or not p2 & 0x80:
            return False
        self._current = p2 & 0x1F
        return True

    def _verify(self, p2: int, data: bytes) -> bytes:
        if not self._aim(p2):
            return b"\x6a\x86"
        pin = self.pins.get(self._current or 0)
        if pin is None:
            return b"\x69\x84"
        if not data:
            return (0x63C0 + pin.left if pin.left else self.habits.locked_answer).to_bytes(2)
        if not pin.left:
            return b"\x69\x84"
        if data == pin.value:
            pin.left, pin.verified = pin.tries, True
            return _OK
        pin.left, pin.verified = pin.left - 1, False
        return (0x63C0 + pin.left).to_bytes(2)

    def _read(self, p1: int, p2: int, wanted: int) -> bytes:
        offset = (p1 << 8) + p2
        if p1 & 0x80:
            if not self._aim(p1):
                return b"\x6a\x86"
            offset = p2
        content = self.files.get(self._current or 0)
        if content is None:
            return b"\x6a\x82"
        if not self._allowed():
            return b"\x69\x82"
        if offset >= len(content):
            return b"\x6b\x00"
        return content[offset : offset + wanted] + _OK

    def _sign(self, p1: int, p2: int, data: bytes) -> bytes:
        if p1 != 0x00 or not self._aim(p2):
            return b"\x6a\x86"
        key = self.keys.get(self._current or 0)
        if key is None:
            return b"\x69\x85"
        if not self._allowed():
            return b"\x69\x82"
        if not 1 <= len(data) <= 245:
            return b"\x67\x00"
        # PKCS #1 v1.5 type 1 around whatever was given: the card does not look inside.
        block = int.from_bytes(b"\x00\x01" + b"\xff" * (253 - len(data)) + b"\x00" + data)
        numbers = key.private_numbers()
        return pow(block, numbers.d, numbers.public_numbers.n).to_bytes(256) + _OK

    def _allowed(self) -> bool:
        guard = self.guards.get(self._current or 0)
        return guard is None or self.pins[guard].verified


class FakeConnection:
    """A line to a fake card; `pull_at` takes the card away instead of answering that command (0 = the first).

    Leaving it powers the card off, like the real one, unless `unpower` is False.
    """

    def __init__(self, card: FakeCard, *, pull_at: int | None = None, unpower: bool = True) -> None:
        self.card = card
        self._pull_at = pull_at
        self._unpower = unpower
        self._sent = 0

    def send_and_receive(self, command: bytes, /) -> bytes:
        if self._pull_at is not None and self._sent >= self._pull_at:
            self.card.power_off()
            raise CardRemoved
        self._sent += 1
        return self.card.answer(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unpower:
            self.card.power_off()
        else:
            self.card.reset()
