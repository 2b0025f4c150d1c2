"""Files of grants: sent as CSV and checked whole, looked at line by line, approved by a second person, then followed.

The page of a file that is being granted asks for its progress by itself, which keeps no session alive.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.labels import FILE_STATES
from municipal.projects import PROJECT
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="see")

MAX_REQUEST_BYTES: Final = 17 * 1024 * 1024
"""A little above the gateway's own limit, whose words about it are better."""
MAX_FILE_BYTES: Final = 16 * 1024 * 1024
SHOWN: Final = 100
DONE: Final[dict[str, str]] = {
    "sent": "ファイルを受け付け、全行を確認しました。",
    "again": "同じ内容のファイルは受け付け済みです。二重には登録されていません。",
    "approved": "承認しました。給付を始めています。",
    "cancelled": "ファイルを取り下げました。",
}
_FILE: Final = r"{file:[0-9a-f]{32}}"
_NO_FILE: Final = ErrorMessage("ファイルを選んでください", "CSVファイルを選んでから送ってください。", 422)
_TOO_LARGE: Final = ErrorMessage(
    "ファイルまたは入力が大きすぎます", "ファイルは16 MBまで、10万行までに分けてください。", 413
)


@pages.get("/files")
async def listed(visit: Visit) -> web.Response:
    files, projects = await asyncio.gather(
        visit.api("GET", "/v1/city/files"), visit.api("GET", "/v1/city/projects")
    )
    names = {one["project_id"]: one["name"] for one in projects["projects"]}
    return visit.show("files.html", files=files["files"], names=names, states=FILE_STATES)


@pages.get(f"/projects/{PROJECT}/file", needs="upload_grants")
async def upload_page(visit: Visit) -> web.Response:
    return await _upload_page(visit, None)


@pages.post(f"/projects/{PROJECT}/file", needs="upload_grants", limit=MAX_REQUEST_BYTES)
async def upload(visit: Visit) -> web.Response:
    """Checked whole before anything else; the same content again is the same file."""
    sent = visit.files.get("file")
    if sent is None or not sent.filename:
        return await _upload_page(visit, _NO_FILE)
    content = await asyncio.to_thread(sent.file.read, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return await _upload_page(visit, _TOO_LARGE)
    known = {one["file_id"] for one in (await visit.api("GET", "/v1/city/files"))["files"]}
    try:
        file = await visit.upload(
            f"/v1/city/projects/{visit.part('project')}/files",
            content,
            "text/csv",
            {"name": "".join(letter for letter in sent.filename if letter.isprintable())[:200]},
        )
    except Problem as problem:
        return await _upload_page(visit, beside(visit, problem))
    return visit.go(f"/files/{file['file_id']}", done="again" if file["file_id"] in known else "sent")


@pages.get(f"/files/{_FILE}")
async def file(visit: Visit) -> web.Response:
    return await _file_page(visit, None)


@pages.get(f"/files/{_FILE}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """The part of the page that updates itself. htmx is asked to load the whole page once the file has ended."""
    found = await _file(visit)
    answer = visit.show("_file_progress.html", file=found, states=FILE_STATES)
    if found["state"] != "approved":
        answer.headers["HX-Refresh"] = "true"
    return answer


@pages.get(f"/files/{_FILE}/lines", needs="see_member")
async def lines(visit: Visit) -> web.Response:
    """The lines, or only those with a fault, a hundred a page."""
    faults = visit.asked("faults") == "yes"
    after = visit.asked("after")
    query = {"limit": str(SHOWN), "faults_only": "true" if faults else "false"}
    if after.isdigit():
        query["after"] = after
    found, told = await asyncio.gather(
        _file(visit), visit.api("GET", f"/v1/city/files/{visit.part('file')}/lines", query=query)
    )
    return visit.show(
        "file_lines.html", file=found, lines=told["lines"], next_after=told["next_after"], faults=faults
    )


@pages.get(f"/files/{_FILE}/report", needs="see_member")
async def report(visit: Visit) -> web.Response:
    return await visit.pass_on(f"/v1/city/files/{visit.part('file')}/report")


@pages.get(f"/files/{_FILE}/approve", needs="approve_grants")
async def approve_page(visit: Visit) -> web.Response:
    found = await _file(visit)
    project = await visit.api("GET", f"/v1/city/projects/{found['project_id']}")
    overlap = await visit.api("GET", f"/v1/city/files/{visit.part('file')}/granted-before")
    return visit.show("file_approve.html", file=found, project=project, overlap=overlap)


@pages.post(f"/files/{_FILE}/approve", needs="approve_grants")
async def approve(visit: Visit) -> web.Response:
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/files/{visit.part('file')}/approval", body=body)
    except Problem as problem:
        return await _file_page(visit, beside(visit, problem))
    return visit.go(f"/files/{visit.part('file')}", done="approved")


@pages.get(f"/files/{_FILE}/cancel", needs="upload_grants")
async def cancel_page(visit: Visit) -> web.Response:
    return visit.show("file_cancel.html", file=await _file(visit))


@pages.post(f"/files/{_FILE}/cancel", needs="upload_grants")
async def cancel(visit: Visit) -> web.Response:
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/files/{visit.part('file')}/cancellation", body=body)
    except Problem as problem:
        return await _file_page(visit, beside(visit, problem))
    return visit.go(f"/files/{visit.part('file')}", done="cancelled")


async def _file(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/files/{visit.part('file')}")


async def _file_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    found, people = await asyncio.gather(_file(visit), visit.api("GET", "/v1/city/people"))
    project = await visit.api("GET", f"/v1/city/projects/{found['project_id']}")
    overlap = None
    if found["state"] == "checked" and visit.signed_in().may("see_member"):
        overlap = await visit.api("GET", f"/v1/city/files/{visit.part('file')}/granted-before")
    return visit.show(
        "file.html",
        status=status(trouble),
        file=found,
        project=project,
        overlap=overlap,
        states=FILE_STATES,
        people={one["staff_id"]: one["display_name"] for one in people["people"]},
        trouble=trouble,
        own=found["uploaded_by"] == visit.signed_in().staff_id,
        done=DONE.get(visit.asked("done"), ""),
    )


async def _upload_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    project = await visit.api("GET", f"/v1/city/projects/{visit.part('project')}")
    return visit.show("file_upload.html", status=status(trouble), project=project, trouble=trouble)
