"""The bank's result files (振込結果): uploaded, shown beside what was sent, recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from municipal.error_messages import NO_FEE, ErrorMessage
from municipal.forms import beside, day_param, number, status
from municipal.labels import FEE_BEARERS, PAYOUTS, RESULT_EFFECTS, RESULT_MATCHES, RESULT_WORDS
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls

pages = Pages(needs="see")

MAX_FILE_BYTES: Final = 4 * 1024 * 1024
_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"
_NUMBER: Final = r"{number:[0-9]{1,4}}"
_NO_FILE: Final = ErrorMessage(
    "ファイルを選んでください", "銀行のサイトで保存した結果ファイルを選んでください。", 422, field="file"
)
_TOO_LARGE: Final = ErrorMessage(
    "ファイルが大きすぎます", "4 MBまでの、1回分の振込の結果ファイルを選んでください。", 422, field="file"
)
DONE: Final[Mapping[str, str]] = {
    "read": "読み込みました。まだ何も登録されていません。内容を確認してください。",
    "again": "このファイルは読み込み済みです。いまの状態と比べて表示しています。",
    "recorded": "登録しました。振込不能と組戻しは、別の職員が承認すると登録されます。",
}


@pages.get(f"/settlements/{_CYCLE}/bank-results", needs="settle")
async def upload_page(visit: Visit) -> web.Response:
    return await _upload_page(visit, None)


@pages.post(f"/settlements/{_CYCLE}/bank-results", needs="settle", limit=MAX_FILE_BYTES + 64 * 1024)
async def upload(visit: Visit) -> web.Response:
    """Read and shown; nothing takes effect by it."""
    sent = visit.files.get("file")
    if sent is None or not sent.filename:
        return await _upload_page(visit, _NO_FILE)
    content = await asyncio.to_thread(sent.file.read, MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return await _upload_page(visit, _TOO_LARGE)
    cycle = day_param(visit, "cycle")
    known = {file.number for file in (await visit.send(calls.list_bank_results(cycle))).files}
    try:
        result = await visit.send(calls.upload_bank_result(cycle, content=content))
    except Problem as problem:
        return await _upload_page(visit, replace(beside(visit, problem), field="file"))
    done = "again" if result.file.number in known else "read"
    return visit.redirect(f"/settlements/{cycle}/bank-results/{result.file.number}", done=done)


@pages.get(f"/settlements/{_CYCLE}/bank-results/{_NUMBER}", needs="settle")
async def result_page(visit: Visit) -> web.Response:
    """What the file says of each shop, and what does not fit."""
    return await _result_page(visit, None)


@pages.post(f"/settlements/{_CYCLE}/bank-results/{_NUMBER}", needs="settle")
async def record(visit: Visit) -> web.Response:
    cycle, file_number = day_param(visit, "cycle"), int(visit.path_param("number"))
    typed = visit.form.get("return_fee_yen", "")
    fee = number(typed)
    if typed and fee is None:
        return await _result_page(visit, NO_FEE)
    call = calls.record_bank_result(
        cycle, file_number, seen=visit.form.get("seen", ""), reason=visit.form.get("reason", ""), return_fee_yen=fee,
    )  # fmt: skip
    try:
        await visit.send(call)
    except Problem as problem:
        return await _result_page(visit, beside(visit, problem))
    return visit.redirect(f"/settlements/{cycle}/bank-results/{file_number}", done="recorded")


async def _upload_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    cycle = day_param(visit, "cycle")
    listed, settings = await asyncio.gather(
        visit.send(calls.list_bank_results(cycle)), visit.send(calls.get_settlement_settings())
    )
    return visit.render(
        "bank_results.html",
        status=status(trouble),
        cycle=cycle,
        files=listed.files,
        settings=settings,
        people=await _people(visit),
        typed=visit.form,
        trouble=trouble,
    )


async def _result_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    cycle, file_number = day_param(visit, "cycle"), int(visit.path_param("number"))
    result, settings = await asyncio.gather(
        visit.send(calls.get_bank_result(cycle, file_number)), visit.send(calls.get_settlement_settings())
    )
    effects = {effect: [line for line in result.lines if line.effect == effect] for effect in RESULT_EFFECTS}
    return visit.render(
        "bank_result.html",
        status=status(trouble),
        cycle=cycle,
        result=result,
        groups=[(effect, lines) for effect, lines in effects.items() if lines],
        to_record=len(effects["record"]) + len(effects["propose"]),
        paid=effects["record"],
        effects=RESULT_EFFECTS,
        matches=RESULT_MATCHES,
        words=RESULT_WORDS,
        states=PAYOUTS,
        people=await _people(visit),
        bearer=FEE_BEARERS[settings.return_fee_bearer],
        typed={"return_fee_yen": str(settings.return_fee_yen), **visit.form},
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )


async def _people(visit: Visit) -> dict[str, str]:
    return {person.staff_id: person.display_name for person in (await visit.send(calls.name_people())).people}
