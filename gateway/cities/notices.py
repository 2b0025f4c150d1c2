"""Messages ahead of time (事前のお知らせ): what expires, or moves by itself, told before it does.

    member.points_will_expire   municipal points, 30 days before their last day of use and again 7 days before
    member.reserve_will_move    reserve, 7 days before the 14-day move

Once a day they are left in the outbox for the programs that the operator has named as mailers; sending mail is
theirs. A member is in them under a name that is that mailer's alone (`reference_for`), so a message that gets
lost tells nobody whose points they are. Each message is made once for a member, a point service, a day and a
lead: a day that is worked twice, by two processes or after a crash, tells nothing twice, and a day that was
missed is made up for on the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection, RowMapping, select

from core_ledger import LotDue, ledger
from gateway.cities.city_context import CityContext
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.states import MemberState
from gateway.points import directory
from gateway.points import rules as point_rules
from gateway.points.allocation import RESERVE_PERIOD
from gateway.points.directory import PointService
from gateway.points.municipalities import municipality
from gateway.points.rules import RuleVersion
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks import outbox
from gateway.webhooks.keys import WebhookKey
from gateway.webhooks.outbox import OutboxEntry

EXPIRY_LEADS: Final = (timedelta(days=30), timedelta(days=7))
"""The longest first; a message whose lead was missed is told as soon as it can be."""

MOVE_LEAD: Final = timedelta(days=7)
"""Half of the 14 days: enough to choose, and not on the day on which the points came."""

_PAGE: Final = 1_000
_log = structlog.get_logger()
_Service = tuple[str, str]
_Rules = Mapping[_Service, Sequence[RuleVersion]]


def reference_for(vault: Vault, mailer: str, member_id: str) -> str:
    """The name by which one mailer knows a member: the same for ever, and another one for every other mailer."""
    return vault.stable_hash(f"{mailer}:{member_id}", purpose="mailer")[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingChange:
    """One thing that will happen to a member's points, before it is known how the member is told."""

    member_id: str
    type: str
    day: date
    lead: timedelta
    service: _Service | None
    points: int


@dataclass(frozen=True, slots=True)
class Notices:
    """The nightly look ahead."""

    context: CityContext

    async def queue_notices(self, today: date) -> int:
        """Leave what is due in the outbox and give the number of new messages. Safe to repeat and to interrupt."""
        mailers = await self.context.store.read(webhook_keys.mailers)
        if not mailers:
            return 0
        services = await self.context.store.read(_services)
        rules = await self.context.store.read(point_rules.all_that_expire)
        told = await self._walk(
            "member:*:reserve", today - RESERVE_PERIOD + MOVE_LEAD, _moving(today), mailers, services, rules
        )
        if rules:
            told += await self._walk(
                "member:*:municipality:*:*", today, _expiring(rules, today), mailers, services, rules
            )
        _log.info("told ahead of time", day=today.isoformat(), messages=told)
        return told

    async def _walk(
        self,
        accounts: str,
        issued_until: date,
        foresee: Callable[[LotDue], UpcomingChange | None],
        mailers: Sequence[WebhookKey],
        services: Mapping[_Service, PointService],
        rules: _Rules,
    ) -> int:
        """Look at every account page by page; each page is one read and, where something is due, one write."""
        told = 0
        after: tuple[str, str] | None = None
        while True:
            page = await self.context.store.read(
                partial(
                    ledger.lots_due, pattern=accounts, issued_until=issued_until, after=after, limit=_PAGE
                )
            )
            if not page:
                return told
            after = (page[-1].book, page[-1].account)
            due = _together(
                [upcoming_change for heap in page if (upcoming_change := foresee(heap)) is not None]
            )
            if due:
                told += await self.context.store.run(
                    partial(
                        _leave, due=due, context=self.context, mailers=mailers, services=services, rules=rules
                    )
                )


# --- what will happen, from a heap of points ----------------------------------------------------------------------


def _expiring(rules: _Rules, today: date) -> Callable[[LotDue], UpcomingChange | None]:
    @cache
    def last_day(service: _Service, issued_on: date) -> date | None:
        return point_rules.last_day(rules.get(service, ()), issued_on)

    def foresee(heap: LotDue) -> UpcomingChange | None:
        _, member_id, _, code, service = heap.account.split(":")
        day = last_day((code, service), heap.issued_on)
        if day is None or not today <= day <= today + EXPIRY_LEADS[0]:
            return None
        return UpcomingChange(
            member_id=member_id,
            type="member.points_will_expire",
            day=day,
            lead=min(lead for lead in EXPIRY_LEADS if day - today <= lead),
            service=(code, service),
            points=heap.points,
        )

    return foresee


