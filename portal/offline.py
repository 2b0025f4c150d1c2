"""The page for when there is no network: kept by a small service worker, which keeps nothing else.

The worker is registered where the portal was put on a home screen, where a browser's own message would look like a broken
app. It answers a page that is opened and cannot be fetched, and lets everything else pass: no form is sent again, no
page of a member is ever kept.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from pagekit.files import Files
from portal.site import Pages, Visit

pages = Pages()

HERE: Final = Path(__file__).parent
FILES: Final = Files(HERE / "static")
_PAGE: Final = (HERE / "offline.html").read_text("utf-8")
_WORKER: Final = (HERE / "offline_worker.js").read_text("utf-8")


@pages.get("/offline", public=True, counts_as_use=False)
async def offline_page(_: Visit) -> web.Response:
    """The same for everybody, in all languages at once: it is drawn from no session and no cookie."""
    answer = web.Response(text=_page(), content_type="text/html", charset="utf-8")
    answer.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return answer


@pages.get("/offline-worker.js", public=True, counts_as_use=False)
async def worker(_: Visit) -> web.Response:
    """The worker with the addresses of what it keeps; another page or style is another worker."""
    style = FILES.address("offline.css")
    version = hashlib.sha256((_page() + style).encode()).hexdigest()[:12]
    text = _WORKER.replace("__VERSION__", version).replace("__STYLE__", style)
    answer = web.Response(text=text, content_type="text/javascript", charset="utf-8")
    answer.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return answer


def _page() -> str:
    return _PAGE.replace("__STYLE__", FILES.address("offline.css"))
