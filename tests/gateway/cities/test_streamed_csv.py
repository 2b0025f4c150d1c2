"""The CSVs that grow with a city: the bytes of the whole file, a page of it in memory, and seen where it breaks off."""

from __future__ import annotations

import tracemalloc
import uuid
from datetime import date, timedelta

import aiohttp
import pytest
from sqlalchemy import update

from gateway.api.city import audit, carry_ins, grant_files, grant_list
from gateway.cities import tables
from gateway.cities.carry_in.carry_in_report import REPORT_HEADER
from gateway.cities.carry_in.carry_in_report import report_rows as carry_in_rows
from gateway.cities.grants import granted
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.cities.grants.list_report import report_header, report_rows
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditEntry
from httpkit.safe_csv import excel_csv

from .conftest import KASAMA, NOON, OUEN
from .test_carry_in import csv_of, row

PLAN = {
    "project_id": "kosodate", "point_service": OUEN, "name": "子育て", "starts_on": "2018-07-01", "ends_on": "2019-03-31",
    "points_each": 1_000, "budget": 25_000_000,
}  # fmt: skip
PROJECT = ProjectPlan(
    project_id="kosodate", point_service=OUEN, name="子育て", place="市役所", content="応援",
    starts_on=date(2018, 7, 1), ends_on=date(2019, 3, 31), points_each=1_000, budget=25_000_000,
)  # fmt: skip
GRANTS = [
    "日時",
    "マイキーID",
    "ポイント",
    "方法",
    "担当",
    "摘要",
    "取消済み(ポイント)",
    "未返還(ポイント)",
    "番号",
]
AUDIT = ["番号", "日時", "誰が", "職員番号", "何を", "対象", "理由", "内容", "ハッシュ"]


@pytest.fixture(params=[1, 2, 1_000])
def page_size(request, monkeypatch):
    for part in (audit, grant_files, carry_ins):
        monkeypatch.setattr(part, "CSV_PAGE", request.param)
    monkeypatch.setattr(grant_list, "_CSV_MEMBERS", request.param)
    return request.param


async def file_of(site, path, token):
    """The file and its name, which come in pieces."""
    async with site.client() as client:
        answer = await client.request("GET", path, session_token=token)
        assert (answer.status, answer.content_type, answer.charset) == (200, "text/csv", "utf-8")
        assert "Content-Length" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        return await answer.read(), answer.headers["Content-Disposition"]


