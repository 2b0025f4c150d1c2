"""What each partner owes for a month: per rate and campaign, with how far both sides' books agree.

Made from the exchanges that were settled in that month and the quotes that are kept with them, so it says the same
years later. The points of a campaign are owed by its funder, the others by the partner; what was reversed in the
month is taken off. An exchange whose outcome is still open is counted beside it, not in it.

Wallets and campaigns are called as the month's quotes called them, partners as they call themselves now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core_ledger.read_model import moves
from gateway.exchanges import reconciliation_days
from gateway.exchanges.quotes import Quote
from gateway.exchanges.states import HELD, State
from gateway.model import JST, Label
from gateway.platform import tables
from gateway.points import municipalities
from httpkit.clock import day_of
from httpkit.safe_csv import excel_csv

_x = tables.exchanges
_r = tables.reversals
_PAGE: Final = 1_000
_A_DAY: Final = timedelta(days=1)
"""By so much a partner's clock may be another."""
_BLANK: Final = ("",) * 7
"""What a row of the invoice that is of no rate leaves empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """All exchanges of a month under one rate. `owed_by` is the partner, or the funder of the campaign.

    `campaign` is empty, and its name None, where the rate was of no campaign.
    """

    owed_by: str
    owed_by_name: Label
    wallet: str
    wallet_name: Label
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    campaign_name: Label | None
    exchanges: int
    units: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerMonth:
    """One partner's month. `owes` is the partner's own part after reversals; `funders` are in the lines.

    `reversed_points` and `corrected_points` are of the partner's own part; those of funders are `funders_reversed`
    and `funders_corrected`, by funder. `compared` is how many of the month's exchanges were laid beside the partner's
    book since they ended; on `days_left` days nobody has compared yet, and the compared ones have `differences` that
    nobody has closed. `closed_differences` were put right by a person; `open_outcomes` have no outcome yet. `owners`
    are the names of all who owe, the partner's own too.
    """

    partner_id: str
    month: str
    lines: tuple[RateLine, ...]
    exchanges: int
    compared: int
    days_left: int
    differences: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    open_outcomes: int
    owners: Mapping[str, Label]
    funders_reversed: Mapping[str, int] = field(default_factory=dict)
    funders_corrected: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> Label:
        return self.owners[self.partner_id]

    @property
    def partner_points(self) -> int:
        return sum(line.points for line in self.lines if line.owed_by == self.partner_id)

    @property
    def owes(self) -> int:
        return self.partner_points - self.reversed_points + self.corrected_points

    @property
    def reconciled(self) -> bool:
        """Whether both books were laid side by side and nothing is left to clear up before the invoice."""
        return (
            not (self.open_outcomes or self.differences or self.days_left) and self.compared == self.exchanges
        )


def month_of(
    conn: Connection, partner_id: str, year: int, month: int, partners: Mapping[str, Label]
) -> PartnerMonth:
    """Draw up one partner's month (Japan's time). `partners` are the names of those that are connected."""
    since, until = _bounds(year, month)
    days = (since.date(), until.date() - timedelta(days=1))
    groups: dict[tuple[str, str, int, int, str], list[int]] = {}
    wallets, campaigns = _NameHistory(), _NameHistory()
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
        quote = Quote.from_json(text)
        for line in quote.lines:
            wallets.hear(line.wallet, line.wallet_name, quote.quoted_at)
            campaigns.hear(line.campaign, line.campaign_name, quote.quoted_at)
            rate = (line.wallet, line.cost_per_unit, line.points_per_unit)
            owed = Counter({partner_id: line.points - line.campaign_points})
            owed[line.funder] += line.campaign_points  # a partner may pay for a campaign of its own
            for owed_by, points in owed.items():
                if points:
                    _count(groups, (owed_by, *rate, line.campaign), line.units, points)
    closed, corrected = _corrections(conn, partner_id, since, until)
    given_back = _reversed(conn, partner_id, since, until)
    paid_for: dict[str, list[Label]] = {owed_by: [] for owed_by in (partner_id, *given_back, *corrected)}
    for owed_by, campaign in sorted({(key[0], key[4]) for key in groups}):
        name = campaigns.of(campaign)
        paid_for.setdefault(owed_by, []).extend([] if name is None else [name])
    owners = {
        owed_by: _owner_name(owed_by, pays_for, partner_id, partners)
        for owed_by, pays_for in paid_for.items()
    }
    return PartnerMonth(
        partner_id=partner_id,
        owners=owners,
        month=f"{year:04}-{month:02}",
        lines=tuple(
            RateLine(
                owed_by=key[0],
                owed_by_name=owners[key[0]],
                wallet=key[1],
                wallet_name=wallets.of(key[1]) or Label(key[1], key[1]),
                cost_per_unit=key[2],
                points_per_unit=key[3],
                campaign=key[4],
                campaign_name=campaigns.of(key[4]),
                exchanges=count,
                units=units,
                points=points,
            )
            for key, (count, units, points) in sorted(groups.items())
        ),
        exchanges=exchanges,
        compared=_compared(conn, partner_id, settled, until),
        days_left=reconciliation_days.left(conn, partner_id, *days),
        differences=reconciliation_days.differences(conn, partner_id, *days),
        reversed_points=given_back.pop(partner_id, 0),
        closed_differences=closed,
        corrected_points=corrected.pop(partner_id, 0),
        open_outcomes=_open(conn, partner_id, until),
        funders_reversed=given_back,
        funders_corrected=corrected,
    )


def partners_with_business(conn: Connection) -> list[str]:
    """Every partner that ever had a settled exchange, or one that was corrected."""
    closed = tables.closed_differences
    settled = select(_x.c.partner_id).where(_x.c.state == State.SETTLED.value)
    corrected = select(closed.c.partner_id).where(closed.c.points != 0)
    return sorted(conn.execute(settled.union(corrected)).scalars())


def invoice_csv(months: Sequence[PartnerMonth]) -> bytes:
    """An invoice for Excel: a line a rate, then the reversals and the sum of each partner."""
    header = [
        "年月",
        "協力会社",
        "協力会社名",
        "請求先",
        "請求先名",
        "残高種別",
        "残高名",
        "1口の消費",
        "1口のポイント",
        "キャンペーン",
        "キャンペーン名",
        "件数",
        "口数",
        "ポイント",
    ]
    rows: list[tuple[str | int, ...]] = []
    for month in months:
        rows += [
            (
                month.month, month.partner_id, month.name.ja, line.owed_by, line.owed_by_name.ja, line.wallet,
                line.wallet_name.ja, line.cost_per_unit, line.points_per_unit, line.campaign,
                line.campaign_name.ja if line.campaign_name else "", line.exchanges, line.units, line.points,
            )
            for line in month.lines
        ]  # fmt: skip
        rows += [
            (
                month.month,
                month.partner_id,
                month.name.ja,
                owed_by,
                month.owners[owed_by].ja,
                what,
                *_BLANK,
                points,
            )
            for owed_by, what, points in (
                (month.partner_id, "取消・返還", -month.reversed_points),
                (month.partner_id, "訂正", month.corrected_points),
                (month.partner_id, "合計", month.owes),
                *(
                    (funder, "取消・返還", -points)
                    for funder, points in sorted(month.funders_reversed.items())
                ),
                *((funder, "訂正", points) for funder, points in sorted(month.funders_corrected.items())),
            )
        ]
    return excel_csv(header, rows)


class _NameHistory:
    """What wallets or campaigns are called, by their ids; of several names the one that was quoted last."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[datetime, Label]] = {}

    def hear(self, id_: str, name: Label | None, quoted_at: datetime) -> None:
        before = self._names.get(id_)
        if name is not None and (before is None or before[0] <= quoted_at):
            self._names[id_] = (quoted_at, name)

    def of(self, id_: str) -> Label | None:
        name = self._names.get(id_)
        return None if name is None else name[1]


