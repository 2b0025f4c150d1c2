"""Readings: kana alone, whatever the keyboard."""

from __future__ import annotations

import pytest

from gateway.platform.kana_reading import kana_reading


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" 　", ""),
        ("かさま", "かさま"),
        ("ｶｻﾏ ｵｳｴﾝ", "カサマ オウエン"),
        ("ﾊﾟﾝｺｳﾎﾞｳ", "パンコウボウ"),
        ("ハ゜ン", "パン"),
        ("ハ\u309aン", "パン"),
        (" パン　　こうぼう ", "パン こうぼう"),
        ("ラーメン・みほん", "ラーメン・みほん"),
        ("ﾗｰﾒﾝ･ﾐﾎﾝ", "ラーメン・ミホン"),
        ("いすゞ", "いすゞ"),
        ("ヴァイオリン", "ヴァイオリン"),
    ],
)
def test_are_kept_in_one_width(typed: str, kept: str) -> None:
    assert kana_reading(typed) == kept
    assert kana_reading(kept) == kept


@pytest.mark.parametrize(
    "typed",
    ['"><script>', "見本", "パン屋", "Pan", "ｐａｎ", "パン2", "パン２", "ー", "・", "パン!", "パン\u200b", "パ\nン★", "パン、", "=パン", "🍞"],
)  # fmt: skip
def test_are_nothing_else(typed: str) -> None:
    assert kana_reading(typed) is None
