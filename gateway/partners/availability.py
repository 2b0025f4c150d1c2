"""What an operator decides about a partner while everything runs: pause, maintenance windows, a pace to keep.

    pause         no new exchange begins and no debit leaves; open outcomes are still asked about
    maintenance   the same, and nothing is asked either, from one moment to another; portals say until when
    pace          at most so many calls a minute from each gateway

All of it is rows in the database, so it holds for every process within a second or so and survives a restart.
Debits look at the rows in their own transaction: after `pause` has returned, none is confirmed any more but one
that was being written at that very moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select

from core_ledger import Store
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_into
from gateway.plugin_interfaces import Clock

RUN_INTERVAL_S: Final = 1.0

_c, _w = tables.partner_controls, tables.maintenance_windows
_WINDOWS: Final = CompiledStatement(
    select(_w).where(_w.c.ends_at > bindparam("now")).order_by(_w.c.starts_at)
)
_DECISIONS: Final = CompiledStatement(select(_c))
_PARTNER: Final[BindParameter[Any]] = bindparam("partner")
CLOSED_COLUMNS: Final = (
    select(func.min(_w.c.ends_at))
    .where(_w.c.partner_id == _PARTNER, _w.c.starts_at <= bindparam("now"), _w.c.ends_at > bindparam("now"))
    .scalar_subquery()
    .label("maintenance_until"),
    select(_c.c.paused).where(_c.c.partner_id == _PARTNER).scalar_subquery().label("paused"),
)
"""What `refuse_closed` goes by, for a statement that asks for more. Its parameters are `partner` and `now`."""
_CLOSED: Final = CompiledStatement(select(*CLOSED_COLUMNS))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Half-open: from `starts_at` until just before `ends_at`."""

    partner_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAvailability:
    """How a partner stands now. `window` is the one in force; `upcoming` what has been announced.

    `operator` decided last about pause and pace.
    """

    partner_id: str
    paused: bool = False
    reason: str = ""
    operator: str = ""
    calls_per_minute: int | None = None
    window: Window | None = None
    upcoming: tuple[Window, ...] = ()

    @property
    def open(self) -> bool:
        return not self.paused and self.window is None


def standings(conn: Connection, now: datetime) -> Mapping[str, PartnerAvailability]:
    """Every partner about which something was decided."""
    windows: dict[str, list[Window]] = {}
    for row in _WINDOWS.all(conn, {"now": now}):
        windows.setdefault(row["partner_id"], []).append(Window(**row))
    decided = {row["partner_id"]: row for row in _DECISIONS.all(conn)}
    return {id_: _standing(id_, decided.get(id_), windows.get(id_, []), now) for id_ in {*windows, *decided}}


def require_open(conn: Connection, partner_id: str, now: datetime) -> None:
    """Raise ProblemError (503) while nothing new may be begun with this partner."""
    (row,) = _CLOSED.all(conn, {"partner": partner_id, "now": now})
    refuse_closed(now, **row)


def refuse_closed(now: datetime, maintenance_until: datetime | None, paused: bool | None) -> None:
    """Raise as `require_open` does, by a row of CLOSED_COLUMNS that was read at `now`."""
    if maintenance_until is not None:
        raise ProblemError(
            "partner-in-maintenance",
            "",
            until=maintenance_until.isoformat(),
            retry_after_s=max(1, int((maintenance_until - now).total_seconds())),
        )
    if paused:
        raise ProblemError("partner-paused", "", retry_after_s=60)


def pause(conn: Connection, partner_id: str, *, reason: str, operator: str, at: datetime) -> None:
    """The kill switch. Safe to repeat."""
    _decide(conn, partner_id, at, operator, paused=True, reason=reason)


def resume(conn: Connection, partner_id: str, *, operator: str, at: datetime) -> None:
    _decide(conn, partner_id, at, operator, paused=False, reason="")


