"""The first page: what waits for this role, how the city stands, and the doors it may open. A shop's people go to their own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from municipal.labels import IN, OUT, services
from municipal.menu import entries_for
from municipal.proposals import DEEDS
from municipal.site import Pages, Visit

pages = Pages()


@pages.get("/")
async def start(visit: Visit) -> web.Response:
    who = visit.signed_in()
    if who.unfinished:
        return visit.go("/setup")
    if who.is_shop:
        return visit.go("/shop")
    if not who.may("see"):
        return visit.show("start.html", waiting=[], numbers=None, entries=entries_for(who))
    numbers, waiting = await asyncio.gather(_numbers(visit), _waiting(visit))
    return visit.show("start.html", waiting=waiting, numbers=numbers, entries=entries_for(who))


async def _numbers(visit: Visit) -> dict[str, Any]:
    """How the city stands today and in the last 30 days."""
    today = visit.site.settings.clock().date()
    since = today - timedelta(days=29)
    all_services = await services(visit)
    names = [all_service["point_service"] for all_service in all_services]
    told, *heaps = await asyncio.gather(
        visit.api(
            "GET", "/v1/city/figures/by-day", query={"since": since.isoformat(), "until": today.isoformat()}
        ),
        *(visit.api("GET", f"/v1/city/point-services/{name}/expiring") for name in names),
    )
    lines = told["totals"]
    soon = (today + timedelta(days=30)).isoformat()
    unused = [one for heap in heaps for one in heap["expiring"]]
    return {
        "came": sum(line["points"] for line in lines if line["figure"] in IN),
        "went": sum(line["points"] for line in lines if line["figure"] in OUT),
        "spent_today": sum(
            line["points"] for line in lines if line["figure"] == "spent" and line["day"] == today.isoformat()
        ),
        "held": sum(one["points"] for one in unused),
        "ending": sum(one["points"] for one in unused if one["last_day"] and one["last_day"] <= soon),
    }


async def _proposals(visit: Visit) -> list[dict[str, Any]]:
    """What this person may decide, and what was sent back to them of late; then whose access was changed."""
    who, values = visit.signed_in(), list[dict[str, Any]]()
    proposals, changes = await asyncio.gather(
        visit.api("GET", "/v1/city/proposals"), visit.api("GET", "/v1/city/staff-changes")
    )
    week_ago = (visit.site.settings.clock() - timedelta(days=7)).isoformat()
    for each in proposals["proposals"]:
        path, more = f"/proposals/{each['proposal_id']}", f"{each['proposed_by_name']} "
        more += visit.speech.plain(DEEDS[each["deed"]])
        if each["may_decide"]:
            values.append({"path": path, "text": "承認待ちの提案", "more": more})
        own = each["state"] == "sent_back" and each["proposed_by"] == who.staff_id
        if own and each["decided_at"] > week_ago:
            values.append({"path": path, "text": "差し戻された提案", "more": each["decision_reason"]})
    if any(each["staff_id"] == who.staff_id for each in changes["changes"]):
        values.append({"path": "/account", "text": "あなたのログインや権限が変更されました", "more": ""})
    elif changes["changes"] and who.may("keep_staff"):
        text, count = (
            "職員のログインや権限の変更（30日）",
            len({each["staff_id"] for each in changes["changes"]}),
        )
        values.append({"path": "/staff", "text": text, "more": f"{count:,}"})
    return values


async def _waiting(visit: Visit) -> list[dict[str, Any]]:
    """What somebody of this role should look at now."""
    who, values = visit.signed_in(), list[dict[str, Any]]()
    files, cycles, partners = await asyncio.gather(
        visit.api("GET", "/v1/city/files"),
        visit.api("GET", "/v1/city/settlements"),
        visit.api("GET", "/v1/city/partners"),
    )
    if who.may("see_proposals"):
        values += await _proposals(visit)
    for one in files["files"]:
        if one["state"] == "checked" and who.may("approve_grants"):
            own = one["uploaded_by"] in (who.staff_id, who.login)
            text = "承認待ちの給付ファイル（別の職員の承認が必要です）" if own else "承認待ちの給付ファイル"
            values.append({"path": f"/files/{one['file_id']}", "text": text, "more": one["name"]})
        if one["state"] == "faulty" and who.may("upload_grants"):
            values.append(
                {"path": f"/files/{one['file_id']}", "text": "誤りのある給付ファイル", "more": one["name"]}
            )
    today = visit.site.settings.clock().date().isoformat()
    if who.may("settle"):
        ready = [
            one["cycle"]
            for one in cycles["cycles"]
            if one["paid_yen"] is None and one["cycle"]["ends_on"] < today
        ]
        for cycle in reversed(ready):
            values.append(
                {
                    "path": f"/settlements/{cycle['starts_on']}",
                    "text": "締められる精算期間",
                    "more": f"{visit.speech.day(cycle['starts_on'])} – {visit.speech.day(cycle['ends_on'])}",
                }
            )
    for one in partners["partners"]:
        if one["open_exchanges"]:
            values.append(
                {
                    "path": "/figures#open",
                    "text": "結果を確認中の移行があります",
                    "more": f"{visit.speech.label(one['name'])} {one['open_exchanges']:,}",
                }
            )
    return values
