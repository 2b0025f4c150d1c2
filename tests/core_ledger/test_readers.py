"""Reading keeps its promises: one moment a job, never an older one than the caller knows of, nobody behind a slow one."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger import Busy, Store, StoreClosed, create_schema, ledger
from tests.core_ledger.samples import BOOK, RESERVE, earn

WAYS = ("read", "read_inline")


def points(conn: Connection) -> int:
    return ledger.balance(conn, BOOK, RESERVE).posted


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_written_is_read_by_whoever_asks_afterwards(store: Store, way: str) -> None:
    async def member() -> None:
        for _ in range(20):
            (receipt,) = await store.apply(earn(1))
            assert await getattr(store, way)(points) >= receipt.seq

    await asyncio.gather(*(member() for _ in range(8)))
    assert await getattr(store, way)(points) == 160


async def test_a_job_sees_one_moment_however_often_it_asks(store: Store) -> None:
    await store.apply(earn(1))

    def twice(conn: Connection) -> tuple[int, int]:
        before = points(conn)
        with ThreadPoolExecutor(1) as other:  # a writer beside us, done before we ask again
            other.submit(store.run_now, lambda conn: ledger.transfer(conn, earn(1))).result(10)
        return before, points(conn)

    assert await store.read(twice) == (1, 1)
    assert await store.read(points) == 2


@pytest.mark.parametrize("way", WAYS)
async def test_a_job_that_fails_fails_alone(store: Store, way: str) -> None:
    def breaks(conn: Connection) -> None:
        conn.execute(sa.text("SELECT 1 FROM nowhere_at_all"))

    def stops(_conn: Connection) -> None:
        raise LookupError("not found")

    read: Callable[..., Awaitable[object]] = getattr(store, way)
    found = await asyncio.gather(
        *(read(job) for job in (breaks, points, stops, points)), return_exceptions=True
    )
    assert isinstance(found[0], sa.exc.DBAPIError)
    assert isinstance(found[2], LookupError)
    assert (found[1], found[3]) == (0, 0)


@pytest.mark.parametrize("way", WAYS)
async def test_a_reading_job_cannot_write(store: Store, way: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        await getattr(store, way)(lambda conn: conn.exec_driver_sql("DELETE FROM books"))


async def test_a_job_that_takes_long_holds_up_nobody(store: Store) -> None:
    gate, there = threading.Event(), threading.Event()

    def long(_conn: Connection) -> str:
        there.set()
        assert gate.wait(10)
        return "done"

    slow = asyncio.create_task(store.read(long))
    await asyncio.to_thread(there.wait, 10)
    assert await asyncio.gather(*(store.read(points) for _ in range(50))) == [0] * 50
    gate.set()
    assert await slow == "done"


async def test_more_readers_than_may_wait_are_told_busy_at_once(url: str) -> None:
    gate, there = threading.Event(), threading.Event()

    def long(_conn: Connection) -> str:
        there.set()
        assert gate.wait(10)
        return "done"

    async with Store.open(url, readers=1, max_waiting=3) as store:
        create_schema(store.engine)
        slow = asyncio.create_task(store.read(long))
        await asyncio.to_thread(there.wait, 10)
        waiting = [asyncio.create_task(store.read(points)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="wait to read"):
            await store.read(points)
        gate.set()
        assert await slow == "done"
        assert await asyncio.gather(*waiting) == [0, 0, 0]


async def test_a_inline_reader_that_would_have_to_wait_is_left_to_the_readers(store: Store) -> None:
    if store._inline_reader is None:
        pytest.skip("only a database in a file is glanced at")
    gate, there = threading.Event(), threading.Event()

    def long(_conn: Connection) -> str:
        there.set()
        assert gate.wait(10)
        return "done"

    elsewhere = asyncio.create_task(asyncio.to_thread(asyncio.run, store.read_inline(long)))
    await asyncio.to_thread(there.wait, 10)
    names: list[str] = []

    def where(conn: Connection) -> int:
        names.append(threading.current_thread().name)
        return points(conn)

    assert await store.read_inline(where) == 0
    gate.set()
    assert await elsewhere == "done"
    assert await store.read_inline(where) == 0
    assert names[0].startswith("ledger-read-")
    assert names[1] == threading.current_thread().name


async def test_a_closed_store_reads_nothing(store: Store) -> None:
    await store.close()
    for way in WAYS:
        with pytest.raises(StoreClosed):
            await getattr(store, way)(points)


async def test_a_server_that_was_restarted_under_the_readers_is_asked_again(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("an embedded database has no connection to lose")
    for way in WAYS:
        assert await getattr(store, way)(points) == 0
    cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with sa.create_engine(store.engine.url, poolclass=sa.NullPool).connect() as beside:
        beside.execute(sa.text(f"{cut} AND datname = current_database()")).all()
    for way in WAYS:
        assert await asyncio.gather(*(getattr(store, way)(points) for _ in range(20))) == [0] * 20
