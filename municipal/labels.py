"""Names for what the API tells by words and ids: figures, states, kinds; and of shops, projects and partners."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from municipal.site import Visit
from point_gateway_client import UNSET, UnsetType, calls, models

ROLES: Final[Mapping[str, str]] = {
    "viewer": "閲覧者",
    "operator": "担当者",
    "approver": "承認者",
    "administrator": "管理者",
    "shop": "加盟店の責任者",
    "till": "加盟店のレジ",
    "bookkeeper": "加盟店の経理",
    "platform": "プラットフォーム",
}
STAFF_CHANGES: Final[Mapping[str, str]] = {
    "added": "職員の登録",
    "raised": "権限の追加",
    "lowered": "権限の縮小",
    "reset": "ログインの再設定",
    "restarted": "利用の再開",
    "stopped": "利用の停止",
}
CITY_ROLES: Final[tuple[Literal["viewer", "operator", "approver", "administrator"], ...]] = (
    "viewer",
    "operator",
    "approver",
    "administrator",
)

SHOP_ROLES: Final[tuple[Literal["shop", "till", "bookkeeper"], ...]] = ("shop", "till", "bookkeeper")

PLATFORM_ROLES: Final[tuple[Literal["platform"], ...]] = ("platform",)

AUDIENCES: Final[Mapping[str, str]] = {"members": "利用者", "shops": "加盟店", "all": "利用者と加盟店"}
ANNOUNCEMENT_STATES: Final[Mapping[str, str]] = {
    "upcoming": "掲載前",
    "shown": "掲載中",
    "ended": "終了",
    "withdrawn": "取り下げ",
}

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
IN: Final = (
    "granted",
    "exchanged",
    "campaign",
    "allocated",
    "refunded",
    "carried_paid",
    "carried_free",
    "other_in",
)
OUT: Final = ("spent", "expired", "reversed", "other_out")

PAYOUTS: Final[Mapping[str, str]] = {
    "closed": "振込ファイル未作成",
    "ordered": "結果待ち",
    "paid": "済",
    "held": "保留",
    "returned": "振込不能・組戻し",
}
RESULT_WORDS: Final[Mapping[str, str]] = {
    "paid": "済",
    "returned": "振込不能",
    "recalled": "組戻し",
    "pending": "保留",
}
RESULT_EFFECTS: Final[Mapping[str, str]] = {
    "refused": "一致しないため登録しない",
    "propose": "承認のあとで登録する",
    "waits": "承認を待っている",
    "no_result": "結果のファイルにない",
    "pending": "銀行で未確定",
    "record": "済として登録する",
    "known": "登録済み",
}
"""What recording a line of the bank's file does, in the order in which it needs somebody's eyes."""
RESULT_MATCHES: Final[Mapping[str, str]] = {
    "same": "",
    "other_sum": "金額が違います",
    "other_account": "口座が違います",
    "not_sent": "送っていない振込です",
    "twice": "同じ振込が2回あります",
    "unknown_code": "設定にないコードです",
}
SETTLEMENT_SETTINGS: Final[Mapping[str, str]] = {
    "bank_sheet": "銀行の仕様書の名前と版",
    "result_column": "結果コードの位置（桁）",
    "result_length": "結果コードの文字数",
    "paid_codes": "「済」のコード",
    "returned_codes": "「振込不能」のコード",
    "recalled_codes": "「組戻し」のコード",
    "pending_codes": "「保留」のコード",
    "journal_columns": "仕訳の列",
    "journal_encoding": "仕訳の文字コード",
    "journal_days": "仕訳の日付の書き方",
    "journal_debit": "借方科目のコード",
    "journal_credit": "貸方科目のコード",
    "journal_summary": "仕訳の摘要",
    "fee_bands": "振込手数料の表",
    "fee_bearer": "振込手数料を負担する側",
    "fee_tax_percent": "振込手数料の消費税率（%）",
    "invoice_number": "発行者の登録番号（インボイス）",
    "tax_note": "明細に載せる税の注記",
    "cycle_ends": "締めの日",
    "cycle_pay_days": "支払日",
    "cycle_pay_after": "締めから支払までの銀行営業日",
    "customer_field": "顧客コードの内容",
    "edi_text": "EDI情報（お店の通帳に出る文字）",
    "end_mark": "ファイルの終わりの印",
    "send_days": "振込日の何銀行営業日前までに送信するか",
    "return_fee_yen": "組戻手数料（円）",
    "return_fee_bearer": "組戻手数料を負担する側",
}
CUSTOMER_FIELDS: Final[Mapping[str, str]] = {
    "line": "振込の連番",
    "shop_number": "加盟店の番号（6桁）",
    "edi": "EDI情報（識別表示 Y）",
}
END_MARKS: Final[Mapping[str, str]] = {"none": "なし", "eof": "あり（EOF、0x1A）"}
FEE_SIDES: Final[Mapping[str, str]] = {"same_branch": "同店", "same_bank": "同行", "other_bank": "他行"}
FEE_BEARERS: Final[Mapping[str, str]] = {"city": "自治体", "shop": "加盟店（支払額から差し引く）"}
PRIVACY_TEXT: Final[Mapping[str, str]] = {
    "ja": "日本語の文",
    "en": "英語の文",
    "easy": "やさしい日本語の文",
}
JOURNAL_ENCODINGS: Final = (("utf-8", "UTF-8"), ("shift_jis", "Shift_JIS"))
JOURNAL_DAYS: Final = (("dashes", "2026-07-15"), ("slashes", "2026/07/15"), ("plain", "20260715"))
JOURNAL_FIELDS: Final[Mapping[str, str]] = {
    "fiscal_year": "会計年度",
    "number": "行の番号",
    "closed_on": "締めた日",
    "pays_on": "支払日",
    "starts_on": "期間の初日",
    "ends_on": "期間の最終日",
    "debit": "借方科目のコード",
    "credit": "貸方科目のコード",
    "yen": "支払う金額",
    "fee": "差し引く振込手数料",
    "fee_tax": "差し引く手数料のうち消費税",
    "return_fee": "差し引く組戻手数料",
    "transfer": "振込額（差引支払額）",
    "shop_id": "加盟店の番号",
    "shop_name": "加盟店",
    "summary": "仕訳の摘要",
    "empty": "空欄",
}
DEBT_ENDS: Final[Mapping[str, str]] = {
    "repaid": "返金を受け取った",
    "written_off": "債権を放棄する",
}
APPLICATION_STATES: Final[Mapping[str, str]] = {
    "submitted": "審査待ち",
    "sent_back": "差戻し（直すのを待っています）",
    "withdrawn": "取り下げ",
    "refused": "却下",
    "accepted": "承認（加盟店になりました）",
}
SAMENESS: Final[Mapping[str, str]] = {"name": "同じ店名", "phone": "同じ電話", "account": "同じ口座"}
NOTICES: Final[Mapping[str, str]] = {
    "waiting": "お店の確認待ち",
    "confirmed": "お店が確認済み",
    "disputed": "お店から異議",
}

EXCHANGE_STATES: Final[Mapping[str, str]] = {
    "needs_a_person": "人の確認待ち",
    "open": "協力会社の回答待ち",
    "sending": "処理中",
    "settled": "移行済み",
    "declined": "協力会社が断りました",
    "not_sent": "送られていません",
    "awaiting_return": "協力会社のサイトで手続き中",
    "ready": "確認前",
    "quoted": "確認前",
    "refused": "協力会社のサイトで取りやめ",
    "expired": "時間切れ",
    "cancelled": "取りやめ",
}
STATE_REASONS: Final[Mapping[str, str]] = {
    "contradiction": "協力会社が別の減算を示しました",
    "held_otherwise": "仮押さえのポイントが見積りと違います",
    "unknown": "期限まで照会しても結果が分かりません",
    "no_record": "協力会社に記録がありません",
    "resolved_by_a_person": "人が確定しました",
    "not_sent": "協力会社に送られていません",
    "not_processed": "協力会社が処理していません",
}
VERDICTS: Final[Mapping[str, str]] = {
    "ours_only": "こちらだけにあります",
    "theirs_only": "協力会社だけにあります",
    "amount_differs": "ポイントが違います",
    "account_differs": "口座が違います",
    "matched": "一致",
    "open": "回答待ち",
    "closed": "処理済み",
}

REPRESENTATIVE_KINDS: Final[Mapping[str, str]] = {
    "guardian": "成年後見人など",
    "family": "家族",
    "care": "介護・支援をする人",
}
REPRESENTATIVE_ACTS: Final[Mapping[str, str]] = {
    "exchange": "協力会社からの移行",
    "allocation": "留保ポイントからの移行",
    "payment": "加盟店での利用",
}
SCOPES: Final[Mapping[str, str]] = {
    "portal": "利用者のポータル",
    "municipal": "自治体ポイント管理クラウド",
    "pos": "お店の受付",
    "read-only": "読み取りだけ",
}
DIRECTIONS: Final[Mapping[str, str]] = {
    "out": "移行の結果をポータルに知らせる",
    "mailer": "利用者へのお知らせの配信を頼む",
    "digests": "毎日の記録の要約を預ける",
    "in": "協力会社からの通知を確かめる",
}

FILE_STATES: Final[dict[str, str]] = {
    "checking": "確認中",
    "faulty": "誤りあり",
    "checked": "承認待ち",
    "approved": "給付中",
    "applied": "給付済み",
    "sent_back": "差戻し",
    "cancelled": "取り下げ",
}
CARRY_IN_STATES: Final[Mapping[str, str]] = FILE_STATES | {
    "checked": "確認済み",
    "approved": "引継ぎ中",
    "applied": "引継ぎ済み",
}
ORIGINS: Final[Mapping[str, str]] = {"paid": "有償", "free": "無償"}
FAULTS: Final[Mapping[str, str]] = {
    "columns": "見出しより列が多い行です",
    "formula": "数式の形のセルがあります",
    "mykey-id": "マイキーIDの形ではありません",
    "mykey-id-number": "表計算ソフトがIDを数値に変えています",
    "points": "ポイントを整数として読み取れません",
    "points-range": "ポイントが範囲の外です",
    "note-too-long": "摘要が長すぎます",
    "note-unseen": "摘要に改行か、見えない文字があります",
    "duplicate-kept": "1回だけとした列に、前の行と同じ番号があります",
    "duplicate": "同じマイキーIDが前の行にあります",
    "unknown-member": "このマイキーIDの利用者はありません",
    "limit-of-the-day": "1日の上限を超えています",
    "limit-of-the-project": "この事業のお一人の上限を超えています",
    "not-granted": "承認後に給付できなくなりました",
}
EXPIRIES: Final[Mapping[str, str]] = {
    "none": "失効しない",
    "months": "発行から月数で失効",
    "fiscal_year": "年度末に失効",
    "fixed_day": "決まった日に失効",
}
EXPIRY_KINDS: Final[tuple[Literal["none", "months", "fiscal_year", "fixed_day"], ...]] = (
    "none",
    "months",
    "fiscal_year",
    "fixed_day",
)
WORSE: Final[Mapping[str, str]] = {
    "points-expire-earlier": "ポイントの有効期限が短くなります",
    "points-are-worth-less": "ポイントの価値が下がります",
    "less-can-be-spent-a-day": "1日に使えるポイントが少なくなります",
    "less-can-be-granted-a-day": "1日に受け取れるポイントが少なくなります",
    "closed-for-direct-exchange": "協力会社から直接の交換ができなくなります",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "reached": "目標に届きました",
    "kept": "目標に届きませんでしたが、そのまま活用します",
    "given_back": "目標に届かなかったため、寄せた方に戻しました",
    "withdrawn": "始まる前に取り下げました",
}
GIVERS: Final[Mapping[str, str]] = {
    "everybody": "すべての利用者",
    "city": "この自治体を基本自治体に選んだ人",
}
ON_FAILURE: Final[Mapping[str, str]] = {
    "keep": "そのまま活用する",
    "give_back": "寄せた人に戻す",
}
WAYS: Final[Mapping[str, str]] = {
    "shop_scans": "お店が読み取り",
    "member_pays": "お客様が読み取り",
    "card": "ポイントカード",
}


@dataclass(frozen=True, slots=True)
class Parties:
    """Who stands on the other side of a figure, by the id that figures carry."""

    names: Mapping[tuple[str, str], str]

    def of(self, figure: str, party: str) -> str:
        kind = {"spent": "shop", "refunded": "shop", "granted": "project"}.get(figure, "partner")
        return self.names.get((kind, party), party)


async def services(visit: Visit) -> list[models.CityPointService]:
    """The city's own point services; those that take no more points too, for members still hold some."""
    return (await visit.send(calls.list_city_point_services())).point_services


async def shops(visit: Visit, *, closed: bool = True, named: str = "") -> list[models.ShopView]:
    """The whole register, page by page, or who is named so."""
    listed: list[models.ShopView] = []
    after: str | UnsetType = UNSET
    while True:
        page = await visit.send(calls.list_city_shops(closed=closed, limit=500, named=named, after=after))
        listed += page.shops
        if not page.next_after:
            return listed
        after = page.next_after


async def parties(visit: Visit) -> tuple[Parties, list[models.CityPartner]]:
    """Names for the figures, and the partners with what is open at each."""
    shop_list, projects, partners = await asyncio.gather(
        shops(visit), visit.send(calls.list_projects()), visit.send(calls.city_partners())
    )
    names = {("shop", shop.shop_id): shop.name for shop in shop_list}
    names |= {("project", project.project_id): project.name for project in projects.projects}
    names |= {
        ("partner", partner.partner_id): visit.speech.label(partner.name) for partner in partners.partners
    }
    names |= {
        ("partner", campaign.party): visit.speech.label(campaign.name)
        for partner in partners.partners
        for campaign in partner.campaigns
    }
    return Parties(names), partners.partners
