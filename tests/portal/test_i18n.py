"""Three languages, complete: no sentence without its English, no kanji of ours without its reading."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from gateway.points.municipalities import prefectures
from municipal.i18n import WORDS as CITY_WORDS
from pagekit.i18n import Catalog, language_of
from portal.i18n import SOURCES, WORDS
from portal.prefecture_names import prefecture_in_list, prefecture_name

KANJI = re.compile(r"[一-龠々]")
PLACES = re.compile(r"%\(\w+\)s")


def test_every_japanese_text_of_a_template_stands_in_an_expression() -> None:
    assert not SOURCES.bare()


def test_every_sentence_has_its_english() -> None:
    assert sorted(SOURCES.sentences() - set(WORDS.catalogue("en"))) == []


def test_no_english_is_left_in_japanese() -> None:
    assert [text for text in WORDS.catalogue("en").values() if re.search(r"[ぁ-んァ-ヶ一-龠]", text)] == []


@pytest.mark.parametrize("language", ["en", "ja-easy"])
def test_a_catalogue_holds_no_sentence_that_is_never_said(language: str) -> None:
    assert sorted(set(WORDS.catalogue(language)) - SOURCES.sentences()) == []


@pytest.mark.parametrize("language", ["en", "ja-easy"])
def test_a_translation_has_the_same_values_in_it(language: str) -> None:
    wrong = [
        source
        for source, text in WORDS.catalogue(language).items()
        if sorted(set(PLACES.findall(source))) != sorted(set(PLACES.findall(text)))
    ]
    assert wrong == []


def test_every_kanji_in_easy_japanese_has_a_reading() -> None:
    speech = WORDS.speech("ja-easy")
    unread = {
        source: KANJI.findall(left)
        for source in SOURCES.sentences()
        if KANJI.search(left := re.sub(r"<ruby>.*?</ruby>", "", str(speech.say(source))))
    }
    assert unread == {}


def test_a_reading_is_kana() -> None:
    _, known = WORDS.readings
    wrong = [
        word
        for word in known.values()
        if not all(re.fullmatch(r"[ぁ-ゖー]+", r) for r in re.findall(r"\|(.*?)\}", word))
    ]
    assert wrong == []


def test_values_are_escaped_in_every_language() -> None:
    for language in WORDS.languages:
        said = str(WORDS.speech(language).say("%(partner)sのサイトへ移動します", partner="<b>&"))
        assert "&lt;b&gt;&amp;" in said
        assert "<b>" not in said


def test_a_title_has_no_ruby() -> None:
    assert WORDS.speech("ja-easy").plain("留保ポイント") == "留保ポイント"


@pytest.mark.parametrize(
    ("asked", "given"),
    [("ja,en;q=0.8", "ja"), ("en-US,en;q=0.9,ja;q=0.8", "en"), ("", "ja"), ("fr", "en"), ("*", "ja")],
)
def test_a_browser_that_has_not_chosen_gets_the_language_it_asks_for(asked: str, given: str) -> None:
    assert language_of(asked) == given


def test_the_catalogues_are_whole_files() -> None:
    for language in ("en", "ja-easy"):
        for path in WORDS.files(language):
            with path.open("rb") as file:
                assert not [
                    message.id
                    for message in read_po(file, abort_invalid=True)
                    if message.fuzzy and message.id
                ]


def test_a_prefecture_is_named_in_english_with_its_japanese_name() -> None:
    names = {prefecture.code[:2]: prefecture.name for prefecture in prefectures()}
    english, japanese = WORDS.speech("en"), WORDS.speech("ja")
    assert len(names) == 47
    assert prefecture_name(english, "082163", names["08"]) == "Ibaraki (茨城県)"
    assert prefecture_name(english, "01", names["01"]) == "Hokkaido (北海道)"
    assert prefecture_name(english, "47", names["47"]) == "Okinawa (沖縄県)"
    assert prefecture_name(japanese, "08", names["08"], "いばらきけん") == "茨城県"
    easy = prefecture_name(WORDS.speech("ja-easy"), "08", names["08"], "いばらきけん")
    assert str(easy) == "<ruby>茨城県<rt>いばらきけん</rt></ruby>"
    assert prefecture_in_list(english, "08", names["08"]) == "Ibaraki"
    assert prefecture_in_list(japanese, "08", names["08"]) == "茨城県"


class TestOne:
    @pytest.mark.parametrize(
        ("source", "values", "said"),
        [
            ("%(count)s 名", {"count": "1"}, "1 person"),
            ("%(count)s 名", {"count": "11"}, "11 people"),
            ("交換できるのは最大 %(most)s 口です。", {"most": "1"}, "You can exchange at most 1 unit."),
            (
                "移行できるのは %(available)s ポイントまでです。",
                {"available": "1"},
                "You can move at most 1 point.",
            ),
        ],
    )
    def test_has_its_own_form_in_english(self, source: str, values: dict[str, object], said: str) -> None:
        english = WORDS.speech("en")
        assert str(english.say(source, **values)) == said
        assert english.plain(source, **values) == said

    def test_point_is_no_points(self) -> None:
        assert "1</b> <small>point<" in str(WORDS.speech("en").points(1))
        assert "0</b> <small>points<" in str(WORDS.speech("en").points(0))
        assert "1</b> <small>ポイント<" in str(WORDS.speech("ja").points(1))

    @pytest.mark.parametrize("words", [WORDS, CITY_WORDS], ids=["portal", "municipal"])
    def test_no_sentence_that_begins_its_counting_with_a_plural_lacks_it(self, words: Catalog) -> None:
        counted = re.compile(r"%\(\w+\)s (?:more |reserve )?(points|units|people|times|lines|shops|months)\b")
        first = re.compile(r"%\(\w+\)s")
        lacking = [
            text
            for source, text in words.catalogue("en").items()
            if (match := counted.search(text))
            and first.search(text).start() == match.start()  # type: ignore[union-attr]
            and source not in words.singulars("en")
        ]
        assert lacking == []
