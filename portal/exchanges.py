"""The exchange, screen by screen: partner, handoff and return, destination, municipality, units, confirm, done.

Each form carries the id under which the gateway will know what it asks for, made when the form was drawn. So a
double click, a reload or the back button repeats nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from pagekit.typed_text import code as read_code
from pagekit.typed_text import number
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.preview import best_rate, points_for, rates_in_use
from portal.site import Pages, Visit

pages = Pages()

ENDED: Final = frozenset({"settled", "declined", "not_sent", "refused", "expired", "needs_a_person"})
_ID: Final = f"{{exchange:{UUID.pattern}}}"
_PARTNER: Final = r"{partner:[a-z][a-z0-9_]{0,39}}"
UNITS_UNREADABLE: Final = ErrorMessage(
    "口数を入力してください", "口数は1以上の整数で入力してください。", 422, field="units"
)


@pages.get("/partners")
async def partner_list(visit: Visit) -> web.Response:
    """地域経済応援ポイント協力会社一覧."""
    partners = (await visit.api("GET", "/v1/partners"))["partners"]
    return visit.show(
        "partners.html",
        companies=[partner for partner in partners if partner["kind"] != "online_shop"],
        shops=[partner for partner in partners if partner["kind"] == "online_shop"],
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
        "coupon_code": read_code(visit.typed.get("coupon_code", "")),
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
    default, direct = await _direct_services(visit)
    return visit.show(
        "destination.html",
        exchange=exchange,
        partner=await partner_of(visit, exchange["partner_id"]),
        default=default,
        direct=direct,
        to_reserve=await _best_rate(visit, {"destination": "reserve"}),
        to_direct=await _best_rate(visit, _to(direct)) if direct else None,
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
    chosen = _destination(visit.request.query)
    if chosen is None:
        return visit.go(_path(visit.part("exchange"), "destination"))
    return await _units_page(visit, chosen, trouble=None, typed=visit.asked("units"))


@pages.get(f"/exchanges/{_ID}/units/result", fragment=True)
async def result(visit: Visit) -> web.Response:
    """What the number that is being typed brings."""
    chosen = _destination(visit.request.query) or {"destination": "reserve"}
    offer = await visit.api("GET", f"/v1/exchanges/{visit.part('exchange')}/offer", query=chosen)
    return visit.show("_result.html", preview=_preview(offer, visit.asked("units")))


@pages.post(f"/exchanges/{_ID}/units")
async def quote(visit: Visit) -> web.Response:
    """確認: ask for the numbers; they hold for ten minutes."""
    exchange_id, chosen = visit.part("exchange"), _destination(visit.typed)
    if chosen is None:
        return visit.go(_path(exchange_id, "destination"))
    typed = visit.typed.get("units", "")
    body: dict[str, Any] = {"destination": _spoken(chosen)}
    if visit.typed.get("do") == "calculate":
        return visit.go(_path(exchange_id, "units"), **chosen, units=typed)
    if visit.typed.get("coupon") != "yes":
        units = number(typed)
        if not units:
            return await _units_page(visit, chosen, trouble=UNITS_UNREADABLE, typed=typed)
        body["units"] = str(units)
    try:
        await visit.api("POST", f"/v1/exchanges/{exchange_id}/quote", body=body)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("unknown-exchange", "session-ended"):
            raise
        if problem.word == "exchange-state":
            return visit.go(_path(exchange_id))
        return await _units_page(visit, chosen, trouble=visit.trouble(problem), typed=typed)
    return visit.go(_path(exchange_id, "confirm"))


@pages.get(f"/exchanges/{_ID}/confirm")
async def show_quote(visit: Visit) -> web.Response:
    """The numbers, the rates and terms, and in words where the points go."""
    exchange = await _exchange(visit)
    if exchange["state"] != "quoted":
        return visit.go(_path(exchange["exchange_id"]))
    if datetime.fromisoformat(exchange["quote"]["ends_at"]) <= visit.now:
        return await _quote_again(visit, exchange)
    before = visit.asked("before")
    return visit.show(
        "confirm.html",
        points_before=int(before) if before.isdecimal() and len(before) < 16 else None,
        replaced=visit.asked("replaced") == "yes",
        left=_left_after(exchange["quote"]),
        **await _page_data(visit, exchange),
    )


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
        if problem.word in ("quote-replaced", "quote-expired"):
            # Both show the numbers that hold now, beside what has changed, before anything moves.
            query = {"replaced": "yes"} if problem.word == "quote-replaced" else {}
            return visit.go(_path(exchange_id, "confirm"), **query)
        if problem.word not in ("exchange-state", "not-quoted"):
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
            return visit.show("exchange.html", fragment=False, **await _page_data(visit, exchange))


@pages.get(f"/exchanges/{_ID}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Asked while the partner's answer is awaited: nothing new (204), or the page anew once something has changed."""
    exchange = await _exchange(visit)
    if exchange["state"] == visit.asked("state"):
        return web.Response(status=204)
    return visit.go(_path(exchange["exchange_id"]))


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
            values: dict[str, Any] = one
            return values
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
    return [partner for partner in partners if partner["link"] == "coupon"]


