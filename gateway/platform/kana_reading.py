"""How a name is read, as people type it: kana alone, of any width. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gateway.platform.typed_text import nfc

_KANA: Final = re.compile("[ぁ-ゖァ-ヶーゝゞヽヾ・ ]*[ぁ-ゖァ-ヶ][ぁ-ゖァ-ヶーゝゞヽヾ・ ]*")


def kana_reading(text: str) -> str | None:
    """`text` in full width with one space between words, "" for nothing; None where a part of it is no kana.

    Beside hiragana and katakana there are the long vowel mark, iteration marks and the middle dot.
    """
    folded = " ".join(unicodedata.normalize("NFKC", nfc(text)).split())
    return folded if not folded or _KANA.fullmatch(folded) else None
