"""Reversals that this database has forgotten after a restore: the member has the points, and the partner gave its back.

The journal names each before its partner is asked. It comes back with its hold and its own beginning, and is then asked
about as every reversal whose outcome is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import reversal_rows, reversals
from gateway.exchanges.recovery import DEALT_WITH
from gateway.exchanges.reversal_rows import REVERSAL, GivenBackLine, ReversalRecord, ReverseExchange
from gateway.exchanges.states import State
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import write as write_audit
from gateway.platform.roles import PLATFORM

_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenReversal:
    """A reversal that the journal names and this database does not have."""

    reversal_id: str
    exchange_id: str
    book: str
    partner_id: str
    lines: tuple[GivenBackLine, ...]
    points: int
    taken_from: str
    by_hand: bool
    reason: str
    operator: str
    reference: str
    started_at: datetime


def list_forgotten_reversals(conn: Connection, lines: Iterable[Mapping[str, Any]]) -> list[ForgottenReversal]:
    """Those reversals of the journal that this database does not have, oldest first.

    Those of an exchange that a person has left, or has closed as a difference since, are not missing.
    """
    reversals_: dict[tuple[str, str], Mapping[str, Any]] = {}
    left: set[str] = set()
    for line in lines:
        if line["kind"] == REVERSAL:
            reversals_[line["book"], line["reversal_id"]] = line
        elif line["kind"] == DEALT_WITH:
            left.add(line["exchange_id"])
    waiting = [line for line in reversals_.values() if line["exchange_id"] not in left]
    forgotten: list[ForgottenReversal] = []
    r, c = tables.reversals.c, tables.closed_differences.c
    for start in range(0, len(waiting), _PAGE):
        page = waiting[start : start + _PAGE]
        ids = {line["reversal_id"] for line in page}
        known = {
            (row.exchange_id, row.reversal_id)
            for row in conn.execute(select(r.exchange_id, r.reversal_id).where(r.reversal_id.in_(ids)))
        }
        exchanges = {line["exchange_id"] for line in page}
        newest = func.max(c.closed_at, type_=c.closed_at.type).label("closed_at")
        query = select(c.exchange_id, newest).where(c.exchange_id.in_(exchanges)).group_by(c.exchange_id)
        closed = {row.exchange_id: row.closed_at for row in conn.execute(query)}
        for line in page:
            reversal = _read(line)
            closed_at = closed.get(reversal.exchange_id)
            is_known = (reversal.exchange_id, reversal.reversal_id) in known
            if not is_known and (closed_at is None or closed_at < reversal.started_at):
                forgotten.append(reversal)
    return sorted(forgotten, key=lambda reversal: reversal.started_at)


def recover_reversal(
    conn: Connection, forgotten: ForgottenReversal, *, operator: str, reason: str, at: datetime
) -> ReversalRecord | None:
    """Make it a reversal that waits for the partner's answer. None: it is here already. One transaction.

    Raises ProblemError where its exchange is not settled here, or the points are spent.
    """
    book = records.find_owner(conn, forgotten.exchange_id)
    if book is None:
        raise ProblemError("unknown-exchange", "its exchange is not here; recover that first")
    exchange = records.get_locked(conn, book, forgotten.exchange_id)
    if reversal_rows.find(conn, book, forgotten.reversal_id) is not None:
        return None
    if exchange.state is not State.SETTLED:
        raise ProblemError(
            "exchange-state",
            f"its exchange is {exchange.state}; run this again when that is settled",
            state=exchange.state,
        )
    taken_from = forgotten.taken_from.replace(f"{forgotten.book}:", f"{book}:", 1)
    facts = {"reversal": forgotten.reversal_id, "by": operator, "because": reason, "from": "journal"}
    reversal = reversals.recover(
        conn,
        exchange,
        ReverseExchange(
            exchange_id=forgotten.exchange_id,
            reversal_id=forgotten.reversal_id,
            units=sum(line.units for line in forgotten.lines),
            reason=forgotten.reason,
            operator=forgotten.operator,
            by_hand=forgotten.by_hand,
            reference=forgotten.reference,
            taken_from=taken_from,
        ),
        lines=forgotten.lines,
        taken_from=taken_from,
        started_at=forgotten.started_at,
        at=at,
        facts=facts,
    )
    write_audit(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=AuditAction.REVERSAL_RECOVERED,
        subject=forgotten.exchange_id, reason=reason,
        facts={"reversal": forgotten.reversal_id, "points": forgotten.points},
    )  # fmt: skip
    return reversal


def _read(line: Mapping[str, Any]) -> ForgottenReversal:
    return ForgottenReversal(
        reversal_id=line["reversal_id"],
        exchange_id=line["exchange_id"],
        book=line["book"],
        partner_id=line["partner"],
        lines=tuple(GivenBackLine(**part) for part in line["lines"]),
        points=line["points"],
        taken_from=line["taken_from"],
        by_hand=line["by_hand"],
        reason=line["reason"],
        operator=line["operator"],
        reference=line["reference"],
        started_at=datetime.fromisoformat(line["started_at"]),
    )
