"""A city's daily figures for Excel, in names: the shop, project or partner in place of the id that the figures carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.statistics.daily_stats import DayFigure
from httpkit.safe_csv import excel_csv

FIGURES: Final[Mapping[str, str]] = {
    "granted": "給付",
    "exchanged": "協力会社からの移行",
    "campaign": "キャンペーンの追加分",
    "allocated": "留保ポイントからの移行",
    "refunded": "利用の取消",
    "carried_paid": "前のシステムからの引継ぎ（有償）",
    "carried_free": "前のシステムからの引継ぎ（無償）",
    "other_in": "その他の増加",
    "spent": "加盟店での利用",
    "expired": "失効",
    "reversed": "移行の取消・返還",
    "other_out": "その他の減少",
}
_HEADER: Final = ("日付", "区分", "相手", "件数", "ポイント", "相手の番号")

Names = Mapping[tuple[str, str], str]
"""What a party is called, by the figure that it stands in and its id."""


def register_names(conn: Connection, code: str) -> Names:
    """The city's shops and projects, closed ones too."""
    shops, projects = tables.shops, tables.grant_projects
    shop_rows = conn.execute(select(shops.c.shop_id, shops.c.name).where(shops.c.municipality == code))
    names = {(figure, id_): name for id_, name in shop_rows for figure in ("spent", "refunded")}
    project_rows = conn.execute(
        select(projects.c.project_id, projects.c.name).where(projects.c.municipality == code)
    )
    return names | {("granted", id_): name for id_, name in project_rows}


def figures_csv(figures: Iterable[DayFigure], names: Names) -> bytes:
    """A line a day, figure and party. Who has no name stands there by the id, which is in a column of its own."""
    return excel_csv(
        _HEADER,
        (
            (
                figure.day.isoformat(),
                FIGURES[figure.figure],
                names.get((figure.figure, figure.party), figure.party),
                figure.moves,
                figure.points,
                figure.party,
            )
            for figure in figures
        ),
    )
