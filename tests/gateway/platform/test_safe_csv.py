"""CSV for Excel: ids, codes and notes stay the texts that they are, numbers numbers, and days days."""

import csv
import io

import pytest

from gateway.cities.grants import grant_list
from httpkit.safe_csv import excel_csv, without_quote


def cells(*row):
    text = excel_csv(["a"] * len(row), [row]).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1]


class TestATextThatASpreadsheetWouldChange:
    @pytest.mark.parametrize(
        "text",
        [
            "0012", "234567E2", "2e3", "1.5E+3", "123456789012", "3-1", "7-11", "10/2", "1-2-3", "2018/7/1", "12:30", "MAR3",
            "sep-12", "3 jan", "００１２", "３－１", "2MAY2345", "23JUNE24", "2MARCH23", "1-Jan-2018", "Jan 1, 2018", "1.50", ".5", "5.",
            ".5E3", "(100)", "50%", "1 1/2", "2018/7/31 12:30", "7/31 0:30", "9 a", "12:30 PM", "H30.7.31", "平成30年7月31日",
            "2018年7月", "7月31日", "9時30分", "1,234,567,890,123,456",
        ],
    )  # fmt: skip
    def test_is_quoted_and_read_back_as_it_was(self, text):
        (cell,) = cells(text)
        assert cell == f"'{text}"
        assert without_quote(cell) == text

    @pytest.mark.parametrize(
        "text",
        [
            "23456789", "AJ2PW5AD", "2018-07-31", "2018-07", "2018-07-31 12:00:00", "shop-01", "saison", "kenko-2018", "500", "1,000",
            "01a22c3f-3af2-73f9-9513-7a99da7c7e4c", "", "3月分", "4月〜6月分", "MARKET", "2E", "E2",
            "MAYU", "2MAYUMI", "3.14", "1,234,567", "R2D2", "10円", "第2回", "1.0.2", "9時", "100%果汁",
        ],
    )  # fmt: skip
    def test_stays_where_nothing_would_change_it(self, text):
        assert cells(text) == [text]

    def test_is_no_number_of_ours(self):
        assert cells(5, -5, 123456789012) == ["5", "-5", "123456789012"]

    @pytest.mark.parametrize("text", ["=1+1", "＝1", "-1+2", "+81", "@x"])
    def test_a_formula_is_quoted_and_stays_quoted_when_it_comes_back(self, text):
        (cell,) = cells(text)
        assert cell == f"'{text}"
        assert without_quote(cell) == cell


def test_a_list_that_we_have_written_is_read_again_with_its_ids():
    raw = excel_csv(["マイキーID", "ポイント", "摘要"], [("234567E2", "1000", "3-1")])
    (line,) = grant_list.lines(raw)
    assert (line.mykey_id, line.points, line.note, line.fault) == ("234567E2", 1_000, "3-1", "")
