"""Headings break between phrases: by the browser where it can, else at the places that the server marks."""

from __future__ import annotations

import re

from pagekit.i18n import in_phrases
from portal.i18n import WORDS

SENTENCE = "%(municipality)sの「%(service)s」を基本自治体にします。"


def test_a_heading_may_break_between_its_phrases_and_says_the_same() -> None:
    said = str(WORDS.speech("ja").heading("留保ポイントを個別自治体ポイントに移行"))
    assert said == "留保ポイントを<wbr>個別自治体ポイントに<wbr>移行"
    assert said.replace("<wbr>", "") == WORDS.speech("ja").say("留保ポイントを個別自治体ポイントに移行")


def test_values_are_escaped_in_phrases_too() -> None:
    said = str(WORDS.speech("ja").heading(SENTENCE, municipality="<b>市&", service="応援"))
    assert re.findall(r"<(?!wbr>)", said) == []
    assert said.replace("<wbr>", "") == "&lt;b&gt;市&amp;の「応援」を基本自治体にします。"


def test_what_is_no_japanese_or_has_readings_is_left_as_it_is_said() -> None:
    for language in ("en", "ja-easy"):
        speech = WORDS.speech(language)
        assert speech.heading("留保ポイントの履歴照会") == speech.say("留保ポイントの履歴照会")
        assert "<wbr>" not in speech.heading("留保ポイントの履歴照会")


def test_nothing_is_lost_or_added_at_the_ends() -> None:
    for text in ("", "1", "利用者マイページ", "ABC 2018年7月31日 まで"):
        assert in_phrases(text).replace("<wbr>", "") == text
        assert not in_phrases(text).startswith("<wbr>")
