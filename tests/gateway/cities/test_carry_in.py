"""Balances from a predecessor's system: no point is lost or doubled, by whatever file, twice or cut off anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from core_ledger import Transfer, chart, ledger
from core_ledger.read_model import moves
from gateway.cities import tables
from gateway.cities.carry_in import (
    carry_in_lines,
    carry_in_list,
    carry_in_rows,
    carry_in_tidying,
    reconciliation,
)
from gateway.cities.carry_in.carry_in_report import REPORT_HEADER, reconciliation_csv, report_rows
from gateway.cities.carry_in.carry_in_rows import LotTotal
from gateway.cities.member_data import erasure
from gateway.cities.statistics import daily_stats, half_year
from gateway.errors import ProblemError
from gateway.members import member_events
from gateway.members.member_rows import require_member
from gateway.platform import audit_log
from gateway.points.rules import Expiry, PointRule
from httpkit.safe_csv import excel_csv

from .conftest import KASAMA, MITO, NOON, OUEN, another_town

HEADER = "利用者番号,マイキーID,引継ぎコード,ポイント制度,ポイント,発行日,最終日,有償・無償"
TODAY = NOON.date()


def csv_of(*rows: str) -> bytes:
    return "\r\n".join((HEADER, *rows)).encode()


def row(
    number="0012",
    mykey_id="",
    points="500",
    issued="2018-04-01",
    last="",
    origin="無償",
    code="",
    service=OUEN,
):
    return f'{number},{mykey_id},{code},{service},"{points}",{issued},{last},{origin}'


def report_of(lines) -> bytes:
    return excel_csv(REPORT_HEADER, report_rows(lines))


async def upload(town, raw, role="operator"):
    await town.who("approver")
    return (await town.city.carry_ins.upload(await town.who(role), "balances.csv", raw))[0]


async def faults_of(town, file):
    lines = await town.city.carry_ins.report(KASAMA, file.file_id, faults_only=True)
    return [(line.line, line.fault) for line in lines]


async def approve(town, file):
    """Proposed with the file's own sums, decided by another; what follows the decision is waited for."""
    totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
    proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
    await town.decided(proposal)
    return await town.city.carry_ins.apply(KASAMA, file.file_id)


async def carried(town, *rows):
    file = await upload(town, csv_of(*rows))
    assert file.state == "checked", await faults_of(town, file)
    return await approve(town, file)


async def lots(town, member):
    book, account = chart.member_book(member.member_id), chart.municipal(member.member_id, KASAMA, OUEN)
    return [
        (lot.issued_on, lot.points)
        for lot in await town.store.read(lambda conn: ledger.lots(conn, book, account))
    ]


class TestWhatIsCarriedIn:
    async def test_points_come_with_their_days_of_issue_and_their_source(self, town):
        member = await town.member()
        file = await carried(
            town,
            row("0012", member.mykey_id, "1,500", "2017-10-01", origin="有償"),
            row("0012", member.mykey_id, "300", "2018/4/1"),
        )
        assert file.state == "applied"
        assert await lots(town, member) == [(date(2017, 10, 1), 1_500), (date(2018, 4, 1), 300)]
        assert await town.total(chart.carried_in(KASAMA, "paid")) == -1_500
        assert await town.total(chart.carried_in(KASAMA, "free")) == -300

    async def test_nothing_moves_before_another_person_has_decided(self, town):
        member = await town.member()
        file = await upload(town, csv_of(row(mykey_id=member.mykey_id)))
        who = await town.who("operator")
        proposal = await town.city.carry_ins.propose(
            who, file.file_id, [LotTotal(point_service=OUEN, last_day=None, points=500)]
        )
        assert await town.balance(member.member_id) == 0
        boss = await town.who("operator")
        with pytest.raises(ProblemError) as refused:
            await town.city.proposals.approve(boss, proposal.proposal_id, proposal.digest, "")
        assert refused.value.type in ("second-person-missing", "role-not-allowed")
        assert await town.balance(member.member_id) == 0
        await town.decided(proposal)
        await town.city.carry_ins.resume()
        assert await town.balance(member.member_id) == 500

    async def test_an_excel_file_is_read_too(self, town):
        member = await town.member()
        workbook = Workbook()
        workbook.active.append(["前のシステムの残高"])
        workbook.active.append(HEADER.split(","))
        workbook.active.append(["12", member.mykey_id, None, OUEN, 250.0, date(2018, 4, 1), None, "無償"])
        raw = io.BytesIO()
        workbook.save(raw)
        file = await upload(town, raw.getvalue())
        await approve(town, file)
        assert await town.balance(member.member_id) == 250


