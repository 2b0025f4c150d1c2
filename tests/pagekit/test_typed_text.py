"""What people type for numbers and codes, and whose tries are counted together."""

from __future__ import annotations

from datetime import date

import pytest

from httpkit.client_address import bucket_of
from pagekit.typed_text import DASHES, code, day, digits, folded, number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2),
        ("２", 2),
        ("１，０００", 1_000),
        ("1,000", 1_000),
        ("1 000", 1_000),
        ("12,345,678", 12_345_678),
        (" 500 ", 500),
        ("500ポイント", 500),
        ("2 口", 2),
        ("500円", 500),
        ("0", 0),
        ("007", 7),
        ("1回", 1),
        ("３人", 3),
        ("1万", 10_000),
        ("2万5000", 25_000),
        ("１０万ポイント", 100_000),
    ],
)
def test_a_number_is_read_in_every_width_and_with_separators_between_thousands(
    text: str, expected: int
) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-500",
        "－500",
        "1.5",
        "1,5",
        "1,50",
        "1.2E+5",
        "二",
        "abc",
        "1" * 16,
        "²³x",
        "10²",
        "10₂",
        "①",
        "½",
        "1½",
        "㍘",
        "𝟏",
        "⒈",
        "१",
        "万",
        "1万2万",
        "1.5万",
        "1億",
        "1回2人",
    ],
)
def test_what_is_no_whole_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("dash", ["-", *DASHES])
def test_every_dash_of_a_code_is_a_hyphen(dash: str) -> None:
    assert code(f"ＡＢ{dash}12 34") == "AB-1234"
    assert digits(f"1234{dash}５６７８ 9012") == "123456789012"


def test_a_code_keeps_what_only_looks_like_a_digit() -> None:
    assert code("ＡＢ²①") == "AB²①"
    assert digits("1234 5678 901²") == "12345678901²"


@pytest.mark.parametrize("text", ["10㌽", "10ﾎﾟｲﾝﾄ", "１０　ポイント", "10pt"])
def test_a_unit_is_read_in_every_width(text: str) -> None:
    assert number(text) == 10


def test_unseen_characters_are_no_part_of_a_code() -> None:
    assert code("\ufeffAB\u200bCD\u00a0") == "ABCD"


@pytest.mark.parametrize(
    ("addresses", "buckets"),
    [
        (["192.0.2.1", "192.0.2.1:5000", "192.0.2.1:5001", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:9"], 1),
        (["2001:db8::1", "2001:DB8:0:0::2", "[2001:db8::3]:443", "[2001:db8::4]", "2001:db8::5%eth0"], 1),
        (["2001:db8::1", "2001:db8:0:1::1"], 2),
        (["192.0.2.1", "192.0.2.2"], 2),
        (["unknown", "_hidden"], 2),
    ],
)
def test_one_customer_has_one_bucket(addresses: list[str], buckets: int) -> None:
    assert len({bucket_of(address) for address in addresses}) == buckets


@pytest.mark.parametrize(
    "text",
    [
        "2018-07-31", "2018/7/31", "2018.7.31", "20180731", "２０１８年７月３１日", "2018ー07ー31", "平成30年7月31日", "H30.7.31",
        " 2018年 7月 31日 ",
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert day(text) == date(2018, 7, 31)


@pytest.mark.parametrize(
    "text",
    ["", "7/31", "2018-7", "2018-99-99", "2018年2月30日", "018-07-31", "2018-07/31", "201871", "yesterday"],
)
def test_what_may_be_another_day_is_none(text: str) -> None:
    assert day(text) is None


def test_the_first_year_of_an_era_is_read() -> None:
    assert day("令和元年5月1日") == date(2019, 5, 1)


@pytest.mark.parametrize("text", ["かさま", "カサマ", "ｶｻﾏ", " か さ ま "])
def test_kana_are_looked_for_in_one_form(text: str) -> None:
    assert folded(text) == "かさま"
