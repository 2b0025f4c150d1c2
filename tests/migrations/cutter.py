"""Ends an upgrade at each of its statements in turn, each time in a process of its own, and upgrades again.

Run as `python -m tests.migrations.cutter SOURCE FOLDER FROM`: SOURCE is a database file or "-" for none. For each
statement from FROM on it prints "cut N"; after the last one "whole N". A check that fails ends it with an error.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

import migrations

CUT = 99


def end_at(number: int) -> None:
    """End the process, as a power cut does, before the statement of this number; 0 counts only."""
    count = 0

    def before(*_: object) -> None:
        nonlocal count
        count += 1
        if count == number:
            os._exit(CUT)

    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    # The commit is no statement: the last cut is just before it.
    sa.event.listen(sa.Engine, "commit", before)


def in_a_process(work: Callable[[], None]) -> int:
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001
            sys.stderr.write(f"failed: {fault!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def contents(file: Path) -> dict[str, object]:
    """The whole schema, and every row that is not about the schema itself."""
    with closing(sqlite3.connect(file)) as conn:
        schema = dict(conn.execute("SELECT name, sql FROM sqlite_master"))
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: sorted(map(repr, conn.execute(f'SELECT * FROM "{name}"'))) for name in tables}
        assert [*conn.execute("PRAGMA integrity_check")] == [("ok",)]
    return {"schema": schema, "rows": rows}


def upgrade(file: Path, cut: int) -> None:
    if cut:
        end_at(cut)
    migrations.upgrade(f"sqlite:///{file}", copy=False)


def main(source: str, folder: Path, first: int) -> None:
    file = folder / "cut.db"

    def fresh() -> None:
        for left in folder.glob("cut.db*"):
            left.unlink()
        if source != "-":
            shutil.copy(source, file)

    fresh()
    before = contents(file)
    assert in_a_process(lambda: upgrade(file, 0)) == 0
    whole = contents(file)
    number = first
    while True:
        fresh()
        code = in_a_process(lambda: upgrade(file, number))  # noqa: B023
        if code == 0:
            sys.stdout.write(f"whole {number - 1}\n")
            return
        assert code == CUT, f"statement {number}: {code}"
        assert contents(file) == before, f"cut at statement {number}: the file is not as before"
        assert in_a_process(lambda: upgrade(file, 0)) == 0, f"cut at statement {number}: not upgraded again"
        assert contents(file) == whole, f"cut at statement {number}: another schema or other rows"
        sys.stdout.write(f"cut {number}\n")
        number += 1


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
