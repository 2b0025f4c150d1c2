"""The histories of the three kinds of points: filtered, as a CSV file, and one line as a receipt to print."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from aiohttp import web

from pagekit.clock import JST
from portal.i18n import other_side
from portal.municipality_search import service_of
from portal.site import Pages, Visit

pages = Pages()

PAGE: Final = 50
READ_AT_ONCE: Final = 200
READ_AT_MOST: Final = 2_000
"""Lines that a filter or a CSV file looks through; the page says when there are more."""

KINDS: Final[dict[str, str]] = {
    "exchange": "応援ポイントの移行",
    "campaign": "キャンペーンの追加分",
    "allocate": "各自治体ポイントへの移行",
    "auto_allocate": "14日後の自動移行",
    "contribute": "特定支援イベントへの移行",
    "grant": "自治体からの給付",
    "spend": "お店での支払い",
    "refund": "お店での支払いの取消",
    "event_given_back": "特定支援イベントからの返還",
    "event_kept": "特定支援イベントで使用",
    "expiry": "失効",
    "reversal": "取消・返還",
    "correction": "訂正",
}
_SERVICE: Final = r"{code:[0-9]{6}}/{service:[a-z0-9][a-z0-9-]{0,39}}"
_EVENT: Final = r"{event:[a-z0-9][a-z0-9-]{0,39}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the reader asked to see; empty texts mean all."""

    kind: str
    partner: str
    since: str
    until: str

    @property
    def narrows(self) -> bool:
        return any((self.kind, self.partner, self.since, self.until))

    def takes(self, line: dict[str, Any]) -> bool:
        day = datetime.fromisoformat(line["at"]).astimezone(JST).date().isoformat()
        return (
            (not self.kind or line["kind"] == self.kind)
            and (not self.partner or line["partner_id"] == self.partner)
            and (not self.since or day >= self.since)
            and (not self.until or day <= self.until)
        )


@pages.get("/history/municipal")
async def municipal(visit: Visit) -> web.Response:
    """自治体ポイントの履歴照会: which of them; straight on where there is one."""
    found = (await visit.api("GET", "/v1/balances"))["municipal"]
    if len(found) == 1:
        return visit.go(f"/history/municipal/{found[0]['municipality']}/{found[0]['point_service']}")
    choices = [
        (
            f"/history/municipal/{one['municipality']}/{one['point_service']}",
            one["point_service_name"],
            one["balance"],
        )
        for one in found
    ]
    return visit.show("histories.html", choices=choices, events=False)


@pages.get("/history/events")
async def events(visit: Visit) -> web.Response:
    found = (await visit.api("GET", "/v1/balances"))["events"]
    if len(found) == 1:
        return visit.go(f"/history/events/{found[0]['event_id']}")
    choices = [(f"/history/events/{one['event_id']}", one["event_name"], one["balance"]) for one in found]
    return visit.show("histories.html", choices=choices, events=True)


@pages.get("/history/reserve")
@pages.get(f"/history/municipal/{_SERVICE}")
@pages.get(f"/history/events/{_EVENT}")
async def history(visit: Visit) -> web.Response:
    wanted = _wanted(visit)
    if wanted.narrows:
        lines, more = await _all(visit, wanted.takes)
        next_before = None
    else:
        query = {"limit": str(PAGE)}
        if re.fullmatch(r"[1-9][0-9]{0,14}", visit.asked("before")):
            query["before"] = visit.asked("before")
        page = await visit.api("GET", f"/v1{visit.request.path}", query=query)
        lines, next_before, more = page["lines"], page["next_before"], False
    return visit.show(
        "history.html",
        name=await _name(visit),
        path=visit.request.path,
        lines=lines,
        wanted=wanted,
        backwards=bool(wanted.since and wanted.until and wanted.since > wanted.until),
        next_before=next_before,
        more=more,
        query=visit.request.query_string,
        **await _names(visit),
    )


