"""The audit log: who did what, to whom, why; and whether any line of it was changed since."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from municipal.visits import Pages, Visit

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
}


@pages.get("/audit")
async def log(visit: Visit) -> web.Response:
    before = visit.asked("before")
    query = {"limit": "50"} | ({"before": before} if before.isdigit() else {})
    told = await visit.api("GET", "/v1/city/audit", query=query)
    return _page(visit, told, None)


@pages.post("/audit/verify")
async def verify(visit: Visit) -> web.Response:
    """Read the whole log again, each line against the seal of the one before. Nothing is changed by it."""
    found = await visit.api("POST", "/v1/city/audit/verification")
    told = await visit.api("GET", "/v1/city/audit", query={"limit": "50"})
    return _page(visit, told, found["faults"])


def _page(visit: Visit, told: Any, faults: list[Any] | None) -> web.Response:
    return visit.show(
        "audit.html", lines=told["lines"], next_before=told["next_before"], actions=ACTIONS, faults=faults
    )
