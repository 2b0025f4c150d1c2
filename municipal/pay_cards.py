"""ポイントカード: cards for people without a phone, issued, printed, replaced and stopped at the desk; the city's limits.

A card's number is on the page that issued it and nowhere else: that page has no address, and its sheets are printed from it.
By POST where a member is named, so that neither a MyKey ID nor a number stands in an address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, differences, drawn_again, number, status, without_number
from municipal.labels import services
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from pagekit.qr import qr
from pagekit.typed_text import digits
from point_gateway_client import calls, models

pages = Pages(needs="help_member")

MAX_CARDS_AT_ONCE: Final = 100
LIMITS: Final[Mapping[str, str]] = {
    "no_pin_points": "暗証番号なしで1回に使えるポイント",
    "points_a_day": "カードで1日に使えるポイント",
    "cards_a_day": "職員1人が1日に発行できるカード",
}
NOT_ISSUED: Final[Mapping[str, str]] = {
    "unknown-member": "この自治体の利用者ではありません。マイキーIDを確認してください。",
    "pay-card-valid": "有効なカードがあります。差し替えるときは「差し替える」を選んでください。",
    "issued-before": "この受付で発行済みです。番号を控えられなかったときは、差し替えてください。",
}
DONE: Final[Mapping[str, str]] = {
    "stopped": "カードを停止しました。いまからどのお店でも使えません。",
    "pin": "暗証番号を設定しました。",
    "limits": "上限を変更しました。いまから有効です。",
}
_NOBODY: Final = ErrorMessage(
    "マイキーIDを入力してください", "1行に1人ずつ、100人までです。", 422, field="mykey_ids"
)
_NONE_ISSUED: Final = ErrorMessage(
    "カードは発行されていません", "マイキーIDを確認してください。", 422, field="mykey_ids"
)
_NOT_THE_SAME: Final = ErrorMessage(
    "暗証番号が一致しません", "2回とも同じ4桁の数字を入力してください。", 422, field="pin_again"
)
_NO_PIN: Final = ErrorMessage(
    "暗証番号を4桁の数字で入力してください", "お客様に入力してもらってください。", 422, field="pin"
)


@pages.get("/cards")
async def issue_page(visit: Visit) -> web.Response:
    return await _issue_page(visit, {}, None)


@pages.post("/cards")
async def issue_many(visit: Visit) -> web.Response:
    """A card for each line, to be printed on sheets."""
    typed = dict(visit.form)
    mykey_ids = [line for line in re.split(r"[\s,、，]+", typed.get("mykey_ids", "")) if line]
    if not mykey_ids or len(mykey_ids) > MAX_CARDS_AT_ONCE:
        return await _issue_page(visit, typed, _NOBODY)
    return await _issue(visit, mykey_ids, typed)


@pages.post("/support/card")
async def card_page(visit: Visit) -> web.Response:
    """One member's card: what there is, and what can be done."""
    return await _card_page(visit, dict(visit.form), None)


