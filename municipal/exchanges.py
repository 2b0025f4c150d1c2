"""The platform's desk: exchanges that wait, the whole story of one, asking the partner now, proposing how it ends."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias, get_args

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import beside, chosen, number, status
from municipal.labels import EXCHANGE_STATES, STATE_REASONS
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="see_exchanges")

State: TypeAlias = Literal["sending", "open", "needs_a_person", "settled", "declined", "not_sent"]
_STATES: Final[tuple[State, ...]] = get_args(State)
REVERSALS: Final[Mapping[str, str]] = {
    "sending": "処理中",
    "open": "協力会社の回答待ち",
    "needs_a_person": "人の確認待ち",
    "reversed": "取消済み",
    "declined": "協力会社が断りました",
    "not_sent": "送られていません",
}
_NO_SUCH: Final = ErrorMessage(
    "この番号の移行はありません", "番号または控えの番号を確認してください。", 404, field="exchange"
)
_DONE: Final[Mapping[str, str]] = {"asked": "協力会社に照会しました。回答は経過にあります。"}
_EXCHANGE: Final = "{exchange:[0-9a-f-]{36}}"
_REVERSAL: Final = "{reversal:[0-9a-f-]{36}}"
_TYPED: Final = re.compile("[0-9A-Za-z-]{8,36}")
_OUTCOMES: Final[tuple[Literal["debited", "declined"], ...]] = ("debited", "declined")
_REVERSED: Final[tuple[Literal["reversed", "declined"], ...]] = ("reversed", "declined")


@pages.get("/platform/exchanges")
async def exchange_list(visit: Visit) -> web.Response:
    """What waits, first what needs a person; or one that was named."""
    typed = visit.query("exchange").strip()
    trouble = None
    if typed:
        try:
            return await _to_exchange(visit, typed)
        except Problem as problem:
            if problem.word not in ("unknown-exchange", "body-invalid"):
                raise
            trouble = _NO_SUCH
    state = choice_of(visit.query("state"), _STATES)
    listed = await visit.send(calls.platform_exchanges(state=state if state is not None else UNSET))
    return visit.render(
        "platform_exchanges.html",
        status=status(trouble),
        exchanges=listed.exchanges,
        more=listed.more,
        state=state or "",
        states=EXCHANGE_STATES,
        reasons=STATE_REASONS,
        typed={"exchange": typed},
        trouble=trouble,
    )


@pages.get(f"/platform/exchanges/{_EXCHANGE}")
async def exchange_page(visit: Visit) -> web.Response:
    return await _exchange_page(visit, None, "")


@pages.post(f"/platform/exchanges/{_EXCHANGE}/ask")
async def ask(visit: Visit) -> web.Response:
    exchange = visit.path_param("exchange")
    try:
        await visit.send(calls.ask_about_exchange(exchange))
    except Problem as problem:
        return await _exchange_page(visit, beside(visit, problem), "")
    return visit.redirect(f"/platform/exchanges/{exchange}", done="asked")


@pages.post(f"/platform/exchanges/{_EXCHANGE}/outcome", needs="keep_exchanges")
async def propose_outcome(visit: Visit) -> web.Response:
    form = visit.form
    return await _propose(
        visit,
        calls.propose_outcome(
            visit.path_param("exchange"),
            debited=chosen(form, "outcome", _OUTCOMES) == "debited",
            reference=form.get("reference", ""),
            reason=form.get("reason", ""),
        ),
        "outcome",
    )


@pages.post(f"/platform/exchanges/{_EXCHANGE}/reverse", needs="keep_exchanges")
async def propose_reversal(visit: Visit) -> web.Response:
    """The id of the reversal is the form's own: sent twice, it is one proposal."""
    form, units = visit.form, visit.form.get("units", "").strip()
    count = number(units) if units else None
    if units and count is None:
        return await _exchange_page(visit, no_number("units"), "reverse")
    return await _propose(
        visit,
        calls.propose_reversal(
            visit.path_param("exchange"),
            reversal_id=form.get("reversal_id", ""),
            units=count,
            by_hand=form.get("by_hand") == "yes",
            reference=form.get("reference", ""),
            taken_from=form.get("taken_from", "").strip(),
            reason=form.get("reason", ""),
        ),
        "reverse",
    )


@pages.post(f"/platform/exchanges/{_EXCHANGE}/reversals/{_REVERSAL}", needs="keep_exchanges")
async def propose_reversal_outcome(visit: Visit) -> web.Response:
    form = visit.form
    return await _propose(
        visit,
        calls.propose_reversal_outcome(
            visit.path_param("exchange"),
            visit.path_param("reversal"),
            was_reversed=chosen(form, "outcome", _REVERSED) == "reversed",
            reason=form.get("reason", ""),
        ),
        "reversal",
    )


async def _to_exchange(visit: Visit, typed: str) -> web.Response:
    """The page of the exchange of this id or reference. Raises Problem."""
    if not _TYPED.fullmatch(typed):
        raise Problem("unknown-exchange", 404)
    story = await visit.send(calls.platform_exchange(typed))
    return visit.redirect(f"/platform/exchanges/{story.exchange.exchange_id}")


async def _propose(visit: Visit, call: Call[models.ProposalView], form: str) -> web.Response:
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        return await _exchange_page(visit, beside(visit, problem), form)
    return to_proposal(visit, proposal)


async def _exchange_page(visit: Visit, trouble: ErrorMessage | None, form: str) -> web.Response:
    """`form` is the one that was refused: what was typed there is drawn again, with the sentence beside its field."""
    story = await visit.send(calls.platform_exchange(visit.path_param("exchange")))
    if trouble is not None and trouble.field and form:
        trouble = replace(trouble, field=f"{form}-{trouble.field}")
    return visit.render(
        "platform_exchange.html",
        status=status(trouble),
        story=story,
        exchange=story.exchange,
        states=EXCHANGE_STATES,
        reasons=STATE_REASONS,
        reversal_states=REVERSALS,
        waiting=[each for each in story.reversals if each.state in ("sending", "open", "needs_a_person")],
        reversal_id=visit.form.get("reversal_id") or str(uuid.uuid4()),
        typed={f"{form}-{name}": value for name, value in visit.form.items()},
        trouble=trouble,
        done=_DONE.get(visit.query("done"), ""),
    )
