"""操作説明書 as text: complete in three languages, true to the pages it names, found in every width and kana."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pagekit.files import Files
from pagekit.manual import Manual
from portal.app import PARTS
from portal.i18n import SOURCES, WORDS
from portal.manual import CHAPTERS, HERE, MANUAL, TERMS
from tests import manual_rules

KANJI = re.compile(r"[一-龠々]")
LANGUAGES = list(WORDS.languages)


@pytest.mark.parametrize("language", LANGUAGES)
class TestEachLanguage:
    def test_names_only_what_stands_on_its_pages(self, language: str) -> None:
        on_pages = manual_rules.said(WORDS.speech(language), SOURCES.sentences())
        quoted = {word for chapter in MANUAL.chapters(language) for word in chapter.quoted}
        assert len(quoted) > 40
        assert sorted(quoted - on_pages) == []

    def test_leads_only_to_what_is_there(self, language: str) -> None:
        chapters = MANUAL.chapters(language)
        assert manual_rules.dead_links(chapters, CHAPTERS, [part.pages for part in PARTS]) == []
        linked = manual_rules.terms_linked(chapters)
        assert linked == set(TERMS), "each hard word is explained once, and led to"

    def test_explains_each_word_at_its_address(self, language: str) -> None:
        words = MANUAL.chapters(language)[-1]
        assert re.findall(r'<h2 id="([^"]+)"', words.body) == list(TERMS)

    def test_keeps_a_step_to_a_short_sentence_or_two(self, language: str) -> None:
        path, longest = HERE / "manual" / f"{language}.md", 110 if language == "en" else 60
        assert manual_rules.long_steps(path, WORDS.speech(language), longest) == []


def test_the_languages_have_the_same_headings_and_steps() -> None:
    assert manual_rules.shapes(MANUAL, "en") == manual_rules.shapes(MANUAL, "ja")
    assert manual_rules.shapes(MANUAL, "ja-easy") == manual_rules.shapes(MANUAL, "ja")


def test_every_kanji_in_easy_japanese_has_a_reading() -> None:
    for chapter in MANUAL.chapters("ja-easy"):
        shown = re.sub(r'alt="[^"]*"|<ruby>.*?</ruby>', "", f"{chapter.heading}{chapter.body}")
        assert KANJI.findall(shown) == [], chapter.slug


def slugs(language: str, typed: str) -> list[str]:
    return [hit.chapter.slug for hit in MANUAL.search(language, typed)]


class TestSearch:
    @pytest.mark.parametrize("typed", ["QRコード", "ＱＲコード", "qrｺｰﾄﾞ", "qrこーど", "  ＱＲ　コード "])
    def test_finds_a_word_in_every_width_and_kana(self, typed: str) -> None:
        assert slugs("ja", typed) == ["pay", "words"]

    @pytest.mark.parametrize("language", ["ja", "ja-easy"])
    def test_finds_kanji_by_their_reading(self, language: str) -> None:
        assert "allocate" in slugs(language, "りゅうほ")
        assert "allocate" in slugs(language, "リュウホ")

    def test_asks_for_all_the_words(self) -> None:
        assert "refund" in slugs("ja", "控え お店")
        assert slugs("ja", "控え お店 ありませんよ") == []

    def test_finds_english_whatever_the_case_and_no_word_across_two(self) -> None:
        assert "pay" in slugs("en", "PAYMENT code")
        assert slugs("en", "pointspay") == []

    def test_looks_in_the_chosen_language_alone(self) -> None:
        assert slugs("ja", "refund") == []
        assert slugs("en", "返金") == []

    @pytest.mark.parametrize("typed", ["", "   ", "　", "%s", "<b>", "{|}"])
    def test_finds_nothing_by_what_is_no_word(self, typed: str) -> None:
        assert slugs("ja", typed) == []

    def test_shows_lines_that_have_the_word(self) -> None:
        (hit, *_) = MANUAL.search("ja", "コードを見せて払う")
        assert hit.chapter.slug == "pay"
        assert [str(line.shown) for line in hit.lines] == ["コードを見せて払う"]


class TestAWrongFile:
    def test_with_another_number_of_chapters_or_words_stops_the_start(self, tmp_path: Path) -> None:
        files = Files(HERE / "static")
        for language in LANGUAGES:
            (tmp_path / f"{language}.md").write_text("# A\n\n# B\n\n## word\n", "utf-8")
        assert [c.slug for c in Manual(tmp_path, WORDS, files, ("a", "b"), ("w",)).chapters("en")] == [
            "a",
            "b",
        ]
        with pytest.raises(ValueError, match="has 2 chapters; 3 have an address"):
            Manual(tmp_path, WORDS, files, ("a", "b", "c"), ("w",))
        with pytest.raises(ValueError, match="explains 1 words; 2 have an address"):
            Manual(tmp_path, WORDS, files, ("a", "b"), ("w", "x"))

    def test_is_text_and_a_missing_picture_is_said(self, tmp_path: Path) -> None:
        for language in LANGUAGES:
            text = "# A\n\n![a < b](none)\n\n<script>x</script>\n\n# B\n"
            (tmp_path / f"{language}.md").write_text(text, "utf-8")
        body = Manual(tmp_path, WORDS, Files(HERE / "static"), ("a", "b"), ()).chapters("en")[0].body
        assert "a &lt; b" in body
        assert "<script" not in body
        assert "<img" not in body
