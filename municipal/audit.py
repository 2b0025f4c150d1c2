"""The audit log: who did what, to whom, why; and whether any line of it was changed since."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from municipal.forms import day
from municipal.labels import DEBT_ENDS, GIVERS, ON_FAILURE, OUTCOMES, PAYOUTS, ROLES, WORSE, shops
from municipal.proposals import DEEDS
from municipal.site import Pages, Visit
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="read_audit")

_SEQ: Final = re.compile(r"[0-9]{1,15}")

ACTIONS: Final[Mapping[models.AuditAction, str]] = {
    "signed in": "ログイン",
    "sign-in failed": "ログインの失敗",
    "member looked up": "利用者の照会",
    "member searched for": "利用者の検索",
    "history looked at": "利用者の履歴の閲覧",
    "sign-in unlocked": "利用者のログインの停止の解除",
    "password changed": "パスワードの変更",
    "passkey added": "パスキーの登録",
    "authenticator app set up": "認証アプリの登録",
    "passkey removed": "パスキーの削除",
    "authenticator app removed": "認証アプリの削除",
    "session ended": "ログイン中の端末のログアウト",
    "access reset": "ログインの再設定",
    "staff added": "職員の登録",
    "staff closed": "職員の利用停止",
    "role changed": "権限の変更",
    "rule announced": "ルールの登録",
    "rule withdrawn": "ルールの取り下げ",
    "project added": "給付事業の登録",
    "project closed": "給付事業の受付停止",
    "project reopened": "給付事業の受付再開",
    "budget changed": "予算の変更",
    "granted": "給付",
    "grants looked at": "給付の一覧の閲覧",
    "list exported": "一覧の保存",
    "city exported": "自治体データ一式の書き出し",
    "grant cancelled": "給付の取消",
    "balance corrected": "残高の訂正",
    "grant file checked": "給付ファイルの確認",
    "grant file approved": "給付ファイルの承認",
    "grant file cancelled": "給付ファイルの取り下げ",
    "grant file applied": "給付ファイルの給付完了",
    "point service added": "ポイントサービスの追加",
    "point service closed": "ポイントサービスの受付停止",
    "point service reopened": "ポイントサービスの受付再開",
    "issuer named": "発行者の登録",
    "event planned": "イベントの登録",
    "event changed": "イベントの変更",
    "event shown": "イベントの公開",
    "event ended": "イベントの終了",
    "event outcome decided": "イベントの結果の確定",
    "event settled": "イベントの精算",
    "shop registered": "加盟店の登録",
    "shop changed": "加盟店の変更",
    "shop closed": "加盟店の利用終了",
    "shop reopened": "加盟店の利用再開",
    "shop account changed": "振込先口座の変更",
    "payer account changed": "振込元口座の変更",
    "refunded": "利用の取消",
    "settlement closed": "精算の締め",
    "transfer file downloaded": "振込ファイルの保存",
    "payout recorded": "振込結果の登録",
    "shop debt ended": "閉店した加盟店の未収の処理",
    "shop account confirmed": "お店による口座の確認",
    "shop account disputed": "お店からの口座への異議",
    "transfer file made": "振込ファイルの作成",
    "proposed": "提案",
    "proposal approved": "提案の承認",
    "proposal sent back": "提案の差戻し",
    "proposal withdrawn": "提案の取り下げ",
    "proposal expired": "提案の期限切れ",
    "deed rule changed": "承認の設定の変更",
    "staff restarted": "職員の利用再開",
}
FACTS: Final[Mapping[str, str]] = {
    "account": "口座",
    "budget": "予算",
    "day": "利用した日",
    "debt_end": "未収の処理",
    "deed": "操作",
    "ends_at": "終了",
    "faults": "誤り",
    "from": "変更前",
    "from_points": "1件の上限",
    "givers": "寄せた人数",
    "goal": "目標",
    "granted_lines": "給付した行",
    "granted_points": "給付したポイント",
    "lines": "行",
    "list": "一覧",
    "member": "利用者",
    "missed": "違っていたもの",
    "owed": "未返還",
    "point_service": "ポイントサービス",
    "name": "名前",
    "name_before": "名前（変更前）",
    "name_kana": "店名（カナ）",
    "name_kana_before": "店名（カナ、変更前）",
    "category": "業種",
    "category_before": "業種（変更前）",
    "address": "住所",
    "address_before": "住所（変更前）",
    "phone": "電話",
    "phone_before": "電話（変更前）",
    "on_failure": "届かないとき",
    "open_to": "対象",
    "outcome": "結果",
    "payout": "振込結果",
    "persons": "承認する人数",
    "points": "ポイント",
    "points_a_day": "1日に1人で給付できるポイント",
    "proposal": "提案の番号",
    "project": "給付事業",
    "reference": "控えの番号",
    "role": "権限",
    "second factor": "パスワードの次の確認",
    "sessions": "終了した端末の数",
    "shop": "加盟店",
    "shops": "加盟店の数",
    "starts_at": "開始",
    "takes_effect_on": "適用日",
    "times": "回数",
    "to": "変更後",
    "transfer_on": "振込日",
    "version": "版",
    "worse": "不利になる点",
    "venue_points_a_day": "会場の1日の上限（ポイント）",
    "yen": "金額",
}
"""What a line of the log may say besides, by the word under which it is kept."""
LISTS: Final[Mapping[str, str]] = {
    "grants": "給付の一覧",
    "grant file report": "給付ファイルの確認結果",
    "settlement": "精算期間",
    "corrections": "訂正",
    "statement": "明細",
    "figures": "集計",
    "unused": "法定の報告",
    "half-year report": "発行者ごとの半期の報告",
    "issues": "発行日ごとの集計",
    "audit log": "監査ログ",
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "deed": DEEDS,
    "from": ROLES,
    "on_failure": ON_FAILURE,
    "open_to": GIVERS,
    "outcome": OUTCOMES,
    "list": LISTS,
    "missed": {"password": "パスワード", "second factor": "パスワードの次の確認"},
    "payout": PAYOUTS,
    "debt_end": DEBT_ENDS,
    "role": ROLES,
    "second factor": {"yes": "あり", "no": "なし"},
    "to": ROLES,
    "worse": WORSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """By whom, what and when; None for all."""

    actor: str | None
    action: models.AuditAction | None
    since: date | None
    until: date | None

    @property
    def typed(self) -> dict[str, str]:
        """As the address says it."""
        values = {"actor": self.actor, "action": self.action, "since": self.since, "until": self.until}
        return {name: str(value) for name, value in values.items() if value is not None}


@pages.get("/audit")
async def log(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.get("/audit/csv")
async def audit_csv(visit: Visit) -> web.Response:
    narrowed = _filter(visit)
    return await visit.proxy_download(
        calls.audit_csv(
            actor=narrowed.actor or UNSET,
            action=narrowed.action or UNSET,
            since=narrowed.since or UNSET,
            until=narrowed.until or UNSET,
        )
    )


@pages.post("/audit/verify")
async def verify(visit: Visit) -> web.Response:
    """Read the whole log again, each line against the seal of the one before. Nothing is changed by it."""
    return await _page(visit, (await visit.send(calls.verify_audit())).faults)


async def _page(visit: Visit, faults: list[models.AuditFaultView] | None) -> web.Response:
    before = visit.query("before")
    narrowed = _filter(visit)
    call = calls.read_audit(
        actor=narrowed.actor or UNSET,
        action=narrowed.action or UNSET,
        since=narrowed.since or UNSET,
        until=narrowed.until or UNSET,
        before=int(before) if _SEQ.fullmatch(before) else UNSET,
        limit=50,
    )
    page, register, people = await asyncio.gather(
        visit.send(call), shops(visit), visit.send(calls.name_people())
    )
    names = {shop.shop_id: shop.name for shop in register}
    return visit.render(
        "audit.html",
        lines=[(line, _facts(visit, line.facts, names)) for line in page.lines],
        next_before=page.next_before,
        actions=ACTIONS,
        people=people.people,
        typed=narrowed.typed,
        filters=urlencode(narrowed.typed),
        faults=faults,
        trouble=None,
    )


def _filter(visit: Visit) -> Filter:
    """What the address says; what is no such thing is left out."""
    actor = visit.query("actor")
    return Filter(
        actor=actor if re.fullmatch(r"[0-9a-f]{32}|system", actor) else None,
        action=choice_of(visit.query("action"), ACTIONS),
        since=day(visit.query("since")),
        until=day(visit.query("until")),
    )


def _facts(
    visit: Visit, facts: Mapping[str, str | int], shop_names: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What a line says besides, each with its name, in the reader's language; what nobody named stays as it is kept."""
    return [
        (FACTS.get(name, name), _as_text(visit, name, value, shop_names))
        for name, value in facts.items()
        if value != ""
    ]


def _as_text(visit: Visit, name: str, value: str | int, shop_names: Mapping[str, str]) -> str:
    if name == "yen":
        return visit.speech.plain("%(yen)s 円", yen=f"{value:,}")
    if isinstance(value, int):
        return f"{value:,}"
    if name == "shop":
        return shop_names.get(value, value)
    if name in {"starts_at", "ends_at"}:
        return visit.speech.moment(value)
    if name == "takes_effect_on":
        return visit.speech.day(value)
    words = _WORDS.get(name, {})
    parts = value.split(",") if name == "worse" else [value]
    return ("、" if visit.speech.tag == "ja" else ", ").join(
        visit.speech.plain(words.get(part, part)) for part in parts
    )
