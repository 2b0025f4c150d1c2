"""The exchange, screen by screen: partner, handoff and return, destination, municipality, units, confirm, done.

Each form carries the id under which the gateway will know what it asks for, made when the form was drawn. So a
double click, a reload or the back button repeats nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from pagekit.pages import PageValues
from pagekit.typed_text import code as read_code
from pagekit.typed_text import number
from point_gateway_client import UNSET, calls, models
from portal.destination import RESERVE, Destination, destination_of
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.past_exchanges import MAX_EXCHANGES_READ, LastExchange, destinations_used_often, last_exchange
from portal.preview import BestRate, best_rate, points_for, rates_in_use
from portal.site import Pages, Visit

pages = Pages()

ENDED: Final = frozenset(
    {"settled", "declined", "not_sent", "refused", "expired", "cancelled", "needs_a_person"}
)
BRINGS_POINTS: Final = frozenset({"quoted", "sending", "open", "needs_a_person", "settled"})
"""States in which the points of the quote have come, or may come."""
_ID: Final = f"{{exchange:{UUID.pattern}}}"
_PARTNER: Final = r"{partner:[a-z][a-z0-9_]{0,39}}"
COUPON_MISSING: Final = ErrorMessage(
    "クーポンコードを入力してください",
    "協力会社から届いたコードを、そのまま入力してください。",
    422,
    field="coupon_code",
)
REFERENCE_MISSING: Final = ErrorMessage(
    "控えの番号を入力してください", "移行や支払いの画面にある、英数字8文字です。", 422, field="reference"
)
UNITS_UNREADABLE: Final = ErrorMessage(
    "口数を入力してください", "口数は1以上の整数で入力してください。", 422, field="units"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAgain:
    """前回と同じ: the units (口) of the last exchange with this partner, and the points that they bring now.

    `service` is None for the reserve.
    """

    destination: Destination
    service: models.PointServiceView | None
    units: int
    points: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a number of units brings; `points` is None where there are not as many. `most` is the largest number."""

    units: int
    points: int | None
    most: int


@pages.get("/partners")
async def partner_list(visit: Visit) -> web.Response:
    """地域経済応援ポイント協力会社一覧."""
    partners = (await visit.send(calls.list_partners())).partners
    return visit.render(
        "partners.html",
        companies=[partner for partner in partners if partner.kind != "online_shop"],
        shops=[partner for partner in partners if partner.kind == "online_shop"],
        fresh_id=fresh_id,
    )


@pages.post(f"/partners/{_PARTNER}/start")
async def start(visit: Visit) -> web.Response:
    """Begin an exchange with a partner that is linked, or to be linked, by account."""
    exchange = await visit.send(
        calls.start_exchange(
            exchange_id=_id_typed(visit),
            partner_id=visit.path_param("partner"),
            return_url=visit.site.settings.return_url,
            language="en" if visit.speech.language == "en" else "ja",
        )
    )
    return visit.redirect(_path(exchange.exchange_id))


@pages.get("/coupon")
async def coupon(visit: Visit) -> web.Response:
    """クーポンコードを利用して移行."""
    return await _coupon_page(visit, None)


@pages.post("/coupon")
async def exchange_coupon(visit: Visit) -> web.Response:
    if (answer := visit.render_throttled()) is not None:
        return answer
    code = read_code(visit.form.get("coupon_code", ""))
    if not code:
        return await _coupon_page(visit, COUPON_MISSING)
    call = calls.start_exchange(
        exchange_id=_id_typed(visit), partner_id=visit.form.get("partner", ""), coupon_code=code
    )
    try:
        exchange = await visit.send(call)
    except Problem as problem:
        if problem.status >= 500:
            raise
        if problem.word == "body-invalid":
            problem.word = "coupon-refused"
        return await _coupon_page(visit, visit.trouble(problem))
    return visit.redirect(_path(exchange.exchange_id))


async def _coupon_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "coupon.html",
        status=trouble.status if trouble else 200,
        partners=await _coupon_partners(visit),
        trouble=trouble,
        exchange_id=fresh_id(),
    )