@pages.post("/support/card/issue")
async def issue_one(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    return await _issue(visit, [typed.get("mykey_id", "")], typed)


@pages.post("/support/card/stop")
async def stop(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    call = calls.stop_pay_card(mykey_id=typed.get("mykey_id", ""), reason=typed.get("reason", ""))
    try:
        await visit.send(call)
    except Problem as problem:
        return await _card_page(visit, typed, beside(visit, problem))
    return await _card_page(visit, typed, None, "stopped")


@pages.post("/support/card/pin")
async def set_pin(visit: Visit) -> web.Response:
    """Typed by the member, twice."""
    typed = dict(visit.form)
    if typed.get("pin", "") != typed.get("pin_again", ""):
        return await _card_page(visit, typed, _NOT_THE_SAME)
    if not typed.get("pin"):
        return await _card_page(visit, typed, _NO_PIN)
    call = calls.set_pay_card_pin(
        mykey_id=typed.get("mykey_id", ""), pin=digits(typed["pin"]), reason=typed.get("reason", "")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        is_pin = problem.word in ("pay-card-pin-unfit", "body-invalid") and typed.get("reason", "").strip()
        trouble = beside(visit, problem)
        if is_pin:
            trouble = replace(trouble if problem.word == "pay-card-pin-unfit" else _NO_PIN, field="pin")
        return await _card_page(visit, typed, trouble)
    return await _card_page(visit, typed, None, "pin")


@pages.post("/cards/sheets")
async def sheets(visit: Visit) -> web.Response:
    """The cards that were just issued, as PDF."""
    numbers = visit.form.get("numbers", "").split(",")
    return await visit.proxy_download(calls.print_pay_cards(numbers=[digits(number) for number in numbers]))


@pages.get("/cards/limits", needs="change_rules")
async def limits_page(visit: Visit) -> web.Response:
    limits = await visit.send(calls.get_pay_card_limits())
    typed = {name: str(getattr(limits, name)) for name in LIMITS} | {"seen": limits.version}
    return _limits_page(visit, typed, None, limits)


@pages.post("/cards/limits", needs="change_rules")
async def change_limits(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    if trouble := without_number(typed, *LIMITS):
        return _limits_page(visit, typed, trouble, await visit.send(calls.get_pay_card_limits()))
    call = calls.change_pay_card_limits(
        no_pin_points=number(typed["no_pin_points"]) or 0,
        points_a_day=number(typed["points_a_day"]) or 0,
        cards_a_day=number(typed["cards_a_day"]) or 0,
        reason=typed.get("reason", ""),
        seen=typed.get("seen") or None,
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        limits = await visit.send(calls.get_pay_card_limits())
        trouble = beside(visit, problem)
        return _limits_page(visit, drawn_again(trouble, limits, typed), trouble, limits)
    return proposed(visit, answer) or visit.redirect("/cards", done="limits")


async def _issue(visit: Visit, mykey_ids: list[str], typed: dict[str, str]) -> web.Response:
    """Issue, and show the numbers this once."""
    issue_id = typed.get("id", "")
    call = calls.issue_pay_cards(
        issue_id=issue_id if UUID.fullmatch(issue_id) else fresh_id(),
        point_service=typed.get("point_service", ""),
        mykey_ids=mykey_ids,
        replace=typed.get("replace") == "yes",
        reason=typed.get("reason", ""),
    )
    try:
        issue = await visit.send(call)
    except Problem as problem:
        return await _again(visit, typed, beside(visit, problem))
    left_out = [(member.mykey_id, NOT_ISSUED[member.why]) for member in issue.left_out]
    if not issue.cards:
        trouble = replace(_NONE_ISSUED, remedy=left_out[0][1], field="mykey_ids")
        return await _again(visit, typed, trouble)
    label = visit.speech.plain("ポイントカードのQRコード")
    return visit.render_once(
        "cards_issued.html",
        cards=[(card, qr(card.qr, label)) for card in issue.cards],
        left_out=left_out,
        numbers=",".join(card.number for card in issue.cards),
        back="/support" if "mykey_id" in typed else "/cards",
    )


async def _again(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage) -> web.Response:
    """The form that was sent: one member's, or that for many."""
    if "mykey_id" in typed:
        return await _card_page(visit, typed, replace(trouble, field=""))
    return await _issue_page(visit, typed, trouble)


async def _issue_page(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None) -> web.Response:
    listed, limits = await asyncio.gather(services(visit), visit.send(calls.get_pay_card_limits()))
    return visit.render(
        "cards.html",
        status=status(trouble),
        typed=typed,
        trouble=trouble,
        services=[(service.point_service, service.name) for service in listed],
        limits=limits,
        issue_id=typed.get("id") or fresh_id(),
        done=DONE.get(visit.query("done"), ""),
    )


async def _card_page(
    visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None, done: str = ""
) -> web.Response:
    """Reads the member anew, which is a look with its reason; what cannot be looked at leads back to the search."""
    look_reason = typed.get("look_reason") or typed.get("reason", "")
    looked = calls.member_timeline(mykey_id=typed.get("mykey_id", ""), reason=look_reason, limit=1)
    member = await visit.send(looked)
    listed, limits, people = await asyncio.gather(
        services(visit), visit.send(calls.get_pay_card_limits()), visit.send(calls.name_people())
    )
    return visit.render(
        "card.html",
        status=status(trouble),
        member=member,
        cards=_cards_of(member),
        typed=dict(typed) | {"mykey_id": member.mykey_id, "look_reason": look_reason},
        trouble=trouble,
        services=[(service.point_service, service.name) for service in listed],
        service_names={service.point_service: service.name for service in listed},
        people={person.staff_id: person.display_name for person in people.people},
        limits=limits,
        issue_id=fresh_id(),
        done=DONE.get(done, ""),
    )


def _cards_of(member: models.TimelineView) -> models.PayCardsView:
    """What the desk may see; the role that opens this page may."""
    return member.pay_cards or models.PayCardsView(cards=[], has_pin=False, is_pin_locked=False, paid_today=0)


def _limits_page(
    visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None, limits: models.CardLimitsView
) -> web.Response:
    return visit.render(
        "card_limits.html",
        status=status(trouble),
        typed=typed,
        trouble=trouble,
        labels=LIMITS,
        differences=differences(trouble, LIMITS, limits, typed),
    )
