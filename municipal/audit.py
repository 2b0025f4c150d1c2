"""The audit log: who did what, to whom, why; and whether any line of it was changed since."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from municipal.labels import GIVERS, ON_FAILURE, OUTCOMES, ROLES, WORSE, shops
from municipal.proposals import DEEDS
from municipal.site import Pages, Visit

pages = Pages(needs="read_audit")

ACTIONS: Final[dict[str, str]] = {
    "signed in": "ログイン",
    "password changed": "パスワードの変更",
    "passkey added": "パスキーの登録",
    "authenticator app set up": "認証アプリの登録",
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
    "grant file checked": "給付ファイルの確認",
    "grant file approved": "給付ファイルの承認",
    "grant file cancelled": "給付ファイルの取り下げ",
    "grant file applied": "給付ファイルの給付完了",
    "point service added": "ポイントサービスの追加",
    "point service closed": "ポイントサービスの受付停止",
    "point service reopened": "ポイントサービスの受付再開",
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
    "name": "名前",
    "on_failure": "届かないとき",
    "open_to": "対象",
    "outcome": "結果",
    "persons": "承認する人数",
    "points": "ポイント",
    "points_a_day": "1日に1人で給付できるポイント",
    "proposal": "提案の番号",
    "project": "給付事業",
    "role": "権限",
    "second factor": "パスワードの次の確認",
    "shop": "加盟店",
    "shops": "加盟店の数",
    "starts_at": "開始",
    "takes_effect_on": "適用日",
    "times": "回数",
    "to": "変更後",
    "transfer_on": "振込日",
    "version": "版",
    "worse": "不利になる点",
    "yen": "金額",
}
"""What a line of the log may say besides, by the word under which it is kept."""
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "deed": DEEDS,
    "from": ROLES,
    "on_failure": ON_FAILURE,
    "open_to": GIVERS,
    "outcome": OUTCOMES,
    "role": ROLES,
    "second factor": {"yes": "あり", "no": "なし"},
    "to": ROLES,
    "worse": WORSE,
}


@pages.get("/audit")
async def log(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.post("/audit/verify")
async def verify(visit: Visit) -> web.Response:
    """Read the whole log again, each line against the seal of the one before. Nothing is changed by it."""
    found = await visit.api("POST", "/v1/city/audit/verification")
    return await _page(visit, found["faults"])


async def _page(visit: Visit, faults: list[Any] | None) -> web.Response:
    before = visit.asked("before")
    query = {"limit": "50"} | ({"before": before} if before.isdigit() else {})
    told, register = await asyncio.gather(visit.api("GET", "/v1/city/audit", query=query), shops(visit))
    names = {values["shop_id"]: values["name"] for values in register}
    return visit.show(
        "audit.html",
        lines=[(line, _facts(visit, line["facts"], names)) for line in told["lines"]],
        next_before=told["next_before"],
        actions=ACTIONS,
        faults=faults,
    )


def _facts(visit: Visit, kept: Mapping[str, Any], shop_names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a line says besides, each with its name, in the reader's language; what nobody named stays as it is kept."""
    return [
        (FACTS.get(name, name), _as_text(visit, name, value, shop_names))
        for name, value in kept.items()
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
