"""What the machine gives: open files, room on the disks, folders that can be written, two disks for what must survive one."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.platform.journal import JournalMissing, require_journal
from gateway.preflight.finding import Finding, ok, refused, warning
from gateway.settings import Settings
from httpkit.named_files import FileUnusable, require_nothing_else

MIN_FILES: Final = 256
GOOD_FILES: Final = 4_096
MIN_FREE_BYTES: Final = 64 * 1024**2
GOOD_FREE_BYTES: Final = 1024**3


def check_machine(settings: Settings) -> list[Finding]:
    """Open files and disks of this process."""
    return [*_open_files(), *_disks(settings), *_clock_file(settings)]


def _open_files() -> Iterator[Finding]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= GOOD_FILES:
        yield ok("files", "enough files may be open at once")
    elif hard >= MIN_FILES:
        yield warning(
            "files",
            f"at most {hard} files may be open at once, and each connection is one; set LimitNOFILE=65536 in the unit or"
            " `ulimit -Hn 65536`",
        )
    else:
        yield refused(
            "files",
            f"only {hard} files may be open at once, and each connection is one; set LimitNOFILE=65536 in the unit or"
            " `ulimit -Hn 65536`",
        )


def _disks(settings: Settings) -> Iterator[Finding]:
    places = {
        "[database] url": settings.database_file.parent if settings.database_file is not None else None,
        "[journal] path": settings.journal_folder,
        "[digests] file": settings.digest_file.parent if settings.digest_file is not None else None,
    }
    named = {name: folder for name, folder in places.items() if folder is not None}
    for name, folder in named.items():
        yield from _room(name, folder)
    for name, file in (("[database] url", settings.database_file), ("[digests] file", settings.digest_file)):
        if file is not None:
            yield from _no_other_kind(name, file)
    if settings.journal_folder is None:
        yield warning(
            "journal",
            "[journal] path is not set: what was confirmed after the last backup is known to the partners alone; name a"
            " folder on another disk",
        )
    else:
        yield from _journal(settings.journal_folder)
    database = named.get("[database] url")
    for name in ("[journal] path", "[digests] file"):
        if database is not None and name in named and _disk_of(named[name]) == _disk_of(database):
            yield warning(
                "journal",
                f"{name}: is on the same disk as the database and is lost with it; use another disk",
            )


def _journal(folder: Path) -> Iterator[Finding]:
    try:
        require_journal(folder)
    except JournalMissing as missing:
        yield warning("journal", f"[journal] path: {missing}; until then the gateway confirms nothing")


def _room(name: str, folder: Path) -> Iterator[Finding]:
    there = _nearest(folder)
    if name == "[database] url" and not folder.is_dir():
        yield refused("disk", f"{name}: the folder {folder} does not exist; make it, or correct the path")
        return
    if not os.access(there, os.W_OK | os.X_OK):
        yield refused(
            "disk", f"{name}: {there} cannot be written by this user; give it to the gateway's user"
        )
        return
    free = shutil.disk_usage(there).free
    if free < MIN_FREE_BYTES:
        yield refused("disk", f"{name}: {there} has {free // 1024**2} MiB left; make room on this disk")
    elif free < GOOD_FREE_BYTES:
        yield warning("disk", f"{name}: {there} has {free // 1024**2} MiB left; make room on this disk")
    else:
        yield ok("disk", f"{name}: {there} can be written and has {free // 1024**3} GiB left")


def _no_other_kind(name: str, file: Path) -> Iterator[Finding]:
    """A pipe in its place would hold the gateway for ever at the first look."""
    try:
        require_nothing_else(file)
    except FileUnusable as fault:
        yield refused("disk", f"{name}: {file} {fault}")


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it in which it will be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _disk_of(folder: Path) -> int:
    return _nearest(folder).stat().st_dev


def _clock_file(settings: Settings) -> Iterator[Finding]:
    if settings.clock_file is not None:
        yield warning(
            "clock",
            f"[clock] file: the time is read from {settings.clock_file}, for demonstrations only; remove it",
        )
