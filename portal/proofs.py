"""ログインの方法: by what the member signs in, since when and when last used, and one taken away with the password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from pagekit.api import Problem
from point_gateway_client import calls
from portal.account import refused
from portal.error_messages import ErrorMessage
from portal.sign_in import passkeys_open
from portal.site import Pages, Visit

pages = Pages()

KINDS: Final[Mapping[str, str]] = {
    "card": "マイナンバーカード",
    "oidc": "スマートフォン",
    "passkey": "パスキー",
    "password": "パスワード",
}
DONE: Final[Mapping[str, str]] = {
    "restored": "新しいパスワードを設定しました。カードやスマートフォンは、ここからもう一度登録してください。",
    "removed": "ログインの方法を1つ外しました。ほかの端末ではログアウトしました。",
    "phone": "スマートフォンを登録しました。次からスマートフォンでもログインできます。",
    "passkey": "パスキーを登録しました。次からパスキーでもログインできます。",
}
_PASSWORD_MISSING: Final = ErrorMessage(
    "現在のパスワードを入力してください", "ご本人の確認のために必要です。", 422, field="password"
)


@pages.get("/settings/proofs")
async def proof_list(visit: Visit) -> web.Response:
    listed = await visit.send(calls.list_proofs())
    return visit.render(
        "proofs.html",
        proofs=listed.proofs,
        kinds=KINDS,
        passkeys_open=await passkeys_open(visit),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get("/settings/proofs/remove")
async def removal_page(visit: Visit) -> web.Response:
    return await _removal_page(visit, visit.query("proof"), None)


@pages.post("/settings/proofs/remove")
async def remove(visit: Visit) -> web.Response:
    """Takes the password, because whoever finds an open session must not lock its owner out."""
    proof_id, password = visit.form.get("proof", ""), visit.form.get("password", "")
    if not password:
        return await _removal_page(visit, proof_id, _PASSWORD_MISSING)
    try:
        call = calls.remove_proof(proof_id=proof_id, password=password)
        trouble = await refused(visit, call, otherwise="current-password-wrong")
    except Problem as problem:
        if problem.word != "unknown-proof":
            raise
        trouble = None
    if trouble:
        return await _removal_page(visit, proof_id, replace(trouble, field=trouble.field or "password"))
    return visit.redirect("/settings/proofs", done="removed")


async def _removal_page(visit: Visit, proof_id: str, trouble: ErrorMessage | None) -> web.Response:
    proofs = (await visit.send(calls.list_proofs())).proofs
    proof = next((proof for proof in proofs if proof.proof_id == proof_id), None)
    if proof is None or len(proofs) == 1:  # a second click, or the only one: the list says how it is
        return visit.redirect("/settings/proofs")
    return visit.render(
        "proof_remove.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        proof=proof,
        me=await visit.send(calls.me()),
        kinds=KINDS,
    )
