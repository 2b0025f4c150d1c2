"""Compares a page as it looks now with a small picture of how it should look.

A stored picture is the whole page, made small. What is compared is coarser still: fields of a letter or two, each
blurred with those around it and allowed to lie a little further up, down or aside. So another version of the browser or of the fonts, which draws
letters a shade or a pixel differently, changes nothing; a section that is missing, a layout that has moved, a
style that is lost changes many fields. `make pictures` stores the pictures anew: look at them before committing.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageFilter

STORED: Final = Path(__file__).parent / "pictures"
LEFT: Final = Path(__file__).parents[2] / "var" / "portal" / "differences"
"""Where what differs is left for people to look at: expected, actual and difference side by side."""

RENEW: Final = os.environ.get("RENEW_PICTURES") == "1"
TIMES: Final = 2
"""How many times smaller pages are stored."""
FIELD: Final = 2
"""Pixels of a stored picture to a field."""
BLUR: Final = 4
"""Pixels around each that count with it."""
ASIDE: Final = (-2, -1, 0, 1, 2)
"""Fields by which something may lie elsewhere."""
SHADES: Final = 28
"""Of 255: by how much a field's colour may differ."""
SHARE: Final = 0.003
"""How many of the fields may differ by more."""
HEIGHT: Final = 0.03
"""By how much a page may be longer or shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`share` of the fields that differ, `height` by which the page is longer or shorter, as a part of one."""

    share: float
    height: float

    @property
    def too_much(self) -> bool:
        return self.share > SHARE or self.height > HEIGHT


def made_small(screenshot: bytes, times: int = TIMES) -> Image.Image:
    """The whole page, this many times smaller, in few colours, as it is stored."""
    full = Image.open(io.BytesIO(screenshot)).convert("RGB")
    small = full.resize((full.width // times, full.height // times), Image.Resampling.BOX)
    return small.quantize(48, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def difference(expected: Image.Image, actual: Image.Image) -> Difference:
    height = abs(expected.height - actual.height) / expected.height
    fields = _differing(expected, actual).histogram()
    return Difference(share=sum(fields[SHADES + 1 :]) / sum(fields), height=height)


def check(name: str, screenshot: bytes) -> None:
    """Hold a page to its stored picture, or store it. A page that differs leaves three pictures in LEFT."""
    actual, stored = made_small(screenshot), STORED / f"{name}.png"
    if RENEW:
        STORED.mkdir(exist_ok=True)
        actual.save(stored, optimize=True)
        return
    assert stored.exists(), f"{name} has no picture yet: make pictures, look at it, commit it"
    expected = Image.open(stored)
    found = difference(expected, actual)
    if found.too_much:
        LEFT.mkdir(parents=True, exist_ok=True)
        _side_by_side(expected, actual).save(LEFT / f"{name}.png")
        (LEFT / f"{name}-actual.png").write_bytes(screenshot)
    assert not found.too_much, (
        f"{name} looks different ({found.share:.1%} of it, {found.height:.1%} in height): look at "
        f"{LEFT / name}.png; if it is meant to, make pictures"
    )


def _fields(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture on white of this size, blurred, a pixel for each field."""
    whole = Image.new("RGB", size, "white")
    whole.paste(picture.convert("RGB"))
    blurred = whole.filter(ImageFilter.BoxBlur(BLUR))
    return blurred.resize((size[0] // FIELD, size[1] // FIELD), Image.Resampling.BOX)


def _differing(expected: Image.Image, actual: Image.Image) -> Image.Image:
    """Grey by how much each field differs from the one of the other's that is nearest to it, both ways."""
    size = (max(expected.width, actual.width), max(expected.height, actual.height))
    image, other = _fields(expected, size), _fields(actual, size)
    return ImageChops.lighter(_furthest(image, other), _furthest(other, image))


def _furthest(one: Image.Image, other: Image.Image) -> Image.Image:
    nearest: Image.Image | None = None
    for right in ASIDE:
        for down in ASIDE:
            moved = _grey(ImageChops.difference(one, ImageChops.offset(other, right, down)))
            nearest = moved if nearest is None else ImageChops.darker(nearest, moved)
    assert nearest is not None
    return nearest


def _grey(difference: Image.Image) -> Image.Image:
    """The largest difference of the three colours."""
    red, green, blue = difference.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _side_by_side(expected: Image.Image, actual: Image.Image) -> Image.Image:
    marked = _differing(expected, actual).point(lambda shade: 255 if shade > SHADES else 0)
    shown = marked.resize((marked.width * FIELD, marked.height * FIELD), Image.Resampling.NEAREST)
    height = max(expected.height, actual.height)
    sheet = Image.new("RGB", (expected.width + actual.width + shown.width + 20, height), "grey")
    for picture, left in (
        (expected, 0),
        (actual, expected.width + 10),
        (shown, expected.width + actual.width + 20),
    ):
        sheet.paste(picture.convert("RGB"), (left, 0))
    return sheet
