"""The register of shops (加盟店登録名簿): entries, log-ins, where they are paid, and the QR for the counter."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.labels import shops as all_shops
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.qr import qr

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "registered": "加盟店を登録しました。",
    "changed": "登録内容を変更しました。",
    "closed": "加盟店の利用を終了しました。精算はこれまでどおり行われます。",
    "reopened": "加盟店の利用を再開しました。",
    "bank": "振込先の口座を登録しました。",
    "payer": "振込元の口座を登録しました。",
}
NOT_THE_SAME: Final = ErrorMessage(
    "口座番号が一致しません", "2回入力した口座番号が違います。通帳や届出書を見て、入力し直してください。", 422
)
ENTRY: Final = ("name", "name_kana", "category", "address", "phone")
BANK: Final = ("bank_code", "bank_name", "branch_code", "branch_name", "number", "holder")
KINDS: Final = (("1", "普通"), ("2", "当座"), ("4", "貯蓄"))
_SHOP: Final = r"{shop:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/shops")
async def listed(visit: Visit) -> web.Response:
    closed = visit.asked("closed") == "yes"
    values = await all_shops(visit, closed=closed)
    wanted = visit.asked("q").strip()
    if wanted:
        values = [
            values
            for values in values
            if wanted in values["name"] or wanted in values["name_kana"] or wanted in values["shop_id"]
        ]
    return visit.show("shops.html", shops=values, closed=closed, wanted=wanted)


@pages.get("/shops/new", needs="keep_shops")
async def new(visit: Visit) -> web.Response:
    return visit.show("shop_form.html", shop=None, typed={}, trouble=None)


@pages.post("/shops/new", needs="keep_shops")
async def register(visit: Visit) -> web.Response:
    typed = visit.typed
    body = {name: typed.get(name, "") for name in ("shop_id", *ENTRY)}
    try:
        made = await visit.api("POST", "/v1/city/shops", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show("shop_form.html", status=trouble.status, shop=None, typed=typed, trouble=trouble)
    return visit.go(f"/shops/{made['shop_id']}", done="registered")


@pages.get(f"/shops/{_SHOP}")
async def shop(visit: Visit) -> web.Response:
    who, found = visit.signed_in(), await _shop(visit)
    people, bank = None, None
    if who.may("keep_shops"):
        people = (await visit.api("GET", f"/v1/city/shops/{visit.part('shop')}/staff"))["staff"]
    if who.may("keep_banks"):
        bank = (await visit.api("GET", f"/v1/city/shops/{visit.part('shop')}/bank-account"))["account"]
    return visit.show(
        "shop_entry.html",
        shop=found,
        people=people,
        bank=bank,
        kinds=dict(KINDS),
        done=DONE.get(visit.asked("done"), ""),
    )


@pages.get(f"/shops/{_SHOP}/edit", needs="keep_shops")
async def edit(visit: Visit) -> web.Response:
    found = await _shop(visit)
    return visit.show("shop_form.html", shop=found, typed=found, trouble=None)


@pages.post(f"/shops/{_SHOP}/edit", needs="keep_shops")
async def change(visit: Visit) -> web.Response:
    body = {name: visit.typed.get(name, "") for name in ENTRY}
    try:
        await visit.api("PUT", f"/v1/city/shops/{visit.part('shop')}", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "shop_form.html",
            status=trouble.status,
            shop=await _shop(visit),
            typed=visit.typed,
            trouble=trouble,
        )
    return visit.go(f"/shops/{visit.part('shop')}", done="changed")


@pages.get(f"/shops/{_SHOP}/closing", needs="keep_shops")
async def closing_page(visit: Visit) -> web.Response:
    return visit.show("shop_closing.html", shop=await _shop(visit), typed={}, trouble=None)


@pages.post(f"/shops/{_SHOP}/closing", needs="keep_shops")
async def close_or_reopen(visit: Visit) -> web.Response:
    """What is to become of it stands in the form, so that a second click does not turn it round."""
    way = "reopening" if visit.typed.get("way") == "reopen" else "closure"
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/shops/{visit.part('shop')}/{way}", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "shop_closing.html",
            status=trouble.status,
            shop=await _shop(visit),
            typed=visit.typed,
            trouble=trouble,
        )
    return visit.go(f"/shops/{visit.part('shop')}", done="reopened" if way == "reopening" else "closed")


@pages.get(f"/shops/{_SHOP}/code", needs="keep_shops")
async def code(visit: Visit) -> web.Response:
    """A sheet for the counter: the shop's name and its QR, to be printed."""
    found, told = await asyncio.gather(
        _shop(visit), visit.api("GET", f"/v1/city/shops/{visit.part('shop')}/code")
    )
    picture = qr(told["shop_code"], visit.speech.plain("お店のQRコード"))
    return visit.show("shop_code.html", shop=found, picture=picture, code=told["shop_code"])