class TestTheBytesAreThoseOfTheWholeFile:
    async def test_of_grants(self, site, page_size):
        boss = await site.staff_token("administrator")
        assert (await site.decided("/v1/city/projects", boss, PLAN))[0] == 200
        for note in ("=1+1", "0012", "お祝い"):
            member, _ = await site.member_token()
            wanted = {"grant_id": str(uuid.uuid4()), "mykey_id": member.mykey_id, "points": 500, "note": note}
            status, answer = await site.call("POST", "/v1/city/projects/kosodate/grants", boss, json=wanted)
            assert status < 300, answer

        def whole(conn):
            names = {each.staff_id: each.display_name for each in staff_rows.list_by_city(conn, KASAMA)}
            grants = granted.list_by_project(conn, KASAMA, "kosodate", limit=500).grants
            return excel_csv(GRANTS, [grant_list._row(grant, names) for grant in grants])

        data, disposition = await file_of(site, "/v1/city/projects/kosodate/grants/csv", boss)
        assert data == await site.services.store.read(whole)
        assert (data.count(b"\r\n"), data.count(b"'=1+1"), data.count(b"'0012")) == (4, 1, 1)
        assert disposition == 'attachment; filename="grants-kosodate.csv"'
        nobody, _ = await file_of(site, "/v1/city/projects/kosodate/grants/csv?until=2018-07-01", boss)
        assert nobody == excel_csv(GRANTS, [])
        status, problem = await site.call("GET", "/v1/city/projects/nothing/grants/csv", boss)
        assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-project")

    async def test_of_the_audit_log(self, site, page_size):
        boss = await site.staff_token("administrator")
        for reason in ("-1", "3-1", "ふつう"):
            await site.services.store.run(
                lambda conn, reason=reason: audit_log.write(
                    conn, KASAMA, at=NOON, actor="system", actor_name="市", action=AuditAction.LIST_EXPORTED,
                    reason=reason, facts={"list": "audit log"},
                )
            )  # fmt: skip
        data, disposition = await file_of(site, "/v1/city/audit/csv", boss)
        lines = await site.services.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=1_000))
        assert data == excel_csv(AUDIT, [audit._row(line) for line in lines])
        assert len(lines) >= 4
        assert disposition == 'attachment; filename="audit.csv"'

    async def test_of_the_newest_lines_of_a_long_log(self, site, page_size, monkeypatch):
        boss = await site.staff_token("administrator")
        monkeypatch.setattr(audit, "MAX_CSV_LINES", 3)
        entries = [AuditEntry(action=AuditAction.LIST_EXPORTED, reason=str(number)) for number in range(5)]
        await write_lines(site, entries)
        data, _ = await file_of(site, "/v1/city/audit/csv", boss)
        assert data.count(b"\r\n") == 4

    async def test_of_a_checked_list(self, site, page_size):
        boss = await site.staff_token("administrator")
        assert (await site.decided("/v1/city/projects", boss, PLAN))[0] == 200
        member, _ = await site.member_token()
        other, _ = await site.member_token()
        raw = "\n".join(
            ("マイキーID,ポイント,摘要,宛名番号", f"{member.mykey_id},900,,0001", "ZZZZ9999,x,-1,0002", f"{other.mykey_id},5,,", "2,3,=1,")
        )  # fmt: skip
        where = "/v1/city/projects/kosodate/files?name=x.csv&keep=宛名番号"
        _, file = await site.call("POST", where, boss, content=(raw.encode(), "text/csv"))
        assert (file["lines"], file["faults"]) == (4, 2)
        lines = await site.services.city.files.report(KASAMA, file["file_id"], faults_only=False)
        whole = report_rows(sorted(lines, key=lambda line: line.fault is None), ["宛名番号"])
        data, disposition = await file_of(site, f"/v1/city/files/{file['file_id']}/report", boss)
        assert data == excel_csv(report_header(["宛名番号"]), whole)
        assert [text.split(",")[4] for text in data.decode().splitlines()] == ["行", "3", "5", "2", "4"]
        assert disposition == f'attachment; filename="report-{file["file_id"][:8]}.csv"'
        status, problem = await site.call("GET", f"/v1/city/files/{uuid.uuid4().hex}/report", boss)
        assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-file")

    async def test_of_checked_balances(self, site, page_size):
        clerk = await site.staff_token("operator")
        await site.staff_token("approver")
        member, _ = await site.member_token()
        raw = csv_of(
            row("0012", member.mykey_id, "400"), row("2", code="ABCDE12345", points="x"), row("3", "", "7")
        )
        _, file = await site.call("POST", "/v1/city/carry-ins?name=x.csv", clerk, content=(raw, "text/csv"))
        assert file["faults"] == 2
        lines = await site.services.city.carry_ins.report(KASAMA, file["file_id"], faults_only=False)
        whole = carry_in_rows(sorted(lines, key=lambda line: line.fault is None))
        data, disposition = await file_of(site, f"/v1/city/carry-ins/{file['file_id']}/report", clerk)
        assert data == excel_csv(REPORT_HEADER, whole)
        assert b"ABCDE12345" in data
        assert disposition == f'attachment; filename="carry-in-{file["file_id"][:8]}.csv"'
        status, problem = await site.call("GET", f"/v1/city/carry-ins/{uuid.uuid4().hex}/report", clerk)
        assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-file")


async def write_lines(site, entries):
    await site.services.store.run(
        lambda conn: audit_log.write_many(conn, KASAMA, entries, at=NOON, actor="system", actor_name="市")
    )


