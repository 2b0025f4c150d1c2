"""A writer under load is killed again and again; what it acknowledged is there once, and nothing is there by half."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from core_ledger import Store, create_schema, verify
from core_ledger.tables import moves

KILLS = 20
ROOT = Path(__file__).parents[2]


def test_a_storm_of_kills_loses_nothing_acknowledged_and_leaves_nothing_by_half(url: str) -> None:
    with Store_now(url) as store:
        create_schema(store.engine)
    acknowledged: list[tuple[str, str]] = []
    for round_number in range(KILLS):
        acknowledged += killed_after(url, round_number, lines=5 + 7 * round_number)
    assert len(acknowledged) > KILLS * 5
    with Store_now(url) as store:
        report = store.read_now(verify)
        assert report.ok, report.faults
        written = store.read_now(
            lambda conn: conn.execute(sa.select(moves.c.book_id, moves.c.id, moves.c.action)).all()
        )
        ids = {(row.book_id, row.id) for row in written}
        assert len(ids) == len(written)
        assert [line for line in acknowledged if line not in ids] == []
        # A hold and its post came in one call: never the one without the other.
        holds = {(row.book_id, row.id.removesuffix("-h")) for row in written if row.action == "hold"}
        assert holds == {(row.book_id, row.id) for row in written if row.action == "post"}
        assert holds


def killed_after(url: str, round_number: int, lines: int) -> list[tuple[str, str]]:
    """Let the writer run until it has acknowledged `lines` transfers, then kill it in the middle of the next."""
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), url, str(round_number)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        heard += writer.stdout.read().splitlines(keepends=True)
        assert writer.wait() == -signal.SIGKILL
    whole = [line.decode().split() for line in heard if line.endswith(b"\n")]
    return [(book, name) for book, name in whole]


class Store_now:  # noqa: N801 - reads as a word of its own
    """A store for code without an event loop."""

    def __init__(self, url: str) -> None:
        self.store = Store.open(url)

    def __enter__(self) -> Store:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close_now()
