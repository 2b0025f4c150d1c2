"""The member's points: balances, histories of the three kinds, and moves out of the reserve."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from core_ledger import chart, entries
from core_ledger.read_model import Position
from gateway.api import points_responses as views
from gateway.api import requests
from gateway.cities.statistics.counterparty_names import parties
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members.member_rows import Member, require_member
from gateway.platform.clock import day_of
from gateway.points import account_positions, directory, rules, support_events
from gateway.points.allocation import RESERVE_PERIOD
from gateway.points.expiry import last_days
from gateway.services import Services

api = Api()


@api.get("/v1/balances", tag="points", caller=AuthLevel.MEMBER, returns={200: views.Balances})
async def balances(call: TypedRequest[None, Services]) -> TypedResponse:
    """留保ポイント, 自治体ポイント by point service with the 基本自治体 marked, and event points."""
    member_id, today = call.member.member_id, day_of(call.services.clock())

    def job(conn: Connection) -> views.Balances:
        return balances_of(conn, require_member(conn, member_id), today)

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/history/reserve",
    tag="points",
    caller=AuthLevel.MEMBER,
    query=requests.PageQuery,
    returns={200: views.HistoryPage},
)
async def reserve_history(call: TypedRequest[None, Services, requests.PageQuery]) -> TypedResponse:
    """留保ポイントの履歴, newest first."""
    return await _history(call.services, call.query, chart.reserve(call.member.member_id))


@api.get(
    "/v1/history/municipal/{municipality}/{point_service}",
    tag="points",
    caller=AuthLevel.MEMBER,
    path=requests.PointServicePath,
    query=requests.PageQuery,
    returns={200: views.HistoryPage},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def municipal_history(
    call: TypedRequest[None, Services, requests.PageQuery, requests.PointServicePath],
) -> TypedResponse:
    """自治体ポイントの履歴 of one point service, newest first."""
    code, service = call.path.municipality, call.path.point_service
    await call.services.store.read(lambda conn: directory.require_known_service(conn, code, service))
    return await _history(call.services, call.query, chart.municipal(call.member.member_id, code, service))


@api.get(
    "/v1/history/events/{event_id}",
    tag="points",
    caller=AuthLevel.MEMBER,
    path=requests.EventPath,
    query=requests.PageQuery,
    returns={200: views.HistoryPage},
    refuses=("unknown-event",),
)
async def event_history(
    call: TypedRequest[None, Services, requests.PageQuery, requests.EventPath],
) -> TypedResponse:
    """特定支援イベントポイントの履歴 of one event, newest first."""
    event_id = call.path.event_id
    await call.services.store.read(lambda conn: support_events.require_shown(conn, event_id))
    return await _history(call.services, call.query, chart.event_share(call.member.member_id, event_id))


@api.post(
    "/v1/allocations",
    tag="points",
    caller=AuthLevel.MEMBER,
    body=requests.AllocationWanted,
    returns={201: views.ReceiptView, 200: views.ReceiptView},
    refuses=(
        "not-enough-points",
        "points-expired-there",
        "id-reused",
        "unknown-municipality",
        "unknown-point-service",
    ),
)
async def allocate(call: TypedRequest[requests.AllocationWanted, Services]) -> TypedResponse:
    """Move points from the reserve to a municipality (各自治体ポイントへの移行), under an id that you made.

    The same id with the same content again is the same allocation (200).
    """
    receipt = await call.services.allocations.allocate(
        call.member.member_id,
        call.body.allocation_id,
        call.body.points,
        call.body.municipality,
        call.body.point_service,
    )
    return TypedResponse(200 if receipt.replayed else 201, views.ReceiptView.of(receipt))


@api.post(
    "/v1/contributions",
    tag="points",
    caller=AuthLevel.MEMBER,
    body=requests.ContributionWanted,
    returns={201: views.ReceiptView, 200: views.ReceiptView},
    refuses=("not-enough-points", "id-reused", "unknown-event", "event-not-open", "event-not-for-member"),
)
async def contribute(call: TypedRequest[requests.ContributionWanted, Services]) -> TypedResponse:
    """Move points from the reserve to a support event (留保ポイントを個別特定支援イベントに移行)."""
    receipt = await call.services.allocations.contribute(
        call.member.member_id, call.body.contribution_id, call.body.points, call.body.event_id
    )
    return TypedResponse(200 if receipt.replayed else 201, views.ReceiptView.of(receipt))


async def _history(services: Services, page: requests.PageQuery, account: str) -> TypedResponse:
    book = ":".join(account.split(":")[:2])

    def job(conn: Connection) -> views.HistoryPage:
        found = entries(conn, book, account, before=page.before, limit=page.limit)
        return views.HistoryPage.of(found, parties(conn, found), page.limit)

    return TypedResponse(200, await services.store.read(job))


def balances_of(
    conn: Connection, member: Member, today: date, positions: Mapping[str, Position] | None = None
) -> views.Balances:
    """All balances of one member, as one read sees them; `positions` where they were read already.

    Municipal points whose last day is over are not available, also before the nightly sweep has written them off.
    """
    book, reserve = chart.member_book(member.member_id), chart.reserve(member.member_id)
    found = account_positions.of_book(conn, book) if positions is None else positions
    default = (member.default_municipality, member.default_point_service)
    municipal: list[views.MunicipalBalanceView] = []
    events: list[views.EventBalanceView] = []
    for account, one in found.items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service]:
                municipal.append(
                    _municipal(conn, code, service, one, today, is_default=(code, service) == default)
                )
            case ["event", event_id]:
                name = support_events.require(conn, event_id).name
                view = views.BalanceView.of(one.balance)
                events.append(views.EventBalanceView(event_id=event_id, event_name=name, balance=view))
            case _:
                pass
    in_reserve = found.get(reserve, account_positions.NOTHING)
    return views.Balances(
        reserve=views.BalanceView.of(in_reserve.balance),
        reserve_heaps=[
            views.HeapView(
                issued_on=heap.issued_on, points=heap.points, moves_on=heap.issued_on + RESERVE_PERIOD
            )
            for heap in in_reserve.lots
        ],
        municipal=municipal,
        events=events,
    )


def _municipal(
    conn: Connection, code: str, service: str, position: Position, today: date, *, is_default: bool
) -> views.MunicipalBalanceView:
    due = last_days(rules.versions(conn, code, service), position.lots)
    expired = sum(one.points for one in due if one.last_day is not None and one.last_day < today)
    balance = views.BalanceView.of(position.balance)
    return views.MunicipalBalanceView(
        municipality=code,
        municipality_name=directory.require_municipality(code).name,
        point_service=service,
        point_service_name=directory.require_known_service(conn, code, service).name,
        is_default=is_default,
        balance=balance.model_copy(update={"available": max(0, balance.available - expired)}),
    )