@pages.get("/exchanges/back")
async def come_back(visit: Visit) -> web.Response:
    """Where the gateway sends the browser after the partner's site. Safe to repeat."""
    exchange_id = visit.query("exchange")
    if not UUID.fullmatch(exchange_id):
        raise _not_from_here()
    try:
        exchange = await visit.send(
            calls.complete_return(exchange_id, return_code=visit.query("return_code"))
        )
    except Problem as problem:
        if problem.word != "body-invalid":
            raise
        raise _not_from_here() from None
    return visit.redirect(_path(exchange_id, "who" if exchange.state == "ready" else ""))


def _not_from_here() -> Problem:
    """An address that no partner's site of ours has made: forged, or cut off on its way."""
    return Problem("return-code-wrong", 403)


@pages.get(f"/exchanges/{_ID}/who")
async def who(visit: Visit) -> web.Response:
    """How the partner knows the member: is this you? Points went to the wrong person where nobody asked."""
    exchange = await _exchange(visit)
    if exchange.link is None:
        return visit.redirect(_path(exchange.exchange_id))
    return visit.render("who.html", exchange=exchange, partner=await partner_of(visit, exchange.partner_id))


@pages.get(f"/exchanges/{_ID}/destination")
async def choose_destination(visit: Visit) -> web.Response:
    """交換先選択."""
    exchange = await _exchange(visit)
    if exchange.state not in ("ready", "quoted"):
        return visit.redirect(_path(exchange.exchange_id))
    default, listed, partner = await asyncio.gather(
        _direct_default(visit),
        visit.send(calls.list_exchanges(limit=MAX_EXCHANGES_READ)),
        partner_of(visit, exchange.partner_id),
    )
    example = None if default else await _direct_example(visit)
    shown, past = default or example, listed.exchanges
    last = None if exchange.coupon_value is not None else last_exchange(past, exchange.partner_id)
    wanted = [RESERVE, *([_to(shown)] if shown else []), *([last.destination] if last else [])]
    unlike = list(dict.fromkeys(wanted))
    offers = dict(
        zip(unlike, await asyncio.gather(*(_offer(visit, chosen) for chosen in unlike)), strict=True)
    )
    return visit.render(
        "destination.html",
        exchange=exchange,
        partner=partner,
        default=default,
        example=example,
        to_reserve=_best_rate(offers[RESERVE]),
        to_direct=_best_rate(offers[_to(shown)]) if shown else None,
        again=await _same_again(visit, last, offers[last.destination]) if last else None,
        often=[
            service
            for chosen in destinations_used_often(past)
            if (service := await _direct_service(visit, chosen)) is not None and service != default
        ],
    )


async def _same_again(visit: Visit, last: LastExchange, offer: models.OfferView | None) -> SameAgain | None:
    """The last exchange at the rates of `offer`; None where it cannot be made again as it was."""
    points = points_for(offer, last.units) if offer else None
    if points is None:
        return None
    service = None
    if not last.destination.is_reserve:
        service = await _direct_service(visit, last.destination)
        if service is None:
            return None
    return SameAgain(destination=last.destination, service=service, units=last.units, points=points)


@pages.get(f"/exchanges/{_ID}/municipality")
async def municipality(visit: Visit) -> web.Response:
    """自治体ポイント選択: the prefecture, then its municipalities that take partners' points directly."""
    exchange_id = visit.path_param("exchange")
    return visit.render(
        "choose_service.html",
        choice="direct",
        often=[],
        back=_path(exchange_id, "destination"),
        action=_path(exchange_id, "municipality"),
        link=_path(exchange_id, "units") + "?destination=municipality&",
        **await services_in(visit, direct=True),
    )


@pages.get(f"/exchanges/{_ID}/units")
async def ask_units(visit: Visit) -> web.Response:
    """交換ポイント入力."""
    chosen = _destination(visit.request.query)
    if chosen is None:
        return visit.redirect(_path(visit.path_param("exchange"), "destination"))
    typed = visit.query("units")
    is_unreadable = "units" in visit.request.query and not number(typed)
    return await _units_page(visit, chosen, trouble=UNITS_UNREADABLE if is_unreadable else None, typed=typed)


@pages.get(f"/exchanges/{_ID}/units/result", fragment=True)
async def result(visit: Visit) -> web.Response:
    """What the number that is being typed brings."""
    chosen = _destination(visit.request.query)
    if chosen is None:
        return visit.redirect(_path(visit.path_param("exchange"), "destination"))
    offer = await visit.send(chosen.offer(visit.path_param("exchange")))
    return visit.render("_result.html", preview=_preview(offer, visit.query("units")))


