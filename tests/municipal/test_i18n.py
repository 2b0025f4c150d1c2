"""Two languages, complete: no sentence of the municipal cloud without its English."""

from __future__ import annotations

import re

from babel.messages.pofile import read_po

from municipal.i18n import SOURCES, WORDS

PLACES = re.compile(r"%\(\w+\)s")


def test_every_japanese_text_of_a_template_stands_in_an_expression() -> None:
    assert not SOURCES.bare()


def test_every_sentence_has_its_english() -> None:
    assert sorted(SOURCES.sentences() - set(WORDS.catalogue("en"))) == []


def test_the_catalogue_holds_no_sentence_that_is_never_said() -> None:
    assert sorted(set(WORDS.catalogue("en")) - SOURCES.sentences()) == []


def test_no_english_is_left_in_japanese() -> None:
    assert [text for text in WORDS.catalogue("en").values() if re.search(r"[ぁ-んァ-ヶ一-龠]", text)] == []


def test_a_translation_has_the_same_values_in_it() -> None:
    wrong = [
        source
        for source, text in WORDS.catalogue("en").items()
        if sorted(set(PLACES.findall(source))) != sorted(set(PLACES.findall(text)))
    ]
    assert wrong == []


def test_the_catalogues_are_whole_files() -> None:
    for path in WORDS.files("en"):
        with path.open("rb") as file:
            assert not [
                message.id for message in read_po(file, abort_invalid=True) if message.fuzzy and message.id
            ]
