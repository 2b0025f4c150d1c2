"""Partners, links and exchanges."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api import requests, responses
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.model import Destination
from gateway.partners import availability
from gateway.services import Services

api = Api()

PARTNER_REFUSALS = ("unknown-exchange", "unknown-partner", "link-missing", "partner-unavailable")
PARTNER_CLOSED = ("partner-paused", "partner-in-maintenance")
DESTINATION_REFUSALS = ("unknown-municipality", "unknown-point-service", "not-open-for-direct-exchange")


@api.get("/v1/partners", tag="partners", caller=AuthLevel.MEMBER, returns={200: responses.Partners})
async def list_partners(call: TypedRequest[None, Services]) -> TypedResponse:
    """The partner companies (地域経済応援ポイント協力会社一覧), and which of them the member has linked."""
    book = chart.member_book(call.member.member_id)
    now = call.services.clock()
    found, standings = await call.services.store.read(
        lambda conn: (link_rows.list_by_member(conn, book), availability.standings(conn, now))
    )
    linked = {link.partner_id for link in found}
    return TypedResponse(
        200,
        responses.Partners(
            partners=[
                responses.PartnerView.of(
                    partner.profile, linked=partner.id in linked, standing=standings.get(partner.id)
                )
                for partner in call.services.desk.partners.values()
            ]
        ),
    )


@api.get("/v1/links", tag="partners", caller=AuthLevel.MEMBER, returns={200: responses.Links})
async def list_links(call: TypedRequest[None, Services]) -> TypedResponse:
    """The member's linked partner accounts (移行用のサービスID)."""
    book = chart.member_book(call.member.member_id)
    found = await call.services.store.read(lambda conn: link_rows.list_by_member(conn, book))
    return TypedResponse(200, responses.Links(links=[responses.LinkView.of(link) for link in found]))


@api.delete(
    "/v1/links/{partner_id}",
    tag="partners",
    caller=AuthLevel.MEMBER,
    path=requests.PartnerPath,
    returns={204: None},
    refuses=("link-missing",),
)
async def unlink(call: TypedRequest[None, Services, None, requests.PartnerPath]) -> TypedResponse:
    """Unlink a partner account. What was exchanged stays."""
    book = chart.member_book(call.member.member_id)
    if not await call.services.store.run(lambda conn: link_rows.remove(conn, book, call.path.partner_id)):
        raise ProblemError("link-missing", "this partner is not linked; there is nothing to unlink")
    return TypedResponse(204)


@api.post(
    "/v1/exchanges",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    body=requests.ExchangeStart,
    returns={201: responses.ExchangeView, 200: responses.ExchangeView},
    refuses=(
        "unknown-partner",
        "exchange-id-reused",
        "coupon-missing",
        "coupon-not-taken",
        "coupon-refused",
        "coupon-already-used",
        "return-url-missing",
        "return-url-not-allowed",
        "partner-unavailable",
        *PARTNER_CLOSED,
    ),
)
async def start_exchange(call: TypedRequest[requests.ExchangeStart, Services]) -> TypedResponse:
    """Begin an exchange under an id that you made and stored first.

    The same id with the same body is the same exchange (200), with another body it is refused. With an account
    link that is not saved yet the state is `awaiting_return`: send the browser to `redirect_url`; it comes back
    to `return_url` with `exchange` and `return_code`.
    """
    wanted = call.body
    if (
        wanted.return_url is not None
        and wanted.return_url not in call.services.settings.server.portal_return_urls
    ):
        raise ProblemError(
            "return-url-not-allowed",
            "return_url is not one of the addresses listed in [server] portal_return_urls; ask the operator",
        )
    exchange, new = await call.services.openings.start(
        call.member.member_id,
        wanted.exchange_id,
        wanted.partner_id,
        coupon_code=wanted.coupon_code,
        return_url=wanted.return_url,
        language=wanted.language,
    )
    return TypedResponse(201 if new else 200, await _view(call.services, exchange))


@api.get(
    "/returns/{partner_id}",
    tag="exchanges",
    caller=AuthLevel.PUBLIC,
    path=requests.PartnerPath,
    any_query=True,
    returns={303: None},
    refuses=("state-invalid", "state-expired", "state-used", "unknown-exchange"),
)
async def come_back(call: TypedRequest[None, Services, None, requests.PartnerPath]) -> web.StreamResponse:
    """Where a partner's site sends the browser back to. Goes on to the `return_url` of the exchange."""
    goes_to = await call.services.openings.arrive(call.path.partner_id, dict(call.request.query))
    raise web.HTTPSeeOther(goes_to)


@api.post(
    "/v1/exchanges/{exchange_id}/return",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=requests.ExchangePath,
    body=requests.ReturnCode,
    returns={200: responses.ExchangeView},
    refuses=("not-returned", "return-code-wrong", "account-linked-elsewhere", *PARTNER_REFUSALS),
)
async def complete_return(
    call: TypedRequest[requests.ReturnCode, Services, None, requests.ExchangePath],
) -> TypedResponse:
    """Finish the link, with the code that the returning browser brought. Safe to repeat.

    Afterwards the exchange is `ready`, and `link.shown_as` is how the partner knows the member: show it and ask.
    Or `refused`, when the member did not consent.
    """
    exchange = await call.services.openings.complete(
        call.member.member_id, call.path.exchange_id, call.body.return_code
    )
    return TypedResponse(200, await _view(call.services, exchange))


