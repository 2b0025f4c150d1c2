"""お知らせ: what a member should hear of without looking for it, as sentences, with what is unread marked.

Looking marks nothing as read: a GET writes nothing, and a page that somebody else left open would hide what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from markupsafe import Markup

from pagekit.ids import UUID
from point_gateway_client import calls, models
from portal.site import Pages, Visit

pages = Pages()

SENTENCES: Final[Mapping[str, str]] = {
    "exchange_settled": "%(partner)sからの移行が完了し、%(points)s ポイントを受け取りました。",
    "exchange_failed": "%(partner)sからの移行は不成立でした。",
    "exchange_needs_a_person": "%(partner)sからの移行を、窓口で確認しています。",
    "granted": "%(points)s ポイントの給付を受け取りました（%(service)s）。",
    "carried_in": "前のシステムから %(points)s ポイントを引き継ぎました（%(service)s）。",
    "given_back": "お店での支払いが取り消され、%(points)s ポイントが戻りました（%(service)s）。",
    "event_given_back": "応援したイベントから、%(points)s ポイントが留保ポイントに戻りました。",
    "moved_by_itself": "留保ポイント %(points)s ポイントが、自動で基本自治体のポイントに移行しました（%(service)s）。",
    "expired": "%(points)s ポイントが失効しました（%(service)s）。",
    "will_expire": "%(points)s ポイントは、%(day)s まで使えます。その後は失効します（%(service)s）。",
    "reversed": "移行の取消により、%(points)s ポイントが協力会社に戻りました（%(service)s）。",
    "corrected": "訂正により、%(points)s ポイントが変わりました（%(service)s）。",
    "signed_in_anew": "新しい端末から、パスワードでログインがありました。心当たりがなければ、パスワードを変更してください。",
    "mykey_id_changed": "マイキーIDが変更されました。心当たりがなければ、お問い合わせください。",
    "password_changed": "パスワードが変更されました。心当たりがなければ、お問い合わせください。",
    "card_linked": "マイナンバーカードが登録されました。心当たりがなければ、お問い合わせください。",
    "mail_changed": "お知らせのメールアドレスが変更されました。心当たりがなければ、お問い合わせください。",
    "pay_card_issued": "窓口で、お店で使えるポイントカードが発行されました。心当たりがなければ、お問い合わせください。",
    "pay_card_stopped": "ポイントカードが止められました。心当たりがなければ、お問い合わせください。",
    "pay_card_pin_set": "ポイントカードの暗証番号が設定されました。心当たりがなければ、お問い合わせください。",
    "phone_linked": "スマートフォンでのログインが登録されました。心当たりがなければ、お問い合わせください。",
    "passkey_added": "パスキーが登録されました。心当たりがなければ、お問い合わせください。",
    "step_up_changed": "本人確認をする金額が変更されました。心当たりがなければ、お問い合わせください。",
    "representative_appointed": "窓口で、代理人が登録されました。心当たりがなければ、すぐに代理を終わらせてください。",
    "representative_ended": "代理が終わりました。",
    "carry_in_join_proposed": "窓口で、前のシステムの番号をあなたのマイキーIDに引き継ぐ手続きが始まりました。心当たりがなければ、お問い合わせください。",
    "representative_acted": "代理人が、あなたのポイントを操作しました。",
    "access_restored": "窓口で、ログインの再設定が承認されました。心当たりがなければ、すぐにお問い合わせください。",
    "announcement": "%(municipality)sからのお知らせ：%(title)s",
    "proof_removed": "ログインの方法が1つ外されました。心当たりがなければ、お問い合わせください。",
    "rectified": "あなたの登録内容が訂正されました。心当たりがなければ、お問い合わせください。",
    "merged": "別のマイキーIDのポイントと記録が、このマイキーIDにまとめられました。心当たりがなければ、すぐにお問い合わせください。",
}
_PAGES: Final[Mapping[str, str]] = {
    "signed_in_anew": "/settings/sessions",
    "mykey_id_changed": "/settings",
    "password_changed": "/settings",
    "mail_changed": "/settings/mail",
    "pay_card_issued": "/help",
    "pay_card_stopped": "/help",
    "pay_card_pin_set": "/help",
    "card_linked": "/settings/proofs",
    "phone_linked": "/settings/proofs",
    "passkey_added": "/settings/proofs",
    "step_up_changed": "/settings/step-up",
    "representative_appointed": "/representatives",
    "representative_ended": "/representatives",
    "carry_in_join_proposed": "/help",
    "representative_acted": "/representatives",
    "access_restored": "/settings/proofs",
    "proof_removed": "/settings/proofs",
    "rectified": "/settings",
    "merged": "/mypage",
}


@pages.get("/notices")
async def notices(visit: Visit) -> web.Response:
    listed, partners = await asyncio.gather(
        visit.send(calls.list_notices()), visit.send(calls.list_partners())
    )
    names = {partner.partner_id: visit.speech.label(partner.name) for partner in partners.partners}
    newest = max((notice.at for notice in listed.notices), default=None)
    return visit.render(
        "notices.html",
        unread=listed.unread,
        notices=[
            (notice, sentence(visit, notice, names), page_of(notice))
            for notice in listed.notices
            if notice.kind in SENTENCES  # a newer gateway may tell of more
        ],
        newest=newest.isoformat() if newest else "",
    )


@pages.get(f"/announcements/{{announcement:{UUID.pattern}}}")
async def announcement_page(visit: Visit) -> web.Response:
    """One announcement of a city, whole. Raises 404 once it is shown no more."""
    listed = await visit.send(calls.list_announcements())
    wanted = visit.path_param("announcement")
    found = next((each for each in listed.announcements if each.announcement_id == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    last_day = found.shown_until - timedelta(microseconds=1)
    return visit.render("announcement.html", announcement=found, last_day=last_day)


@pages.post("/notices/read")
async def mark_read(visit: Visit) -> web.Response:
    """Up to the newest that was on the page: what has come since stays unread."""
    until = _instant(visit.form.get("until", ""))
    if until is not None:
        await visit.send(calls.mark_read(until=until))
    return visit.redirect("/notices")


def sentence(visit: Visit, notice: models.NoticeView, partners: Mapping[str, str]) -> Markup:
    """The notice in the reader's language."""
    speech, partner_id = visit.speech, notice.partner_id or ""
    return speech.say(
        SENTENCES[notice.kind],
        points=f"{abs(notice.points or 0):,}",
        partner=partners.get(partner_id, partner_id),
        service=notice.point_service_name or speech.plain("留保ポイント"),
        day=speech.day(notice.last_day) if notice.last_day else "",
        municipality=notice.municipality_name or "",
        title=speech.wording(notice.title) if notice.title else "",
    )


def page_of(notice: models.NoticeView) -> str:
    """Where the whole of it stands."""
    if notice.exchange_id:
        return f"/exchanges/{notice.exchange_id}"
    if notice.announcement_id:
        return f"/announcements/{notice.announcement_id}"
    if notice.kind in _PAGES:
        return _PAGES[notice.kind]
    if notice.municipality:
        return f"/history/municipal/{notice.municipality}/{notice.point_service}"
    return "/history/reserve"


def _instant(text: str) -> datetime | None:
    """The instant that the page has sent back; None for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
