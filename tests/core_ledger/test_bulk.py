"""A bulk in many sets gives the same results as its moves one by one."""

from dataclasses import replace

import pytest

from core_ledger import LedgerError, Move, Receipt, Store, balances, create_schema, ledger, metadata, verify
from tests.core_ledger.samples import BOOK, allocate, earn, hold_in, hold_out, posted, voided


def mixed() -> list[Move]:
    """Moves that lean on each other across sets: repeats, holds and their ends, and some that must be refused."""
    first, hold, dropped = earn(100), hold_out(30), hold_in(7)
    post = posted(hold)
    return [
        first,
        hold,
        allocate(71),
        allocate(70),
        first,
        post,
        replace(first, points=1),
        dropped,
        voided(hold),
        voided(dropped),
        earn(5, member="b0000002"),
        earn(0),
        post,
        earn(6, member="b0000002"),
        allocate(1),
    ]


def gist(result: Receipt | LedgerError) -> object:
    return result if isinstance(result, Receipt) else (type(result), str(result))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 1000])
async def test_results_do_not_depend_on_the_size_of_a_set(
    store: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = mixed()

    async def one_by_one() -> list[object]:
        results: list[object] = []
        for move in moves:
            try:
                results += map(gist, await store.apply(move))
            except LedgerError as refusal:
                results.append(gist(refusal))
        return results

    expected = await one_by_one()
    balance = await store.read(lambda conn: balances(conn, BOOK))
    metadata.drop_all(store.engine)
    create_schema(store.engine)
    monkeypatch.setattr("core_ledger.bulk.BULK_BATCH_SIZE", size)
    results = await store.run(lambda conn: ledger.transfer_many(conn, moves))
    assert [gist(result) for result in results] == expected
    assert await store.read(lambda conn: balances(conn, BOOK)) == balance
    assert (await store.read(verify)).ok


async def test_a_bulk_of_nothing_is_nothing(store: Store) -> None:
    assert await store.run(lambda conn: ledger.transfer_many(conn, [])) == []
