"""Settlement: the cycles, what closing one pays and corrects, closing it once, the bank's file, statements; and refunds."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import NO_NUMBER, ErrorMessage
from municipal.forms import beside, number, status
from municipal.labels import WAYS
from municipal.site import Pages, Visit
from municipal.statements import corrected
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "closed": "精算期間を締めました。これからの変更は次の期間に反映されます。",
    "refunded": "ポイントを取り消しました。利用者にすぐ戻ります。",
    "again": "この取消は先ほど済んでいます。二重には取り消されていません。",
}
_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"
_SHOP: Final = r"{shop:[a-z0-9][a-z0-9-]{0,39}}"
_SPEND: Final = f"{{spend:{UUID.pattern}}}"
_NO_SPEND: Final = ErrorMessage(
    "利用の番号を読み取れません", "明細や控えにある番号をすべて入力してください。", 422
)


@pages.get("/settlements")
async def listed(visit: Visit) -> web.Response:
    cycles = (await visit.api("GET", "/v1/city/settlements"))["cycles"]
    today = visit.site.settings.clock().date().isoformat()
    return visit.show("settlements.html", cycles=cycles, today=today)


@pages.get(f"/settlements/{_CYCLE}")
async def cycle(visit: Visit) -> web.Response:
    return await _cycle_page(visit, None)


@pages.get(f"/settlements/{_CYCLE}/csv")
async def cycle_csv(visit: Visit) -> web.Response:
    return await visit.pass_on(f"/v1/city/settlements/{visit.part('cycle')}/csv")


@pages.get(f"/settlements/{_CYCLE}/pdf")
async def cycle_pdf(visit: Visit) -> web.Response:
    return await visit.pass_on(f"/v1/city/settlements/{visit.part('cycle')}/pdf")


@pages.get(f"/settlements/{_CYCLE}/corrections")
async def corrections(visit: Visit) -> web.Response:
    """What in a cycle corrects cycles that were closed before it, of all shops."""
    found, people = await asyncio.gather(
        visit.api("GET", f"/v1/city/settlements/{visit.part('cycle')}/corrections"), _people(visit)
    )
    return visit.show("corrections.html", found=found, people=people)


@pages.get(f"/settlements/{_CYCLE}/corrections/csv")
async def corrections_csv(visit: Visit) -> web.Response:
    return await visit.pass_on(f"/v1/city/settlements/{visit.part('cycle')}/corrections/csv")


@pages.get(f"/settlements/{_CYCLE}/close", needs="settle")
async def close_page(visit: Visit) -> web.Response:
    """What will be paid, in one sentence, before it is fixed for good."""
    found = await _cycle(visit)
    if found["closed_at"]:
        return visit.go(f"/settlements/{visit.part('cycle')}")
    return visit.show("settlement_close.html", settlement=found, paid=_paid(found))


@pages.post(f"/settlements/{_CYCLE}/close", needs="settle")
async def close(visit: Visit) -> web.Response:
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/settlements/{visit.part('cycle')}/closing", body=body)
    except Problem as problem:
        if problem.word == "cycle-closed":  # a second click: it is closed, which is what was asked for
            return visit.go(f"/settlements/{visit.part('cycle')}")
        return await _cycle_page(visit, beside(visit, problem))
    return visit.go(f"/settlements/{visit.part('cycle')}", done="closed")


@pages.get(f"/settlements/{_CYCLE}/transfer-file", needs="settle")
async def transfer_file(visit: Visit) -> web.Response:
    """The bank's file (全銀フォーマット); where something is missing for it, the page says what."""
    query = {name: visit.asked(name) for name in ("transfer_on",) if visit.asked(name)}
    if visit.asked("again") == "yes":
        query["again"] = "true"
    try:
        return await visit.pass_on(f"/v1/city/settlements/{visit.part('cycle')}/transfer-file", query)
    except Problem as problem:
        return await _cycle_page(visit, beside(visit, problem))


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}")
async def statement(visit: Visit) -> web.Response:
    """A shop's statement, payment by payment, as it may be printed and handed over."""
    found = await visit.api("GET", _statement(visit))
    return visit.show("statement.html", statement=found, corrected=corrected(found), ways=WAYS)


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}/csv")
async def statement_csv(visit: Visit) -> web.Response:
    return await visit.pass_on(f"{_statement(visit)}/csv")


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}/pdf")
async def statement_pdf(visit: Visit) -> web.Response:
    return await visit.pass_on(f"{_statement(visit)}/pdf")


# --- a payment, and giving it back ------------------------------------------------------------------------------------


