"""Ends an upgrade at one of its statements after the other, each time in a process of its own, and upgrades again.

Run as `python -m tests.migrations.cutter SOURCE FOLDER EVERY`: SOURCE is a database file or "-" for none; the first statement is
cut, every EVERY-th after it, and the last. Prints "cut N" for each, and in the end "whole N", the number of statements. A check
that fails ends it with an error.
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
    """End the process, as a power cut does, before the statement of this number."""
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


def main(source: str, folder: Path, every: int) -> None:
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
    fresh()
    statements = _count_statements(file)
    for number in sorted({*range(1, statements + 1, every), statements}):
        fresh()
        code = in_a_process(lambda: upgrade(file, number))  # noqa: B023
        assert code == CUT, f"statement {number}: {code}"
        assert contents(file) == before, f"cut at statement {number}: the file is not as before"
        assert in_a_process(lambda: upgrade(file, 0)) == 0, f"cut at statement {number}: not upgraded again"
        assert contents(file) == whole, f"cut at statement {number}: another schema or other rows"
        sys.stdout.write(f"cut {number}\n")
    fresh()
    assert in_a_process(lambda: upgrade(file, statements + 1)) == 0
    sys.stdout.write(f"whole {statements}\n")


def _count_statements(file: Path) -> int:
    """Of a whole upgrade of `file`, its commits included."""
    counted = file.with_suffix(".count")

    def count() -> None:
        statements = 0

        def add(*_: object) -> None:
            nonlocal statements
            statements += 1

        sa.event.listen(sa.Engine, "before_cursor_execute", add)
        sa.event.listen(sa.Engine, "commit", add)
        migrations.upgrade(f"sqlite:///{file}", copy=False)
        counted.write_text(str(statements), "ascii")

    assert in_a_process(count) == 0
    return int(counted.read_text("ascii"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