def _partner_name(partner_id: str, partners: Mapping[str, Label]) -> Label:
    """What it calls itself; one that is connected no more has its id alone."""
    return partners.get(partner_id, Label(partner_id, partner_id))


def _owner_name(
    owed_by: str, pays_for: Sequence[Label], partner_id: str, partners: Mapping[str, Label]
) -> Label:
    """Name who owes: a partner, a municipality by its code, else the funder by the campaigns that it pays for."""
    if owed_by == partner_id or owed_by in partners:
        return _partner_name(owed_by, partners)
    city = municipalities.municipality(owed_by)
    if city is not None:
        return Label(city.name, city.name)
    if pays_for:
        ja, en = "・".join(label.ja for label in pays_for), "”, “".join(label.en for label in pays_for)
        return Label(f"{ja}の負担者", f"Funder of “{en}”")
    return Label(owed_by, owed_by)


def _count(groups: dict[Any, list[int]], key: Any, units: int, points: int) -> None:
    sums = groups.setdefault(key, [0, 0, 0])
    sums[0] += 1
    sums[1] += units
    sums[2] += points


def _compared(conn: Connection, partner_id: str, settled: tuple[Any, ...], until: datetime) -> int:
    """How many of these exchanges were laid beside the partner's book since they ended.

    Found by the partner's days, from the first on which one of them can have been debited.
    """
    first_sent: datetime | None = conn.scalar(select(func.min(_x.c.sent_at)).where(*settled))
    if first_sent is None:
        return 0
    d, c = tables.partner_debits, tables.compared_days
    first, last = (day_of(at).isoformat() for at in (first_sent - _A_DAY, until + _A_DAY))
    same = (_x.c.book_id == d.c.book_id) & (_x.c.exchange_id == d.c.exchange_id)
    since = (c.c.partner_id == d.c.partner_id) & (c.c.day == d.c.day) & (c.c.compared_at >= _x.c.ended_at)
    query = (
        select(func.count())
        .select_from(d.join(_x, same).join(c, since))
        .where(d.c.partner_id == partner_id, d.c.day >= first, d.c.day <= last, *settled)
    )
    return int(conn.scalar(query) or 0)


