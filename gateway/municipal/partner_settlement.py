"""What each partner owes for a month: per rate and campaign, with how far both sides' books agree.

Made from the exchanges that were settled in that month and the quotes that are kept with them, so it says the same
years later. The points of a campaign are owed by its funder, the others by the partner; what was reversed in the
month is taken off. An exchange whose outcome is still open is counted beside it, not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway import tables
from gateway.model import JST
from gateway.municipal.excel_csv import excel_csv
from gateway.records.quotes import Quote
from gateway.states import HELD, State

_x = tables.exchanges
_r = tables.reversals
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """All exchanges of a month under one rate. `owed_by` is the partner, or the funder of the campaign."""

    owed_by: str
    wallet: str
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    exchanges: int
    units: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerMonth:
    """One partner's month. `owes` is the partner's own part after reversals; `funders` are in the lines.

    `compared` is how many of the month's exchanges stand in both books for the nightly comparison;
    `closed_differences` were put right by a person; `open_outcomes` have no outcome yet.
    """

    partner_id: str
    month: str
    lines: tuple[RateLine, ...]
    exchanges: int
    compared: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    open_outcomes: int

    @property
    def partner_points(self) -> int:
        return sum(line.points for line in self.lines if line.owed_by == self.partner_id)

    @property
    def owes(self) -> int:
        return self.partner_points - self.reversed_points + self.corrected_points

    @property
    def reconciled(self) -> bool:
        """Whether nothing is left to clear up before the invoice."""
        return self.open_outcomes == 0 and self.compared == self.exchanges


def month_of(conn: Connection, partner_id: str, year: int, month: int) -> PartnerMonth:
    """Draw up one partner's month (Japan's time)."""
    since, until = _bounds(year, month)
    groups: dict[tuple[str, str, int, int, str], list[int]] = {}
    exchanges = 0
    settled = (
        _x.c.partner_id == partner_id,
        _x.c.state == State.SETTLED.value,
        _x.c.ended_at >= since,
        _x.c.ended_at < until,
    )
    query = select(_x.c.quote).where(*settled).execution_options(yield_per=_PAGE)
    for (text,) in conn.execute(query):
        exchanges += 1
        for line in Quote.from_json(text).lines:
            own = line.points - line.campaign_points
            rate = (line.wallet, line.cost_per_unit, line.points_per_unit)
            if own:
                _count(groups, (partner_id, *rate, line.campaign), line.units, own)
            if line.campaign_points:
                _count(groups, (line.funder, *rate, line.campaign), line.units, line.campaign_points)
    closed, corrected = _corrections(conn, partner_id, since, until)
    return PartnerMonth(
        partner_id=partner_id,
        month=f"{year:04}-{month:02}",
        lines=tuple(
            RateLine(
                owed_by=key[0],
                wallet=key[1],
                cost_per_unit=key[2],
                points_per_unit=key[3],
                campaign=key[4],
                exchanges=count,
                units=units,
                points=points,
            )
            for key, (count, units, points) in sorted(groups.items())
        ),
        exchanges=exchanges,
        compared=_compared(conn, settled),
        reversed_points=_reversed(conn, partner_id, since, until),
        closed_differences=closed,
        corrected_points=corrected,
        open_outcomes=_open(conn, partner_id, until),
    )


def partners_with_business(conn: Connection) -> list[str]:
    """Every partner that ever had a settled exchange."""
    query = select(_x.c.partner_id).where(_x.c.state == State.SETTLED.value).distinct()
    return sorted(conn.execute(query).scalars())


def invoice_csv(months: Sequence[PartnerMonth]) -> bytes:
    """An invoice for Excel: a line a rate, then the reversals and the sum of each partner."""
    header = [
        "年月",
        "協力会社",
        "請求先",
        "残高種別",
        "1口の消費",
        "1口のポイント",
        "キャンペーン",
        "件数",
        "口数",
        "ポイント",
    ]
    rows: list[tuple[str | int, ...]] = []
    for one in months:
        rows += [
            (
                one.month, one.partner_id, line.owed_by, line.wallet, line.cost_per_unit, line.points_per_unit,
                line.campaign, line.exchanges, line.units, line.points,
            )
            for line in one.lines
        ]  # fmt: skip
        blank = ("", "", "", "", "", "")
        rows.append(
            (one.month, one.partner_id, one.partner_id, "取消・返還", *blank[:5], -one.reversed_points)
        )
        rows.append((one.month, one.partner_id, one.partner_id, "訂正", *blank[:5], one.corrected_points))
        rows.append((one.month, one.partner_id, one.partner_id, "合計", *blank[:5], one.owes))
    return excel_csv(header, rows)


def _count(groups: dict[Any, list[int]], key: Any, units: int, points: int) -> None:
    found = groups.setdefault(key, [0, 0, 0])
    found[0] += 1
    found[1] += units
    found[2] += points


def _compared(conn: Connection, settled: tuple[Any, ...]) -> int:
    d = tables.partner_debits
    same = (d.c.partner_id == _x.c.partner_id) & (d.c.exchange_id == _x.c.exchange_id)
    return int(conn.scalar(select(func.count()).select_from(_x.join(d, same)).where(*settled)) or 0)


def _reversed(conn: Connection, partner_id: str, since: datetime, until: datetime) -> int:
    query = select(func.sum(_r.c.points)).where(
        _r.c.partner_id == partner_id, _r.c.state == "reversed", _r.c.ended_at >= since, _r.c.ended_at < until
    )
    return int(conn.scalar(query) or 0)


def _corrections(conn: Connection, partner_id: str, since: datetime, until: datetime) -> tuple[int, int]:
    c = tables.closed_differences
    row = conn.execute(
        select(func.count(), func.coalesce(func.sum(c.c.points), 0)).where(
            c.c.partner_id == partner_id, c.c.closed_at >= since, c.c.closed_at < until
        )
    ).one()
    return int(row[0]), int(row[1])


def _open(conn: Connection, partner_id: str, until: datetime) -> int:
    states = [state.value for state in HELD]
    query = select(func.count()).where(
        _x.c.partner_id == partner_id, _x.c.state.in_(states), _x.c.sent_at < until
    )
    return int(conn.scalar(query) or 0)


def _bounds(year: int, month: int) -> tuple[datetime, datetime]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return datetime(year, month, 1, tzinfo=JST), datetime.combine(after, time(), JST)
