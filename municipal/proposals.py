"""Four eyes (提案・承認・差戻し): what waits for a second person, deciding it, and the city's table of deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import NO_NUMBER, ErrorMessage
from municipal.forms import beside, number, status
from municipal.labels import ROLES
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="see_proposals")

DEEDS: Final[Mapping[str, str]] = {
    "grant": "お一人への給付",
    "project": "給付事業の登録",
    "budget": "予算の増額",
    "shop_account": "振込先口座の変更",
    "payer_account": "振込元口座の変更",
    "staff": "職員の登録",
    "role": "権限の引き上げ",
    "reset": "ログインの再設定",
    "restart": "職員の利用再開",
    "deed_rule": "承認の設定の変更",
}
STATES: Final[Mapping[str, str]] = {
    "waiting": "承認待ち",
    "carried_out": "承認済み",
    "sent_back": "差戻し",
    "withdrawn": "取り下げ",
    "expired": "期限切れ",
}
FACTS: Final[Mapping[str, str]] = {
    "account": "口座",
    "bank_name": "銀行名",
    "branch_name": "支店名",
    "budget": "予算",
    "client_code": "委託者コード",
    "ends_on": "終了日",
    "from": "変更前",
    "from_points": "1件の上限",
    "granted": "給付済み",
    "holder": "口座名義",
    "login": "ログイン名",
    "most_grants_each": "お一人の回数の上限",
    "most_points_each": "お一人のポイントの上限",
    "mykey_id": "マイキーID",
    "name": "名前",
    "persons": "承認する人数",
    "points_a_day": "1日に1人で給付できるポイント",
    "points_each": "1回の給付ポイント",
    "project": "給付事業の番号",
    "role": "権限",
    "starts_on": "開始日",
    "to": "変更後",
    "venue": "会場での給付",
}
DONE: Final[Mapping[str, str]] = {
    "proposed": "提案しました。別の職員が承認するまで、何も行われません。",
    "approved": "承認しました。",
    "approved-more": "承認しました。もう一人の承認が必要です。",
    "sent-back": "差し戻しました。",
    "withdrawn": "取り下げました。",
}
_WORDS: Final[Mapping[str, str]] = {"yes": "あり", "no": "なし", **ROLES}
_PROPOSAL: Final = r"{proposal:[0-9a-f]{32}}"
_DEED: Final = r"{deed:[a-z_]{1,20}}"


def proposed(visit: Visit, answer: Any) -> web.Response | None:
    """Where the gateway's answer leads that is a proposal; None where the deed took effect at once."""
    if isinstance(answer, Mapping) and "proposal_id" in answer:
        return visit.go(f"/proposals/{answer['proposal_id']}", done="proposed")
    return None


@pages.get("/proposals")
async def listed(visit: Visit) -> web.Response:
    """What waits, first what this person may decide; or what has ended."""
    ended = visit.asked("ended") == "yes"
    answer = await visit.api("GET", "/v1/city/proposals")
    shown = [each for each in answer["proposals"] if (each["state"] != "waiting") == ended]
    shown.sort(key=lambda each: not each["may_decide"])
    return visit.show("proposals.html", proposals=shown, ended=ended, deeds=DEEDS, states=STATES)


@pages.get(f"/proposals/{_PROPOSAL}")
async def proposal(visit: Visit) -> web.Response:
    return await _proposal_page(visit, None)


@pages.post(f"/proposals/{_PROPOSAL}/approve", needs="decide_proposals")
async def approve(visit: Visit) -> web.Response:
    """The hash of what was drawn goes with it, so that nobody approves what they have not seen."""
    body = {"digest": visit.typed.get("digest", ""), "reason": visit.typed.get("reason", "")}
    try:
        decision = await visit.api("POST", f"{_path(visit)}/approval", body=body)
    except Problem as problem:
        return await _proposal_page(visit, beside(visit, problem))
    if decision["first_password"]:
        return visit.show_once(
            "first_password.html",
            made=decision,
            back="/proposals",
            was_reset=decision["proposal"]["deed"] != "staff",
        )
    done = "approved-more" if decision["proposal"]["state"] == "waiting" else "approved"
    return visit.go(f"/proposals/{visit.part('proposal')}", done=done)


@pages.post(f"/proposals/{_PROPOSAL}/return", needs="decide_proposals")
async def send_back(visit: Visit) -> web.Response:
    return await _end(visit, "return", "sent-back")


@pages.post(f"/proposals/{_PROPOSAL}/withdraw")
async def withdraw(visit: Visit) -> web.Response:
    return await _end(visit, "withdrawal", "withdrawn")


@pages.get("/deeds")
async def deeds(visit: Visit) -> web.Response:
    """How many others decide each deed, and from which sum a grant waits."""
    answer = await visit.api("GET", "/v1/city/deeds")
    return visit.show("deeds.html", rules=answer["deeds"], deeds=DEEDS)


@pages.get(f"/deeds/{_DEED}", needs="change_rules")
async def deed_page(visit: Visit) -> web.Response:
    rule = await _rule(visit)
    typed = {name: "" if rule[name] is None else str(rule[name]) for name in _RULE}
    return visit.show("deed.html", rule=rule, typed=typed, trouble=None, deeds=DEEDS)


@pages.post(f"/deeds/{_DEED}", needs="change_rules")
async def change_deed(visit: Visit) -> web.Response:
    rule, trouble = await _rule(visit), NO_NUMBER
    persons = number(visit.typed.get("persons", ""))
    if persons is not None:
        sums = {name: number(visit.typed.get(name, "")) for name in ("from_points", "points_a_day")}
        body = sums | {"persons": persons, "reason": visit.typed.get("reason", "")}
        try:
            answer = await visit.api("PUT", f"/v1/city/deeds/{rule['deed']}", body=body)
        except Problem as problem:
            trouble = beside(visit, problem)
        else:
            return visit.go(f"/proposals/{answer['proposal_id']}", done="proposed")
    return visit.show(
        "deed.html", status=trouble.status, rule=rule, typed=visit.typed, trouble=trouble, deeds=DEEDS
    )


_RULE: Final = ("persons", "from_points", "points_a_day")


async def _rule(visit: Visit) -> Any:
    answer = await visit.api("GET", "/v1/city/deeds")
    found = next((each for each in answer["deeds"] if each["deed"] == visit.part("deed")), None)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _end(visit: Visit, way: str, done: str) -> web.Response:
    body = {"reason": visit.typed.get("reason", "")}
    try:
        await visit.api("POST", f"{_path(visit)}/{way}", body=body)
    except Problem as problem:
        return await _proposal_page(visit, beside(visit, problem))
    return visit.go(f"/proposals/{visit.part('proposal')}", done=done)


async def _proposal_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    found = await visit.api("GET", _path(visit))
    return visit.show(
        "proposal.html",
        status=status(trouble),
        proposal=found,
        facts=[
            (FACTS.get(name, name), _fact(visit, value))
            for name, value in found["facts"].items()
            if value != ""
        ],
        own=found["proposed_by"] == visit.signed_in().staff_id,
        deeds=DEEDS,
        states=STATES,
        trouble=trouble,
        done=DONE.get(visit.asked("done"), ""),
    )


def _fact(visit: Visit, value: str | int) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return visit.speech.plain(_WORDS[value]) if value in _WORDS else value


def _path(visit: Visit) -> str:
    return f"/v1/city/proposals/{visit.part('proposal')}"