@api.get(
    "/v1/exchanges/{exchange_id}/offer",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=requests.ExchangePath,
    query=requests.OfferQuery,
    returns={200: responses.OfferView},
    refuses=(
        "exchange-state",
        "not-returned",
        "destination-incomplete",
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def offer(
    call: TypedRequest[None, Services, requests.OfferQuery, requests.ExchangePath],
) -> TypedResponse:
    """What the member has at the partner, the rates in force and the most units (口) that can be drawn."""
    destination = _destination(call.query)
    found = await call.services.exchanges.offer(call.member.member_id, call.path.exchange_id, destination)
    return TypedResponse(200, responses.OfferView.of(found))


@api.post(
    "/v1/exchanges/{exchange_id}/quote",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=requests.ExchangePath,
    body=requests.QuoteWanted,
    returns={200: responses.ExchangeView},
    refuses=(
        "exchange-state",
        "not-returned",
        "units-missing",
        "units-not-allowed",
        "units-not-for-coupons",
        "coupon-not-whole-units",
        "not-enough",
        "no-rate",
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def quote(
    call: TypedRequest[requests.QuoteWanted, Services, None, requests.ExchangePath],
) -> TypedResponse:
    """Show what will happen (確認): the numbers, rates and terms, which hold for ten minutes.

    They hold also when a rate changes in between: the member was shown them. A new quote replaces the old one.
    """
    exchange = await call.services.exchanges.quote(
        call.member.member_id,
        call.path.exchange_id,
        requests.destination_of(call.body.destination),
        call.body.units,
    )
    return TypedResponse(200, await _view(call.services, exchange))


@api.post(
    "/v1/exchanges/{exchange_id}/confirm",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=requests.ExchangePath,
    body=requests.QuoteConfirmed,
    returns={200: responses.ExchangeView},
    refuses=(
        "not-quoted",
        "quote-replaced",
        "quote-expired",
        "exchange-state",
        "coupon-already-used",
        *PARTNER_CLOSED,
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def confirm(
    call: TypedRequest[requests.QuoteConfirmed, Services, None, requests.ExchangePath],
) -> TypedResponse:
    """Carry the quote out. There is one debit, however often this is sent.

    The state is then `settled`, `declined`, `not_sent`, or `open` when the partner's answer is not known yet:
    look at the exchange again, nothing is lost.
    """
    exchange = await call.services.exchanges.confirm(
        call.member.member_id, call.path.exchange_id, call.body.quote_id
    )
    return TypedResponse(200, await _view(call.services, exchange))


@api.get(
    "/v1/exchanges/{exchange_id}",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    path=requests.ExchangePath,
    returns={200: responses.ExchangeView},
    refuses=("unknown-exchange",),
)
async def show_exchange(call: TypedRequest[None, Services, None, requests.ExchangePath]) -> TypedResponse:
    """One exchange as it stands. An open one is asked about at the partner when it is looked at."""
    exchange = await call.services.settler.get_and_refresh(call.member.member_id, call.path.exchange_id)
    return TypedResponse(200, await _view(call.services, exchange))


@api.get(
    "/v1/exchanges",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    query=requests.ExchangesQuery,
    returns={200: responses.ExchangesPage},
    refuses=("unknown-exchange",),
)
async def list_exchanges(call: TypedRequest[None, Services, requests.ExchangesQuery]) -> TypedResponse:
    """The member's exchanges, newest first, a page at a time."""
    book, page = chart.member_book(call.member.member_id), call.query

    def job(conn: Connection) -> list[Exchange]:
        return list(records.list_by_member(conn, book, before=page.before, limit=page.limit))

    found = await call.services.store.read(job)
    return TypedResponse(
        200,
        responses.ExchangesPage(
            exchanges=[responses.ExchangeView.of(one) for one in found],
            next_before=found[-1].exchange_id if len(found) == page.limit else None,
        ),
    )


async def _view(services: Services, exchange: Exchange) -> responses.ExchangeView:
    def job(conn: Connection) -> Link | None:
        return link_rows.find(conn, exchange.book_id, exchange.partner_id)

    link = exchange.link if exchange.link is not None else await services.store.read_inline(job)
    return responses.ExchangeView.of(exchange, link)


def _destination(query: requests.OfferQuery) -> Destination:
    if query.destination == "reserve":
        if query.municipality is not None or query.point_service is not None:
            raise ProblemError(
                "destination-incomplete", "the reserve has no municipality; leave both names out"
            )
        return Destination.reserve()
    if query.municipality is None or query.point_service is None:
        raise ProblemError("destination-incomplete", "name the municipality and its point_service")
    return Destination.to_municipality(query.municipality, query.point_service)
