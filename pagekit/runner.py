"""A site's server: a guarded runner whose answer to what is not HTTP is a page that quotes nothing."""

from __future__ import annotations

from typing import Any, Final

import structlog
from aiohttp import web

from httpkit.runner import GuardedRunner

_PAGE: Final = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>400</title><p>この操作は受け付けられません。 "
    "This request cannot be read.</p></html>"
)
_log = structlog.get_logger()


class SiteRunner(GuardedRunner):
    """A runner for a site."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app, _page, **options)


def _page(status: int, fault: BaseException | None) -> web.StreamResponse:
    _log.info("request malformed", error=type(fault).__name__)
    status = 400 if status < 500 else 500
    return web.Response(text=_PAGE, status=status, content_type="text/html", charset="utf-8")
