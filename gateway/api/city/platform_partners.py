"""Partners for the platform's staff: how each stands, what differs between both books, pause at once, resume by two."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from pydantic import StringConstraints
from sqlalchemy import Connection

from gateway.api.city.fields import Day, Reason, ReasonGiven
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import LabelView, PartnerId, View
from gateway.exchanges import exchange_rows, reconciliation_days
from gateway.exchanges.reconciliation import Line as ComparedLine
from gateway.exchanges.states import State
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.model import JST, Label
from gateway.partners import availability
from gateway.partners.availability import PartnerAvailability
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
ComparedId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
"""As the partner's book has it: it may be no id of ours."""


class PartnerPath(Strict):
    partner_id: PartnerId


class DayCompared(Strict):
    partner_id: PartnerId
    day: Day


class DifferenceClosed(Strict):
    """`leave`: nothing moves, because both sides have agreed otherwise; say how as the reason."""

    partner_id: PartnerId
    day: Day
    exchange_id: ComparedId
    leave: bool = False
    reason: Reason


class WindowView(View):
    starts_at: datetime
    ends_at: datetime
    reason: str


class PartnerStanding(View):
    """How a partner stands. `windows` are its maintenance windows that are not over. `to_compare` days until yesterday have not come out even or were not compared.

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


class PartnerStandings(View):
    partners: list[PartnerStanding]


class DayWithDifferences(View):
    """A day of which so many differences were found and not closed, as it was compared last."""

    partner_id: str
    day: date
    differences: int
    compared_at: datetime


class DaysWithDifferences(View):
    days: list[DayWithDifferences]


class ComparedLineView(View):
    """One exchange from both sides: amounts are the partner's points by wallet, `points` are ours."""

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

    @classmethod
    def of(cls, line: ComparedLine) -> ComparedLineView:
        return cls.model_validate(line, from_attributes=True)


class Comparison(View):
    """`lines` are the differences; what matches is only counted."""

    partner_id: str
    day: date
    counts: dict[str, int]
    lines: list[ComparedLineView]


@api.get(
    "/v1/platform/partners",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    returns={200: PartnerStandings},
)
async def platform_partners(call: StaffRequest) -> TypedResponse:
    """Every partner: open or paused, what waits, how far both books were compared."""
    services, now = call.services, call.services.clock()
    names: dict[str, Label] = {
        id_: partner.profile.name for id_, partner in services.context.partners.items()
    }
    comparable = set(services.reconciliation.comparable)

    def job(conn: Connection) -> list[PartnerStanding]:
        standings = availability.standings(conn, now)
        waiting = {(each.partner_id, each.state): each for each in exchange_rows.waiting_by_partner(conn)}
        known = names.keys() | standings.keys() | {partner_id for partner_id, _ in waiting}
        return [
            _standing(
                conn, partner_id, names.get(partner_id), standings.get(partner_id), waiting,
                now, lists_days=partner_id in comparable,
            )
            for partner_id in sorted(known)
        ]  # fmt: skip

    return TypedResponse(200, PartnerStandings(partners=await services.store.read(job)))


@api.post(
    "/v1/platform/partners/{partner_id}/pause",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_PARTNERS,
    path=PartnerPath,
    body=ReasonGiven,
    returns={204: None},
    refuses=("unknown-partner", "reason-missing"),
)
async def pause_partner(call: StaffRequest[ReasonGiven, None, PartnerPath]) -> TypedResponse:
    """Stop a partner at once: nothing new begins with it; open outcomes are still asked about. One person suffices."""
    await call.services.city.platform.pause_partner(call.staff, call.path.partner_id, call.body.reason)
    return TypedResponse(204)


