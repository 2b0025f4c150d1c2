"""Marks Japanese text on a page in another language, so that a voice reads it as Japanese (WCAG 3.1.2).

Names of cities, shops, points and people come in Japanese only, from many places. So the finished page is read once,
and each run of Japanese that stands in no element of its own language gets one.
"""

from __future__ import annotations

import re
from typing import Final

_JAPANESE: Final = r"[々-〇ぁ-ゖァ-ヺー㐀-䶿一-鿿豈-﫿ｦ-ﾟ]"
_WITHIN: Final = r"[0-9０-９ 　・＊「」『』（）、。，．！？：／-]"
"""What belongs to a run where Japanese stands on both sides of it."""
_RUN: Final = re.compile(f"{_JAPANESE}(?:{_WITHIN}*{_JAPANESE})*[＊]*(?:[0-9]+(?:-[0-9]+)*)?")
_ANY: Final = re.compile(_JAPANESE)
_TAG: Final = re.compile(r"<[^>]*>")
_NAME: Final = re.compile(r"</?([a-z0-9]+)")
_LANG: Final = re.compile(r'\slang="ja"')
_PLAIN: Final = frozenset({"title", "script", "style", "textarea"})
"""Elements that hold text and no other element."""
_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"})


def mark_japanese(page: str) -> str:
    """`page` with `lang="ja"` around its Japanese. The page is ours: tags are lower case, attributes escape `>`."""
    if _ANY.search(page) is None:
        return page
    pieces: list[str] = []
    skipped = ""  # the element whose text is left as it is, and how many of its name are open
    depth = at = 0
    in_svg = False
    last_tag = -1
    for tag in _TAG.finditer(page):
        text = page[at : tag.start()]
        if text and not skipped and _ANY.search(text) is not None:
            if last_tag >= 0 and pieces[last_tag].startswith("<option"):
                pieces[last_tag] = pieces[last_tag].replace("<option", '<option lang="ja"', 1)
            else:
                text = _marked(text, "tspan" if in_svg else "span")
        pieces += [text, tag[0]]
        last_tag, at = len(pieces) - 1, tag.end()
        named = _NAME.match(tag[0])
        if named is None:
            continue
        name, closes = named[1], tag[0].startswith("</")
        in_svg = (in_svg or name == "svg") and not (closes and name == "svg")
        if skipped:
            depth += (-1 if closes else 1) if name == skipped and not tag[0].endswith("/>") else 0
            skipped = skipped if depth else ""
        elif not closes and name not in _VOID and (name in _PLAIN or _LANG.search(tag[0])):
            skipped, depth = name, 1
    pieces.append(page[at:])
    return "".join(pieces)


def _marked(text: str, element: str) -> str:
    return _RUN.sub(lambda run: f'<{element} lang="ja">{run[0]}</{element}>', text)
