"""One ledger over several databases: a store for each node, and each piece of work goes to the node of its book.

Every node has its own queue, writers and limit of what waits, so that one that is down or slow keeps nobody of the others
waiting. What is asked without a book goes to the router's first node.
"""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger.errors import BadMove
from core_ledger.moving_jobs import MovingJob
from core_ledger.routes import Router
from core_ledger.store import Store
from core_ledger.tables import books
from core_ledger.transfers import Move, Receipt

T = TypeVar("T")


class RoutedStore:
    """Does what `Store` does, each job on the node that the router names for its book."""

    def __init__(self, router: Router, stores: Mapping[str, Store]) -> None:
        """`stores` has an open store for every node of the router, by its address."""
        self._router = router
        self.stores = stores

    @classmethod
    def open(cls, router: Router, **options: Any) -> Self:
        """Open a store for each node; `options` are those of `Store.open` and hold for each of them."""
        return cls(router, {node: Store.open(node, **options) for node in router.nodes})

    async def run(self, job: Callable[[Connection], T], *, book: str | None = None) -> T:
        """Run a job in a writing transaction on its book's node; as `Store.run`."""
        return await self.store_of(book).run(job, book=book)

    async def run_moving(self, job: MovingJob[T], *, book: str) -> T:
        """Run a job that yields its moves on its book's node; as `Store.run_moving`."""
        return await self.store_of(book).run_moving(job, book=book)

    async def apply(self, *moves: Move) -> tuple[Receipt, ...]:
        """Do these moves, all or none. Raises BadMove where their books lie on several nodes."""
        nodes = {self._router.route(move.book).node for move in moves}
        if len(nodes) > 1:
            raise BadMove("book", "move points within books of one server; these lie on several")
        return await self.store_of(moves[0].book if moves else None).apply(*moves)

    async def read(self, job: Callable[[Connection], T], *, book: str | None = None) -> T:
        """Run a job that only reads on its book's node; as `Store.read`."""
        return await self.store_of(book).read(job, book=book)

    async def list_misplaced(self) -> list[str]:
        """List books that lie on another node than their route says. To be empty after each change of the routes.

        Reads the name of every book. Points of a misplaced book are safe, but nobody finds them.
        """
        names = {
            node: await store.read(lambda conn: list(conn.scalars(sa.select(books.c.book_id))))
            for node, store in self.stores.items()
        }
        return sorted(
            name for node, found in names.items() for name in found if self._router.route(name).node != node
        )

    def store_of(self, book: str | None) -> Store:
        """Give the store of a book's node; the first node's for what belongs to no book."""
        return self.stores[self._router.nodes[0] if book is None else self._router.route(book).node]

    async def close(self) -> None:
        """Take no more work, finish what waits everywhere, then let go of the databases."""
        await asyncio.gather(*(store.close() for store in self.stores.values()))

    async def __aenter__(self) -> Self:
        """Use the store as an async context manager."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every node's store."""
        await self.close()
