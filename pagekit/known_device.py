"""The browser's proof that it has signed in before: tokens of the gateway's, kept in a cookie beyond the session.

It opens nothing. With it a stranger's wrong passwords do not lock this browser out of the logins that it knows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

_COOKIE: Final = "device"
_TOKEN: Final = re.compile(r"pgd_[0-9a-f]{8}_[0-9a-f]{16}_[0-9a-f]{64}")
MAX_DEVICES: Final = 4
"""A household at one computer; the logins used last stay."""
MAX_AGE_S: Final = 180 * 86_400


def devices_of(visit: Any) -> list[str]:
    """What this browser was given, the newest first."""
    cookie = visit.request.cookies.get(visit.site.cookie(_COOKIE), "")
    return [token for token in cookie.split(".") if _TOKEN.fullmatch(token)][:MAX_DEVICES]


def keep_device(visit: Any, answer: web.Response, token: str | None) -> web.Response:
    """Let the browser keep the token of this sign-in; None, as at a shared terminal, leaves it as it was."""
    if token:
        answer.set_cookie(
            visit.site.cookie(_COOKIE),
            ".".join([token, *devices_of(visit)][:MAX_DEVICES]),
            max_age=MAX_AGE_S,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=visit.site.settings.https,
        )
    return answer
