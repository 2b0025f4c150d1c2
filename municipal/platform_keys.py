"""The platform's desk: keys of client programs and secrets of webhooks, proposed by one person, revoked by any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage
from municipal.forms import beside, chosen, day, status
from municipal.labels import DIRECTIONS, SCOPES
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="keep_keys")

Scope: TypeAlias = Literal["portal", "municipal", "pos", "read-only"]
Direction: TypeAlias = Literal["in", "out", "mailer", "digests"]
_SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
_DONE: Final = {"revoked": "失効させました。数秒のうちに使えなくなります。"}
_KEY: Final = "{key:[a-z0-9_]{1,64}}"
_CLIENT: Final = "client-keys"
_WEBHOOK: Final = "webhook-keys"


@pages.get("/platform/keys")
async def key_list(visit: Visit) -> web.Response:
    keys = await visit.send(calls.platform_keys())
    return visit.render(
        "platform_keys.html",
        keys=keys,
        scopes=SCOPES,
        directions=DIRECTIONS,
        done=_DONE.get(visit.query("done"), ""),
    )


@pages.get("/platform/keys/new")
async def new_client_key(visit: Visit) -> web.Response:
    return _client_key_page(visit, None)


@pages.post("/platform/keys/new")
async def propose_client_key(visit: Visit) -> web.Response:
    form, trouble, last_day = visit.form, None, None
    if form.get("last_day"):
        last_day = day(form["last_day"])
        trouble = None if last_day else replace(NO_DAY, field="last_day")
    if trouble is None:
        try:
            return to_proposal(visit, await visit.send(_client_key(visit, last_day)))
        except Problem as problem:
            trouble = beside(visit, problem)
    return _client_key_page(visit, trouble)


@pages.get("/platform/keys/new-webhook")
async def new_webhook_key(visit: Visit) -> web.Response:
    return _webhook_page(visit, None)


@pages.post("/platform/keys/new-webhook")
async def propose_webhook_key(visit: Visit) -> web.Response:
    form = visit.form
    try:
        proposal = await visit.send(
            calls.propose_webhook_key(
                direction=chosen(form, "direction", _DIRECTIONS),
                party=form.get("party", "").strip(),
                url=form.get("url", "").strip() or None,
                reason=form.get("reason", ""),
            )
        )
    except Problem as problem:
        return _webhook_page(visit, beside(visit, problem))
    return to_proposal(visit, proposal)


@pages.get(f"/platform/keys/{{kind:{_CLIENT}|{_WEBHOOK}}}/{_KEY}")
async def key_page(visit: Visit) -> web.Response:
    return await _key_page(visit, None)


@pages.post(f"/platform/keys/{{kind:{_CLIENT}|{_WEBHOOK}}}/{_KEY}/revoke")
async def revoke(visit: Visit) -> web.Response:
    """At once, by one person: it only closes."""
    key_id, reason = visit.path_param("key"), visit.form.get("reason", "")
    is_client = visit.path_param("kind") == _CLIENT
    call = calls.revoke_client_key if is_client else calls.revoke_webhook_key
    try:
        await visit.send(call(key_id, reason=reason))
    except Problem as problem:
        return await _key_page(visit, beside(visit, problem))
    return visit.redirect("/platform/keys", done="revoked")


def _client_key(visit: Visit, last_day: date | None) -> Call[models.ProposalView]:
    """The call that the form stands for. Raises Problem for a scope that the page does not offer."""
    form = visit.form
    municipality, shop_id = form.get("municipality", "").strip(), form.get("shop_id", "").strip()
    of_shop = bool(municipality or shop_id)
    return calls.propose_client_key(
        client=form.get("client", "").strip(),
        public_key=form.get("public_key", "").strip(),
        scope=chosen(form, "scope", _SCOPES),
        reason=form.get("reason", ""),
        last_day=last_day if last_day is not None else UNSET,
        shop=models.ShopOfKey(municipality=municipality, shop_id=shop_id) if of_shop else UNSET,
    )


def _options(visit: Visit, words: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(word, visit.speech.plain(name)) for word, name in words.items()]


def _client_key_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "platform_key_new.html",
        status=status(trouble),
        scopes=_options(visit, SCOPES),
        typed=visit.form,
        trouble=trouble,
    )


def _webhook_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "platform_webhook_new.html",
        status=status(trouble),
        directions=_options(visit, DIRECTIONS),
        typed=visit.form,
        trouble=trouble,
    )


async def _key_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    listed, key_id = await visit.send(calls.platform_keys()), visit.path_param("key")
    is_client = visit.path_param("kind") == _CLIENT
    keys: list[models.ClientKeyView] | list[models.WebhookKeyView]
    keys = listed.client_keys if is_client else listed.webhook_keys
    key = next((each for each in keys if each.key_id == key_id), None)
    if key is None:
        raise web.HTTPNotFound
    return visit.render(
        "platform_key.html",
        status=status(trouble),
        key=key,
        is_client=is_client,
        kind=visit.path_param("kind"),
        scopes=SCOPES,
        directions=DIRECTIONS,
        typed=visit.form,
        trouble=trouble,
    )
