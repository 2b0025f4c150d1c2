"""What a carried-in file says, held against the ledger: by point service, last day and origin, point for point.

    file = ledger + waiting + refused          of each line of the report, and of the city's source accounts over all files

The ledger is read move by move, some hundred lines and then some hundred books at a time; nothing that was counted on the
way is believed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from core_ledger import chart, ledger
from core_ledger.read_model import moves
from gateway.cities import tables
from gateway.cities.carry_in.carry_in_lines import KIND, lot_move_id
from gateway.cities.carry_in.carry_in_list import Origin
from gateway.cities.carry_in.carry_in_rows import CarryIn, day_or_never, next_lines, require
from gateway.cities.grants.grant_file_rows import batches

READ_BATCH_SIZE: Final = 500
"""Lines, or books, that are held at one time: a city's moves are more than memory should have."""
_numbers = tables.carried_numbers
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciledLots:
    """Points of one point service, last day and origin. `waiting`: their people have not taken them over yet."""

    point_service: str
    last_day: date | None
    origin: str
    file: int
    ledger: int
    waiting: int
    refused: int

    @property
    def difference(self) -> int:
        """What is missing in the ledger; below zero what is too much. Zero once the whole file is carried in."""
        return self.file - self.ledger - self.waiting - self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """`city_ledger` is what has come from the city's source accounts over all its files, by the ledger's own balances.

    `unexpected` are moves of this file in the ledger that none of its lines stands for.
    """

    file: CarryIn
    lots: tuple[ReconciledLots, ...]
    unexpected: int
    city_ledger: int
    city_moves: int

    @property
    def agrees(self) -> bool:
        """Whether every point of the file is where the report says, and no other."""
        is_whole = not self.unexpected and all(not each.difference for each in self.lots)
        return is_whole and self.city_ledger == self.city_moves


def reconcile(conn: Connection, code: str, file_id: str) -> Reconciliation:
    """Hold a file against the ledger. Raises ProblemError `unknown-file` (404)."""
    file = require(conn, code, file_id)
    sums = {name: Counter[_Key]() for name in ("file", "ledger", "waiting", "refused")}
    expected, through, is_last = 0, "", False
    while not is_last:
        rows, is_last = next_lines(conn, file_id, through, READ_BATCH_SIZE)
        if rows:
            expected += _add_lines(conn, file, rows, sums)
            through = rows[-1].number
    lots = [
        ReconciledLots(
            point_service=service, last_day=day_or_never(last_day), origin=origin,
            **{name: counter[service, last_day, origin] for name, counter in sums.items()},
        )
        for service, last_day, origin in sums["file"]
    ]  # fmt: skip
    city_moves, file_moves = _sum_moves(conn, code, file_id)
    return Reconciliation(
        file=file,
        lots=tuple(
            sorted(lots, key=lambda each: (each.point_service, each.last_day or date.max, each.origin))
        ),
        unexpected=file_moves - expected,
        city_ledger=-sum(ledger.total(conn, chart.carried_in(code, origin)) for origin in Origin),
        city_moves=city_moves,
    )


def _add_lines(
    conn: Connection, file: CarryIn, rows: Sequence[Row[Any]], sums: Mapping[str, Counter[_Key]]
) -> int:
    """Add these lines of whole numbers to the sums; the points of their moves that were made for this file."""
    code, expected = file.municipality, 0
    rows = [row for row in rows if row.typed is None]  # without those that were wrong when checked
    query = select(_numbers.c.number, _numbers.c.member_id).where(
        _numbers.c.municipality == code, _numbers.c.file_id == file.file_id
    )
    owners: dict[str, str | None] = {}
    for part in batches(sorted({row.number for row in rows})):
        owners.update(map(tuple, conn.execute(query.where(_numbers.c.number.in_(part)))))
    ids = [lot_move_id(code, row) for row in rows]
    carried: dict[tuple[str, str], Row[Any]] = {}
    for part in batches(ids):
        found = conn.execute(_moves(code, moves.c.book_id, moves.c.id).where(moves.c.id.in_(part)))
        carried.update(((move.book_id, move.id), move) for move in found)
    for row, name in zip(rows, ids, strict=True):
        key: _Key = (row.point_service, row.last_day, row.origin)
        sums["file"][key] += row.points
        owner = owners.get(row.number)
        if row.fault is not None:
            sums["refused"][key] += row.points
        elif row.number in owners and owner is None:
            sums["waiting"][key] += row.points
        if owner is not None and (move := carried.get((chart.member_book(owner), name))) is not None:
            sums["ledger"][key] += move.points
            expected += move.points if _file_of(move) == file.file_id else 0
    return expected


def _sum_moves(conn: Connection, code: str, file_id: str) -> tuple[int, int]:
    """What all moves that carried points of this city in come to, book by book; and those that name this file."""
    in_all, of_file, after = 0, 0, ""
    query = (
        select(_numbers.c.member_id)
        .where(_numbers.c.municipality == code)
        .group_by(_numbers.c.member_id)
        .order_by(_numbers.c.member_id)
        .limit(READ_BATCH_SIZE)
    )
    while member_ids := conn.scalars(query.where(_numbers.c.member_id > after)).all():
        after = str(member_ids[-1])
        books = [chart.member_book(str(member_id)) for member_id in member_ids]
        for move in conn.execute(_moves(code).where(moves.c.book_id.in_(books))):
            in_all += move.points
            of_file += move.points if _file_of(move) == file_id else 0
    return in_all, of_file


def _moves(code: str, *columns: Any) -> Select[Any]:
    sources = [chart.carried_in(code, origin) for origin in Origin]
    return select(*columns, moves.c.points, moves.c.details).where(
        moves.c.kind == KIND, moves.c.source.in_(sources)
    )


def _file_of(move: Row[Any]) -> str:
    return str(json.loads(move.details)["file"])
