"""Files of grants: sent as CSV and checked whole, looked at line by line, approved as a proposal, then followed.

The page of a file that is being granted asks for its progress by itself, which keeps no session alive.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import beside, number, status
from municipal.labels import FILE_STATES
from municipal.projects import PROJECT
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import UNSET, UnsetType, calls, models

pages = Pages(needs="see")

MAX_REQUEST_BYTES: Final = 17 * 1024 * 1024
"""A little above the gateway's own limit, whose words about it are better."""
MAX_FILE_BYTES: Final = 16 * 1024 * 1024
SHOWN: Final = 100
DONE: Final[dict[str, str]] = {
    "sent": "ファイルを受け付け、全行を確認しました。",
    "again": "同じ内容のファイルは受け付け済みです。二重には登録されていません。",
    "cancelled": "ファイルを取り下げました。",
}
_FILE: Final = r"{file:[0-9a-f]{32}}"
_LINE: Final = re.compile(r"[0-9]{1,9}")
NO_FILE: Final = ErrorMessage(
    "ファイルを選んでください", "CSVかExcelのファイルを選んでから送ってください。", 422, field="file"
)
UNREADABLE: Final[dict[str, tuple[str, str]]] = {
    "encoding": (
        "文字を読み取れません",
        "%(line)s 行目に、UTF-8・UTF-16・Shift_JIS のどれでもない文字があります。Excelで開いて、.xlsx か「CSV UTF-8」で保存し直してください。",
    ),
    "nul": (
        "CSVかExcelのファイルではありません",
        "%(line)s 行目に、文字ではないデータがあります。Excelで開いて、.xlsx か「CSV UTF-8」で保存し直してください。",
    ),
    "quotes": (
        '引用符（"）の対応が取れていません',
        "%(line)s 行目までのどこかで、引用符が閉じていません。そのセルを直すか、.xlsx で保存し直してください。",
    ),
    "excel-old": (
        "古い形式かパスワード付きのExcelファイルです",
        "パスワードを外し、「Excel ブック（.xlsx）」で保存し直してください。",
    ),
    "excel-broken": (
        "Excelのファイルを開けません",
        "Excelで一度開いて、「Excel ブック（.xlsx）」で保存し直してください。",
    ),
    "excel-too-large": (
        "Excelのファイルの中身が大きすぎます",
        "名簿のシートだけを新しいブックに写して、.xlsx か「CSV UTF-8」で保存し直してください。",
    ),
}
_COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "mykey_id": (
        "マイキーIDの列が分かりません",
        "見出しの行に「マイキーID」の列を一つだけ入れるか、その列の名前を下の欄に入力してください。",
    ),
    "points": (
        "ポイントの列が分かりません",
        "見出しの行に「ポイント」の列を一つだけ入れるか、その列の名前か全員のポイントを、下の欄のどちらか一方に入力してください。",
    ),
    "note": (
        "摘要の列が二つあります",
        "摘要にする列の名前を下の欄に入力してください。",
    ),
    "keep": (
        "残す列が見出しにありません",
        "列の名前を、見出しの行のとおりに入力してください。10列までです。",
    ),
}
_FIELD_OF_COLUMN: Final = {
    "mykey_id": "mykey_id_column",
    "points": "points_column",
    "note": "note_column",
    "keep": "keep",
}
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_LARGE: Final = ErrorMessage(
    "ファイルまたは入力が大きすぎます", "ファイルは16 MBまで、10万行までに分けてください。", 413
)


@pages.get("/files")
async def file_list(visit: Visit) -> web.Response:
    files, projects = await asyncio.gather(visit.send(calls.list_files()), visit.send(calls.list_projects()))
    names = {project.project_id: project.name for project in projects.projects}
    return visit.render("files.html", files=files.files, names=names, states=FILE_STATES)


@pages.get(f"/projects/{PROJECT}/file", needs="upload_grants")
async def upload_page(visit: Visit) -> web.Response:
    return await _upload_page(visit, None)