async def _units_page(
    visit: Visit, chosen: dict[str, str], *, trouble: ErrorMessage | None, typed: str
) -> web.Response:
    exchange = await _exchange(visit)
    exchange_id = exchange["exchange_id"]
    if exchange["state"] not in ("ready", "quoted"):
        return visit.go(_path(exchange_id))
    offer = await visit.api("GET", f"/v1/exchanges/{exchange_id}/offer", query=chosen)
    direct = None
    if chosen["destination"] == "reserve":
        _, direct = await _direct_services(visit)
    return visit.show(
        "units.html",
        preview=_preview(offer, typed),
        direct=direct,
        to_direct=await _best_rate(visit, _to(direct)) if direct else None,
        to_reserve=best_rate(offer),
        status=trouble.status if trouble else 200,
        exchange=exchange,
        partner=await partner_of(visit, exchange["partner_id"]),
        offer=offer,
        rates=rates_in_use(offer),
        chosen=chosen,
        service=await _service(visit, chosen),
        trouble=trouble,
        typed=typed,
        back=_path(exchange_id, "destination")
        if chosen["destination"] == "reserve"
        else _path(exchange_id, "municipality") + "?" + urlencode({"prefecture": chosen["municipality"][:2]}),
    )


async def _quote_again(visit: Visit, exchange: dict[str, Any]) -> web.Response:
    """An expired quote is drawn up anew with the same numbers; the page says what has changed. No points move."""
    quoted, exchange_id = exchange["quote"], exchange["exchange_id"]
    chosen = _chosen_before(quoted)
    body: dict[str, Any] = {"destination": _spoken(chosen)}
    units = sum(line["units"] for line in quoted["lines"])
    if exchange["coupon_value"] is None:
        body["units"] = str(units)
    try:
        await visit.api("POST", f"/v1/exchanges/{exchange_id}/quote", body=body)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("unknown-exchange", "session-ended", "session-missing"):
            raise
        if problem.word == "exchange-state":
            return visit.go(_path(exchange_id))
        return await _units_page(visit, chosen, trouble=visit.trouble(problem), typed=str(units))
    return visit.go(_path(exchange_id, "confirm"), before=str(quoted["points"]))


async def _direct_services(visit: Visit) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The member's 基本自治体 where it takes partners' points directly, and a service to show the direct rate of."""
    found = await visit.api("GET", "/v1/point-services", query={"direct": "true"})
    services: list[dict[str, Any]] = found["point_services"]
    me = await visit.api("GET", "/v1/me")
    key = (me["default_municipality"], me["default_point_service"])
    default = next(
        (service for service in services if (service["municipality"], service["point_service"]) == key), None
    )
    return default, default or next(iter(services), None)


async def _best_rate(visit: Visit, chosen: dict[str, str]) -> Any:
    """The best rate at a destination; None where there is none now."""
    try:
        offer = await visit.api("GET", f"/v1/exchanges/{visit.part('exchange')}/offer", query=chosen)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("session-ended", "session-missing"):
            raise
        return None
    return best_rate(offer)


def _to(service: dict[str, Any]) -> dict[str, str]:
    return {
        "destination": "municipality",
        "municipality": service["municipality"],
        "point_service": service["point_service"],
    }


def _preview(offer: dict[str, Any], typed: str) -> dict[str, Any] | None:
    """What the typed number brings; None for no number."""
    units = number(typed)
    if not units:
        return None
    return {"units": units, "points": points_for(offer, units), "most": offer["most_units"]}


def _left_after(quoted: dict[str, Any]) -> int:
    """What the quote takes from the partner's points, over all wallets."""
    return sum(int(line["amount"]) for line in quoted["lines"])


def _chosen_before(quoted: dict[str, Any]) -> dict[str, str]:
    """The destination of a quote, as the gateway's offer asks for it."""
    place = {name: value for name, value in quoted["destination"].items() if value}
    return {"destination": place.pop("kind"), **place}


async def _page_data(visit: Visit, exchange: dict[str, Any]) -> dict[str, Any]:
    quoted = exchange["quote"]
    place = {} if quoted is None else {name: value for name, value in quoted["destination"].items() if value}
    return {
        "exchange": exchange,
        "quote": quoted,
        "partner": await partner_of(visit, exchange["partner_id"]),
        "service": await _service(visit, place),
        "waiting": exchange["state"] not in ENDED,
    }


async def _service(visit: Visit, chosen: Any) -> dict[str, Any] | None:
    if "municipality" not in chosen:
        return None
    return await service_of(visit, chosen["municipality"], chosen["point_service"])


async def _exchange(visit: Visit) -> dict[str, Any]:
    values: dict[str, Any] = await visit.api("GET", f"/v1/exchanges/{visit.part('exchange')}")
    return values


def _destination(given: Any) -> dict[str, str] | None:
    """The destination from a query or a form, as the gateway's offer asks for it; None where none was chosen."""
    match given.get("destination"):
        case "reserve":
            return {"destination": "reserve"}
        case "municipality" if given.get("municipality") and given.get("point_service"):
            return {
                "destination": "municipality",
                "municipality": given["municipality"],
                "point_service": given["point_service"],
            }
    return None


def _spoken(chosen: dict[str, str]) -> dict[str, str]:
    """The same, as the gateway's quote asks for it."""
    return {"kind" if name == "destination" else name: value for name, value in chosen.items()}


def _id_typed(visit: Visit) -> str:
    given = visit.typed.get("exchange_id", "")
    return given if UUID.fullmatch(given) else fresh_id()


def _path(exchange_id: str, step: str = "") -> str:
    return f"/exchanges/{exchange_id}" + (f"/{step}" if step else "")