class TestTheSums:
    @pytest.mark.parametrize(
        "totals",
        [
            [],
            [LotTotal(point_service=OUEN, last_day=None, points=499)],
            [LotTotal(point_service=OUEN, last_day=date(2019, 3, 31), points=500)],
            [
                LotTotal(point_service=OUEN, last_day=None, points=500),
                LotTotal(point_service="other", last_day=None, points=1),
            ],
        ],
    )
    async def test_that_the_predecessor_reports_are_the_files(self, town, totals):
        member = await town.member()
        file = await upload(town, csv_of(row(mykey_id=member.mykey_id)))
        with pytest.raises(ProblemError) as refused:
            await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals)
        assert refused.value.type == "totals-differ"
        assert await town.city.carry_ins.proposal_of(KASAMA, file.file_id) is None

    async def test_are_by_last_day(self, town):
        await town.announce(PointRule(expiry=Expiry.FISCAL_YEAR), TODAY)
        member = await town.member()
        file = await upload(
            town,
            csv_of(
                row("1", member.mykey_id, "100", "2018-07-31", "2019-03-31"),
                row("1", member.mykey_id, "200", "2018-04-01", "2019-03-31"),
            ),
        )
        assert file.state == "checked", await faults_of(town, file)
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        assert totals.sums == [LotTotal(point_service=OUEN, last_day=date(2019, 3, 31), points=300)]

    @pytest.mark.parametrize(
        ("most", "by", "sums"),
        [
            (3, "day", {"2018-08-04": 1, "2018-08-20": 2, "2019-07-02": 4}),
            (2, "month", {"2018-08-31": 3, "2019-07-31": 4}),
            (1, "year", {"2018-12-31": 3, "2019-12-31": 4}),
        ],
    )
    async def test_are_by_month_or_year_where_last_days_are_too_many_and_every_line_counts(
        self, town, monkeypatch, most, by, sums
    ):
        monkeypatch.setattr(carry_in_rows, "MAX_SUMS", most)
        await town.announce(PointRule(expiry=Expiry.MONTHS, expiry_count=12), TODAY)
        member = await town.member()
        days = [("2017-08-05", "2018-08-04"), ("2017-08-21", "2018-08-20"), ("2018-07-03", "2019-07-02")]

        def with_points(*points):
            rows = zip(days, points, strict=True)
            return csv_of(*(row("1", member.mykey_id, str(each), *both) for both, each in rows))

        file = await upload(town, with_points(1, 2, 4))
        assert file.state == "checked", await faults_of(town, file)
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        assert (totals.by, {each.last_day.isoformat(): each.points for each in totals.sums}) == (by, sums)
        operator = await town.who("operator")
        wrong = [*totals.sums[:-1], replace(totals.sums[-1], points=5)]
        with pytest.raises(ProblemError) as refused:
            await town.city.carry_ins.propose(operator, file.file_id, wrong)
        assert refused.value.facts["last_day"] == totals.sums[-1].last_day.isoformat()
        proposal = await town.city.carry_ins.propose(operator, file.file_id, totals.sums)
        assert totals.by.text(totals.sums[0].last_day) in proposal.facts["totals"]
        other = await upload(town, with_points(2, 1, 4))  # the same sum of August 2018
        other_totals = await town.city.carry_ins.totals(KASAMA, other.file_id)
        again = await town.city.carry_ins.propose(operator, other.file_id, other_totals.sums)
        assert again.facts["content_hash"] != proposal.facts["content_hash"]


class TestALineThatCannotBeCarriedIn:
    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            (row("", "M"), "number"),
            (row("1.2E+10", "M"), "number-made"),
            (row("1", "12"), "mykey-id"),
            (row("1", "2345-6789"), "unknown-member"),
            (row("1"), "nobody"),
            (row("1", code="12345"), "code"),
            (row("1", "M", "x"), "points"),
            (row("1", "M", "1.5"), "points"),
            (row("1", "M", "0"), "points-range"),
            (row("1", "M", "10000001"), "points-range"),
            (row("1", "M", issued="2018-02-30"), "issued-on"),
            (row("1", "M", issued="1989-12-31"), "issued-on"),
            (row("1", "M", issued="2018-08-01"), "issued-later"),
            (row("1", "M", last="来年"), "last-day"),
            (row("1", "M", last="2018-07-30"), "expired"),
            (row("1", "M", last="2020-03-31"), "last-day-differs"),
            (row("1", "M", origin="両方"), "origin"),
            (row("1", "M", service="nowhere"), "service"),
            (row("1", "M", service="mito-ouen"), "service"),
            (row("1", "M") + ",more", "columns"),
            (row("=1", "M"), "formula"),
        ],
    )
    async def test_says_what_is_wrong_with_what_was_typed_and_the_report_can_be_sent_again(
        self, town, line, fault
    ):
        member = await town.member()
        file = await upload(town, csv_of(line.replace(",M,", f",{member.mykey_id},")))
        assert file.state == "faulty"
        assert await faults_of(town, file) == [(2, fault)]
        lines = await town.city.carry_ins.report(KASAMA, file.file_id, faults_only=False)
        report = report_of(lines)
        assert carry_in_list.FAULTS[fault].remedy in report.decode("utf-8-sig")
        again = await upload(town, report)
        if fault not in (
            "columns",
            "formula",
        ):  # what stood beyond the header is left out, a formula is quoted
            assert [each for _, each in await faults_of(town, again)] == [fault]

    async def test_a_lot_stands_once_one_person_has_a_number_and_one_number_a_code(self, town):
        one, other = await town.member(), await town.member()
        file = await upload(
            town,
            csv_of(
                row("012", one.mykey_id),
                row("0-12", one.mykey_id, "7"),
                row("１２", other.mykey_id, issued="2018-05-01"),
                row("13", code="ABCDE12345"),
                row("14", code="abcde-12345"),
            ),
        )
        assert await faults_of(town, file) == [(3, "duplicate"), (4, "two-people"), (6, "code-twice")]

    @pytest.mark.parametrize("name", list(carry_in_list.COLUMNS))
    async def test_a_header_without_a_column_is_refused_as_a_whole(self, town, name):
        header = ",".join(
            "別の列" if each == carry_in_list.COLUMNS[name][0] else each for each in HEADER.split(",")
        )
        if name in ("mykey_id", "code"):
            return
        with pytest.raises(ProblemError) as refused:
            await upload(town, header.encode() + b"\r\n")
        assert refused.value.type == "csv-columns"
        assert refused.value.facts["column"] == carry_in_list.COLUMNS[name][0]


