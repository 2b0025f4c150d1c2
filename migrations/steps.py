"""The steps that this release knows, in their order, without loading Alembic's whole machinery.

A step's file is named after its revision: `versions/r0001_ledger.py` is `0001_ledger`.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Step:
    """One step and the first sentence of what it says about itself."""

    revision: str
    summary: str


def config(url: str) -> Config:
    """Make the settings that Alembic's own commands take, for the database at `url`."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["url"] = url
    return settings


def known_revisions() -> list[str]:
    """Every revision that this release knows, oldest first."""
    return sorted(path.stem.removeprefix("r") for path in (HERE / "versions").glob("r[0-9]*.py"))


def list_steps(after: str | None) -> list[Step]:
    """The steps that bring a database from `after` (None: an empty one) to the newest."""
    revisions = known_revisions()
    first = revisions.index(after) + 1 if after is not None else 0
    return [Step(revision, _summary(revision)) for revision in revisions[first:]]


def _summary(revision: str) -> str:
    source = (HERE / "versions" / f"r{revision}.py").read_text("utf-8")
    text = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    return text.partition(". ")[0].rstrip(".")
