"""What holds for a manual of either site: its words are those of pages, its links lead somewhere, its languages are alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from pagekit.i18n import Translator
from pagekit.manual import Chapter, Manual
from pagekit.pages import Pages


def said(speech: Translator, sentences: Iterable[str]) -> set[str]:
    """The sentences of a site's pages as this language has them."""
    return {speech.plain(sentence) for sentence in sentences}


def dead_links(
    chapters: Iterable[Chapter], slugs: Collection[str], pages: Iterable[Pages[Any, Any]]
) -> list[str]:
    """Links that lead neither to a chapter nor to a page."""
    paths = {page.path for part in pages for page in part.all if page.method == "GET"}
    return [
        link
        for chapter in chapters
        for link in re.findall(r'href="([^"]+)"', chapter.body)
        if (path := link.partition("#")[0]).removeprefix("/manual/") not in slugs and path not in paths
    ]


def terms_linked(chapters: Iterable[Chapter]) -> set[str]:
    """The explained words to which a chapter leads."""
    return {
        term for chapter in chapters for term in re.findall(r'href="/manual/words#([^"]+)"', chapter.body)
    }


def shapes(manual: Manual, language: str) -> list[list[str]]:
    """Headings, steps, paragraphs, links and pictures of each chapter, in their order, without their text."""
    return [
        re.findall(r"<(?:h2|li|p)\b|(?<=href=\")[^\"]+", re.sub(r"\s+", " ", chapter.body))
        + [name.removesuffix(f"-{language}.png") for name in chapter.pictures]
        for chapter in manual.chapters(language)
    ]


def long_steps(path: Path, speech: Translator, longest: int) -> list[str]:
    """Steps with more characters than this."""
    steps = re.findall(r"^(?:\d+\.|-) (.+)$", path.read_text("utf-8"), re.MULTILINE)
    plain = [re.sub(r"\]\([^)]*\)|[\[*]", "", speech.without_readings(step)) for step in steps]
    assert len(plain) > 60
    return [step for step in plain if len(step) > longest]


def quoted_without_mark(path: Path) -> list[str]:
    """What stands in 「」 and is not marked as a page's word, so that nothing holds it to the page."""
    text = re.sub(r"!\[[^]]*\]|\*\*.+?\*\*", "", path.read_text("utf-8"))
    return re.findall(r"「[^」]+」", text)


def words_in_alt(path: Path) -> set[str]:
    """What a picture's text says in 「」."""
    return {
        word
        for alt in re.findall(r"!\[([^]]*)\]", path.read_text("utf-8"))
        for word in re.findall(r"「([^」]+)」", alt)
    }