class TestTheReport:
    async def test_has_every_line_and_code_to_be_sent_again_until_the_file_is_approved(self, town):
        member = await town.member()
        rows = [
            row("12", code="ABCDE-12345"),
            row("13", member.mykey_id, "x"),
            row("14", "", code="FGHJK12345"),
        ]
        file = await upload(town, csv_of(*rows))
        report = report_of(await town.city.carry_ins.report(KASAMA, file.file_id, faults_only=False))
        mended = await upload(town, report.decode("utf-8-sig").replace(",x,", ",700,").encode())
        assert (mended.state, mended.points) == ("checked", 1_700)
        await approve(town, mended)
        left = await town.store.read(
            lambda conn: conn.scalar(
                select(func.count()).where(
                    tables.carry_in_lines.c.file_id == mended.file_id,
                    tables.carry_in_lines.c.code_sealed.is_not(None),
                )
            )
        )
        assert left == 0


def codes_and_ids(conn):
    lines = tables.carry_in_lines.c
    query = select(lines.code_sealed.is_not(None), lines.mykey_id).order_by(lines.file_id, lines.line)
    return [(bool(has_code), mykey_id) for has_code, mykey_id in conn.execute(query)]


async def erase(town, member):
    await town.store.run(
        lambda conn: erasure.erase(conn, require_member(conn, member.member_id, lock=True), town.clock())
    )


class TestWhatNobodyNeedsAnyMore:
    """Codes, and the MyKey IDs of who was erased while a file waited."""

    async def proposed(self, town):
        member, erased = await town.member(), await town.member()
        file = await upload(
            town, csv_of(row("1", member.mykey_id), row("2", erased.mykey_id), row("3", code="ABCDE12345"))
        )
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
        await erase(town, erased)
        assert await town.store.read(codes_and_ids) == [
            (False, member.mykey_id), (False, erased.mykey_id), (True, ""),
        ]  # fmt: skip
        return file, proposal, [(False, member.mykey_id), (False, ""), (False, "")]

    @pytest.mark.parametrize("size", [1, 2, 1_000])
    async def test_goes_when_a_file_is_carried_in(self, town, monkeypatch, size):
        monkeypatch.setattr(carry_in_tidying, "TIDY_BATCH_SIZE", size)
        file, proposal, tidied = await self.proposed(town)
        await town.decided(proposal)
        await town.city.carry_ins.apply(KASAMA, file.file_id)
        assert await town.store.read(codes_and_ids) == tidied
        assert await faults_of(town, file) == [(3, "not-carried")]

    @pytest.mark.parametrize("way", ["send_back", "withdraw", "cancel", "expire"])
    async def test_goes_when_a_file_ends_otherwise_and_the_report_has_no_code_at_once(
        self, town, monkeypatch, way
    ):
        spawned = []
        monkeypatch.setattr(type(town.city.context.tasks), "spawn", lambda _, work, __: spawned.append(work))
        file, proposal, tidied = await self.proposed(town)
        if way == "send_back":
            who = await town.who("approver")
            await town.city.proposals.send_back(who, proposal.proposal_id, "数が違う")
        elif way == "expire":
            town.clock.forward(days=15)
            assert await town.city.proposals.expire_lapsed() == 1
            spawned.append(town.city.carry_ins.tidy_all(timedelta(days=28)))  # as the night does
        else:
            who = await town.who("operator")
            end = town.city.proposals.withdraw if way == "withdraw" else town.city.carry_ins.cancel
            await end(who, proposal.proposal_id if way == "withdraw" else file.file_id, "送り直す")
        lines = await town.city.carry_ins.report(KASAMA, file.file_id, faults_only=False)
        assert [line.code for line in lines] == ["", "", ""]
        for work in spawned:
            await work
        assert await town.store.read(codes_and_ids) == tidied

    async def test_is_left_of_a_faulty_file_for_some_weeks(self, town):
        member = await town.member()
        await upload(town, csv_of(row("1", member.mykey_id, "x"), row("3", code="ABCDE12345")))
        night = town.city.nightly.parts(TODAY)["carry-in codes"]
        town.clock.forward(days=27)
        assert await night() == 0
        assert await town.store.read(codes_and_ids) == [(False, member.mykey_id), (True, "")]
        town.clock.forward(days=2)
        assert [await night(), await night()] == [1, 0]
        assert await town.store.read(codes_and_ids) == [(False, member.mykey_id), (False, "")]

    async def test_a_file_that_is_checked_again_has_its_codes_again(self, town):
        rows = csv_of(row("3", code="ABCDE12345"))
        file = await upload(town, rows)
        await town.city.carry_ins.cancel(await town.who("operator"), file.file_id, "x")
        await town.city.carry_ins.tidy(KASAMA, file.file_id)
        again = await upload(town, rows)
        assert (again.file_id, again.state) == (file.file_id, "checked")
        assert await town.store.read(codes_and_ids) == [(True, "")]
        await town.city.carry_ins.cancel(await town.who("operator"), file.file_id, "x")
        await town.city.carry_ins.tidy_all(timedelta(days=28))
        assert await town.store.read(codes_and_ids) == [(False, "")]


