"""Steps of an exchange, its story: each is written together with the change that it tells, one never without the other.

On PostgreSQL change and step are one statement, because each statement is a way to the server and back. SQLite takes no
INSERT or UPDATE inside another statement; there they are two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, bindparam, insert, select, update

from gateway.exchanges.states import State
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.webhooks import outbox

_x = tables.exchanges
_s = tables.exchange_steps
_UPDATE: Final = (
    update(_x)
    .where(
        _x.c.book_id == bindparam("of_book"),
        _x.c.exchange_id == bindparam("of_exchange"),
        _x.c.state == bindparam("from_state"),
    )
    .values(steps=_x.c.steps + 1)
    .returning(*(column for column in _x.c if column.name != "quote"))  # the longest, and known
)
_CHANGE: Final = CompiledStatement(_UPDATE)
_ADD: Final = CompiledStatement(insert(_x).returning(*_x.c))
_ADD_STEP: Final = CompiledStatement(insert(_s))


class NewStep(NamedTuple):
    """What a step tells; `facts` is JSON."""

    at: datetime
    state: State
    what: str
    facts: str


class ChangedRow(NamedTuple):
    """An exchange's row without the quote, and the portals' key ids where they were read along."""

    row: dict[str, Any]
    portals: Sequence[str] | None


def add_exchange(conn: Connection, values: Mapping[str, Any], step: NewStep) -> dict[str, Any]:
    """Add an exchange with the first step of its story. Gives its whole row."""
    if conn.dialect.name == "postgresql":
        return _add_with_step(tuple(values)).all(conn, _prefixed("new_", values) | _of_step(step))[0]
    (row,) = _ADD.all(conn, values)
    add(conn, row["book_id"], row["exchange_id"], row["steps"], step)
    return row


def update_exchange(
    conn: Connection,
    key: tuple[str, str],
    from_state: State,
    values: Mapping[str, Any],
    step: NewStep,
    *,
    with_portals: bool = False,
) -> ChangedRow | None:
    """Change the exchange `key` (book, id) and add a step. None: its state is another.

    `with_portals`: who is to be told is read along, where that costs no statement more.
    """
    book_id, exchange_id = key
    this = {"of_book": book_id, "of_exchange": exchange_id, "from_state": from_state}
    if conn.dialect.name == "postgresql":
        changing = _update_with_step(tuple(values), with_portals)
        row = changing.first(conn, this | _prefixed("new_", values) | _of_step(step))
        if row is None:
            return None
        return ChangedRow(row, (row.pop("portals") or "").split() if with_portals else None)
    row = _CHANGE.first(conn, {**this, **values})
    if row is None:
        return None
    add(conn, book_id, exchange_id, row["steps"], step)
    return ChangedRow(row, None)


def add(conn: Connection, book_id: str, exchange_id: str, number: int, step: NewStep) -> None:
    """Add a step by itself; `number` counts those of the exchange from 1."""
    key = {"book_id": book_id, "exchange_id": exchange_id, "step": number}
    _ADD_STEP.all(conn, key | step._asdict())


@cache
def _add_with_step(columns: tuple[str, ...]) -> CompiledStatement:
    return _with_step(insert(_x).values(_bound(columns)).returning(*_x.c).cte("changed"))


@cache
def _update_with_step(columns: tuple[str, ...], with_portals: bool) -> CompiledStatement:
    along = [outbox.PORTALS_COLUMN.label("portals")] if with_portals else []
    return _with_step(_UPDATE.values(_bound(columns)).cte("changed"), *along)


def _with_step(changed: CTE, *along: ColumnElement[Any]) -> CompiledStatement:
    """A change, and a step for the row that it gives; `along` is asked beside it."""
    values = (bindparam(f"step_{name}", type_=_s.c[name].type) for name in NewStep._fields)
    added = insert(_s).from_select(
        ["book_id", "exchange_id", "step", *NewStep._fields],
        select(changed.c.book_id, changed.c.exchange_id, changed.c.steps, *values),
    )
    return CompiledStatement(select(*changed.c, *along).add_cte(added.cte("added")))


def _bound(columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=_x.c[name].type) for name in columns}


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}


def _of_step(step: NewStep) -> dict[str, Any]:
    return _prefixed("step_", step._asdict())
