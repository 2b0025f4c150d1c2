"""Files that settings name: secrets, certificates, the settings themselves. Small, regular, and read without waiting.

A pipe that nobody writes to would hold a program for ever, a device has no end, and opening one may do something. Whoever
put such a thing there learns what it is and what belongs there instead.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 1024 * 1024
"""Room for a bundle of every authority's certificates; a secret has a hundred bytes."""
_KINDS: Final = {
    stat.S_IFDIR: ("a folder", "name the file that lies in it"),
    stat.S_IFIFO: ("a pipe", "put a file there: it is read more than once"),
    stat.S_IFSOCK: ("a socket", "put a file there"),
    stat.S_IFCHR: ("a device", "put a file there"),
    stat.S_IFBLK: ("a device", "put a file there"),
}


class FileUnusable(OSError):
    """The file cannot be used. The text goes on after its name: what is wrong and what to do, and nothing of its content."""


def read_named_file(path: Path, *, most_bytes: int = MAX_BYTES) -> bytes:
    """The file's bytes. Raises FileUnusable."""
    try:
        _require_regular(
            path, path.stat().st_mode
        )  # before it is opened, which a device may take for an order
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
        with os.fdopen(opened, "rb") as file:
            _require_regular(path, os.fstat(opened).st_mode)
            content = file.read(most_bytes + 1)
    except FileUnusable:
        raise
    except OSError as fault:
        raise FileUnusable(_sentence(path, fault)) from None
    if len(content) > most_bytes:
        raise FileUnusable(f"is longer than {most_bytes:,} bytes; put there what is meant and nothing else")
    return content


def require_named_file(path: Path) -> None:
    """See that a library which opens it by itself will neither wait nor stumble. Raises FileUnusable."""
    read_named_file(path)


def require_nothing_else(path: Path) -> None:
    """See that a file that will be made or written to is one, where there is anything. Raises FileUnusable."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as fault:
        raise FileUnusable(_sentence(path, fault)) from None
    _require_regular(path, mode)


def mode_of_named_file(path: Path) -> int | None:
    """The permission bits of a regular file; None where there is none, or where it may not be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind, remedy = _KINDS.get(stat.S_IFMT(mode), ("no file", "put a file there"))
        raise FileUnusable(f"is {kind}; {remedy}" + (f" ({path.resolve()})" if path.is_symlink() else ""))


def _sentence(path: Path, fault: OSError) -> str:
    match fault.errno:
        case errno.ENOENT if path.is_symlink():
            return f"leads to {path.readlink()}, which is not there; put the file there"
        case errno.ENOENT | errno.ENOTDIR:
            return "is not there; put the file there, or correct its name"
        case errno.ELOOP:
            return "is a link that leads back to itself; let it lead to a file"
        case errno.EACCES | errno.EPERM:
            user = _user()
            return f"may not be read by {user}; `chown {user} {path} && chmod 600 {path}`, and let {user} enter its folders"
    return f"cannot be read ({os.strerror(fault.errno or 0)}); see the disk and the name"


def _user() -> str:
    import pwd  # not on Windows, where the card agent runs

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container's user often has no name
        return str(os.geteuid())
