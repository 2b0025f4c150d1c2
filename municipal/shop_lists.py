"""The register of shops as a list: export, a city's list checked field by field, and its new shops as a proposal.

The gateway keeps nothing of a list until it is proposed: the page of the check carries the file, and is shown once.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Final

from aiohttp import web

from municipal.bank_form import KINDS
from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.grant_files import NO_FILE, XLSX, list_refused
from municipal.labels import SAMENESS
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls, models

pages = Pages(needs="keep_shops")

MAX_FILE_BYTES: Final = 1024 * 1024
MAX_REQUEST_BYTES: Final = 2 * MAX_FILE_BYTES
"""A file, or the page that carries one in letters."""
SHOWN: Final = 100
"""Lines of a check, those with a fault first; the report has them all."""
TOO_LARGE: Final = ErrorMessage(
    "ファイルが大きすぎます", "500行・1 MBまでに分けて送ってください。", 422, field="file"
)
_PROPOSAL: Final = r"{proposal:[0-9a-f]{32}}"


@pages.get("/shops/list")
async def list_page(visit: Visit) -> web.Response:
    return _list_page(visit, None)


@pages.get("/shops/list/export")
async def export(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.export_shops())


@pages.post("/shops/list", limit=MAX_REQUEST_BYTES)
async def check(visit: Visit) -> web.Response:
    """Checked whole; nothing is stored."""
    sent = visit.files.get("file")
    if sent is None or not sent.filename:
        return _list_page(visit, NO_FILE)
    content = await asyncio.to_thread(sent.file.read, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return _list_page(visit, TOO_LARGE)
    name = "".join(letter for letter in sent.filename if letter.isprintable())[:200]
    return await _checked(visit, name, content, None)


@pages.post("/shops/list/report", limit=MAX_REQUEST_BYTES)
async def report(visit: Visit) -> web.Response:
    """The check as a file to mend and send again."""
    content = _carried(visit)
    if content is None:
        return _list_page(visit, NO_FILE)
    return await visit.proxy_download(
        calls.shop_list_report(content=content, media_type=XLSX if content.startswith(b"PK") else "text/csv")
    )


@pages.post("/shops/list/proposal", limit=MAX_REQUEST_BYTES)
async def propose(visit: Visit) -> web.Response:
    """What the check has shown is what is proposed: where list or register differ since, it is checked anew."""
    content, name = _carried(visit), visit.form.get("name", "")
    if content is None:
        return _list_page(visit, NO_FILE)
    call = calls.propose_shop_list(
        name=name,
        seen=visit.form.get("seen", ""),
        reason=visit.form.get("reason", ""),
        content=content,
        media_type=XLSX if content.startswith(b"PK") else "text/csv",
    )
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        return await _checked(visit, name, content, beside(visit, problem))
    return to_proposal(visit, proposal)


@pages.get(f"/proposals/{_PROPOSAL}/shops", needs="see_proposals")
async def proposed_shops(visit: Visit) -> web.Response:
    """Each shop of a list that waits, with its account, for whoever decides."""
    proposal_id = visit.path_param("proposal")
    shops = (await visit.send(calls.list_proposed_shops(proposal_id))).shops
    return visit.render(
        "shop_list_proposed.html", proposal_id=proposal_id, shops=shops, kinds=dict(KINDS), sameness=SAMENESS
    )


async def _checked(visit: Visit, name: str, content: bytes, trouble: ErrorMessage | None) -> web.Response:
    call = calls.check_shop_list(
        content=content, media_type=XLSX if content.startswith(b"PK") else "text/csv"
    )
    try:
        found = await visit.send(call)
    except Problem as problem:
        return _list_page(visit, list_refused(visit, problem))
    return visit.render_once(
        "shop_list_checked.html",
        status=status(trouble),
        trouble=trouble,
        found=found,
        lines=sorted(found.lines, key=_needs_eyes)[:SHOWN],
        name=name,
        content=base64.b64encode(content).decode(),
        typed=visit.form,
        sameness=SAMENESS,
    )


def _needs_eyes(line: models.ShopListLineView) -> tuple[bool, bool, int]:
    return line.state != "faulty", not line.alike, line.line


def _carried(visit: Visit) -> bytes | None:
    """The file that the page of a check carries; None for what none of our pages sends."""
    try:
        return base64.b64decode(visit.form.get("content", ""), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _list_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render("shop_list.html", status=status(trouble), trouble=trouble)