@pages.get("/history/reserve/csv")
@pages.get(f"/history/municipal/{_SERVICE}/csv")
@pages.get(f"/history/events/{_EVENT}/csv")
async def as_csv(visit: Visit) -> web.Response:
    """The same lines for a spreadsheet: UTF-8 with a mark, so that Excel reads it."""
    lines, _more = await _all(visit, _wanted(visit).takes)
    names = await _names(visit)
    text = io.StringIO()
    writer = csv.writer(text)
    said = visit.speech.plain
    writer.writerow(
        [
            said("日時"),
            said("内容"),
            said("相手"),
            said("ポイント"),
            said("残高"),
            said("協力会社の受付番号"),
            said("支払いの番号"),
            said("移行の番号"),
        ]
    )
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(JST)
        kind = said(KINDS.get(line["kind"], "その他"))
        other = line["party"] or other_side(
            visit.speech, line, names["partners"], names["services"], names["event_names"]
        )
        writer.writerow(
            [f"{at:%Y-%m-%d %H:%M:%S}", kind, _harmless(other), line["points"], line["balance"],
             *(_harmless(text) for text in _references(line)), line["exchange_id"] or ""]
        )  # fmt: skip
    name = re.sub(r"[^a-z0-9]+", "-", visit.request.path.strip("/"))
    answer = web.Response(
        body=("\ufeff" + text.getvalue()).encode(), content_type="text/csv", charset="utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name.removesuffix("-csv")}.csv"'
    return answer


@pages.get("/history/reserve/receipt/{seq:[0-9]{1,15}}")
@pages.get(f"/history/municipal/{_SERVICE}/receipt/{{seq:[0-9]{{1,15}}}}")
@pages.get(f"/history/events/{_EVENT}/receipt/{{seq:[0-9]{{1,15}}}}")
async def receipt(visit: Visit) -> web.Response:
    """One line with everything that both sides need to find it; made to be printed."""
    seq = int(visit.part("seq"))
    page = await visit.api("GET", f"/v1{_account(visit)}", query={"before": str(seq + 1), "limit": "1"})
    if not page["lines"] or page["lines"][0]["seq"] != seq:
        raise web.HTTPNotFound
    me = await visit.api("GET", "/v1/me")
    return visit.show(
        "receipt.html",
        line=page["lines"][0],
        name=await _name(visit),
        back=_account(visit),
        me=me,
        **await _names(visit),
    )


def _account(visit: Visit) -> str:
    """The history's own address, without `/csv` or `/receipt/…` behind it."""
    return re.sub(r"/(csv|receipt/[0-9]+)$", "", visit.request.path)


def _wanted(visit: Visit) -> Wanted:
    partner = visit.asked("partner")
    return Wanted(
        kind=visit.asked("kind") if visit.asked("kind") in KINDS else "",
        partner=partner if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", partner) else "",
        since=_day(visit.asked("since")),
        until=_day(visit.asked("until")),
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


async def _all(visit: Visit, takes: Callable[[dict[str, Any]], bool]) -> tuple[list[dict[str, Any]], bool]:
    """The lines that are wanted among the newest, and whether older ones were left unread."""
    values: list[dict[str, Any]] = []
    query = {"limit": str(READ_AT_ONCE)}
    for _ in range(READ_AT_MOST // READ_AT_ONCE):
        page = await visit.api("GET", f"/v1{_account(visit)}", query=query)
        values += [line for line in page["lines"] if takes(line)]
        if page["next_before"] is None:
            return values, False
        query["before"] = str(page["next_before"])
    return values, True


async def _name(visit: Visit) -> str:
    match visit.request.match_info:
        case {"code": code, "service": service}:
            return str((await service_of(visit, code, service))["name"])
        case {"event": event_id}:
            for one in (await visit.api("GET", "/v1/balances"))["events"]:
                if one["event_id"] == event_id:
                    return str(one["event_name"])
            return str((await visit.api("GET", f"/v1/events/{event_id}"))["name"])
    return visit.speech.plain("留保ポイント")


async def _names(visit: Visit) -> dict[str, Any]:
    """What lines name by ids: partners, point services, events."""
    partners = (await visit.api("GET", "/v1/partners"))["partners"]
    balances = await visit.api("GET", "/v1/balances")
    return {
        "partners": {partner["partner_id"]: visit.speech.label(partner["name"]) for partner in partners},
        "services": {
            f"{one['municipality']}:{one['point_service']}": one["point_service_name"]
            for one in balances["municipal"]
        },
        "event_names": {one["event_id"]: one["event_name"] for one in balances["events"]},
        "kinds": KINDS,
    }


def _references(line: dict[str, Any]) -> tuple[str, str]:
    """The partner's number and the payment's: a line has one of them at most."""
    reference = line["reference"] or ""
    return ("", reference) if line["kind"] in ("spend", "refund") else (reference, "")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (CWE-1236)."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