class TestALongFile:
    async def test_is_never_in_memory_whole(self, site, monkeypatch):
        boss = await site.staff_token("administrator")
        monkeypatch.setattr(audit, "CSV_PAGE", 100)
        for _ in range(10):
            await write_lines(
                site, [AuditEntry(action=AuditAction.LIST_EXPORTED, reason="長い理由" * 100)] * 1_000
            )
        size = 0
        async with site.client() as client:
            tracemalloc.start()
            answer = await client.request("GET", "/v1/city/audit/csv", session_token=boss)
            async for piece in answer.content.iter_chunked(64 * 1024):
                size += len(piece)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert size > 12_000_000
        assert peak < size / 4

    async def test_that_fails_in_the_middle_is_seen_to_be_broken_off(self, site, monkeypatch):
        boss = await site.staff_token("administrator")
        monkeypatch.setattr(audit, "CSV_PAGE", 2)
        await write_lines(site, [AuditEntry(action=AuditAction.LIST_EXPORTED)] * 5)
        page, read = audit_log.page, []

        def failing(*args, **wanted):
            read.append(wanted)
            if len(read) == 2:
                raise ProblemError("busy")
            return page(*args, **wanted)

        monkeypatch.setattr(audit_log, "page", failing)
        async with site.client() as client:
            answer = await client.request("GET", "/v1/city/audit/csv", session_token=boss)
            assert answer.status == 200
            with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
                await answer.read()

    async def test_that_fails_at_its_beginning_is_a_problem(self, site, monkeypatch):
        boss = await site.staff_token("administrator")

        def failing(*_args, **_wanted):
            raise ProblemError("busy")

        monkeypatch.setattr(audit_log, "page", failing)
        status, problem = await site.call("GET", "/v1/city/audit/csv", boss)
        assert (status, problem["type"].rpartition("/")[2]) == (503, "busy")


class TestWhatChangesWhileItIsSent:
    async def test_who_is_granted_more_is_not_left_out(self, town, monkeypatch):
        await town.add_project(PROJECT)
        monkeypatch.setattr(grant_list, "_CSV_MEMBERS", 1)
        who, members = await town.who("operator"), [await town.member() for _ in range(3)]
        for member in members:  # the last one's grant is the newest
            await town.city.grants.to_one(who, "kosodate", str(uuid.uuid4()), member.mykey_id, 500, "")
            town.clock.forward(days=1)
        query = grant_list.GrantDaysQuery()
        pages = grant_list._pages(town.store, KASAMA, "kosodate", query)
        rows = list(await anext(pages))
        await town.city.grants.to_one(who, "kosodate", str(uuid.uuid4()), members[0].mykey_id, 70, "")
        rows += [one async for page in pages for one in page]
        ids = [each[1] for each in rows]
        assert ids == [members[2].mykey_id, members[1].mykey_id, members[0].mykey_id, members[0].mykey_id]

    async def test_a_line_that_gets_its_fault_is_there_once(self, town):
        file_id = await checked_file(town)
        pages = town.city.files.report_pages(KASAMA, file_id, 2)
        numbers = [line.line for line in await anext(pages)]
        await town.store.run(
            lambda conn: conn.execute(
                update(tables.grant_lines)
                .where(tables.grant_lines.c.file_id == file_id, tables.grant_lines.c.line.in_((2, 7)))
                .values(fault="not-granted")
            )
        )
        numbers += [line.line async for page in pages for line in page]
        assert sorted(numbers) == [2, 3, 4, 5, 6, 7]
        assert numbers[:2] == [3, 6]

    async def test_a_file_that_is_checked_anew_is_broken_off(self, town):
        file_id = await checked_file(town)
        pages = town.city.files.report_pages(KASAMA, file_id, 1)
        await anext(pages)
        await town.store.run(
            lambda conn: conn.execute(
                update(tables.grant_files)
                .where(tables.grant_files.c.file_id == file_id)
                .values(uploaded_at=NOON + timedelta(days=1))
            )
        )
        with pytest.raises(ProblemError) as refused:
            await anext(pages)
        assert refused.value.type == "file-state"


async def checked_file(town):
    await town.add_project(PROJECT)
    await town.who("approver")
    ids = [(await town.member()).mykey_id for _ in range(6)]
    points = ["1", "x", "1", "1", "x", "1"]
    raw = "\n".join(
        ["マイキーID,ポイント", *(f"{one},{many}" for one, many in zip(ids, points, strict=True))]
    )
    file, _ = await town.city.files.upload(await town.who("operator"), "kosodate", "x.csv", raw.encode())
    assert file.faults == 2
    return file.file_id
