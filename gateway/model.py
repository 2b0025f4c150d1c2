"""The frozen values that cross the line between the gateway and a partner's plugin.

Plain data only: whole numbers for points, aware datetimes, strings. Nothing here knows of a web framework,
an HTTP client or a database, so a plugin's tests need none of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType

from httpkit.clock import JST as JST  # noqa: PLC0414 - passed on to plugins

WalletId = NewType("WalletId", str)
ExchangeId = NewType("ExchangeId", str)

Provable = Literal["amount", "account"]
"""What a partner's yes can show: how much was taken from each wallet, and from whose account."""


class Secret:
    """A string that prints as stars everywhere; `reveal()` is the one way to its value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a Secret is never pickled; pass the place where it is kept instead")


@dataclass(frozen=True, slots=True)
class Label:
    """A text for people, in both languages that every partner gives."""

    ja: str
    en: str


class PartnerKind(StrEnum):
    CREDIT_CARD = "credit_card"
    AIRLINE = "airline"
    ENERGY = "energy"
    TELECOM = "telecom"
    ONLINE_SHOP = "online_shop"
    OTHER = "other"


class LinkKind(StrEnum):
    """How a partner knows whose points move."""

    ACCOUNT = "account"
    """The member is handed over to the partner's site and comes back with a service ID (移行用のサービスID)."""
    COUPON = "coupon"
    """The partner has already taken its points and issued a code (クーポンコード)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A balance kept by the partner, in the partner's own points."""

    id: WalletId
    name: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerProfile:
    """Who the partner is and what may be expected of it.

    `hosts`: every host the plugin talks to, `name` or `name:port`; others are refused.
    `arrives_within`: what is promised to the member between confirming and having the points.
    `debits_may_hide_for`: how long after sending a debit `find_debit` may still answer `NoRecord` although
    the debit will come; only after that a `NoRecord` is believed.
    `proves`: what each `Debited` and `DebitRecord` shows, `{"amount", "account"}` or a part of it; `set()` where the
    partner's API tells neither. The gateway holds the plugin to it. None marks a plugin of the first edition.
    `keys_kept_for`: how long the partner knows an idempotency key. No debit and no reversal is sent again after it.
    `decides_within`: how long an order may be `InProgress`; after that a person is told.
    `ids_ignore_case`: the partner may repeat our ids, and its own service ids, in another case.
    """

    id: str
    name: Label
    kind: PartnerKind
    link: LinkKind
    points_name: Label
    wallets: tuple[Wallet, ...]
    hosts: tuple[str, ...]
    arrives_within: timedelta
    debits_may_hide_for: timedelta
    terms: Label
    deadline_s: float = 10.0
    notes: tuple[Label, ...] = ()
    proves: AbstractSet[Provable] | None = None
    keys_kept_for: timedelta = timedelta(hours=24)
    decides_within: timedelta = timedelta(days=7)
    ids_ignore_case: bool = False


# --- destinations ------------------------------------------------------------------------------------------


