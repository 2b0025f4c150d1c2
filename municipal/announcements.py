"""What a city announces to members and shops, what its shops read of it, and planned stops of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

from aiohttp import web

from httpkit.clock import JST
from municipal.error_messages import ErrorMessage
from municipal.forms import beside, chosen, day, status, without_day
from municipal.labels import ANNOUNCEMENT_STATES, AUDIENCES
from municipal.proposals import proposed, to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from point_gateway_client import calls, models

pages = Pages(needs="see")

DONE: Final[Mapping[str, str]] = {
    "published": "お知らせを登録しました。",
    "withdrawn": "お知らせを取り下げました。",
    "stop-withdrawn": "計画停止の予告を取り下げました。",
}
_AUDIENCES: Final[tuple[Literal["members", "shops", "all"], ...]] = ("members", "shops", "all")
_ANNOUNCEMENT: Final = f"{{announcement:{UUID.pattern}}}"
_NO_MOMENT: Final = ErrorMessage("日時を読み取れません", "日付と時刻を選んでください。", 422)
_A_MOMENT: Final = timedelta(microseconds=1)


@pages.get("/announcements")
async def announcement_list(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_city_announcements())
    return _list_page(visit, listed.announcements, is_stop=False)


@pages.get("/announcements/new", needs="announce")
async def new(visit: Visit) -> web.Response:
    today = visit.now.astimezone(JST).date().isoformat()
    return _form(visit, {"announcement_id": fresh_id(), "audience": "all", "starts_on": today}, None)


@pages.post("/announcements/new", needs="announce")
async def publish(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    starts_on, ends_on = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    if starts_on is None or ends_on is None:
        return _form(visit, typed, without_day(typed, "starts_on", "ends_on"))
    try:
        answer = await visit.send(
            calls.publish_announcement(
                announcement_id=typed.get("announcement_id", ""),
                audience=chosen(typed, "audience", _AUDIENCES),
                starts_on=starts_on,
                ends_on=ends_on,
                title_ja=typed.get("title_ja", ""),
                title_en=typed.get("title_en", ""),
                title_easy=typed.get("title_easy", ""),
                text_ja=_text(typed, "text_ja"),
                text_en=_text(typed, "text_en"),
                text_easy=_text(typed, "text_easy"),
            )
        )
    except Problem as problem:
        return _form(visit, typed, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect("/announcements", done="published")


@pages.get(f"/announcements/{_ANNOUNCEMENT}")
async def announcement_page(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_city_announcements())
    return _page(visit, listed.announcements, None, is_stop=False)


@pages.post(f"/announcements/{_ANNOUNCEMENT}/withdraw", needs="announce")
async def withdraw(visit: Visit) -> web.Response:
    call = calls.withdraw_announcement(visit.path_param("announcement"), reason=visit.form.get("reason", ""))
    try:
        await visit.send(call)
    except Problem as problem:
        listed = await visit.send(calls.list_city_announcements())
        return _page(visit, listed.announcements, beside(visit, problem), is_stop=False)
    return visit.redirect("/announcements", done="withdrawn")


@pages.get("/shop/announcements", needs="see_own_shop")
async def shop_list(visit: Visit) -> web.Response:
    """What the city announces to its shops, whole."""
    listed = await visit.send(calls.list_shop_announcements())
    return visit.render("shop_announcements.html", announcements=listed.announcements)


@pages.get("/platform/stops", needs="plan_stops")
async def stop_list(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_platform_stops())
    return _list_page(visit, listed.announcements, is_stop=True)


@pages.get("/platform/stops/new", needs="plan_stops")
async def new_stop(visit: Visit) -> web.Response:
    return _stop_form(visit, {"announcement_id": fresh_id()}, None)


@pages.post("/platform/stops/new", needs="plan_stops")
async def plan_stop(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    begins, ends = _moment(typed.get("stops_from", "")), _moment(typed.get("stops_until", ""))
    if begins is None or ends is None:
        wrong = "stops_from" if begins is None else "stops_until"
        return _stop_form(visit, typed, replace(_NO_MOMENT, field=wrong))
    try:
        proposal = await visit.send(
            calls.plan_stop(
                announcement_id=typed.get("announcement_id", ""),
                stops_from=begins,
                stops_until=ends,
                urgent=typed.get("urgent") == "yes",
                title_ja=typed.get("title_ja", ""),
                title_en=typed.get("title_en", ""),
                title_easy=typed.get("title_easy", ""),
                text_ja=_text(typed, "text_ja"),
                text_en=_text(typed, "text_en"),
                text_easy=_text(typed, "text_easy"),
            )
        )
    except Problem as problem:
        return _stop_form(visit, typed, beside(visit, problem))
    return to_proposal(visit, proposal)


@pages.get(f"/platform/stops/{_ANNOUNCEMENT}", needs="plan_stops")
async def stop_page(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_platform_stops())
    return _page(visit, listed.announcements, None, is_stop=True)


@pages.post(f"/platform/stops/{_ANNOUNCEMENT}/withdraw", needs="plan_stops")
async def withdraw_stop(visit: Visit) -> web.Response:
    call = calls.withdraw_stop(visit.path_param("announcement"), reason=visit.form.get("reason", ""))
    try:
        await visit.send(call)
    except Problem as problem:
        listed = await visit.send(calls.list_platform_stops())
        return _page(visit, listed.announcements, beside(visit, problem), is_stop=True)
    return visit.redirect("/platform/stops", done="stop-withdrawn")


def last_day(announcement: models.CityAnnouncementView) -> datetime:
    """The last moment at which it is shown, so that its day is the one that staff typed."""
    return announcement.shown_until - _A_MOMENT


def _list_page(
    visit: Visit, announcements: list[models.CityAnnouncementView], *, is_stop: bool
) -> web.Response:
    return visit.render(
        "announcements.html",
        is_stop=is_stop,
        announcements=[(each, last_day(each)) for each in announcements],
        states=ANNOUNCEMENT_STATES,
        audiences=AUDIENCES,
        done=DONE.get(visit.query("done"), ""),
    )


def _page(
    visit: Visit,
    announcements: list[models.CityAnnouncementView],
    trouble: ErrorMessage | None,
    *,
    is_stop: bool,
) -> web.Response:
    """One of them, whole. Raises 404 for one that is not there."""
    wanted = visit.path_param("announcement")
    found = next((each for each in announcements if each.announcement_id == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    return visit.render(
        "announcement.html",
        status=status(trouble),
        is_stop=is_stop,
        announcement=found,
        last_day=last_day(found),
        states=ANNOUNCEMENT_STATES,
        audiences=AUDIENCES,
        typed=visit.form,
        trouble=trouble,
    )


def _form(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "announcement_new.html", status=status(trouble), audiences=AUDIENCES, typed=typed, trouble=trouble
    )


def _stop_form(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.render("stop_new.html", status=status(trouble), typed=typed, trouble=trouble)


def _text(typed: Mapping[str, str], name: str) -> str:
    return typed.get(name, "").replace("\r\n", "\n")


def _moment(text: str) -> datetime | None:
    """What a field for a day and a time holds, in Japan; None for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=JST) if at.tzinfo is None else None
