"""Pictures of a manual: taken by a story, and held to their pages by the words that were to be seen on them.

Beside the pictures of a site lies a record of each: its digest and the page's own words inside it, from top to bottom. A test
that walks to the page again compares the words: a button that is renamed, moved away or new makes the picture stale. The
digest keeps picture and words together. `make pictures` takes them anew; look at them before committing.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page

from pagekit.i18n import Catalog
from pagekit.manual import Manual
from pagekit.message_extraction import Sources
from tests.manual_rules import said
from tests.pictures_taken import take

RENEW: Final = os.environ.get("RENEW_PICTURES") == "1"
MAX_BYTES: Final = 40_000
MAX_BYTES_IN_ALL: Final = 1_500_000
"""Of the pictures of all sites together."""
COLOURS: Final = 24
MARGIN: Final = 12
"""Pixels around what is shown."""
_BOX: Final = """selectors => {
  const boxes = selectors.map(selector => document.querySelector(selector).getBoundingClientRect());
  return [Math.min(...boxes.map(box => box.top)) + scrollY, Math.max(...boxes.map(box => box.bottom)) + scrollY];
}"""
_WORDS: Final = """([top, bottom]) => {
  const text = (element, without) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(without).forEach(part => part.remove());
    return copy.textContent.replace(/\\s+/g, " ").trim();
  };
  const all = document.querySelectorAll("main :is(h1, h2, h3, p, label, legend, button, a, dt, th, summary, caption)");
  return [...all].filter(element => {
    const box = element.getBoundingClientRect(), middle = (box.top + box.bottom) / 2 + scrollY;
    return box.width > 1 && box.height > 1 && top <= middle && middle <= bottom && element.checkVisibility();
  }).map(element => [
    text(element, "rt, rp, .unseen"),
    element.matches("label, legend, dt, th") ? text(element, "rt, rp, .unseen, small, .must, .hint") : "",
  ]);
}"""


@dataclass(frozen=True, slots=True)
class Album:
    """The pictures of one site's manual: `static` is its folder of files, `record` tells what is on each."""

    manual: Manual
    static: Path
    record: Path
    words: Catalog
    sources: Sources
    on_pages: dict[str, set[str]] = field(default_factory=dict)
    """What the site's pages say, by language: every template is read for it, so once."""

    def said_in(self, language: str) -> set[str]:
        """What the site's pages say in a language."""
        if language not in self.on_pages:
            self.on_pages[language] = said(self.words.speech(language), self.sources.sentences())
        return self.on_pages[language]

    def names(self) -> list[str]:
        """Files below `static` that the manual names, in all its languages."""
        return [
            name
            for language in self.words.languages
            for chapter in self.manual.chapters(language)
            for name in chapter.pictures
        ]

    def recorded(self) -> dict[str, Any]:
        records: dict[str, Any] = json.loads(self.record.read_text("utf-8")) if self.record.exists() else {}
        return records

    def hold(self, page: Page, name: str, first: str, last: str = "") -> None:
        """Hold the picture in each language to the page, which is loaded anew in it, or take it where it is to be renewed.

        It shows the page's whole width from the element `first` to the end of `last`, or `first` alone.
        """
        try:
            for language in self.words.languages:
                page.context.add_cookies([{"name": "language", "value": language, "url": page.url}])
                page.reload()
                self._hold(page, f"manual/{name}-{language}.png", language, [first, last or first])
        finally:  # the cookie is this address's alone, and would stand before the next one's
            page.context.clear_cookies(name="language")

    def _hold(self, page: Page, name: str, language: str, shown: list[str]) -> None:
        page.mouse.move(0, 0)
        top, bottom = page.evaluate(_BOX, shown)
        sentences = self.said_in(language)
        seen = [
            word
            for texts in page.evaluate(_WORDS, [top, bottom])
            for word in [next((text for text in texts if text in sentences), "")]
            if word
        ]
        assert seen, f"{name} shows no word of its page"
        if RENEW:
            self._renew(page, name, top, bottom, seen)
            return
        record = self.recorded().get(name, {})
        stale = sorted({*seen} ^ {*record.get("words", [])})
        assert seen == record.get("words"), f"{name} is stale: make pictures, look at it, commit it: {stale}"

    def _renew(self, page: Page, name: str, top: float, bottom: float, seen: list[str]) -> None:
        assert page.viewport_size is not None
        clip = {
            "x": 0,
            "y": max(0, top - MARGIN),
            "width": page.viewport_size["width"],
            "height": bottom - top + 2 * MARGIN,
        }
        page.evaluate("document.fonts.ready")
        shot = take(page, full_page=True, clip=clip, animations="disabled", caret="hide", scale="css")
        small = Image.open(io.BytesIO(shot)).convert("RGB")
        flat = small.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        path = self.static / name
        path.parent.mkdir(parents=True, exist_ok=True)
        flat.save(path, optimize=True)
        named = set(self.names())
        records = {other: record for other, record in self.recorded().items() if other in named}
        records[name] = {"sha256": digest(path), "words": seen}
        text = json.dumps(dict(sorted(records.items())), ensure_ascii=False, indent=1)
        self.record.write_text(text + "\n", "utf-8")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults(album: Album) -> list[str]:
    """What is wrong with the pictures as they lie there, without a page: missing, too large, nobody's, or not those of the record."""
    named, records = album.names(), album.recorded()
    found = [f"{name} is named and not there" for name in named if not (album.static / name).is_file()]
    found += [f"{name} is in the record and not in the manual" for name in records.keys() - set(named)]
    for path in sorted((album.static / "manual").glob("*")):
        name = f"manual/{path.name}"
        if name not in named:
            found.append(f"{name} belongs to no chapter")
        if records.get(name, {}).get("sha256") != digest(path):
            found.append(f"{name} is not the picture of its record")
        if path.stat().st_size > MAX_BYTES:
            found.append(f"{name} has more than {MAX_BYTES} bytes")
    for name, record in records.items():
        languages = sorted(album.words.languages, key=len, reverse=True)
        language = next(tag for tag in languages if name.endswith(f"-{tag}.png"))
        gone = set(record["words"]) - album.said_in(language)
        found += [f"{name} shows {word}, which no page says any more" for word in sorted(gone)]
    return found


def bytes_of(albums: Iterable[Album]) -> int:
    return sum(path.stat().st_size for album in albums for path in (album.static / "manual").glob("*.png"))
