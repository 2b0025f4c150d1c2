"""Names for what the API tells by words and ids: figures, states, kinds; and of shops, projects and partners."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from municipal.site import Visit

ROLES: Final[Mapping[str, str]] = {
    "viewer": "閲覧者",
    "operator": "担当者",
    "approver": "承認者",
    "administrator": "管理者",
    "shop": "加盟店",
    "platform": "プラットフォーム",
}
CITY_ROLES: Final = ("viewer", "operator", "approver", "administrator")

FIGURES: Final[Mapping[str, str]] = {
    "granted": "給付",
    "exchanged": "協力会社からの移行",
    "campaign": "キャンペーンの追加分",
    "allocated": "留保ポイントからの移行",
    "refunded": "利用の取消",
    "other_in": "その他の増加",
    "spent": "加盟店での利用",
    "expired": "失効",
    "reversed": "移行の取消・返還",
    "other_out": "その他の減少",
}
IN: Final = ("granted", "exchanged", "campaign", "allocated", "refunded", "other_in")
OUT: Final = ("spent", "expired", "reversed", "other_out")

FILE_STATES: Final[Mapping[str, str]] = {
    "checking": "確認中",
    "faulty": "誤りあり",
    "checked": "承認待ち",
    "approved": "給付中",
    "applied": "給付済み",
    "cancelled": "取り下げ",
}
FAULTS: Final[Mapping[str, str]] = {
    "columns": "列の数が見出しと違います",
    "formula": "数式の形のセルがあります",
    "mykey-id": "マイキーIDの形ではありません",
    "points": "ポイントは半角数字の整数で入力してください",
    "points-range": "ポイントが範囲の外です",
    "note-too-long": "摘要が長すぎます",
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
    "member_pays": "利用者が読み取り",
}


@dataclass(frozen=True, slots=True)
class Parties:
    """Who stands on the other side of a figure, by the id that figures carry."""

    names: Mapping[tuple[str, str], str]

    def of(self, figure: str, party: str) -> str:
        kind = {"spent": "shop", "refunded": "shop", "granted": "project"}.get(figure, "partner")
        return self.names.get((kind, party), party)


async def services(visit: Visit) -> list[dict[str, Any]]:
    """The city's own point services; those that take no more points too, for members still hold some."""
    listed: list[dict[str, Any]] = (await visit.api("GET", "/v1/city/point-services"))["point_services"]
    return listed


async def shops(visit: Visit, *, closed: bool = True) -> list[dict[str, Any]]:
    """The whole register, page by page."""
    listed: list[dict[str, Any]] = []
    query = {"closed": "true" if closed else "false", "limit": "500"}
    while True:
        page = await visit.api("GET", "/v1/city/shops", query=query)
        listed += page["shops"]
        if not page["next_after"]:
            return listed
        query["after"] = page["next_after"]


async def parties(visit: Visit) -> tuple[Parties, list[dict[str, Any]]]:
    """Names for the figures, and the partners with what is open at each."""
    shop_list, projects, partners = await asyncio.gather(
        shops(visit), visit.api("GET", "/v1/city/projects"), visit.api("GET", "/v1/city/partners")
    )
    names = {("shop", values["shop_id"]): values["name"] for values in shop_list}
    names |= {("project", one["project_id"]): one["name"] for one in projects["projects"]}
    names |= {("partner", one["partner_id"]): visit.speech.label(one["name"]) for one in partners["partners"]}
    return Parties(names), partners["partners"]
