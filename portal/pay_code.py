"""支払う: the member shows a code, and the page tells by itself when a shop has taken points with it.

A code is good for sixty seconds and once. The screen changes it every thirty, so that what a shop has scanned stays
good while the amount is typed; the page watches the code before it too. Nothing here moves points: the shop does,
at the gateway, and every answer of this page is what the gateway knows at that moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.ids import UUID
from pagekit.qr import qr
from portal.pay_code_token import TOKEN, ShownCode, seal, unseal
from portal.site import Pages, Visit

pages = Pages()

SPEND: Final = f"{{spend:{UUID.pattern}}}"


@pages.get("/pay")
async def choose(visit: Visit) -> web.Response:
    """Which points to pay with; and the way to a shop's own QR."""
    return visit.show("pay.html", balances=await balances_to_pay_with(visit))


@pages.post("/pay")
async def begin(visit: Visit) -> web.Response:
    """Make the first code; its page has an address of its own, so that a reload makes no second one."""
    wanted = {name: visit.typed.get(name, "") for name in ("municipality", "point_service")}
    return visit.go(_path(visit, await _new_code(visit, wanted, None)))


@pages.get(f"/pay/code/{TOKEN}", counts_as_use=False)
async def show(visit: Visit) -> web.Response:
    """The code. Without scripts the page asks for itself again; either way it leads on once a shop has taken points."""
    shown = _shown(visit)
    if shown is None:
        return visit.go("/pay")
    if (paid := await _spend_of(visit, shown)) is not None:
        return visit.go(f"/pay/done/{paid}")
    if shown.is_due(visit.site.settings.clock()):
        return visit.go(_path(visit, await _new_code(visit, _place(shown), shown)))
    balance = next(
        (values for values in await balances_to_pay_with(visit) if _place(values) == _place(shown)),
        None,
    )
    return visit.show("pay_code.html", balance=balance, **_on_screen(visit, shown))


@pages.get(f"/pay/code/{TOKEN}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Asked every second: nothing new (204), the next code, or the way to the payment. A lost answer is asked again."""
    shown = _shown(visit)
    if shown is None:
        return visit.go("/pay")
    try:
        if (paid := await _spend_of(visit, shown)) is not None:
            return visit.go(f"/pay/done/{paid}")
        if not shown.is_due(visit.site.settings.clock()):
            return web.Response(status=204)
        shown = await _new_code(visit, _place(shown), shown)
    except Unreachable:
        return web.Response(status=204)
    return visit.show("_pay_code.html", **_on_screen(visit, shown))


@pages.get(f"/pay/done/{SPEND}")
async def done(visit: Visit) -> web.Response:
    """What was paid, to whom, and what is left; the receipt, made to be printed. A reload asks for nothing new."""
    paid = await visit.api("GET", f"/v1/spends/{visit.part('spend')}")
    spend = paid["spend"]
    return visit.show(
        "paid.html",
        paid=paid,
        spend=spend,
        service_name=await service_name(visit, spend["municipality"], spend["point_service"]),
        history=f"/history/municipal/{spend['municipality']}/{spend['point_service']}",
    )


async def balances_to_pay_with(visit: Visit, municipality: str | None = None) -> list[dict[str, Any]]:
    """The member's municipal points that can be used now, everywhere or in one municipality."""
    found = (await visit.api("GET", "/v1/balances"))["municipal"]
    return [
        one
        for one in found
        if one["balance"]["available"] > 0 and municipality in (None, one["municipality"])
    ]


async def service_name(visit: Visit, municipality: str, point_service: str) -> str:
    """What the city calls its points; one that is gone still has its id as a name."""
    found = await visit.api("GET", "/v1/point-services", query={"municipality": municipality})
    for one in found["point_services"]:
        if one["point_service"] == point_service:
            return str(one["name"])
    return point_service


async def _new_code(visit: Visit, wanted: dict[str, str], before: ShownCode | None) -> ShownCode:
    made = await visit.api("POST", "/v1/pay-codes", body=wanted)
    lasts = datetime.fromisoformat(made["ends_at"]) - datetime.fromisoformat(made["made_at"])
    return ShownCode(
        **wanted,
        qr=made["qr"],
        digits=made["digits"],
        shown_at=int(visit.site.settings.clock().timestamp()),
        before=before.digits if before else "",
        before_until=int(before.shown_at + lasts.total_seconds()) + 5 if before else 0,
    )


async def _spend_of(visit: Visit, shown: ShownCode) -> str | None:
    for digits in shown.watched(visit.site.settings.clock()):
        try:
            state = await visit.api("GET", f"/v1/pay-codes/{digits}")
        except Problem as problem:
            if problem.word != "pay-code-unknown":  # ended long ago, and forgotten since
                raise
            continue
        if state["spend"] is not None:
            return str(state["spend"]["spend_id"])
    return None


def _on_screen(visit: Visit, shown: ShownCode) -> dict[str, Any]:
    digits = shown.digits
    return {
        "path": _path(visit, shown),
        "picture": qr(shown.qr, visit.speech.plain("お店に見せるQRコード")),
        "digits": " ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
    }


def _place(one: Any) -> dict[str, str]:
    names = ("municipality", "point_service")
    if isinstance(one, ShownCode):
        return {name: getattr(one, name) for name in names}
    return {name: one[name] for name in names}


def _shown(visit: Visit) -> ShownCode | None:
    return unseal(visit.part("token"), visit.site.settings.seal_secret, visit.signed_in().form_secret)


def _path(visit: Visit, shown: ShownCode) -> str:
    return f"/pay/code/{seal(shown, visit.site.settings.seal_secret, visit.signed_in().form_secret)}"
