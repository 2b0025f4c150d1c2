import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core_ledger import StoreClosed
from gateway.http.nonces import StoredNonces, forget_nonces
from gateway.platform import micro_batch
from gateway.platform.tables import seen_nonces


@pytest.fixture
def nonces(store, clock):
    return StoredNonces(store, clock)


async def test_a_nonce_is_new_once(nonces, clock):
    soon = clock() + timedelta(seconds=60)
    assert await nonces.use("k", "n", soon)
    assert not await nonces.use("k", "n", soon)


async def test_each_key_has_nonces_of_its_own(nonces, clock):
    soon = clock() + timedelta(seconds=60)
    assert await nonces.use("k", "n", soon)
    assert await nonces.use("other", "n", soon)


async def test_a_nonce_is_kept_as_long_as_asked(nonces, clock):
    assert await nonces.use("k", "n", clock() + timedelta(seconds=60))
    clock.move(seconds=59)
    assert await nonces.use("k", "another", clock() + timedelta(seconds=60))
    assert not await nonces.use("k", "n", clock() + timedelta(seconds=60))


async def test_stale_nonces_leave_the_database(store, clock):
    nonces = StoredNonces(store, clock)
    for number in range(5):
        await nonces.use("k", f"n{number}", clock() + timedelta(seconds=60))
    clock.move(seconds=60)
    await nonces.use("k", "last", clock() + timedelta(seconds=60))
    assert await store.read(lambda conn: conn.scalar(select(func.count()).select_from(seen_nonces))) == 1


async def test_a_sweep_that_did_not_end_goes_on_with_the_next_write(store, clock, monkeypatch):
    """However many come in half a minute: what is stale leaves as fast as new ones come."""
    monkeypatch.setattr("gateway.http.nonces.SWEEP_BATCH_SIZE", 3)
    nonces = StoredNonces(store, clock)
    for number in range(10):
        await nonces.use("k", f"n{number}", clock() + timedelta(seconds=60))
    clock.move(seconds=60)
    for number in range(4):
        await nonces.use("k", f"m{number}", clock() + timedelta(seconds=60))
    assert await store.read(lambda conn: conn.scalar(select(func.count()).select_from(seen_nonces))) == 4


async def test_forgetting_counts(store, clock):
    await StoredNonces(store, clock).use("k", "n", clock())
    assert await store.run(lambda conn: forget_nonces(conn, clock())) == 1


async def test_of_many_at_once_each_nonce_counts_once(store, clock):
    nonces = StoredNonces(store, clock)
    later = clock() + timedelta(seconds=60)
    first = await asyncio.gather(*(nonces.use("k", f"n-{number % 20}", later) for number in range(100)))
    again = await asyncio.gather(*(nonces.use("k", f"n-{number}", later) for number in range(20)))
    assert first == [True] * 20 + [False] * 80
    assert again == [False] * 20


async def test_a_request_that_goes_away_takes_no_other_with_it(store, clock):
    nonces = StoredNonces(store, clock)
    later = clock() + timedelta(seconds=60)
    leaves = asyncio.create_task(nonces.use("k", "leaves", later))
    await asyncio.sleep(0)
    stays = asyncio.create_task(nonces.use("k", "stays", later))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays is True
    assert await nonces.use("k", "leaves", later) is False


async def test_nobody_is_let_in_by_a_nonce_that_was_not_kept(store, clock):
    nonces = StoredNonces(store, clock)
    await store.close()
    answers = await asyncio.gather(
        *(nonces.use("k", f"n-{number}", clock()) for number in range(3)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [StoreClosed] * 3


async def test_beyond_what_may_wait_a_request_is_told_to_come_again(store, clock, monkeypatch):
    monkeypatch.setattr(micro_batch, "MAX_WAITING", 1)
    nonces = StoredNonces(store, clock)
    soon = clock() + timedelta(seconds=60)
    answers = await asyncio.gather(
        *(nonces.use("k", f"n-{number}", soon) for number in range(3)), return_exceptions=True
    )
    assert answers[0] is True
    assert [answer.type for answer in answers[1:]] == ["busy", "busy"]


@pytest.mark.parametrize("steps", [0, 1])
async def test_when_the_writing_is_given_up_whoever_waits_is_told_and_the_next_set_is_written(
    store, clock, steps
):
    nonces = StoredNonces(store, clock)
    soon = clock() + timedelta(seconds=60)
    tasks = [asyncio.create_task(nonces.use("k", f"n-{number}", soon)) for number in range(2)]
    await asyncio.sleep(0)
    for _ in range(steps):
        await asyncio.sleep(0)
    nonces._sets._writing.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 2
    assert await nonces.use("k", "another", soon)


async def test_what_is_asked_beside_a_nonce_is_answered_whether_it_is_new_or_not(store, clock):
    asked: list[list[str]] = []

    def find(_conn, keys):
        asked.append(keys)
        return {key: key.upper() for key in keys if key != "unknown"}

    nonces = StoredNonces(store, clock, find)
    soon = clock() + timedelta(seconds=60)
    wishes = [("n-1", "a"), ("n-2", "b"), ("n-3", "a"), ("n-1", "b"), ("n-4", "unknown"), ("n-5", "")]
    found = await asyncio.gather(*(nonces.use_and_find("k", nonce, soon, key) for nonce, key in wishes))
    assert found == [(True, "A"), (True, "B"), (True, "A"), (False, "B"), (True, None), (True, None)]
    assert asked == [["a", "b", "unknown"]]
    assert await nonces.use("k", "n-6", soon) is True
    assert await nonces.use("k", "n-4", soon) is False
