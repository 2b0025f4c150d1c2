"""The histories of the three kinds of points: filtered, as a CSV file, and one line as a receipt to print."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from httpkit.clock import JST
from httpkit.safe_csv import excel_csv
from pagekit.api import Call
from pagekit.pages import PageValues
from pagekit.typed_text import day as typed_day
from point_gateway_client import UNSET, UnsetType, calls, models
from portal.error_messages import ErrorMessage
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
    "carry_in": "前のシステムからの引継ぎ",
    "spend": "お店での支払い",
    "refund": "お店での支払いの取消",
    "event_given_back": "特定支援イベントからの返還",
    "event_kept": "特定支援イベントで使用",
    "expiry": "失効",
    "reversal": "取消・返還",
    "correction": "訂正",
    "merge": "マイキーIDの統合",
}
DAY_UNREADABLE: Final = ErrorMessage(
    "日付を読み取れませんでした", "2018年7月31日 か 2018-07-31 のように入力してください。", 422
)
DAYS_BACKWARDS: Final = ErrorMessage(
    "日付の順が逆です",
    "「この日から」が「この日まで」より後になっています。日付を選び直してください。",
    422,
    field="since",
)
_BY_CARD: Final = "お店での支払い（ポイントカード）"
_SERVICE: Final = r"{code:[0-9]{6}}/{service:[a-z0-9][a-z0-9-]{0,39}}"
_EVENT: Final = r"{event:[a-z0-9][a-z0-9-]{0,39}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the reader asked to see; empty texts mean all."""

    kind: str
    partner: str
    since: str
    until: str

    @property
    def narrows(self) -> bool:
        return any((self.kind, self.partner, self.since, self.until))

    def takes(self, line: models.HistoryLine) -> bool:
        day = line.at.astimezone(JST).date().isoformat()
        return (
            (not self.kind or line.kind == self.kind)
            and (not self.partner or line.partner_id == self.partner)
            and (not self.since or day >= self.since)
            and (not self.until or day <= self.until)
        )


@pages.get("/history/municipal")
async def municipal(visit: Visit) -> web.Response:
    """自治体ポイントの履歴照会: which of them; straight on where there is one."""
    choices = [
        (
            f"/history/municipal/{service.municipality}/{service.point_service}",
            service.point_service_name,
            service.balance,
        )
        for service in (await visit.send(calls.balances())).municipal
    ]
    if len(choices) == 1:
        return visit.redirect(choices[0][0])
    return visit.render("histories.html", choices=choices, events=False)


@pages.get("/history/events")
async def events(visit: Visit) -> web.Response:
    choices = [
        (f"/history/events/{event.event_id}", event.event_name, event.balance)
        for event in (await visit.send(calls.balances())).events
    ]
    if len(choices) == 1:
        return visit.redirect(choices[0][0])
    return visit.render("histories.html", choices=choices, events=True)


