"""Is what a plugin answered what the contract says? One function per hook: the checked value, or WrongAnswer.

Type hints are not proof: an answer for another exchange, a float that looks like points or a wallet that
nobody knows must stop here. A checked answer holds its own copies, so the plugin cannot change it later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import urlsplit

from gateway.errors import OutcomeUnknown, PartnerUnavailable
from gateway.model import (
    JST,
    BalanceLot,
    Balances,
    CouponValue,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitRecord,
    Declined,
    DeclineReason,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    IdReused,
    InProgress,
    Label,
    LinkedAccount,
    LinkKind,
    NoRecord,
    NotProcessed,
    OtherPush,
    PartnerProfile,
    PushAnswer,
    PushedDebit,
    RateTable,
    Reversal,
    ReverseAnswer,
    Reversed,
    Secret,
    WalletId,
    amounts_by_wallet,
)
from gateway.partners.loading.profile_checks import coherence

_T = TypeVar("_T")
_REFERENCE_LENGTH: Final = 200
_NAME_LENGTH: Final = 200
"""A longer service id does not go into the index that finds a link's one owner."""
_URL_LENGTH: Final = 2_000
MAX_NOTES: Final = 5
MAX_LOTS: Final = 100
_REASON: Final = re.compile("[a-z0-9_-]{1,64}")


class WrongAnswer(Exception):
    """The answer breaks the contract. The text says how, without quoting the answer."""


class AnotherAmountBack(WrongAnswer):
    """The partner gave back something else than the reversal asked for: `theirs` of each wallet."""

    def __init__(self, theirs: Mapping[WalletId, int]) -> None:
        super().__init__("gave back another amount than the reversal asked for")
        self.theirs = dict(theirs)


class ContractBroken(PartnerUnavailable):
    """The plugin answered something that the contract does not know: it must be corrected. Nothing has moved."""


class ReversalDiffers(OutcomeUnknown):
    """The partner says that it gave back, and shows another amount than it was asked for: a person decides."""

    def __init__(self, text: str, theirs: Mapping[WalletId, int]) -> None:
        super().__init__(text)
        self.theirs = dict(theirs)


class FoundReversalDiffers(ContractBroken):
    """The same, where the partner was only asked what became of it."""

    def __init__(self, text: str, theirs: Mapping[WalletId, int]) -> None:
        super().__init__(text)
        self.theirs = dict(theirs)


def no_answer(answer: object) -> None:
    """Whatever `check_connection` returns, it did not raise."""
    del answer


def debit_answer(answer: object, exchange_id: ExchangeId, profile: PartnerProfile) -> DebitAnswer:
    match answer:
        case Debited() | Declined() | InProgress() | IdReused() | NotProcessed():
            return _about(answer, exchange_id, profile)
    raise WrongAnswer(
        f"answered {_kind(answer)} instead of Debited, Declined, InProgress, IdReused or NotProcessed"
    )


def find_answer(answer: object, exchange_id: ExchangeId, profile: PartnerProfile) -> FindAnswer:
    match answer:
        case Debited() | Declined() | InProgress() | IdReused() | NoRecord():
            return _about(answer, exchange_id, profile)
    raise WrongAnswer(
        f"answered {_kind(answer)} instead of Debited, Declined, InProgress, IdReused or NoRecord"
    )


def reverse_answer(answer: object, reversal: Reversal, profile: PartnerProfile) -> ReverseAnswer:
    match answer:
        case Reversed():
            return _reversed(answer, reversal, profile)
        case Declined() | InProgress() | NotProcessed():
            return _about(answer, reversal.exchange_id, profile)
    raise WrongAnswer(f"answered {_kind(answer)} instead of Reversed, Declined, InProgress or NotProcessed")


def find_reversal_answer(answer: object, reversal: Reversal, profile: PartnerProfile) -> FindReversalAnswer:
    match answer:
        case Reversed():
            return _reversed(answer, reversal, profile)
        case Declined() | InProgress() | NoRecord():
            return _about(answer, reversal.exchange_id, profile)
    raise WrongAnswer(f"answered {_kind(answer)} instead of Reversed, Declined, InProgress or NoRecord")


