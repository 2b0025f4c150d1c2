"""Cards in readers, through PC/SC; the only file that imports pyscard (extra `reader`).

Every use opens a context of its own, so a restarted pcscd or a reader that comes and goes needs no restart here.
A card is held exclusively, so nobody else signs with our verified PIN. (Not in a transaction beside other programs:
Windows resets a card whose transaction idles for five seconds, which is how long a person takes to type.) It is
powered off at the end whatever happens, because some cards stay verified through a reconnect. Results are numbers here, not pyscard's exceptions, which come from two unrelated families.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from card.errors import (
    CardMute,
    CardRemoved,
    CardReset,
    NoCard,
    NoReader,
    NotJpkiCard,
    PcscUnavailable,
    ReaderBusy,
    ReaderError,
    ReaderFault,
    SeveralCards,
)
from card.jpki import JpkiCard
from card.profiles import JPKI_2016, CardProfile

# Codes of winscard.h. Seen with pcscd 1.9.9: 0x80100016 for a card pulled but not yet noticed, 0x80100069 ever after
# on that handle, 0x80100003 after pcscd was restarted.
_NO_READERS: Final = 0x8010002E
_SHARING_VIOLATION: Final = 0x8010000B
_RETRY_S: Final = 3.0
_MEANINGS: Final[dict[int, type[ReaderError]]] = {
    0x80100003: PcscUnavailable,
    0x80100009: NoReader,
    _SHARING_VIOLATION: ReaderBusy,
    0x8010000C: NoCard,
    0x80100013: PcscUnavailable,
    0x80100016: CardRemoved,
    0x80100017: NoReader,
    0x8010001D: PcscUnavailable,
    0x8010001E: PcscUnavailable,
    _NO_READERS: NoReader,
    0x80100065: CardMute,
    0x80100066: CardMute,
    0x80100067: CardMute,
    0x80100068: CardReset,
    0x80100069: CardRemoved,
}


def _scard() -> ModuleType:
    """The thin layer over winscard. Raises PcscUnavailable where the extra is not installed."""
    try:
        return import_module("smartcard.scard")
    except ImportError as missing:
        raise PcscUnavailable('pyscard is missing: pip install "point-gateway[reader]"') from missing


def _check(result: int, doing: str) -> None:
    """Turn a PC/SC result into the desk's words. Windows gives it as a negative number, hence the mask."""
    code = result & 0xFFFFFFFF
    if code:
        raise _MEANINGS.get(code, ReaderFault)(f"{doing}: 0x{code:08X}")


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader as it is now. `in_use`: some program holds a connection to its card."""

    name: str
    has_card: bool
    in_use: bool
    mute: bool


@contextmanager
def _context() -> Iterator[Any]:
    scard = _scard()
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(result, "establishing a context")
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def readers() -> list[Reader]:
    """All readers, with or without a card. Raises NoReader, PcscUnavailable."""
    with _context() as context:
        return _readers(context)


def _readers(context: Any) -> list[Reader]:
    scard = _scard()
    result, names = scard.SCardListReaders(context, [])
    _check(result, "listing readers")
    if not names:
        raise NoReader
    result, states = scard.SCardGetStatusChange(
        context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names]
    )
    _check(result, "asking readers for their state")
    return [
        Reader(
            name,
            has_card=bool(state & scard.SCARD_STATE_PRESENT),
            in_use=bool(state & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE)),
            mute=bool(state & scard.SCARD_STATE_MUTE),
        )
        for name, state, _ in states
    ]


class PcscConnection:
    """One card held by us alone. `close` ends it, never fails, and always unpowers."""

    def __init__(self, context: Any, handle: Any, protocol: int) -> None:
        self._context = context
        self._handle = handle
        self._protocol = protocol

    def send_and_receive(self, command: bytes, /) -> bytes:
        scard = _scard()
        header = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        result, answer = scard.SCardTransmit(self._handle, header, list(command))
        _check(result, "sending a command")
        if len(answer) < 2:
            # Some drivers report a card that left in the middle of a command as a success without an answer.
            raise CardRemoved("an answer without a status word")
        return bytes(answer)

    def check_presence(self) -> None:
        """Raise CardRemoved or another ReaderError if the very card that was connected is no longer there."""
        _check(_scard().SCardStatus(self._handle)[0], "looking for the card")

    def close(self) -> None:
        scard = _scard()
        scard.SCardDisconnect(self._handle, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self._context)


def _connect(reader: str) -> PcscConnection:
    """Hold the card in this reader alone. Raises ReaderBusy after `_PATIENCE_S`, and the other ReaderErrors.

    While another program is in a transaction pcscd answers a connect only when that ends, which may be never. So it
    happens in a thread with a context of its own; if that comes too late it lets go of the card again by itself.
    """
    attempt: Future[PcscConnection] = Future()
    threading.Thread(target=_attempt, args=(reader, attempt), name="card-connect", daemon=True).start()
    try:
        return attempt.result(_RETRY_S)
    except FutureTimeout:
        if attempt.cancel():
            raise ReaderBusy("connecting took too long") from None
        return attempt.result()  # it came through between our losing patience and our saying so


def _attempt(reader: str, attempt: Future[PcscConnection]) -> None:
    try:
        connection = _connect_now(reader)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it belongs to the one who waits
        if attempt.set_running_or_notify_cancel():
            attempt.set_exception(failure)
        return
    if attempt.set_running_or_notify_cancel():
        attempt.set_result(connection)
    else:
        connection.close()


def _connect_now(reader: str) -> PcscConnection:
    scard = _scard()
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(result, "establishing a context")
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    # Some systems look at every new card for a moment (Windows propagates certificates), hence the tries.
    result, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
    for pause_s in (0.1, 0.2, 0.4):
        if result & 0xFFFFFFFF != _SHARING_VIOLATION:
            break
        time.sleep(pause_s)
        result, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols)
    try:
        _check(result, "connecting")
    except ReaderError:
        scard.SCardReleaseContext(context)
        raise
    return PcscConnection(context, handle, protocol)


class HeldCard:
    """The one JPKI card on the desk, selected and held."""

    def __init__(self, card: JpkiCard, connection: PcscConnection) -> None:
        self.card = card
        self._connection = connection

    def check_presence(self) -> None:
        self._connection.check_presence()


@contextmanager
def jpki_card(profile: CardProfile = JPKI_2016) -> Iterator[HeldCard]:
    """Find the one My Number card in any reader, by its applet and never by ATR, and hold it.

    Raises PcscUnavailable, NoReader, NoCard, ReaderBusy, CardMute, NotJpkiCard, SeveralCards.
    """
    present = [reader.name for reader in readers() if reader.has_card]
    with ExitStack() as held:
        if not present:
            raise NoCard
        held_cards: list[HeldCard] = []
        obstacles: list[ReaderError | NotJpkiCard] = []
        for name in present:
            try:
                held_cards.append(_held_card(name, profile, held))
            except (ReaderError, NotJpkiCard) as obstacle:
                obstacles.append(obstacle)
        if len(held_cards) > 1:
            raise SeveralCards
        if not held_cards:
            # A reader that kept us out may hold the right card, so that is the more useful thing to say.
            raise min(obstacles, key=lambda obstacle: isinstance(obstacle, NotJpkiCard))
        yield held_cards[0]


@contextmanager
def card_in(reader: str, profile: CardProfile = JPKI_2016) -> Iterator[HeldCard]:
    """Hold the card in one named reader; for `doctor`. Raises as `jpki_card` does."""
    with ExitStack() as held:
        yield _held_card(reader, profile, held)


def _held_card(reader: str, profile: CardProfile, held: ExitStack) -> HeldCard:
    with ExitStack() as until_selected:
        connection = _connect(reader)
        until_selected.callback(connection.close)
        card = JpkiCard(connection, profile)
        card.select()
        held.push(until_selected.pop_all())
    return HeldCard(card, connection)
