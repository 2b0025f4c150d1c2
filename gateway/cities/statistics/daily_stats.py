"""Daily figures (roll-ups) for dashboards: what came, went and expired, by day, by party, by day of issue.

Counted from the ledger's own moves, book by book: each book remembers how far it was counted, so a count costs
what is new, every move counts exactly once, and no hot row is touched when points move. Figures are for looking
at; the ledger decides. Sums by day without the parties, and by month, are kept beside the figures of each day.

    in      granted (project) · exchanged (partner) · campaign (funder) · allocated · refunded (shop) · other_in
            carried_paid · carried_free: from a predecessor's system
    out     spent (shop) · expired · reversed (partner, funder) · other_out
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core_ledger import Store, chart
from core_ledger.read_model import books, lock_books, moves
from gateway.cities import tables
from gateway.cities.grants.granted import CORRECTED
from gateway.cities.spending import spend_rows
from gateway.platform.sql import insert_into
from gateway.points import rules as point_rules
from httpkit.clock import day_of

BOOK_BATCH_SIZE: Final = 500
INFLOWS: Final = (
    "granted", "exchanged", "campaign", "allocated", "refunded", "carried_paid", "carried_free", "other_in",
)  # fmt: skip
OUTFLOWS: Final = ("spent", "expired", "reversed", "other_out")

_days, _totals, _months = tables.daily_figures, tables.day_totals, tables.month_figures
_issues, _cursors = tables.issue_figures, tables.figure_cursors
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POSTED: Final = ("transfer", "post")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigure:
    """`moves` moves of `points` points in all, on one day; `party` is the shop, partner or project."""

    day: date
    figure: str
    party: str
    moves: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFigure:
    """All points that were issued on one day: what came of them. `held` is what members still have.

    `issued` = `held` + `spent` + `expired` + `reversed`, always; a refund takes off what was spent.
    """

    issued_on: date
    issued: int
    spent: int
    expired: int
    reversed: int
    last_day: date | None

    @property
    def held(self) -> int:
        return self.issued - self.spent - self.expired - self.reversed


# --- counting ------------------------------------------------------------------------------------------------------


async def count_all(store: Store) -> int:
    """Count whatever is new. Safe to repeat, to interrupt and to run in two processes. Returns how many moves."""
    counted, after = 0, ""
    while True:
        changed_books = await store.read(partial(_changed_books, after))
        if not changed_books:
            return counted
        counted += await store.run(partial(count_books, book_ids=changed_books))
        after = changed_books[-1]


def count_books(conn: Connection, book_ids: Sequence[str]) -> int:
    """Count what is new in these books, in the caller's transaction."""
    # Whoever counts the same books at this moment is waited for; the next statement sees what they counted.
    lock_books(conn, book_ids)
    rows = conn.execute(
        select(
            moves.c.book_id, moves.c.seq, moves.c.id, moves.c.action, moves.c.source, moves.c.target,
            moves.c.points, moves.c.at, moves.c.details, moves.c.lots,
        )
        .outerjoin(_cursors, _cursors.c.book_id == moves.c.book_id)
        .where(moves.c.book_id.in_(book_ids), moves.c.seq > func.coalesce(_cursors.c.seq, 0))
    ).all()  # fmt: skip
    heads: dict[str, int] = {}
    days: Counter[tuple[str, ...]] = Counter()
    numbers: Counter[tuple[str, ...]] = Counter()
    issues: Counter[tuple[str, ...]] = Counter()
    refunds: set[tuple[str, str]] = set()
    for row in rows:
        heads[row.book_id] = max(heads.get(row.book_id, 0), row.seq)
        if row.action in _POSTED:
            for code, service, figure, party in _figures_of(row):
                day = day_of(_EPOCH + timedelta(microseconds=row.at)).isoformat()
                days[(code, service, day, figure, party)] += row.points
                numbers[(code, service, day, figure, party)] += _is_first_move(row, refunds)
                for issued_on, points in json.loads(row.lots):
                    issues[(code, service, issued_on, figure)] += points
    for table, columns, short in (
        (_days, _DAY_KEY, _whole),
        (_totals, _TOTAL_KEY, _without_party),
        (_months, _MONTH_KEY, _by_month),
    ):
        sums = {short(key): [0, 0] for key in days}
        for key, points in days.items():
            here = sums[short(key)]
            here[0], here[1] = here[0] + numbers[key], here[1] + points
        _add(conn, table, columns, [(*key, *both) for key, both in sums.items()], ("moves", "points"))
    _add(conn, _issues, _ISSUE_KEY, [(*key, points) for key, points in issues.items()], ("points",))
    _set_cursors(conn, heads)
    return len(rows)


