"""The audit log of a city: reading it, and verifying its hash chain."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, Day, Line, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.audit_actions import FACT_LABELS, AuditAction, label_of
from gateway.platform.audit_log import AuditFault, AuditLine
from gateway.platform.roles import Action
from httpkit.safe_csv import excel_csv

api = Api()
ActorId = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{32}|system)$")]
MAX_CSV_LINES: Final = 100_000


class AuditFilter(Strict):
    """The lines of one person, of one kind, about one subject, of the days from `since` to `until`, both included."""

    actor: ActorId | None = None
    action: AuditAction | None = None
    subject: Line = ""
    since: Day | None = None
    until: Day | None = None

    def of_log(self) -> dict[str, Any]:
        """As the log is asked."""
        until = None if self.until is None else self.until + timedelta(days=1)
        return {
            "actor": self.actor,
            "actions": None if self.action is None else [self.action],
            "subject": self.subject or None,
            "since": None if self.since is None else datetime.combine(self.since, time(), JST),
            "until": None if until is None else datetime.combine(until, time(), JST),
        }


class AuditQuery(AuditFilter):
    before: Annotated[int, Field(ge=1, le=10**15)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class AuditLineView(View):
    seq: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    reason: str
    facts: dict[str, str | int]
    hash: str

    @classmethod
    def of(cls, line: AuditLine) -> AuditLineView:
        return cls(
            seq=line.seq,
            at=line.at,
            actor=line.actor,
            actor_name=line.actor_name,
            action=line.action,
            subject=line.subject,
            reason=line.reason,
            facts=dict(line.facts),
            hash=line.hash,
        )


class AuditPage(View):
    lines: list[AuditLineView]
    next_before: int | None


class AuditFaultView(View):
    seq: int
    text: str


class AuditVerified(View):
    """An empty list means that no line was changed, dropped or slipped in."""

    faults: list[AuditFaultView]

    @classmethod
    def of(cls, faults: list[AuditFault]) -> AuditVerified:
        return cls(faults=[AuditFaultView(seq=fault.seq, text=fault.text) for fault in faults])


@api.get(
    "/v1/city/audit",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    query=AuditQuery,
    returns={200: AuditPage},
)
async def read_audit(call: StaffRequest[None, AuditQuery]) -> TypedResponse:
    """What the city's staff did, newest first: who, what, to whom, why."""
    query, city = call.query, call.staff.municipality
    lines = await call.services.store.read(
        lambda conn: audit_log.page(conn, city, before=query.before, limit=query.limit, **query.of_log())
    )
    more = lines[-1].seq if len(lines) == query.limit and lines[-1].seq > 1 else None
    return TypedResponse(200, AuditPage(lines=[AuditLineView.of(line) for line in lines], next_before=more))


@api.get(
    "/v1/city/audit/csv",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    query=AuditFilter,
    returns={200: "text/csv"},
)
async def audit_csv(call: StaffRequest[None, AuditFilter]) -> TypedResponse:
    """The same for Excel, the newest 100,000 lines."""
    query, city = call.query, call.staff.municipality
    await log_export(call, "audit log", f"{query.since or ''}/{query.until or ''}")
    lines = await call.services.store.read(
        lambda conn: audit_log.page(conn, city, limit=MAX_CSV_LINES, **query.of_log())
    )
    data = await asyncio.to_thread(
        excel_csv,
        ["番号", "日時", "誰が", "職員番号", "何を", "対象", "理由", "内容", "ハッシュ"],
        [_row(line) for line in lines],
    )
    return TypedResponse(200, Content(data, CSV), attachment("audit.csv"))


def _row(line: AuditLine) -> tuple[str | int, ...]:
    facts = "　".join(
        f"{FACT_LABELS.get(name, name)}: {value}" for name, value in line.facts.items() if value != ""
    )
    return (
        line.seq, f"{line.at.astimezone(JST):%Y-%m-%d %H:%M:%S}", line.actor_name, line.actor, label_of(line.action), line.subject,
        line.reason, facts, line.hash,
    )  # fmt: skip


@api.post(
    "/v1/city/audit/verification",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    returns={200: AuditVerified},
)
async def verify_audit(call: StaffRequest) -> TypedResponse:
    """Read the city's whole log again and compare every hash."""
    city = call.staff.municipality
    faults = await call.services.store.read(lambda conn: audit_log.verify(conn, city))
    return TypedResponse(200, AuditVerified.of(faults))
