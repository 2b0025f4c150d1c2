"""Settlement for Excel: a cycle of the whole city, one shop's statement, and what corrects earlier cycles. Pure."""

from __future__ import annotations

from gateway.cities.settlement.settlement import CycleCorrections, ShopStatement
from gateway.cities.settlement.settlement_lines import Settlement
from gateway.cities.settlement.statement_rows import statement_rows
from gateway.platform.clock import day_of
from gateway.platform.safe_csv import excel_csv


def settlement_csv(settlement: Settlement) -> bytes:
    """A cycle for Excel: a line a shop."""
    header = [
        "加盟店番号",
        "加盟店名",
        "利用件数",
        "利用ポイント",
        "取消件数",
        "取消ポイント",
        "繰越(円)",
        "支払額(円)",
        "翌期繰越(円)",
        "うち訂正件数",
        "うち訂正ポイント",
        "うち訂正(円)",
    ]
    return excel_csv(
        header,
        (
            (
                one.shop_id, one.shop_name, one.spends, one.spent, one.refunds, one.refunded, one.brought_yen,
                one.paid_yen, one.carried_yen, one.corrections, one.corrected_points, one.corrected_yen,
            )
            for one in settlement.lines
        ),
    )  # fmt: skip


def statement_csv(statement: ShopStatement) -> bytes:
    """A shop's statement for Excel: a line a payment or refund, in the order of their times."""
    return excel_csv(
        ["区分", "日時", "番号", "ポイント", "金額(円)", "訂正する利用の日"],
        (
            (
                one.kind, f"{one.at:%Y-%m-%d %H:%M:%S}", one.spend_id, one.points, one.yen,
                one.corrects.isoformat() if one.corrects else "",
            )
            for one in statement_rows(statement)
        ),
    )  # fmt: skip


def corrections_csv(found: CycleCorrections) -> bytes:
    """What in a cycle corrects earlier ones, in the order of its times: a refund is below zero."""
    header = [
        "区分",
        "加盟店番号",
        "加盟店名",
        "訂正する期間",
        "利用の日",
        "利用の番号",
        "訂正の日時",
        "ポイント",
        "金額(円)",
        "理由",
        "担当",
    ]
    return excel_csv(
        header,
        (
            (
                "取消" if one.refund_id else "締めたあとに届いた利用", one.shop_id, one.shop_name,
                f"{one.corrects.starts_on}〜{one.corrects.ends_on}", day_of(one.paid_at).isoformat(), one.spend_id,
                f"{one.at:%Y-%m-%d %H:%M:%S}", one.points, one.yen, one.reason,
                "利用者" if one.made_by == "member" else found.people.get(one.made_by, one.made_by),
            )
            for one in found.corrections
        ),
    )  # fmt: skip
