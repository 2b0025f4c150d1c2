"""A plugin that is another program, as the contract kit is given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NOT_ITS_OWN: Final = frozenset({"node_modules", "dist", "build", "target", "vendor", "tests", "__pycache__"})
_SOURCES: Final = frozenset(
    {".py", ".ts", ".js", ".mjs", ".java", ".kt", ".go", ".rs", ".rb", ".cs", ".c", ".cpp"}
)


@dataclass(frozen=True, slots=True)
class CommandPlugin:
    """`command` is the program and its arguments, `folder` holds its code: as `command` and `command_folder`."""

    id: str
    command: Sequence[str]
    folder: Path

    def sources(self) -> list[Path]:
        """The files that its author has written, as far as their names tell."""
        return sorted(
            path
            for path in self.folder.rglob("*")
            if path.suffix in _SOURCES and not _NOT_ITS_OWN & set(path.relative_to(self.folder).parts)
        )