@pages.post(f"/exchanges/{_ID}/units")
async def quote(visit: Visit) -> web.Response:
    """確認: ask for the numbers; they hold for ten minutes."""
    exchange_id, chosen = visit.path_param("exchange"), _destination(visit.form)
    if chosen is None:
        return visit.redirect(_path(exchange_id, "destination"))
    typed = visit.form.get("units", "")
    if visit.form.get("do") == "calculate":
        return visit.redirect(_path(exchange_id, "units"), **chosen.fields, units=typed)
    is_coupon, units = visit.form.get("coupon") == "yes", number(typed)
    if not is_coupon and not units:
        return await _units_page(visit, chosen, trouble=UNITS_UNREADABLE, typed=typed)
    try:
        await visit.send(chosen.quote(exchange_id, UNSET if is_coupon else str(units)))
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("unknown-exchange", "session-ended"):
            raise
        if problem.word == "exchange-state":
            return visit.redirect(_path(exchange_id))
        offer = await visit.send(chosen.offer(exchange_id))
        is_too_many = units is not None and units > offer.most_units
        trouble = _too_many(visit, offer.most_units) if is_too_many else visit.trouble(problem)
        return await _units_page(visit, chosen, trouble=trouble, typed=typed)
    return visit.redirect(_path(exchange_id, "confirm"))


@pages.get(f"/exchanges/{_ID}/confirm")
async def show_quote(visit: Visit) -> web.Response:
    """The numbers, the rates and terms, and in words where the points go."""
    exchange = await _exchange(visit)
    if exchange.state != "quoted" or exchange.quote is None:
        return visit.redirect(_path(exchange.exchange_id))
    if exchange.quote.ends_at <= visit.now:
        return await _quote_again(visit, exchange, exchange.quote)
    before = visit.query("before")
    return visit.render(
        "confirm.html",
        points_before=int(before) if before.isdecimal() and len(before) < 16 else None,
        replaced=visit.query("replaced") == "yes",
        held=await _held(visit, destination_of(exchange.quote)),
        **await _page_data(visit, exchange),
    )


@pages.post(f"/exchanges/{_ID}/confirm")
async def confirm(visit: Visit) -> web.Response:
    """Carry it out, once, however often this is sent."""
    exchange_id = visit.path_param("exchange")
    try:
        await visit.send(calls.confirm(exchange_id, quote_id=visit.form.get("quote_id", "")))
    except Problem as problem:
        if problem.word in ("quote-replaced", "quote-expired", "body-invalid"):
            # Each shows the numbers that hold now, beside what has changed, before anything moves.
            query = {} if problem.word == "quote-expired" else {"replaced": "yes"}
            return visit.redirect(_path(exchange_id, "confirm"), **query)
        if problem.word not in ("exchange-state", "not-quoted"):
            raise
    return visit.redirect(_path(exchange_id))


@pages.post(f"/exchanges/{_ID}/cancel")
async def cancel(visit: Visit) -> web.Response:
    """やめる, before it is confirmed. Where it was confirmed in between, its page says how it stands."""
    exchange_id = visit.path_param("exchange")
    try:
        await visit.send(calls.cancel(exchange_id))
    except Problem as problem:
        if problem.word != "exchange-state":
            raise
    return visit.redirect(_path(exchange_id))


@pages.get(f"/exchanges/{_ID}")
async def status(visit: Visit) -> web.Response:
    """Where the exchange stands; leads on to the step that is next."""
    exchange = await _exchange(visit)
    match exchange.state:
        case "awaiting_return":
            return visit.render(
                "handoff.html",
                exchange=exchange,
                partner=await partner_of(visit, exchange.partner_id),
                host=urlsplit(exchange.redirect_url or "").netloc,
            )
        case "ready":
            return visit.redirect(_path(exchange.exchange_id, "destination"))
        case "quoted":
            return visit.redirect(_path(exchange.exchange_id, "confirm"))
        case _:
            return visit.render("exchange.html", fragment=False, **await _page_data(visit, exchange))


