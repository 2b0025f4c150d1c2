"""The exchange, screen by screen: partner, handoff and return, destination, municipality, units, confirm, done.

Each form carries the id under which the gateway will know what it asks for, made when the form was drawn. So a
double click, a reload or the back button repeats nothing.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from portal.places import service_of, services_in
from portal.trouble import Trouble
from portal.visits import Pages, Visit

pages = Pages()

ENDED: Final = frozenset({"settled", "declined", "not_sent", "refused", "expired", "needs_a_person"})
_ID: Final = f"{{exchange:{UUID.pattern}}}"
_PARTNER: Final = r"{partner:[a-z][a-z0-9_]{0,39}}"


@pages.get("/partners")
async def partner_list(visit: Visit) -> web.Response:
    """地域経済応援ポイント協力会社一覧."""
    partners = (await visit.api("GET", "/v1/partners"))["partners"]
    return visit.show(
        "partners.html",
        companies=[one for one in partners if one["kind"] != "online_shop"],
        shops=[one for one in partners if one["kind"] == "online_shop"],
        fresh_id=fresh_id,
    )


@pages.post(f"/partners/{_PARTNER}/start")
async def start(visit: Visit) -> web.Response:
    """Begin an exchange with a partner that is linked, or to be linked, by account."""
    wanted = {
        "exchange_id": _id_typed(visit),
        "partner_id": visit.part("partner"),
        "return_url": visit.site.settings.return_url,
        "language": "en" if visit.speech.language == "en" else "ja",
    }
    exchange = await visit.api("POST", "/v1/exchanges", body=wanted)
    return visit.go(_path(exchange["exchange_id"]))


@pages.get("/coupon")
async def coupon(visit: Visit) -> web.Response:
    """クーポンコードを利用して移行."""
    return visit.show(
        "coupon.html", partners=await _coupon_partners(visit), trouble=None, exchange_id=fresh_id()
    )


@pages.post("/coupon")
async def take_coupon(visit: Visit) -> web.Response:
    if (answer := visit.hold_on()) is not None:
        return answer
    wanted = {
        "exchange_id": _id_typed(visit),
        "partner_id": visit.typed.get("partner", ""),
        "coupon_code": visit.typed.get("coupon_code", "").replace(" ", ""),
    }
    try:
        exchange = await visit.api("POST", "/v1/exchanges", body=wanted)
    except Problem as problem:
        if problem.status >= 500:
            raise
        if problem.word == "body-invalid":
            problem.word = "coupon-refused"
        return visit.show(
            "coupon.html",
            status=problem.status,
            partners=await _coupon_partners(visit),
            trouble=visit.trouble(problem),
            exchange_id=fresh_id(),
        )
    return visit.go(_path(exchange["exchange_id"]))


@pages.get("/exchanges/back")
async def come_back(visit: Visit) -> web.Response:
    """Where the gateway sends the browser after the partner's site. Safe to repeat."""
    exchange_id = visit.asked("exchange")
    if not UUID.fullmatch(exchange_id):
        raise web.HTTPNotFound
    exchange = await visit.api(
        "POST", f"/v1/exchanges/{exchange_id}/return", body={"return_code": visit.asked("return_code")}
    )
    return visit.go(_path(exchange_id, "who" if exchange["state"] == "ready" else ""))


@pages.get(f"/exchanges/{_ID}/who")
async def who(visit: Visit) -> web.Response:
    """How the partner knows the member: is this you? Points went to the wrong person where nobody asked."""
    exchange = await _exchange(visit)
    if not exchange["link"]:
        return visit.go(_path(exchange["exchange_id"]))
    return visit.show("who.html", exchange=exchange, partner=await partner_of(visit, exchange["partner_id"]))


@pages.get(f"/exchanges/{_ID}/destination")
async def destination(visit: Visit) -> web.Response:
    """交換先選択."""
    exchange = await _exchange(visit)
    if exchange["state"] not in ("ready", "quoted"):
        return visit.go(_path(exchange["exchange_id"]))
    return visit.show(
        "destination.html", exchange=exchange, partner=await partner_of(visit, exchange["partner_id"])
    )


