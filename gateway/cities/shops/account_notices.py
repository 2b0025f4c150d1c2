"""What a shop is told of its account, and what it says to it: 確認しました, or 心当たりがない.

An objection before the change has taken effect drops the change: the shop is paid where it was paid before. After it, the
shop is paid nothing more until two persons have decided on an account anew; what it is owed is carried on. An account
that was fixed by a closing stays as it was approved.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gateway.cities import tables
from gateway.cities.city_context import StaffActor, write_audit
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.transitions import LegalMoves

_notices: Final = tables.account_notices
_changes: Final = tables.shop_account_changes
MAX_LISTED: Final = 200


class NoticeState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


LEGAL: Final[LegalMoves[NoticeState]] = {
    NoticeState.WAITING: frozenset({NoticeState.CONFIRMED, NoticeState.DISPUTED}),
    NoticeState.CONFIRMED: frozenset({NoticeState.DISPUTED}),
    NoticeState.DISPUTED: frozenset(),
}
"""An objection may follow a yes, and nothing an objection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotice:
    """Accounts are masked; `account_before` is "" for a first one. `stops_payment`: the shop objected after it took effect."""

    shop_id: str
    notice_id: str
    account_before: str
    account: str
    decided_at: datetime
    state: NoticeState
    answered_at: datetime | None
    stops_payment: bool


def add(conn: Connection, code: str, shop_id: str, *, before: str, account: str, at: datetime) -> None:
    """Tell a shop of an account that was decided on."""
    conn.execute(insert(_notices).values(_row(code, shop_id, before, account, at)))


def add_first(conn: Connection, code: str, accounts: Mapping[str, str], at: datetime) -> None:
    """Tell each shop of its first account."""
    if accounts:
        conn.execute(
            insert(_notices), [_row(code, shop_id, "", account, at) for shop_id, account in accounts.items()]
        )


def _row(code: str, shop_id: str, before: str, account: str, at: datetime) -> dict[str, Any]:
    return {
        "municipality": code,
        "notice_id": uuid.uuid4().hex,
        "shop_id": shop_id,
        "account_before": before,
        "account": account,
        "decided_at": at,
        "state": NoticeState.WAITING.value,
        "stops_payment": False,
    }


def list_by_city(
    conn: Connection, code: str, *, shop_id: str | None = None, states: Sequence[NoticeState] | None = None
) -> list[AccountNotice]:
    """The newest notices of a city, or of one shop; newest first."""
    query = select(_notices).where(_notices.c.municipality == code)
    if shop_id is not None:
        query = query.where(_notices.c.shop_id == shop_id)
    if states is not None:
        query = query.where(_notices.c.state.in_([state.value for state in states]))
    query = query.order_by(_notices.c.decided_at.desc(), _notices.c.notice_id).limit(MAX_LISTED)
    return [_notice(row) for row in conn.execute(query)]


def answer(
    conn: Connection, who: StaffActor, shop_id: str, notice_id: str, state: NoticeState, at: datetime
) -> AccountNotice:
    """A shop's answer. The same one again is the same; an objection may follow a yes, and nothing an objection.

    Raises ProblemError: `unknown-notice` (404), `notice-answered` (409).
    """
    code = who.municipality
    key = (_notices.c.municipality == code, _notices.c.notice_id == notice_id)
    row = conn.execute(
        select(_notices).where(*key, _notices.c.shop_id == shop_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise ProblemError("unknown-notice", "There is no such notice; look at the list again.")
    notice = _notice(row)
    if notice.state is state:
        return notice
    if state not in LEGAL[notice.state]:
        raise ProblemError(
            "notice-answered", "You have objected already; the city decides on an account anew."
        )
    stops_payment = False
    if state is NoticeState.DISPUTED:
        dropped = conn.execute(
            delete(_changes).where(
                _changes.c.municipality == code,
                _changes.c.shop_id == shop_id,
                _changes.c.decided_at == notice.decided_at,
            )
        )
        stops_payment = dropped.rowcount == 0
    conn.execute(
        update(_notices)
        .where(*key)
        .values(state=state.value, answered_by=who.staff_id, answered_at=at, stops_payment=stops_payment)
    )
    action = (
        AuditAction.SHOP_ACCOUNT_DISPUTED
        if state is NoticeState.DISPUTED
        else AuditAction.SHOP_ACCOUNT_CONFIRMED
    )
    facts: dict[str, str | int] = {"account": notice.account}
    write_audit(conn, who, at, action, shop_id, facts=facts)
    return _notice(conn.execute(select(_notices).where(*key)).one())


def list_stopped(conn: Connection, code: str) -> set[str]:
    """The shops that are paid nothing: they objected to the account that is in effect, and no other was decided since."""
    newest = (
        select(_notices.c.shop_id, func.max(_notices.c.decided_at).label("decided_at"))
        .where(_notices.c.municipality == code)
        .group_by(_notices.c.shop_id)
        .subquery()
    )
    query = (
        select(_notices.c.shop_id)
        .join(
            newest,
            (newest.c.shop_id == _notices.c.shop_id) & (newest.c.decided_at == _notices.c.decided_at),
        )
        .where(_notices.c.municipality == code, _notices.c.stops_payment)
    )
    return set(conn.execute(query).scalars())


def _notice(row: Row[Any]) -> AccountNotice:
    return AccountNotice(
        shop_id=row.shop_id,
        notice_id=row.notice_id,
        account_before=row.account_before,
        account=row.account,
        decided_at=row.decided_at,
        state=NoticeState(row.state),
        answered_at=row.answered_at,
        stops_payment=row.stops_payment,
    )
