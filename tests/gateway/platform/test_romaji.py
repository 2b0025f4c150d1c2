"""Readings in Latin letters: what road signs write, and what people type for it."""

from __future__ import annotations

import pytest

from gateway.platform.romaji import letters_key, romaji


@pytest.mark.parametrize(
    ("reading", "letters"),
    [
        ("かさま", "Kasama"),
        ("とうきょう", "Tokyo"),
        ("おおいた", "Oita"),
        ("ゆうゆう", "Yuyu"),
        ("とよ|おか", "Toyooka"),
        ("すおうおおしま", "Suooshima"),
        ("しょうおう", "Shoo"),
        ("おおおか", "Ooka"),
        ("にいがた", "Niigata"),
        ("はっちょう", "Hatcho"),
        ("さっぽろ", "Sapporo"),
        ("しんおんせん", "Shin'onsen"),
        ("こんや", "Kon'ya"),
        ("なんば", "Nanba"),
        ("きゅうしゅう", "Kyushu"),
        ("じゃがいも ちゃや", "Jagaimo Chaya"),
        ("ふじ・つるぎ", "Fuji Tsurugi"),
        ("ゐゑを ぢづ", "Ieo Jizu"),
        ("ｶﾌｪ ﾃｨｰ", "Kafe Ti"),
        ("ウィーン ヴァイオリン", "Win Vaiorin"),
        ("チェーン デュオ", "Chen Dyuo"),
        ("パン＆カフェ ２４", "Pan&kafe 24"),
        ("Café ルージュ", "Café Ruju"),
        ("食堂", ""),
        ("ひまつり食堂", ""),
        ("", ""),
    ],
)
def test_a_reading_in_latin_letters(reading: str, letters: str) -> None:
    assert romaji(reading) == letters


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("Tōkyō", "Tokyo"),
        ("toukyou", "TOKYO"),
        ("Oosaka", "Ōsaka"),
        ("Kyuushuu", "Kyushu"),
        ("Shin'onsen", "shinonsen"),
        ("San’yō-Onoda", "sanyoonoda"),
        ("Gumma", "Gunma"),
        ("Sampo", "sanpo"),
        ("ｋａｓａｍａ", "kasama"),
    ],
)
def test_one_name_typed_in_two_ways_is_one(typed: str, other: str) -> None:
    assert letters_key(typed) == letters_key(other) != ""


def test_a_long_vowel_ends_with_its_word() -> None:
    assert "urara" in letters_key(romaji("そばどころ うらら"))


def test_other_names_stay_other() -> None:
    assert len({letters_key(name) for name in ("Mito", "Mita", "Muto", "Nito", "Minto", "Ama", "Ana")}) == 7


@pytest.mark.parametrize("typed", ["", " ", "-'", "笠間", "かさま", "kasama市", "<b>", "%", "a%"])
def test_what_is_not_in_latin_letters_has_no_key(typed: str) -> None:
    assert letters_key(typed) == ""
