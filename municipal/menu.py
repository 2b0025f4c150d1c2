"""The menu: each entry with the action that opens it, so that a role sees only what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from municipal.sealed import Session


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    name: str
    action: str


ENTRIES: Final = (Entry("/shop", "お店のページ", "take_points"),)


def entries_for(session: Session) -> list[Entry]:
    return [one for one in ENTRIES if session.may(one.action)]


def current(entry: Entry, here: str) -> bool:
    """Whether the page belongs to this entry."""
    path = here.partition("?")[0]
    return path == entry.path or path.startswith(f"{entry.path}/")
