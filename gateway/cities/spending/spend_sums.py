"""Payments and refunds counted and summed: the one query that settlements, statements and shops' reports stand on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select


def sum_rows(
    table: Table, *by: ColumnElement[Any], where: tuple[ColumnElement[bool], ...]
) -> Select[tuple[Any, ...]]:
    """Of payments or of refunds: each combination of `by`, then `moves`, `points` and `yen` of what it stands for."""
    counted = (
        func.count().label("moves"),
        func.sum(table.c.points).label("points"),
        func.sum(table.c.yen).label("yen"),
    )
    return select(*by, *counted).where(*where).group_by(*by)
