"""Prefectures, municipalities and point services, as several screens choose among them; and 自治体ポイントナビ."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from pagekit.api import Problem
from pagekit.pages import PageValues
from pagekit.typed_text import search_words
from point_gateway_client import UNSET, calls, models
from portal.site import Pages, Visit
from portal.tile_map import TILES

pages = Pages()

SHOPS_A_PAGE: Final = 20
MAX_NAME_LENGTH: Final = 40
_SHOP_ID: Final = re.compile(r"[a-z0-9-]{1,40}")
_PREFECTURE: Final = re.compile(r"[0-9]{2}([0-9]{4})?")


async def prefectures(visit: Visit) -> list[models.PrefectureView]:
    return (await visit.send(calls.list_prefectures())).prefectures


async def services_in(visit: Visit, *, direct: bool = False) -> PageValues:
    """The prefectures to choose from, the one asked for, and its point services once it is: values of a page."""
    listed = await prefectures(visit)
    typed = visit.query("prefecture")
    chosen = next((prefecture for prefecture in listed if typed and prefecture.code[:2] == typed[:2]), None)
    services: list[models.PointServiceView] | None = None
    if chosen is not None and _PREFECTURE.fullmatch(typed):
        call = calls.list_point_services(prefecture=chosen.code, direct=direct or UNSET)
        services = (await visit.send(call)).point_services
    return {"prefectures": listed, "chosen": chosen, "services": services}


async def service_of(visit: Visit, municipality: str, point_service: str) -> models.PointServiceView:
    """One point service with its municipality's name. Raises Problem `unknown-point-service` (404)."""
    if re.fullmatch(r"[0-9]{6}", municipality):
        for service in (
            await visit.send(calls.list_point_services(municipality=municipality))
        ).point_services:
            if service.point_service == point_service:
                return service
    raise Problem("unknown-point-service", 404)


@pages.get("/navi", public=True)
async def navi(visit: Visit) -> web.Response:
    """自治体ポイントナビ: where points can be used, by a part of a town's name, by prefecture, and on a map."""
    name = search_words(visit.query("name"), MAX_NAME_LENGTH)
    found = (await visit.send(calls.list_point_services(name=name))).point_services if name else None
    return await _navi_page(visit, name=name, services=found)


@pages.get("/navi/{code:[0-9]{2}}", public=True)
async def navi_prefecture(visit: Visit) -> web.Response:
    code = visit.path_param("code")
    chosen = next((listed for listed in await prefectures(visit) if listed.code[:2] == code), None)
    if chosen is None:
        raise web.HTTPNotFound
    found = (await visit.send(calls.list_point_services(prefecture=chosen.code))).point_services
    return await _navi_page(visit, chosen=chosen, services=found)


async def _navi_page(
    visit: Visit,
    *,
    services: list[models.PointServiceView] | None,
    name: str = "",
    chosen: models.PrefectureView | None = None,
) -> web.Response:
    everywhere = (await visit.send(calls.list_point_services())).point_services
    return visit.render(
        "navi.html",
        prefectures=await prefectures(visit),
        counts=Counter(service.municipality[:2] for service in everywhere),
        tiles=TILES,
        name=name,
        chosen=chosen,
        services=services,
    )


@pages.get("/navi/{prefecture:[0-9]{2}}/{municipality:[0-9]{6}}", public=True)
async def navi_shops(visit: Visit) -> web.Response:
    """The shops of one municipality, page by page, or those with a word in their name."""
    code = visit.path_param("municipality")
    services = (await visit.send(calls.list_point_services(municipality=code))).point_services
    if not services or code[:2] != visit.path_param("prefecture"):
        raise web.HTTPNotFound
    name, after = search_words(visit.query("name"), MAX_NAME_LENGTH), visit.query("after")
    if after and not _SHOP_ID.fullmatch(after):
        raise web.HTTPNotFound
    page = await visit.send(
        calls.list_places(municipality=code, name=name or UNSET, after=after or UNSET, limit=SHOPS_A_PAGE)
    )
    further = {"name": name} if name else {}
    return visit.render(
        "navi_shops.html",
        services=services,
        shops=page.shops,
        name=name,
        path=f"/navi/{code[:2]}/{code}",
        first=f"?{urlencode(further)}" if further else "",
        after=after,
        next_page=urlencode(further | {"after": page.next_after}) if page.next_after else "",
    )