def _changed_books(after: str, conn: Connection) -> list[str]:
    query = (
        select(books.c.book_id)
        .outerjoin(_cursors, _cursors.c.book_id == books.c.book_id)
        .where(
            books.c.book_id > after,
            books.c.book_id.startswith("member:"),
            books.c.seq > func.coalesce(_cursors.c.seq, 0),
        )
        .order_by(books.c.book_id)
        .limit(BOOK_BATCH_SIZE)
    )
    return list(conn.execute(query).scalars())


def _figures_of(row: Any) -> Iterable[tuple[str, str, str, str]]:
    """(municipality, point service, figure, party) of each municipal account that a move touches.

    None where points pass between two members who are one person: a city has as many as before.
    """
    source, target = row.source.split(":"), row.target.split(":")
    if "merge" in (source[0], target[0]):
        return
    if (place := _municipal(row.book_id, row.target)) is not None:
        match source:
            case ["municipality", _, "granted"] if row.id.startswith(CORRECTED):
                # No project has granted it; one that takes away is other_out.
                yield (*place, "other_in", "")
            case ["municipality", _, "granted"]:
                yield (*place, "granted", _project(row.details))
            case ["municipality", _, "carried_in", origin]:
                yield (*place, f"carried_{origin}", "")
            case ["partner", partner, "due"]:
                yield (*place, "exchanged", partner)
            case ["funder", *funder]:
                yield (*place, "campaign", ":".join(funder))
            case ["member", _, "reserve"]:
                yield (*place, "allocated", "")
            case ["shop", _, shop]:
                yield (*place, "refunded", shop)
            case _:
                yield (*place, "other_in", "")
    if (place := _municipal(row.book_id, row.source)) is not None:
        match target:
            case ["shop", _, shop]:
                yield (*place, "spent", shop)
            case ["expired", _]:
                yield (*place, "expired", "")
            case ["partner", partner, "due"]:
                yield (*place, "reversed", partner)
            case ["funder", *funder]:
                yield (*place, "reversed", ":".join(funder))
            case _:
                yield (*place, "other_out", "")


def _is_first_move(row: Any, refunds: set[tuple[str, str]]) -> bool:
    """Whether a move is counted: a refund is one, though it has a move for each day on which its points were issued.

    All moves of a refund are written in one transaction, so they are always counted together.
    """
    refund_id = spend_rows.refund_id_of(row.id)
    if refund_id is None:
        return True
    is_first = (row.book_id, refund_id) not in refunds
    refunds.add((row.book_id, refund_id))
    return is_first


def _municipal(book: str, account: str) -> tuple[str, str] | None:
    """(municipality, point service) of a member's own account; the city's `granted` account is none."""
    if not chart.owned(book, account):
        return None
    rest = account.removeprefix(f"{book}:").split(":")
    return (rest[1], rest[2]) if len(rest) == 3 and rest[0] == "municipality" else None


def _project(details: str) -> str:
    return str(json.loads(details).get("project_id", "")) if details else ""


_DAY_KEY: Final = ("municipality", "point_service", "day", "figure", "party")
_TOTAL_KEY: Final = ("municipality", "point_service", "day", "figure")
_MONTH_KEY: Final = ("municipality", "point_service", "month", "figure", "party")
_ISSUE_KEY: Final = ("municipality", "point_service", "issued_on", "figure")


