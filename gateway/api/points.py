"""A member's points: balances, history, allocation to municipalities, contributions to support events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from core_ledger import Balance, Entry, Receipt, chart, entries
from core_ledger.read_model import Position
from gateway.api.fields import (
    EventId,
    EventPath,
    MunicipalityCode,
    PageQuery,
    Points,
    PointServiceId,
    PointServicePath,
    Uuid,
    View,
)
from gateway.api.member_request import MemberRequest
from gateway.cities.statistics.counterparty_names import parties
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members import representations
from gateway.members.member_rows import Member, require_member
from gateway.platform.short_reference import short_reference
from gateway.points import account_positions, directory, rules, support_events
from gateway.points.allocation import RESERVE_PERIOD
from gateway.points.expiry import usable
from gateway.services import Services
from httpkit.clock import day_of

api = Api()


class AllocationWanted(Strict):
    allocation_id: Uuid
    points: Points
    municipality: MunicipalityCode
    point_service: PointServiceId


class ContributionWanted(Strict):
    contribution_id: Uuid
    points: Points
    event_id: EventId


class LotView(View):
    issued_on: date
    points: int


class ReceiptView(View):
    """Proof that a move is in the member's book, sealed at place `seq` by `hash`."""

    move_id: str
    seq: int
    hash: str
    points: int
    lots: list[LotView]
    replayed: bool

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptView:
        return cls(
            move_id=receipt.move_id,
            seq=receipt.seq,
            hash=receipt.hash,
            points=receipt.points,
            lots=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in receipt.lot_movements],
            replayed=receipt.replayed,
        )


class BalanceView(View):
    """`available` can be used now; `held` is promised away, `coming` is promised and not here yet."""

    points: int
    available: int
    held: int
    coming: int

    @classmethod
    def of(cls, balance: Balance) -> BalanceView:
        return cls(
            points=balance.posted, available=balance.available, held=balance.held, coming=balance.coming
        )


class MunicipalBalanceView(View):
    """Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them."""

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


class EventBalanceView(View):
    event_id: str
    event_name: str
    balance: BalanceView


class HeapView(View):
    """Reserve points issued on one day, and the day on which they move by themselves."""

    issued_on: date
    points: int
    moves_on: date


class Balances(View):
    reserve: BalanceView
    reserve_heaps: list[HeapView]
    municipal: list[MunicipalBalanceView]
    events: list[EventBalanceView]


class HistoryLine(View):
    """One line: what it was (`kind`), when, how many points (signed), the balance after it, both sides' names.

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

    @classmethod
    def of(cls, entry: Entry, party: str | None) -> HistoryLine:
        return cls(
            seq=entry.seq,
            at=entry.at,
            kind=entry.kind,
            points=entry.points,
            balance=entry.balance,
            from_or_to=_other_side(entry.counterparty),
            reference=entry.reference or None,
            exchange_id=entry.details.get("exchange_id"),
            short_reference=_short_reference(entry),
            partner_id=entry.details.get("partner_id"),
            campaign=entry.details.get("campaign"),
            party=party,
            way=entry.details.get("way"),
            issued=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in entry.lots],
        )


class HistoryPage(View):
    lines: list[HistoryLine]
    next_before: int | None

    @classmethod
    def of(cls, entries: Iterable[Entry], parties: Mapping[int, str], limit: int) -> HistoryPage:
        """`parties` are names by the lines' places in the book."""
        lines = [HistoryLine.of(entry, parties.get(entry.seq)) for entry in entries]
        return cls(lines=lines, next_before=lines[-1].seq if len(lines) == limit else None)


@api.get(
    "/v1/balances", tag="points", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: Balances}
)
async def balances(call: MemberRequest) -> TypedResponse:
    """留保ポイント, 自治体ポイント by point service with the 基本自治体 marked, and event points."""
    member_id, today = call.member.member_id, day_of(call.services.clock())

    def job(conn: Connection) -> Balances:
        return balances_of(conn, require_member(conn, member_id), today)

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/history/reserve",
    tag="points",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    query=PageQuery,
    returns={200: HistoryPage},
)
async def reserve_history(call: MemberRequest[None, PageQuery]) -> TypedResponse:
    """留保ポイントの履歴, newest first."""
    return await _history(call.services, call.query, chart.reserve(call.member.member_id))


