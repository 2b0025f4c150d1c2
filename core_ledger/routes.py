"""Where a book lies: book → set → node. A set of books lies whole on one node, and a node is one database.

    OneDatabase   every book in one set, on one node
    ServerTable   sets by a hash of the book's name; a table says which server has which sets

A book never changes its set. A set moves to another node by copying its books while nobody writes to them, and by
another table afterwards. No transaction spans two nodes, so the moves of one call are about books of one node.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, Protocol


class Route(NamedTuple):
    """The number of a book's set, and the address (a URL of `Store.open`) of the node that has it."""

    book_set: int
    node: str


class Router(Protocol):
    """What a store over several nodes asks: the one place that knows how books are spread."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Addresses of all nodes, each once. The first has what belongs to no book."""

    def route(self, book: str) -> Route:
        """Where a book lies, be it there already or not."""


@dataclass(frozen=True, slots=True)
class OneDatabase:
    """Every book on one node."""

    node: str

    @property
    def nodes(self) -> tuple[str, ...]:
        """The one address."""
        return (self.node,)

    def route(self, book: str) -> Route:  # noqa: ARG002 - every book lies there
        """Give the one route there is."""
        return Route(0, self.node)


@dataclass(frozen=True, slots=True)
class ServerTable:
    """Servers, each with some of the sets; each fails and is restored apart.

    `node_of_set` has one address for each set. Its length is part of every book's route: choose it once, some ten for each
    server that there may ever be.
    """

    node_of_set: tuple[str, ...]

    @classmethod
    def of(cls, sets_by_node: Mapping[str, Iterable[int]]) -> "ServerTable":
        """Make the table from the sets that each server has. Raises ValueError unless they are 0 to n, each once."""
        node_of_set: dict[int, str] = {}
        for node, book_sets in sets_by_node.items():
            for book_set in book_sets:
                if book_set in node_of_set:
                    raise ValueError(f"two servers have the set {book_set}; each set lies on one")
                node_of_set[book_set] = node
        missing = set(range(max(node_of_set, default=0) + 1)) - node_of_set.keys()
        if missing:
            raise ValueError(f"no server has the set {min(missing)}; give each set a server")
        return cls(tuple(node_of_set[book_set] for book_set in sorted(node_of_set)))

    @property
    def nodes(self) -> tuple[str, ...]:
        """Addresses in the order of their first sets."""
        return tuple(dict.fromkeys(self.node_of_set))

    def route(self, book: str) -> Route:
        """Find the set by a hash of our own: a database's may change with its version, a book's set never."""
        hashed = int.from_bytes(blake2b(book.encode(), digest_size=8).digest())
        book_set = hashed % len(self.node_of_set)
        return Route(book_set, self.node_of_set[book_set])
