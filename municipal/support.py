"""The support desk: a member by what a caller has at hand, with a reason; one timeline, and what can be done from there.

By POST throughout, so that neither a MyKey ID nor a reason stands in an address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import beside, day, number, status
from municipal.labels import EXCHANGE_STATES, parties, services, shops
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls, models

pages = Pages(needs="see_member")

KINDS: Final[Mapping[str, str]] = {
    "exchange": "協力会社からの移行",
    "campaign": "キャンペーンの追加分",
    "allocate": "留保ポイントからの移行",
    "auto_allocate": "留保ポイントの自動移行",
    "grant": "給付",
    "carry_in": "前のシステムからの引継ぎ",
    "spend": "加盟店での利用",
    "refund": "利用の取消",
    "expiry": "失効",
    "correction": "訂正・給付の取消",
    "merge": "マイキーIDの統合",
    "reversal": "移行の取消・返還",
    "event_given_back": "特定支援イベントからの返還",
    "signed_in_anew": "新しい端末でのログイン",
    "mykey_id_changed": "マイキーIDの変更",
    "password_changed": "パスワードの変更",
    "card_linked": "カードの登録",
    "mail_changed": "メールアドレスの変更",
    "pay_card_issued": "ポイントカードの発行",
    "pay_card_stopped": "ポイントカードの停止",
    "pay_card_pin_set": "ポイントカードの暗証番号の設定",
    "phone_linked": "スマートフォンの登録",
    "passkey_added": "パスキーの登録",
    "step_up_changed": "本人確認をする金額の変更",
    "proof_removed": "ログインの方法の取り外し",
    "access_restored": "ログインの再設定の承認",
    "merged": "ほかのマイキーIDとの統合",
    "representative_appointed": "代理人の登録",
    "representative_ended": "代理の終了",
    "carry_in_join_proposed": "前のシステムの番号の引継ぎの提案",
    "representative_acted": "代理人による操作",
    "rectified": "登録内容の訂正",
}
PROOF_KINDS: Final[Mapping[str, str]] = {
    "card": "マイナンバーカード",
    "oidc": "スマートフォン",
    "passkey": "パスキー",
    "password": "パスワード",
}
_NOTHING_TYPED: Final = ErrorMessage(
    "探す手がかりを入力してください",
    "マイキーID、控えの番号、利用したポイントと日付のどれかを入力してください。",
    422,
    field="mykey_id",
)
_NO_MATCH: Final = ErrorMessage(
    "見つかりませんでした",
    "番号、ポイント、日付を確認してください。この自治体での利用と移行だけを探します。",
    404,
    field="reference",
)


@pages.get("/support")
async def search_page(visit: Visit) -> web.Response:
    return await _search_page(visit, {}, None)


@pages.post("/support")
async def search(visit: Visit) -> web.Response:
    """By the first of the three that was filled in."""
    typed, reason = dict(visit.form), visit.form.get("reason", "")
    if typed.get("mykey_id", "").strip():
        return await timeline(visit)
    try:
        if typed.get("reference", "").strip():
            call = calls.search_by_reference(reference=typed["reference"].strip(), reason=reason)
        elif typed.get("points", "").strip():
            on, points = day(typed.get("day", "")), number(typed["points"])
            if not points:
                return await _search_page(visit, typed, no_number("points"))
            if on is None:
                return await _search_page(visit, typed, replace(NO_DAY, field="day"))
            call = calls.search_by_payment(
                points=points, day=on, shop_id=typed.get("shop_id") or None, reason=reason
            )
        else:
            return await _search_page(visit, typed, _NOTHING_TYPED)
        matches = (await visit.send(call)).matches
    except Problem as problem:
        trouble = _NO_MATCH if problem.word == "unknown-reference" else beside(visit, problem)
        return await _search_page(visit, typed, trouble)
    if not matches:
        return await _search_page(visit, typed, replace(_NO_MATCH, field="points"))
    return await _search_page(visit, typed, None, matches)


@pages.post("/support/timeline")
async def timeline(visit: Visit) -> web.Response:
    """What happened to one member in this city, page by page."""
    typed = dict(visit.form)
    before = int(typed["before"]) if typed.get("before", "").isdecimal() else None
    mykey_id, reason = typed.get("mykey_id", "").strip(), typed.get("reason", "")
    try:
        found = await visit.send(calls.member_timeline(mykey_id=mykey_id, reason=reason, before=before))
    except Problem as problem:
        return await _search_page(visit, typed, beside(visit, problem))
    names, people, listed = await asyncio.gather(
        parties(visit), visit.send(calls.name_people()), services(visit)
    )
    return visit.render(
        "support_timeline.html",
        member=found,
        typed={"mykey_id": found.mykey_id, "reason": typed.get("reason", "")},
        kinds=KINDS,
        exchange_states=EXCHANGE_STATES,
        proof_kinds=PROOF_KINDS,
        partner_name=lambda partner_id: names[0].of("exchanged", partner_id),
        people={person.staff_id: person.display_name for person in people.people},
        service_names={service.point_service: service.name for service in listed},
    )


@pages.post("/support/unlock", needs="help_member")
async def unlock(visit: Visit) -> web.Response:
    """The locks of this member's sign-in are opened, and the timeline is shown again."""
    mykey_id, reason = (visit.form.get(name, "") for name in ("mykey_id", "reason"))
    try:
        await visit.send(calls.unlock_member(mykey_id=mykey_id, reason=reason))
    except Problem as problem:
        return await _search_page(visit, dict(visit.form), beside(visit, problem))
    return await timeline(visit)


@pages.post("/support/access/ask", needs="help_member")
async def ask_access(visit: Visit) -> web.Response:
    """Before it is proposed: what it does, and why."""
    return visit.render(
        "support_access.html", typed={"mykey_id": visit.form.get("mykey_id", "")}, trouble=None
    )


@pages.post("/support/access", needs="help_member")
async def propose_access(visit: Visit) -> web.Response:
    """A code for a member who has lost every way in; another person decides, and hands it over."""
    typed = dict(visit.form)
    call = calls.propose_member_access(mykey_id=typed.get("mykey_id", ""), reason=typed.get("reason", ""))
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render("support_access.html", status=trouble.status, typed=typed, trouble=trouble)
    return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")


async def _search_page(
    visit: Visit,
    typed: Mapping[str, str],
    trouble: ErrorMessage | None,
    matches: list[models.MatchView] | None = None,
) -> web.Response:
    listed = await shops(visit)
    return visit.render(
        "support.html",
        status=status(trouble),
        typed=typed,
        trouble=trouble,
        matches=matches or [],
        shops=[(shop.shop_id, shop.name) for shop in listed],
        exchange_states=EXCHANGE_STATES,
    )