@api.get(
    "/v1/history/municipal/{municipality}/{point_service}",
    tag="points",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    path=PointServicePath,
    query=PageQuery,
    returns={200: HistoryPage},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def municipal_history(
    call: MemberRequest[None, PageQuery, PointServicePath],
) -> TypedResponse:
    """自治体ポイントの履歴 of one point service, newest first."""
    code, service = call.path.municipality, call.path.point_service
    await call.services.store.read(lambda conn: directory.require_known_service(conn, code, service))
    return await _history(call.services, call.query, chart.municipal(call.member.member_id, code, service))


@api.get(
    "/v1/history/events/{event_id}",
    tag="points",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    path=EventPath,
    query=PageQuery,
    returns={200: HistoryPage},
    refuses=("unknown-event",),
)
async def event_history(
    call: MemberRequest[None, PageQuery, EventPath],
) -> TypedResponse:
    """特定支援イベントポイントの履歴 of one event, newest first."""
    event_id = call.path.event_id
    await call.services.store.read(lambda conn: support_events.require_shown(conn, event_id))
    return await _history(call.services, call.query, chart.event_share(call.member.member_id, event_id))


@api.post(
    "/v1/allocations",
    tag="points",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    body=AllocationWanted,
    returns={201: ReceiptView, 200: ReceiptView},
    refuses=(
        "unknown-representation",
        "representation-over",
        "not-enough-points",
        "points-expired-there",
        "id-reused",
        "unknown-municipality",
        "unknown-point-service",
    ),
)
async def allocate(call: MemberRequest[AllocationWanted]) -> TypedResponse:
    """Move points from the reserve to a municipality (各自治体ポイントへの移行), under an id that you made.

    The same id with the same content again is the same allocation (200).
    """
    acting, body = call.member.acting, call.body
    if acting is not None:
        kind, now = representations.ActKind.ALLOCATION, call.services.clock()
        await call.services.store.run(
            lambda conn: representations.record_act(
                conn, acting, kind, body.allocation_id, now, points=body.points
            )
        )
    receipt = await call.services.allocations.allocate(
        call.member.member_id,
        call.body.allocation_id,
        call.body.points,
        call.body.municipality,
        call.body.point_service,
    )
    return TypedResponse(200 if receipt.replayed else 201, ReceiptView.of(receipt))


@api.post(
    "/v1/contributions",
    tag="points",
    caller=AuthLevel.MEMBER,
    body=ContributionWanted,
    returns={201: ReceiptView, 200: ReceiptView},
    refuses=("not-enough-points", "id-reused", "unknown-event", "event-not-open", "event-not-for-member"),
)
async def contribute(call: MemberRequest[ContributionWanted]) -> TypedResponse:
    """Move points from the reserve to a support event (留保ポイントを個別特定支援イベントに移行)."""
    receipt = await call.services.allocations.contribute(
        call.member.member_id, call.body.contribution_id, call.body.points, call.body.event_id
    )
    return TypedResponse(200 if receipt.replayed else 201, ReceiptView.of(receipt))


async def _history(services: Services, page: PageQuery, account: str) -> TypedResponse:
    book = ":".join(account.split(":")[:2])

    def job(conn: Connection) -> HistoryPage:
        found = entries(conn, book, account, before=page.before, limit=page.limit)
        return HistoryPage.of(found, parties(conn, found), page.limit)

    return TypedResponse(200, await services.store.read(job))


def balances_of(
    conn: Connection, member: Member, today: date, positions: Mapping[str, Position] | None = None
) -> Balances:
    """All balances of one member, as one read sees them; `positions` where they were read already.

    Municipal points whose last day is over are not available, also before the nightly sweep has written them off.
    """
    book, reserve = chart.member_book(member.member_id), chart.reserve(member.member_id)
    found = account_positions.of_book(conn, book) if positions is None else positions
    default = (member.default_municipality, member.default_point_service)
    municipal: list[MunicipalBalanceView] = []
    events: list[EventBalanceView] = []
    for account, position in found.items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service]:
                municipal.append(
                    _municipal(conn, code, service, position, today, is_default=(code, service) == default)
                )
            case ["event", event_id]:
                name = support_events.require(conn, event_id).name
                view = BalanceView.of(position.balance)
                events.append(EventBalanceView(event_id=event_id, event_name=name, balance=view))
    in_reserve = found.get(reserve, account_positions.NOTHING)
    return Balances(
        reserve=BalanceView.of(in_reserve.balance),
        reserve_heaps=[
            HeapView(issued_on=heap.issued_on, points=heap.points, moves_on=heap.issued_on + RESERVE_PERIOD)
            for heap in in_reserve.lots
        ],
        municipal=municipal,
        events=events,
    )


def _municipal(
    conn: Connection, code: str, service: str, position: Position, today: date, *, is_default: bool
) -> MunicipalBalanceView:
    available = usable(position.lots, rules.versions(conn, code, service), today)
    place = directory.require_municipality(code)
    point_service = directory.require_known_service(conn, code, service)
    return MunicipalBalanceView(
        municipality=code,
        municipality_name=place.name,
        municipality_kana=place.kana,
        municipality_romaji=place.romaji,
        point_service=service,
        point_service_name=point_service.name,
        point_service_kana=point_service.name_kana,
        point_service_romaji=point_service.romaji,
        is_default=is_default,
        balance=BalanceView.of(position.balance).model_copy(update={"available": available}),
    )


def _short_reference(entry: Entry) -> str | None:
    named = entry.reference if entry.kind in ("spend", "refund") else entry.details.get("exchange_id")
    return short_reference(named) if named else None


def _other_side(account: str) -> str:
    """The other account without the member's own id: `partner:saison:due`, `reserve`, `municipality:082163:…`."""
    if account.startswith("member:"):
        return account.split(":", 2)[2]
    return account
