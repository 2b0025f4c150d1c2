"""The register of shops (加盟店登録名簿): entries, log-ins, where they are paid, and the QR for the counter."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from municipal.bank_form import KINDS, account_of, not_listed, wrong_account
from municipal.error_messages import ErrorMessage
from municipal.forms import beside, chosen, differences, drawn_again, status, text_of
from municipal.labels import NOTICES, ROLES, SHOP_ROLES, services
from municipal.labels import shops as all_shops
from municipal.proposals import proposed
from municipal.shop_documents import shop_address
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import fresh_number
from pagekit.qr import qr
from pagekit.typed_text import digits
from point_gateway_client import calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "registered": "加盟店を登録しました。",
    "changed": "登録内容を変更しました。",
    "closed": "加盟店の利用を終了しました。精算はこれまでどおり行われます。",
    "reopened": "加盟店の利用を再開しました。",
    "bank": "振込先の口座を登録しました。",
    "payer": "振込元の口座を登録しました。",
}
LABELS: Final = {
    "name": "店名",
    "name_kana": "店名（カナ）",
    "category": "業種",
    "address": "住所",
    "phone": "電話",
}
_PERSON: Final = r"{person:[0-9a-f]{32}}"
_SHOP: Final = r"{shop:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/shops")
async def shop_list(visit: Visit) -> web.Response:
    closed = visit.query("closed") == "yes"
    typed = visit.query("q").strip()[:200]
    named = "".join(letter for letter in typed if letter.isprintable())
    shops = await all_shops(visit, closed=closed, named=named)
    return visit.render("shops.html", shops=shops, closed=closed, typed=typed)


@pages.get("/shops/new", needs="keep_shops")
async def new(visit: Visit) -> web.Response:
    typed = {"shop_id": fresh_number()}
    return visit.render("shop_form.html", shop=None, typed=typed, trouble=None, differences=[])


@pages.post("/shops/new", needs="keep_shops")
async def register(visit: Visit) -> web.Response:
    typed = visit.form
    call = calls.register_shop(
        shop_id=typed.get("shop_id", ""),
        name=typed.get("name", ""),
        name_kana=typed.get("name_kana", ""),
        category=typed.get("category", ""),
        address=typed.get("address", ""),
        phone=typed.get("phone", ""),
    )
    try:
        shop = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "shop_form.html", status=trouble.status, shop=None, typed=typed, trouble=trouble, differences=[]
        )
    return visit.redirect(f"/shops/{shop.shop_id}", done="registered")


@pages.get(f"/shops/{_SHOP}")
async def shop_page(visit: Visit) -> web.Response:
    who, shop = visit.signed_in(), await _shop(visit)
    people: list[models.StaffView] | None = None
    bank: models.BankView | None = None
    notices: list[models.AccountNoticeView] = []
    if who.may("see_proposals"):
        notices = (await visit.send(calls.list_account_notices(shop_id=shop.shop_id))).notices
    if who.may("keep_shops"):
        people = (await visit.send(calls.list_shop_staff(shop.shop_id))).staff
    if who.may("keep_banks"):
        bank = (await visit.send(calls.get_shop_bank(shop.shop_id))).account
    return visit.render(
        "shop_entry.html",
        shop=shop,
        people=people,
        bank=bank,
        notices=notices,
        notice_states=NOTICES,
        kinds=dict(KINDS),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/shops/{_SHOP}/edit", needs="keep_shops")
async def edit(visit: Visit) -> web.Response:
    shop = await _shop(visit)
    typed = {name: text_of(shop, name) for name in LABELS} | {"seen": shop.version}
    return visit.render("shop_form.html", shop=shop, typed=typed, trouble=None, differences=[])


@pages.post(f"/shops/{_SHOP}/edit", needs="keep_shops")
async def change(visit: Visit) -> web.Response:
    typed = visit.form
    call = calls.change_shop(
        visit.path_param("shop"),
        name=typed.get("name", ""),
        name_kana=typed.get("name_kana", ""),
        category=typed.get("category", ""),
        address=typed.get("address", ""),
        phone=typed.get("phone", ""),
        seen=typed.get("seen"),
    )
    try:
        await visit.send(call)
    except Problem as problem:
        trouble, shop = beside(visit, problem), await _shop(visit)
        return visit.render(
            "shop_form.html",
            status=trouble.status,
            shop=shop,
            typed=drawn_again(trouble, shop, typed),
            trouble=trouble,
            differences=differences(trouble, LABELS, shop, typed),
        )
    return visit.redirect(f"/shops/{visit.path_param('shop')}", done="changed")


@pages.get(f"/shops/{_SHOP}/closing", needs="keep_shops")
async def closing_page(visit: Visit) -> web.Response:
    return visit.render("shop_closing.html", shop=await _shop(visit), typed={}, trouble=None)


@pages.post(f"/shops/{_SHOP}/closing", needs="keep_shops")
async def close_or_reopen(visit: Visit) -> web.Response:
    """What is to become of it stands in the form, so that a second click does not turn it round."""
    opens = visit.form.get("way") == "reopen"
    make_call = calls.reopen_shop if opens else calls.close_shop
    try:
        await visit.send(make_call(visit.path_param("shop"), reason=visit.form.get("reason", "")))
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "shop_closing.html",
            status=trouble.status,
            shop=await _shop(visit),
            typed=visit.form,
            trouble=trouble,
        )
    return visit.redirect(f"/shops/{visit.path_param('shop')}", done="reopened" if opens else "closed")


@pages.get(f"/shops/{_SHOP}/code", needs="keep_shops")
async def code_sheet(visit: Visit) -> web.Response:
    """A sheet for the counter: the shop's name and its QR, to be printed."""
    shop, code = await asyncio.gather(
        _shop(visit), visit.send(calls.city_shop_code(visit.path_param("shop")))
    )
    address = shop_address(visit, code.shop_code)
    picture = qr(address, visit.speech.plain("お店のQRコード"))
    services_taken = [service.name for service in await services(visit) if not service.closed_at]
    return visit.render(
        "shop_code.html",
        shop=shop,
        picture=picture,
        code=code.shop_code,
        number=code.number,
        services=services_taken,
    )


