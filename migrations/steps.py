"""The steps that this release knows, in their order, without loading Alembic's whole machinery.

A step's file is named after its revision: `versions/r0001_ledger.py` is `0001_ledger`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent
_DOWN_REVISION: Final = re.compile(r'^down_revision(?:: [^=]+)? = (?:"(\w+)"|None)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """One step and the first sentence of what it says about itself."""

    revision: str
    summary: str


def config(url: str) -> Config:
    """Make the settings that Alembic's own commands take, for the database at `url`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["url"] = url
    return settings


def known_revisions() -> list[str]:
    """Every revision that this release knows, oldest first: each after the one that it names as its own before."""
    return list(_chain())


@cache
def _chain() -> tuple[str, ...]:
    after: dict[str | None, str] = {}
    for path in (HERE / "versions").glob("r[0-9]*.py"):
        named = _DOWN_REVISION.search(path.read_text("utf-8"))
        assert named is not None, f"{path.name} has no down_revision"
        after[named[1]] = path.stem.removeprefix("r")
    chain: list[str] = []
    revision: str | None = None
    while (revision := after.get(revision)) is not None:
        chain.append(revision)
    return tuple(chain)


def list_steps(after: str | None) -> list[Step]:
    """The steps that bring a database from `after` (None: an empty one) to the newest."""
    revisions = known_revisions()
    first = revisions.index(after) + 1 if after is not None else 0
    return [Step(revision, _summary(revision)) for revision in revisions[first:]]


def _summary(revision: str) -> str:
    source = (HERE / "versions" / f"r{revision}.py").read_text("utf-8")
    text = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    return text.partition(". ")[0].rstrip(".")
