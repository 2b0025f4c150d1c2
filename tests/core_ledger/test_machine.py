"""Any sequence of moves, compared with a model of ten lines that knows nothing of heaps, chains or databases."""

from datetime import date, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from core_ledger import (
    Hold,
    HoldAlreadyResolved,
    IdReused,
    LedgerError,
    Move,
    NotEnoughPoints,
    Post,
    Receipt,
    Store,
    Transfer,
    Void,
    create_schema,
    ledger,
    metadata,
    verify,
)
from tests.core_ledger.samples import BOOK, DAY, KASAMA, NOW, RESERVE, SAISON, SHOP, earn, fresh_id

ROUTES = st.sampled_from(
    [(SAISON, RESERVE), (RESERVE, KASAMA), (KASAMA, SHOP), (RESERVE, SHOP), (KASAMA, RESERVE)]
)
DAYS = st.integers(0, 3).map(lambda days: DAY - timedelta(days=days))
POINTS = st.integers(1, 50)


class Model:
    """What a clerk with a pencil would keep: a list of single points for each own account, each with its day."""

    def __init__(self) -> None:
        self.points: dict[str, list[str]] = {RESERVE: [], KASAMA: []}
        self.outside = 0

    def move(self, source: str, target: str, days: list[str]) -> None:
        for day in days if source in self.points else []:
            self.points[source].remove(day)
        self.points.get(target, []).extend(days)
        self.outside += (target not in self.points) * len(days) - (source not in self.points) * len(days)

    def oldest(self, source: str, count: int, issued_on: str | None) -> list[str] | None:
        found = [issued_on] * count if issued_on else sorted(self.points[source])[:count]
        return found if len(found) == count else None


class LedgerMachine(RuleBasedStateMachine):
    """Random transfers, holds, posts, voids, repeats and groups on one book."""

    url = "sqlite://"
    done = Bundle("done")
    holds = Bundle("holds")

    @initialize()
    def open(self) -> None:
        self.store = Store.open(self.url, readers=1)
        metadata.drop_all(self.store.engine)
        create_schema(self.store.engine)
        self.model = Model()
        self.on_hold: dict[str, tuple[str, str, list[str]]] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            report = self.store.read_now(verify)
            assert report.ok, report.faults
            self.store.close_now()

    def ask(self, *moves: Move) -> list[Receipt] | LedgerError:
        try:
            return self.store.run_now(lambda conn: ledger.apply(conn, moves))
        except LedgerError as refusal:
            return refusal

    @rule(target=done, route=ROUTES, points=POINTS, day=DAYS)
    def transfer(self, route: tuple[str, str], points: int, day: date) -> object:
        return self.give(Transfer, route, points, day)

    @rule(target=holds, route=ROUTES, points=POINTS, day=DAYS)
    def hold(self, route: tuple[str, str], points: int, day: date) -> object:
        return self.give(Hold, route, points, day)

    def give(self, kind: type, route: tuple[str, str], points: int, day: date) -> object:
        source, target = route
        issued_on = day if source == SAISON else None
        move = kind(id=fresh_id(), book=BOOK, source=source, target=target, points=points, at=NOW, kind="k", issued_on=issued_on)  # fmt: skip
        answer = self.ask(move)
        days = self.model.oldest(source, points, issued_on.isoformat() if issued_on else None)
        if days is None:
            assert isinstance(answer, NotEnoughPoints)
            return multiple()
        assert isinstance(answer, list)
        assert [
            lot.issued_on.isoformat() for lot in answer[0].lot_movements for _ in range(lot.points)
        ] == days
        if kind is Hold:
            self.model.move(source, "nowhere", days) if source != SAISON else None
            self.model.outside -= len(days) if source != SAISON else 0
            self.on_hold[move.id] = (source, target, days)
        else:
            self.model.move(source, target, days)
        return move

    @rule(target=done, hold=consumes(holds), voided=st.booleans())
    def resolve(self, hold: Hold, voided: bool) -> Move:
        source, target, days = self.on_hold.pop(hold.id)
        move: Move
        move = (Void if voided else Post)(id=fresh_id(), book=BOOK, hold=hold.id, at=NOW)
        answer = self.ask(move)
        assert isinstance(answer, list)
        if source != SAISON:
            self.model.points[source].extend(days)
        if not voided:
            self.model.move(source, target, days)
        again = self.ask(Void(id=fresh_id(), book=BOOK, hold=hold.id, at=NOW))
        assert isinstance(again, HoldAlreadyResolved)
        return move

    @rule(move=done)
    def repeat(self, move: Move) -> None:
        answer = self.ask(move)
        assert isinstance(answer, list)
        assert answer[0].replayed

    @rule(move=done)
    def reuse_the_id(self, move: Move) -> None:
        assert isinstance(self.ask(earn(51, id=move.id)), IdReused)

    @rule(points=POINTS)
    def a_group_with_a_bad_end_leaves_nothing(self, points: int) -> None:
        new = f"{BOOK}:event:{fresh_id()}"
        bad = Transfer(id=fresh_id(), book=BOOK, source=new, target=SHOP, points=points + 1, at=NOW, kind="k")
        assert isinstance(self.ask(earn(points), earn(points, target=new), bad), NotEnoughPoints)
        assert self.store.read_now(lambda conn: ledger.balance(conn, BOOK, new)).posted == 0

    @invariant()
    def every_balance_and_day_is_the_models(self) -> None:
        if not hasattr(self, "store"):
            return
        for account, days in self.model.points.items():
            heaps = self.store.read_now(lambda conn, account=account: ledger.lots(conn, BOOK, account))
            assert sorted(
                heap.issued_on.isoformat() for heap in heaps for _ in range(heap.available)
            ) == sorted(days)
            balance = self.store.read_now(lambda conn, account=account: ledger.balance(conn, BOOK, account))
            assert balance.available == len(days)
            assert min(balance.posted, balance.held, balance.coming, balance.available) >= 0

    @invariant()
    def all_entries_sum_to_zero(self) -> None:
        if hasattr(self, "store"):
            balances = self.store.read_now(lambda conn: ledger.balances(conn, BOOK))
            assert sum(balance.posted for balance in balances.values()) == 0


LedgerMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOnSqlite = LedgerMachine.TestCase


def test_on_postgresql(postgres: str) -> None:
    class OnPostgres(LedgerMachine):
        url = postgres

    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        OnPostgres,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert sa.make_url(postgres).get_backend_name() == "postgresql"