@pages.get("/history/reserve")
@pages.get(f"/history/municipal/{_SERVICE}")
@pages.get(f"/history/events/{_EVENT}")
async def history(visit: Visit) -> web.Response:
    narrowed = _filter(visit)
    if narrowed.narrows:
        lines, more = await _all(visit, narrowed.takes)
        next_before = None
    else:
        before = visit.query("before")
        is_seq = re.fullmatch(r"[1-9][0-9]{0,14}", before)
        page = await visit.send(_lines(visit, before=int(before) if is_seq else UNSET, limit=PAGE))
        lines, next_before, more = page.lines, page.next_before, False
    trouble = _wrong_days(visit, narrowed)
    return visit.render(
        "history.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        typed={name: visit.query(name)[:200] for name in ("since", "until")},
        name=await _name(visit),
        path=visit.request.path,
        lines=lines,
        narrowed=narrowed,
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
    lines, _more = await _all(visit, _filter(visit).takes)
    names = await _names(visit)
    said = visit.speech.plain
    header = ["日時", "内容", "相手", "ポイント", "残高", "協力会社の受付番号", "支払いの番号", "移行の番号"]
    rows: list[list[str | int]] = []
    for line in lines:
        at = line.at.astimezone(JST)
        kind = said(kind_name(line))
        other = line.party or other_side(
            visit.speech, line, names["partners"], names["services"], names["event_names"]
        )
        rows.append(
            [f"{at:%Y-%m-%d %H:%M:%S}", kind, other, line.points, line.balance, *_references(line),
             line.exchange_id or ""]
        )  # fmt: skip
    name = re.sub(r"[^a-z0-9]+", "-", visit.request.path.strip("/"))
    answer = web.Response(
        body=excel_csv([said(word) for word in header], rows), content_type="text/csv", charset="utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name.removesuffix("-csv")}.csv"'
    return answer


@pages.get("/history/reserve/receipt/{seq:[0-9]{1,15}}")
@pages.get(f"/history/municipal/{_SERVICE}/receipt/{{seq:[0-9]{{1,15}}}}")
@pages.get(f"/history/events/{_EVENT}/receipt/{{seq:[0-9]{{1,15}}}}")
async def receipt(visit: Visit) -> web.Response:
    """One line with everything that both sides need to find it; made to be printed."""
    seq = int(visit.path_param("seq"))
    lines = (await visit.send(_lines(visit, before=seq + 1, limit=1))).lines
    if not lines or lines[0].seq != seq:
        raise web.HTTPNotFound
    return visit.render(
        "receipt.html",
        line=lines[0],
        name=await _name(visit),
        back=_account(visit),
        **await _names(visit),
    )


def _account(visit: Visit) -> str:
    """The history's own address, without `/csv` or `/receipt/…` behind it."""
    return re.sub(r"/(csv|receipt/[0-9]+)$", "", visit.request.path)


def _filter(visit: Visit) -> Filter:
    partner = visit.query("partner")
    return Filter(
        kind=visit.query("kind") if visit.query("kind") in KINDS else "",
        partner=partner if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", partner) else "",
        since=_day(visit.query("since")),
        until=_day(visit.query("until")),
    )


def _wrong_days(visit: Visit, narrowed: Filter) -> ErrorMessage | None:
    """What is wrong with the days that were asked for; None when they can be looked for."""
    for name in ("since", "until"):
        if visit.query(name) and not _day(visit.query(name)):
            return replace(DAY_UNREADABLE, field=name)
    return DAYS_BACKWARDS if narrowed.since and narrowed.until and narrowed.since > narrowed.until else None


def _day(text: str) -> str:
    """A day as browsers send it, or as people write it where a browser has no calendar; empty for none."""
    day = typed_day(text)
    return day.isoformat() if day else ""


def _lines(visit: Visit, *, limit: int, before: int | UnsetType = UNSET) -> Call[models.HistoryPage]:
    """The call for lines of the history that the page's address names, the newest first."""
    match visit.request.match_info:
        case {"code": code, "service": service}:
            return calls.municipal_history(code, service, before=before, limit=limit)
        case {"event": event_id}:
            return calls.event_history(event_id, before=before, limit=limit)
    return calls.reserve_history(before=before, limit=limit)


async def _all(
    visit: Visit, takes: Callable[[models.HistoryLine], bool]
) -> tuple[list[models.HistoryLine], bool]:
    """The lines that are wanted among the newest, and whether older ones were left unread."""
    lines: list[models.HistoryLine] = []
    before: int | UnsetType = UNSET
    for _ in range(READ_AT_MOST // READ_AT_ONCE):
        page = await visit.send(_lines(visit, before=before, limit=READ_AT_ONCE))
        lines += [line for line in page.lines if takes(line)]
        if page.next_before is None:
            return lines, False
        before = page.next_before
    return lines, True


async def _name(visit: Visit) -> str:
    match visit.request.match_info:
        case {"code": code, "service": service}:
            return (await service_of(visit, code, service)).name
        case {"event": event_id}:
            for event in (await visit.send(calls.balances())).events:
                if event.event_id == event_id:
                    return event.event_name
            return (await visit.send(calls.get_event(event_id))).name
    return visit.speech.plain("留保ポイント")


async def _names(visit: Visit) -> PageValues:
    """What lines name by ids: partners, point services, events."""
    partners = (await visit.send(calls.list_partners())).partners
    balances = await visit.send(calls.balances())
    return {
        "partners": {partner.partner_id: visit.speech.label(partner.name) for partner in partners},
        "services": {
            f"{service.municipality}:{service.point_service}": service.point_service_name
            for service in balances.municipal
        },
        "event_names": {event.event_id: event.event_name for event in balances.events},
        "kinds": KINDS,
        "kind_name": kind_name,
    }


def kind_name(line: models.HistoryLine) -> str:
    """What a line is called; a payment by the member's card says so."""
    return _BY_CARD if line.way == "card" else KINDS.get(line.kind, "その他")


def _references(line: models.HistoryLine) -> tuple[str, str]:
    """The partner's number and the payment's: a line has one of them at most."""
    reference = line.reference or ""
    return ("", reference) if line.kind in ("spend", "refund") else (reference, "")