def _reversed(answer: Reversed, reversal: Reversal, profile: PartnerProfile) -> Reversed:
    _require(
        _is_same_id(answer.reversal_id, reversal.reversal_id, profile), "answered for another reversal_id"
    )
    _reference(answer.reference)
    _aware(answer.at, "at")
    if answer.lines is not None:
        theirs = _taken(answer.lines, profile)
        if theirs != amounts_by_wallet(reversal.lines):
            raise AnotherAmountBack(theirs)
    return replace(answer, reversal_id=reversal.reversal_id)


def push_answer(answer: object) -> PushAnswer:
    match answer:
        case PushedDebit():
            _require(_is_text(answer.exchange_id), "answered with an exchange_id that is empty or no text")
            for name in ("reference", "message_id"):
                if (text := getattr(answer, name)) is not None:
                    _name_of_a_push(text, f"the {name}")
            # Ours are written in lower case; a push is only a reason to ask, so theirs may be in any.
            return replace(answer, exchange_id=ExchangeId(answer.exchange_id.lower()))
        case OtherPush():
            return answer
    raise WrongAnswer(f"answered {_kind(answer)} instead of PushedDebit or OtherPush")


def _name_of_a_push(text: object, what: str) -> None:
    _require(_is_text(text) and str(text).isprintable(), f"{what} is no text of one line")
    _require(len(str(text)) <= _REFERENCE_LENGTH, f"{what} is longer than {_REFERENCE_LENGTH} characters")


_About = TypeVar("_About", bound=Debited | Declined | InProgress | IdReused | NoRecord | NotProcessed)


def _about(answer: _About, exchange_id: ExchangeId, profile: PartnerProfile) -> _About:
    _require(_is_same_id(answer.exchange_id, exchange_id, profile), "answered for another exchange_id")
    match answer:
        case Debited():
            _reference(answer.reference)
            _aware(answer.at, "at")
            _shows(answer, profile)
            promised = profile.proves or frozenset()
            _require(
                answer.lines is not None or "amount" not in promised,
                'said Debited without `lines`, and partner_profile() proves "amount"; read them from the answer',
            )
            _require(
                answer.service_id is not None or "account" not in promised,
                'said Debited without `service_id`, and partner_profile() proves "account"; read it from the answer',
            )
        case IdReused():
            if answer.reference:
                _reference(answer.reference)
            _shows(answer, profile)
        case NotProcessed(retry_after=retry_after):
            _require(
                retry_after is None or _is_span(retry_after),
                "answered with a retry_after that is no timedelta of 0 or more",
            )
        case Declined():
            _require(
                isinstance(answer.reason, DeclineReason), "declined with a reason that is no DeclineReason"
            )
            _require(answer.text is None or _is_label(answer.text), "declined with a text that is no Label")
        case InProgress(ask_after=ask_after):
            _require(
                ask_after is None or _is_span(ask_after),
                "answered with an ask_after that is no timedelta of 0 or more",
            )
        case NoRecord():
            pass
    return answer if answer.exchange_id == exchange_id else replace(answer, exchange_id=exchange_id)


def _shows(answer: Debited | IdReused, profile: PartnerProfile) -> None:
    """What is told of the debit is of the right shape; whether it is the one that was ordered is compared elsewhere."""
    if answer.lines is not None:
        _taken(answer.lines, profile)
    if answer.service_id is not None:
        _require(profile.link is LinkKind.ACCOUNT, "answered with a service_id, and a coupon link has none")
        _service_id(answer.service_id)


def _taken(lines: object, profile: PartnerProfile) -> dict[WalletId, int]:
    _require(isinstance(lines, tuple) and bool(lines), "`lines` is neither None nor a tuple of DebitLine")
    assert isinstance(lines, tuple)
    return _amounts(lines, profile)


def _service_id(service_id: object) -> None:
    _require(_is_text(service_id), "the service_id is empty or no text")
    _can_be_kept(service_id, "the service_id")
    _require(len(str(service_id)) <= _NAME_LENGTH, f"the service_id is longer than {_NAME_LENGTH} characters")


def _is_same_id(theirs: object, ours: str, profile: PartnerProfile) -> bool:
    if isinstance(theirs, str) and profile.ids_ignore_case:
        return theirs.casefold() == ours.casefold()
    return theirs == ours


def reason(word: object) -> str:
    """The partner's word for its no, where it is a word; else `refused`, so that no text or secret of its travels on."""
    return word if isinstance(word, str) and _REASON.fullmatch(word) else "refused"


