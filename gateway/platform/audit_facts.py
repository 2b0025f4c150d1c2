"""What a line of an audit log says besides its deed: each fact's name, and the words that only the log has, in both languages.

The keys are stored for ever. A value is shown as it is stored, unless it is a word of the log's own; words of other resources
(a role, a deed of the approval table, a payout) have their names where those resources are.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from gateway.model import Label


class ExportedList(StrEnum):
    """A list that leaves as a file. The value is what lines hold."""

    label: Label

    def __new__(cls, word: str, ja: str = "", en: str = "") -> Self:
        exported = str.__new__(cls, word)
        exported._value_ = word
        exported.label = Label(ja, en)
        return exported

    GRANTS = "grants", "給付の一覧", "List of grants"
    GRANT_FILE_REPORT = "grant file report", "給付ファイルの確認結果", "Report of a grant file"
    CARRY_IN_REPORT = "carry-in report", "引継ぎファイルの確認結果", "Report of carried-in balances"
    RECONCILIATION = "carry-in reconciliation", "引継ぎの照合", "Reconciliation of carried-in balances"
    SHOPS = "shops", "加盟店登録名簿", "Register of shops"
    SETTLEMENT = "settlement", "精算期間", "Settlement cycle"
    CORRECTIONS = "corrections", "訂正", "Corrections"
    JOURNAL = "journal", "財務会計の仕訳", "Journal for the accounting"
    STATEMENT = "statement", "明細", "Statement of a shop"
    FIGURES = "figures", "集計", "Figures"
    UNUSED = "unused", "法定の報告", "Report of unused balances"
    HALF_YEAR_REPORT = "half-year report", "発行者ごとの半期の報告", "Half-year report of each issuer"
    ISSUES = "issues", "発行日ごとの集計", "Figures by day of issue"
    AUDIT_LOG = "audit log", "監査ログ", "Audit log"


class TillEnd(StrEnum):
    """By what a shop's bound till ended. The value is what rows and lines hold."""

    label: Label

    def __new__(cls, word: str, ja: str = "", en: str = "") -> Self:
        by = str.__new__(cls, word)
        by._value_ = word
        by.label = Label(ja, en)
        return by

    SHOP = "shop", "お店", "The shop"
    CITY = "city", "自治体", "The city"
    PASSWORD_RESET = "reset", "パスワードの再設定", "A new first password"
    PASSWORD_CHANGED = "password", "パスワードの変更", "A changed password"
    LOGIN_ENDED = "log-in", "ログインの停止・変更", "The end or change of its log-in"
    SHOP_CLOSED = "shop closed", "加盟店の受付停止", "The closing of the shop"
    COPIED = "copied", "端末の鍵の複製", "A copy of its secret"
    UNUSED = "unused", "使われなかったため", "Disuse"
    RESTORED = "restore", "復元のため", "A restore"


