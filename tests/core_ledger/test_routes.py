"""Books over several databases: where each lies, what may not span two, and that one node's trouble stays its own."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import (
    BadMove,
    Busy,
    OneDatabase,
    RoutedStore,
    ServerTable,
    Store,
    balance,
    create_schema,
    ledger,
    metadata,
)
from core_ledger.tables import books
from tests.core_ledger.samples import earn

MEMBERS = [f"m{number:04d}" for number in range(40)]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Give the addresses of two databases with nothing in them."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}"
        return
    first = sa.make_url(request.getfixturevalue("postgres"))
    second = first.set(database="second_server")
    engine = sa.create_engine(first, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as conn:
        metadata.drop_all(engine)
        conn.exec_driver_sql("CREATE DATABASE second_server")
        yield first.render_as_string(hide_password=False), second.render_as_string(hide_password=False)
        conn.exec_driver_sql("DROP DATABASE second_server")


@asynccontextmanager
async def opened(router: ServerTable | OneDatabase, **options: int) -> AsyncIterator[RoutedStore]:
    async with RoutedStore.open(router, **options) as store:
        for each in store.stores.values():
            create_schema(each.engine)
        yield store


def halves(servers: tuple[str, str]) -> ServerTable:
    return ServerTable.of({servers[0]: range(8), servers[1]: range(8, 16)})


def member_of(router: ServerTable, node: str) -> str:
    return next(member for member in MEMBERS if router.route(f"member:{member}").node == node)


class TestATableOfServers:
    def test_finds_the_set_of_a_book_that_it_found_in_every_release(self) -> None:
        table = ServerTable.of({"a": range(64)})
        routes = [table.route(f"member:{member}").book_set for member in MEMBERS[:4]]
        assert routes == [22, 20, 11, 5], "another set would be another server, on which the book is empty"

    def test_spreads_books_over_all_sets(self) -> None:
        table = ServerTable.of({"a": range(4), "b": range(4, 8)})
        assert {table.route(f"member:{member}").book_set for member in MEMBERS} == set(range(8))
        assert table.nodes == ("a", "b")

    @pytest.mark.parametrize(
        ("sets", "said"),
        [
            ({"a": [0, 1], "b": [1, 2]}, "two servers have the set 1"),
            ({"a": [0], "b": [2]}, "no server has the set 1"),
            ({}, "no server has the set 0"),
        ],
    )
    def test_is_refused_with_a_gap_or_a_set_on_two_servers(
        self, sets: dict[str, list[int]], said: str
    ) -> None:
        with pytest.raises(ValueError, match=said):
            ServerTable.of(sets)


class TestAStoreOverTwoServers:
    async def test_does_everything_about_a_book_on_the_server_that_has_it(
        self, servers: tuple[str, str]
    ) -> None:
        router = halves(servers)
        async with opened(router) as store:
            for member in MEMBERS:
                book = f"member:{member}"
                await store.apply(earn(900, member=member))
                await store.run(
                    lambda conn, member=member: ledger.transfer(conn, earn(50, member=member)), book=book
                )

                def moving(conn, member=member):
                    return (yield [earn(1, member=member)])

                await store.run_moving(moving, book=book)
                found = await store.read(
                    lambda conn, book=book: balance(conn, book, f"{book}:reserve"), book=book
                )
                assert found.posted == 951
            lying = {node: await each.read(books_there) for node, each in store.stores.items()}
        assert lying == {
            node: {f"member:{member}" for member in MEMBERS if router.route(f"member:{member}").node == node}
            for node in servers
        }
        assert all(lying.values())

    async def test_refuses_moves_of_one_call_over_two_servers_and_writes_none_of_them(
        self, servers: tuple[str, str]
    ) -> None:
        router = halves(servers)
        async with opened(router) as store:
            with pytest.raises(BadMove, match="these lie on several"):
                await store.apply(*(earn(member=member_of(router, node)) for node in servers))
            assert [await each.read(books_there) for each in store.stores.values()] == [set(), set()]

    async def test_does_what_has_no_book_on_the_first(self, servers: tuple[str, str]) -> None:
        async with opened(halves(servers)) as store:
            addresses = [str(await call(lambda conn: conn.engine.url)) for call in (store.run, store.read)]
            assert addresses == [str(sa.make_url(servers[0]))] * 2

    async def test_goes_on_with_one_server_while_the_other_takes_nothing_more(
        self, servers: tuple[str, str]
    ) -> None:
        router, standing, go = halves(servers), threading.Event(), threading.Event()
        slow, quick = (f"member:{member_of(router, node)}" for node in servers)

        def stand(_conn: sa.Connection) -> None:
            standing.set()
            assert go.wait(30)

        async with opened(router, max_waiting=1, writers=1) as store:
            stands = store.stores[servers[0]]._submit(job=stand)
            while not standing.is_set():  # its writer has taken it, the queue is empty
                await store.run(lambda _conn: None, book=quick)
            waits = store.stores[servers[0]]._submit(job=lambda _conn: "done")
            with pytest.raises(Busy):
                await store.apply(earn(member=slow.removeprefix("member:")))
            await store.apply(earn(member=quick.removeprefix("member:")))
            go.set()
            assert await waits == "done"
            await stands

    async def test_lists_books_that_another_table_looks_for_elsewhere(self, servers: tuple[str, str]) -> None:
        router = halves(servers)
        async with opened(router) as store:
            for member in MEMBERS:
                await store.apply(earn(member=member))
            assert await store.list_misplaced() == []
        book_set = router.route(f"member:{member_of(router, servers[0])}").book_set
        moved = ServerTable(
            tuple(servers[1] if n == book_set else node for n, node in enumerate(router.node_of_set))
        )
        async with opened(moved) as store:
            names = [f"member:{member}" for member in MEMBERS]
            misplaced = [name for name in names if router.route(name).book_set == book_set]
            assert len(misplaced) >= 1
            assert await store.list_misplaced() == misplaced


async def test_one_database_is_a_router_as_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    async with opened(OneDatabase(url)) as store:
        await store.apply(*(earn(member=member) for member in MEMBERS))
        assert len(await store.stores[url].read(books_there)) == len(MEMBERS)
    async with Store.open(url) as plain:
        assert len(await plain.read(books_there)) == len(MEMBERS)


def books_there(conn: sa.Connection) -> set[str]:
    return set(conn.scalars(sa.select(books.c.book_id)))
