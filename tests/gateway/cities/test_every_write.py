"""Every writing operation of staff, made from the API's description: sent ten times at once and once more, it has the effect of one.

The requests are the description's own examples, with what there is in this city instead of what they name. So most of them
are let in. What different requests do to each other at one moment has tests of its own (`test_postgres.py`); what members
send, and staff for their own account and at a till, stands in `test_every_own_write.py`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import func, select, table

from core_ledger import audit
from gateway.api.city.routes import api
from gateway.http.authentication import AuthLevel
from gateway.platform import audit_log
from gateway.platform.roles import ALLOWED, PLATFORM, SHOP_ROLES, Role
from migrations.targets import METADATAS

from .conftest import KASAMA, OUEN
from .test_who_may_do_what import asked

Caller = Callable[[Any], Awaitable[tuple[str, dict[str, Any]]]]
AT_ONCE: Final = 10
OWN_ACCOUNT: Final = re.compile("/v1/staff/(me|sessions)|/v1/shop/")
"""A session that has ended would end this one."""
WRITING: Final = sorted(
    (
        route
        for route in api.routes
        if route.caller is AuthLevel.STAFF and route.method != "GET" and not OWN_ACCOUNT.match(route.template)
    ),
    key=lambda route: (route.method, route.template),
)
PROPOSED: Final = {"proposals": 1}
ADDED: Final[Mapping[str, Mapping[str, int]]] = {
    "publish_announcement": PROPOSED,
    "plan_event": {"support_events": 1},
    "announce_rule": PROPOSED,
    "upload_grants": {"grant_files": 1},
    "grant_to_one": {
        "accounts": 2,
        "books": 1,
        "grant_ids": 1,
        "moves": 1,
        "project_members": 1,
        "staff_grant_days": 1,
    },
    "approve_proposal": {"grant_projects": 1, "proposal_decisions": 1},
    "close_settlement": PROPOSED,
    "add_staff": PROPOSED,
    "restart_staff": PROPOSED,
    "close_staff": {"staff_changes": 1},
    "propose_member_access": PROPOSED,
    "set_payer": PROPOSED,
    "propose_deed_rule": PROPOSED,
    "put_issuer": {"point_service_issuers": 1},
    "change_privacy_text": PROPOSED,
    "set_shop_terms": {"shop_terms": 1},
    "set_shop_bank": PROPOSED,
    "change_staff_role": PROPOSED,
    "change_pay_card_limits": {"pay_card_limits": 1},
    "change_project_budget": {"venue_limits": 1},
}
"""How many rows one request adds, as people agreed on it; the others add none."""
DONE: Final = ADDED.keys() | {
    "verify_audit",
    "issue_pay_cards",
    "close_city_point_service",
    "reopen_city_point_service",
    "list_representatives",
    "close_shop",
    "reopen_shop",
    "search_by_payment",
    "member_timeline",
    "unlock_member",
    "set_project_open",
    "change_shop",
}
"""What is let in and done; the others are refused, because what the example names is not there, or is no kana."""
COUNTED_ELSEWHERE: Final = re.compile("nonce|session|audit|sign_in_misses|digest|figure|day_totals")
"""Requests, sessions, the log, and what is counted in the background."""


ROLES: Final = (Role.ADMINISTRATOR, Role.OPERATOR, Role.SHOP, Role.PLATFORM, Role.APPROVER)


async def furnished(site: Any) -> dict[str, Any]:
    """A city with a shop, a project, a member and people of every role: what the requests name."""
    tokens = {}
    for role in Role:
        city = PLATFORM if role is Role.PLATFORM else KASAMA
        for _ in range(2):
            tokens[role] = await site.staff_token(role.value, city, "soba" if role in SHOP_ROLES else None)
    boss = tokens[Role.ADMINISTRATOR]
    status, _ = await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
    assert status == 201
    plan = {
        "project_id": "ouen",
        "point_service": OUEN,
        "name": "応援",
        "starts_on": "2018-07-01",
        "ends_on": "2018-09-30",
        "points_each": 1_000,
        "budget": 10**6,
        "venue": True,
    }
    status, answer = await site.decided("/v1/city/projects", tokens[Role.OPERATOR], plan)
    assert status == 200, answer
    member, _ = await site.member_token()
    _, staff = await site.call("GET", "/v1/city/staff", boss)
    viewer = next(each["staff_id"] for each in staff["staff"] if each["role"] == "viewer")
    other = await site.staff_token("operator")
    waiting = {**plan, "project_id": "waits"}
    _, proposal = await site.call("POST", "/v1/city/projects", other, json=waiting)
    return {
        "tokens": tokens,
        "mykey_id": member.mykey_id,
        "staff_id": viewer,
        "point_service": OUEN,
        "shop_id": "soba",
        "project_id": "ouen",
        "proposal_id": proposal["proposal_id"],
        "digest": proposal["digest"],
        "municipality": KASAMA,
        "bank_code": "0130",
        "branch_code": "021",
        "number": "7654321",
        "client_code": "0123456789",
        "pin": "7391",
        "seen": None,
        "login": "kaku",
        "role": "operator",
        "starts_at": "2018-09-01T01:00",
        "ends_at": "2018-09-01T03:00",
        "holder": "ミホン",
        "expiry_day": None,
    }


def fitted(value: Any, known: dict[str, Any]) -> Any:
    """The example of a body, with what there is in this city instead of what it names."""
    if isinstance(value, dict):
        return {name: known.get(name, fitted(each, known)) for name, each in value.items()}
    return [fitted(each, known) for each in value] if isinstance(value, list) else value


def request_of(route: Any, known: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    path, options = asked(route)
    parts = path.split("/")
    for place, part in enumerate(route.template.split("/")):
        if part.startswith("{") and part.strip("{}") in known:
            parts[place] = known[part.strip("{}")]
    path = "/".join(parts)
    if "json" in options:
        options["json"] = fitted(options["json"], known)
    return path, options


async def rows(site: Any, elsewhere: re.Pattern[str] = COUNTED_ELSEWHERE) -> dict[str, int]:
    """How many rows each table has, but for those of which `elsewhere` finds something in the name."""

    def job(conn: Any) -> dict[str, int]:
        names = [name for each in METADATAS for name in each.tables if not elsewhere.search(name)]
        counts = (
            select(func.count()).select_from(table(name)).scalar_subquery().label(name) for name in names
        )
        return dict(conn.execute(select(*counts)).one()._mapping)

    return await site.services.store.read(job)


async def fired(site: Any, routes: Iterable[Any], caller: Caller) -> tuple[set[str], dict[str, Any]]:
    """Send each request ten times at once, and once more. Gives which were let in, and the rows that each of them added.

    `caller(route)` gives who sends it: the token, and what the request names.
    """
    done, added, wrong = set(), {}, []
    for route in routes:
        token, known = await caller(route)
        path, options = request_of(route, known)
        before = await rows(site)
        calls = (site.call(route.method, path, token, **options) for _ in range(AT_ONCE))
        answers = [status for status, _ in await asyncio.gather(*calls)]
        answers.append((await site.call(route.method, path, token, **options))[0])
        after = await rows(site)
        if any(status < 300 for status in answers):
            done.add(route.name)
        if more := {name: after[name] - before[name] for name in after if after[name] != before[name]}:
            added[route.name] = more
        if max(answers) >= 500 and set(answers) != {503}:  # cards are not read here
            wrong.append((route.name, answers))
    assert wrong == []
    assert (await site.services.store.read(audit.verify)).ok
    assert await site.services.store.read(audit_log.verify) == []
    return done, added


async def test_a_request_that_is_sent_again_has_the_effect_of_one(site_on_each_database):
    known = await furnished(site_on_each_database)

    async def caller(route: Any) -> tuple[str, dict[str, Any]]:
        role = next(role for role in ROLES if route.action in ALLOWED[role])
        return known["tokens"][role], known

    done, added = await fired(site_on_each_database, WRITING, caller)
    assert added == ADDED
    assert done == DONE