FACT_LABELS: Final[Mapping[str, Label]] = {
    "balances": Label("ポイントの数", "Points by service"),
    "balances_left": Label("残っているポイント", "Points that are left"),
    "bank_name": Label("銀行名", "Bank"),
    "branch_name": Label("支店名", "Branch"),
    "calls_per_minute": Label("1分に呼び出す回数", "Calls a minute"),
    "cards_stopped": Label("止めたカードの数", "Cards stopped"),
    "ends_on": Label("終わる日", "Ends on"),
    "from_mykey_id": Label("終わりにするマイキーID", "MyKey ID that ends"),
    "from_name": Label("終わりにする利用者の名前", "Name under the MyKey ID that ends"),
    "from_state": Label("終わりにする利用者の状態", "State of the member that ends"),
    "till": Label("受付の端末", "Till"),
    "ended_by": Label("終わった理由", "Ended by"),
    "application": Label("申請の番号", "Application"),
    "login": Label("ログイン名", "Login"),
    "display_name": Label("使う人の名前", "Name of the person"),
    "shop_id": Label("加盟店の番号", "Id of the shop"),
    "terms_version": Label("規約の版", "Version of the terms"),
    "characters": Label("文字数", "Characters"),
    "holder": Label("カードを持つ人", "Holder of the card"),
    "key_id": Label("鍵の番号", "Key"),
    "kind": Label("種類", "Kind"),
    "links": Label("連携の数", "Links"),
    "may_exchange": Label("交換してよいか", "May exchange"),
    "member_state": Label("利用者の状態", "State of the member"),
    "merge": Label("統合の番号", "Number of the merge"),
    "mykey_id": Label("マイキーID", "MyKey ID"),
    "number": Label("前のシステムの番号", "Number in the former system"),
    "pay_points_a_day": Label("1日に支払ってよいポイント", "Points to be paid in a day"),
    "proofs": Label("ログインの方法の数", "Ways to sign in"),
    "representation": Label("代理の番号", "Representation"),
    "representation_kind": Label("代理の種類", "Kind of representation"),
    "representative": Label("代理の人", "Representative"),
    "representative_id": Label("代理の人のマイキーID", "MyKey ID of the representative"),
    "scope": Label("鍵で呼び出せる範囲", "Scope of the key"),
    "starts_on": Label("始まる日", "Starts on"),
    "bank_sheet": Label("銀行の仕様書", "The bank's sheet"),
    "result_column": Label("結果コードの位置（桁）", "Column of the result code"),
    "result_length": Label("結果コードの文字数", "Length of the result code"),
    "paid_codes": Label("「済」のコード", "Codes of what was paid"),
    "returned_codes": Label("「振込不能」のコード", "Codes of what came back"),
    "recalled_codes": Label("「組戻し」のコード", "Codes of what was recalled"),
    "pending_codes": Label("「保留」のコード", "Codes of what is not known yet"),
    "journal_columns": Label("仕訳の列", "Columns of the journal"),
    "journal_encoding": Label("仕訳の文字コード", "Letters of the journal"),
    "journal_days": Label("仕訳の日付の書き方", "Days of the journal"),
    "journal_debit": Label("借方科目のコード", "Code of the debit"),
    "journal_credit": Label("貸方科目のコード", "Code of the credit"),
    "journal_summary": Label("仕訳の摘要", "Text of each entry"),
    "fee_bands": Label("振込手数料の表", "Transfer fees"),
    "fee_bearer": Label("振込手数料の負担", "Who bears the transfer fee"),
    "fee_tax_percent": Label("振込手数料の消費税率（%）", "Tax in the transfer fee (percent)"),
    "invoice_number": Label("登録番号", "Registration number of the issuer"),
    "tax_note": Label("明細に載せる税の注記", "Note on tax"),
    "cycle_ends": Label("締めの日", "Days on which cycles end"),
    "cycle_pay_days": Label("支払日", "Days of payment"),
    "cycle_pay_after": Label("締めから支払までの銀行営業日", "Bank days from the end to the payment"),
    "customer_field": Label("振込ファイルの顧客コードの内容", "What stands in the customer codes"),
    "edi_text": Label("EDI情報（お店の通帳に出る文字）", "EDI text that payees see"),
    "end_mark": Label("振込ファイルの終わりの印", "Mark at the end of the file"),
    "send_days": Label(
        "振込日の何銀行営業日前までに送信するか", "Bank days before the transfer by which it is sent"
    ),
    "fee_yen": Label("加盟店が負担する振込手数料（円）", "Transfer fees borne by shops (yen)"),
    "city_fee_yen": Label("自治体が負担する振込手数料（円）", "Transfer fees borne by the city (yen)"),
    "return_fee_yen": Label("組戻手数料（円）", "Bank's fee for a return (yen)"),
    "return_fee_bearer": Label("組戻手数料の負担", "Who bears the fee for a return"),
    "deducted_return_fee_yen": Label(
        "加盟店が負担する組戻手数料（円）", "Fees for returns borne by shops (yen)"
    ),
    "city_return_fee_yen": Label(
        "自治体が負担する組戻手数料（円）", "Fees for returns borne by the city (yen)"
    ),
    "open_return_fee_yen": Label("未控除の組戻手数料（円）", "Fees for returns not taken yet (yen)"),
    "privacy_ja": Label("日本語の文", "Text in Japanese"),
    "privacy_ja_before": Label("日本語の文（変更前）", "Text in Japanese (before)"),
    "privacy_en": Label("英語の文", "Text about data in English"),
    "privacy_en_before": Label("英語の文（変更前）", "Text in English (before)"),
    "privacy_easy": Label("やさしい日本語の文", "Text about data in plain Japanese"),
    "privacy_easy_before": Label("やさしい日本語の文（変更前）", "Text in plain Japanese (before)"),
    "shops_returned": Label("振込不能・組戻しの加盟店", "Shops whose payment came back"),
    "account": Label("口座", "Account"),
    "budget": Label("予算", "Budget"),
    "day": Label("利用した日", "Day of the payment"),
    "debt_end": Label("未収の処理", "How the debt ends"),
    "deed": Label("操作", "Deed"),
    "ends_at": Label("終了", "Ends at"),
    "faults": Label("誤り", "Faults"),
    "from": Label("変更前", "Before"),
    "from_points": Label("1件の上限", "Limit of one grant"),
    "givers": Label("寄せた人数", "Givers"),
    "goal": Label("目標", "Goal"),
    "granted_lines": Label("給付した行", "Lines granted"),
    "granted_points": Label("給付したポイント", "Points granted"),
    "lines": Label("行", "Lines"),
    "list": Label("一覧", "List"),
    "member": Label("利用者", "Member"),
    "missed": Label("違っていたもの", "What was wrong"),
    "owed": Label("未返還", "Owed"),
    "point_service": Label("ポイントサービス", "Point service"),
    "name": Label("名前", "Name"),
    "name_before": Label("名前（変更前）", "Name (before)"),
    "name_kana": Label("名前（カナ）", "Name in kana"),
    "name_kana_before": Label("名前（カナ、変更前）", "Name in kana (before)"),
    "card": Label("カードの下4桁", "Last 4 digits of the card"),
    "card_before": Label("カードの下4桁（変更前）", "Last 4 digits of the card (before)"),
    "card_points_a_day": Label("カードで1日に使えるポイント", "Points a day by card"),
    "card_points_a_day_before": Label(
        "カードで1日に使えるポイント（変更前）", "Points a day by card (before)"
    ),
    "cards_a_day": Label("1日に1人で発行できるカード", "Cards that one person issues in a day"),
    "cards_a_day_before": Label(
        "1日に1人で発行できるカード（変更前）", "Cards that one person issues in a day (before)"
    ),
    "no_pin_points": Label("暗証番号なしで使えるポイント", "Points without a PIN"),
    "no_pin_points_before": Label("暗証番号なしで使えるポイント（変更前）", "Points without a PIN (before)"),
    "category": Label("業種", "Category"),
    "category_before": Label("業種（変更前）", "Category (before)"),
    "address": Label("住所", "Address"),
    "address_before": Label("住所（変更前）", "Address (before)"),
    "phone": Label("電話", "Telephone"),
    "phone_before": Label("電話（変更前）", "Telephone (before)"),
    "on_failure": Label("届かないとき", "If the goal is missed"),
    "open_to": Label("対象", "Open to"),
    "outcome": Label("結果", "Outcome"),
    "payout": Label("振込結果", "Payout result"),
    "persons": Label("承認する人数", "Approvals needed"),
    "points": Label("ポイント", "Points"),
    "points_a_day": Label("1日に1人で給付できるポイント", "Points that one person grants alone in a day"),
    "proposal": Label("提案の番号", "Proposal"),
    "project": Label("給付事業", "Grant project"),
    "reference": Label("控えの番号", "Reference"),
    "role": Label("権限", "Role"),
    "second factor": Label("パスワードの次の確認", "Second factor"),
    "sessions": Label("終了した端末の数", "Devices signed out"),
    "shop": Label("加盟店", "Shop"),
    "till_refunds": Label("レジでの取消", "Refunds at tills"),
    "shops": Label("加盟店の数", "Shops"),
    "starts_at": Label("開始", "Starts at"),
    "takes_effect_on": Label("適用日", "Takes effect on"),
    "times": Label("回数", "Times"),
    "downloads": Label("このファイルを保存した回数", "Downloads of this file"),
    "audience": Label("読む人", "Audience"),
    "shown_from": Label("掲載の開始", "Shown from"),
    "shown_until": Label("掲載の終了", "Shown until"),
    "stops_from": Label("停止の開始", "Stops from"),
    "stops_until": Label("停止の終了", "Stops until"),
    "text": Label("本文", "Text"),
    "text_easy": Label("本文（やさしい日本語）", "Text in plain Japanese"),
    "text_en": Label("本文（英語）", "Text in English"),
    "title": Label("題名", "Title"),
    "title_easy": Label("題名（やさしい日本語）", "Title in plain Japanese"),
    "title_en": Label("題名（英語）", "Title in English"),
    "to": Label("変更後", "After"),
    "transfer_on": Label("振込日", "Transfer day"),
    "version": Label("版", "Version"),
    "worse": Label("不利になる点", "For the worse"),
    "venue_points_a_day": Label("会場の1日の上限（ポイント）", "Most that the venue gives in a day (points)"),
    "yen": Label("金額", "Amount"),
}
"""A fact's name, by the word under which it is stored."""

_SECOND_FACTOR: Final = FACT_LABELS["second factor"]
FACT_VALUE_LABELS: Final[Mapping[str, Mapping[str, Label]]] = {
    "list": {exported.value: exported.label for exported in ExportedList},
    "audience": {
        "members": Label("利用者", "Members"),
        "shops": Label("加盟店", "Shops"),
        "all": Label("利用者と加盟店", "Members and shops"),
    },
    "ended_by": {by.value: by.label for by in TillEnd},
    "missed": {"password": Label("パスワード", "Password"), "second factor": _SECOND_FACTOR},
    "second factor": {"yes": Label("あり", "Yes"), "no": Label("なし", "No")},
}
"""Facts whose values are words of the log's own: a value's name, by the value."""


def fact_label(name: str) -> Label:
    """The fact's name; the word itself for one that a newer release has written."""
    return FACT_LABELS.get(name) or Label(name, name)


def fact_value_label(name: str, value: str | int) -> Label | None:
    """The value's name where it is a word of the log's own; None where the value is shown as it is stored."""
    return FACT_VALUE_LABELS.get(name, {}).get(value) if isinstance(value, str) else None
