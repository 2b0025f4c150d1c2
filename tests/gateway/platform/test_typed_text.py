"""One text is one text, whatever width, dash, space, kana or normal form it was typed in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.platform.typed_text import (
    is_dash,
    nfc,
    plain_width,
    same_note,
    search_key,
    without_separators,
)
from httpkit.safe_csv import excel_csv


class TestNames:
    @pytest.mark.parametrize(
        ("kept", "typed"),
        [
            ("ﾍﾞｰｶﾘｰ笠間", "ベーカリー"),
            ("ベーカリー笠間", "ﾍﾞｰｶﾘｰ"),
            ("ＡＢＣマート", "abcマート"),
            ("つつじヶ丘", "つつじケ丘"),
            ("つつじケ丘", "つつじヶ丘"),
            ("かぶくふ", unicodedata.normalize("NFD", "かぶくふ")),
            (unicodedata.normalize("NFD", "パン屋"), "パン屋"),
            ("カ゛ス店", "ガス店"),
            ("コーヒー−館", "コーヒー-館"),
            ("笠間　本店", "笠間 本店"),
            ("朝〜夕食堂", "朝～夕食堂"),
            ("朝〜夕食堂", "朝~夕"),
            ("朝～夕食堂", "朝〜夕"),
            ("髙島屋", "高島屋"),
            ("寺﨑商店", "寺崎"),
            ("寺崎商店", "寺﨑"),
            ("𠮷野家", "吉野家"),
            ("葛\U000e0100城堂", "葛城堂"),
            ("パン\u200b屋", "パン屋"),
            ("まる\u00ad福", "まる福"),
            ("ヱビス亭", "エビス"),
            ("ニッカウイスキー", "ウヰスキー"),
            ("冨士見屋", "富士見"),
            ("龍の瀧", "竜の滝"),
        ],
    )
    def test_a_name_is_found_by_any_of_its_spellings(self, kept: str, typed: str) -> None:
        assert search_key(typed) in search_key(kept)

    def test_a_wave_is_no_dash(self) -> None:
        assert search_key("朝〜夕") != search_key("朝-夕")

    def test_another_name_is_another(self) -> None:
        assert search_key("ベーカリー") not in search_key("バーカリー")

    def test_a_name_from_a_mac_is_kept_composed(self) -> None:
        assert nfc(unicodedata.normalize("NFD", "かぶくふ")) == "かぶくふ"
        assert nfc("カ゛") == "ガ"


class TestCodes:
    @pytest.mark.parametrize("dash", list("-‐‑‒–—―−ー－ｰ─━⁃﹣⸺"))
    def test_any_dash_is_no_part_of_a_code(self, dash: str) -> None:
        assert is_dash(dash)
        assert without_separators(f"１２{dash}3４") == "1234"

    @pytest.mark.parametrize("between", [" ", "\u3000", "\u00a0", "\u2009", ".", "・", "_", "\t"])
    def test_nor_is_what_stands_between_digits(self, between: str) -> None:
        assert without_separators(f"12{between}34") == "1234"


class TestNotes:
    @pytest.mark.parametrize(
        ("utf8", "cp932"),
        [
            ("〜", "～"),
            ("〜", "~"),
            ("~", "‾"),
            ("\\", "¥"),
            ("\\", "￥"),
            ("‖", "∥"),
            ("−", "－"),
            ("¢", "￠"),
            ("£", "￡"),
            ("¬", "￢"),
            ("—", "―"),  # Excel saves U+2014 in Shift_JIS as U+2015
            ("–", "―"),
            ("‐", "-"),
            ("¯", "￣"),
            ("ゔ", "ヴ"),
            ("·", "・"),
            ("é", "e"),
            ("©", "c"),
            (" 〜　", "~"),
        ],
    )
    def test_a_note_is_the_same_in_both_encodings(self, utf8: str, cp932: str) -> None:
        assert same_note(f"4月{utf8}6月分") == same_note(f"4月{cp932}6月分")

    def test_another_note_is_another(self) -> None:
        assert same_note("4月〜6月分") != same_note("4月-6月分")
        assert same_note("ハ") != same_note("バ")

    def test_and_in_both_normal_forms(self) -> None:
        assert same_note(unicodedata.normalize("NFD", "がんばる")) == same_note("がんばる")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "−", " ="])
def test_no_cell_starts_a_formula_in_any_width(start: str) -> None:
    file = excel_csv(["name"], [[f"{start}cmd|' /C calc'!A0"]]).decode("utf-8-sig")
    assert file.splitlines()[1].lstrip('"').startswith("'")


class TestPlainText:
    """What has no letter beyond ASCII is folded by a shorter way, which says the same as the long one."""

    @given(st.text(st.characters(codec="ascii"), max_size=12))
    @example("\x1c-~._, \t\v\x0cA\\^`")
    def test_is_folded_as_beside_a_letter_of_japan(self, text: str) -> None:
        assert plain_width(text + "あ") == plain_width(text) + "あ"
        assert without_separators(text + "あ") == without_separators(text) + "あ"
        assert search_key(text + " あ") == f"{search_key(text)} あ".strip()