def _moving(today: date) -> Callable[[LotDue], UpcomingChange | None]:
    def foresee(heap: LotDue) -> UpcomingChange | None:
        day = heap.issued_on + RESERVE_PERIOD
        if not today < day <= today + MOVE_LEAD:
            return None  # older points stay for want of a municipality, of which the member was told
        return UpcomingChange(
            member_id=heap.book.removeprefix("member:"),
            type="member.reserve_will_move",
            day=day,
            lead=MOVE_LEAD,
            service=None,
            points=heap.points,
        )

    return foresee


def _together(found: Sequence[UpcomingChange]) -> list[UpcomingChange]:
    """Points of several days of issue with one last day are one message; pages never part an account."""
    sums: dict[tuple[str, _Service | None, date], UpcomingChange] = {}
    for upcoming_change in found:
        key = (upcoming_change.member_id, upcoming_change.service, upcoming_change.day)
        before = sums.get(key)
        points = upcoming_change.points + (before.points if before else 0)
        sums[key] = UpcomingChange(
            member_id=upcoming_change.member_id,
            type=upcoming_change.type,
            day=upcoming_change.day,
            lead=upcoming_change.lead,
            service=upcoming_change.service,
            points=points,
        )
    return list(sums.values())


# --- the messages ---------------------------------------------------------------------------------------------------


def _leave(
    conn: Connection,
    *,
    due: Sequence[UpcomingChange],
    context: CityContext,
    mailers: Sequence[WebhookKey],
    services: Mapping[_Service, PointService],
    rules: _Rules,
) -> int:
    """Write one page's messages, for members who are still members. Returns how many are new."""
    m = tables.members
    members = {
        row["member_id"]: row
        for row in conn.execute(
            select(m.c.member_id, m.c.language, m.c.default_municipality, m.c.default_point_service).where(
                m.c.member_id.in_({upcoming_change.member_id for upcoming_change in due}),
                m.c.state == MemberState.ACTIVE,
            )
        ).mappings()
    }
    messages = [
        _message(
            upcoming_change,
            member,
            mailer,
            _destination(upcoming_change, member, services, rules),
            context.vault,
        )
        for upcoming_change in due
        if (member := members.get(upcoming_change.member_id)) is not None
        for mailer in mailers
    ]
    return outbox.enqueue_new(conn, messages, context.clock())


def _destination(
    one: UpcomingChange, member: RowMapping, services: Mapping[_Service, PointService], rules: _Rules
) -> PointService | None:
    """Where the points are, or where they will go; None where the member has still to choose."""
    if one.service is not None:
        return services.get(one.service)
    default = (member["default_municipality"], member["default_point_service"])
    chosen = services.get(default)
    if chosen is None or chosen.closed_at is not None:
        return None
    last = point_rules.last_day(rules.get(default, ()), one.day - RESERVE_PERIOD)
    return chosen if last is None or one.day <= last else None


def _message(
    one: UpcomingChange, member: RowMapping, mailer: WebhookKey, service: PointService | None, vault: Vault
) -> OutboxEntry:
    reference = reference_for(vault, mailer.party, one.member_id)
    where = "reserve" if one.service is None else "-".join(one.service)
    return OutboxEntry(
        key_id=mailer.key_id,
        message_id=f"ahead-{one.lead.days}-{one.day.isoformat()}-{where}-{reference}",
        type=one.type,
        data={
            "member": reference,
            "language": member["language"],
            "points": one.points,
            _DAY[one.type]: one.day.isoformat(),
            **_place(service),
        },
    )


_DAY: Final = {"member.points_will_expire": "last_day", "member.reserve_will_move": "moves_on"}


def _place(service: PointService | None) -> dict[str, Any]:
    place = municipality(service.municipality) if service is not None else None
    return {
        "municipality": service.municipality if service else None,
        "municipality_name": place.name if place else None,
        "point_service": service.point_service if service else None,
        "point_service_name": service.name if service else None,
    }


def _services(conn: Connection) -> dict[_Service, PointService]:
    return {
        (point_service.municipality, point_service.point_service): point_service
        for point_service in directory.list_services(conn, closed=True)
    }