@pages.get(f"/shops/{_SHOP}/people", needs="keep_shops")
async def people_page(visit: Visit) -> web.Response:
    return visit.render(
        "shop_person.html", shop=await _shop(visit), typed={"role": "shop"}, trouble=None, roles=_roles(visit)
    )


@pages.post(f"/shops/{_SHOP}/people", needs="keep_shops")
async def add_person(visit: Visit) -> web.Response:
    """Proposed; whoever decides it sees the first password, this once."""
    call = calls.add_shop_staff(
        visit.path_param("shop"),
        login=visit.form.get("login", ""),
        display_name=visit.form.get("display_name", ""),
        role=chosen(visit.form, "role", SHOP_ROLES),
        reason=visit.form.get("reason", ""),
    )
    try:
        added = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "shop_person.html",
            status=trouble.status,
            shop=await _shop(visit),
            typed=visit.form,
            trouble=trouble,
            roles=_roles(visit),
        )
    waits = proposed(visit, added)
    return waits or visit.render_once(
        "first_password.html", access=added, back=f"/shops/{visit.path_param('shop')}", was_reset=False
    )


@pages.get(f"/shops/{_SHOP}/people/{_PERSON}", needs="keep_shops")
async def person_page(visit: Visit) -> web.Response:
    return await _person_page(visit, None)


