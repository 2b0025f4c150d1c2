"""個人情報の取扱い: what the city tells members of their data, in three languages; a change waits for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, differences, drawn_again, status
from municipal.labels import PRIVACY_TEXT
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls, models

pages = Pages(needs="change_rules")


@pages.get("/privacy-text")
async def text_page(visit: Visit) -> web.Response:
    text = await visit.send(calls.get_privacy_text())
    typed = {name: getattr(text, name) for name in PRIVACY_TEXT} | {"seen": text.version}
    return _text_page(visit, text, typed, None)


@pages.post("/privacy-text")
async def propose_text(visit: Visit) -> web.Response:
    """Always a proposal: it is what the city promises."""
    typed = dict(visit.form)
    # A browser sends its line ends as CR LF, whatever was typed.
    ja, en, easy = (typed.get(name, "").replace("\r\n", "\n") for name in PRIVACY_TEXT)
    call = calls.change_privacy_text(
        ja=ja, en=en, easy=easy, reason=typed.get("reason", ""), seen=typed.get("seen") or None
    )
    try:
        return to_proposal(visit, await visit.send(call))
    except Problem as problem:
        trouble = beside(visit, problem)
        if problem.word == "bad-privacy-text":
            trouble = replace(trouble, field=str(problem.facts.get("field", "")))
    text = await visit.send(calls.get_privacy_text())
    return _text_page(visit, text, drawn_again(trouble, text, typed), trouble)


def _text_page(
    visit: Visit, text: models.CityPrivacyTextView, typed: Mapping[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "privacy_text.html",
        status=status(trouble),
        text=text,
        typed=typed,
        trouble=trouble,
        labels=PRIVACY_TEXT,
        differences=differences(trouble, PRIVACY_TEXT, text, typed),
    )
