"""What a carried-in file says, held against the ledger: by point service, last day and origin, point for point.

    file = ledger + waiting + refused          of each line of the report, and of the city's source accounts over all files

The ledger is read move by move; nothing that was counted on the way is believed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from core_ledger import chart, ledger
from core_ledger.read_model import moves
from gateway.cities import tables
from gateway.cities.carry_in.carry_in_lines import KIND, move_id
from gateway.cities.carry_in.carry_in_list import Origin
from gateway.cities.carry_in.carry_in_rows import CarryIn, day_or_never, in_parts, require

_lines, _numbers = tables.carry_in_lines, tables.carried_numbers
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
    numbers = {row.number: row for row in conn.execute(_numbers_of(code, file_id))}
    in_ledger, city_moves = _moves_of(conn, code)
    sums = {name: Counter[_Key]() for name in ("file", "ledger", "waiting", "refused")}
    expected: set[tuple[str, str]] = set()
    for row in conn.execute(select(_lines).where(_lines.c.file_id == file_id, _lines.c.typed.is_(None))):
        key: _Key = (row.point_service, row.last_day, row.origin)
        sums["file"][key] += row.points
        number = numbers.get(row.number)
        if row.fault is not None:
            sums["refused"][key] += row.points
        elif number is not None and number.member_id is None:
            sums["waiting"][key] += row.points
        if number is not None and number.member_id is not None:
            at = (chart.member_book(number.member_id), _move_id(code, row))
            expected.add(at)
            sums["ledger"][key] += in_ledger.get(at, (0, ""))[0]
    lots = [
        ReconciledLots(
            point_service=service, last_day=day_or_never(last_day), origin=origin,
            **{name: counter[service, last_day, origin] for name, counter in sums.items()},
        )
        for service, last_day, origin in sums["file"]
    ]  # fmt: skip
    unexpected = sum(
        points for at, (points, of_file) in in_ledger.items() if of_file == file_id and at not in expected
    )
    return Reconciliation(
        file=file,
        lots=tuple(
            sorted(lots, key=lambda each: (each.point_service, each.last_day or date.max, each.origin))
        ),
        unexpected=unexpected,
        city_ledger=-sum(ledger.total(conn, chart.carried_in(code, origin)) for origin in Origin),
        city_moves=city_moves,
    )


def _numbers_of(code: str, file_id: str) -> Any:
    return select(_numbers.c.number, _numbers.c.member_id).where(
        _numbers.c.municipality == code, _numbers.c.file_id == file_id
    )


def _move_id(code: str, row: Row[Any]) -> str:
    return move_id(code, row.number, row.point_service, date.fromisoformat(row.issued_on), row.origin)


def _moves_of(conn: Connection, code: str) -> tuple[dict[tuple[str, str], tuple[int, str]], int]:
    """Every move that carried points in, by book and id: its points and its file. And what the city's come to in all."""
    sources = [chart.carried_in(code, origin) for origin in Origin]
    query = select(_numbers.c.member_id).where(
        _numbers.c.municipality == code, _numbers.c.member_id.is_not(None)
    )
    books = sorted(chart.member_book(member_id) for member_id in conn.scalars(query.distinct()))
    carried: dict[tuple[str, str], tuple[int, str]] = {}
    in_all = 0
    for part in in_parts(books):
        rows = conn.execute(
            select(moves.c.book_id, moves.c.id, moves.c.points, moves.c.details).where(
                moves.c.book_id.in_(part), moves.c.kind == KIND, moves.c.source.in_(sources)
            )
        )
        for row in rows:
            in_all += row.points
            carried[row.book_id, row.id] = (row.points, json.loads(row.details)["file"])
    return carried, in_all