@api.post(
    "/v1/platform/partners/{partner_id}/resumption",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_PARTNERS,
    path=PartnerPath,
    body=ReasonGiven,
    returns={202: ProposalView},
    refuses=("partner-not-paused", "reason-missing", *PROPOSING),
)
async def propose_resumption(call: StaffRequest[ReasonGiven, None, PartnerPath]) -> TypedResponse:
    """Propose to let exchanges with a paused partner begin again; it takes a second person."""
    proposal = await call.services.city.platform.resume_partner(
        call.staff, call.path.partner_id, call.body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.get(
    "/v1/platform/differences",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    returns={200: DaysWithDifferences},
)
async def days_with_differences(call: StaffRequest) -> TypedResponse:
    """The days on which both books differ and nobody has closed it, the newest first."""
    days = await call.services.store.read(reconciliation_days.list_with_differences)
    return TypedResponse(
        200,
        DaysWithDifferences(
            days=[
                DayWithDifferences(
                    partner_id=each.partner_id,
                    day=each.day,
                    differences=each.differences,
                    compared_at=each.compared_at,
                )
                for each in days
            ]
        ),
    )


@api.post(
    "/v1/platform/comparisons",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_EXCHANGES,
    body=DayCompared,
    returns={200: Comparison},
    refuses=("unknown-partner", "no-daily-list", "partner-unavailable"),
)
async def compare_day(call: StaffRequest[DayCompared]) -> TypedResponse:
    """Ask for the partner's book of a day and lay ours beside it (突合); it repairs nothing."""
    report = await call.services.reconciliation.compare(
        call.body.partner_id, call.body.day, with_matched=False
    )
    return TypedResponse(
        200,
        Comparison(
            partner_id=report.partner_id,
            day=report.day,
            counts=report.counts,
            lines=[ComparedLineView.of(line) for line in report.differences],
        ),
    )


@api.post(
    "/v1/platform/differences",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_EXCHANGES,
    body=DifferenceClosed,
    returns={202: ProposalView},
    refuses=(
        "unknown-partner", "no-daily-list", "partner-unavailable", "no-difference", "exchange-state", "not-ours",
        "no-whole-units", "not-the-members", "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def propose_closing(call: StaffRequest[DifferenceClosed]) -> TypedResponse:
    """Compare again and propose to close a difference: our side is made what the partner's is, or nothing moves."""
    body = call.body
    proposal = await call.services.city.platform.close_difference(
        call.staff, body.partner_id, body.day, body.exchange_id, reason=body.reason, leave=body.leave
    )
    return TypedResponse(202, ProposalView.of(proposal))


def _standing(
    conn: Connection,
    partner_id: str,
    name: Label | None,
    standing: PartnerAvailability | None,
    waiting: dict[tuple[str, State], exchange_rows.Waiting],
    now: datetime,
    *,
    lists_days: bool,
) -> PartnerStanding:
    standing = standing if standing is not None else PartnerAvailability(partner_id=partner_id)
    held = [each for (id_, _), each in waiting.items() if id_ == partner_id]
    persons = waiting.get((partner_id, State.NEEDS_A_PERSON))
    yesterday = now.astimezone(JST).date() - timedelta(days=1)
    window = standing.window or (standing.upcoming[0] if standing.upcoming else None)
    return PartnerStanding(
        partner_id=partner_id,
        name=LabelView(ja=name.ja, en=name.en) if name is not None else None,
        connected=name is not None,
        paused=standing.paused,
        paused_because=standing.reason if standing.paused else "",
        decided_by=standing.operator,
        calls_per_minute=standing.calls_per_minute,
        maintenance_from=window.starts_at if window is not None else None,
        maintenance_until=window.ends_at if window is not None else None,
        windows=[
            WindowView(starts_at=each.starts_at, ends_at=each.ends_at, reason=each.reason)
            for each in ((standing.window,) if standing.window else ()) + standing.upcoming
        ],
        lists_days=lists_days,
        open_exchanges=sum(each.exchanges for each in held),
        need_a_person=persons.exchanges if persons is not None else 0,
        oldest_sent_at=min((each.oldest_sent_at for each in held if each.oldest_sent_at), default=None),
        last_compared_on=reconciliation_days.last_compared(conn, partner_id),
        to_compare=len(reconciliation_days.to_compare(conn, partner_id, yesterday)) if lists_days else 0,
        differences=reconciliation_days.differences_left(conn, partner_id),
    )
