"""Characters that nobody sees and that change what is read: in what is shown to others they have no place.

Control characters, line separators, zero widths, and what turns the direction of writing, by which one shop's name
shows as another's. The joiners and the variation selectors stay: emoji and the characters of names (IVS) are written
with them. Source: UAX #9, section 2, and the Unicode Standard, section 23.2.
"""

from __future__ import annotations

import re
from typing import Final

INVISIBLE: Final = (
    r"\x7F-\x9F\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB"
)
"""The inside of a character class that Python, the published schema and whoever reads it write alike; without C0."""

ONE_LINE: Final = rf"^[^\x00-\x1F{INVISIBLE}]+$"
ONE_LINE_OR_NONE: Final = rf"^[^\x00-\x1F{INVISIBLE}]*$"
LINES: Final = rf"^[^\x00-\x08\x0B-\x1F{INVISIBLE}]*$"

_NOT_SHOWN: Final = re.compile(rf"[\x00-\x1F{INVISIBLE}\uD800-\uDFFF]")


def is_printable(text: str) -> bool:
    """Whether a text on one line holds none of these characters, nor half a one."""
    return _NOT_SHOWN.search(text) is None