@pages.get(f"/exchanges/{_ID}/municipality")
async def municipality(visit: Visit) -> web.Response:
    """自治体ポイント選択: the prefecture, then its municipalities that take partners' points directly."""
    exchange_id = visit.part("exchange")
    return visit.show(
        "choose_service.html",
        choice="direct",
        back=_path(exchange_id, "destination"),
        action=_path(exchange_id, "municipality"),
        link=_path(exchange_id, "units") + "?destination=municipality&",
        **await services_in(visit, direct=True),
    )


@pages.get(f"/exchanges/{_ID}/units")
async def units(visit: Visit) -> web.Response:
    """交換ポイント入力."""
    return await _units_page(visit, _destination(visit.request.query), trouble=None, typed="")


@pages.post(f"/exchanges/{_ID}/units")
async def quote(visit: Visit) -> web.Response:
    """確認: ask for the numbers; they hold for ten minutes."""
    exchange_id, wanted = visit.part("exchange"), _destination(visit.typed)
    typed = visit.typed.get("units", "")
    body: dict[str, Any] = {"destination": _spoken(wanted)}
    if visit.typed.get("coupon") != "yes":
        body["units"] = typed
    try:
        await visit.api("POST", f"/v1/exchanges/{exchange_id}/quote", body=body)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("unknown-exchange", "session-ended"):
            raise
        if problem.word == "exchange-state":
            return visit.go(_path(exchange_id))
        return await _units_page(visit, wanted, trouble=visit.trouble(problem), typed=typed)
    return visit.go(_path(exchange_id, "confirm"))


@pages.get(f"/exchanges/{_ID}/confirm")
async def show_quote(visit: Visit) -> web.Response:
    """The numbers, the rates and terms, and in words where the points go."""
    exchange = await _exchange(visit)
    if exchange["state"] != "quoted":
        return visit.go(_path(exchange["exchange_id"]))
    return visit.show("confirm.html", **await _told(visit, exchange))


@pages.post(f"/exchanges/{_ID}/confirm")
async def confirm(visit: Visit) -> web.Response:
    """Carry it out, once, however often this is sent."""
    exchange_id = visit.part("exchange")
    try:
        await visit.api(
            "POST",
            f"/v1/exchanges/{exchange_id}/confirm",
            body={"quote_id": visit.typed.get("quote_id", "")},
        )
    except Problem as problem:
        if problem.word not in ("exchange-state", "not-quoted", "quote-replaced"):
            raise
    return visit.go(_path(exchange_id))


@pages.get(f"/exchanges/{_ID}")
async def status(visit: Visit) -> web.Response:
    """Where the exchange stands; leads on to the step that is next."""
    exchange = await _exchange(visit)
    match exchange["state"]:
        case "awaiting_return":
            return visit.show(
                "handoff.html",
                exchange=exchange,
                partner=await partner_of(visit, exchange["partner_id"]),
                host=urlsplit(exchange["redirect_url"]).netloc,
            )
        case "ready":
            return visit.go(_path(exchange["exchange_id"], "destination"))
        case "quoted":
            return visit.go(_path(exchange["exchange_id"], "confirm"))
        case _:
            return visit.show("exchange.html", fragment=False, **await _told(visit, exchange))