def balances(answer: object, profile: PartnerProfile) -> Balances:
    answer = _of(answer, Balances)
    _aware(answer.as_of, "as_of")
    _require(isinstance(answer.available, Mapping), "answered with an `available` that is no mapping")
    available = dict(answer.available)
    for wallet, points in available.items():
        _known_wallet(wallet, profile)
        _require(
            _is_whole(points) and points >= 0, f"the balance of {wallet} is not a whole number of 0 or more"
        )
    _require(isinstance(answer.notes, tuple), "`notes` is no tuple of Label")
    _require(len(answer.notes) <= MAX_NOTES, f"answered with more than {MAX_NOTES} notes")
    _require(
        all(_is_label(note) and _fits_a_line(note) for note in answer.notes),
        f"a note is no Label with a text of at most {_NAME_LENGTH} characters in Japanese and English",
    )
    _require(isinstance(answer.lots, tuple), "`lots` is no tuple of BalanceLot")
    _require(len(answer.lots) <= MAX_LOTS, f"answered with more than {MAX_LOTS} lots")
    of_wallets: dict[WalletId, int] = {}
    for lot in answer.lots:
        _lot(lot, profile, answer.as_of)
        of_wallets[lot.wallet] = of_wallets.get(lot.wallet, 0) + lot.amount
    for wallet, points in of_wallets.items():
        _require(
            points == available.get(wallet, 0),
            f"the lots of {wallet} are {points:,} points together and `available` says {available.get(wallet, 0):,}",
        )
    return replace(answer, available=MappingProxyType(available))


def _lot(lot: BalanceLot, profile: PartnerProfile, as_of: datetime) -> None:
    _require(isinstance(lot, BalanceLot), "`lots` is no tuple of BalanceLot")
    _known_wallet(lot.wallet, profile)
    _require(_is_whole(lot.amount) and lot.amount > 0, "a lot's amount is not a whole number above 0")
    if lot.last_day is not None:
        _require(type(lot.last_day) is date, "a lot's last_day is no date")
        _require(
            lot.last_day >= as_of.astimezone(JST).date(),
            f"a lot's last day, {lot.last_day}, was over when the balance was told; leave it out",
        )


def coupon_value(answer: object, profile: PartnerProfile) -> CouponValue:
    answer = _of(answer, CouponValue)
    _known_wallet(answer.wallet, profile)
    _require(
        _is_whole(answer.amount) and answer.amount > 0, "the coupon's amount is not a whole number above 0"
    )
    if answer.expires_at is not None:
        _aware(answer.expires_at, "expires_at")
    return answer


def handoff(answer: object, profile: PartnerProfile) -> Handoff:
    """The browser is only ever sent to a host of the profile; plain http only to this machine, for sandboxes."""
    answer = _of(answer, Handoff)
    _require(isinstance(answer.url, str), "answered with a url that is no text")
    # What `urlsplit` passes over, a tab or a line's end, would still stand in the address that is kept and followed.
    _require(
        answer.url.isprintable() and " " not in answer.url, "the url contains a space or a control character"
    )
    _require(len(answer.url) <= _URL_LENGTH, f"the url is longer than {_URL_LENGTH:,} characters")
    parts = urlsplit(answer.url)
    _require(parts.scheme in ("https", "http") and parts.username is None, "the url is not https://host/path")
    known = {host.lower() for host in profile.hosts}
    _require(parts.netloc.lower() in known, "the url's host is not in partner_profile().hosts; add it there")
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    _require(parts.scheme == "https" or local, "the url is not https")
    _require(_is_text_mapping(answer.keep), "`keep` is not a mapping of texts to texts")
    return replace(answer, keep=MappingProxyType(dict(answer.keep)))


def linked_account(answer: object) -> LinkedAccount:
    answer = _of(answer, LinkedAccount)
    _service_id(answer.service_id)
    _require(
        _is_text(answer.shown_as),
        "`shown_as` is empty or no text: the member could not recognise the account",
    )
    _can_be_kept(answer.shown_as, "`shown_as`")
    _require(len(answer.shown_as) <= _NAME_LENGTH, f"`shown_as` is longer than {_NAME_LENGTH} characters")
    _require(answer.token is None or isinstance(answer.token, Secret), "the token is not a Secret")
    return answer


def rate_table(answer: object, profile: PartnerProfile) -> RateTable:
    answer = _of(answer, RateTable)
    if faults := coherence(profile, answer):
        raise WrongAnswer(faults[0])
    return answer