@pages.post(f"/projects/{PROJECT}/file", needs="upload_grants", limit=MAX_REQUEST_BYTES)
async def upload(visit: Visit) -> web.Response:
    """Checked whole before anything else; the same content again is the same file."""
    sent = visit.files.get("file")
    if sent is None or not sent.filename:
        return await _upload_page(visit, NO_FILE)
    points_for_all: int | UnsetType = UNSET
    if visit.form.get("points_for_all", ""):
        points = number(visit.form["points_for_all"])
        if not points:
            return await _upload_page(visit, no_number("points_for_all"))
        points_for_all = points
    content = await asyncio.to_thread(sent.file.read, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return await _upload_page(visit, TOO_LARGE)
    known = {file.file_id for file in (await visit.send(calls.list_files())).files}
    call = calls.upload_grants(
        visit.path_param("project"),
        name="".join(letter for letter in sent.filename if letter.isprintable())[:200],
        content=content,
        mykey_id_column=_column(visit, "mykey_id_column"),
        points_column=_column(visit, "points_column"),
        note_column=_column(visit, "note_column"),
        keep=_column(visit, "keep"),
        once=_column(visit, "once"),
        points_for_all=points_for_all,
        media_type=XLSX if content.startswith(b"PK") else "text/csv",
    )
    try:
        file = await visit.send(call)
    except Problem as problem:
        return await _upload_page(visit, _refused(visit, problem))
    return visit.redirect(f"/files/{file.file_id}", done="again" if file.file_id in known else "sent")


def _column(visit: Visit, name: str) -> str | UnsetType:
    """A name of columns that was typed, if any."""
    return visit.form.get(name, "").strip() or UNSET


@pages.get(f"/files/{_FILE}")
async def file_page(visit: Visit) -> web.Response:
    return await _file_page(visit, None)


@pages.get(f"/files/{_FILE}/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """The part of the page that updates itself. htmx is asked to load the whole page once the file has ended."""
    file = await _file(visit)
    answer = visit.render("_file_progress.html", file=file, states=FILE_STATES)
    if file.state != "approved":
        answer.headers["HX-Refresh"] = "true"
    return answer


@pages.get(f"/files/{_FILE}/lines", needs="see_member")
async def lines(visit: Visit) -> web.Response:
    """The lines, or only those with a fault, a hundred a page."""
    faults = visit.query("faults") == "yes"
    after = visit.query("after")
    call = calls.file_lines(
        visit.path_param("file"),
        faults_only=faults,
        after=int(after) if _LINE.fullmatch(after) else UNSET,
        limit=SHOWN,
    )
    file, page = await asyncio.gather(_file(visit), visit.send(call))
    return visit.render(
        "file_lines.html", file=file, lines=page.lines, next_after=page.next_after, faults=faults
    )


@pages.get(f"/files/{_FILE}/report", needs="see_member")
async def report(visit: Visit) -> web.Response:
    is_workbook = visit.query("format") == "xlsx"
    make_call = calls.file_report_workbook if is_workbook else calls.file_report
    return await visit.proxy_download(make_call(visit.path_param("file")))


@pages.get(f"/files/{_FILE}/cancel", needs="upload_grants")
async def cancel_page(visit: Visit) -> web.Response:
    return visit.render("file_cancel.html", file=await _file(visit))


@pages.post(f"/files/{_FILE}/cancel", needs="upload_grants")
async def cancel(visit: Visit) -> web.Response:
    try:
        await visit.send(calls.cancel_file(visit.path_param("file"), reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _file_page(visit, beside(visit, problem))
    return visit.redirect(f"/files/{visit.path_param('file')}", done="cancelled")


async def _file(visit: Visit) -> models.FileView:
    return await visit.send(calls.get_file(visit.path_param("file")))


async def _file_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    file, people = await asyncio.gather(_file(visit), visit.send(calls.name_people()))
    project = await visit.send(calls.get_project(file.project_id))
    overlap = None
    if file.state == "checked" and visit.signed_in().may("see_member"):
        overlap = await visit.send(calls.file_granted_before(file.file_id))
    return visit.render(
        "file.html",
        status=status(trouble),
        file=file,
        project=project,
        overlap=overlap,
        states=FILE_STATES,
        people={person.staff_id: person.display_name for person in people.people},
        trouble=trouble,
        own=file.uploaded_by == visit.signed_in().staff_id,
        done=DONE.get(visit.query("done"), ""),
    )


def list_refused(visit: Visit, problem: Problem) -> ErrorMessage:
    """Why a list was not taken, and what to do in the program that it comes from."""
    facts = {"line": visit.speech.fact(problem.facts.get("line", 0))}
    if (sentences := UNREADABLE.get(str(problem.facts.get("why", "")))) is not None:
        return ErrorMessage(*sentences, problem.status, facts, "file")
    column = str(problem.facts.get("column", ""))
    if problem.word == "csv-columns" and column:
        return ErrorMessage(
            "列が足りないか、二つあります",
            "見出しの行に「%(column)s」の列を一つだけ入れてください。",
            problem.status,
            {"column": column},
            "file",
        )
    return beside(visit, problem)


def _refused(visit: Visit, problem: Problem) -> ErrorMessage:
    """The same for grants, whose columns can be named in the form."""
    column = str(problem.facts.get("column", ""))
    if problem.word == "csv-columns" and column in _COLUMNS:
        return ErrorMessage(*_COLUMNS[column], problem.status, field=_FIELD_OF_COLUMN[column])
    return list_refused(visit, problem)


async def _upload_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    project = await visit.send(calls.get_project(visit.path_param("project")))
    return visit.render(
        "file_upload.html", status=status(trouble), project=project, trouble=trouble, typed=visit.form
    )
