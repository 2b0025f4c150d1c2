"""A manual (操作説明書): chapters of Markdown, a file a language, made into pages and a search when the site starts.

A site gives its own text and sections; `add_pages` gives it the contents with the search at `/manual` and a page a chapter.

A chapter begins with each heading of the first rank; its address comes from a list, so that the files are text and nothing
else. `![what is seen](name)` is the picture `manual/<name>-<language>.png` of the site's files. `**…**` is a word that stands on a
page, such as a button's. Tests hold both to what is there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from pagekit.files import Files
from pagekit.i18n import Catalog, Translator
from pagekit.pages import PageRequest, Pages, SessionT, SettingsT
from pagekit.typed_text import folded, search_words

MAX_QUERY: Final = 60
MAX_LINES: Final = 3
"""Lines of one chapter that a search shows."""
WIDE: Final = 480
"""Pixels from which a picture is of a desk's screen and gets the page's whole width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One heading, paragraph or step. `found_by` is its text as `folded` words, and once more in kana."""

    shown: Markup
    found_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """`slug` is its address below the manual's; `title` has no readings, `heading` has. `number` counts from 1."""

    slug: str
    number: int
    title: str
    heading: Markup
    body: Markup
    lines: tuple[Line, ...]
    quoted: tuple[str, ...]
    """The words of the site's pages that it names, without readings."""
    pictures: tuple[str, ...]
    """Names of its pictures among the site's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Chapters that stand under one heading of the contents, which may be empty.

    `chapters` are addresses, each with what a session must allow for its reader to need the chapter; empty for everybody.
    """

    title: str
    chapters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hit:
    chapter: Chapter
    lines: tuple[Line, ...]


class Manual:
    """The chapters in each language of a site.

    `folder` has `<language>.md`; `slugs` are the chapters' addresses in the files' order, `terms` those of the last chapter's
    headings, which explains words. Raises ValueError where a file has other numbers of them.
    """

    def __init__(
        self, folder: Path, words: Catalog, files: Files, slugs: Sequence[str], terms: Sequence[str]
    ) -> None:
        self.slugs = tuple(slugs)
        self._chapters: Mapping[str, tuple[Chapter, ...]] = {
            language: tuple(_chapters(folder / f"{language}.md", words.speech(language), files, slugs, terms))
            for language in words.languages
        }

    def chapters(self, language: str) -> tuple[Chapter, ...]:
        return self._chapters[language]

    def chapter(self, language: str, slug: str) -> Chapter:
        """Raises ValueError where no chapter has the address."""
        return self._chapters[language][self.slugs.index(slug)]

    def search(self, language: str, typed: str) -> list[Hit]:
        """The chapters that have every word of `typed`, in any width and kana, each with lines that have one."""
        parts = [part for word in typed.split() if (part := folded(word))]
        if not parts:
            return []
        hits = []
        for chapter in self._chapters[language]:
            lines = [line for line in chapter.lines if any(part in line.found_by for part in parts)]
            if all(any(part in line.found_by for line in lines) for part in parts):
                hits.append(Hit(chapter, tuple(lines[:MAX_LINES])))
        return hits


