"""Settlement: the cycles, what closing one pays and corrects, closing it once, the bank's file, statements; and refunds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final, Literal

from aiohttp import web

from municipal.error_messages import NO_DAY, NO_FEE, ErrorMessage, no_number
from municipal.forms import beside, chosen, day, day_param, number, status
from municipal.labels import DEBT_ENDS, FEE_BEARERS, PAYOUTS, WAYS
from municipal.proposals import proposed, to_proposal
from municipal.site import Pages, Visit
from municipal.statements import corrected
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from pagekit.typed_text import code
from point_gateway_client import calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "file": "振込ファイルを作成しました。下の一覧から保存できます。",
    "payout": "振込結果を登録しました。",
    "closed": "精算期間を締めました。これからの変更は次の期間に反映されます。",
    "closed-before": "この期間は、すでに締め済みです。二重には締められていません。",
    "refunded": "ポイントを取り消しました。利用者にすぐ戻ります。",
    "again": "この取消は先ほど済んでいます。二重には取り消されていません。",
}
RECORDABLE: Final[dict[str, tuple[str, ...]]] = {
    "closed": ("held",),
    "ordered": ("paid", "returned"),
    "paid": ("returned",),
}
"""What can be recorded of a payment, by how it stands."""
RESULTS: Final[tuple[Literal["paid", "held", "returned"], ...]] = ("paid", "held", "returned")
_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"
_SHOP: Final = r"{shop:[a-z0-9][a-z0-9-]{0,39}}"
_SPEND: Final = f"{{spend:{UUID.pattern}}}"
_NO_SPEND: Final = ErrorMessage(
    "この番号の利用は見つかりません",
    "控えの番号（英数字8文字）か、明細にある番号を確認してください。",
    422,
    field="spend",
)


@pages.get("/settlements")
async def cycle_list(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_settlements())
    return visit.render(
        "settlements.html",
        cycles=listed.cycles,
        rules=listed.rules,
        today=visit.site.settings.clock().date(),
    )


@pages.get(f"/settlements/{_CYCLE}")
async def cycle_page(visit: Visit) -> web.Response:
    return await _cycle_page(visit, None)


@pages.get(f"/settlements/{_CYCLE}/csv")
async def cycle_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.get_settlement_csv(day_param(visit, "cycle")))


@pages.get(f"/settlements/{_CYCLE}/pdf")
async def cycle_pdf(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.get_settlement_pdf(day_param(visit, "cycle")))


@pages.get(f"/settlements/{_CYCLE}/journal")
async def journal(visit: Visit) -> web.Response:
    """A closed cycle for the city's accounting (財務会計), as the settings say."""
    return await visit.proxy_download(calls.get_settlement_journal(day_param(visit, "cycle")))


@pages.get(f"/settlements/{_CYCLE}/corrections")
async def corrections(visit: Visit) -> web.Response:
    """What in a cycle corrects cycles that were closed before it, of all shops."""
    listed, people = await asyncio.gather(
        visit.send(calls.get_corrections(day_param(visit, "cycle"))), _people(visit)
    )
    return visit.render("corrections.html", listed=listed, people=people)


@pages.get(f"/settlements/{_CYCLE}/corrections/csv")
async def corrections_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.get_corrections_csv(day_param(visit, "cycle")))


@pages.get(f"/settlements/{_CYCLE}/close", needs="settle")
async def close_page(visit: Visit) -> web.Response:
    """What will be paid, in one sentence, before it is fixed for good."""
    settlement = await _settlement(visit)
    if settlement.closed_at:
        return visit.redirect(f"/settlements/{visit.path_param('cycle')}", done="closed-before")
    return await _close_page(visit, settlement, None)


@pages.post(f"/settlements/{_CYCLE}/close", needs="settle")
async def close(visit: Visit) -> web.Response:
    call = calls.close_settlement(day_param(visit, "cycle"), reason=visit.form.get("reason", ""))
    try:
        answer = await visit.send(call)
    except Problem as problem:
        if problem.word == "cycle-closed":  # a second click, or somebody else was first
            return visit.redirect(f"/settlements/{visit.path_param('cycle')}", done="closed-before")
        return await _close_page(visit, await _settlement(visit), beside(visit, problem))
    return proposed(visit, answer) or visit.redirect(
        f"/settlements/{visit.path_param('cycle')}", done="closed"
    )


