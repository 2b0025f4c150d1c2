"""The municipal cloud speaks Japanese and English: its readers are at work, and choose one of the two."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pagekit.i18n import Catalog
from pagekit.message_extraction import Sources

HERE: Final = Path(__file__).parent
WORDS: Final = Catalog(HERE / "locales", ("ja", "en"))
SOURCES: Final = Sources((HERE,))
