"""Takes pictures of pages. Chromium is at times unable to, between two of its frames, and able a moment later."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Error, Page

TRIES: Final = 5


def take(page: Page, path: Path | None = None, **options: Any) -> bytes:
    """The picture, kept at `path` where one is given. Raises Error where Chromium stays unable, or for anything else."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES - 1):
        try:
            return page.screenshot(path=path, **options)
        except Error as fault:
            if "Unable to capture screenshot" not in fault.message:
                raise
            page.wait_for_timeout(100)
    return page.screenshot(path=path, **options)


def keep_for_people(page: Page, path: Path) -> None:
    """The whole page at `path`, where KEEP_PICTURES is set: nothing is compared, and a long page costs seconds."""
    if os.environ.get("KEEP_PICTURES"):
        take(page, path, full_page=True)