@pages.get(f"/shops/{_SHOP}/people", needs="keep_shops")
async def people_page(visit: Visit) -> web.Response:
    return visit.show("shop_person.html", shop=await _shop(visit), typed={}, trouble=None)


@pages.post(f"/shops/{_SHOP}/people", needs="keep_shops")
async def add_person(visit: Visit) -> web.Response:
    """The first password stands on the answer, this once."""
    body = {name: visit.typed.get(name, "") for name in ("login", "display_name")}
    try:
        made = await visit.api("POST", f"/v1/city/shops/{visit.part('shop')}/staff", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "shop_person.html",
            status=trouble.status,
            shop=await _shop(visit),
            typed=visit.typed,
            trouble=trouble,
        )
    return visit.show_once(
        "first_password.html", made=made, back=f"/shops/{visit.part('shop')}", was_reset=False
    )


@pages.get(f"/shops/{_SHOP}/bank", needs="keep_banks")
async def bank_page(visit: Visit) -> web.Response:
    return visit.show(
        "bank.html", shop=await _shop(visit), typed={"kind": "1"}, trouble=None, kinds=KINDS, account=None
    )


@pages.post(f"/shops/{_SHOP}/bank", needs="keep_banks")
async def set_bank(visit: Visit) -> web.Response:
    """Proposed; the number is typed twice, for nobody sees a slip of the finger behind three stars."""
    trouble = _typed_twice(visit)
    if trouble is None:
        try:
            path = f"/v1/city/shops/{visit.part('shop')}/bank-account"
            answer = await visit.api("PUT", path, body=_bank(visit))
        except Problem as problem:
            trouble = beside(visit, problem)
        else:
            return proposed(visit, answer) or visit.go(f"/shops/{visit.part('shop')}", done="bank")
    return visit.show(
        "bank.html",
        status=trouble.status,
        shop=await _shop(visit),
        typed=visit.typed,
        trouble=trouble,
        kinds=KINDS,
        account=None,
    )


@pages.get("/payer", needs="keep_banks")
async def payer_page(visit: Visit) -> web.Response:
    """From which account the city pays its shops."""
    return await _payer_page(visit, {"kind": "1"}, None)


@pages.post("/payer", needs="keep_banks")
async def set_payer(visit: Visit) -> web.Response:
    trouble = _typed_twice(visit)
    if trouble is not None:
        return await _payer_page(visit, dict(visit.typed), trouble)
    try:
        body = _bank(visit) | {"client_code": visit.typed.get("client_code", "")}
        answer = await visit.api("PUT", "/v1/city/bank-account", body=body)
    except Problem as problem:
        return await _payer_page(visit, dict(visit.typed), beside(visit, problem))
    return proposed(visit, answer) or visit.go("/payer", done="payer")


async def _payer_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    account = (await visit.api("GET", "/v1/city/bank-account"))["account"]
    return visit.show(
        "bank.html",
        status=status(trouble),
        shop=None,
        typed=typed,
        trouble=trouble,
        kinds=KINDS,
        account=account,
        done=DONE.get(visit.asked("done"), ""),
    )


async def _shop(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/shops/{visit.part('shop')}")


def _typed_twice(visit: Visit) -> ErrorMessage | None:
    same = visit.typed.get("number", "") == visit.typed.get("number_again", "")
    return None if same else NOT_THE_SAME


def _bank(visit: Visit) -> dict[str, Any]:
    kind = visit.typed.get("kind", "")
    return {name: visit.typed.get(name, "") for name in (*BANK, "reason")} | {
        "kind": int(kind) if kind.isdigit() else 0
    }