def _reversed(conn: Connection, partner_id: str, since: datetime, until: datetime) -> dict[str, int]:
    """Who has points back from the month's reversals: the partner, and each funder its campaigns' part."""
    query = select(_r.c.lines).where(
        _r.c.partner_id == partner_id, _r.c.state == "reversed", _r.c.ended_at >= since, _r.c.ended_at < until
    )
    back: Counter[str] = Counter()
    for text in conn.execute(query).scalars():
        for line in json.loads(text):
            back[partner_id] += line["points"] - line["campaign_points"]
            back[line["funder"]] += line["campaign_points"]
    return {owed_by: points for owed_by, points in back.items() if points}


def _corrections(
    conn: Connection, partner_id: str, since: datetime, until: datetime
) -> tuple[int, dict[str, int]]:
    """How many differences were closed in the month, and what more (or less) is owed by whom for it."""
    c, owners = tables.closed_differences, tables.exchange_owners
    closed = conn.execute(
        select(c.c.exchange_id, c.c.closing, owners.c.book_id)
        .outerjoin(owners, owners.c.exchange_id == c.c.exchange_id)
        .where(c.c.partner_id == partner_id, c.c.closed_at >= since, c.c.closed_at < until)
    ).all()
    more: Counter[str] = Counter()
    for row in closed:
        its_moves = select(moves.c.source, moves.c.target, moves.c.points).where(
            moves.c.book_id == row.book_id,
            moves.c.id.startswith(f"{row.exchange_id}:correction:", autoescape=True),
            moves.c.reference == ("" if row.closing == 1 else f"closing {row.closing}"),
        )
        for source, target, points in conn.execute(its_moves):
            for account, signed in ((source, points), (target, -points)):
                match account.split(":"):
                    case ["partner", owed_by, "due"] | ["funder", owed_by, _]:
                        more[owed_by] += signed
    return len(closed), {owed_by: points for owed_by, points in more.items() if points}


def _open(conn: Connection, partner_id: str, until: datetime) -> int:
    states = [state.value for state in HELD]
    query = select(func.count()).where(
        _x.c.partner_id == partner_id, _x.c.state.in_(states), _x.c.sent_at < until
    )
    return int(conn.scalar(query) or 0)


def _bounds(year: int, month: int) -> tuple[datetime, datetime]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return datetime(year, month, 1, tzinfo=JST), datetime.combine(after, time(), JST)