@pages.get(f"/exchanges/{_ID}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """The part of the status page that changes by itself while the partner's answer is awaited."""
    return visit.show("_outcome.html", fragment=True, **await _told(visit, await _exchange(visit)))


@pages.get("/exchanges")
async def exchange_list(visit: Visit) -> web.Response:
    """All exchanges, newest first; those that were never confirmed are left out unless they can go on."""
    query = {"limit": "50"}
    if UUID.fullmatch(visit.asked("before")):
        query["before"] = visit.asked("before")
    page = await visit.api("GET", "/v1/exchanges", query=query)
    partners = {one["partner_id"]: one for one in (await visit.api("GET", "/v1/partners"))["partners"]}
    return visit.show(
        "exchanges.html", exchanges=page["exchanges"], next_before=page["next_before"], partners=partners
    )


async def partner_of(visit: Visit, partner_id: str) -> dict[str, Any]:
    """The partner as the gateway describes it; one that is gone still has its id as a name."""
    for one in (await visit.api("GET", "/v1/partners"))["partners"]:
        if one["partner_id"] == partner_id:
            found: dict[str, Any] = one
            return found
    name = {"ja": partner_id, "en": partner_id}
    return {
        "partner_id": partner_id,
        "name": name,
        "points_name": name,
        "wallets": [],
        "link": "",
        "kind": "",
    }


async def _coupon_partners(visit: Visit) -> list[dict[str, Any]]:
    partners = (await visit.api("GET", "/v1/partners"))["partners"]
    return [one for one in partners if one["link"] == "coupon"]


async def _units_page(
    visit: Visit, wanted: dict[str, str], *, trouble: Trouble | None, typed: str
) -> web.Response:
    exchange = await _exchange(visit)
    exchange_id = exchange["exchange_id"]
    if exchange["state"] not in ("ready", "quoted"):
        return visit.go(_path(exchange_id))
    offer = await visit.api("GET", f"/v1/exchanges/{exchange_id}/offer", query=wanted)
    return visit.show(
        "units.html",
        status=trouble.status if trouble else 200,
        exchange=exchange,
        partner=await partner_of(visit, exchange["partner_id"]),
        offer=offer,
        rates=_in_use(offer),
        wanted=wanted,
        service=await _service(visit, wanted),
        trouble=trouble,
        typed=typed,
        back=_path(exchange_id, "destination")
        if wanted["destination"] == "reserve"
        else _path(exchange_id, "municipality") + "?" + urlencode({"prefecture": wanted["municipality"][:2]}),
    )


def _in_use(offer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rates a member gets, in the order in which wallets are drawn: a campaign's stands in for the usual one."""
    on_campaign = {rate["wallet"] for rate in offer["rates"] if rate["campaign"]}
    got = [rate for rate in offer["rates"] if rate["campaign"] or rate["wallet"] not in on_campaign]
    order = {wallet: place for place, wallet in enumerate(offer["priority"])}
    return sorted(got, key=lambda rate: order.get(rate["wallet"], len(order)))


async def _told(visit: Visit, exchange: dict[str, Any]) -> dict[str, Any]:
    quoted = exchange["quote"]
    place = {} if quoted is None else {name: value for name, value in quoted["destination"].items() if value}
    return {
        "exchange": exchange,
        "quote": quoted,
        "partner": await partner_of(visit, exchange["partner_id"]),
        "service": await _service(visit, place),
        "waiting": exchange["state"] not in ENDED,
    }


async def _service(visit: Visit, wanted: Any) -> dict[str, Any] | None:
    if "municipality" not in wanted:
        return None
    return await service_of(visit, wanted["municipality"], wanted["point_service"])


async def _exchange(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = await visit.api("GET", f"/v1/exchanges/{visit.part('exchange')}")
    return found


def _destination(given: Any) -> dict[str, str]:
    """The destination from a query or a form, as the gateway's offer asks for it."""
    if given.get("destination") != "municipality":
        return {"destination": "reserve"}
    return {
        "destination": "municipality",
        "municipality": given.get("municipality", ""),
        "point_service": given.get("point_service", ""),
    }


def _spoken(wanted: dict[str, str]) -> dict[str, str]:
    """The same, as the gateway's quote asks for it."""
    return {"kind" if name == "destination" else name: value for name, value in wanted.items()}


def _id_typed(visit: Visit) -> str:
    given = visit.typed.get("exchange_id", "")
    return given if UUID.fullmatch(given) else fresh_id()


def _path(exchange_id: str, step: str = "") -> str:
    return f"/exchanges/{exchange_id}" + (f"/{step}" if step else "")
