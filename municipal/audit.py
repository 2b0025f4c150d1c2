"""The audit log: who did what, to whom, why; and whether any line of it was changed since."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, get_args
from urllib.parse import urlencode

from aiohttp import web

from municipal.error_messages import NO_DAY
from municipal.forms import day
from municipal.labels import (
    DEBT_ENDS,
    FEE_BEARERS,
    GIVERS,
    ON_FAILURE,
    OUTCOMES,
    PAYOUTS,
    ROLES,
    WORSE,
    shops,
)
from municipal.proposals import DEEDS
from municipal.site import Pages, Visit
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="read_audit")

_SEQ: Final = re.compile(r"[0-9]{1,15}")

_ACTIONS: Final[tuple[models.AuditAction, ...]] = get_args(get_args(models.AuditAction)[0])
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "deed": DEEDS,
    "from": ROLES,
    "on_failure": ON_FAILURE,
    "open_to": GIVERS,
    "outcome": OUTCOMES,
    "payout": PAYOUTS,
    "return_fee_bearer": FEE_BEARERS,
    "debt_end": DEBT_ENDS,
    "role": ROLES,
    "to": ROLES,
    "worse": WORSE,
}
"""Facts whose values are words of other pages; the log's own come named from the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """By whom, what and when; None for all."""

    actor: str | None
    action: models.AuditAction | None
    since: date | None
    until: date | None

    @property
    def typed(self) -> dict[str, str]:
        """As the address says it."""
        values = {"actor": self.actor, "action": self.action, "since": self.since, "until": self.until}
        return {name: str(value) for name, value in values.items() if value is not None}


@pages.get("/audit")
async def log(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.get("/audit/csv")
async def audit_csv(visit: Visit) -> web.Response:
    narrowed = _filter(visit)
    return await visit.proxy_download(
        calls.audit_csv(
            actor=narrowed.actor or UNSET,
            action=narrowed.action or UNSET,
            since=narrowed.since or UNSET,
            until=narrowed.until or UNSET,
        )
    )


@pages.post("/audit/verify")
async def verify(visit: Visit) -> web.Response:
    """Read the whole log again, each line against the seal of the one before. Nothing is changed by it."""
    return await _page(visit, (await visit.send(calls.verify_audit())).faults)


async def _page(visit: Visit, faults: list[models.AuditFaultView] | None) -> web.Response:
    before = visit.query("before")
    narrowed = _filter(visit)
    call = calls.read_audit(
        actor=narrowed.actor or UNSET,
        action=narrowed.action or UNSET,
        since=narrowed.since or UNSET,
        until=narrowed.until or UNSET,
        before=int(before) if _SEQ.fullmatch(before) else UNSET,
        limit=50,
    )
    page, register, people, actions = await asyncio.gather(
        visit.send(call),
        shops(visit),
        visit.send(calls.name_people()),
        visit.send(calls.list_audit_actions()),
    )
    names = {shop.shop_id: shop.name for shop in register}
    wrong = [name for name in ("since", "until") if visit.query(name) and not day(visit.query(name))]
    return visit.render(
        "audit.html",
        lines=[(line, _facts(visit, line.named_facts, names)) for line in page.lines],
        next_before=page.next_before,
        actions=actions.actions,
        people=people.people,
        typed=narrowed.typed | {name: visit.query(name)[:200] for name in wrong},
        filters=urlencode(narrowed.typed),
        faults=faults,
        status=422 if wrong else 200,
        trouble=replace(NO_DAY, field=wrong[0]) if wrong else None,
    )


def _filter(visit: Visit) -> Filter:
    """What the address says; what is no such thing is left out."""
    actor = visit.query("actor")
    return Filter(
        actor=actor if re.fullmatch(r"[0-9a-f]{32}|system", actor) else None,
        action=choice_of(visit.query("action"), _ACTIONS),
        since=day(visit.query("since")),
        until=day(visit.query("until")),
    )


def _facts(
    visit: Visit, facts: Sequence[models.AuditFactView], shop_names: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What a line says besides, each with its name, in the reader's language."""
    return [(visit.speech.label(fact.label), _as_text(visit, fact, shop_names)) for fact in facts]


def _as_text(visit: Visit, fact: models.AuditFactView, shop_names: Mapping[str, str]) -> str:
    if fact.value_label is not None:
        return visit.speech.label(fact.value_label)
    name, value = fact.name, fact.value
    if name == "yen":
        return visit.speech.plain("%(yen)s 円", yen=f"{value:,}")
    if isinstance(value, int):
        return f"{value:,}"
    if name == "shop":
        return shop_names.get(value, value)
    if name in {"starts_at", "ends_at"}:
        return visit.speech.moment(value)
    if name == "takes_effect_on":
        return visit.speech.day(value)
    words = _WORDS.get(name, {})
    parts = value.split(",") if name == "worse" else [value]
    return ("、" if visit.speech.tag == "ja" else ", ").join(
        visit.speech.plain(words.get(part, part)) for part in parts
    )
