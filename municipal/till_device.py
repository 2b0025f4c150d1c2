"""What a bound till keeps: a secret in a cookie that no script reads and no other site sends, changed at each use.

The browser shows it where no session is open, and a session of the till begins. Where the gateway is away, it keeps it.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from municipal.session import Session, session_of
from municipal.site import Visit
from pagekit.api import Problem, Unreachable
from point_gateway_client import calls

_COOKIE: Final = "till"


def is_bound(visit: Visit) -> bool:
    """Whether this browser has the secret of a till; whether it is good, the gateway says."""
    return bool(visit.request.cookies.get(visit.site.cookie(_COOKIE)))


def save_token(visit: Visit, till_token: str, unused_days: int) -> None:
    """Let the browser keep the secret, for as long as the gateway takes it unused."""

    def work(answer: web.Response) -> None:
        answer.set_cookie(
            visit.site.cookie(_COOKIE),
            till_token,
            max_age=unused_days * 86_400,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=visit.site.settings.https,
        )

    visit.on_answer.append(work)


def forget(visit: Visit) -> None:
    def work(answer: web.Response) -> None:
        answer.del_cookie(
            visit.site.cookie(_COOKIE),
            path="/",
            httponly=True,
            samesite="Strict",
            secure=visit.site.settings.https,
        )

    visit.on_answer.append(work)


async def reopen(visit: Visit) -> Session | None:
    """A session of the till, where this browser is bound as one."""
    token = visit.request.cookies.get(visit.site.cookie(_COOKIE), "")
    if not token:
        return None
    try:
        opened = await visit.site.gateway.send(
            calls.open_till(till_token=token), language=visit.speech.language
        )
    except Unreachable:
        return None
    except Problem as problem:
        if problem.word in ("till-ended", "body-invalid"):
            forget(visit)
        return None
    save_token(visit, opened.till_token, opened.unused_days)
    visit.clear_session = False
    return session_of(opened.session, opened.token, visit.now, till=opened.till.name)
