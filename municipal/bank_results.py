"""The bank's result files (振込結果): uploaded, shown beside what was sent, recorded; and the settings that they are read by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import (
    beside,
    chosen,
    day_param,
    differences,
    drawn_again,
    number,
    status,
    without_number,
)
from municipal.labels import (
    JOURNAL_DAYS,
    JOURNAL_ENCODINGS,
    JOURNAL_FIELDS,
    PAYOUTS,
    RESULT_EFFECTS,
    RESULT_MATCHES,
    RESULT_WORDS,
    SETTLEMENT_SETTINGS,
)
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.typed_text import code
from point_gateway_client import calls, models

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
NUMBERS: Final = ("result_column", "result_length")
ENCODINGS: Final[tuple[Literal["utf-8", "shift_jis"], ...]] = ("utf-8", "shift_jis")
DAYS: Final[tuple[Literal["dashes", "slashes", "plain"], ...]] = ("dashes", "slashes", "plain")
LISTS: Final = ("paid_codes", "returned_codes", "recalled_codes", "pending_codes")


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
    call = calls.record_bank_result(
        cycle, file_number, seen=visit.form.get("seen", ""), reason=visit.form.get("reason", "")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        return await _result_page(visit, beside(visit, problem))
    return visit.redirect(f"/settlements/{cycle}/bank-results/{file_number}", done="recorded")


@pages.get("/settlement-settings", needs="keep_banks")
async def settings_page(visit: Visit) -> web.Response:
    settings = await visit.send(calls.get_settlement_settings())
    return _settings_page(visit, settings, _typed(settings), None)


@pages.post("/settlement-settings", needs="keep_banks")
async def propose_settings(visit: Visit) -> web.Response:
    """Always a proposal: a wrong column reads what came back as paid."""
    typed = dict(visit.form)
    trouble = without_number(typed, *NUMBERS)
    if trouble is None:
        try:
            return to_proposal(visit, await visit.send(_change(typed)))
        except Problem as problem:
            trouble = beside(visit, problem)
            if problem.word == "bad-settlement-settings":
                trouble = replace(trouble, field=str(problem.facts.get("field", "")))
    settings = await visit.send(calls.get_settlement_settings())
    return _settings_page(visit, settings, drawn_again(trouble, settings, typed), trouble)


def _change(typed: Mapping[str, str]) -> Any:
    return calls.change_settlement_settings(
        bank_sheet=typed.get("bank_sheet", ""),
        result_column=number(typed["result_column"]) or 0,
        result_length=number(typed["result_length"]) or 0,
        paid_codes=_codes(typed, "paid_codes"),
        returned_codes=_codes(typed, "returned_codes"),
        recalled_codes=_codes(typed, "recalled_codes"),
        pending_codes=_codes(typed, "pending_codes"),
        journal_columns=_columns(typed.get("journal_columns", "")),
        journal_encoding=chosen(typed, "journal_encoding", ENCODINGS),
        journal_days=chosen(typed, "journal_days", DAYS),
        journal_debit=typed.get("journal_debit", ""),
        journal_credit=typed.get("journal_credit", ""),
        journal_summary=typed.get("journal_summary", ""),
        reason=typed.get("reason", ""),
        seen=typed.get("seen") or None,
    )


def _columns(typed: str) -> list[models.JournalColumnOf]:
    """Columns as the form has them: `見出し=word`, one a line or with commas between. Raises Problem for a word that is none."""
    parts = [part.strip() for part in typed.replace("\r", "").replace("\n", ",").split(",")]
    columns = []
    for part in filter(None, parts):
        title, _, word = part.rpartition("=")
        columns.append(models.JournalColumnOf(title=title, field_=_field(word.strip())))
    return columns


def _field(word: str) -> Any:
    if word not in JOURNAL_FIELDS:
        raise Problem("bad-settlement-settings", 422, facts={"field": "journal_columns"})
    return word


def _codes(typed: Mapping[str, str], name: str) -> list[str]:
    parts = typed.get(name, "").replace("、", ",").replace("，", ",").replace(" ", ",").split(",")
    return [plain for part in parts if (plain := code(part))]


def _typed(settings: models.SettlementSettingsView) -> dict[str, str]:
    """The settings as the form shows them; a list with commas between."""
    typed = {"seen": settings.version}
    for name in SETTLEMENT_SETTINGS:
        value = getattr(settings, name)
        typed[name] = ",".join(map(_text, value)) if isinstance(value, list) else str(value)
    return typed


def _text(value: str | models.JournalColumnView) -> str:
    return value if isinstance(value, str) else f"{value.title}={value.field_}"


def _settings_page(
    visit: Visit,
    settings: models.SettlementSettingsView,
    typed: Mapping[str, str],
    trouble: ErrorMessage | None,
) -> web.Response:
    return visit.render(
        "settlement_settings.html",
        status=status(trouble),
        typed=typed,
        trouble=trouble,
        labels=SETTLEMENT_SETTINGS,
        encodings=JOURNAL_ENCODINGS,
        days=JOURNAL_DAYS,
        fields=JOURNAL_FIELDS,
        differences=differences(trouble, SETTLEMENT_SETTINGS, settings, typed),
    )


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
    result = await visit.send(calls.get_bank_result(cycle, file_number))
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
        typed=visit.form,
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )


async def _people(visit: Visit) -> dict[str, str]:
    return {person.staff_id: person.display_name for person in (await visit.send(calls.name_people())).people}
