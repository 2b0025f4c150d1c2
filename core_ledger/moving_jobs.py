"""Jobs that yield their moves, so that the moves of all that wait are made in one set, whoever asked for them.

    def settle(conn):
        holds = read_what_stands(conn)         # reads what it decides by
        receipts = yield posts_of(holds)       # all moves of all such jobs: one sweep of statements
        write_what_follows(conn, receipts)     # the rest of its transaction
        return ...

Read it as a plain function in which `yield moves` stands for `ledger.apply(conn, moves)`: it gives the receipts, or
raises the refusal there. Between a job's two halves only jobs about other books run. Of two about one book the second
begins when the first has ended, so that it sees all that the first has done.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from core_ledger import ledger
from core_ledger.errors import LedgerError
from core_ledger.transfers import Move, Receipt

T = TypeVar("T")
Moving = Generator[Sequence[Move], list[Receipt], T]
"""What a moving job is while it runs."""

MovingJob = Callable[[Connection], Moving[T]]


class RunningJob:
    """A job between its yields. `moves` is what it wants next; None when it has ended, then `result` is there."""

    def __init__(self, conn: Connection, job: MovingJob[Any]) -> None:
        """Nothing of the job has run yet."""
        self._steps = job(conn)
        self.moves: Sequence[Move] | None = None
        self.result: Any = None

    def begin(self) -> None:
        """Run to the first yield. Raises what the job raises."""
        self._go_on(lambda: next(self._steps))

    def go_on(self, answer: list[Receipt] | LedgerError) -> None:
        """Hand over what became of its moves and run to the next yield. Raises what the job raises."""
        if isinstance(answer, LedgerError):
            self._go_on(lambda: self._steps.throw(answer))
        else:
            self._go_on(lambda: self._steps.send(answer))

    def _go_on(self, resume: Callable[[], Sequence[Move]]) -> None:
        try:
            self.moves = resume()
        except StopIteration as ended:
            self.moves, self.result = None, ended.value


def run_alone(conn: Connection, job: MovingJob[T]) -> T:
    """Run such a job by itself, in the caller's transaction: each of its moves at once."""
    running = RunningJob(conn, job)
    running.begin()
    while running.moves is not None:
        try:
            answer: list[Receipt] | LedgerError = ledger.apply(conn, running.moves)
        except LedgerError as refusal:
            answer = refusal
        running.go_on(answer)
    result: T = running.result
    return result


def waves(books: Sequence[str]) -> Iterator[list[int]]:
    """Places in a list of books such that no book is twice in a wave; each book's places stay in their order."""
    left = list(range(len(books)))
    while left:
        first: dict[str, int] = {}
        for place in left:
            first.setdefault(books[place], place)
        wave = list(first.values())
        yield wave
        chosen = set(wave)
        left = [place for place in left if place not in chosen]