@pages.get(f"/exchanges/{_ID}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Asked while the partner's answer is awaited: nothing new (204), or the page anew once something has changed."""
    exchange = await _exchange(visit)
    if exchange.state == visit.query("state"):
        return web.Response(status=204)
    return visit.redirect(_path(exchange.exchange_id))


@pages.get("/exchanges")
async def exchange_list(visit: Visit) -> web.Response:
    """All exchanges, newest first; those that were never confirmed are left out unless they can go on."""
    before = visit.query("before")
    page = await visit.send(
        calls.list_exchanges(before=before if UUID.fullmatch(before) else UNSET, limit=50)
    )
    partners = (await visit.send(calls.list_partners())).partners
    return visit.render(
        "exchanges.html",
        exchanges=page.exchanges,
        next_before=page.next_before,
        partners={partner.partner_id: partner for partner in partners},
    )


@pages.get("/references")
async def find_by_reference(visit: Visit) -> web.Response:
    """控えの番号: an exchange or a payment by the 8 characters that stand on its page."""
    typed = visit.query("reference")[:40]
    plain = read_code(typed)
    if not plain.strip("."):
        return _references_page(
            visit, typed, REFERENCE_MISSING if "reference" in visit.request.query else None
        )
    try:
        matches = await visit.send(calls.member_references(plain))
    except Problem as problem:
        if problem.word not in ("unknown-reference", "path-malformed", "body-invalid"):
            raise
        return _references_page(visit, typed, replace(visit.trouble(problem), field="reference"))
    addresses = [_path(exchange.exchange_id) for exchange in matches.exchanges]
    addresses += [f"/pay/done/{spend.spend_id}" for spend in matches.spends]
    if len(addresses) == 1:
        return visit.redirect(addresses[0])
    return _references_page(visit, typed, None, matches)


def _references_page(
    visit: Visit, typed: str, trouble: ErrorMessage | None, matches: models.MemberReferences | None = None
) -> web.Response:
    return visit.render(
        "references.html",
        status=trouble.status if trouble else 200,
        typed=typed,
        trouble=trouble,
        matches=matches,
    )


async def partner_of(visit: Visit, partner_id: str) -> models.PartnerView:
    """The partner as the gateway describes it; one that is gone still has its id as a name."""
    for partner in (await visit.send(calls.list_partners())).partners:
        if partner.partner_id == partner_id:
            return partner
    name = models.LabelView(ja=partner_id, en=partner_id)
    return models.PartnerView(
        partner_id=partner_id,
        name=name,
        kind="",
        link="",
        points_name=name,
        wallets=[],
        arrives_within_s=0,
        terms=models.LabelView(ja="", en=""),
        notes=[],
        linked=False,
        open=False,
        closed_until=None,
        maintenance=[],
    )


async def _coupon_partners(visit: Visit) -> list[models.PartnerView]:
    partners = (await visit.send(calls.list_partners())).partners
    return [partner for partner in partners if partner.link == "coupon"]


async def _units_page(
    visit: Visit, chosen: Destination, *, trouble: ErrorMessage | None, typed: str
) -> web.Response:
    exchange = await _exchange(visit)
    exchange_id = exchange.exchange_id
    if exchange.state not in ("ready", "quoted"):
        return visit.redirect(_path(exchange_id))
    offer = await visit.send(chosen.offer(exchange_id))
    default = await _direct_default(visit) if chosen.is_reserve else None
    return visit.render(
        "units.html",
        preview=_preview(offer, typed),
        default=default,
        to_direct=_best_rate(await _offer(visit, _to(default))) if default else None,
        to_reserve=best_rate(offer),
        status=trouble.status if trouble else 200,
        exchange=exchange,
        partner=await partner_of(visit, exchange.partner_id),
        offer=offer,
        rates=rates_in_use(offer),
        chosen=chosen.fields,
        service=await _service(visit, chosen),
        trouble=trouble,
        typed=typed,
        back=_path(exchange_id, "destination")
        if chosen.is_reserve
        else _path(exchange_id, "municipality") + "?" + urlencode({"prefecture": chosen.municipality[:2]}),
    )


def _too_many(visit: Visit, most_units: int) -> ErrorMessage:
    return ErrorMessage(
        "ポイントが足りません",
        "交換できるのは最大 %(most)s 口です。",
        422,
        {"most": visit.speech.fact(most_units)},
        "units",
    )


async def _quote_again(
    visit: Visit, exchange: models.ExchangeView, expired: models.QuoteView
) -> web.Response:
    """An expired quote is drawn up anew with the same numbers; the page says what has changed. No points move."""
    exchange_id, chosen = exchange.exchange_id, destination_of(expired)
    units = str(sum(line.units for line in expired.lines))
    try:
        await visit.send(chosen.quote(exchange_id, units if exchange.coupon_value is None else UNSET))
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("unknown-exchange", "session-ended", "session-missing"):
            raise
        if problem.word == "exchange-state":
            return visit.redirect(_path(exchange_id))
        return await _units_page(visit, chosen, trouble=visit.trouble(problem), typed=units)
    return visit.redirect(_path(exchange_id, "confirm"), before=str(expired.points))


async def _direct_default(visit: Visit) -> models.PointServiceView | None:
    """The member's 基本自治体 where it takes partners' points directly. Rates differ by city: no other stands for it."""
    me = await visit.send(calls.me())
    if not me.default_municipality:
        return None
    return await _direct_service(visit, Destination(me.default_municipality, me.default_point_service or ""))


async def _direct_service(visit: Visit, chosen: Destination) -> models.PointServiceView | None:
    """The point service where it takes partners' points directly now; else None."""
    call = calls.list_point_services(direct=True, municipality=chosen.municipality)
    services = (await visit.send(call)).point_services
    return next((service for service in services if service.point_service == chosen.point_service), None)


async def _direct_example(visit: Visit) -> models.PointServiceView | None:
    """Some city that takes partners' points directly, to be named as an example beside its rate."""
    services = (await visit.send(calls.list_point_services(direct=True))).point_services
    return next(iter(services), None)


async def _offer(visit: Visit, chosen: Destination) -> models.OfferView | None:
    """What the partner offers for a destination; None where there is nothing now."""
    try:
        return await visit.send(chosen.offer(visit.path_param("exchange")))
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("session-ended", "session-missing"):
            raise
        return None


def _best_rate(offer: models.OfferView | None) -> BestRate | None:
    return best_rate(offer) if offer else None


def _to(service: models.PointServiceView) -> Destination:
    return Destination(service.municipality, service.point_service)


def _preview(offer: models.OfferView, typed: str) -> Preview | None:
    """What the typed number brings; None for no number."""
    units = number(typed)
    if not units:
        return None
    return Preview(units=units, points=points_for(offer, units), most=offer.most_units)


async def _page_data(visit: Visit, exchange: models.ExchangeView) -> PageValues:
    chosen = RESERVE if exchange.quote is None else destination_of(exchange.quote)
    return {
        "exchange": exchange,
        "quote": exchange.quote,
        "partner": await partner_of(visit, exchange.partner_id),
        "service": await _service(visit, chosen),
        "waiting": exchange.state not in ENDED,
    }


async def _held(visit: Visit, chosen: Destination) -> int:
    """What the member has where the points go."""
    balances = await visit.send(calls.balances())
    if chosen.is_reserve:
        return balances.reserve.available
    wanted = chosen.municipality, chosen.point_service
    return sum(
        held.balance.available
        for held in balances.municipal
        if (held.municipality, held.point_service) == wanted
    )


async def _service(visit: Visit, chosen: Destination) -> models.PointServiceView | None:
    return None if chosen.is_reserve else await service_of(visit, chosen.municipality, chosen.point_service)


async def _exchange(visit: Visit) -> models.ExchangeView:
    return await visit.send(calls.show_exchange(visit.path_param("exchange")))


def _destination(values: Mapping[str, str]) -> Destination | None:
    """The destination from a query or a form; None where none was chosen."""
    match values.get("destination"):
        case "reserve":
            return RESERVE
        case "municipality" if values.get("municipality") and values.get("point_service"):
            return Destination(values["municipality"], values["point_service"])
    return None


def _id_typed(visit: Visit) -> str:
    exchange_id = visit.form.get("exchange_id", "")
    return exchange_id if UUID.fullmatch(exchange_id) else fresh_id()


def _path(exchange_id: str, step: str = "") -> str:
    return f"/exchanges/{exchange_id}" + (f"/{step}" if step else "")
