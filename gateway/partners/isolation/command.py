"""A plugin that is another program: what is started, and what that program may read and execute.

    command = ["/usr/bin/node", "dist/main.js"]
    command_folder = "plugins/ferry"

The gateway's own launcher seals the process and then becomes that program, whose line is descriptor 3.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LINE: Final = 3
"""The descriptor at which the program finds the line."""

_PT_INTERP: Final = 3
_BYTE_ORDERS: Final = {1: "<", 2: ">"}


class NoProgram(Exception):
    """The command cannot be started; the text says why and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCommand:
    """A program, its arguments, and the folder that it starts in and may read."""

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    executable: tuple[str, ...]

    @classmethod
    def of(cls, words: Sequence[str], folder: Path) -> PluginCommand:
        """`words` are the program and its arguments. Raises NoProgram."""
        program = _program(words[0])
        if not folder.is_dir():
            raise NoProgram(f"the folder {folder} is not there; name the one that holds the plugin's code")
        loader = _loader(program)
        return cls(
            program=program,
            arguments=tuple(words[1:]),
            folder=folder.resolve(),
            executable=(str(program), *([loader] if loader else [])),
        )

    def boot(self) -> Mapping[str, Any]:
        """What the launcher is told."""
        return {
            "program": str(self.program),
            "arguments": self.arguments,
            "folder": str(self.folder),
            "executable": self.executable,
        }


def _program(word: str) -> Path:
    path = Path(word) if "/" in word else Path(shutil.which(word) or "")
    if "/" in word and not path.is_absolute():
        raise NoProgram(f"{word} is no absolute path; write the whole path of the program")
    if not path.is_file():
        raise NoProgram(f"there is no program {word}; install it, or write its whole path")
    return path.resolve()


def _loader(program: Path) -> str | None:
    """The program that the kernel starts in its place to load its libraries; None where it is linked statically."""
    try:
        with program.open("rb") as file:
            head = file.read(64)
            order = _BYTE_ORDERS.get(head[5]) if head[:5] == b"\x7fELF\x02" else None
            if order is None:
                raise NoProgram(
                    f'{program} is no program of this machine but a script, say; write its interpreter, as in ["/usr/bin/node",'
                    ' "main.js"]'
                )
            (offset,) = struct.unpack_from(f"{order}Q", head, 32)
            size, count = struct.unpack_from(f"{order}HH", head, 54)
            for number in range(count):
                file.seek(offset + number * size)
                entry = file.read(56)
                if struct.unpack_from(f"{order}I", entry)[0] == _PT_INTERP:
                    start, length = (struct.unpack_from(f"{order}Q", entry, at)[0] for at in (8, 32))
                    file.seek(start)
                    return file.read(length).rstrip(b"\0").decode()
    except (OSError, struct.error, IndexError, UnicodeDecodeError) as fault:
        raise NoProgram(f"{program} cannot be read as a program ({type(fault).__name__})") from None
    return None