def _whole(key: tuple[str, ...]) -> tuple[str, ...]:
    return key


def _without_party(key: tuple[str, ...]) -> tuple[str, ...]:
    return key[:4]


def _by_month(key: tuple[str, ...]) -> tuple[str, ...]:
    return (*key[:2], key[2][:7], *key[3:])


def _add(
    conn: Connection, table: Any, key: Sequence[str], rows: Sequence[tuple[Any, ...]], sums: Sequence[str]
) -> None:
    if not rows:
        return
    # In the order of their keys, so that two counters never wait for each other in a circle.
    values = [dict(zip((*key, *sums), row, strict=True)) for row in sorted(rows)]
    insertion = insert_into(conn, table)
    conn.execute(
        insertion.on_conflict_do_update(
            index_elements=[table.c[name] for name in key],
            set_={name: table.c[name] + insertion.excluded[name] for name in sums},
        ),
        values,
    )


def _set_cursors(conn: Connection, seqs: Mapping[str, int]) -> None:
    if not seqs:
        return
    insertion = insert_into(conn, _cursors)
    conn.execute(
        insertion.on_conflict_do_update(
            index_elements=[_cursors.c.book_id], set_={"seq": insertion.excluded.seq}
        ),
        [{"book_id": book, "seq": seq} for book, seq in sorted(seqs.items())],
    )


# --- looking -----------------------------------------------------------------------------------------------------------


def by_day(
    conn: Connection, code: str, since: date, until: date, service: str | None = None
) -> list[DayFigure]:
    """Figures from `since` to `until`, both included, in the order of the days."""
    query = (
        select(_days.c.day, _days.c.figure, _days.c.party, func.sum(_days.c.moves), func.sum(_days.c.points))
        .where(
            _days.c.municipality == code,
            _days.c.day >= since.isoformat(),
            _days.c.day <= until.isoformat(),
        )
        .group_by(_days.c.day, _days.c.figure, _days.c.party)
        .order_by(_days.c.day, _days.c.figure, _days.c.party)
    )
    if service is not None:
        query = query.where(_days.c.point_service == service)
    return [
        DayFigure(
            day=date.fromisoformat(day), figure=figure, party=party, moves=int(number), points=int(points)
        )
        for day, figure, party, number, points in conn.execute(query)
    ]


def by_issue(conn: Connection, code: str, service: str) -> list[IssueFigure]:
    """What came of the points of each day of issue, with the last day on which what is left can be used."""
    rules = point_rules.versions(conn, code, service)
    sums: dict[str, Counter[str]] = {}
    query = select(_issues.c.issued_on, _issues.c.figure, _issues.c.points).where(
        _issues.c.municipality == code, _issues.c.point_service == service
    )
    for issued_on, figure, points in conn.execute(query):
        sums.setdefault(issued_on, Counter())[figure] += points
    differences = []
    for issued_on, one in sorted(sums.items()):
        day = date.fromisoformat(issued_on)
        differences.append(
            IssueFigure(
                issued_on=day,
                issued=sum(one[figure] for figure in INFLOWS if figure != "refunded"),
                spent=one["spent"] - one["refunded"],
                expired=one["expired"],
                reversed=one["reversed"] + one["other_out"],
                last_day=point_rules.last_day(rules, day),
            )
        )
    return differences


def unused_on(conn: Connection, code: str, day: date) -> dict[str, int]:
    """Unused points of each point service at the end of a day: for the legal report of 31 March and 30 September."""
    query = (
        select(_totals.c.point_service, _totals.c.figure, func.sum(_totals.c.points))
        .where(_totals.c.municipality == code, _totals.c.day <= day.isoformat())
        .group_by(_totals.c.point_service, _totals.c.figure)
    )
    unused: Counter[str] = Counter()
    for service, figure, points in conn.execute(query):
        unused[service] += int(points) if figure in INFLOWS else -int(points)
    return dict(unused)