@pages.post(f"/shops/{_SHOP}/people/{_PERSON}", needs="keep_shops")
async def reset_person(visit: Visit) -> web.Response:
    """A forgotten password; proposed, and whoever decides it sees the new first one, this once."""
    shop_id, person = visit.path_param("shop"), visit.path_param("person")
    try:
        reset = await visit.send(calls.reset_shop_staff(shop_id, person, reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    waits = proposed(visit, reset)
    return waits or visit.render_once(
        "first_password.html", access=reset, back=f"/shops/{shop_id}", was_reset=True
    )


async def _person_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    shop_id = visit.path_param("shop")
    people = (await visit.send(calls.list_shop_staff(shop_id))).staff
    person = next((person for person in people if person.staff_id == visit.path_param("person")), None)
    if person is None:
        raise web.HTTPNotFound
    return visit.render(
        "shop_reset.html",
        status=status(trouble),
        shop=await _shop(visit),
        person=person,
        typed=visit.form,
        trouble=trouble,
    )


@pages.get(f"/shops/{_SHOP}/bank", needs="keep_banks")
async def bank_page(visit: Visit) -> web.Response:
    return visit.render(
        "bank.html", shop=await _shop(visit), typed={"kind": "1"}, trouble=None, kinds=KINDS, account=None
    )


@pages.post(f"/shops/{_SHOP}/bank", needs="keep_banks")
async def set_bank(visit: Visit) -> web.Response:
    """Proposed; the number is typed twice, for nobody sees a slip of the finger behind three stars."""
    account = account_of(visit.form)
    if isinstance(account, ErrorMessage):
        trouble = account
    else:
        try:
            answer = await visit.send(
                calls.set_shop_bank(
                    visit.path_param("shop"),
                    bank_code=account.bank_code,
                    bank_name=account.bank_name,
                    branch_code=account.branch_code,
                    branch_name=account.branch_name,
                    kind=account.kind,
                    number=account.number,
                    holder=account.holder,
                    unlisted=account.unlisted,
                    reason=account.reason,
                )
            )
        except Problem as problem:
            trouble = wrong_account(problem) or not_listed(visit, problem) or beside(visit, problem)
        else:
            return proposed(visit, answer) or visit.redirect(
                f"/shops/{visit.path_param('shop')}", done="bank"
            )
    return visit.render(
        "bank.html",
        status=trouble.status,
        shop=await _shop(visit),
        typed=visit.form,
        trouble=trouble,
        kinds=KINDS,
        account=None,
    )


@pages.get("/payer", needs="keep_banks")
async def payer_page(visit: Visit) -> web.Response:
    """From which account the city pays its shops."""
    payer = await visit.send(calls.get_payer())
    typed = {"kind": "1"}
    if account := payer.account:  # for one change nobody types the rest anew; the number alone is not shown
        typed = {
            "bank_code": account.bank_code,
            "bank_name": account.bank_name,
            "branch_code": account.branch_code,
            "branch_name": account.branch_name,
            "holder": account.holder,
            "kind": str(account.kind),
            "client_code": payer.client_code or "",
        }
    return await _payer_page(visit, typed, None)


@pages.post("/payer", needs="keep_banks")
async def set_payer(visit: Visit) -> web.Response:
    account = account_of(visit.form)
    if isinstance(account, ErrorMessage):
        return await _payer_page(visit, dict(visit.form), account)
    try:
        answer = await visit.send(
            calls.set_payer(
                bank_code=account.bank_code,
                bank_name=account.bank_name,
                branch_code=account.branch_code,
                branch_name=account.branch_name,
                kind=account.kind,
                number=account.number,
                holder=account.holder,
                unlisted=account.unlisted,
                client_code=digits(visit.form.get("client_code", "")),
                reason=account.reason,
            )
        )
    except Problem as problem:
        trouble = wrong_account(problem) or not_listed(visit, problem) or beside(visit, problem)
        return await _payer_page(visit, dict(visit.form), trouble)
    return proposed(visit, answer) or visit.redirect("/payer", done="payer")


async def _payer_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    account = (await visit.send(calls.get_payer())).account
    return visit.render(
        "bank.html",
        status=status(trouble),
        shop=None,
        typed=typed,
        trouble=trouble,
        kinds=KINDS,
        account=account,
        done=DONE.get(visit.query("done"), ""),
    )


async def _shop(visit: Visit) -> models.ShopView:
    return await visit.send(calls.get_shop(visit.path_param("shop")))


def _roles(visit: Visit) -> list[tuple[str, str]]:
    return [(role, visit.speech.plain(ROLES[role])) for role in SHOP_ROLES]
