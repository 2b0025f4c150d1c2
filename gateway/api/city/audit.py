"""The audit log of a city: reading it, and verifying its hash chain."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform import audit_log
from gateway.platform.audit_log import AuditFault, AuditLine
from gateway.platform.roles import Action

api = Api()


class AuditQuery(Strict):
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
        lambda conn: audit_log.page(conn, city, before=query.before, limit=query.limit)
    )
    more = lines[-1].seq if len(lines) == query.limit and lines[-1].seq > 1 else None
    return TypedResponse(200, AuditPage(lines=[AuditLineView.of(line) for line in lines], next_before=more))


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