def add_pages(pages: Pages[SettingsT, SessionT], manual: Manual, sections: Sequence[Section]) -> None:
    """`/manual` and a page for each chapter, open to everybody: who cannot sign in needs them most.

    Who is signed in finds the chapters that their session allows, and the others on request (`?all=yes`). Raises
    ValueError where the sections do not have each chapter once, in the files' order.
    """
    ordered = [slug for section in sections for slug in section.chapters]
    if ordered != list(manual.slugs):
        raise ValueError(f"the sections have {ordered}; the manual has {list(manual.slugs)}")

    def sections_for(visit: PageRequest[SettingsT, SessionT]) -> list[tuple[str, list[Chapter]]]:
        chapter, language = manual.chapter, visit.speech.language
        is_all = visit.session is None or visit.query("all") == "yes"
        listed = [
            (
                section.title,
                [
                    chapter(language, slug)
                    for slug, needs in section.chapters.items()
                    if is_all or not needs or (visit.session is not None and visit.session.may(needs))
                ],
            )
            for section in sections
        ]
        return [(title, chapters) for title, chapters in listed if chapters]

    @pages.get("/manual", public=True)
    async def contents(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
        """The chapters, or those that have all the words looked for."""
        typed = search_words(visit.query("q"), MAX_QUERY)
        listed = sections_for(visit)
        shown = {chapter.slug for _, chapters in listed for chapter in chapters}
        hits = manual.search(visit.speech.language, typed) if typed else None
        return visit.render(
            "manual.html",
            typed=typed,
            hits=hits if hits is None else [hit for hit in hits if hit.chapter.slug in shown],
            sections=listed,
            is_all=visit.query("all") == "yes",
            is_part=len(shown) < len(ordered),
        )

    @pages.get("/manual/{chapter:[a-z-]{1,40}}", public=True)
    async def one_chapter(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
        slug, language = visit.path_param("chapter"), visit.speech.language
        if slug not in manual.slugs:
            raise web.HTTPNotFound
        own = [chapter.slug for _, chapters in sections_for(visit) for chapter in chapters]
        slugs = own if slug in own else ordered
        at = slugs.index(slug)
        return visit.render(
            "manual_chapter.html",
            chapter=manual.chapter(language, slug),
            before=manual.chapter(language, slugs[at - 1]) if at else None,
            after=manual.chapter(language, slugs[at + 1]) if at + 1 < len(slugs) else None,
        )


def _chapters(
    path: Path, speech: Translator, files: Files, slugs: Sequence[str], terms: Sequence[str]
) -> Iterator[Chapter]:
    markdown = _renderer()
    tokens = markdown.parse(path.read_text("utf-8"))
    starts = [at for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"]
    if len(starts) != len(slugs) or starts[:1] != [0]:
        raise ValueError(f"{path} has {len(starts)} chapters; {len(slugs)} have an address")
    ends = [*starts[1:], len(tokens)]
    for number, (slug, start, end) in enumerate(zip(slugs, starts, ends, strict=True), 1):
        body = tokens[start + 3 : end]
        if slug == slugs[-1]:
            headings = [token for token in body if token.type == "heading_open"]
            if len(headings) != len(terms):
                raise ValueError(f"{path} explains {len(headings)} words; {len(terms)} have an address")
            for token, term in zip(headings, terms, strict=True):
                token.attrSet("id", term)
        yield _chapter(number, slug, tokens[start + 1], body, speech, files, markdown)


def _chapter(
    number: int,
    slug: str,
    title: Token,
    body: list[Token],
    speech: Translator,
    files: Files,
    markdown: MarkdownIt,
) -> Chapter:
    inlines = [title, *(token for token in body if token.type == "inline")]
    children = [child for inline in inlines for child in inline.children or ()]
    rendered = markdown.renderer.render(body, markdown.options, {"speech": speech, "files": files})
    return Chapter(
        slug=slug,
        number=number,
        title=speech.without_readings(_text(title)),
        heading=speech.with_readings(_text(title)),
        body=Markup(rendered),  # noqa: S704  html is off in the renderer, and the text is the site's own
        lines=tuple(_line(text, speech) for inline in inlines if (text := _text(inline))),
        quoted=tuple(
            speech.without_readings(children[at + 1].content)
            for at, child in enumerate(children)
            if child.type == "strong_open"
        ),
        pictures=tuple(_picture(child, speech) for child in children if child.type == "image"),
    )


def _line(text: str, speech: Translator) -> Line:
    forms = (speech.without_readings(text), speech.in_kana(text))
    return Line(
        shown=speech.with_readings(text),
        found_by="\n".join(" ".join(map(folded, form.split())) for form in forms),
    )


def _text(inline: Token) -> str:
    return "".join(
        " " if child.type == "softbreak" else child.content
        for child in inline.children or ()
        if child.type in ("text", "softbreak")
    )


def _picture(image: Token, speech: Translator) -> str:
    return f"manual/{image.attrGet('src')}-{speech.language}.png"


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.add_render_rule("text", _render_text)
    markdown.add_render_rule("image", _render_image)
    return markdown


def _render_text(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: Mapping[str, Any]
) -> str:
    speech: Translator = env["speech"]
    return str(speech.with_readings(tokens[at].content))


def _render_image(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, env: Mapping[str, Any]
) -> str:
    """The picture, or what is to be seen on it where there is none: a site without its pictures still explains."""
    speech: Translator = env["speech"]
    files: Files = env["files"]
    seen = speech.without_readings(tokens[at].content)
    name = _picture(tokens[at], speech)
    try:
        address, content = files.address(name), files.content(name)
    except FileNotFoundError:
        return str(speech.with_readings(tokens[at].content))
    width, height = struct.unpack(">II", content[16:24])  # a PNG's first chunk
    kind = "shot wide" if width >= WIDE else "shot"
    return str(
        Markup('<img class="{}" src="{}" alt="{}" width="{}" height="{}" loading="lazy">').format(
            kind, address, seen, width, height
        )
    )
