"""Balances of a former system (引継ぎ): sent and checked whole, compared with that system's sums, proposed, reconciled."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import beside, number, status
from municipal.grant_files import (
    MAX_FILE_BYTES,
    MAX_REQUEST_BYTES,
    NO_FILE,
    SHOWN,
    TOO_LARGE,
    XLSX,
    list_refused,
)
from municipal.labels import CARRY_IN_STATES, ORIGINS
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "sent": "ファイルを受け付け、全行を確認しました。",
    "again": "同じ内容のファイルは受け付け済みです。二重には登録されていません。",
    "cancelled": "ファイルを取り下げました。",
    "proposed": "提案しました。別の職員が承認すると、引継ぎが始まります。",
}
LAST_DAYS: Final[dict[str, str]] = {"day": "最終日", "month": "最終日の月", "year": "最終日の年"}
_FILE: Final = r"{file:[0-9a-f]{32}}"


@pages.get("/carry-ins")
async def file_list(visit: Visit) -> web.Response:
    return visit.render(
        "carry_ins.html", files=(await visit.send(calls.list_carry_ins())).files, states=CARRY_IN_STATES
    )


@pages.get("/carry-ins/new", needs="upload_grants")
async def upload_page(visit: Visit) -> web.Response:
    return await _upload_page(visit, None)


@pages.post("/carry-ins/new", needs="upload_grants", limit=MAX_REQUEST_BYTES)
async def upload(visit: Visit) -> web.Response:
    """Checked whole before anything else; the same content again is the same file."""
    sent = visit.files.get("file")
    if sent is None or not sent.filename:
        return await _upload_page(visit, NO_FILE)
    content = await asyncio.to_thread(sent.file.read, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return await _upload_page(visit, TOO_LARGE)
    known = {file.file_id for file in (await visit.send(calls.list_carry_ins())).files}
    call = calls.upload_carry_in(
        name="".join(letter for letter in sent.filename if letter.isprintable())[:200],
        content=content,
        media_type=XLSX if content.startswith(b"PK") else "text/csv",
    )
    try:
        file = await visit.send(call)
    except Problem as problem:
        return await _upload_page(visit, list_refused(visit, problem))
    return visit.redirect(f"/carry-ins/{file.file_id}", done="again" if file.file_id in known else "sent")


@pages.get("/carry-ins/join", needs="help_member")
async def join_page(visit: Visit) -> web.Response:
    """Before it is proposed: whose number it is, and what becomes of the code."""
    return visit.render("carry_in_join.html", typed={}, trouble=None)


@pages.post("/carry-ins/join", needs="help_member")
async def propose_join(visit: Visit) -> web.Response:
    """The number of who has lost the code, for the MyKey ID that the person shows; another person decides."""
    typed = dict(visit.form)
    number_typed, mykey_id = (typed.get(name, "")[:100] for name in ("number", "mykey_id"))
    call = calls.propose_carry_in_join(number=number_typed, mykey_id=mykey_id, reason=typed.get("reason", ""))
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render("carry_in_join.html", status=trouble.status, typed=typed, trouble=trouble)
    return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")


@pages.get(f"/carry-ins/{_FILE}")
async def file_page(visit: Visit) -> web.Response:
    return await _file_page(visit, None)


@pages.post(f"/carry-ins/{_FILE}", needs="upload_grants")
async def propose(visit: Visit) -> web.Response:
    """The sums that the former system reports, a field for each point service and last day, month or year."""
    file = await _file(visit)
    totals = []
    for place, total in enumerate(file.totals):
        points = number(visit.form.get(f"total-{place}", ""))
        if points is None:
            return await _file_page(visit, no_number(f"total-{place}"))
        totals.append(
            models.TotalWanted(point_service=total.point_service, last_day=total.last_day, points=points)
        )
    try:
        await visit.send(
            calls.propose_carry_in(file.file_id, totals=totals, reason=visit.form.get("reason", ""))
        )
    except Problem as problem:
        return await _file_page(visit, _differs(visit, file, problem))
    return visit.redirect(f"/carry-ins/{file.file_id}", done="proposed")


@pages.get(f"/carry-ins/{_FILE}/lines", needs="see_member")
async def lines(visit: Visit) -> web.Response:
    """The lines, or only those with a fault, a hundred a page."""
    faults, after = visit.query("faults") == "yes", visit.query("after")
    is_page = after.isascii() and after.isdigit() and len(after) < 7
    call = calls.carry_in_lines(
        visit.path_param("file"), faults_only=faults, after=int(after) if is_page else UNSET, limit=SHOWN
    )
    file, page = await asyncio.gather(_file(visit), visit.send(call))
    return visit.render(
        "carry_in_lines.html",
        file=file,
        lines=page.lines,
        next_after=page.next_after,
        faults=faults,
        origins=ORIGINS,
    )


@pages.get(f"/carry-ins/{_FILE}/report", needs="upload_grants")
async def report(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.carry_in_report(visit.path_param("file")))


@pages.get(f"/carry-ins/{_FILE}/reconciliation")
async def reconciliation(visit: Visit) -> web.Response:
    """The file held against the ledger."""
    file_id = visit.path_param("file")
    file, found = await asyncio.gather(_file(visit), visit.send(calls.reconcile_carry_in(file_id)))
    return visit.render(
        "carry_in_reconciliation.html", file=file, report=found, origins=ORIGINS, names=await _names(visit)
    )


@pages.get(f"/carry-ins/{_FILE}/reconciliation/csv")
async def reconciliation_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.reconciliation_of_carry_in(visit.path_param("file")))


@pages.post(f"/carry-ins/{_FILE}/cancel", needs="upload_grants")
async def cancel(visit: Visit) -> web.Response:
    file_id = visit.path_param("file")
    try:
        await visit.send(calls.cancel_carry_in(file_id, reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _file_page(visit, beside(visit, problem))
    return visit.redirect(f"/carry-ins/{file_id}", done="cancelled")


async def _file(visit: Visit) -> models.CarryInView:
    return await visit.send(calls.get_carry_in(visit.path_param("file")))


async def _file_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    file, people = await asyncio.gather(_file(visit), visit.send(calls.name_people()))
    return visit.render(
        "carry_in.html",
        status=status(trouble),
        file=file,
        states=CARRY_IN_STATES,
        people={person.staff_id: person.display_name for person in people.people},
        trouble=trouble,
        typed=visit.form,
        names=await _names(visit),
        last_days=[_last_day(visit, file.totals_by, total.last_day) for total in file.totals],
        by=LAST_DAYS[file.totals_by],
        own=file.uploaded_by == visit.signed_in().staff_id,
        done=DONE.get(visit.query("done"), ""),
    )


def _last_day(visit: Visit, by: str, last_day: date | None) -> str:
    """The last day of a sum for people, or the month or year that it is in."""
    if last_day is None:
        return visit.speech.plain("期限なし")
    if by == "year":
        return visit.speech.plain("%(year)s年", year=last_day.year)
    return visit.speech.day(last_day) if by == "day" else visit.speech.month(f"{last_day:%Y-%m}")


def _differs(visit: Visit, file: models.CarryInView, problem: Problem) -> ErrorMessage:
    """Which sum is not the file's, beside its field."""
    if problem.word != "totals-differ":
        return beside(visit, problem)
    facts = problem.facts
    places = (
        f"total-{place}"
        for place, total in enumerate(file.totals)
        if total.point_service == facts["point_service"]
        and (total.last_day.isoformat() if total.last_day else "") == facts["last_day"]
    )
    return ErrorMessage(
        "合計がファイルと違います",
        "ファイルの合計は %(file)s ポイント、入力された合計は %(typed)s ポイントです。前のシステムの報告と、ファイルの行の過不足を確かめてください。",
        problem.status,
        {
            "file": visit.speech.fact(facts["file_points"]),
            "typed": visit.speech.fact(facts["reported_points"]),
        },
        next(places, ""),
    )


async def _upload_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    services = (await visit.send(calls.list_city_point_services())).point_services
    ids = [service.point_service for service in services if service.closed_at is None]
    return visit.render("carry_in_new.html", status=status(trouble), trouble=trouble, services=ids)


async def _names(visit: Visit) -> dict[str, str]:
    """What the city's point services are called."""
    services = (await visit.send(calls.list_city_point_services())).point_services
    return {service.point_service: service.name for service in services}