def wallet_priority(answer: object, profile: PartnerProfile) -> tuple[WalletId, ...]:
    _require(
        isinstance(answer, Sequence) and not isinstance(answer, str),
        f"answered {_kind(answer)} instead of a sequence",
    )
    assert isinstance(answer, Sequence)
    for wallet in answer:
        _known_wallet(wallet, profile)
    _require(len(set(answer)) == len(answer), "names a wallet twice")
    return tuple(answer)


def debit_records(answer: object, profile: PartnerProfile) -> tuple[DebitRecord, ...]:
    _require(
        isinstance(answer, Sequence) and not isinstance(answer, str),
        f"answered {_kind(answer)} instead of a sequence",
    )
    assert isinstance(answer, Sequence)
    for record in answer:
        _of(record, DebitRecord)
        _require(_is_text(record.exchange_id), "a record has no exchange_id")
        _reference(record.reference)
        _aware(record.at, "at")
        _require(isinstance(record.reversed, bool), "`reversed` is neither True nor False")
        _require(isinstance(record.lines, tuple) and bool(record.lines), "a record has no lines")
        _require(
            record.service_id is not None or "account" not in (profile.proves or ()),
            'a record has no service_id, and partner_profile() proves "account"',
        )
        if record.service_id is not None:
            _require(
                profile.link is LinkKind.ACCOUNT, "a record has a service_id, and a coupon link has none"
            )
            _service_id(record.service_id)
        taken = _amounts(record.lines, profile)
        if record.given_back is None:
            continue
        _require(isinstance(record.given_back, tuple), "`given_back` is neither a tuple nor None")
        back = _amounts(record.given_back, profile)
        _require(
            all(amount <= taken.get(wallet, 0) for wallet, amount in back.items()),
            "a record gave back more than was taken",
        )
        _require(
            not record.reversed or not back or back == taken,
            "a record is `reversed`, and `given_back` names only a part",
        )
    if profile.ids_ignore_case:
        # Our ids are written in lower case.
        return tuple(replace(it, exchange_id=ExchangeId(it.exchange_id.lower())) for it in answer)
    return tuple(answer)


def _amounts(lines: tuple[DebitLine, ...], profile: PartnerProfile) -> dict[WalletId, int]:
    for line in lines:
        _of(line, DebitLine)
        _known_wallet(line.wallet, profile)
        _require(
            _is_whole(line.units) and _is_whole(line.amount) and line.units >= 0 and line.amount > 0,
            "the amount of a line is not a whole number above 0",
        )
    return amounts_by_wallet(lines)


def _of(answer: object, kind: type[_T]) -> _T:
    if not isinstance(answer, kind):
        raise WrongAnswer(f"answered {_kind(answer)} instead of {kind.__name__}")
    return answer


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise WrongAnswer(text)


def _kind(answer: object) -> str:
    return "None" if answer is None else f"a {type(answer).__name__}"


def _known_wallet(wallet: object, profile: PartnerProfile) -> None:
    if wallet not in {known.id for known in profile.wallets}:
        raise WrongAnswer("names a wallet that partner_profile() does not have")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_span(value: object) -> bool:
    return isinstance(value, timedelta) and value >= timedelta(0)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_label(value: object) -> bool:
    return isinstance(value, Label) and _is_text(value.ja) and _is_text(value.en)


def _fits_a_line(label: Label) -> bool:
    return all(len(text) <= _NAME_LENGTH and text.isprintable() for text in (label.ja, label.en))


def _is_text_mapping(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _reference(value: object) -> None:
    fits = _is_text(value) and len(str(value)) <= _REFERENCE_LENGTH
    _require(fits, f"the reference is not a text of 1 to {_REFERENCE_LENGTH} characters")
    _can_be_kept(value, "the reference")


def _can_be_kept(value: object, name: str) -> None:
    """A control character or half a pair is refused by the database or the ledger: only after the partner said yes."""
    is_printable = not any(unicodedata.category(character) in ("Cc", "Cs") for character in str(value))
    _require(is_printable, f"{name} contains a control character or half a character")


def _aware(value: object, name: str) -> None:
    aware = isinstance(value, datetime) and value.utcoffset() is not None
    _require(aware, f"`{name}` is not a datetime with its offset")
    assert isinstance(value, datetime)
    try:
        value.astimezone(JST)
    except OverflowError:
        raise WrongAnswer(f"`{name}` is no moment that has a date in Japan") from None