class TestTheWriter:
    async def test_hashes_and_encrypts_nothing_while_others_wait(self, town, monkeypatch):
        writing = []
        vault = type(town.city.context.vault)
        for name in ("encrypt", "keyed_hash"):
            real = getattr(vault, name)

            def watched(self, *given, real=real, purpose, **named):
                if purpose == "carry-in-code":
                    writing.append(threading.current_thread().name)
                return real(self, *given, purpose=purpose, **named)

            monkeypatch.setattr(vault, name, watched)
        file = await upload(town, csv_of(row("3", code="ABCDE12345")))
        assert file.state == "checked"
        writer = await town.store.run(lambda _: threading.current_thread().name)
        assert len(writing) == 2
        assert writer not in writing

    async def test_a_file_that_is_checked_anew_meanwhile_is_not_proposed(self, town, monkeypatch):
        member = await town.member()
        file = await upload(town, csv_of(row("1", member.mykey_id)))
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        real = town.store.read

        async def read(job):
            answer = await real(job)
            files = tables.carry_ins
            later = town.clock() + timedelta(seconds=1)
            await town.store.run(lambda conn: conn.execute(files.update().values(uploaded_at=later)))
            return answer

        who = await town.who("operator")
        monkeypatch.setattr(town.store, "read", read)
        with pytest.raises(ProblemError) as refused:
            await town.city.carry_ins.propose(who, file.file_id, totals.sums)
        assert refused.value.type == "file-state"


class TestOnceForEver:
    async def test_a_second_file_with_a_number_is_named(self, town):
        member, other = await town.member(), await town.member()
        await carried(town, row("0012", member.mykey_id))
        file = await upload(
            town, csv_of(row("12", other.mykey_id, issued="2018-05-01"), row("13", other.mykey_id))
        )
        assert await faults_of(town, file) == [(2, "carried-before")]

    async def test_all_lines_of_a_number_stand_in_one_file_whatever_their_point_services(self, town):
        await town.city.services.add(await town.who("administrator"), "second", "第二ポイント")
        whole, parted = await town.member(), await town.member()
        await carried(town, row("12", whole.mykey_id, "5"), row("12", whole.mykey_id, "7", service="second"))
        assert await town.balance(whole.member_id, service="second") == 7
        await carried(town, row("13", parted.mykey_id, "5"))
        later = await upload(town, csv_of(row("13", parted.mykey_id, "7", service="second")))
        assert await faults_of(town, later) == [(2, "carried-before")]

    async def test_the_same_content_is_the_same_file_in_any_form(self, town):
        member = await town.member()
        file = await carried(town, row("0012", member.mykey_id, "1,500"))
        again = await upload(town, csv_of(row("１２", member.mykey_id, "1500", "2018年4月1日")))
        assert (again.file_id, again.state) == (file.file_id, "applied")

    async def test_two_files_that_were_checked_before_either_was_applied_carry_a_number_in_once(self, town):
        member, other = await town.member(), await town.member()
        first = await upload(town, csv_of(row("12", member.mykey_id)))
        second = await upload(town, csv_of(row("12", other.mykey_id, "700")))
        assert (first.state, second.state) == ("checked", "checked")
        await approve(town, first)
        await approve(town, second)
        assert (await town.balance(member.member_id), await town.balance(other.member_id)) == (500, 0)
        assert await faults_of(town, second) == [(2, "carried-before")]
        report = await town.city.carry_ins.reconcile(KASAMA, second.file_id)
        assert [(lot.file, lot.ledger, lot.refused) for lot in report.lots] == [(700, 0, 700)]
        assert report.agrees

    async def test_another_city_has_numbers_of_its_own(self, town):
        member = await town.member()
        await carried(town, row("12", member.mykey_id))
        await town.who("approver", MITO)
        file, _ = await town.city.carry_ins.upload(
            await town.who("operator", MITO),
            "mito.csv",
            csv_of(row("12", member.mykey_id, service="mito-ouen")),
        )
        assert file.state == "checked"


class TestAKillAtAnyStep:
    async def test_is_made_good_by_going_on(self, town, monkeypatch):
        monkeypatch.setattr(carry_in_lines, "APPLY_BATCH_SIZE", 5)  # two numbers of two lines
        people = [await town.member() for _ in range(5)]
        rows = [row(str(at), each.mykey_id, str(100 + at)) for at, each in enumerate(people)]
        rows += [row(str(at), each.mykey_id, "7", "2018-05-01") for at, each in enumerate(people)]
        file = await upload(town, csv_of(*rows))
        code = KASAMA
        totals = await town.city.carry_ins.totals(code, file.file_id)
        proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
        real = town.city.context.tasks.spawn
        monkeypatch.setattr(type(town.city.context.tasks), "spawn", lambda self, work, name: work.close())
        await town.decided(proposal)
        monkeypatch.undo()
        monkeypatch.setattr(carry_in_lines, "APPLY_BATCH_SIZE", 5)  # two numbers of two lines
        assert real is not None
        steps = 0
        while (await town.city.carry_ins.get(code, file.file_id)).state == "approved":
            with pytest.raises(RuntimeError):
                await town.store.run(_killed(code, file.file_id, town.clock()))
            await town.store.run(
                lambda conn: carry_in_lines.carry_next_numbers(conn, code, file.file_id, town.clock())
            )
            report = await town.city.carry_ins.reconcile(code, file.file_id)
            assert not report.unexpected
            steps += 1
            whole = [await town.balance(each.member_id) for each in people]
            assert all(balance in (0, 100 + at + 7) for at, balance in enumerate(whole))
        assert steps == 3
        assert sum([await town.balance(each.member_id) for each in people]) == file.points
        assert (await town.city.carry_ins.reconcile(code, file.file_id)).agrees

    async def test_two_processes_carry_in_side_by_side(self, town, monkeypatch):
        monkeypatch.setattr(carry_in_lines, "APPLY_BATCH_SIZE", 1)
        people = [await town.member() for _ in range(6)]
        file = await upload(town, csv_of(*(row(str(at), each.mykey_id) for at, each in enumerate(people))))
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
        await town.decided(proposal)
        await asyncio.gather(*(town.city.carry_ins.apply(KASAMA, file.file_id) for _ in range(4)))
        assert [await town.balance(each.member_id) for each in people] == [500] * 6


def _killed(code, file_id, at):
    def job(conn):
        carry_in_lines.carry_next_numbers(conn, code, file_id, at)
        raise RuntimeError("killed before the commit")

    return job


class TestALotThatTheLedgerRefuses:
    async def test_stops_its_file_with_nothing_of_its_number_carried_in(self, town, monkeypatch):
        member, other = await town.member(), await town.member()
        rows = [
            row("1", other.mykey_id),
            row("2", member.mykey_id),
            row("2", member.mykey_id, "7", "2018-05-01"),
        ]
        file = await upload(town, csv_of(*rows))
        monkeypatch.setattr(type(town.city.context.tasks), "spawn", lambda _, work, __: work.close())
        monkeypatch.setattr(carry_in_lines, "APPLY_BATCH_SIZE", 1)
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        await town.decided(
            await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
        )
        taken = Transfer(
            id=carry_in_lines.move_id(KASAMA, "2", OUEN, date(2018, 5, 1), "free"),
            book=chart.member_book(member.member_id), source=chart.granted(KASAMA),
            target=chart.municipal(member.member_id, KASAMA, OUEN), points=1, at=town.clock(), kind="grant", issued_on=TODAY,
        )  # fmt: skip
        await town.store.run(lambda conn: ledger.transfer(conn, taken))
        with pytest.raises(RuntimeError, match="was refused"):
            await town.city.carry_ins.apply(KASAMA, file.file_id)
        assert [await town.balance(each.member_id) for each in (other, member)] == [500, 1]
        kept = await town.store.read(lambda conn: conn.scalars(select(tables.carried_numbers.c.number)).all())
        assert kept == ["1"]
        assert (await town.city.carry_ins.get(KASAMA, file.file_id)).state == "approved"


class TestWhatCannotBeCarriedInAnyMore:
    async def test_is_named_and_its_number_may_come_again(self, town):
        from gateway.members.members import Members

        member, other = await town.member(), await town.member()
        file = await upload(town, csv_of(row("12", member.mykey_id)))
        context = town.city.context
        await Members(town.store, context.hasher, town.clock, vault=context.vault).revoke(member.member_id)
        await approve(town, file)
        assert await faults_of(town, file) == [(2, "not-carried")]
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert report.lots[0].refused == 500
        assert report.agrees
        await carried(town, row("12", other.mykey_id))
        assert await town.balance(other.member_id) == 500

    async def test_a_rule_that_changes_meanwhile_makes_the_proposal_outdated(self, town):
        member = await town.member()
        file = await upload(town, csv_of(row("12", member.mykey_id)))
        totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
        proposal = await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
        await town.announce(PointRule(expiry=Expiry.MONTHS, expiry_count=6), TODAY)
        with pytest.raises(ProblemError) as refused:
            await town.decided(proposal)
        assert refused.value.type == "proposal-outdated"
        assert await town.balance(member.member_id) == 0


class TestTheReconciliation:
    async def test_finds_a_point_that_is_missing_and_one_too_many(self, town):
        member = await town.member()
        file = await carried(
            town, row("12", member.mykey_id), row("13", member.mykey_id, "30", origin="有償")
        )
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert report.agrees
        assert (report.city_ledger, report.city_moves) == (530, 530)
        assert "合計" in reconciliation_csv(report).decode("utf-8-sig")
        lines = tables.carry_in_lines
        await town.store.run(
            lambda conn: conn.execute(lines.update().where(lines.c.line == 2).values(points=501))
        )
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert [lot.difference for lot in report.lots] == [1, 0]
        assert not report.agrees
        await town.store.run(lambda conn: conn.execute(lines.delete().where(lines.c.line == 2)))
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert (report.unexpected, report.agrees) == (500, False)

    async def test_is_read_in_parts_that_come_to_the_same(self, town, monkeypatch):
        people = [await town.member() for _ in range(4)]
        rows = [row(str(at), each.mykey_id, str(10 + at)) for at, each in enumerate(people)]
        rows += [row("1", people[1].mykey_id, "5", f"2018-0{month}-01") for month in (5, 6, 7)]
        await carried(town, row("9", people[0].mykey_id, "1000"))
        file = await carried(town, *rows, row("4", code="ABCDE12345", points="7"))
        whole = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert (whole.city_moves, sum(lot.waiting for lot in whole.lots), whole.agrees) == (1_061, 7, True)
        monkeypatch.setattr(reconciliation, "READ_BATCH_SIZE", 2)
        sizes = []

        def next_lines(*values):
            rows, is_last = carry_in_rows.next_lines(*values)
            sizes.append(len(rows))
            return rows, is_last

        monkeypatch.setattr(reconciliation, "next_lines", next_lines)
        assert await town.city.carry_ins.reconcile(KASAMA, file.file_id) == whole
        assert sizes == [1, 4, 2, 1]


class TestFigures:
    async def test_say_what_was_carried_in_and_the_half_year_report_counts_it_as_no_issue(self, town):
        member = await town.member()
        await carried(
            town,
            row("12", member.mykey_id, "1000", "2017-10-01", origin="有償"),
            row("12", member.mykey_id, "200", "2018-04-01"),
        )
        await daily_stats.count_all(town.store)
        figures = await town.store.read(lambda conn: daily_stats.by_day(conn, KASAMA, TODAY, TODAY))
        assert Counter({each.figure: each.points for each in figures}) == {
            "carried_paid": 1_000,
            "carried_free": 200,
        }
        report = (await town.store.read(lambda conn: half_year.by_issuer(conn, KASAMA, date(2018, 9, 30))))[0]
        assert (report.issued_yen, report.carried_in_yen, report.unused_yen, report.free_unused_yen) == (
            0,
            1_000,
            1_000,
            200,
        )
        issued = await town.store.read(lambda conn: daily_stats.by_issue(conn, KASAMA, OUEN))
        assert [(each.issued_on, each.held) for each in issued] == [
            (date(2017, 10, 1), 1_000),
            (date(2018, 4, 1), 200),
        ]
        total = await town.store.read(
            lambda conn: conn.scalar(select(func.count()).where(moves.c.kind == carry_in_lines.KIND))
        )
        assert total == 2


class TestANumberThatWaits:
    async def waiting(self, town):
        other = await town.member()
        return await carried(
            town,
            row("0012", code="ABCDE-12345", points="400", issued="2018-04-01", origin="有償"),
            row("0012", code="ABCDE-12345", points="60", issued="2018-05-01"),
            row("13", other.mykey_id, "5"),
        )

    async def test_is_in_no_book_until_its_person_takes_it_over_once(self, town):
        file, member, stranger = await self.waiting(town), await town.member(), await town.member()
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert sum(lot.waiting for lot in report.lots) == 460
        assert report.agrees
        claims = town.city.claims
        for _ in range(2):
            taken = await claims.claim(member.member_id, KASAMA, "１２", "abcde12345")
            assert sum(each.points for each in taken) == 460
        assert await lots(town, member) == [(date(2018, 4, 1), 400), (date(2018, 5, 1), 60)]
        with pytest.raises(ProblemError) as refused:
            await claims.claim(stranger.member_id, KASAMA, "12", "ABCDE12345")
        assert refused.value.type == "carry-in-wrong"
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert (sum(lot.waiting for lot in report.lots), sum(lot.ledger for lot in report.lots)) == (0, 465)
        assert report.agrees

    @pytest.mark.parametrize(("number", "code"), [("12", "ABCDE12346"), ("14", "ABCDE12345"), ("13", "")])
    async def test_is_not_taken_over_by_a_guess_and_guesses_are_counted(self, town, number, code):
        await self.waiting(town)
        member = await town.member()
        for word in ["carry-in-wrong"] * 5 + ["carry-in-locked"]:
            with pytest.raises(ProblemError) as refused:
                await town.city.claims.claim(member.member_id, KASAMA, number, code)
            assert refused.value.type == word
        with pytest.raises(ProblemError) as refused:
            await town.city.claims.claim(member.member_id, KASAMA, "12", "ABCDE12345")
        assert refused.value.type == "carry-in-locked"
        town.clock.forward(minutes=16)
        assert await town.city.claims.claim(member.member_id, KASAMA, "12", "ABCDE12345")

    async def test_is_guarded_against_guesses_between_repeats_of_ones_own(self, town):
        await self.waiting(town)
        await carried(town, row("20", code="FGHJK12345", points="9"))
        member, claims = await town.member(), town.city.claims
        own = partial(claims.claim, member.member_id, KASAMA, "12", "ABCDE12345")
        await own()
        for at in range(5):
            with pytest.raises(ProblemError) as refused:
                await claims.claim(member.member_id, KASAMA, "20", f"FGHJK0000{at}")
            assert refused.value.type == "carry-in-wrong"
            if at == 3:
                assert await own()
        with pytest.raises(ProblemError) as refused:
            await claims.claim(member.member_id, KASAMA, "20", "FGHJK12345")
        assert refused.value.type == "carry-in-locked"

    async def test_goes_to_one_of_two_who_claim_it_at_once(self, town):
        await self.waiting(town)
        people = [await town.member() for _ in range(4)]
        claims = [town.city.claims.claim(each.member_id, KASAMA, "12", "ABCDE12345") for each in people]
        done = await asyncio.gather(*claims, return_exceptions=True)
        assert sum(isinstance(each, list) for each in done) == 1
        assert sorted([await town.balance(each.member_id) for each in people]) == [0, 0, 0, 460]

    async def test_is_in_its_members_record_once_it_is_theirs(self, town):
        await self.waiting(town)
        member = await town.member()
        await town.city.claims.claim(member.member_id, KASAMA, "12", "ABCDE12345")
        record = await town.city.member_data.own_record(member.member_id)
        rows = next(section.rows for section in record.sections if section.about.name == "carried_in")
        assert [(row["number"], row["points"]) for row in rows] == [("12", 400), ("12", 60)]
        await town.store.run(lambda conn: conn.execute(tables.carry_in_lines.delete()))
        record = await town.city.member_data.own_record(member.member_id)
        rows = next(section.rows for section in record.sections if section.about.name == "carried_in")
        assert [(row["number"], row["points"]) for row in rows] == [("12", None)]

    async def test_cannot_come_in_by_another_file(self, town):
        await self.waiting(town)
        member = await town.member()
        file = await upload(town, csv_of(row("12", member.mykey_id)))
        assert await faults_of(town, file) == [(2, "carried-before")]


class TestALostCode:
    async def proposed(self, town):
        await carried(
            town,
            row("0012", code="ABCDE-12345", points="400", issued="2018-04-01", origin="有償"),
            row("0012", code="ABCDE-12345", points="60", issued="2018-05-01"),
        )
        await town.who("approver")
        member = await town.member()
        clerk = await town.who("operator")
        return member, await town.city.lost_codes.propose(clerk, "００１２", member.mykey_id, "通知の紛失")

    async def claims(self, town):
        finder = await town.member()
        return await town.city.claims.claim(finder.member_id, KASAMA, "12", "ABCDE12345")

    async def test_joins_its_number_by_two_persons_and_whoever_found_the_letter_gets_nothing(self, town):
        member, proposal = await self.proposed(town)
        assert dict(proposal.facts)["number"] == "12"
        assert (proposal.points, proposal.subject) == (460, member.mykey_id)
        with pytest.raises(ProblemError) as refused:
            await self.claims(town)
        assert refused.value.type == "carry-in-wrong"
        assert await town.balance(member.member_id) == 0
        await town.decided(proposal)
        assert await lots(town, member) == [(date(2018, 4, 1), 400), (date(2018, 5, 1), 60)]
        with pytest.raises(ProblemError) as refused:
            await self.claims(town)
        assert refused.value.type == "carry-in-wrong"
        (line,) = [
            line for line in await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
            if line.action == "carry-in joined"
        ]  # fmt: skip
        assert (line.subject, line.facts) == (member.mykey_id, {"number": "12", "points": 460})
        (number,) = await town.store.read(lambda conn: conn.execute(select(tables.carried_numbers)).all())
        assert (number.member_id, number.code_hash) == (member.member_id, None)

    @pytest.mark.parametrize("way", ["send_back", "withdraw", "expire"])
    async def test_opens_again_where_nobody_says_yes(self, town, way):
        _, proposal = await self.proposed(town)
        await self.end(town, proposal, way)
        assert sum(each.points for each in await self.claims(town)) == 460

    async def end(self, town, proposal, way):
        if way == "send_back":
            await town.city.proposals.send_back(await town.who("approver"), proposal.proposal_id, "別人")
        elif way == "withdraw":
            await town.city.proposals.withdraw(await town.who("operator"), proposal.proposal_id, "見つかった")
        else:
            town.clock.forward(days=15)
            assert await town.city.proposals.expire_lapsed() == 1

    @pytest.mark.parametrize("way", ["send_back", "withdraw", "expire"])
    async def test_is_not_stopped_again_by_the_same_clerk_for_two_weeks_but_by_another(self, town, way):
        member, proposal = await self.proposed(town)
        propose, clerk = town.city.lost_codes.propose, await town.who("operator")
        await self.end(town, proposal, way)
        other = await town.member()
        for mykey_id in (member.mykey_id, other.mykey_id):
            with pytest.raises(ProblemError) as refused:
                await propose(clerk, "0012", mykey_id, "通知の紛失")
            assert refused.value.type == "number-proposed-before"
        assert await self.code_is_open(town)
        second = await propose(await town.who("operator", name="乙"), "12", other.mykey_id, "通知の紛失")
        assert not await self.code_is_open(town)
        await town.city.proposals.send_back(await town.who("approver"), second.proposal_id, "別人")
        town.clock.forward(days=14)
        again = await propose(clerk, "12", member.mykey_id, "通知の紛失")
        await town.decided(again)
        assert await town.balance(member.member_id) == 460

    async def code_is_open(self, town):
        number = tables.carried_numbers
        return await town.store.read(lambda conn: conn.scalar(select(number.c.code_stopped_at))) is None

    async def test_opens_with_the_lapse_and_not_only_with_the_night(self, town):
        _, proposal = await self.proposed(town)
        town.clock.forward(days=13, hours=23)
        with pytest.raises(ProblemError) as refused:
            await self.claims(town)
        assert refused.value.type == "carry-in-wrong"
        town.clock.forward(hours=1)
        assert sum(each.points for each in await self.claims(town)) == 460
        with pytest.raises(ProblemError):
            await town.decided(proposal)

    async def test_opens_where_its_lapsed_proposal_makes_room_for_the_members_other_number(self, town):
        member, _ = await self.proposed(town)
        await carried(town, row("0077", code="WXYZ-123456", points="9"))
        town.clock.forward(days=14)
        await town.city.lost_codes.propose(await town.who("operator"), "77", member.mykey_id, "通知の紛失")
        assert await town.city.proposals.expire_lapsed() == 0
        assert sum(each.points for each in await self.claims(town)) == 460

    async def test_stays_shut_where_the_night_ends_a_lapsed_proposal_after_another_has_stopped_it(self, town):
        await self.proposed(town)
        town.clock.forward(days=14)
        other, second_clerk = await town.member(), await town.who("operator", name="乙")
        await town.city.lost_codes.propose(second_clerk, "12", other.mykey_id, "通知の紛失")
        assert await town.city.proposals.expire_lapsed() == 1
        with pytest.raises(ProblemError) as refused:
            await self.claims(town)
        assert refused.value.type == "carry-in-wrong"

    async def test_is_told_to_the_member_and_in_the_citys_log_step_by_step(self, town):
        member, proposal = await self.proposed(town)
        finder = await town.member()
        for code in ("ABCDE12345", "ABCDE12346"):
            with pytest.raises(ProblemError) as refused:
                await town.city.claims.claim(finder.member_id, KASAMA, "12", code)
            assert refused.value.type == "carry-in-wrong"
        await self.end(town, proposal, "send_back")
        events = await town.store.read(
            lambda conn: member_events.list_by_member(conn, member.member_id, NOON - timedelta(days=1))
        )
        assert [event.kind for event in events] == ["carry_in_join_proposed"]
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        assert [
            (line.action, line.subject, line.facts) for line in reversed(lines) if "carry-in code" in line.action
        ] == [
            ("carry-in code stopped", member.mykey_id, {"number": "12"}),
            ("carry-in code refused", finder.mykey_id, {"number": "12"}),
            ("carry-in code opened", member.mykey_id, {"number": "12"}),
        ]  # fmt: skip

    async def test_waits_for_one_member_at_a_time_and_only_where_the_number_waits(self, town):
        member, proposal = await self.proposed(town)
        propose, clerk, other = town.city.lost_codes.propose, await town.who("operator"), await town.member()
        again = await propose(clerk, "12", member.mykey_id, "通知の紛失")
        assert again.proposal_id == proposal.proposal_id
        for number, mykey_id, why in (
            ("12", other.mykey_id, "proposal-pending"),
            ("13", other.mykey_id, "number-not-waiting"),
            ("12", "2345-6789", "unknown-member"),
        ):
            with pytest.raises(ProblemError) as refused:
                await propose(clerk, number, mykey_id, "x")
            assert refused.value.type == why
        await town.decided(proposal)
        with pytest.raises(ProblemError) as refused:
            await propose(clerk, "12", other.mykey_id, "x")
        assert refused.value.type == "number-not-waiting"