@pages.get("/spends", needs="refund")
async def find_spend(visit: Visit) -> web.Response:
    wanted = visit.asked("spend").strip().lower()
    if UUID.fullmatch(wanted):
        return visit.go(f"/spends/{wanted}")
    trouble = _NO_SPEND if wanted else None
    return visit.show("spends.html", status=status(trouble), trouble=trouble, typed={"spend": wanted})


@pages.get(f"/spends/{_SPEND}")
async def spend(visit: Visit) -> web.Response:
    found, people = await asyncio.gather(_spend(visit), _people(visit))
    shop = await visit.api("GET", f"/v1/city/shops/{found['shop_id']}")
    return visit.show(
        "spend.html",
        spend=found["spend"],
        refunds=found["refunds"],
        shop=shop,
        ways=WAYS,
        people=people,
        refund_id=fresh_id(),
        done=DONE.get(visit.asked("done"), ""),
    )


@pages.post(f"/spends/{_SPEND}/refund/confirm", needs="refund")
async def refund_confirm(visit: Visit) -> web.Response:
    found, typed = await _spend(visit), dict(visit.typed)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("refund_id", "")):
        typed["refund_id"] = fresh_id()
    if not points or not typed.get("reason"):
        trouble = (
            NO_NUMBER
            if not points
            else ErrorMessage(
                "理由を入力してください", "監査ログに残る理由を、500文字までで入力してください。", 422
            )
        )
        return await _refund_again(visit, found, typed, trouble)
    shop = await visit.api("GET", f"/v1/city/shops/{found['shop_id']}")
    return visit.show(
        "refund_confirm.html",
        spend=found["spend"],
        shop=shop,
        points=points,
        typed=typed | {"points": str(points)},
    )


@pages.post(f"/spends/{_SPEND}/refund", needs="refund")
async def refund(visit: Visit) -> web.Response:
    typed, spend_id = dict(visit.typed), visit.part("spend")
    body = {
        "refund_id": typed.get("refund_id", ""),
        "points": number(typed.get("points", "")) or 0,
        "reason": typed.get("reason", ""),
    }
    try:
        told = await visit.api("POST", f"/v1/city/spends/{spend_id}/refunds", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        if problem.word == "id-reused":
            typed["refund_id"] = fresh_id()
        return await _refund_again(visit, await _spend(visit), typed, trouble)
    return visit.go(f"/spends/{spend_id}", done="again" if told["replayed"] else "refunded")


async def _refund_again(
    visit: Visit, found: Any, typed: dict[str, str], trouble: ErrorMessage
) -> web.Response:
    shop = await visit.api("GET", f"/v1/city/shops/{found['shop_id']}")
    return visit.show(
        "refund.html", status=trouble.status, spend=found["spend"], shop=shop, typed=typed, trouble=trouble
    )


async def _spend(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/spends/{visit.part('spend')}")


def _statement(visit: Visit) -> str:
    return f"/v1/city/settlements/{visit.part('cycle')}/shops/{visit.part('shop')}"


async def _people(visit: Visit) -> dict[str, str]:
    """The names of the city's people by their staff ids."""
    told = await visit.api("GET", "/v1/city/people")
    return {one["staff_id"]: one["display_name"] for one in told["people"]}


async def _cycle(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/settlements/{visit.part('cycle')}")


def _paid(found: Any) -> dict[str, int]:
    return {
        "shops": sum(line["paid_yen"] > 0 for line in found["lines"]),
        "yen": sum(line["paid_yen"] for line in found["lines"]),
        "carried": sum(line["carried_yen"] for line in found["lines"]),
        "spends": sum(line["spends"] for line in found["lines"]),
        "spent": sum(line["spent"] for line in found["lines"]),
        "refunded": sum(line["refunded"] for line in found["lines"]),
        "of_cycle": sum(line["yen"] for line in found["lines"]),
        "corrections": sum(line["corrections"] for line in found["lines"]),
        "corrected": sum(line["corrected_yen"] for line in found["lines"]),
    }


async def _cycle_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    found, people = await asyncio.gather(_cycle(visit), _people(visit))
    made: list[Any] = []
    if found["closed_at"] and visit.signed_in().may("settle"):
        path = f"/v1/city/settlements/{visit.part('cycle')}/transfer-files"
        made = (await visit.api("GET", path))["files"]
    today = visit.site.settings.clock().date().isoformat()
    return visit.show(
        "settlement.html",
        status=status(trouble),
        settlement=found,
        paid=_paid(found),
        people=people,
        made=made,
        over=found["cycle"]["ends_on"] < today,
        trouble=trouble,
        done=DONE.get(visit.asked("done"), ""),
    )