@pages.post(f"/settlements/{_CYCLE}/transfer-files", needs="settle")
async def make_transfer_file(visit: Visit) -> web.Response:
    """Proposed; where something is missing for the bank's file (全銀フォーマット), the page says what."""
    typed = visit.form.get("transfer_on", "")
    transfer_on = day(typed)
    if typed and transfer_on is None:
        return await _cycle_page(visit, replace(NO_DAY, field="transfer_on"))
    call = calls.make_transfer_file(
        day_param(visit, "cycle"), transfer_on=transfer_on, again=visit.form.get("again") == "yes"
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        return await _cycle_page(visit, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect(f"/settlements/{visit.path_param('cycle')}", done="file")


@pages.get(f"/settlements/{_CYCLE}/transfer-files/{{number:[0-9]{{1,4}}}}", needs="settle")
async def transfer_file(visit: Visit) -> web.Response:
    """A file that was approved, as it is sent to the bank; where it was saved before, first by whom and when.

    The address holds how many of its downloads the page has told of, so that one in between is told of as well.
    """
    cycle, file_number = day_param(visit, "cycle"), int(visit.path_param("number"))
    seen = number(visit.query("seen")) or 0
    try:
        return await visit.proxy_download(calls.download_transfer_file(cycle, file_number, seen=seen))
    except Problem as problem:
        if problem.word != "file-downloaded-before":
            raise
    transfer = await visit.send(calls.list_transfer_files(cycle))
    file = next(each for each in transfer.files if each.number == file_number)
    return visit.render("transfer_file_again.html", cycle=cycle, file=file)


@pages.get(f"/settlements/{_CYCLE}/payouts/{_SHOP}", needs="settle")
async def payout_page(visit: Visit) -> web.Response:
    """What became of one shop's payment, and what can be recorded of it."""
    return await _payout_page(visit, None)


@pages.post(f"/settlements/{_CYCLE}/payouts/{_SHOP}", needs="settle")
async def record_payout(visit: Visit) -> web.Response:
    state = chosen(visit.form, "state", RESULTS)
    typed = visit.form.get("return_fee_yen", "")
    fee = number(typed)
    if typed and fee is None:
        return await _payout_page(visit, NO_FEE)
    try:
        answer = await visit.send(
            calls.record_payout(
                day_param(visit, "cycle"),
                visit.path_param("shop"),
                state=state,
                reason=visit.form.get("reason", ""),
                return_fee_yen=fee if state == "returned" else None,
            )
        )
    except Problem as problem:
        return await _payout_page(visit, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect(
        f"/settlements/{visit.path_param('cycle')}", done="payout"
    )


@pages.post(f"/settlements/{_CYCLE}/payouts", needs="settle")
async def record_all_paid(visit: Visit) -> web.Response:
    """The bank has made all payments of which nothing is known yet."""
    cycle, reason = day_param(visit, "cycle"), visit.form.get("reason", "")
    try:
        for payout in (await visit.send(calls.list_payouts(cycle))).payouts:
            if payout.state == "ordered":
                await visit.send(calls.record_payout(cycle, payout.shop_id, state="paid", reason=reason))
    except Problem as problem:
        return await _cycle_page(visit, beside(visit, problem))
    return visit.redirect(f"/settlements/{visit.path_param('cycle')}", done="payout")


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}")
async def statement_page(visit: Visit) -> web.Response:
    """A shop's statement, payment by payment, as it may be printed and handed over."""
    statement = await visit.send(calls.city_statement(day_param(visit, "cycle"), visit.path_param("shop")))
    return visit.render("statement.html", statement=statement, corrected=corrected(statement), ways=WAYS)


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}/csv")
async def statement_csv(visit: Visit) -> web.Response:
    call = calls.city_statement_csv(day_param(visit, "cycle"), visit.path_param("shop"))
    return await visit.proxy_download(call)


@pages.get(f"/settlements/{_CYCLE}/shops/{_SHOP}/pdf")
async def statement_pdf(visit: Visit) -> web.Response:
    call = calls.city_statement_pdf(day_param(visit, "cycle"), visit.path_param("shop"))
    return await visit.proxy_download(call)


# --- a payment, and giving it back ------------------------------------------------------------------------------------


@pages.get("/spends", needs="refund")
async def find_spend(visit: Visit) -> web.Response:
    typed = visit.query("spend")
    plain = code(typed).lower()
    if UUID.fullmatch(plain):
        return visit.redirect(f"/spends/{plain}")
    matches: list[models.CityReference] = []
    trouble = None
    if plain.strip("."):
        try:
            matches = (await visit.send(calls.city_references(plain[:40]))).spends
        except Problem as problem:
            if problem.word != "unknown-reference":
                raise
            trouble = _NO_SPEND
    if len(matches) == 1:
        return visit.redirect(f"/spends/{matches[0].spend.spend_id}")
    return visit.render(
        "spends.html", status=status(trouble), trouble=trouble, typed={"spend": typed}, matches=matches
    )


@pages.get(f"/spends/{_SPEND}")
async def spend_page(visit: Visit) -> web.Response:
    payment, people = await asyncio.gather(_payment(visit), _people(visit))
    shop = await visit.send(calls.get_shop(payment.shop_id))
    return visit.render(
        "spend.html",
        spend=payment.spend,
        left=payment.refundable_points,
        expired=payment.expired_points,
        refunds=payment.refunds,
        shop=shop,
        ways=WAYS,
        people=people,
        refund_id=fresh_id(),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.post(f"/spends/{_SPEND}/refund/confirm", needs="refund")
async def refund_confirm(visit: Visit) -> web.Response:
    payment, typed = await _payment(visit), dict(visit.form)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("refund_id", "")):
        typed["refund_id"] = fresh_id()
    if not points or not typed.get("reason"):
        trouble = (
            no_number("points")
            if not points
            else ErrorMessage(
                "理由を入力してください",
                "監査ログに残る理由を、500文字までで入力してください。",
                422,
                field="reason",
            )
        )
        return await _refund_again(visit, payment, typed, trouble)
    shop = await visit.send(calls.get_shop(payment.shop_id))
    return visit.render(
        "refund_confirm.html",
        spend=payment.spend,
        shop=shop,
        points=points,
        typed=typed | {"points": str(points)},
    )


@pages.post(f"/spends/{_SPEND}/refund", needs="refund")
async def refund(visit: Visit) -> web.Response:
    typed, spend_id = dict(visit.form), visit.path_param("spend")
    call = calls.city_refund(
        spend_id,
        refund_id=typed.get("refund_id", ""),
        points=number(typed.get("points", "")) or 0,
        reason=typed.get("reason", ""),
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        if problem.word == "id-reused":
            typed["refund_id"] = fresh_id()
        return await _refund_again(visit, await _payment(visit), typed, trouble)
    if isinstance(answer, models.ProposalView):
        return to_proposal(visit, answer)
    return visit.redirect(f"/spends/{spend_id}", done="again" if answer.replayed else "refunded")


async def _refund_again(
    visit: Visit, payment: models.CitySpend, typed: dict[str, str], trouble: ErrorMessage
) -> web.Response:
    return visit.render(
        "refund.html",
        status=trouble.status,
        spend=payment.spend,
        shop=await visit.send(calls.get_shop(payment.shop_id)),
        typed=typed,
        trouble=trouble,
    )


async def _payment(visit: Visit) -> models.CitySpend:
    return await visit.send(calls.city_spend(visit.path_param("spend")))


async def _payout_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    payouts = (await visit.send(calls.list_payouts(day_param(visit, "cycle")))).payouts
    payout = next((payout for payout in payouts if payout.shop_id == visit.path_param("shop")), None)
    if payout is None:
        raise web.HTTPNotFound
    settings = await visit.send(calls.get_settlement_settings())
    return visit.render(
        "payout.html",
        status=status(trouble),
        cycle=visit.path_param("cycle"),
        payout=payout,
        states=PAYOUTS,
        choices=RECORDABLE.get(payout.state, ()),
        bearer=FEE_BEARERS[payout.return_fee_bearer or settings.return_fee_bearer],
        typed={"return_fee_yen": str(settings.return_fee_yen), **visit.form},
        trouble=trouble,
    )


async def _people(visit: Visit) -> dict[str, str]:
    """The names of the city's people by their staff ids."""
    people = (await visit.send(calls.name_people())).people
    return {person.staff_id: person.display_name for person in people}


async def _settlement(visit: Visit) -> models.SettlementView:
    return await visit.send(calls.get_settlement(day_param(visit, "cycle")))


def _sums(lines: list[models.ShopLineView]) -> dict[str, int]:
    """Over all shops of a cycle."""
    return {
        "shops": sum(line.paid_yen > 0 for line in lines),
        "yen": sum(line.paid_yen for line in lines),
        "carried": sum(line.carried_yen for line in lines),
        "spends": sum(line.spends for line in lines),
        "spent": sum(line.spent for line in lines),
        "refunded": sum(line.refunded for line in lines),
        "of_cycle": sum(line.yen for line in lines),
        "corrections": sum(line.corrections for line in lines),
        "corrected": sum(line.corrected_yen for line in lines),
    }


async def _close_page(
    visit: Visit, settlement: models.SettlementView, trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "settlement_close.html",
        status=status(trouble),
        transfer=await visit.send(calls.list_transfer_files(settlement.cycle.starts_on)),
        settlement=settlement,
        paid=_sums(settlement.lines),
        typed=visit.form,
        trouble=trouble,
    )


async def _cycle_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    settlement, people = await asyncio.gather(_settlement(visit), _people(visit))
    transfer: models.TransferFileList | None = None
    payouts: list[models.PayoutView] = []
    ended: list[models.EndedDebtView] = []
    if settlement.closed_at:
        payouts = (await visit.send(calls.list_payouts(settlement.cycle.starts_on))).payouts
        ended = (await visit.send(calls.list_cycle_debts(settlement.cycle.starts_on))).ended
    if visit.signed_in().may("settle"):
        transfer = await visit.send(calls.list_transfer_files(settlement.cycle.starts_on))
    return visit.render(
        "settlement.html",
        status=status(trouble),
        settlement=settlement,
        paid=_sums(settlement.lines),
        people=people,
        transfer=transfer,
        files=transfer.files if transfer and settlement.closed_at else [],
        today=visit.site.settings.clock().date(),
        payouts=payouts,
        ended=ended,
        ends=DEBT_ENDS,
        states=PAYOUTS,
        typed=visit.form,
        over=settlement.cycle.ends_on < visit.site.settings.clock().date(),
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )
