"""Lists as cities have them: Excel and CSV of every kind, other columns, thousands; and reports that are sent again."""

import csv
import gc
import io
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.cities.grants import grant_list, list_file
from gateway.cities.grants.grant_list import FAULTS, ListColumns
from gateway.cities.grants.list_file import XLSX
from gateway.errors import ProblemError

from .conftest import OUEN

HEADER = ("宛名番号", "世帯番号", "氏名", "マイキーID", "ポイント", "摘要")
ROWS = (
    ("0000123", "77", "山田 花子", "2345678A", "1,000", "4月分"),
    ("0000124", "77", "山田 次郎", "2345678C", "500", "4月分"),
)


def workbook(*rows, sheets=()):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    for name, more in sheets:
        other = book.create_sheet(name)
        for row in more:
            other.append(list(row))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


_INLINE = re.compile(r'<c r="([A-Z]+[0-9]+)" t="inlineStr"><is><t[^>]*>([^<]*)</t></is></c>')


def as_excel_saves(raw):
    """A workbook whose cells share their texts, as Excel itself writes it; openpyxl writes them into the cells."""
    with zipfile.ZipFile(io.BytesIO(raw)) as before:
        parts = {name: before.read(name).decode() for name in before.namelist()}
    numbers: dict[str, int] = {}

    def shared(cell):
        return f'<c r="{cell[1]}" t="s"><v>{numbers.setdefault(cell[2], len(numbers))}</v></c>'

    parts["xl/worksheets/sheet1.xml"] = _INLINE.sub(shared, parts["xl/worksheets/sheet1.xml"])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    texts = "".join(f"<si><t>{text}</t></si>" for text in numbers)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}" count="{len(numbers)}">{texts}</sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    )
    assert numbers
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name, part in parts.items():
            after.writestr(name, part)
    return made.getvalue()


def text_of(*rows, delimiter=","):
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows(rows)
    return made.getvalue()


def facts(raw, columns=grant_list.DEFAULT_COLUMNS):
    return [(line.mykey_id, line.points, line.note, line.fault) for line in grant_list.lines(raw, columns)]


WANTED = [("2345678A", 1000, "4月分", ""), ("2345678C", 500, "4月分", "")]
FORMS = {
    "utf-8": text_of(HEADER, *ROWS).encode(),
    "utf-8 with a mark": text_of(HEADER, *ROWS).encode("utf-8-sig"),
    "Shift_JIS": text_of(HEADER, *ROWS).encode("cp932"),
    "UTF-16 with commas": text_of(HEADER, *ROWS).encode("utf-16"),
    "UTF-16, the other way round": "\ufeff".encode("utf-16-be") + text_of(HEADER, *ROWS).encode("utf-16-be"),
    "Excel's Unicode text": text_of(HEADER, *ROWS, delimiter="\t").encode("utf-16"),
    "tabs": text_of(HEADER, *ROWS, delimiter="\t").encode(),
    "an end mark": text_of(HEADER, *ROWS).encode("cp932") + b"\x1a",
    "an end mark on a line of its own": text_of(HEADER, *ROWS).encode() + b"\x1a\r\n",
    "an end mark in UTF-16": (text_of(HEADER, *ROWS) + "\x1a").encode("utf-16"),
    "empty columns at the right": text_of(*((*row, "", "", " ") for row in (HEADER, *ROWS))).encode(),
    "fewer cells than the header": text_of((*HEADER, "備考2"), *ROWS).encode(),
    "a title above": text_of(("出産応援給付 対象者一覧",), (), HEADER, *ROWS).encode(),
    "Excel": workbook(HEADER, *ROWS),
    "Excel as Excel saves it": as_excel_saves(workbook(HEADER, *ROWS)),
    "Excel with numbers": workbook(
        HEADER, *((*row[:4], int(row[4].replace(",", "")), row[5]) for row in ROWS)
    ),
    "Excel with a title": workbook(("対象者一覧",), (), HEADER, *ROWS),
    "Excel on the second sheet": workbook(("表紙",), ("作成 福祉課",), sheets=[("名簿", (HEADER, *ROWS))]),
}


