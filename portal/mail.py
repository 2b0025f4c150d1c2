"""お知らせのメール: an optional address, confirmed by a link in a mail, stopped by one click.

Opening a link changes nothing, because programs open links in mails too: a button does. Only the one click that a mail program
makes by itself (RFC 8058) comes from elsewhere, without a session, and does nothing but stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from pagekit.api import Problem
from point_gateway_client import calls
from portal.account import refused
from portal.error_messages import ErrorMessage
from portal.site import Pages, Visit

pages = Pages()

DONE: Final[Mapping[str, str]] = {
    "set": "確認のメールを送りました。24時間以内に、メールの中のリンクを開いてください。",
    "removed": "メールアドレスを消しました。メールはもう送りません。",
}
_MISSING: Final = ErrorMessage(
    "メールアドレスを入力してください", "name@example.jp のような形です。", 422, field="address"
)


@pages.get("/settings/mail")
async def mail_page(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.post("/settings/mail")
async def set_address(visit: Visit) -> web.Response:
    address = visit.form.get("address", "").strip()
    if not address:
        return await _page(visit, _MISSING)
    trouble = await refused(visit, calls.set_mail_address(address=address), otherwise="bad-mail-address")
    if trouble:
        return await _page(visit, replace(trouble, field=trouble.field or "address"))
    return visit.redirect("/settings/mail", done="set")


@pages.post("/settings/mail/remove")
async def remove_address(visit: Visit) -> web.Response:
    await visit.send(calls.remove_mail_address())
    return visit.redirect("/settings/mail", done="removed")


@pages.get("/mail/confirm", public=True)
async def confirm_page(visit: Visit) -> web.Response:
    return _link_page(visit, "confirm")


@pages.post("/mail/confirm", public=True)
async def confirm(visit: Visit) -> web.Response:
    await _use(visit, visit.form.get("t", ""), "confirm")
    return visit.redirect("/mail/confirm", done="yes")


@pages.get("/mail/stop", public=True)
async def stop_page(visit: Visit) -> web.Response:
    return _link_page(visit, "stop")


@pages.post("/mail/stop", public=True, from_anywhere=True)
async def stop(visit: Visit) -> web.Response:
    """From the button of the page, or from a mail program, which sends the link's own query and no cookie."""
    if visit.form.get("List-Unsubscribe") == "One-Click":
        await _use(visit, visit.query("t"), "stop")
        return web.Response(text="OK")  # a program reads no page, and follows no redirect
    await _use(visit, visit.form.get("t", ""), "stop")
    return visit.redirect("/mail/stop", done="yes")


def _link_page(visit: Visit, link: str) -> web.Response:
    return visit.render(
        "mail_link.html", link=link, token=visit.query("t"), is_done=visit.query("done") == "yes"
    )


async def _use(visit: Visit, token: str, link: str) -> None:
    call = calls.confirm_mail_address(token=token) if link == "confirm" else calls.stop_mail(token=token)
    try:
        await visit.send(call)
    except Problem as problem:
        if problem.word == "body-invalid":  # a link that was cut
            problem.word = "mail-link-over"
        raise


async def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "mail.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        mail=await visit.send(calls.mail_address()),
        typed=visit.form.get("address", ""),
        done=DONE.get(visit.query("done"), ""),
    )