class DestinationKind(StrEnum):
    RESERVE = "reserve"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the points go: the reserve (留保ポイント) or one point service of one municipality.

    `municipality` is the six-digit code of JIS X 0402 with its check digit, such as `082163` (笠間市).
    """

    kind: DestinationKind
    municipality: str = ""
    point_service: str = ""

    @classmethod
    def reserve(cls) -> Destination:
        return cls(DestinationKind.RESERVE)

    @classmethod
    def to_municipality(cls, code: str, point_service: str) -> Destination:
        return cls(DestinationKind.MUNICIPALITY, code, point_service)


# --- rates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The part of a rate that somebody else pays for.

    `extra_points_per_unit` of the rate's `points_per_unit` come from `funder`, the rest from the partner.
    """

    id: str
    name: Label
    funder: str
    extra_points_per_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One unit (口): `cost_per_unit` of a wallet's points become `points_per_unit`. Two integers, no quotient.

    In force from `starts_at` until just before `ends_at` (half-open; None is open). A rate with a campaign
    wins over one without. `min_units`/`max_units` let a rate depend on how much is exchanged at once.
    `sample` is True when no published source confirms the numbers; `source` says where they come from.
    """

    wallet: WalletId
    destinations: frozenset[DestinationKind]
    cost_per_unit: int
    points_per_unit: int
    source: str
    sample: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    campaign: Campaign | None = None
    min_units: int = 1
    max_units: int = 9_999

    def in_force(self, destination: DestinationKind, at: datetime, units: int | None = None) -> bool:
        return (
            destination in self.destinations
            and (self.starts_at is None or self.starts_at <= at)
            and (self.ends_at is None or at < self.ends_at)
            and (units is None or self.min_units <= units <= self.max_units)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """All rates a partner knows of, past and future ones included; `notes` are shown beside them.

    `good_for`: how long the gateway may go on with this table, and with each answer of `wallet_priority`, before it asks
    again, at most an hour. Zero: it asks for every offer and every quote.
    """

    rates: tuple[Rate, ...]
    notes: tuple[Label, ...] = ()
    good_for: timedelta = timedelta(0)


# --- linking -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRequest:
    """A member leaves for the partner's site.

    `return_url` already carries our signed `state`; the partner sends the browser back to it unchanged.
    """

    exchange_id: ExchangeId
    return_url: str
    at: datetime
    language: str = "ja"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Where the browser goes next. What is in `keep` is stored by us and given back with the return."""

    url: str
    keep: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffReturn:
    """The browser is back. `query` holds what the partner added; our own `state` is already checked and gone."""

    exchange_id: ExchangeId
    query: Mapping[str, str] = field(repr=False)
    kept: Mapping[str, str] = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """How the partner knows the member.

    `service_id` is the partner's own pseudonym for the member, the same at every link of the same account.
    `shown_as` is what the member recognises ("サイトウ　様", "**** 1234"), shown before anything is exchanged.
    `token` is what later calls need, kept encrypted.
    """

    service_id: str
    shown_as: str
    token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A code that the partner issued; secret until it is spent."""

    code: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponValue:
    """What a coupon is worth: `amount` of the partner's own points in `wallet`. Asking must not spend it."""

    wallet: WalletId
    amount: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLot:
    """Points of a wallet that end together: `last_day` in Japan is the last on which they can be used; None: no end."""

    wallet: WalletId
    amount: int
    last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What the member could exchange now, each wallet in its own points. A wallet not named holds 0.

    A limit of the partner's (so much a month) is taken off already. `notes` say to the member why there is not more:
    "100,000 of 100,000 used in July". `lots` are what `available` is made of, in the order in which the partner draws
    on it; those of a wallet, where it has some, are together its whole `available`.
    """

    available: Mapping[WalletId, int]
    as_of: datetime
    notes: tuple[Label, ...] = ()
    lots: tuple[BalanceLot, ...] = ()


# --- debits ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitLine:
    """`amount` of the wallet's own points. In orders for `units` (口) at one rate; partners do not know units."""

    wallet: WalletId
    units: int = 0
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitOrder:
    """Take these points from the member. `exchange_id` is the idempotency key: the same id is one debit.

    Exactly one of `account` and `coupon` is there, by the partner's `LinkKind`. `points` is what the member
    will receive, for partners that want to show it.
    """

    exchange_id: ExchangeId
    lines: tuple[DebitLine, ...]
    points: int
    destination: Destination
    at: datetime
    account: LinkedAccount | None = None
    coupon: Coupon | None = None

    @property
    def amounts(self) -> dict[WalletId, int]:
        """What to take from each wallet, in that wallet's points."""
        return amounts_by_wallet(self.lines)


