"""What is sent and what is answered.

Made from the gateway's OpenAPI document by `make clients`; not written by hand.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType, field

from point_gateway_client.messages import Message


class AcceptanceWanted(Message, frozen=True, kw_only=True):
    """
    `shop_id` becomes part of account names and never changes; `login` is the shop's first log-in.
    """

    shop_id: str
    login: str
    reason: str | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class AccountNoticeView(Message, frozen=True, kw_only=True):
    """
    Accounts are masked; `account_before` is empty for a first one.

    `stops_payment`: the shop objected after it took effect, so it is paid nothing until two persons decide anew.
    """

    notice_id: str
    shop_id: str
    account_before: str
    account: str
    decided_at: datetime
    state: str
    answered_at: datetime | None
    stops_payment: bool


class ActView(Message, frozen=True, kw_only=True):
    """
    `kind` is exchange, allocation or payment; `points` 0 where they were not known then.
    """

    kind: str
    subject: str
    points: int
    at: datetime


class AlikeView(Message, frozen=True, kw_only=True):
    """
    A shop by its id, an application or a line of the list by its number, and in what it is the same.
    """

    kind: str
    key: str
    name: str
    same: list[str]


class AllocationWanted(Message, frozen=True, kw_only=True):
    allocation_id: str
    points: int
    municipality: str
    point_service: str


class AnnouncementWanted(Message, frozen=True, kw_only=True):
    """
    `announcement_id` is made by the caller and stored first. It is shown on both days and between, Japan's time.
    """

    title_ja: str
    text_ja: str
    announcement_id: str
    audience: Literal["members", "shops", "all"]
    starts_on: date
    ends_on: date
    title_en: str | UnsetType = UNSET
    title_easy: str | UnsetType = UNSET
    text_en: str | UnsetType = UNSET
    text_easy: str | UnsetType = UNSET


class ApplicantSecret(Message, frozen=True, kw_only=True):
    """
    What the applicant was given, as it is typed: in any width and case, with hyphens or without.
    """

    number: str
    secret: str


class ApplicationDecision(Message, frozen=True, kw_only=True):
    """
    The applicant reads `reason`. `seen` is the `version` of what was examined.
    """

    reason: str
    seen: str | None | UnsetType = UNSET


class Approval(Message, frozen=True, kw_only=True):
    """
    `digest` is the proposal's own: what you have seen is what you approve.
    """

    digest: str
    reason: str | UnsetType = UNSET


AuditAction: TypeAlias = Annotated[
    Literal[
        "signed in",
        "sign-in failed",
        "member looked up",
        "member searched for",
        "history looked at",
        "pay card issued",
        "pay card stopped",
        "pay card printed",
        "pay card PIN set",
        "pay card limits changed",
        "representative appointed",
        "representative ended",
        "representative acted",
        "sign-in unlocked",
        "member access restored",
        "password changed",
        "passkey added",
        "authenticator app set up",
        "passkey removed",
        "authenticator app removed",
        "session ended",
        "access reset",
        "staff added",
        "staff closed",
        "role changed",
        "rule announced",
        "rule withdrawn",
        "project added",
        "project closed",
        "project reopened",
        "budget changed",
        "granted",
        "grants looked at",
        "list exported",
        "city exported",
        "grant cancelled",
        "balance corrected",
        "carry-in checked",
        "carry-in cancelled",
        "carry-in approved",
        "carry-in joined",
        "carry-in code stopped",
        "carry-in code opened",
        "carry-in code refused",
        "carry-in applied",
        "grant file checked",
        "grant file approved",
        "grant file cancelled",
        "grant file applied",
        "point service added",
        "point service reading changed",
        "point service closed",
        "point service reopened",
        "issuer named",
        "event planned",
        "event changed",
        "event shown",
        "event ended",
        "event outcome decided",
        "event settled",
        "shop registered",
        "shops imported",
        "company changed",
        "shop chosen",
        "shop terms set",
        "shop applied",
        "shop application resubmitted",
        "shop application sent back",
        "shop application refused",
        "shop application accepted",
        "shop application withdrawn",
        "shop application erased",
        "shop changed",
        "shop closed",
        "shop reopened",
        "till refunds changed",
        "shop account changed",
        "payer account changed",
        "refunded",
        "settlement closed",
        "transfer file downloaded",
        "transfer file downloaded again",
        "payout recorded",
        "bank result uploaded",
        "bank result recorded",
        "settlement settings changed",
        "privacy text changed",
        "shop debt ended",
        "shop account confirmed",
        "shop account disputed",
        "transfer file made",
        "proposed",
        "proposal approved",
        "proposal sent back",
        "proposal withdrawn",
        "proposal expired",
        "deed rule changed",
        "announcement published",
        "announcement withdrawn",
        "till bound",
        "till ended",
        "till PIN set",
        "till PIN removed",
        "staff restarted",
        "client key made",
        "client key revoked",
        "push secret made",
        "push secret revoked",
        "webhook added",
        "webhook revoked",
        "partner paused",
        "partner resumed",
        "partner paced",
        "partner maintenance announced",
        "partner maintenance withdrawn",
        "planned stop announced",
        "planned stop withdrawn",
        "database restored",
        "database completed",
        "exchange recovered",
        "exchange left",
        "reversal recovered",
        "record recovered",
        "chains signed",
        "member record exported",
        "members merged",
        "member erased",
        "member rectified",
        "exchange resolved",
        "exchange reversed",
        "reversal resolved",
        "difference closed",
    ],
    Meta(
        description="A deed. The value is what lines hold and programs branch on; `label` is what people read.",
        title="AuditAction",
    ),
]


class AuditFaultView(Message, frozen=True, kw_only=True):
    seq: int
    text: str


class AuditVerified(Message, frozen=True, kw_only=True):
    """
    An empty list means that no line was changed, dropped or slipped in.
    """

    faults: list[AuditFaultView]


class BalanceView(Message, frozen=True, kw_only=True):
    """
    `available` can be used now; `held` is promised away, `coming` is promised and not here yet.
    """

    points: int
    available: int
    held: int
    coming: int


class BankAccountTyped(Message, frozen=True, kw_only=True):
    """
    Names in kana, letters and digits; they are kept as transfer files write them. Left empty, they are the list's.

    kind: 1 普通, 2 当座, 4 貯蓄, 9 その他. `unlisted` sends what the list of banks lacks or has another name for: names are
    given then, and whoever decides is told.
    """

    bank_code: str
    branch_code: str
    kind: Literal[1, 2, 4, 9]
    number: str
    holder: str
    bank_name: str | UnsetType = UNSET
    branch_name: str | UnsetType = UNSET
    unlisted: bool | UnsetType = UNSET


class BankAccountWanted(Message, frozen=True, kw_only=True):
    bank_code: str
    branch_code: str
    kind: Literal[1, 2, 4, 9]
    number: str
    holder: str
    bank_name: str | UnsetType = UNSET
    branch_name: str | UnsetType = UNSET
    unlisted: bool | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class BankResultFileView(Message, frozen=True, kw_only=True):
    number: int
    uploaded_by: str
    uploaded_at: datetime
    applied_by: str | None
    applied_at: datetime | None


class BankResultFiles(Message, frozen=True, kw_only=True):
    files: list[BankResultFileView]


class BankResultLineView(Message, frozen=True, kw_only=True):
    """
    One transfer of a result file. `place` 0 was sent and stands not in the file; `shop_id` is empty where none fits.

    `match`: same, other_sum, other_account, not_sent, twice or unknown_code. `effect` is what recording would do: record
    (paid, at once), propose (came back, a second person), waits (proposed already), known, pending (the bank does not
    know yet), refused (does not fit), no_result.
    """

    place: int
    shop_id: str
    shop_name: str
    account: str
    yen: int
    sent_yen: int | None
    code: str
    word: str | None
    match: str
    state: str
    effect: str


class BankResultOf(Message, frozen=True, kw_only=True):
    """
    `version` names exactly what is shown; recording sends it back. `transfer_file` is the number of the file that was sent.
    """

    file: BankResultFileView
    starts_on: date
    transfer_file: int
    version: str
    lines: list[BankResultLineView]


class BankView(Message, frozen=True, kw_only=True):
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number_ends_with: str
    holder: str


class BudgetWanted(Message, frozen=True, kw_only=True):
    """
    `venue_points_a_day` is the most that the venue's code gives in a day; null leaves it as it is.

    `seen` is the `version` of the project that the change was drawn from; null changes whatever is there.
    """

    budget: int
    reason: str
    venue_points_a_day: int | None | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class CancellationWanted(Message, frozen=True, kw_only=True):
    """
    `grant` is the grant's own id, as the list has it; `points` of it come back, or are owed where they were used.
    """

    cancellation_id: str
    grant: str
    mykey_id: str
    points: int
    reason: str


class CardAnswer(Message, frozen=True, kw_only=True):
    """
    The card agent's answer as it came: bytes in base64url without padding.
    """

    client_data: str
    certificate: str
    signature: str


class CardLimitsView(Message, frozen=True, kw_only=True):
    """
    Up to `no_pin_points` a payment by card needs no PIN; `points_a_day` is what a member's card pays in a day, 0 for nothing.

    `cards_a_day` is how many cards one person of staff issues in a day.
    """

    no_pin_points: int
    points_a_day: int
    cards_a_day: int
    version: str


class CardLimitsWanted(Message, frozen=True, kw_only=True):
    """
    `seen` is the version that the form was drawn from.
    """

    no_pin_points: int
    points_a_day: int
    cards_a_day: int
    reason: str
    seen: str | None | UnsetType = UNSET


class CardLink(Message, frozen=True, kw_only=True):
    browser: str
    card: CardAnswer
    password: str


class CardPinWanted(Message, frozen=True, kw_only=True):
    """
    `pin` has four digits, typed by the member.
    """

    mykey_id: str
    pin: str
    reason: str


class CardRegistration(Message, frozen=True, kw_only=True):
    browser: str
    card: CardAnswer
    display_name: str
    password: str | None | UnsetType = UNSET
    language: Literal["ja", "en", "ja-easy"] | UnsetType = UNSET
    shared_terminal: bool | UnsetType = UNSET


class CardRelink(Message, frozen=True, kw_only=True):
    browser: str
    card: CardAnswer
    mykey_id: str
    password: str
    shared_terminal: bool | UnsetType = UNSET


class CardSignIn(Message, frozen=True, kw_only=True):
    browser: str
    card: CardAnswer
    shared_terminal: bool | UnsetType = UNSET


class CardStanding(Message, frozen=True, kw_only=True):
    """
    Whether cards are taken here; `only_tests` where just the cards of a demonstration are believed.
    """

    open: bool
    only_tests: bool


class CardStopWanted(Message, frozen=True, kw_only=True):
    mykey_id: str
    reason: str


class CardsWanted(Message, frozen=True, kw_only=True):
    """
    `issue_id` is made by the caller; what it has issued it never issues again. `replace` stops a card that is valid.
    """

    issue_id: str
    point_service: str
    mykey_ids: list[str]
    reason: str
    replace: bool | UnsetType = UNSET


class CarryInLineView(Message, frozen=True, kw_only=True):
    """
    `fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` is by the columns' names.

    `last_day` is the one of the point service's rules; null where points never expire. Codes are never in it.
    """

    line: int
    number: str
    mykey_id: str
    point_service: str
    points: int
    issued_on: date | None
    last_day: date | None
    origin: str
    fault: str | None
    fault_ja: str | None
    remedy_ja: str | None
    column: str | None
    typed: dict[str, str]


class CarryInLines(Message, frozen=True, kw_only=True):
    lines: list[CarryInLineView]
    next_after: int | None


class CellFaultView(Message, frozen=True, kw_only=True):
    """
    `column` is where it is, empty for the whole line; `fault` is a word, `fault_ja` and `remedy_ja` say it.
    """

    column: str
    typed: str
    fault: str
    fault_ja: str
    remedy_ja: str


class ChallengeView(Message, frozen=True, kw_only=True):
    """
    `purpose` and `value` are what the page hands to the card agent's POST /v1/sign.
    """

    value: str
    purpose: str
    expires_at: datetime


class ChallengeWanted(Message, frozen=True, kw_only=True):
    purpose: Literal["login", "register", "relink"]
    browser: str


class ChoiceView(Message, frozen=True, kw_only=True):
    """
    Whether the wanted MyKey ID is free; `generated` is offered once three wanted ones were taken.

    `offered` are all that were generated within the day; each of them may be chosen.
    """

    wanted: str
    available: bool
    generated: str | None
    tries_left: int
    offered: list[str]


class CityEventView(Message, frozen=True, kw_only=True):
    """
    An event as its city's staff see it. `state`: planned, shown or ended; `settled_at`: every share has moved.
    """

    event_id: str
    name: str
    purpose: str
    municipality: str | None
    goal_points: int | None
    starts_at: datetime
    ends_at: datetime
    period: str
    givers: str
    on_failure: str
    given_points: int
    given_by: int
    outcome: str | None
    state: str
    starts_on: date
    ends_on: date
    decided_at: datetime | None
    settled_at: datetime | None
    version: str


class CityEvents(Message, frozen=True, kw_only=True):
    events: list[CityEventView]


class CityExpiringView(Message, frozen=True, kw_only=True):
    last_day: date | None
    points: int


class CityPointService(Message, frozen=True, kw_only=True):
    """
    A point service as its city's staff see it; `closed_at` is set from the moment it takes no more points.
    """

    point_service: str
    name: str
    name_kana: str
    open_for_direct_exchange: bool
    created_at: datetime
    closed_at: datetime | None
    version: str


class CityPointServices(Message, frozen=True, kw_only=True):
    point_services: list[CityPointService]


class CityPrivacyTextView(Message, frozen=True, kw_only=True):
    """
    Plain text, a blank line between paragraphs; empty for what the city has not written, `changed_at` null for none at all.
    """

    ja: str
    en: str
    easy: str
    changed_at: datetime | None
    version: str


class CityRepresentationView(Message, frozen=True, kw_only=True):
    """
    One representation that this city has appointed. `ended_by` is member, actor, or an id of staff.
    """

    representation_id: str
    actor_mykey_id: str
    actor_name: str
    kind: str
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    reason: str
    appointed_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    acts: list[ActView]


class CityRepresentations(Message, frozen=True, kw_only=True):
    representatives: list[CityRepresentationView]


class ClaimWanted(Message, frozen=True, kw_only=True):
    """
    A number of the city's former system and the code from the city's letter.
    """

    municipality: str
    number: str
    code: str


class ClientKeyView(Message, frozen=True, kw_only=True):
    """
    `scope` is null for a key from before there were scopes, which calls everything.
    """

    key_id: str
    client: str
    scope: str | None
    shop: str | None
    made_at: datetime
    last_day: date | None
    ended: bool
    revoked_at: datetime | None


class CompanyReaderView(Message, frozen=True, kw_only=True):
    """
    A log-in that reads the company's books, or works at its shops; `shop_id` is its own.
    """

    staff_id: str
    login: str
    display_name: str
    shop_id: str


class CompanyShopView(Message, frozen=True, kw_only=True):
    shop_id: str
    name: str


class CompanyView(Message, frozen=True, kw_only=True):
    company_id: str
    name: str
    shops: list[CompanyShopView]
    readers: list[CompanyReaderView]
    workers: list[CompanyReaderView]
    version: str


class CompanyWanted(Message, frozen=True, kw_only=True):
    """
    The company as it shall be; without shops it ends. `readers` are log-ins of owners and book-keepers of its shops.

    `workers` are log-ins of its shops that work at each of them, with the right that they have; null keeps those of shops that stay.

    `seen` is the `version` that it was drawn from; null changes whatever is there.
    """

    name: str
    shop_ids: list[str]
    readers: list[str] | UnsetType = UNSET
    workers: list[str] | None | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class ComparedLineView(Message, frozen=True, kw_only=True):
    """
    One exchange from both sides: amounts are the partner's points by wallet, `points` are ours.
    """

    exchange_id: str
    verdict: str
    our_state: str
    our_reference: str
    their_reference: str
    our_amounts: dict[str, int]
    their_amounts: dict[str, int]
    our_account: str
    their_account: str
    points: int
    note: str


class Comparison(Message, frozen=True, kw_only=True):
    """
    `lines` are the differences; what matches is only counted.
    """

    partner_id: str
    day: date
    counts: dict[str, int]
    lines: list[ComparedLineView]


class ContributionWanted(Message, frozen=True, kw_only=True):
    contribution_id: str
    points: int
    event_id: str


class CorrectionWanted(Message, frozen=True, kw_only=True):
    """
    `points` are added to the balance, or taken where they are below zero. The member reads the reason.
    """

    correction_id: str
    point_service: str
    points: int
    reason: str


class CredentialResponse(Message, frozen=True, kw_only=True):
    """
    The `response` of a PublicKeyCredential as its own `toJSON()` writes it.
    """

    clientDataJSON: str
    attestationObject: str | None | UnsetType = UNSET
    authenticatorData: str | None | UnsetType = UNSET
    signature: str | None | UnsetType = UNSET
    userHandle: str | None | UnsetType = UNSET
    publicKey: str | None | UnsetType = UNSET
    publicKeyAlgorithm: int | None | UnsetType = UNSET
    transports: list[str] | None | UnsetType = UNSET


class CycleRuleView(Message, frozen=True, kw_only=True):
    """
    From `since` on (null: from the beginning) cycles end on these days of the month, 31 being its last.

    The cycle of each end is paid on its day of `pay_days`, or `pay_after` bank days after the end; on the next bank day where
    banks are closed.
    """

    since: date | None
    ends: list[int]
    pay_days: list[int]
    pay_after: int


class CycleView(Message, frozen=True, kw_only=True):
    starts_on: date
    ends_on: date
    pays_on: date


class DayCompared(Message, frozen=True, kw_only=True):
    partner_id: str
    day: date


class DayFigureView(Message, frozen=True, kw_only=True):
    day: date
    figure: str
    party: str
    moves: int
    points: int


class DayFigures(Message, frozen=True, kw_only=True):
    """
    `figure`: granted, exchanged, campaign, allocated, refunded come in; spent, expired, reversed go out.
    """

    figures: list[DayFigureView]


class DayTotalView(Message, frozen=True, kw_only=True):
    day: date
    figure: str
    moves: int
    points: int


class DayTotals(Message, frozen=True, kw_only=True):
    """
    The figures of all parties together, day by day.
    """

    totals: list[DayTotalView]


class DayWithDifferences(Message, frozen=True, kw_only=True):
    """
    A day of which so many differences were found and not closed, as it was compared last.
    """

    partner_id: str
    day: date
    differences: int
    compared_at: datetime


class DaysWithDifferences(Message, frozen=True, kw_only=True):
    days: list[DayWithDifferences]


class DebtEndWanted(Message, frozen=True, kw_only=True):
    """
    `repaid`: the shop has paid the money back. `written_off`: the city gives it up.
    """

    shop_id: str
    debt_end: Literal["repaid", "written_off"]
    reason: str


class DebtEnded(Message, frozen=True, kw_only=True):
    shop_id: str
    debt_end: str
    points: int
    yen: int


class DeedRuleView(Message, frozen=True, kw_only=True):
    deed: str
    persons: int
    from_points: int | None
    points_a_day: int | None
    version: str


class DeedRuleWanted(Message, frozen=True, kw_only=True):
    """
    `persons` decide besides the author; 0 lets the deed take effect at once. The sums belong to grants and refunds.

    `seen` is the `version` of the line that it was drawn from; null changes whatever is there.
    """

    persons: int
    reason: str
    from_points: int | None | UnsetType = UNSET
    points_a_day: int | None | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class DefaultMunicipality(Message, frozen=True, kw_only=True):
    municipality: str
    point_service: str


class DestinationView(Message, frozen=True, kw_only=True):
    kind: str
    municipality: str | None
    point_service: str | None


class DifferenceClosed(Message, frozen=True, kw_only=True):
    """
    `leave`: nothing moves, because both sides have agreed otherwise; say how as the reason.
    """

    partner_id: str
    day: date
    exchange_id: str
    reason: str
    leave: bool | UnsetType = UNSET


class DownloadView(Message, frozen=True, kw_only=True):
    staff_id: str
    name: str
    at: datetime


class DueView(Message, frozen=True, kw_only=True):
    issued_on: date
    last_day: date | None
    points: int


class DuplicateView(Message, frozen=True, kw_only=True):
    """
    `key` is a shop's id or an application's number; `same` has `name`, `phone`, `account`.
    """

    kind: str
    key: str
    name: str
    same: list[str]


class EndedDebtView(Message, frozen=True, kw_only=True):
    """
    `carried_in` is the first day of the cycle that has taken it up; null until that is closed.
    """

    shop_id: str
    shop_name: str
    debt_end: str
    points: int
    yen: int
    reason: str
    recorded_by: str
    recorded_at: datetime
    carried_in: date | None


class ErasureWanted(Message, frozen=True, kw_only=True):
    """
    `gives_up` are all points that are left; 0 for who has none, or has revoked the MyKey ID.
    """

    mykey_id: str
    reason: str
    gives_up: int | UnsetType = UNSET


class EventBalanceView(Message, frozen=True, kw_only=True):
    event_id: str
    event_name: str
    balance: BalanceView


class EventChanged(Message, frozen=True, kw_only=True):
    """
    The same; `seen` is the `version` of the event that the change was drawn from; null changes whatever is there.
    """

    name: str
    starts_on: date
    ends_on: date
    purpose: str | UnsetType = UNSET
    goal_points: int | None | UnsetType = UNSET
    givers: Literal["everybody", "city"] | UnsetType = UNSET
    on_failure: Literal["keep", "give_back"] | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class EventView(Message, frozen=True, kw_only=True):
    """
    An event with its progress: `given_points` by `given_by` members so far, of `goal_points`.

    `period`: coming, open or ended. `givers`: everybody, or city (members whose 基本自治体 it is). `on_failure`
    decides over the points where the goal is missed: keep or give_back. `outcome`: reached, kept, given_back.
    """

    event_id: str
    name: str
    purpose: str
    municipality: str | None
    goal_points: int | None
    starts_at: datetime
    ends_at: datetime
    period: str
    givers: str
    on_failure: str
    given_points: int
    given_by: int
    outcome: str | None


class EventWanted(Message, frozen=True, kw_only=True):
    """
    `own_id` is the city's own; the event's id is the city's code, a hyphen and this.
    """

    name: str
    starts_on: date
    ends_on: date
    own_id: str
    purpose: str | UnsetType = UNSET
    goal_points: int | None | UnsetType = UNSET
    givers: Literal["everybody", "city"] | UnsetType = UNSET
    on_failure: Literal["keep", "give_back"] | UnsetType = UNSET


class Events(Message, frozen=True, kw_only=True):
    events: list[EventView]


class ExchangeStart(Message, frozen=True, kw_only=True):
    exchange_id: str
    partner_id: str
    coupon_code: str | None | UnsetType = UNSET
    return_url: str | None | UnsetType = UNSET
    language: Literal["ja", "en"] | UnsetType = UNSET


class ExpiringList(Message, frozen=True, kw_only=True):
    """
    Unused points by the last day on which they can be used; null: they never expire.
    """

    expiring: list[CityExpiringView]


class ExpiryView(Message, frozen=True, kw_only=True):
    issued_on: date
    last_day: date | None
    points: int


class FeeBandOf(Message, frozen=True, kw_only=True):
    """
    What the bank asks, tax included, for transfers of `from_yen` and more, up to the next band of the same side.
    """

    side: Literal["same_branch", "same_bank", "other_bank"]
    from_yen: int
    fee_yen: int


class FeeBandView(Message, frozen=True, kw_only=True):
    side: str
    from_yen: int
    fee_yen: int


class FileView(Message, frozen=True, kw_only=True):
    """
    `state`: checking, faulty, checked, approved (being applied), applied, sent_back or cancelled.

    `proposal_id` is the proposal in which a checked file waits, where one file is asked for.
    """

    file_id: str
    project_id: str
    name: str
    state: str
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    granted_lines: int
    granted_points: int
    ended_at: datetime | None
    kept_columns: list[str]
    dropped_columns: list[str]
    proposal_id: str | None


class Files(Message, frozen=True, kw_only=True):
    files: list[FileView]


class GrantView(Message, frozen=True, kw_only=True):
    """
    `way`: one, file or venue. `taken_back` came back of it; `owed` had been used before.
    """

    grant: str
    mykey_id: str
    points: int
    at: datetime
    way: str
    granted_by: str
    note: str
    taken_back: int
    owed: int


class GrantWanted(Message, frozen=True, kw_only=True):
    grant_id: str
    mykey_id: str
    points: int
    note: str | UnsetType = UNSET


class GrantedBeforeView(Message, frozen=True, kw_only=True):
    """
    A line whose member was granted in the project before: how often, how much, from when to when.
    """

    line: int
    mykey_id: str
    points: int
    grants_before: int
    points_before: int
    first_on: date
    last_on: date


class GrantedView(Message, frozen=True, kw_only=True):
    project_id: str
    project_name: str
    municipality: str
    point_service: str
    points: int
    issued_on: date
    replayed: bool


class GranteeView(Message, frozen=True, kw_only=True):
    """
    Who a MyKey ID is, before points are granted. `display_name` is null for a member of other cities.
    """

    mykey_id: str
    display_name: str | None


class HeapView(Message, frozen=True, kw_only=True):
    """
    Reserve points issued on one day, and the day on which they move by themselves.
    """

    issued_on: date
    points: int
    moves_on: date


class IssueFigureView(Message, frozen=True, kw_only=True):
    issued_on: date
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int
    last_day: date | None


class IssueFigures(Message, frozen=True, kw_only=True):
    """
    issued = held + spent + expired + reversed, for every day of issue.
    """

    figures: list[IssueFigureView]


class IssuedCardView(Message, frozen=True, kw_only=True):
    """
    `number` and `qr` are told this once; keep them until the card is printed. `replaces` are the last digits of the old one.
    """

    mykey_id: str
    display_name: str
    number: str
    qr: str
    last_digits: str
    replaces: str | None


class IssuerView(Message, frozen=True, kw_only=True):
    kind: str
    name: str
    contact: str
    version: str


class IssuerWanted(Message, frozen=True, kw_only=True):
    """
    `contact` is where holders complain; needed for an issuer that is no city.

    `seen` is the `version` that the change was drawn from; null changes whatever is there.
    """

    kind: Literal["city", "chamber", "company"]
    name: str
    reason: str
    contact: str | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class JoinWanted(Message, frozen=True, kw_only=True):
    """
    The number in the former system, and the MyKey ID that the person shows.
    """

    number: str
    mykey_id: str
    reason: str


class JournalColumnOf(Message, frozen=True, kw_only=True):
    """
    A column of the journal: its header, and what stands in it.
    """

    title: str
    field_: Literal[
        "number",
        "fiscal_year",
        "closed_on",
        "pays_on",
        "starts_on",
        "ends_on",
        "debit",
        "credit",
        "yen",
        "fee",
        "fee_tax",
        "return_fee",
        "transfer",
        "shop_id",
        "shop_name",
        "summary",
        "empty",
    ] = field(name="field")


class JournalColumnView(Message, frozen=True, kw_only=True):
    title: str
    field_: str = field(name="field")


class LabelView(Message, frozen=True, kw_only=True):
    ja: str
    en: str


class LanguageChosen(Message, frozen=True, kw_only=True):
    language: Literal["ja", "en", "ja-easy"]


class LinkView(Message, frozen=True, kw_only=True):
    """
    How the partner knows the member; `shown_as` is for the member to recognise.
    """

    partner_id: str
    service_id: str
    shown_as: str
    linked_at: datetime


class Links(Message, frozen=True, kw_only=True):
    links: list[LinkView]


class LoginChangeView(Message, frozen=True, kw_only=True):
    """
    `change` is added, reset, restarted, stopped, role: the right was changed, or company: somebody of another of its shops works here too.
    """

    login: str
    display_name: str
    change: str
    at: datetime


class LotTotalView(Message, frozen=True, kw_only=True):
    point_service: str
    last_day: date | None
    points: int


class LotView(Message, frozen=True, kw_only=True):
    issued_on: date
    points: int


class MailToken(Message, frozen=True, kw_only=True):
    """
    What stands behind `t=` in a mail's link.
    """

    token: str


class MailView(Message, frozen=True, kw_only=True):
    """
    `offered`: this gateway sends mail. `address` is masked, empty for none. `stopped_because` is set where it is stopped.
    """

    offered: bool
    state: str
    address: str
    stopped_because: str


class MailWanted(Message, frozen=True, kw_only=True):
    address: str


class MaintenanceView(Message, frozen=True, kw_only=True):
    """
    When the partner cannot be used (メンテナンス), half-open.
    """

    starts_at: datetime
    ends_at: datetime
    reason: str


class MemberExpiringView(Message, frozen=True, kw_only=True):
    """
    Points of one point service that can be used until `last_day` and not after it.
    """

    municipality: str
    point_service: str
    last_day: date
    points: int


class MemberNamed(Message, frozen=True, kw_only=True):
    mykey_id: str


class MemberView(Message, frozen=True, kw_only=True):
    """
    The member as the member's own pages show it; `member_id` stays with us.
    """

    mykey_id: str
    display_name: str
    language: str
    default_municipality: str | None
    default_point_service: str | None
    has_password: bool
    has_card: bool


class MergeWanted(Message, frozen=True, kw_only=True):
    """
    All that the person has under `from_mykey_id` goes to `mykey_id`, which the person goes on with.
    """

    from_mykey_id: str
    mykey_id: str
    reason: str


class MonthOfIssueView(Message, frozen=True, kw_only=True):
    month: str
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int


class MonthsOfIssue(Message, frozen=True, kw_only=True):
    """
    issued = held + spent + expired + reversed, for every month of issue; `held` is what is unused.
    """

    months: list[MonthOfIssueView]


class MoveView(Message, frozen=True, kw_only=True):
    """
    One move of points in the member's book.
    """

    seq: int
    action: str
    source: str
    target: str
    points: int
    kind: str
    at: datetime


class MunicipalBalanceView(Message, frozen=True, kw_only=True):
    """
    Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them.
    """

    municipality: str
    municipality_name: str
    municipality_kana: str
    municipality_romaji: str
    point_service: str
    point_service_name: str
    point_service_kana: str
    point_service_romaji: str
    is_default: bool
    balance: BalanceView


class MunicipalityView(Message, frozen=True, kw_only=True):
    """
    `romaji` is the name in Latin letters: `Kasama City`.
    """

    code: str
    name: str
    kana: str
    romaji: str


class MykeyIdChange(Message, frozen=True, kw_only=True):
    mykey_id: str
    password: str


class MykeyIdWanted(Message, frozen=True, kw_only=True):
    mykey_id: str


class NotIssuedView(Message, frozen=True, kw_only=True):
    """
    `pay-card-valid`: there is a valid card, and none was to be replaced. `issued-before`: by this very `issue_id`.
    """

    mykey_id: str
    why: str


class NoticeAnswer(Message, frozen=True, kw_only=True):
    answer: Literal["confirmed", "disputed"]


class OfferLotView(Message, frozen=True, kw_only=True):
    """
    Points of a wallet that end together. `last_day` is null where they have no end.
    """

    wallet: str
    amount: int
    last_day: date | None


class OidcBegin(Message, frozen=True, kw_only=True):
    provider: str
    purpose: Literal["login", "link", "password"]
    browser: str
    shared_terminal: bool | UnsetType = UNSET


class OidcCardJoin(Message, frozen=True, kw_only=True):
    """
    `card` answers a challenge of purpose `login` that was asked for under the same `browser`.
    """

    browser: str
    arrival: str
    card: CardAnswer


class OidcJoin(Message, frozen=True, kw_only=True):
    """
    `source` names the browser's network as the site saw it; `devices` are what the browser was given before.
    """

    browser: str
    arrival: str
    mykey_id: str
    password: str
    source: str | UnsetType = UNSET
    devices: list[str] | UnsetType = UNSET


class OidcLink(Message, frozen=True, kw_only=True):
    browser: str
    arrival: str
    password: str


class OidcRegistration(Message, frozen=True, kw_only=True):
    browser: str
    arrival: str
    display_name: str
    language: Literal["ja", "en", "ja-easy"] | UnsetType = UNSET


class OidcReturn(Message, frozen=True, kw_only=True):
    """
    The query of the return, unchanged: `code` and `state`, or `error` and `state`; `iss` where there is one.
    """

    provider: str
    browser: str
    state: str
    code: str | None | UnsetType = UNSET
    error: str | None | UnsetType = UNSET
    iss: str | None | UnsetType = UNSET


class OpenExchangesView(Message, frozen=True, kw_only=True):
    partner_id: str
    state: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None


class OpenWanted(Message, frozen=True, kw_only=True):
    """
    `seen` as with the budget.
    """

    open: bool
    reason: str
    seen: str | None | UnsetType = UNSET


class OrderData(Message, frozen=True, kw_only=True):
    exchange_id: str
    service_id: str
    units: Annotated[
        int | str,
        Meta(description="口数: a whole number, or the half-width digits that a person typed; 1 to 9,999"),
    ]


class OrderTaken(Message, frozen=True, kw_only=True):
    """
    What became of it. `state` is `settled`, `declined`, `not_sent`, or `open` while nobody knows yet.
    """

    exchange_id: str
    state: str
    points: int | None


class OutcomeWanted(Message, frozen=True, kw_only=True):
    """
    `reference` is the partner's own name for the debit.
    """

    debited: bool
    reason: str
    reference: str | UnsetType = UNSET


class OwnShopView(Message, frozen=True, kw_only=True):
    """
    `has_bank` is null for who does not read the shop's books. `may_refund`: whether who asks may give points back here.
    """

    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    number: str | None
    registered_at: datetime
    closed_at: datetime | None
    till_refunds: bool
    version: str
    has_bank: bool | None
    may_refund: bool


class PaceView(Message, frozen=True, kw_only=True):
    """
    The pace in force; null: as many calls as there are.
    """

    calls_per_minute: int | None


class PaceWanted(Message, frozen=True, kw_only=True):
    """
    `calls_per_minute` from each gateway; null: as many as there are.
    """

    calls_per_minute: int | None
    reason: str


class PartnerRequestView(Message, frozen=True, kw_only=True):
    """
    One HTTP request of a call, without its query, headers and body. `ended`: its status, or what broke.
    """

    method: str
    url: str
    ended: str
    ms: int


class PartyTotalView(Message, frozen=True, kw_only=True):
    figure: str
    party: str
    moves: int
    points: int


class PartyTotals(Message, frozen=True, kw_only=True):
    """
    The figures of a period by shop, partner or project; the largest of each figure first.
    """

    totals: list[PartyTotalView]


class PasskeyAsked(Message, frozen=True, kw_only=True):
    """
    `browser` is the client program's own opaque name for the browser, the same in the answer.
    """

    browser: str


class PasskeyBegun(Message, frozen=True, kw_only=True):
    token: str
    options: dict[str, Any]
    ends_at: datetime


class PasskeyChallengeView(Message, frozen=True, kw_only=True):
    """
    Give `options` to `navigator.credentials`, and `token` back with what the browser gives.
    """

    token: str
    options: dict[str, Any]
    expires_at: datetime


class PasskeyRemoval(Message, frozen=True, kw_only=True):
    password: str
    credential_id: str


class PasskeySupport(Message, frozen=True, kw_only=True):
    """
    Whether members' passkeys are taken here.
    """

    open: bool


class PasskeyView(Message, frozen=True, kw_only=True):
    credential_id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class PasswordByCard(Message, frozen=True, kw_only=True):
    browser: str
    card: CardAnswer
    new: str


class PasswordByPhone(Message, frozen=True, kw_only=True):
    browser: str
    arrival: str
    new: str


class PasswordChange(Message, frozen=True, kw_only=True):
    current: str
    new: str


class PayCardView(Message, frozen=True, kw_only=True):
    """
    A card as the desk sees it, without its number.
    """

    last_digits: str
    point_service: str
    issued_by: str
    issued_at: datetime
    stopped_by: str | None
    stopped_at: datetime | None
    is_valid: bool


class PayCardsView(Message, frozen=True, kw_only=True):
    """
    The newest first. A locked PIN pays nothing above the city's sum until a new one is set.
    """

    cards: list[PayCardView]
    has_pin: bool
    is_pin_locked: bool
    paid_today: int


class PayCodeView(Message, frozen=True, kw_only=True):
    """
    `qr` is the QR's text, `digits` what is typed at the counter; ask for a new one before `ends_at`.

    `most_points` is what it pays at most (null: no limit of the member's own): above it the member signs in anew with card,
    phone or passkey and makes another.
    """

    qr: str
    digits: str
    made_at: datetime
    ends_at: datetime
    most_points: int | None


class PayCodeWanted(Message, frozen=True, kw_only=True):
    municipality: str
    point_service: str


class PayerOf(Message, frozen=True, kw_only=True):
    """
    From where the city pays; both are null as long as nobody has said it.
    """

    account: BankView | None
    client_code: str | None


class PayerWanted(Message, frozen=True, kw_only=True):
    bank_code: str
    branch_code: str
    kind: Literal[1, 2, 4, 9]
    number: str
    holder: str
    client_code: str
    bank_name: str | UnsetType = UNSET
    branch_name: str | UnsetType = UNSET
    unlisted: bool | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class PaymentSearch(Message, frozen=True, kw_only=True):
    """
    Exactly so many points on a day in Japan; `shop_id` where the caller knows the shop.
    """

    points: int
    day: date
    reason: str
    shop_id: str | None | UnsetType = UNSET


class PayoutRecorded(Message, frozen=True, kw_only=True):
    shop_id: str
    state: str
    yen: int


class PayoutView(Message, frozen=True, kw_only=True):
    """
    `state`: closed, ordered (a file orders it), paid, held or returned. `carried_in` is the cycle that pays it again.

    `yen` is what is transferred, after the `fee_yen` that the shop bears and what it bears of earlier returns. `return_fee_yen` is what the
    bank asked for the return of this one, `return_fee_in` the cycle that has taken it.
    """

    shop_id: str
    shop_name: str
    yen: int
    fee_yen: int
    state: str
    reason: str
    recorded_by: str | None
    recorded_at: datetime | None
    carried_in: date | None
    return_fee_yen: int
    return_fee_bearer: str | None
    return_fee_in: date | None


class PayoutWanted(Message, frozen=True, kw_only=True):
    """
    `paid` is recorded at once. `held` (保留) and `returned` (振込不能・組戻し) wait for a second person.

    `return_fee_yen` is what the bank asked for a return, tax included; null is the sum that the settings have.
    """

    state: Literal["paid", "held", "returned"]
    reason: str
    return_fee_yen: int | None | UnsetType = UNSET


class PersonNamed(Message, frozen=True, kw_only=True):
    staff_id: str
    display_name: str


class PlaceView(Message, frozen=True, kw_only=True):
    """
    A shop as members see it. `name_romaji` is the reading in Latin letters; empty where there is no reading in kana.
    """

    shop_id: str
    municipality: str
    municipality_name: str
    name: str
    name_kana: str
    name_romaji: str
    category: str
    address: str
    phone: str


class PlacesPage(Message, frozen=True, kw_only=True):
    shops: list[PlaceView]
    next_after: str | None


class PointServiceView(Message, frozen=True, kw_only=True):
    """
    Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them.
    """

    municipality: str
    municipality_name: str
    municipality_kana: str
    municipality_romaji: str
    point_service: str
    name: str
    name_kana: str
    name_romaji: str
    open_for_direct_exchange: bool


class PointServiceWanted(Message, frozen=True, kw_only=True):
    """
    `name_kana` is how the name is read, with a space between words; empty where it reads itself.
    """

    point_service: str
    name: str
    name_kana: str | UnsetType = UNSET


class PointServices(Message, frozen=True, kw_only=True):
    """
    対象：N件. Those that are not open for direct exchange are reached by way of the reserve.
    """

    count: int
    point_services: list[PointServiceView]


class PrefectureView(Message, frozen=True, kw_only=True):
    code: str
    name: str
    kana: str
    municipalities: int


class Prefectures(Message, frozen=True, kw_only=True):
    prefectures: list[PrefectureView]


class PrivacyTextView(Message, frozen=True, kw_only=True):
    """
    Plain text, a blank line between paragraphs; show it as text, never as markup. `easy` is やさしい日本語.

    null is what the city has not written: show `ja` in its place and say so. Where `ja` is null too the city has no text.
    """

    municipality: str
    municipality_name: str
    municipality_kana: str
    municipality_romaji: str
    ja: str | None
    en: str | None
    easy: str | None
    changed_at: datetime | None


class PrivacyTextWanted(Message, frozen=True, kw_only=True):
    """
    All three texts as they shall be; `ja` is shown where another is empty. `seen` is the version that they were drawn from.
    """

    ja: str
    reason: str
    en: str | UnsetType = UNSET
    easy: str | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class ProblemTypeView(Message, frozen=True, kw_only=True):
    """
    `type` is the URI that stands in a problem document. A remedy names facts of the document in backticks.
    """

    word: str
    type: str
    status: int
    title: LabelView
    remedy: LabelView


class ProblemTypes(Message, frozen=True, kw_only=True):
    problem_types: list[ProblemTypeView]


class ProjectView(Message, frozen=True, kw_only=True):
    project_id: str
    point_service: str
    name: str
    place: str
    content: str
    starts_on: date
    ends_on: date
    points_each: int
    budget: int
    granted: int
    left: int
    venue: bool
    most_grants_each: int | None
    most_points_each: int | None
    venue_points_a_day: int | None
    open: bool
    created_at: datetime
    version: str


class ProjectWanted(Message, frozen=True, kw_only=True):
    """
    A grant project (給付事業); the period includes both days.
    """

    project_id: str
    point_service: str
    name: str
    starts_on: date
    ends_on: date
    points_each: int
    budget: int
    place: str | UnsetType = UNSET
    content: str | UnsetType = UNSET
    venue: bool | UnsetType = UNSET
    most_grants_each: int | None | UnsetType = UNSET
    most_points_each: int | None | UnsetType = UNSET
    venue_points_a_day: int | None | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class Projects(Message, frozen=True, kw_only=True):
    projects: list[ProjectView]


class ProofRemoval(Message, frozen=True, kw_only=True):
    proof_id: str
    password: str


class ProofView(Message, frozen=True, kw_only=True):
    """
    `added_at` is null where it was added before that was kept, `used_at` where nobody has come in by it since.

    `issuer` names who vouches for it: `jpki` for a card, the provider's own address for a phone, the site for a passkey,
    nobody for a password. `name` is what the member calls it.
    """

    proof_id: str
    kind: str
    issuer: str
    name: str
    added_at: datetime | None
    used_at: datetime | None


class Proofs(Message, frozen=True, kw_only=True):
    proofs: list[ProofView]


class ProposalView(Message, frozen=True, kw_only=True):
    """
    Something that waits for a second person, or has. `facts` is what people read of it.

    `account_number` is the whole number of a bank account, for its author and for who may decide it.
    """

    proposal_id: str
    deed: str
    subject: str
    state: str
    points: int | None
    facts: dict[str, str | int]
    reason: str
    digest: str
    persons: int
    approvals: int
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    ends_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool
    account_number: str | None


class ProposedAccountView(Message, frozen=True, kw_only=True):
    """
    `number` is in full for the list's author and for who may decide it: it is compared with paper.
    """

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number: str | None
    number_ends_with: str
    holder: str


class ProposedShopView(Message, frozen=True, kw_only=True):
    """
    A shop that a proposal imports, and whom of the register it is like now.
    """

    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    account: ProposedAccountView | None
    alike: list[AlikeView]


class ProposedShops(Message, frozen=True, kw_only=True):
    shops: list[ProposedShopView]


class ProviderView(Message, frozen=True, kw_only=True):
    provider_id: str
    name: LabelView


class Providers(Message, frozen=True, kw_only=True):
    providers: list[ProviderView]


class PushData(Message, frozen=True, kw_only=True):
    exchange_id: str


class QuoteConfirmed(Message, frozen=True, kw_only=True):
    quote_id: str


class QuoteLotView(Message, frozen=True, kw_only=True):
    """
    A part of what leaves the wallet. `last_day` is null where it has no end.
    """

    amount: int
    last_day: date | None


class QuotedLineView(Message, frozen=True, kw_only=True):
    """
    What was ordered of a wallet: `units` (口) for `amount` of the partner's points, which brought `points`.
    """

    wallet: str
    units: int
    amount: int
    points: int
    campaign_points: int


class RateLineView(Message, frozen=True, kw_only=True):
    """
    One rate of a month. `owed_by` is the partner's id, or that of the funder who pays for the campaign.
    """

    owed_by: str
    owed_by_name: LabelView
    wallet: str
    wallet_name: LabelView
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    campaign_name: LabelView | None
    exchanges: int
    units: int
    points: int


class ReadUntil(Message, frozen=True, kw_only=True):
    """
    The moment of the newest notice that was seen; what comes later stays unread.
    """

    until: datetime


class ReadingWanted(Message, frozen=True, kw_only=True):
    """
    `seen` is the `version` of the point service that the change was drawn from; null changes whatever is there.
    """

    name_kana: str
    seen: str | None | UnsetType = UNSET


class ReasonGiven(Message, frozen=True, kw_only=True):
    reason: str


class ReceiptView(Message, frozen=True, kw_only=True):
    """
    Proof that a move is in the member's book, sealed at place `seq` by `hash`.
    """

    move_id: str
    seq: int
    hash: str
    points: int
    lots: list[LotView]
    replayed: bool


class ReconciledLotsView(Message, frozen=True, kw_only=True):
    """
    `file` = `ledger` + `waiting` (nobody has taken them over yet) + `refused` + `difference`.
    """

    point_service: str
    last_day: date | None
    origin: str
    file: int
    ledger: int
    waiting: int
    refused: int
    difference: int


class ReconciliationView(Message, frozen=True, kw_only=True):
    """
    `agrees`: no difference in `lots`, no `unexpected` points in the ledger, and the city's sums are equal.

    `city_ledger` is what has come from the city's source accounts over all its files, `city_moves` the same move by move.
    """

    agrees: bool
    lots: list[ReconciledLotsView]
    unexpected: int
    city_ledger: int
    city_moves: int


class RecordingWanted(Message, frozen=True, kw_only=True):
    """
    `seen` is the `version` of what was shown. `return_fee_yen` is what the bank asked for each return; null: as the settings say.
    """

    seen: str
    reason: str
    return_fee_yen: int | None | UnsetType = UNSET


class RectificationWanted(Message, frozen=True, kw_only=True):
    """
    Null and false leave it as it is. `forgets_mail`: the address is not the member's, who may set another one.
    """

    mykey_id: str
    reason: str
    display_name: str | None | UnsetType = UNSET
    language: Literal["ja", "en", "ja-easy"] | None | UnsetType = UNSET
    new_mykey_id: str | None | UnsetType = UNSET
    forgets_mail: bool | UnsetType = UNSET


class RedirectView(Message, frozen=True, kw_only=True):
    """
    Send the browser to `url`; it serves once, until `expires_at`.
    """

    url: str
    expires_at: datetime


class ReferenceSearch(Message, frozen=True, kw_only=True):
    """
    The number of a payment or an exchange as a person types it: its 8 characters, or the whole UUID.
    """

    reference: str
    reason: str


class RefundView(Message, frozen=True, kw_only=True):
    refund_id: str
    spend_id: str
    points: int
    yen: int
    reason: str
    made_by: str
    at: datetime


class RefundWanted(Message, frozen=True, kw_only=True):
    refund_id: str
    points: int
    reason: str


class ReportRowView(Message, frozen=True, kw_only=True):
    """
    One point service in one day (`2018-07-31`) or month (`2018-07`). `points` and `yen` are what is left after refunds.

    A refund counts once, on its own day.
    """

    period: str
    point_service: str
    service_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    points: int
    yen: int


class RepresentationView(Message, frozen=True, kw_only=True):
    """
    `name` is the other person's. `pay_points_a_day` 0: pays nothing. `ended_by`: member, actor or desk.
    """

    representation_id: str
    name: str
    municipality: str
    kind: str
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    in_force: bool
    ended_at: datetime | None
    ended_by: str | None
    acts: list[ActView]


class Representations(Message, frozen=True, kw_only=True):
    """
    `acting_for`: for whom the member acts; `representatives`: who acts for the member. Ended ones too, the newest first.
    """

    acting_for: list[RepresentationView]
    representatives: list[RepresentationView]


class RepresentativeWanted(Message, frozen=True, kw_only=True):
    """
    `actor_mykey_id` acts for `mykey_id` from `starts_on` to `ends_on`, both included, three years at most.

    `pay_points_a_day` is what may be paid in a day at shops of this city; 0: nothing.
    """

    mykey_id: str
    actor_mykey_id: str
    kind: Literal["guardian", "family", "care"]
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    reason: str


class Restoration(Message, frozen=True, kw_only=True):
    """
    `code` as a person typed it; `source` names the browser's network as the site saw it.
    """

    mykey_id: str
    code: str
    new: str
    shared_terminal: bool | UnsetType = UNSET
    source: str | UnsetType = UNSET


class ResultRecordedView(Message, frozen=True, kw_only=True):
    """
    How many payments were recorded as made, and the proposal that now waits with all that came back, or none.
    """

    paid: int
    proposals: list[str]


class ReturnCode(Message, frozen=True, kw_only=True):
    return_code: str


class ReversalOutcomeWanted(Message, frozen=True, kw_only=True):
    was_reversed: bool
    reason: str


class ReversalView(Message, frozen=True, kw_only=True):
    reversal_id: str
    state: str
    points: int
    taken_from: str
    by_hand: bool
    reason: str
    operator: str
    reference: str
    started_at: datetime
    ended_at: datetime | None


class ReversalWanted(Message, frozen=True, kw_only=True):
    """
    `units` (口) null: all that is left. `by_hand`: it was arranged with the partner, under its `reference`.

    `taken_from` names another of the member's accounts that gives the points; empty: where the exchange put them.
    """

    reversal_id: str
    reason: str
    units: int | str | None | UnsetType = UNSET
    by_hand: bool | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    taken_from: str | UnsetType = UNSET


class Revocation(Message, frozen=True, kw_only=True):
    password: str


class RoleWanted(Message, frozen=True, kw_only=True):
    """
    `seen` is the `version` of the person that the change was drawn from; null changes whatever is there.

    A person of the city's staff has one of its four roles, a shop's person one of `shop` (the owner), `till`, `bookkeeper`.
    """

    role: Literal["viewer", "operator", "approver", "administrator", "shop", "till", "bookkeeper"]
    reason: str
    seen: str | None | UnsetType = UNSET


class RuleWanted(Message, frozen=True, kw_only=True):
    """
    A new version of a point service's rules. Limits are points by member and day; null is none.
    """

    takes_effect_on: date
    expiry: Literal["none", "months", "fiscal_year", "fixed_day"]
    open_for_direct_exchange: bool
    reason: str
    expiry_count: int | UnsetType = UNSET
    expiry_day: date | None | UnsetType = UNSET
    unit_value_yen: int | UnsetType = UNSET
    most_spent_a_day: int | None | UnsetType = UNSET
    most_granted_a_day: int | None | UnsetType = UNSET
    worse_accepted: bool | UnsetType = UNSET


class ServiceBalanceView(Message, frozen=True, kw_only=True):
    point_service: str
    points: int


class SessionView(Message, frozen=True, kw_only=True):
    session_id: str
    created_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    current: bool


class Sessions(Message, frozen=True, kw_only=True):
    sessions: list[SessionView]


class SessionsEnded(Message, frozen=True, kw_only=True):
    ended: int


class SettlementSettingsView(Message, frozen=True, kw_only=True):
    bank_sheet: str
    result_column: int
    result_length: int
    paid_codes: list[str]
    returned_codes: list[str]
    recalled_codes: list[str]
    pending_codes: list[str]
    journal_columns: list[JournalColumnView]
    journal_encoding: str
    journal_days: str
    journal_debit: str
    journal_credit: str
    journal_summary: str
    fee_bands: list[FeeBandView]
    fee_bearer: str
    fee_tax_percent: int
    invoice_number: str
    tax_note: str
    cycle_ends: list[int]
    cycle_pay_days: list[int]
    cycle_pay_after: int
    customer_field: str
    edi_text: str
    end_mark: str
    send_days: int
    return_fee_yen: int
    return_fee_bearer: str
    version: str


class SettlementSettingsWanted(Message, frozen=True, kw_only=True):
    """
    All settings as they shall be; `seen` is the version that they were drawn from.

    No `journal_columns` are the usual ones; no `cycle_ends` and `cycle_pay_days` the half-months. A changed cycle begins with the
    next one.
    """

    reason: str
    bank_sheet: str | UnsetType = UNSET
    result_column: int | UnsetType = UNSET
    result_length: int | UnsetType = UNSET
    paid_codes: list[str] | UnsetType = UNSET
    returned_codes: list[str] | UnsetType = UNSET
    recalled_codes: list[str] | UnsetType = UNSET
    pending_codes: list[str] | UnsetType = UNSET
    journal_columns: list[JournalColumnOf] | None | UnsetType = UNSET
    journal_encoding: Literal["utf-8", "shift_jis"] | UnsetType = UNSET
    journal_days: Literal["dashes", "slashes", "plain"] | UnsetType = UNSET
    journal_debit: str | UnsetType = UNSET
    journal_credit: str | UnsetType = UNSET
    journal_summary: str | UnsetType = UNSET
    fee_bands: list[FeeBandOf] | UnsetType = UNSET
    fee_bearer: Literal["city", "shop"] | UnsetType = UNSET
    fee_tax_percent: int | UnsetType = UNSET
    invoice_number: str | UnsetType = UNSET
    tax_note: str | UnsetType = UNSET
    cycle_ends: list[int] | None | UnsetType = UNSET
    cycle_pay_days: list[int] | None | UnsetType = UNSET
    cycle_pay_after: int | UnsetType = UNSET
    customer_field: Literal["line", "shop_number", "edi"] | UnsetType = UNSET
    edi_text: str | UnsetType = UNSET
    end_mark: Literal["none", "eof"] | UnsetType = UNSET
    send_days: int | UnsetType = UNSET
    return_fee_yen: int | UnsetType = UNSET
    return_fee_bearer: Literal["city", "shop"] | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class SheetsWanted(Message, frozen=True, kw_only=True):
    """
    Numbers as they were told when the cards were issued.
    """

    numbers: list[str]


class ShopChanged(Message, frozen=True, kw_only=True):
    """
    `seen` is the `version` of the shop that the change was drawn from; null changes whatever is there.
    """

    name: str
    name_kana: str | UnsetType = UNSET
    category: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class ShopChosen(Message, frozen=True, kw_only=True):
    shop_id: str


class ShopCodeScanned(Message, frozen=True, kw_only=True):
    """
    The text of the shop's QR, or the six digits beside it.
    """

    shop_code: str


class ShopCodeView(Message, frozen=True, kw_only=True):
    """
    What stands at the counter: the QR's text, and six digits that are typed where no camera helps.
    """

    shop_code: str
    number: str | None


class ShopDebtView(Message, frozen=True, kw_only=True):
    shop_id: str
    shop_name: str
    closed_at: datetime
    points: int
    yen: int


class ShopDebts(Message, frozen=True, kw_only=True):
    """
    `owing` is what closed shops owe now, `ended` what they owed before, newest first.
    """

    owing: list[ShopDebtView]
    ended: list[EndedDebtView]


class ShopLineView(Message, frozen=True, kw_only=True):
    """
    Of what is in it, `corrections` lines correct earlier cycles, and change the sum by `corrected_yen`.

    Of `paid_yen` the shop bears `fee_yen` for the transfer and `return_fee_yen` for earlier ones that came back, and `transfer_yen` is
    transferred; `city_fee_yen` and `city_return_fee_yen` are borne by the city, `open_return_fee_yen` is left for a later payment. `carried_why`: owes, no_account, within_fee (the fee would take the whole payment), or empty.
    """

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int
    corrections: int
    corrected_points: int
    corrected_yen: int
    brought_yen: int
    paid_yen: int
    carried_yen: int
    fee_yen: int
    city_fee_yen: int
    transfer_yen: int
    carried_why: str
    return_fee_yen: int
    city_return_fee_yen: int
    open_return_fee_yen: int


class ShopListLineView(Message, frozen=True, kw_only=True):
    """
    `state`: `new` is imported, `known` is on the register and says the same, `faulty` keeps the list from being imported.

    `shop_id` is the shop of the register, or the id that the new one will have; null for a fault.
    """

    line: int
    state: str
    shop_id: str | None
    name: str
    address: str
    account: str
    faults: list[CellFaultView]
    alike: list[AlikeView]


class ShopListView(Message, frozen=True, kw_only=True):
    """
    A list as it was checked; nothing of it is stored. `dropped` are columns that are not read.

    `seen` names all that the check has found: the proposal sends it back.
    """

    seen: str
    new: int
    known: int
    faulty: int
    alike: int
    dropped: list[str]
    lines: list[ShopListLineView]


class ShopOfKey(Message, frozen=True, kw_only=True):
    municipality: str
    shop_id: str


class ShopPersonView(Message, frozen=True, kw_only=True):
    """
    `shop_id` is another than the shop's own for who works here as one of the company's.
    """

    shop_id: str
    login: str
    display_name: str
    role: str
    active: bool
    added_at: datetime


class ShopPersonWanted(Message, frozen=True, kw_only=True):
    """
    `role`: `shop` is the owner's, `till` takes payments and sees the day, `bookkeeper` reads days and statements.
    """

    login: str
    display_name: str
    role: Literal["shop", "till", "bookkeeper"] | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class ShopRefund(Message, frozen=True, kw_only=True):
    """
    `pin` is the shop's PIN for refunds, which a bound till has to send.
    """

    refund_id: str
    points: int
    reason: str
    pin: str | None | UnsetType = UNSET


class ShopReportView(Message, frozen=True, kw_only=True):
    """
    In the order of time; a day or month without a payment or refund has no row.
    """

    shop_id: str
    shop_name: str
    since: date
    until: date
    rows: list[ReportRowView]


class ShopSpendView(Message, frozen=True, kw_only=True):
    """
    A payment as the shop sees it: no member, no days of issue.

    `short_reference` has 8 characters that a person can read out.
    """

    spend_id: str
    short_reference: str
    points: int
    yen: int
    refunded_points: int
    way: str
    at: datetime


class ShopSumsView(Message, frozen=True, kw_only=True):
    """
    A shop's sums of the period. `points` and `yen` are what is left after refunds.
    """

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    points: int
    yen: int


class ShopTermsView(Message, frozen=True, kw_only=True):
    """
    Plain text, a blank line between paragraphs. `terms_version` is 0 as long as the city has written none.
    """

    municipality: str
    municipality_name: str
    terms_version: int
    text: str
    set_at: datetime | None
    version: str


class ShopView(Message, frozen=True, kw_only=True):
    """
    A shop on the register, and whether it has an account to be paid to.
    """

    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    number: str | None
    registered_at: datetime
    closed_at: datetime | None
    till_refunds: bool
    version: str
    has_bank: bool


class ShopWanted(Message, frozen=True, kw_only=True):
    name: str
    shop_id: str
    name_kana: str | UnsetType = UNSET
    category: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET


class ShopsPage(Message, frozen=True, kw_only=True):
    shops: list[ShopView]
    next_after: str | None


class ShopsWorkedAt(Message, frozen=True, kw_only=True):
    """
    The company's shops in order of id; `shop_id` is the one of this session.
    """

    name: str
    shops: list[CompanyShopView]
    shop_id: str


class SignIn(Message, frozen=True, kw_only=True):
    """
    `source` names the browser's network as the site saw it; `devices` are what the browser was given before.
    """

    mykey_id: str
    password: str
    shared_terminal: bool | UnsetType = UNSET
    source: str | UnsetType = UNSET
    devices: list[str] | UnsetType = UNSET


class SpendTaken(Message, frozen=True, kw_only=True):
    """
    `spend_id` is made by the shop's page and kept; sending the same again is the same payment.

    `code` is a pay code or a card; `pin` is typed by the holder of a card, where `pay-card-pin-needed` asks for it.
    """

    spend_id: str
    code: str
    points: int
    pin: str | None | UnsetType = UNSET


class SpendView(Message, frozen=True, kw_only=True):
    """
    `short_reference` has 8 characters that a person can read out.
    """

    spend_id: str
    short_reference: str
    municipality: str
    point_service: str
    shop_id: str
    points: int
    yen: int
    refunded_points: int
    way: str
    by_representative: bool
    at: datetime
    lots: list[LotView]


class SpendWanted(Message, frozen=True, kw_only=True):
    spend_id: str
    shop_code: str
    point_service: str
    points: int


class Spends(Message, frozen=True, kw_only=True):
    spends: list[SpendView]


class StaffChangeView(Message, frozen=True, kw_only=True):
    """
    Somebody's access was made, changed or ended. `change`: added, raised, reset, restarted, lowered or stopped.

    What two persons have done is two changes of one moment.
    """

    staff_id: str
    change: str
    by_staff: str
    at: datetime


class StaffPasswordAgain(Message, frozen=True, kw_only=True):
    """
    What lets somebody in later wants the password again, also from an open session.
    """

    password: str


class StaffPasswordChange(Message, frozen=True, kw_only=True):
    current: str
    new: str


class StaffSessionListed(Message, frozen=True, kw_only=True):
    """
    One place where this person is signed in.
    """

    session_id: str
    created_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    strong: bool
    current: bool


class StaffSessionView(Message, frozen=True, kw_only=True):
    """
    `actions` is what this role may do; a weak session (`strong` false) may only set up a second factor.

    With `till_id` it is a bound till's session: it calls what has `x-at-till`, whatever the role. `chooses_shop`: it may go to
    another shop of its company; `shop_id` is the one where it is.
    """

    staff_id: str
    municipality: str
    municipality_name: str
    display_name: str
    login: str
    role: str
    shop_id: str | None
    strong: bool
    first_password: bool
    actions: list[str]
    idle_ends_at: datetime
    ends_at: datetime
    till_id: str | None
    chooses_shop: bool


class StaffSessions(Message, frozen=True, kw_only=True):
    sessions: list[StaffSessionListed]


class StaffSessionsEnded(Message, frozen=True, kw_only=True):
    ended: int


class StaffSignIn(Message, frozen=True, kw_only=True):
    """
    `source` names the browser's network as the site saw it; `devices` are what the browser was given before.
    """

    login: str
    password: str
    source: str | UnsetType = UNSET
    devices: list[str] | UnsetType = UNSET


class StaffView(Message, frozen=True, kw_only=True):
    staff_id: str
    login: str
    display_name: str
    role: str
    shop_id: str | None
    has_totp: bool
    active: bool
    password_is_first: bool
    created_at: datetime
    version: str


class StaffWanted(Message, frozen=True, kw_only=True):
    """
    `platform` is the one role of the platform's own staff, and no role of a city's.
    """

    login: str
    display_name: str
    role: Literal["viewer", "operator", "approver", "administrator", "platform"]
    reason: str | UnsetType = UNSET


class StatementTermsView(Message, frozen=True, kw_only=True):
    """
    What statements of a cycle say besides its sums: the tax in the fee, the issuer's registration number, a note on tax.
    """

    fee_tax_percent: int
    invoice_number: str
    tax_note: str


class StepUpView(Message, frozen=True, kw_only=True):
    """
    `has_strong_proof`: the member has a card, phone or passkey, without which no sum can be set.
    """

    above: int | None
    has_strong_proof: bool


class StepUpWanted(Message, frozen=True, kw_only=True):
    """
    `above` in points; null for no question at all.
    """

    above: int | None


class StopWanted(Message, frozen=True, kw_only=True):
    """
    `urgent` is to be said where it begins in less than 30 days.
    """

    title_ja: str
    text_ja: str
    announcement_id: str
    stops_from: datetime
    stops_until: datetime
    title_en: str | UnsetType = UNSET
    title_easy: str | UnsetType = UNSET
    text_en: str | UnsetType = UNSET
    text_easy: str | UnsetType = UNSET
    urgent: bool | UnsetType = UNSET


class SupportBalanceView(Message, frozen=True, kw_only=True):
    """
    `points` can still be used, of which `held` are promised away; `due` says what ends when, the soonest first.
    """

    point_service: str
    points: int
    held: int
    due: list[DueView]


class SupportExchangeView(Message, frozen=True, kw_only=True):
    """
    An exchange as the city's desk sees it: no account at the partner.
    """

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    points: int | None
    reason: str | None
    started_at: datetime
    asked_at: datetime | None
    ended_at: datetime | None


class SupportLinkView(Message, frozen=True, kw_only=True):
    partner_id: str
    linked_at: datetime


class TakenView(Message, frozen=True, kw_only=True):
    """
    The shop's side of a payment; what the member has left is the member's affair.
    """

    spend: ShopSpendView
    replayed: bool


class TermsWanted(Message, frozen=True, kw_only=True):
    """
    An empty text ends applications on the web. `seen` is the `version` that the form was drawn from.
    """

    text: str
    reason: str
    seen: str | None | UnsetType = UNSET


class TillEnding(Message, frozen=True, kw_only=True):
    reason: str


class TillPinWanted(Message, frozen=True, kw_only=True):
    pin: str
    password: str


class TillRefunds(Message, frozen=True, kw_only=True):
    allowed: bool


class TillShown(Message, frozen=True, kw_only=True):
    """
    What the device was given last.
    """

    till_token: str


class TillView(Message, frozen=True, kw_only=True):
    """
    One bound device, and when it last showed its secret or was used.
    """

    till_id: str
    name: str
    bound_at: datetime
    used_at: datetime


class TillWanted(Message, frozen=True, kw_only=True):
    """
    `password` is that of who is signed in, typed again.
    """

    name: str
    password: str


class TimelineLine(Message, frozen=True, kw_only=True):
    """
    One line. `kind` is the ledger's for a move of points (`points` signed, `balance` after it), `exchange` with the
    exchange's `state` where it has brought nothing yet, or the kind of an event of the account.

    `party` is what the shop or project is called; `reason` why it was done; `made_by` a staff id. A payment or refund names its
    `spend_id` (a payment its `way`, `card` for one by card), a grant its `project_id` and its own `grant`, of which `cancellable` points can still be taken back.
    """

    at: datetime
    kind: str
    point_service: str | None
    points: int | None
    balance: int | None
    party: str | None
    partner_id: str | None
    issued: list[LotView]
    reason: str | None
    made_by: str | None
    short_reference: str | None
    spend_id: str | None
    way: str | None
    project_id: str | None
    grant: str | None
    cancellable: int
    exchange: SupportExchangeView | None


class TimelineWanted(Message, frozen=True, kw_only=True):
    """
    `before` is the `next_before` of the page before.
    """

    mykey_id: str
    reason: str
    before: int | None | UnsetType = UNSET
    limit: int | UnsetType = UNSET


class ToMunicipality(Message, frozen=True, kw_only=True, tag_field="kind", tag="municipality"):
    municipality: str
    point_service: str


class ToReserve(Message, frozen=True, kw_only=True, tag_field="kind", tag="reserve"):
    pass


class TotalWanted(Message, frozen=True, kw_only=True):
    """
    What the predecessor's system reports; `last_day` is null for points that never expire.

    Any day of the month or year where the file's `totals_by` says `month` or `year`.
    """

    point_service: str
    points: int
    last_day: date | None | UnsetType = UNSET


class TotpBegun(Message, frozen=True, kw_only=True):
    """
    `address` is what the authenticator app's camera reads as a QR; `seed` is for typing.
    """

    seed: str
    address: str


class TotpConfirmed(Message, frozen=True, kw_only=True):
    code: str


class TotpProof(Message, frozen=True, kw_only=True):
    sign_in_token: str
    code: str


class TransferFileView(Message, frozen=True, kw_only=True):
    """
    `downloaded` counts its downloads; `downloads` are the last 20 of them, oldest first.
    """

    number: int
    made_at: datetime
    made_by: str
    transfer_on: date
    yen: int
    send_by: date | None
    downloaded: int
    downloads: list[DownloadView]


class TransferFileWanted(Message, frozen=True, kw_only=True):
    """
    `transfer_on` is a bank day for which a file can still be sent; null is the paying day, or the next such day.
    """

    transfer_on: date | None | UnsetType = UNSET
    again: bool | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class TypedCellsView(Message, frozen=True, kw_only=True):
    """
    What stood in a line that is wrong.
    """

    mykey_id: str
    points: str
    note: str


class UnlockWanted(Message, frozen=True, kw_only=True):
    mykey_id: str
    reason: str


class UnusedView(Message, frozen=True, kw_only=True):
    """
    Unused points of each point service at the end of a day (for 31 March and 30 September).
    """

    day: date
    services: list[ServiceBalanceView]
    points: int


class VenueCode(Message, frozen=True, kw_only=True):
    """
    The text of the QR that the venue shows; it serves on this day only.
    """

    venue_code: str
    day: date


class VenueScanned(Message, frozen=True, kw_only=True):
    venue_code: str


class WaitingExchange(Message, frozen=True, kw_only=True):
    """
    `state_reason`: why it waits for a person, or how it ended.
    """

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    state_reason: str
    points: int
    reversed_points: int
    reference: str
    attempts: int
    started_at: datetime
    sent_at: datetime | None
    asked_at: datetime | None
    ask_at: datetime | None
    ended_at: datetime | None


class WaitingExchanges(Message, frozen=True, kw_only=True):
    """
    `more`: there are others that are not listed.
    """

    exchanges: list[WaitingExchange]
    more: bool


class WaitingFileView(Message, frozen=True, kw_only=True):
    """
    Another file of the project that is not applied yet, with `points` for `members` of this one.
    """

    file_id: str
    name: str
    members: int
    points: int


class WalletView(Message, frozen=True, kw_only=True):
    id: str
    name: LabelView


class WebhookKeyView(Message, frozen=True, kw_only=True):
    key_id: str
    direction: str
    party: str
    url: str | None
    made_at: datetime
    revoked_at: datetime | None


class WebhookWanted(Message, frozen=True, kw_only=True):
    """
    `direction`: `out` tells a portal how exchanges end, `mailer` tells what members are to be told, `digests` sends each
    day's digest; with `in` the partner `party` signs its pushes to us, and `url` is null.
    """

    direction: Literal["in", "out", "mailer", "digests"]
    party: str
    reason: str
    url: str | None | UnsetType = UNSET


class WindowNamed(Message, frozen=True, kw_only=True):
    """
    The window that begins at this minute in Japan.
    """

    starts_at: str
    reason: str


class WindowView(Message, frozen=True, kw_only=True):
    starts_at: datetime
    ends_at: datetime
    reason: str


class WindowWanted(Message, frozen=True, kw_only=True):
    """
    Minutes in Japan, such as 2026-12-31T02:00; `ends_at` is not included.
    """

    starts_at: str
    ends_at: str
    reason: str


class WordingView(Message, frozen=True, kw_only=True):
    """
    A text in three languages; `en` and `easy` (やさしい日本語) are the Japanese where nobody has written them.
    """

    ja: str
    en: str
    easy: str


class WorseView(Message, frozen=True, kw_only=True):
    """
    What members lose: a stable word and what pages show.
    """

    word: str
    ja: str


class AccessView(Message, frozen=True, kw_only=True):
    """
    How the member signs in. `locked_until` is the longest lock that stands after wrong passwords, null for none.
    """

    proofs: list[ProofView]
    language: str
    registered_at: datetime
    locked_until: datetime | None
    notices_read_until: datetime | None
    links: list[SupportLinkView]


class AccountNoticeList(Message, frozen=True, kw_only=True):
    notices: list[AccountNoticeView]


class ActingStarted(Message, frozen=True, kw_only=True):
    """
    The token is shown once and takes the place of the member's own, which has ended. `name`: for whom one acts now.

    `rights` are see, exchange and pay, as far as the desk has allowed them.
    """

    token: str
    session: SessionView
    name: str
    rights: list[str]


class AnnouncementView(Message, frozen=True, kw_only=True):
    """
    What is shown until just before `shown_until`. The texts are plain: their line breaks are all that they have.
    """

    announcement_id: str
    municipality: str
    municipality_name: str
    title: WordingView
    text: WordingView
    shown_from: datetime
    shown_until: datetime


class ApplicationResubmitted(Message, frozen=True, kw_only=True):
    """
    `keeps_account` leaves the account that was sent before; else it is `account`, or none.

    `seen` is the `version` that the form was drawn from.
    """

    number: str
    secret: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    contact: str
    mail: str
    terms_version: int
    account: BankAccountTyped | None | UnsetType = UNSET
    keeps_account: bool | UnsetType = UNSET
    seen: str | None | UnsetType = UNSET


class ApplicationView(Message, frozen=True, kw_only=True):
    """
    An application. `account` is null where none was sent, and once the shop has it.

    `reason` is that of the last decision; `erased_after` is when it goes unless something is done, null while it stays.
    """

    number: str
    municipality: str
    municipality_name: str
    state: str
    reason: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    contact: str
    mail: str
    account: BankView | None
    terms_version: int
    shop_id: str | None
    applied_at: datetime
    changed_at: datetime
    state_at: datetime
    erased_after: datetime | None
    version: str


class ApplicationWanted(Message, frozen=True, kw_only=True):
    """
    `request_id` is made by the caller and stored first; it makes the secret, so nobody else may guess it.

    `terms_version` is the version that the applicant has read and accepts. `source` names the browser's network.
    """

    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    contact: str
    mail: str
    request_id: str
    terms_version: int
    account: BankAccountTyped | None | UnsetType = UNSET
    source: str | UnsetType = UNSET


class AuditActionView(Message, frozen=True, kw_only=True):
    """
    A deed that a city's log may hold, as the filter takes it, and named for people.
    """

    action: str
    label: LabelView


class AuditActions(Message, frozen=True, kw_only=True):
    actions: list[AuditActionView]


class AuditFactView(Message, frozen=True, kw_only=True):
    """
    One fact of a line, named for people; `value_label` where the value is a word that only the log has.
    """

    name: str
    label: LabelView
    value: str | int
    value_label: LabelView | None


class AuditLineView(Message, frozen=True, kw_only=True):
    """
    `facts` are as they are stored and hashed; `named_facts` are those that say something, named for people.
    """

    seq: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    action_label: LabelView
    subject: str
    reason: str
    facts: dict[str, str | int]
    named_facts: list[AuditFactView]
    hash: str


class AuditPage(Message, frozen=True, kw_only=True):
    lines: list[AuditLineView]
    next_before: int | None


class Balances(Message, frozen=True, kw_only=True):
    reserve: BalanceView
    reserve_heaps: list[HeapView]
    municipal: list[MunicipalBalanceView]
    events: list[EventBalanceView]


class BankOf(Message, frozen=True, kw_only=True):
    """
    Null as long as nobody has said where to pay.
    """

    account: BankView | None


class CampaignNameView(Message, frozen=True, kw_only=True):
    """
    `party` is how figures call who pays for the campaign's points.
    """

    party: str
    name: LabelView


class CampaignView(Message, frozen=True, kw_only=True):
    id: str
    name: LabelView
    funder: str
    extra_points_per_unit: int


class CarryInProposal(Message, frozen=True, kw_only=True):
    """
    The predecessor's sums, by point service and what the file's `totals_by` says.
    """

    totals: list[TotalWanted]
    reason: str | UnsetType = UNSET


class CarryInView(Message, frozen=True, kw_only=True):
    """
    `state`: checking, faulty, checked, approved (being carried in), applied, sent_back or cancelled.

    `proposal_id` is the proposal in which a checked file waits; `totals` are its sums by point service and last day. With
    more than 500 last days they are by month, then by year: `totals_by`, and `last_day` is the last day of it. All three
    where one file is asked for.
    """

    file_id: str
    name: str
    state: str
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_at: datetime | None
    proposal_id: str | None
    totals_by: str
    totals: list[LotTotalView]


class CityAnnouncementView(Message, frozen=True, kw_only=True):
    """
    As staff see it. `stops_from` is set for a planned stop alone.
    """

    announcement_id: str
    municipality: str
    municipality_name: str
    title: WordingView
    text: WordingView
    shown_from: datetime
    shown_until: datetime
    audience: str
    state: Annotated[
        str,
        Meta(description="Follows from the clock and from whether it was withdrawn."),
    ]
    stops_from: datetime | None
    published_by: str
    published_at: datetime


class CityAnnouncements(Message, frozen=True, kw_only=True):
    """
    The one that ends last comes first; at most 200.
    """

    announcements: list[CityAnnouncementView]


class CityMemberView(Message, frozen=True, kw_only=True):
    """
    A member as the city's staff may see one who has its points, or has chosen it as 基本自治体.

    The name is masked for roles that help nobody at the desk.
    """

    mykey_id: str
    display_name: str
    balances: list[ServiceBalanceView]


class CityPartner(Message, frozen=True, kw_only=True):
    """
    `open_exchanges` to this city, for `open_points`, the oldest sent at `oldest_at`; some wait for a person.

    `campaigns` are those of the partner's rates that were asked for last.
    """

    partner_id: str
    name: LabelView
    open_exchanges: int
    open_points: int
    oldest_at: datetime | None
    waiting_for_a_person: int
    campaigns: list[CampaignNameView]


class CityPartners(Message, frozen=True, kw_only=True):
    partners: list[CityPartner]


class CityReference(Message, frozen=True, kw_only=True):
    shop_id: str
    spend: ShopSpendView


class CityReferences(Message, frozen=True, kw_only=True):
    """
    Payments of the last 400 days at the city's shops, newest first: nearly always one.
    """

    spends: list[CityReference]


class CitySpend(Message, frozen=True, kw_only=True):
    """
    A payment as the city's staff looks it up, with what was given back of it.

    Of what has not come back `refundable_points` still can; `expired_points` would be gone at once and stay with the shop.
    """

    spend: ShopSpendView
    shop_id: str
    refundable_points: int
    expired_points: int
    refunds: list[RefundView]


class ClaimedView(Message, frozen=True, kw_only=True):
    """
    What was taken over.
    """

    points: int
    lots: list[LotTotalView]


class ClientKeyWanted(Message, frozen=True, kw_only=True):
    """
    `public_key` is the public half of an Ed25519 pair, as PEM or base64 of its 32 bytes; the private half stays where it was made.

    `last_day`: the last day in Japan on which it is good; null: no end. `shop`: the one shop whose till signs with it.
    """

    client: str
    public_key: str
    scope: Literal["portal", "municipal", "pos", "read-only"]
    reason: str
    last_day: date | None | UnsetType = UNSET
    shop: ShopOfKey | None | UnsetType = UNSET


class CompaniesView(Message, frozen=True, kw_only=True):
    companies: list[CompanyView]


class CompanyCycleView(Message, frozen=True, kw_only=True):
    """
    A closed cycle: a line for each shop, and what they were paid together.
    """

    cycle: CycleView
    lines: list[ShopLineView]
    paid_yen: int
    transfer_yen: int


class CompanyCycles(Message, frozen=True, kw_only=True):
    cycles: list[CompanyCycleView]


class CompanyReportView(Message, frozen=True, kw_only=True):
    """
    Each shop's sums, and the company's.
    """

    company_id: str
    name: str
    since: date
    until: date
    shops: list[ShopSumsView]
    points: int
    yen: int


class CorrectionView(Message, frozen=True, kw_only=True):
    """
    One line that corrects the cycle `corrects`, by what it adds to the shop's sum: a refund is below zero.

    Without a `refund_id` it is the payment itself, committed after the closing of its own cycle.
    """

    shop_id: str
    shop_name: str
    spend_id: str
    refund_id: str | None
    paid_at: datetime
    corrects: CycleView
    at: datetime
    points: int
    yen: int
    reason: str
    made_by: str


class CorrectionsList(Message, frozen=True, kw_only=True):
    """
    What in a cycle corrects earlier ones, and its sums; it can still change while `closed_at` is null.
    """

    cycle: CycleView
    closed_at: datetime | None
    points: int
    yen: int
    corrections: list[CorrectionView]


class Credential(Message, frozen=True, kw_only=True):
    """
    A PublicKeyCredential as its own `toJSON()` writes it.
    """

    id: str
    rawId: str
    type: Literal["public-key"]
    response: CredentialResponse
    authenticatorAttachment: Literal["platform", "cross-platform"] | None | UnsetType = UNSET
    clientExtensionResults: dict[str, Any] | None | UnsetType = UNSET


class CycleDebts(Message, frozen=True, kw_only=True):
    ended: list[EndedDebtView]


class CycleListed(Message, frozen=True, kw_only=True):
    """
    `paid_yen` is null while the cycle is not closed.
    """

    cycle: CycleView
    paid_yen: int | None


class CyclesList(Message, frozen=True, kw_only=True):
    """
    `rules`: how cycles end and are paid today, then each change that is to come.
    """

    cycles: list[CycleListed]
    rules: list[CycleRuleView]


class DecisionView(Message, frozen=True, kw_only=True):
    """
    Shown this once, where the deed made one: `first_password` for `staff`, `member_code` for a member, `new_secret` for a webhook.

    `key_id` names the key that the secret belongs to.
    """

    proposal: ProposalView
    staff: StaffView | None
    first_password: str | None
    member_code: str | None
    new_secret: str | None
    key_id: str | None


class DeedRuleList(Message, frozen=True, kw_only=True):
    deeds: list[DeedRuleView]


class ExaminedApplicationView(Message, frozen=True, kw_only=True):
    """
    `terms` is the text that the applicant has accepted; `duplicates` is null where it was not asked for.
    """

    application: ApplicationView
    terms: ShopTermsView
    duplicates: list[DuplicateView] | None


class Expiries(Message, frozen=True, kw_only=True):
    """
    What a member has, the soonest to expire first; `last_day` null is never.
    """

    points: list[ExpiryView]


class FileLineView(Message, frozen=True, kw_only=True):
    """
    `fault` is a word, `fault_ja` and `remedy_ja` say it, `column` names where it is; `typed` stands beside a fault.

    `kept` are the other columns of the line that the upload keeps.
    """

    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None
    fault_ja: str | None
    remedy_ja: str | None
    column: str | None
    typed: TypedCellsView | None
    kept: dict[str, str]


class FileLines(Message, frozen=True, kw_only=True):
    lines: list[FileLineView]
    next_after: int | None


class FileOverlapView(Message, frozen=True, kw_only=True):
    """
    How many members of the file were granted in its project before, and how much; `lines` names the first.

    `waiting` are other files of the project that wait for an approval or are being applied, with members of this one.
    """

    members: int
    points: int
    lines: list[GrantedBeforeView]
    waiting: list[WaitingFileView]


class GivenBackView(Message, frozen=True, kw_only=True):
    refund: RefundView
    spend: ShopSpendView
    replayed: bool


class GrantList(Message, frozen=True, kw_only=True):
    grants: list[GrantView]
    next_after: str | None


class HalfYearView(Message, frozen=True, kw_only=True):
    """
    In yen, of what was issued for value. `duty`: exempt (Article 4, item 3), below or above the threshold.

    `issued_yen`, `carried_in_yen` (from a predecessor's system) and `recovered_yen` are of the half year; `unused_yen` stands at its end, and beside it what was free.
    """

    issuer: IssuerView
    point_services: list[str]
    issued_yen: int
    carried_in_yen: int
    recovered_yen: int
    unused_yen: int
    free_unused_yen: int
    duty: str


class HalfYears(Message, frozen=True, kw_only=True):
    since: date
    until: date
    threshold_yen: int
    issuers: list[HalfYearView]


class HistoryLine(Message, frozen=True, kw_only=True):
    """
    One line: what it was (`kind`), when, how many points (signed), the balance after it, both sides' names.

    `reference` is the partner's own, or a payment's id; `exchange_id` is ours, which the partner knows too.
    `short_reference` is the exchange's or the payment's, 8 characters that a person can read out.
    `party` is what the shop or the grant project on the other side is called; `way` how a payment was made: `shop_scans`,
    `member_pays` or `card`.
    """

    seq: int
    at: datetime
    kind: str
    points: int
    balance: int
    from_or_to: str
    reference: str | None
    exchange_id: str | None
    short_reference: str | None
    partner_id: str | None
    campaign: str | None
    party: str | None
    way: str | None
    issued: list[LotView]


class HistoryPage(Message, frozen=True, kw_only=True):
    lines: list[HistoryLine]
    next_before: int | None


class IssueView(Message, frozen=True, kw_only=True):
    cards: list[IssuedCardView]
    left_out: list[NotIssuedView]


class KeyList(Message, frozen=True, kw_only=True):
    client_keys: list[ClientKeyView]
    webhook_keys: list[WebhookKeyView]


class MatchView(Message, frozen=True, kw_only=True):
    """
    Whose payment or exchange it is. The name is masked for roles that help nobody at the desk.
    """

    mykey_id: str
    display_name: str
    shop_id: str | None
    spend: ShopSpendView | None
    exchange: SupportExchangeView | None


class Matches(Message, frozen=True, kw_only=True):
    """
    At most 50, newest first.
    """

    matches: list[MatchView]


class MemberPasskeyMade(Message, frozen=True, kw_only=True):
    token: str
    credential: Credential
    name: str


class Municipalities(Message, frozen=True, kw_only=True):
    municipalities: list[MunicipalityView]


class NoticeView(Message, frozen=True, kw_only=True):
    """
    `points` is signed. `municipality` and `point_service` name whose points they are; null for the reserve.

    `last_day` is set for points that will expire, `exchange_id` and `partner_id` for an exchange, `announcement_id` and `title`
    for an announcement, which is a notice only while it is shown.
    """

    kind: str
    at: datetime
    unread: bool
    points: int | None
    municipality: str | None
    municipality_name: str | None
    point_service: str | None
    point_service_name: str | None
    exchange_id: str | None
    partner_id: str | None
    last_day: date | None
    announcement_id: str | None
    title: WordingView | None


class Notices(Message, frozen=True, kw_only=True):
    """
    The newest of the last 90 days, at most 50; `unread` counts among them.
    """

    unread: int
    notices: list[NoticeView]


class OpenExchangesList(Message, frozen=True, kw_only=True):
    """
    Exchanges into the city's points whose outcome is not known yet: sending, open or needs_a_person.
    """

    open: list[OpenExchangesView]


class Order(Message, frozen=True, kw_only=True):
    """
    A message of Standard Webhooks. `exchange_id` is the partner's own order id and the idempotency key.
    """

    type: str
    timestamp: str
    data: OrderData


class PaidView(Message, frozen=True, kw_only=True):
    """
    The member's side of a payment; `left` is what can still be used.
    """

    spend: SpendView
    shop_name: str
    left: int
    replayed: bool
    representative: str | None


class PartnerCallView(Message, frozen=True, kw_only=True):
    hook: str
    outcome: str
    text: str
    ms: int
    requests: list[PartnerRequestView]


class PartnerMonthView(Message, frozen=True, kw_only=True):
    """
    `owes` is the partner's own part, after reversals and corrections; campaigns are owed by their funders.

    `compared` exchanges were laid beside the partner's book since they ended; on `days_left` days nobody has compared
    yet, and `differences` of the others nobody has closed.

    `funders_reversed` comes off what each funder's lines say, and `funders_corrected` comes on top of it (or off it,
    below zero).
    """

    partner_id: str
    name: LabelView
    month: str
    lines: list[RateLineView]
    exchanges: int
    compared: int
    days_left: int
    differences: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    funders_reversed: Annotated[dict[str, int], Meta(examples=[{"kasama": 100}])]
    funders_corrected: Annotated[dict[str, int], Meta(examples=[{"kasama": -100}])]
    open_outcomes: int
    owes: int
    reconciled: bool


class PartnerMonths(Message, frozen=True, kw_only=True):
    partners: list[PartnerMonthView]


class PartnerStanding(Message, frozen=True, kw_only=True):
    """
    How a partner stands. `windows` are its maintenance windows that are not over. `to_compare` days until yesterday have not come out even or were not compared.

    `connected`: its plugin is loaded here. `decided_by` decided last about pause and pace.
    """

    partner_id: str
    name: LabelView | None
    connected: bool
    paused: bool
    paused_because: str
    decided_by: str
    calls_per_minute: int | None
    maintenance_from: datetime | None
    maintenance_until: datetime | None
    windows: list[WindowView]
    lists_days: bool
    open_exchanges: int
    need_a_person: int
    oldest_sent_at: datetime | None
    last_compared_on: date | None
    to_compare: int
    differences: int


class PartnerStandings(Message, frozen=True, kw_only=True):
    partners: list[PartnerStanding]


class PartnerView(Message, frozen=True, kw_only=True):
    partner_id: str
    name: LabelView
    kind: str
    link: str
    points_name: LabelView
    wallets: list[WalletView]
    arrives_within_s: int
    terms: LabelView
    notes: list[LabelView]
    linked: bool
    open: bool
    closed_until: datetime | None
    maintenance: list[MaintenanceView]


class Partners(Message, frozen=True, kw_only=True):
    partners: list[PartnerView]


class PasskeyMade(Message, frozen=True, kw_only=True):
    token: str
    credential: Credential
    name: str


class PasskeyProof(Message, frozen=True, kw_only=True):
    sign_in_token: str
    credential: Credential


class PasskeySignIn(Message, frozen=True, kw_only=True):
    browser: str
    token: str
    credential: Credential
    shared_terminal: bool | UnsetType = UNSET


class PayCodeState(Message, frozen=True, kw_only=True):
    """
    Null while the code was not used; the portal asks every second or two while it shows the code.
    """

    spend: SpendView | None
    shop_name: str | None


class PayoutList(Message, frozen=True, kw_only=True):
    payouts: list[PayoutView]


class PeopleNamed(Message, frozen=True, kw_only=True):
    people: list[PersonNamed]


class PlannedStopView(Message, frozen=True, kw_only=True):
    """
    The gateway does not serve from `stops_from` until just before `stops_until`.
    """

    announcement_id: str
    title: WordingView
    text: WordingView
    stops_from: datetime
    stops_until: datetime


class PlannedStops(Message, frozen=True, kw_only=True):
    """
    Those that are announced now, the next first.
    """

    stops: list[PlannedStopView]


class PrivacyTextList(Message, frozen=True, kw_only=True):
    privacy_texts: list[PrivacyTextView]


class ProposalList(Message, frozen=True, kw_only=True):
    proposals: list[ProposalView]
    next_after: str | None


class Push(Message, frozen=True, kw_only=True):
    """
    A message of Standard Webhooks. Only the exchange id is used; what became of it, we ask.
    """

    type: str
    timestamp: str
    data: PushData


class QuoteLineView(Message, frozen=True, kw_only=True):
    """
    `amount` leaves the wallet; `points` arrive, of which `campaign_points` are paid by `funder`.

    `lots` are what `amount` is drawn from, first to last; empty where the partner tells no last days.
    """

    wallet: str
    wallet_name: LabelView
    units: int
    amount: int
    points: int
    cost_per_unit: int
    points_per_unit: int
    campaign: str | None
    campaign_name: LabelView | None
    campaign_points: int
    funder: str | None
    rate_ends_at: str | None
    rate_sample: bool
    lots: list[QuoteLotView]


class QuoteView(Message, frozen=True, kw_only=True):
    quote_id: str
    destination: DestinationView
    units: int
    lines: list[QuoteLineView]
    points: int
    campaign_points: int
    terms: LabelView
    notes: list[LabelView]
    quoted_at: datetime
    ends_at: datetime
    arrives_within_s: int


class QuoteWanted(Message, frozen=True, kw_only=True):
    destination: ToReserve | ToMunicipality
    units: int | str | None | UnsetType = UNSET


class RateView(Message, frozen=True, kw_only=True):
    """
    One unit (口): `cost_per_unit` of the wallet become `points_per_unit`. `sample`: no source confirms it.
    """

    wallet: str
    cost_per_unit: int
    points_per_unit: int
    starts_at: datetime | None
    ends_at: datetime | None
    campaign: CampaignView | None
    sample: bool
    source: str


class RecordSection(Message, frozen=True, kw_only=True):
    """
    One kind of data. `since` is the oldest row's time. `rows` have the `fields`, each a text, a number or null.

    `days`: after how many days a row goes, where `retention` is a matter of days.
    """

    name: str
    title: LabelView
    why: LabelView
    retention: Annotated[str, Meta(description="How long it is kept.")]
    days: int | None
    since: datetime | None
    fields: list[str]
    rows: list[dict[str, str | int | None]]


class RuleView(Message, frozen=True, kw_only=True):
    """
    One version. `state`: past, in_force or upcoming. Limits are points by member and day.
    """

    version: int
    state: str
    takes_effect_on: date
    expiry: str
    expiry_count: int
    expiry_day: date | None
    unit_value_yen: int
    open_for_direct_exchange: bool
    most_spent_a_day: int | None
    most_granted_a_day: int | None
    worse: list[WorseView]
    decided_at: datetime


class Rules(Message, frozen=True, kw_only=True):
    municipality: str
    point_service: str
    name: str
    rules: list[RuleView]


class SessionStarted(Message, frozen=True, kw_only=True):
    """
    The token is shown once; send it as Authorization: Bearer. It ends by itself and on sign-out.

    `device` is for the browser to keep and to send at the next sign-in: others' misses do not lock it out.
    `missed_elsewhere` is how often others had a wrong password for this MyKey ID since the last sign-in; tell the member.
    """

    token: str
    session: SessionView
    member: MemberView
    device: str | None
    missed_elsewhere: int


class SettlementView(Message, frozen=True, kw_only=True):
    """
    A cycle with a line a shop; not closed, it shows what closing now would give.

    `yen` is paid, `transfer_yen` of it transferred, after the `fee_yen` and `return_fee_yen` that shops bear; `has_fees` says whether a
    transfer costs anything, `has_return_fees` whether the bank asked for what came back. `terms` is null where the city had set nothing of fees and tax.
    """

    cycle: CycleView
    closed_at: datetime | None
    closed_by: str | None
    yen: int
    fee_yen: int
    city_fee_yen: int
    transfer_yen: int
    has_fees: bool
    return_fee_yen: int
    city_return_fee_yen: int
    open_return_fee_yen: int
    has_return_fees: bool
    terms: StatementTermsView | None
    lines: list[ShopLineView]


class ShopCycle(Message, frozen=True, kw_only=True):
    cycle: CycleView
    line: ShopLineView


class ShopCycles(Message, frozen=True, kw_only=True):
    """
    `rules`: how cycles end and are paid today, then each change that is to come.
    """

    cycles: list[ShopCycle]
    rules: list[CycleRuleView]


class ShopDay(Message, frozen=True, kw_only=True):
    """
    A shop's day, newest first, with its sums. `may_refund`: whether who asks may give points back here.
    """

    day: date
    spends: list[ShopSpendView]
    points: int
    refunded_points: int
    may_refund: bool


class ShopPeople(Message, frozen=True, kw_only=True):
    """
    `changes` are those of the last 30 days, newest first.
    """

    people: list[ShopPersonView]
    changes: list[LoginChangeView]


class ShopReferences(Message, frozen=True, kw_only=True):
    spends: list[ShopSpendView]


class StaffAdded(Message, frozen=True, kw_only=True):
    """
    `first_password` is shown this once; it opens nothing but its own change.
    """

    staff: StaffView
    first_password: str


class StaffChangeList(Message, frozen=True, kw_only=True):
    changes: list[StaffChangeView]


class StaffList(Message, frozen=True, kw_only=True):
    staff: list[StaffView]


class StaffMe(Message, frozen=True, kw_only=True):
    session: StaffSessionView
    has_totp: bool
    passkeys: list[PasskeyView]


class StaffSessionStarted(Message, frozen=True, kw_only=True):
    """
    Either a session with its `token`, or half a sign-in: complete it at /v1/staff/sessions/passkey or /totp.

    `device` is for the browser to keep and to send at the next sign-in; `missed_elsewhere` counts others' wrong passwords.
    """

    token: str | None
    session: StaffSessionView | None
    sign_in_token: str | None
    by_passkey: bool
    by_totp: bool
    passkey_options: dict[str, Any] | None
    device: str | None
    missed_elsewhere: int


class StatementView(Message, frozen=True, kw_only=True):
    """
    A shop's statement of a cycle, payment by payment; `closed_at` is null while it can still change.

    `corrections` tells which of the payments and refunds correct earlier cycles. `fee_tax_yen` is the tax in the line's fees.
    """

    cycle: CycleView
    closed_at: datetime | None
    shop: ShopView
    line: ShopLineView
    spends: list[ShopSpendView]
    refunds: list[RefundView]
    corrections: list[CorrectionView]
    terms: StatementTermsView | None
    fee_tax_yen: int


class StepView(Message, frozen=True, kw_only=True):
    """
    One step of the story: the state that it led to, what happened, what was written down, the calls to the partner.
    """

    step: int
    at: datetime
    state: str
    what: str
    facts: Annotated[dict[str, str], Meta(examples=[{"because": "phone call", "by": "佐藤"}])]
    calls: list[PartnerCallView]


class TillBound(Message, frozen=True, kw_only=True):
    """
    `till_token` is for the device to keep, and shown this once; unused for `unused_days` it is worth nothing.
    """

    till: TillView
    till_token: str
    unused_days: int


class TillList(Message, frozen=True, kw_only=True):
    """
    The bound tills, the newest first. `pin_set` and `pin_locked` say how the PIN for refunds stands.
    """

    tills: list[TillView]
    pin_set: bool
    pin_locked: bool


class TillOpenedView(Message, frozen=True, kw_only=True):
    """
    A session of the till with its `token`, and the `till_token` that the device keeps from now on in place of the old one.
    """

    token: str
    session: StaffSessionView
    till: TillView
    till_token: str
    unused_days: int


class TimelineView(Message, frozen=True, kw_only=True):
    """
    Newest first. `access` and `pay_cards` are null for roles that help nobody at the desk; `owed` is owed of grants that were taken back.
    """

    mykey_id: str
    display_name: str
    balances: list[SupportBalanceView]
    owed: int
    access: AccessView | None
    pay_cards: PayCardsView | None
    lines: list[TimelineLine]
    next_before: int | None


class TransferFileList(Message, frozen=True, kw_only=True):
    """
    `transfer_on` is the day of a file that is made today without another one.

    `send_by` is the last day on which the bank takes a file for it; null where the settings do not say how long it needs.
    `is_late`: the cycle's paying day cannot be met any more.
    """

    files: list[TransferFileView]
    transfer_on: date
    send_by: date | None
    is_late: bool


class AnnouncementList(Message, frozen=True, kw_only=True):
    announcements: list[AnnouncementView]


class ApplicationAdded(Message, frozen=True, kw_only=True):
    """
    `secret` is shown this once; the same request again gives the same one.
    """

    application: ApplicationView
    secret: str


class ApplicationList(Message, frozen=True, kw_only=True):
    applications: list[ApplicationView]
    next_after: str | None


class CarryInList(Message, frozen=True, kw_only=True):
    files: list[CarryInView]


class ExchangeStory(Message, frozen=True, kw_only=True):
    exchange: WaitingExchange
    lines: list[QuotedLineView]
    steps: list[StepView]
    moves: list[MoveView]
    reversals: list[ReversalView]


class ExchangeView(Message, frozen=True, kw_only=True):
    """
    One exchange. `redirect_url` is where the browser goes while the state is `awaiting_return`.

    `short_reference` has 8 characters that a person can read out. `retry_at`: the partner has not looked at it (`not_sent` with `not_processed`), and takes a new one from then on.
    """

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    redirect_url: str | None
    coupon_value: dict[str, int] | None
    link: LinkView | None
    quote: QuoteView | None
    points: int | None
    reference: str | None
    reason: str | None
    promised_by: datetime | None
    started_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    next_look_at: datetime | None
    retry_at: datetime | None
    representative: str | None


class ExchangesPage(Message, frozen=True, kw_only=True):
    exchanges: list[ExchangeView]
    next_before: str | None


class MemberRecordView(Message, frozen=True, kw_only=True):
    """
    All that is kept of one member, as one moment of the database.
    """

    made_at: datetime
    mykey_id: str
    sections: list[RecordSection]


class MemberReferences(Message, frozen=True, kw_only=True):
    """
    The member's own exchanges and payments with this reference: nearly always one.
    """

    exchanges: list[ExchangeView]
    spends: list[SpendView]


class OfferView(Message, frozen=True, kw_only=True):
    """
    The figures of the input screen. `available` is in each wallet's own points, in order of priority.

    `lots` are what it is made of, in the order in which the partner draws on it; empty where the partner tells none.
    """

    destination: DestinationView
    available: dict[str, int]
    priority: list[str]
    rates: list[RateView]
    most_units: int
    terms: LabelView
    notes: list[LabelView]
    lots: list[OfferLotView]


class OidcArrived(Message, frozen=True, kw_only=True):
    """
    `started` where the phone was known and a sign-in was asked for; else `arrival`, for what was begun.
    """

    purpose: str
    started: SessionStarted | None
    arrival: str | None
    expires_at: datetime | None


class Overview(Message, frozen=True, kw_only=True):
    """
    `waiting` holds the newest exchanges whose outcome is not known yet, `expiring` the next 30 days.

    `unread_notices` counts what `/v1/notices` has that the member has not read.
    """

    member: MemberView
    balances: Balances
    expiring: list[MemberExpiringView]
    waiting: list[ExchangeView]
    unread_notices: int
