"""Settlement for Excel: a cycle of the whole city, one shop's statement, and what corrects earlier cycles. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cities.settlement.settlement import CycleCorrections, ShopStatement
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.statement_rows import statement_rows
from gateway.cities.settlement.transfer_fees import StatementTerms, tax_in
from httpkit.clock import day_of
from httpkit.safe_csv import excel_csv


def settlement_csv(settlement: Settlement) -> bytes:
    """A cycle for Excel: a line a shop. Fees have columns where there are any."""
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
    terms = settlement.terms if settlement.has_fees else None
    if terms is not None:
        header += ["振込手数料(円)", "うち消費税(円)", "振込額(円)", "自治体が負担する手数料(円)"]
    if settlement.has_return_fees:
        # The tax before is in both fees that the shop bears, as its statement has it.
        header += ["組戻手数料(円)", "自治体が負担する組戻手数料(円)", "未控除の組戻手数料(円)"]
    return excel_csv(
        header,
        (
            (
                line.shop_id, line.shop_name, line.spends, line.spent, line.refunds, line.refunded, line.brought_yen,
                line.paid_yen, line.carried_yen, line.corrections, line.corrected_points, line.corrected_yen,
                *(_fee_cells(line, terms) if terms else ()),
                *(_return_fee_cells(line) if settlement.has_return_fees else ()),
            )
            for line in settlement.lines
        ),
    )  # fmt: skip


def _fee_cells(line: ShopLine, terms: StatementTerms) -> tuple[int, ...]:
    tax = tax_in(line.deducted_yen, terms.fee_tax_percent)
    return line.fee_yen, tax, line.transfer_yen, line.city_fee_yen


def _return_fee_cells(line: ShopLine) -> tuple[int, ...]:
    return line.return_fee_yen, line.city_return_fee_yen, line.open_return_fee_yen


def statement_csv(statement: ShopStatement) -> bytes:
    """A shop's statement for Excel: a line a payment or refund, in the order of their times; last the fees that are deducted."""
    fees = ("振込手数料", statement.line.fee_yen), ("組戻手数料", statement.line.return_fee_yen)
    rows = [
        (
            statement_row.kind, f"{statement_row.at:%Y-%m-%d %H:%M:%S}", statement_row.spend_id, statement_row.points, statement_row.yen,
            statement_row.corrects.isoformat() if statement_row.corrects else "",
        )
        for statement_row in statement_rows(statement)
    ]  # fmt: skip
    rows += [(name, "", "", 0, -yen, "") for name, yen in fees if yen]
    return excel_csv(["区分", "日時", "番号", "ポイント", "金額(円)", "訂正する利用の日"], rows)


def company_statement_csv(statements: Sequence[ShopStatement]) -> bytes:
    """A company's statement of a cycle for Excel: each shop's lines, carried sums among them, and what is transferred in all.

    A shop's lines add up to its transfer, and all lines to the last one.
    """
    rows: list[tuple[str | int, ...]] = []
    for statement in statements:
        shop, line = (statement.shop.shop_id, statement.line.shop_name), statement.line
        sums = (
            ("前期からの繰越", line.brought_points, line.brought_yen),
            ("翌期への繰越", -line.carried_points, -line.carried_yen),
            ("振込手数料", 0, -line.fee_yen),
            ("組戻手数料", 0, -line.return_fee_yen),
        )
        rows += [
            (*shop, row.kind, f"{row.at:%Y-%m-%d %H:%M:%S}", row.spend_id, row.points, row.yen,
             row.corrects.isoformat() if row.corrects else "")
            for row in statement_rows(statement)
        ]  # fmt: skip
        rows += [(*shop, kind, "", "", points, yen, "") for kind, points, yen in sums if points or yen]
    points = sum(statement.line.paid_points for statement in statements)
    yen = sum(statement.line.transfer_yen for statement in statements)
    rows.append(("会社の合計", "", "", "", "", points, yen, ""))
    header = [
        "加盟店番号", "加盟店名", "区分", "日時", "番号", "ポイント", "金額(円)", "訂正する利用の日",
    ]  # fmt: skip
    return excel_csv(header, rows)


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
                "取消" if correction.refund_id else "締めたあとに届いた利用", correction.shop_id, correction.shop_name,
                f"{correction.corrects.starts_on}〜{correction.corrects.ends_on}", day_of(correction.paid_at).isoformat(), correction.spend_id,
                f"{correction.at:%Y-%m-%d %H:%M:%S}", correction.points, correction.yen, correction.reason,
                "利用者" if correction.made_by == "member" else found.people.get(correction.made_by, correction.made_by),
            )
            for correction in found.corrections
        ),
    )  # fmt: skip