class TestForms:
    @pytest.mark.parametrize("form", FORMS)
    def test_one_list_is_read_from_every_form_that_offices_save(self, form):
        assert facts(FORMS[form]) == WANTED

    def test_one_list_is_one_list_in_every_form(self):
        assert len({grant_list.digest(raw).digest for raw in FORMS.values()}) == 1

    def test_a_workbook_as_text_says_the_same_of_the_same_rows(self):
        raw = workbook(("名簿",), (), HEADER, ROWS[0], (), (*ROWS[1][:5], "4月分\n5月分"))
        text = grant_list.as_text(raw)
        found = [(line.line, line.mykey_id, line.fault) for line in grant_list.lines(text)]
        assert found == [(4, "2345678A", ""), (6, "2345678C", "note-unseen")]
        assert [(line.line, line.mykey_id, line.fault) for line in grant_list.lines(raw)] == found
        assert grant_list.as_text(FORMS["tabs"]) == FORMS["tabs"]

    @pytest.mark.parametrize("form", ["utf-8", "Excel"])
    def test_a_line_is_named_by_its_row_in_the_file(self, form):
        assert [line.line for line in grant_list.lines(FORMS[form])] == [2, 3]

    def test_a_row_that_excel_computes_counts_as_it_shows(self):
        book = openpyxl.Workbook()
        book.active.append(["マイキーID", "ポイント"])
        book.active.append(["2345678A", "=200+300"])
        made = io.BytesIO()
        book.save(made)
        # openpyxl computes nothing: what Excel would have kept beside the formula is put there.
        with zipfile.ZipFile(made) as before:
            parts = {name: before.read(name) for name in before.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        parts["xl/worksheets/sheet1.xml"] = re.sub(r"<v ?/>|<v></v>", "<v>500</v>", sheet).encode()
        after = io.BytesIO()
        with zipfile.ZipFile(after, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)
        assert facts(after.getvalue()) == [("2345678A", 500, "", "")]


class TestPoints:
    @pytest.mark.parametrize(
        "typed",
        [
            "1,000",
            "1000",
            "１０００",
            "１，０００",
            "1,000円",
            "¥1,000",
            "￥1,000",
            "1000ポイント",
            " 1000 ",
            "1000点",
        ],
    )
    def test_a_thousand_is_a_thousand_however_an_office_writes_it(self, typed):
        assert facts(text_of(("マイキーID", "ポイント"), ("2345678A", typed)).encode()) == [
            ("2345678A", 1000, "", "")
        ]

    @pytest.mark.parametrize(
        "typed",
        ["1,00", "10,00", "1.000", "1.2E+5", "1000.5", "①", "10²", "千", "1_000", "", "1,000,00", "0x10"],
    )
    def test_what_is_no_whole_number_is_shown_as_it_was_typed(self, typed):
        (line,) = grant_list.lines(text_of(("マイキーID", "ポイント"), ("2345678A", typed)).encode())
        assert (line.fault, line.typed.points, line.typed.mykey_id) == ("points", typed, "2345678A")

    @pytest.mark.parametrize("typed", ["0", "1,000,001", "999999999999"])
    def test_what_is_no_grant_is_shown_as_it_was_typed(self, typed):
        (line,) = grant_list.lines(text_of(("マイキーID", "ポイント"), ("2345678A", typed)).encode())
        assert (line.fault, line.typed.points) == ("points-range", typed)


class TestFaults:
    @pytest.mark.parametrize(
        ("typed", "fault"),
        [
            ("2345678", "mykey-id"), ("", "mykey-id"), ("山田", "mykey-id"), ("2.3456E+82", "mykey-id-number"),
            ("2.3E+10", "mykey-id-number"), ("２．３Ｅ＋１０", "mykey-id-number"),
        ],
    )  # fmt: skip
    def test_an_id_that_is_none_is_shown_as_it_was_typed(self, typed, fault):
        (line,) = grant_list.lines(text_of(("マイキーID", "ポイント"), (typed, "5")).encode())
        assert (line.fault, line.typed.mykey_id) == (fault, typed)

    @pytest.mark.parametrize("note", ["4月分\n5月分", "4月分\u200b", "4月分\u202e", "4月分\x07"])
    def test_an_unseen_character_of_a_note_is_not_told_as_its_length(self, note):
        (line,) = grant_list.lines(
            text_of(("マイキーID", "ポイント", "摘要"), ("2345678A", "5", note)).encode()
        )
        assert line.fault == "note-unseen"
        assert "□" in line.typed.note

    def test_a_line_wider_than_its_header_is_named(self):
        raw = text_of(("マイキーID", "ポイント"), ("2345678A", "5", "", "x")).encode()
        assert facts(raw)[0][3] == "columns"

    def test_a_formula_in_a_column_that_nobody_reads_harms_nothing(self):
        raw = text_of(("氏名", "マイキーID", "ポイント"), ("=cmd", "2345678A", "5")).encode()
        assert facts(raw) == [("2345678A", 5, "", "")]

    def test_every_fault_says_what_to_do(self):
        assert all(fault.text and fault.remedy for fault in FAULTS.values())


class TestColumns:
    def test_other_columns_are_dropped_unless_they_are_to_be_kept(self):
        layout, lines = grant_list.read(FORMS["Excel"], ListColumns(keep=("宛名番号", "世帯番号")))
        assert (tuple(layout.kept), layout.dropped) == (("宛名番号", "世帯番号"), ("氏名",))
        assert [line.kept for line in lines] == [
            {"宛名番号": "0000123", "世帯番号": "77"},
            {"宛名番号": "0000124", "世帯番号": "77"},
        ]
        assert [line.kept for line in grant_list.lines(FORMS["Excel"])] == [None, None]

    def test_one_household_gets_once_where_the_upload_says_so(self):
        found = facts(FORMS["utf-8"], ListColumns(once=("世帯番号",)))
        assert [fault for *_, fault in found] == ["", "duplicate-kept"]
        assert facts(FORMS["utf-8"], ListColumns(once=("宛名番号",))) == WANTED

    def test_columns_are_named_where_the_header_has_other_words(self):
        raw = text_of(("ID", "支給", "件名"), ("2345678A", "5", "お祝い")).encode()
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(raw)
        assert refused.value.facts["column"] == "mykey_id"
        named = ListColumns(mykey_id="ＩＤ", points="支給", note="件名")
        assert facts(raw, named) == [("2345678A", 5, "お祝い", "")]

    def test_of_two_columns_of_points_the_upload_says_which(self):
        raw = text_of(("マイキーID", "ポイント", "給付額"), ("2345678A", "5", "7")).encode()
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(raw)
        assert refused.value.facts["column"] == "points"
        assert facts(raw, ListColumns(points="給付額"))[0][1] == 7

    def test_a_list_without_points_gives_everybody_the_same(self):
        raw = text_of(("マイキーID", "氏名"), ("2345678A", "山田"), ("2345678C", "鈴木")).encode()
        with pytest.raises(ProblemError):
            grant_list.digest(raw)
        assert [line[1] for line in facts(raw, ListColumns(points_for_all=3_000))] == [3_000, 3_000]
        with pytest.raises(ProblemError):
            grant_list.digest(FORMS["utf-8"], ListColumns(points_for_all=3_000))

    def test_a_column_that_is_to_be_kept_and_is_not_there_is_said(self):
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(FORMS["utf-8"], ListColumns(keep=("宛名",)))
        assert refused.value.facts["column"] == "keep"


def packed(**parts):
    """A workbook whose named parts are other bytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(FORMS["Excel as Excel saves it"])) as before,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, parts.get(name.rpartition("/")[2].partition(".")[0], before.read(name)))
    return made.getvalue()


class TestBombs:
    def test_a_small_file_that_unpacks_to_much_is_not_unpacked(self):
        bomb = packed(sheet1=b"<x>" + b" " * (list_file.MAX_UNPACKED_BYTES + 1))
        assert len(bomb) < 1024 * 1024
        tracemalloc.start()
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(bomb)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refused.value.facts["why"] == "excel-too-large"
        assert peak < 16 * 1024 * 1024

    def test_texts_that_cells_share_have_a_bound_of_their_own(self):
        bomb = packed(styles=b" " * (list_file.MAX_SHARED_TEXT_BYTES + 1))
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(bomb)
        assert refused.value.facts["why"] == "excel-too-large"

    @pytest.mark.parametrize("part", ["sheet1", "workbook", "sharedStrings"])
    def test_entities_are_refused(self, part):
        laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(packed(**{part: laughs}))
        assert refused.value.facts["why"] == "excel-broken"

    @pytest.mark.parametrize("part", ["sheet1", "workbook"])
    @pytest.mark.parametrize("content", [b"", b"<", b"no xml", b"<x/>", b"\x00" * 100])
    def test_a_broken_workbook_is_said_to_be_one(self, part, content):
        with pytest.raises(ProblemError) as refused:
            grant_list.digest(packed(**{part: content}))
        assert refused.value.type in ("csv-unreadable", "csv-columns")

    def test_a_sheet_that_claims_to_be_huge_costs_what_is_in_it(self):
        with zipfile.ZipFile(io.BytesIO(FORMS["Excel"])) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
        claimed = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', sheet)
        assert claimed != sheet
        assert facts(packed(sheet1=claimed)) == WANTED

    def test_every_cut_of_a_workbook_is_refused_by_name(self):
        raw = FORMS["Excel"]
        for end in range(4, len(raw), 97):
            with pytest.raises(ProblemError):
                grant_list.digest(raw[:end])


class TestReports:
    async def test_a_report_shows_what_was_typed_and_is_sent_again_when_mended(self, site):
        operator = await site.staff_token("operator")
        member = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")
        other = await site.services.members.create(display_name="鈴木 一郎", password="botan-nabe-3-kilo")
        await _project(site, operator)
        raw = workbook(
            HEADER, ("0001", "7", "山田", member.mykey_id, "1.2E+5", "4月分"), ("0002", "8", "鈴木", other.mykey_id, "1,000", "")
        )  # fmt: skip
        path = "/v1/city/projects/ouen/files?name=list.xlsx&keep=宛名番号"
        status, file = await site.call("POST", path, operator, content=(raw, XLSX))
        assert (status, file["state"], file["faults"]) == (201, "faulty", 1)
        assert (file["kept_columns"], file["dropped_columns"]) == (["宛名番号"], ["世帯番号", "氏名"])

        lines = (
            await site.call("GET", f"/v1/city/files/{file['file_id']}/lines?faults_only=true", operator)
        )[1]
        (line,) = lines["lines"]
        assert line["typed"] == {"mykey_id": member.mykey_id, "points": "1.2E+5", "note": "4月分"}
        assert (line["line"], line["column"], line["kept"]) == (2, "ポイント", {"宛名番号": "0001"})
        assert line["remedy_ja"] == FAULTS["points"].remedy

        report = (await site.call("GET", f"/v1/city/files/{file['file_id']}/report/xlsx", operator))[1]
        book = openpyxl.load_workbook(io.BytesIO(report))
        sheet: Any = book.active
        header = [cell.value for cell in sheet[1]]
        assert header == [
            "マイキーID",
            "ポイント",
            "摘要",
            "宛名番号",
            "行",
            "誤りのある列",
            "誤り",
            "直し方",
        ]
        assert [cell.value for cell in sheet[2]][:5] == [member.mykey_id, "1.2E+5", "4月分", "0001", "2"]
        assert sheet.max_row == 3
        sheet.cell(2, 2).value = 120_000
        mended = io.BytesIO()
        book.save(mended)
        status, again = await site.call("POST", path, operator, content=(mended.getvalue(), XLSX))
        assert (status, again["state"], again["points"]) == (201, "checked", 121_000)

    async def test_an_id_that_nobody_has_is_reported_as_it_was_typed_and_not_as_it_was_read(self, site):
        operator = await site.staff_token("operator")
        await _project(site, operator)
        typed = ("ZZZZ9999", "zzzz-9999", "ＯＯＯＯ９９９９")
        raw = "マイキーID,ポイント\n" + "".join(f"{text},５００\n" for text in typed)
        path = "/v1/city/projects/ouen/files?name=list.csv"
        file = (await site.call("POST", path, operator, content=(raw.encode(), "text/csv")))[1]
        report = (await site.call("GET", f"/v1/city/files/{file['file_id']}/report", operator))[1]
        rows = list(csv.DictReader(io.StringIO(report.decode("utf-8-sig"))))
        assert [row["マイキーID"] for row in rows] == list(typed)
        assert {row["ポイント"] for row in rows} == {"５００"}

    async def test_a_report_as_csv_is_sent_again_too(self, site):
        operator = await site.staff_token("operator")
        member = await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo")
        await _project(site, operator)
        raw = text_of(("マイキーID", "ポイント"), (member.mykey_id, "=1+1")).encode()
        path = "/v1/city/projects/ouen/files?name=list.csv"
        file = (await site.call("POST", path, operator, content=(raw, "text/csv")))[1]
        report = (await site.call("GET", f"/v1/city/files/{file['file_id']}/report", operator))[1]
        text = report.decode("utf-8-sig")
        assert "'=1+1" in text  # a report runs nothing either
        mended = text.replace("'=1+1", '"1,500"').encode("cp932")
        status, again = await site.call("POST", path, operator, content=(mended, "text/csv"))
        assert (status, again["state"], again["points"]) == (201, "checked", 1_500)

    async def test_the_same_list_as_csv_and_as_excel_is_one_file(self, site):
        operator = await site.staff_token("operator")
        await _project(site, operator)
        path = "/v1/city/projects/ouen/files?name=list"
        sent = [
            await site.call("POST", path, operator, content=(raw, type_))
            for raw, type_ in (
                (FORMS["Excel"], XLSX),
                (FORMS["Shift_JIS"], "text/csv"),
                (FORMS["tabs"], "text/csv"),
            )
        ]
        assert len({file["file_id"] for _, file in sent}) == 1


async def _project(site, operator):
    plan = {
        "project_id": "ouen", "point_service": OUEN, "name": "出産応援", "starts_on": "2018-07-01",
        "ends_on": "2018-12-31", "points_each": 500, "budget": 1_000_000,
    }  # fmt: skip
    assert (await site.decided("/v1/city/projects", operator, plan))[0] == 200


def _peak_mb() -> float:
    match_ = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert match_ is not None
    return int(match_[1]) / 1024


def large_workbook(count):
    """As Excel saves it, every ID and every note a text that cells share: the most that a reader has to hold."""
    alphabet = "23456789ACDEFGHJKMNPQRTUWXY"
    texts, rows = list(HEADER[3:]), list[str]()
    for number in range(count):
        code = "".join(alphabet[number // 27**place % 27] for place in range(4))
        at = len(texts)
        texts += [f"2345{code}", f"4月分 {number}"]
        cells = f'<c t="s"><v>{at}</v></c><c><v>{number % 900 + 100}</v></c><c t="s"><v>{at + 1}</v></c>'
        rows.append(f"<row>{cells}</row>")
    header = "".join(f'<c t="s"><v>{place}</v></c>' for place in range(3))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    sheet = f'<worksheet xmlns="{main}"><sheetData><row>{header}</row>{"".join(rows)}</sheetData></worksheet>'
    return packed(sheet1=sheet.encode(), sharedStrings=f'<sst xmlns="{main}">{items}</sst>'.encode())


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read from /proc"
)
def test_a_hundred_thousand_lines_of_excel_are_read_in_little_memory():
    """Rows are never held; the texts that cells share are, once."""
    raw = large_workbook(100_000)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mb()
    assert grant_list.digest(grant_list.as_text(raw)).lines == 100_000
    assert _peak_mb() - before < 200