LOTS = st.lists(
    st.tuples(
        st.integers(0, 5),  # the predecessor's number
        st.integers(1, 10_000_000),
        st.sampled_from([date(2016, 2, 29), date(2018, 3, 31), TODAY]),
        st.sampled_from(["有償", "無償"]),
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda lot: (lot[0], lot[2], lot[3]),
)


class TestAnyFile:
    @settings(
        max_examples=12,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        lots=LOTS,
        waiting=st.sets(st.integers(0, 5)),
        kills=st.lists(st.booleans(), max_size=8),
        batch=st.integers(1, 4),
    )
    async def test_carries_in_each_point_once_twice_over_or_cut_anywhere(
        self, tmp_path_factory, lots, waiting, kills, batch
    ):
        async with another_town(tmp_path_factory.mktemp("any")) as town:
            people = [await town.member() for _ in range(6)]
            before = sum(points for _, points, _, _ in lots)
            rows = [
                row(
                    f"00{at}", "" if at in waiting else people[at].mykey_id, str(points), issued.isoformat(),
                    origin=origin, code=f"CODE-00000-{at}" if at in waiting else "",
                )
                for at, points, issued, origin in lots
            ]  # fmt: skip
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(carry_in_lines, "APPLY_BATCH_SIZE", batch)
                patch.setattr(type(town.city.context.tasks), "spawn", lambda _, work, __: work.close())
                file = await upload(town, csv_of(*rows))
                assert file.state == "checked", await faults_of(town, file)
                totals = await town.city.carry_ins.totals(KASAMA, file.file_id)
                await town.decided(
                    await town.city.carry_ins.propose(await town.who("operator"), file.file_id, totals.sums)
                )
                for is_killed in [*kills, *[False] * 8]:
                    if is_killed:
                        with contextlib.suppress(RuntimeError):
                            await town.store.run(_killed(KASAMA, file.file_id, town.clock()))
                    else:
                        step = partial(
                            carry_in_lines.carry_next_numbers,
                            code=KASAMA,
                            file_id=file.file_id,
                            at=town.clock(),
                        )
                        await town.store.run(step)
                    await self._adds_up(town, file, people, before)
                again = await upload(town, csv_of(*reversed(rows)))
                assert again.file_id == file.file_id
                await town.city.carry_ins.apply(KASAMA, file.file_id)
                for at in waiting & {lot[0] for lot in lots}:
                    for _ in range(2):
                        await town.city.claims.claim(
                            people[at].member_id, KASAMA, str(at), f"CODE-00000-{at}"
                        )
                    await self._adds_up(town, file, people, before)
            balances = [await town.balance(each.member_id) for each in people]
            assert balances == [sum(lot[1] for lot in lots if lot[0] == at) for at in range(6)]
            held = []
            for at, each in enumerate(people):
                held += [(at, issued, points) for issued, points in await _lots_of(town, each)]
            by_day: Counter[tuple[int, date]] = Counter()
            for at, points, issued, _ in lots:
                by_day[at, issued] += points
            assert held == sorted((at, issued, points) for (at, issued), points in by_day.items())

    async def _adds_up(self, town, file, people, before):
        report = await town.city.carry_ins.reconcile(KASAMA, file.file_id)
        assert sum(lot.file for lot in report.lots) == before
        held = sum([await town.balance(each.member_id) for each in people])
        assert held == sum(lot.ledger for lot in report.lots) == report.city_ledger == report.city_moves
        if (await town.city.carry_ins.get(KASAMA, file.file_id)).state == "applied":
            assert report.agrees


_lots_of = lots
