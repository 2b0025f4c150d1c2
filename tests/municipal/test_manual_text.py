"""操作説明書 of the municipal cloud as text: true to the pages it names, alike in both languages, each role its own part."""

from __future__ import annotations

import re

import pytest

from gateway.platform.roles import ALLOWED, Action, Role
from municipal.app import PARTS
from municipal.i18n import SOURCES, WORDS
from municipal.manual import CHAPTERS, HERE, MANUAL, SECTIONS, TERMS
from portal.i18n import SOURCES as PORTAL_SOURCES
from portal.i18n import WORDS as PORTAL_WORDS
from tests import manual_rules

LANGUAGES = list(WORDS.languages)
HELP_DESK = frozenset({"forgotten", "lost-phone", "lost-card"})
"""Chapters that tell what a member presses on the portal."""


@pytest.mark.parametrize("language", LANGUAGES)
class TestEachLanguage:
    def test_names_only_what_stands_on_its_pages(self, language: str) -> None:
        own = manual_rules.said(WORDS.speech(language), SOURCES.sentences())
        portal = manual_rules.said(PORTAL_WORDS.speech(language), PORTAL_SOURCES.sentences())
        chapters = MANUAL.chapters(language)
        assert sum(len(chapter.quoted) for chapter in chapters) > 200
        wrong = {
            chapter.slug: unknown
            for chapter in chapters
            if (unknown := set(chapter.quoted) - own - (portal if chapter.slug in HELP_DESK else set()))
        }
        assert wrong == {}

    def test_leads_only_to_what_is_there(self, language: str) -> None:
        chapters = MANUAL.chapters(language)
        assert manual_rules.dead_links(chapters, CHAPTERS, [part.pages for part in PARTS]) == []
        assert manual_rules.terms_linked(chapters) == set(TERMS)

    def test_explains_each_word_at_its_address(self, language: str) -> None:
        assert re.findall(r'<h2 id="([^"]+)"', MANUAL.chapters(language)[-1].body) == list(TERMS)

    def test_keeps_a_step_to_a_short_sentence_or_two(self, language: str) -> None:
        path, longest = HERE / "manual" / f"{language}.md", 120 if language == "en" else 70
        assert manual_rules.long_steps(path, WORDS.speech(language), longest) == []


def test_every_quoted_word_in_japanese_is_held_to_the_pages() -> None:
    path = HERE / "manual" / "ja.md"
    assert manual_rules.quoted_without_mark(path) == []
    assert manual_rules.words_in_alt(path) - SOURCES.sentences() == set()


def test_the_languages_have_the_same_headings_steps_links_and_pictures() -> None:
    assert manual_rules.shapes(MANUAL, "en") == manual_rules.shapes(MANUAL, "ja")


def chapters_of(role: Role) -> set[str]:
    actions = {action.value for action in ALLOWED[role]}
    return {
        slug
        for section in SECTIONS
        for slug, needs in section.chapters.items()
        if not needs or needs in actions
    }


class TestRoles:
    def test_each_chapter_has_a_role_that_reads_it(self) -> None:
        actions = {action.value for action in Action} | {""}
        assert {needs for section in SECTIONS for needs in section.chapters.values()} <= actions
        read = (chapters_of(role) for role in (Role.ADMINISTRATOR, Role.SHOP, Role.PLATFORM))
        assert frozenset().union(*read) == set(CHAPTERS)

    def test_a_shop_reads_of_its_till_and_not_of_the_citys_desk(self) -> None:
        assert chapters_of(Role.SHOP) == {
            "sign-in", "take", "take-back", "stuck", "statements", "shop-log-ins", "tills", "words",
        }  # fmt: skip

    def test_a_book_keeper_reads_of_statements_and_a_till_of_taking(self) -> None:
        assert chapters_of(Role.BOOKKEEPER) == {"sign-in", "statements", "shop-log-ins", "words"}
        assert chapters_of(Role.TILL) == {"sign-in", "take", "take-back", "stuck", "shop-log-ins", "words"}

    def test_an_approver_reads_of_closing_and_an_operator_of_the_desk(self) -> None:
        assert "closing" in chapters_of(Role.APPROVER) - chapters_of(Role.OPERATOR)
        assert "forgotten" in chapters_of(Role.OPERATOR) - chapters_of(Role.APPROVER)


def slugs(typed: str, language: str = "ja") -> list[str]:
    return [hit.chapter.slug for hit in MANUAL.search(language, typed)]


class TestSearch:
    @pytest.mark.parametrize("typed", ["振込ファイル", "振込ﾌｧｲﾙ", "振込ふぁいる", " 振込　ファイル"])
    def test_finds_a_word_in_every_width_and_kana(self, typed: str) -> None:
        assert "bank" in slugs(typed)

    def test_finds_what_to_do_with_a_lost_phone(self) -> None:
        assert "lost-phone" in slugs("なくした 電話")
        assert slugs("電話をなくした方") == ["lost-phone"]
        assert "lost-phone" in slugs("LOST phone", "en")
