"""Verification finds what was changed behind the ledger's back, and says where."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa

from core_ledger import AuditReport, BadMove, Digest, Proof, Store, daily_digest, proof, verify, verify_proof
from core_ledger.anchors import merkle_path, merkle_root
from tests.core_ledger.samples import (
    ALICE,
    BOOK,
    DAY,
    KASAMA,
    RESERVE,
    allocate,
    earn,
    hold_in,
    hold_out,
    posted,
    voided,
)

Change = Callable[[str], Awaitable[AuditReport]]


@pytest.fixture
async def lived(store: Store) -> Store:
    """A ledger in which everything has happened at least once, with two anchored days."""
    hold, given_back, still_open = hold_in(400), hold_out(100), hold_out(50)
    await store.apply(earn(900), hold, given_back)
    await store.apply(posted(hold), voided(given_back), allocate(200), still_open)
    await store.apply(earn(450, member="b0000002"))
    await store.run(lambda conn: daily_digest(conn, date(2018, 8, 1)))
    await store.apply(
        earn(450, member="c0000003"),
    )
    await store.apply(allocate(100))
    await store.run(lambda conn: daily_digest(conn, date(2018, 8, 2)))
    return store


@pytest.fixture
def changed(lived: Store) -> Change:
    """Change something with plain SQL, then verify."""

    async def change(sql: str) -> AuditReport:
        def job(conn: sa.Connection) -> None:
            assert conn.execute(sa.text(sql)).rowcount > 0

        await lived.run(job)
        return await lived.read(verify)

    return change


async def test_a_sound_ledger_has_no_faults(lived: Store) -> None:
    seen = []
    report = await lived.read(lambda conn: verify(conn, lambda books, moves: seen.append((books, moves))))
    assert report.ok, report.faults
    assert (report.books, report.moves, report.days) == (3, 10, 2)
    assert seen[-1] == (3, 10)


async def test_an_empty_ledger_has_no_faults(store: Store) -> None:
    assert (await store.read(verify)).ok


@pytest.mark.parametrize(
    ("sql", "place", "what"),
    [
        (f"UPDATE moves SET points = 901 WHERE book_id = '{BOOK}' AND seq = 1", "move 1", "hash does not seal"),
        (f"UPDATE moves SET kind = 'gift' WHERE book_id = '{BOOK}' AND seq = 6", "move 6", "hash does not seal"),
        (f"UPDATE moves SET lots = '[' WHERE book_id = '{BOOK}' AND seq = 1", "move 1", "cannot be read"),
        (f"UPDATE moves SET lots = '[[\"2018-07-31\",0]]' WHERE book_id = '{BOOK}' AND seq = 1", "move 1", "without points"),
        (f"UPDATE moves SET source = 'x', target = 'y' WHERE book_id = '{BOOK}' AND seq = 1", "move 1", "neither side"),
        (f"UPDATE moves SET action = 'hold' WHERE book_id = '{BOOK}' AND seq = 1", "move 3", "no 100 free points"),
        (f"UPDATE moves SET action = 'gift' WHERE book_id = '{BOOK}' AND seq = 1", "move 1", "no action 'gift'"),
        (f"UPDATE moves SET lots = '[[\"2018-07-30\",100]]' WHERE book_id = '{BOOK}' AND seq = 3", "move 3", "free points of 2018-07-30 to hold"),
        (f"UPDATE moves SET hold = 'gone' WHERE book_id = '{BOOK}' AND seq = 4", "move 4", "not in the book"),
        (f"UPDATE moves SET points = 401 WHERE book_id = '{BOOK}' AND seq = 4", "move 4", "promised"),
        (f"UPDATE moves SET source_prev = 0 WHERE book_id = '{BOOK}' AND seq = 6", "move 6", "links"),
        (f"UPDATE moves SET target_balance = 1 WHERE book_id = '{BOOK}' AND seq = 6", "move 6", "running balances"),
        (f"DELETE FROM moves WHERE book_id = '{BOOK}' AND seq = 6", "move 7", "missing or doubled"),
        (f"DELETE FROM moves WHERE book_id = '{BOOK}' AND seq = 8", "head", "the chain ends at 7"),
        ("DELETE FROM moves WHERE book_id = 'member:b0000002'", "head", "the chain ends at 0"),
        (f"UPDATE accounts SET posted = posted + 1 WHERE account = '{RESERVE}'", RESERVE, "posted is"),
        (f"UPDATE accounts SET heaps = '{{}}' WHERE account = '{KASAMA}'", KASAMA, "heaps is"),
        (f"UPDATE accounts SET oldest_on = '2017-01-01' WHERE account = '{KASAMA}'", KASAMA, "oldest_on"),
        (f"DELETE FROM accounts WHERE account = '{KASAMA}'", KASAMA, "row is missing"),
        (f"UPDATE books SET seq = 9 WHERE book_id = '{BOOK}'", "head", "names move 9"),
        (f"DELETE FROM books WHERE book_id = '{BOOK}'", "head", "row is missing"),
        (f"UPDATE anchors SET seq = 1 WHERE book_id = '{BOOK}' AND day = '2018-08-01'", "move 1", "anchored on 2018-08-01"),
        ("DELETE FROM anchors WHERE book_id <> '' AND day = '2018-08-01'", "2018-08-01", "digest does not cover"),
        ("DELETE FROM anchors WHERE book_id = '' AND day = '2018-08-02'", "2018-08-02", "no digest"),
        ("UPDATE accounts SET heaps = '{' WHERE account = 'member:c0000003:reserve'", "file", "heaps of"),
    ],
)  # fmt: skip
async def test_each_change_is_named(changed: Change, sql: str, place: str, what: str) -> None:
    report = await changed(sql)
    assert not report.ok
    assert [fault for fault in report.faults if place in fault.place and what in fault.what], report.faults


async def test_a_hold_resolved_twice_is_found(lived: Store) -> None:
    def job(conn: sa.Connection) -> None:
        conn.execute(sa.text("DROP INDEX moves_by_hold"))
        conn.execute(
            sa.text(
                "UPDATE moves SET hold = (SELECT hold FROM moves WHERE book_id = :b AND seq = 4)"
                " WHERE book_id = :b AND seq = 5"
            ),
            {"b": BOOK},
        )

    await lived.run(job)
    assert "resolved twice" in str((await lived.read(verify)).faults)


async def test_an_id_twice_in_a_book_is_found(lived: Store) -> None:
    def job(conn: sa.Connection) -> None:
        conn.execute(sa.text("DROP INDEX moves_by_id"))
        same = "UPDATE moves SET id = (SELECT id FROM moves WHERE book_id = :b AND seq = 1) WHERE book_id = :b AND seq = 6"
        conn.execute(sa.text(same), {"b": BOOK})

    await lived.run(job)
    assert "in the book twice" in str((await lived.read(verify)).faults)


async def test_a_day_keeps_its_digest_and_days_go_forward(lived: Store) -> None:
    first = await lived.run(lambda conn: daily_digest(conn, date(2018, 8, 1)))
    await lived.apply(earn(1))
    assert await lived.run(lambda conn: daily_digest(conn, date(2018, 8, 1))) == first
    with pytest.raises(BadMove, match="2018-08-02 is anchored already"):
        await lived.run(lambda conn: daily_digest(conn, date(2018, 7, 31)))


@pytest.mark.parametrize("other_day", [3, 4])
async def test_digests_that_are_made_at_once_are_one_of_a_day_and_one_chain(
    lived: Store, other_day: int
) -> None:
    await lived.apply(earn(1))
    start = Barrier(1 if lived.engine.dialect.name == "sqlite" else 2)  # SQLite has one writer

    def digests(day: int) -> Callable[[sa.Connection], Digest | None]:
        def job(conn: sa.Connection) -> Digest | None:
            start.wait(5)
            try:
                return daily_digest(conn, date(2018, 8, day))
            except BadMove:  # the later day was the first
                return None

        return job

    async with Store.open(lived.engine.url.render_as_string(hide_password=False)) as beside:
        made = await asyncio.gather(lived.run(digests(3)), beside.run(digests(other_day)))
    assert (made[0] == made[1]) is (other_day == 3)
    assert (await lived.read(verify)).ok


async def test_a_member_can_be_handed_proof_of_their_history(lived: Store) -> None:
    published = (await lived.run(lambda conn: daily_digest(conn, date(2018, 8, 2)))).digest
    given = await lived.read(lambda conn: proof(conn, BOOK))
    assert given is not None
    assert Proof.from_json(given.to_json()) == given
    assert len(given.contents) == 8
    assert verify_proof(given, published)
    altered = replace(given, contents=(given.contents[0].replace("900", "901", 1), *given.contents[1:]))
    assert not verify_proof(altered, published)
    assert not verify_proof(replace(given, contents=given.contents[:-1]), published)
    assert not verify_proof(replace(given, book="member:other"), published)
    assert not verify_proof(given, "00" * 32)


async def test_a_proof_can_be_had_for_an_earlier_day_and_not_before_the_first(lived: Store) -> None:
    first = (await lived.run(lambda conn: daily_digest(conn, date(2018, 8, 1)))).digest
    given = await lived.read(lambda conn: proof(conn, BOOK, date(2018, 8, 1)))
    assert given is not None
    assert len(given.contents) == 7
    assert verify_proof(given, first)
    assert await lived.read(lambda conn: proof(conn, BOOK, DAY)) is None
    assert ALICE in given.book


@pytest.mark.parametrize("count", range(1, 18))
def test_every_leaf_of_a_tree_finds_its_root(count: int) -> None:
    import hashlib

    leaves = [bytes([number]) * 32 for number in range(count)]
    root = merkle_root(leaves)
    for place, own in enumerate(leaves):
        found = own
        for side, beside in merkle_path(leaves, place):
            other = bytes.fromhex(beside)
            found = hashlib.sha256(b"\x01" + (other + found if side == "left" else found + other)).digest()
        assert found == root
