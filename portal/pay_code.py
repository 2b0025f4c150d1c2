"""支払う: the member shows a code, and the page tells by itself when a shop has taken points with it.

A code is good for sixty seconds and once. The screen changes it every thirty, so that what a shop has scanned stays
good while the amount is typed; the page watches the code before it too. Nothing here moves points: the shop does,
at the gateway, and every answer of this page is what the gateway knows at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.ids import UUID
from pagekit.pages import PageValues
from pagekit.qr import qr
from point_gateway_client import calls, models
from portal.pay_code_token import TOKEN, ShownCode, seal, unseal
from portal.site import Pages, Visit

pages = Pages()

SPEND: Final = f"{{spend:{UUID.pattern}}}"


@dataclass(frozen=True, slots=True)
class _Service:
    """Whose points are paid with."""

    municipality: str
    point_service: str


@pages.get("/pay")
async def choose(visit: Visit) -> web.Response:
    """Which points to pay with; and the way to a shop's own QR."""
    return visit.render("pay.html", balances=await balances_to_pay_with(visit))


@pages.post("/pay")
async def begin(visit: Visit) -> web.Response:
    """Make the first code; its page has an address of its own, so that a reload makes no second one."""
    service = _Service(visit.form.get("municipality", ""), visit.form.get("point_service", ""))
    return visit.redirect(_path(visit, await _new_code(visit, service, None)))


@pages.get(f"/pay/code/{TOKEN}", counts_as_use=False)
async def show(visit: Visit) -> web.Response:
    """The code. Without scripts the page asks for itself again; either way it leads on once a shop has taken points."""
    shown = _shown(visit)
    if shown is None:
        return visit.redirect("/pay")
    if (spend_id := await _spend_of(visit, shown)) is not None:
        return visit.redirect(f"/pay/done/{spend_id}")
    if shown.is_due(visit.site.settings.clock()):
        return visit.redirect(_path(visit, await _new_code(visit, _service_of(shown), shown)))
    balances = await balances_to_pay_with(visit)
    balance = next((balance for balance in balances if _service_of(balance) == _service_of(shown)), None)
    return visit.render("pay_code.html", balance=balance, **_on_screen(visit, shown))


@pages.get(f"/pay/code/{TOKEN}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Asked every second: nothing new (204), the next code, or the way to the payment. A lost answer is asked again."""
    shown = _shown(visit)
    if shown is None:
        return visit.redirect("/pay")
    try:
        if (spend_id := await _spend_of(visit, shown)) is not None:
            return visit.redirect(f"/pay/done/{spend_id}")
        if not shown.is_due(visit.site.settings.clock()):
            return web.Response(status=204)
        shown = await _new_code(visit, _service_of(shown), shown)
    except Unreachable:
        return web.Response(status=204)
    return visit.render("_pay_code.html", **_on_screen(visit, shown))


@pages.get(f"/pay/done/{SPEND}")
async def done(visit: Visit) -> web.Response:
    """What was paid, to whom, and what is left; the receipt, made to be printed. A reload asks for nothing new."""
    paid = await visit.send(calls.get_spend(visit.path_param("spend")))
    spend = paid.spend
    return visit.render(
        "paid.html",
        paid=paid,
        spend=spend,
        service_name=await service_name(visit, spend.municipality, spend.point_service),
        history=f"/history/municipal/{spend.municipality}/{spend.point_service}",
    )


async def balances_to_pay_with(
    visit: Visit, municipality: str | None = None
) -> list[models.MunicipalBalanceView]:
    """The member's municipal points that can be used now, everywhere or in one municipality."""
    return [
        service
        for service in (await visit.send(calls.balances())).municipal
        if service.balance.available > 0 and municipality in (None, service.municipality)
    ]


async def service_name(visit: Visit, municipality: str, point_service: str) -> str:
    """What the city calls its points; one that is gone still has its id as a name."""
    for service in (await visit.send(calls.list_point_services(municipality=municipality))).point_services:
        if service.point_service == point_service:
            return visit.speech.with_reading(service.name, service.name_kana, service.name_romaji)
    return point_service


async def _new_code(visit: Visit, service: _Service, before: ShownCode | None) -> ShownCode:
    code = await visit.send(
        calls.make_pay_code(municipality=service.municipality, point_service=service.point_service)
    )
    lasts = code.ends_at - code.made_at
    return ShownCode(
        municipality=service.municipality,
        point_service=service.point_service,
        qr=code.qr,
        digits=code.digits,
        shown_at=int(visit.site.settings.clock().timestamp()),
        before=before.digits if before else "",
        most_points=code.most_points,
        before_until=int(before.shown_at + lasts.total_seconds()) + 5 if before else 0,
    )


async def _spend_of(visit: Visit, shown: ShownCode) -> str | None:
    for digits in shown.watched(visit.site.settings.clock()):
        try:
            state = await visit.send(calls.pay_code_state(digits))
        except Problem as problem:
            if problem.word != "pay-code-unknown":  # ended long ago, and forgotten since
                raise
            continue
        if state.spend is not None:
            return state.spend.spend_id
    return None


def _on_screen(visit: Visit, shown: ShownCode) -> PageValues:
    digits = shown.digits
    return {
        "path": _path(visit, shown),
        "picture": qr(shown.qr, visit.speech.plain("お店に見せるQRコード")),
        "most_points": shown.most_points,
        "digits": " ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
    }


def _service_of(named: ShownCode | models.MunicipalBalanceView) -> _Service:
    return _Service(named.municipality, named.point_service)


def _shown(visit: Visit) -> ShownCode | None:
    return unseal(visit.path_param("token"), visit.site.settings.seal_secret, visit.signed_in().form_secret)


def _path(visit: Visit, shown: ShownCode) -> str:
    return f"/pay/code/{seal(shown, visit.site.settings.seal_secret, visit.signed_in().form_secret)}"
