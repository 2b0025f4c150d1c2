"""Prefectures, municipalities and point services, as several screens choose among them; and 自治体ポイントナビ."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from portal.site import Pages, Visit
from portal.tile_map import TILES

pages = Pages()

SHOPS_A_PAGE: Final = 20
_SHOP_ID: Final = re.compile(r"[a-z0-9-]{1,40}")
_PREFECTURE: Final = re.compile(r"[0-9]{2}([0-9]{4})?")


async def prefectures(visit: Visit) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = (await visit.api("GET", "/v1/prefectures"))["prefectures"]
    return values


async def services_in(visit: Visit, *, direct: bool | None = None) -> dict[str, Any]:
    """The prefectures to choose from, the one asked for, and its point services once it is."""
    all_of_them = await prefectures(visit)
    wanted = visit.asked("prefecture")
    chosen = next((values for values in all_of_them if wanted and values["code"][:2] == wanted[:2]), None)
    services: list[dict[str, Any]] | None = None
    if chosen is not None and _PREFECTURE.fullmatch(wanted):
        query = {"prefecture": chosen["code"]} | ({"direct": "true"} if direct else {})
        services = (await visit.api("GET", "/v1/point-services", query=query))["point_services"]
    return {"prefectures": all_of_them, "chosen": chosen, "services": services}


async def service_of(visit: Visit, municipality: str, point_service: str) -> dict[str, Any]:
    """One point service with its municipality's name. Raises 404 for one that is not there."""
    if re.fullmatch(r"[0-9]{6}", municipality):
        found = await visit.api("GET", "/v1/point-services", query={"municipality": municipality})
        for one in found["point_services"]:
            if one["point_service"] == point_service:
                service: dict[str, Any] = one
                return service
    raise web.HTTPNotFound


@pages.get("/navi", public=True)
async def navi(visit: Visit) -> web.Response:
    """自治体ポイントナビ: where points can be used, on a map of the prefectures and in a list."""
    services = (await visit.api("GET", "/v1/point-services"))["point_services"]
    counts = Counter(service["municipality"][:2] for service in services)
    return visit.show(
        "navi.html",
        prefectures=await prefectures(visit),
        counts=counts,
        tiles=TILES,
        services=None,
        chosen=None,
    )


@pages.get("/navi/{code:[0-9]{2}}", public=True)
async def navi_prefecture(visit: Visit) -> web.Response:
    all_of_them = await prefectures(visit)
    chosen = next((values for values in all_of_them if values["code"][:2] == visit.part("code")), None)
    if chosen is None:
        raise web.HTTPNotFound
    services = (await visit.api("GET", "/v1/point-services"))["point_services"]
    return visit.show(
        "navi.html",
        prefectures=all_of_them,
        counts=Counter(service["municipality"][:2] for service in services),
        tiles=TILES,
        chosen=chosen,
        services=[service for service in services if service["municipality"][:2] == visit.part("code")],
    )


@pages.get("/navi/{prefecture:[0-9]{2}}/{municipality:[0-9]{6}}", public=True)
async def navi_shops(visit: Visit) -> web.Response:
    """The shops of one municipality, page by page, or those with a word in their name."""
    code = visit.part("municipality")
    services = (await visit.api("GET", "/v1/point-services", query={"municipality": code}))["point_services"]
    if not services or code[:2] != visit.part("prefecture"):
        raise web.HTTPNotFound
    name, after = " ".join(visit.asked("name").split())[:40], visit.asked("after")
    if after and not _SHOP_ID.fullmatch(after):
        raise web.HTTPNotFound
    query = {"municipality": code, "limit": str(SHOPS_A_PAGE)}
    query |= ({"name": name} if name else {}) | ({"after": after} if after else {})
    found = await visit.api("GET", "/v1/shops", query=query)
    further = {"name": name} if name else {}
    return visit.show(
        "navi_shops.html",
        services=services,
        shops=found["shops"],
        name=name,
        path=f"/navi/{code[:2]}/{code}",
        first=f"?{urlencode(further)}" if further else "",
        after=after,
        next_page=urlencode(further | {"after": found["next_after"]}) if found["next_after"] else "",
    )