def amounts_by_wallet(lines: Iterable[DebitLine]) -> dict[WalletId, int]:
    """The sum of the lines for each wallet, in that wallet's points."""
    amounts: dict[WalletId, int] = {}
    for line in lines:
        amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
    return amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Debited:
    """An explicit yes. `reference` is the partner's own name for the debit, shown in histories.

    `lines` is what was taken, whatever was given back since, and `service_id` the account it was taken from. Both
    come from the partner's answer, never from the order: the gateway compares them with the order, and a yes that
    shows another amount or account gives no points. None where the partner does not tell (`proves`).
    """

    exchange_id: ExchangeId
    reference: str
    at: datetime
    lines: tuple[DebitLine, ...] | None = None
    service_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdReused:
    """The partner has used this exchange id for another order (a documented 409): ends with a person.

    No later answer of the partner about this id is believed. `lines` and `service_id` as in `Debited`, where told.
    """

    exchange_id: ExchangeId
    reference: str = ""
    lines: tuple[DebitLine, ...] | None = None
    service_id: str | None = None


class DeclineReason(StrEnum):
    NOT_ENOUGH = "not_enough"
    COUPON_USED = "coupon_used"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_UNKNOWN = "coupon_unknown"
    LINK_ENDED = "link_ended"
    LIMIT_REACHED = "limit_reached"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """An explicit no: nothing was taken and nothing will be under this exchange id."""

    exchange_id: ExchangeId
    reason: DeclineReason
    text: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """The partner has it and will decide later. `ask_after` is its own estimate, where it gives one."""

    exchange_id: ExchangeId
    ask_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRecord:
    """The partner knows nothing of this exchange id; believed only after `debits_may_hide_for`."""

    exchange_id: ExchangeId


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProcessed:
    """The partner documents that it has not looked at this request (a 401, a 429): nothing was taken or given back.

    Only for answers whose documentation says so; a 401 or 429 of something in between may follow a debit. The
    member's points are free again and the member is told to try again, after `retry_after` where it is given.
    """

    exchange_id: ExchangeId
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Give back what was debited, wholly or in part. `reversal_id` is the idempotency key.

    `at` is when it was first sent: `keys_kept_for` counts from there. `account` is the one that paid, where it has
    stayed linked since.
    """

    reversal_id: str
    exchange_id: ExchangeId
    debit: Debited
    lines: tuple[DebitLine, ...]
    at: datetime
    account: LinkedAccount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed:
    """The partner has given its points back. `lines` is what it gave back, where it tells."""

    reversal_id: str
    reference: str
    at: datetime
    lines: tuple[DebitLine, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitRecord:
    """One line of the partner's own book for a day, for the nightly comparison.

    `lines` is what was taken then, whatever became of it since. `given_back` is what the partner has returned of
    it until now, in sum and by wallet; () means nothing, None that the partner's list does not tell parts.
    `reversed` says that all of it was returned, and is enough where only that is told. `service_id` is the account
    that the points were taken from; None where the list does not tell it (`proves`).
    """

    exchange_id: ExchangeId
    reference: str
    lines: tuple[DebitLine, ...]
    at: datetime
    reversed: bool = False
    given_back: tuple[DebitLine, ...] | None = None
    service_id: str | None = None


# --- what the partner says by itself ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A message that came to the gateway as the partner's, word for word. Anybody may have sent it.

    Header names are lower case; a header that came several times is joined by `, `. `at` is when it came.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDebit:
    """A genuine push about a debit: something has become of it. What, the gateway asks.

    `reference` is the partner's own number for the debit, where the push has one: `find_debit` is given it from then on.
    `message_id` is the same at every delivery of the same message; without it the body stands for it.
    """

    exchange_id: ExchangeId
    reference: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class OtherPush:
    """A genuine push about something else, such as another kind of event. Nothing is done."""


DebitAnswer = Debited | Declined | InProgress | IdReused | NotProcessed
FindAnswer = Debited | Declined | InProgress | IdReused | NoRecord
ReverseAnswer = Reversed | Declined | InProgress | NotProcessed
DebitList = Sequence[DebitRecord] | AsyncIterator[Sequence[DebitRecord]]
"""A day of the partner's book: whole, or page by page, each page with a deadline of its own."""
PushAnswer = PushedDebit | OtherPush
FindReversalAnswer = Reversed | Declined | InProgress | NoRecord
