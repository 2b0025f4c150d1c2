"""What a city tells members of their data, on 「残している記録」: in their language, as text, and told where it is another."""

from __future__ import annotations

from typing import Final

import pytest

from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import member

__all__ = ["house"]

RECORD: Final = {"made_at": "2018-08-01T09:00:00+09:00", "mykey_id": "12345678", "sections": []}
KASAMA: Final = {
    "municipality": "082163", "municipality_name": "笠間市", "municipality_kana": "かさまし",
    "ja": "一つめ<b>です</b>。\n続き。\n　\n二つめ。", "en": "In English.", "easy": None,
    "changed_at": "2018-08-01T09:00:00+09:00",
}  # fmt: skip
INSTEAD: Final = {
    "ja": "この言葉の文はまだありません",
    "en": "There is no text in English yet",
    "ja-easy": "</ruby>はまだありません",
}


@pytest.mark.parametrize(
    ("language", "text", "shown", "instead"),
    [
        ("ja", KASAMA, "二つめ。", False),
        ("en", KASAMA, "In English.", False),
        ("en", KASAMA | {"en": None}, "二つめ。", True),
        ("ja-easy", KASAMA, "二つめ。", True),
        ("ja-easy", KASAMA | {"easy": "やさしい文。"}, "やさしい文。", False),
    ],
)
async def test_a_text_is_read_in_ones_own_language_or_told_to_be_japanese(
    house: House, language: str, text: dict[str, object], shown: str, *, instead: bool
) -> None:
    answers = {"/v1/me/record": RECORD, "/v1/me/privacy-texts": {"privacy_texts": [text]}, "/v1/me": {}}
    async with member(house, answers) as browser:
        await browser.send("/language", language=language)
        page = await browser.page("/settings/record")
    spoken = "en" if shown == "In English." else "ja"
    assert f'<div lang="{spoken}"><p class="as-written">' in page
    assert shown in page
    assert (INSTEAD[language] in page) == instead


async def test_an_empty_line_parts_paragraphs_and_markup_is_text(house: House) -> None:
    answers = {"/v1/me/record": RECORD, "/v1/me/privacy-texts": {"privacy_texts": [KASAMA]}}
    async with member(house, answers) as browser, browser.http.get(house.portal + "/settings/record") as raw:
        page = await raw.text()
    assert (
        '<p class="as-written">一つめ&lt;b&gt;です&lt;/b&gt;。\n続き。</p><p class="as-written">二つめ。</p>'
        in page
    )


async def test_a_city_that_says_nothing_stands_nowhere(house: House) -> None:
    answers = {"/v1/me/record": RECORD, "/v1/me/privacy-texts": {"privacy_texts": []}}
    async with member(house, answers) as browser:
        assert "個人情報の取扱い" not in await browser.page("/settings/record")
