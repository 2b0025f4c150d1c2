"""The audit log of a city: reading it, and verifying its hash chain."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, time, timedelta
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from core_ledger import Store
from gateway.api.city.csv_stream import CSV_PAGE, csv_stream
from gateway.api.city.exports import log_export
from gateway.api.city.fields import Day, Line, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import LabelView, View
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.audit_actions import PLATFORM_ACTIONS, AuditAction, label_of
from gateway.platform.audit_facts import ExportedList, fact_label, fact_value_label
from gateway.platform.audit_log import AuditFault, AuditLine
from gateway.platform.roles import Action

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


class AuditFactView(View):
    """One fact of a line, named for people; `value_label` where the value is a word that only the log has."""

    name: str
    label: LabelView
    value: str | int
    value_label: LabelView | None

    @classmethod
    def of(cls, name: str, value: str | int) -> AuditFactView:
        value_label = fact_value_label(name, value)
        return cls(
            name=name,
            label=LabelView.of(fact_label(name)),
            value=value,
            value_label=None if value_label is None else LabelView.of(value_label),
        )


class AuditLineView(View):
    """`facts` are as they are stored and hashed; `named_facts` are those that say something, named for people."""

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

    @classmethod
    def of(cls, line: AuditLine) -> AuditLineView:
        return cls(
            seq=line.seq,
            at=line.at,
            actor=line.actor,
            actor_name=line.actor_name,
            action=line.action,
            action_label=LabelView.of(label_of(line.action)),
            subject=line.subject,
            reason=line.reason,
            facts=dict(line.facts),
            named_facts=[AuditFactView.of(name, value) for name, value in line.facts.items() if value != ""],
            hash=line.hash,
        )


class AuditPage(View):
    lines: list[AuditLineView]
    next_before: int | None


class AuditActionView(View):
    """A deed that a city's log may hold, as the filter takes it, and named for people."""

    action: str
    label: LabelView


class AuditActions(View):
    actions: list[AuditActionView]


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
    "/v1/city/audit/actions",
    tag="audit",
    caller=AuthLevel.STAFF,
    action=Action.READ_AUDIT,
    returns={200: AuditActions},
)
async def list_audit_actions(call: StaffRequest) -> TypedResponse:  # noqa: ARG001 - the same for every city
    """Every deed that a city's log may hold, for whoever filters by one."""
    actions = [action for action in AuditAction if action not in PLATFORM_ACTIONS]
    views = [AuditActionView(action=action, label=LabelView.of(action.label)) for action in actions]
    return TypedResponse(200, AuditActions(actions=views))


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
    await log_export(call, ExportedList.AUDIT_LOG, f"{query.since or ''}/{query.until or ''}")
    header = ["番号", "日時", "誰が", "職員番号", "何を", "対象", "理由", "内容", "ハッシュ"]
    pages = _pages(call.services.store, city, query.of_log())
    content = await csv_stream(header, (map(_row, lines) async for lines in pages))
    return TypedResponse(200, content, attachment("audit.csv"))


async def _pages(store: Store, city: str, wanted: dict[str, Any]) -> AsyncGenerator[list[AuditLine], None]:
    """The newest lines of the log; a line that is written meanwhile is newer than all that are still to come."""
    before, left = None, MAX_CSV_LINES
    while left:
        read = partial(audit_log.page, municipality=city, before=before, limit=min(left, CSV_PAGE), **wanted)
        lines = await store.read(read)
        if not lines:
            return
        yield lines
        before, left = lines[-1].seq, left - len(lines)


def _row(line: AuditLine) -> tuple[str | int, ...]:
    facts = "　".join(_fact_text(name, value) for name, value in line.facts.items() if value != "")
    return (
        line.seq, f"{line.at.astimezone(JST):%Y-%m-%d %H:%M:%S}", line.actor_name, line.actor, label_of(line.action).ja, line.subject,
        line.reason, facts, line.hash,
    )  # fmt: skip


def _fact_text(name: str, value: str | int) -> str:
    value_label = fact_value_label(name, value)
    return f"{fact_label(name).ja}: {value if value_label is None else value_label.ja}"


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