def limit(
    conn: Connection, partner_id: str, calls_per_minute: int | None, *, operator: str, at: datetime
) -> None:
    """Keep this pace towards the partner, in each gateway; None keeps none."""
    require_pace(calls_per_minute)
    _decide(conn, partner_id, at, operator, calls_per_minute=calls_per_minute)


def require_pace(calls_per_minute: int | None) -> None:
    """Raise ProblemError `bad-pace` (422)."""
    if calls_per_minute is not None and not 1 <= calls_per_minute <= 1_000_000:
        raise ProblemError("bad-pace", "a pace is 1 to 1,000,000 calls a minute")


def require_sound(window: Window) -> None:
    """Raise ProblemError `bad-window` (422)."""
    if window.ends_at <= window.starts_at:
        raise ProblemError("bad-window", "a window ends after it begins")


def announce(conn: Connection, window: Window) -> None:
    """Announce a maintenance window; one that begins at the same moment is replaced. Raises as `require_sound`."""
    require_sound(window)
    announced = insert_into(conn, _w).values(
        partner_id=window.partner_id, starts_at=window.starts_at, ends_at=window.ends_at, reason=window.reason
    )
    same = [_w.c.partner_id, _w.c.starts_at]
    again = {name: announced.excluded[name] for name in ("ends_at", "reason")}
    conn.execute(announced.on_conflict_do_update(index_elements=same, set_=again))


def get_window(conn: Connection, partner_id: str, starts_at: datetime, now: datetime) -> Window:
    """The window that begins at this moment and is not over. Raises ProblemError `unknown-window` (409)."""
    for row in _WINDOWS.all(conn, {"now": now}):
        if row["partner_id"] == partner_id and row["starts_at"] == starts_at:
            return Window(**row)
    raise ProblemError(
        "unknown-window",
        f"no window of {partner_id} begins at {starts_at.astimezone(JST):%Y-%m-%d %H:%M}, or it is over;"
        " see `point-gateway partners list`",
    )


def withdraw(conn: Connection, partner_id: str, starts_at: datetime) -> bool:
    """Take a window back; False when none begins at that moment."""
    gone = conn.execute(delete(_w).where(_w.c.partner_id == partner_id, _w.c.starts_at == starts_at))
    return gone.rowcount == 1


@dataclass(frozen=True, slots=True)
class Controls:
    """Brings what was decided to the partners of this process."""

    store: Store
    partners: Mapping[str, Partner]
    clock: Clock

    async def run(self) -> None:
        """Look every second, for ever; what was decided last stays in force while the database cannot be read."""
        while True:
            try:
                await self.refresh()
            except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), the next look may work
                _log.error("controls not read", error=type(fault).__name__, text=str(fault))
            await asyncio.sleep(RUN_INTERVAL_S)

    async def refresh(self) -> Mapping[str, PartnerAvailability]:
        now = self.clock()
        windows = await self.store.read(lambda conn: standings(conn, now))
        for id_, partner in self.partners.items():
            decided = windows.get(id_)
            partner.pace.set_rate(decided.calls_per_minute if decided is not None else None)
        return windows


def _standing(id_: str, row: Any, windows: list[Window], now: datetime) -> PartnerAvailability:
    current = next((window for window in windows if window.starts_at <= now), None)
    return PartnerAvailability(
        partner_id=id_,
        paused=row["paused"] if row is not None else False,
        reason=row["reason"] if row is not None else "",
        operator=row["operator"] if row is not None else "",
        calls_per_minute=row["calls_per_minute"] if row is not None else None,
        window=current,
        upcoming=tuple(window for window in windows if window.starts_at > now),
    )


def _decide(conn: Connection, partner_id: str, at: datetime, operator: str, **values: Any) -> None:
    values |= {"operator": operator, "changed_at": at}
    first = insert_into(conn, _c).values(**({"partner_id": partner_id, "paused": False} | values))
    # In one statement: whoever decides something else about the same partner at this moment keeps it from nothing.
    conn.execute(first.on_conflict_do_update(index_elements=[_c.c.partner_id], set_=values))
