"""The JPKI applet of a My Number card: tries left, PIN, certificate, signature.

A login costs SELECT, tries left, VERIFY, one READ BINARY per 256 bytes of certificate, and the signature: eight
commands for a certificate of up to 1024 bytes. Files are named by their short id inside each command; a card that
answers 6A86 to that gets a SELECT before each instead, from then on.

Powering the card off afterwards is the connection's duty: on some cards a verified PIN survives a reconnect.
"""

from __future__ import annotations

from card import apdu
from card.apdu import Answer, Command
from card.connection import CardConnection
from card.errors import NoAuthCertificate, NotJpkiCard, PinLocked, PinWrong, UnexpectedAnswer
from card.pin import Pin
from card.profiles import JPKI_2016, CardProfile

_SELECT, _VERIFY, _READ_BINARY, _SIGN = 0xA4, 0x20, 0xB0, 0x2A
_NEVER_SO_LONG = 8192


class JpkiCard:
    """One card on one connection. Call `select` first; every method may raise a `ReaderError`."""

    def __init__(self, connection: CardConnection, profile: CardProfile = JPKI_2016) -> None:
        self._connection = connection
        self.profile = profile
        self._short_ids = True

    def select(self) -> None:
        """Choose the applet. Raises NotJpkiCard; this, and never the ATR, is what tells the card's kind."""
        command = Command(0x00, _SELECT, 0x04, 0x0C, self.profile.aid)
        answer = self._send(command)
        if answer.status == apdu.NO_DIAGNOSIS:
            # One card was seen to answer 6F00 to its first command after power-up, and to work from then on.
            answer = self._send(command)
        if not answer.ok:
            raise NotJpkiCard(f"SELECT answered {answer.status:04X}")

    def tries_left(self) -> int:
        """PIN tries left, 0 when locked. Costs no try. Raises UnexpectedAnswer."""
        answer = self._on_file(self.profile.auth_pin_file, Command(0x00, _VERIFY, 0x00, 0x80))
        if answer.tries_left is not None:
            return answer.tries_left
        if answer.status in apdu.BLOCKED:
            return 0
        raise UnexpectedAnswer(f"VERIFY without a PIN answered {answer.status:04X}")

    def verify(self, pin: Pin) -> None:
        """Present the PIN. Raises PinWrong (a try is gone) or PinLocked."""
        answer = self._on_file(self.profile.auth_pin_file, Command(0x00, _VERIFY, 0x00, 0x80, pin.reveal()))
        if answer.ok:
            return
        if answer.status in apdu.BLOCKED or answer.tries_left == 0:
            raise PinLocked
        if answer.tries_left is not None:
            raise PinWrong(answer.tries_left)
        raise UnexpectedAnswer(f"VERIFY answered {answer.status:04X}")

    def auth_certificate(self) -> bytes:
        """The authentication certificate (DER), without the filler some cards put behind it.

        Raises NoAuthCertificate where the file is missing or empty, UnexpectedAnswer where it is no certificate.
        """
        first = self._on_file(self.profile.auth_certificate_file, Command(0x00, _READ_BINARY, 0, 0, le=256))
        if first.status in (apdu.FILE_NOT_FOUND, apdu.PAST_END) or (
            first.ok and not first.data.strip(b"\x00\xff")
        ):
            raise NoAuthCertificate
        if not first.ok:
            raise UnexpectedAnswer(f"READ BINARY answered {first.status:04X}")
        length = _der_length(first.data)
        certificate = first.data[:length]
        while len(certificate) < length:
            # The short id in P1 names the file only at offset 0; it is the current file from then on.
            offset = len(certificate)
            wanted = min(length - offset, apdu.MAX_ANSWER_LENGTH)
            part = self._send(Command(0x00, _READ_BINARY, offset >> 8, offset & 0xFF, le=wanted))
            if not part.ok or not part.data:
                raise UnexpectedAnswer(f"READ BINARY at {offset} answered {part.status:04X}")
            certificate += part.data[:wanted]
        return certificate

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest with the authentication key. `verify` must have gone before. Raises UnexpectedAnswer."""
        payload = self.profile.algorithm.to_be_signed(digest)
        answer = self._on_file(self.profile.auth_key_file, Command(0x80, _SIGN, 0x00, 0x80, payload, le=256))
        if not answer.ok or not answer.data:
            raise UnexpectedAnswer(f"the signature command answered {answer.status:04X}")
        return answer.data

    def token_kind(self) -> str:
        """What the applet calls itself, such as `JPKIAPICCTOKEN2`; empty where it does not say."""
        answer = self._on_file(self.profile.token_file, Command(0x00, _READ_BINARY, 0, 0, le=32))
        return answer.data[:32].decode("ascii", "replace").strip() if answer.ok else ""

    def _on_file(self, file_id: int, command: Command) -> Answer:
        if self._short_ids:
            answer = self._send(_with_short_id(file_id, command))
            if answer.status != apdu.WRONG_P1_P2:
                return answer
            self._short_ids = False
        chosen = self._send(Command(0x00, _SELECT, 0x02, 0x0C, file_id.to_bytes(2)))
        return self._send(command) if chosen.ok else chosen

    def _send(self, command: Command) -> Answer:
        try:
            return apdu.transmit(self._connection, command)
        except ValueError as broken:
            raise UnexpectedAnswer(str(broken)) from None


def _with_short_id(file_id: int, command: Command) -> Command:
    """READ BINARY carries the short id in P1 (with bit 8), VERIFY and the signature in P2."""
    p1, p2 = (0x80 | file_id, 0) if command.ins == _READ_BINARY else (command.p1, 0x80 | file_id)
    return Command(command.cla, command.ins, p1, p2, command.data, command.le)


def _der_length(start: bytes) -> int:
    """The whole length of the DER object that `start` begins, header included. Raises UnexpectedAnswer."""
    if start[:2] != b"\x30\x82" or len(start) < 4:
        raise UnexpectedAnswer("the certificate file does not hold a certificate")
    length = 4 + int.from_bytes(start[2:4])
    if length > _NEVER_SO_LONG:
        raise UnexpectedAnswer(f"a certificate of {length} bytes")
    return length
