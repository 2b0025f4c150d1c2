"""Who has the database and the published code, and not the keys, can neither add, change, nor roll back unseen."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrations
from core_ledger import Damaged, Store, Transfer, audit, chart, ledger, seal_chains
from gateway.configured import chain_keys_of, open_store_now
from gateway.model import JST
from gateway.platform import audit_log, daily_digest
from gateway.settings import Settings

NOON = datetime(2018, 7, 31, 12, tzinfo=JST)
DAY = NOON.date()


def grant(name: str, points: int = 100, member: str = "m1") -> Transfer:
    return Transfer(
        id=name, book=chart.member_book(member), source="municipality:082163:granted",
        target=chart.municipal(member, "082163", "kasama-ouen"), points=points, at=NOON, kind="grant", issued_on=DAY,
    )  # fmt: skip


class World:
    """A database on one machine, its keys and its digests on another."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.digests = folder / "digests.jsonl"
        (folder / "lookup").write_text("l" * 48, "utf-8")
        self.chain_lines: list[str] = []
        migrations.upgrade(url)

    @property
    def settings(self) -> Settings:
        (self.folder / "chain").write_text("\n".join(self.chain_lines), "utf-8")
        chain = 'chain = { file = "chain" }' if self.chain_lines else ""
        (self.folder / "gateway.toml").write_text(
            f'[security]\nlookup = {{ file = "lookup" }}\n{chain}\n', "utf-8"
        )
        return Settings.load(self.folder / "gateway.toml", env={"POINT_GATEWAY_DATABASE__URL": self.url})

    def run(self, *jobs) -> None:
        store = open_store_now(self.settings)
        try:
            for job in jobs:
                store.run_now(job)
        finally:
            store.close_now()

    def forge(self, *jobs) -> None:
        """As somebody does who has the database and the library alone."""
        store = Store.open(self.url)
        try:
            for job in jobs:
                store.run_now(job)
        finally:
            store.close_now()

    def say(self, action: str) -> None:
        self.run(lambda conn: write_line(conn, action))

    def publish(self, day: date) -> None:
        keys = chain_keys_of(self.settings)
        self.run(lambda conn: daily_digest.make_document(conn, keys, day, NOON))
        store = open_store_now(self.settings)
        daily_digest.append_to(self.digests, store.read_now(daily_digest.list_documents))
        store.close_now()

    def ledger_faults(self) -> list[str]:
        return self._read(lambda conn: [str(fault) for fault in audit.verify(conn).faults])

    def audit_faults(self) -> list[str]:
        return self._read(lambda conn: [fault.text for fault in audit_log.verify(conn)])

    def differences(self) -> list[str]:
        keys, lines = chain_keys_of(self.settings), self.digests.read_text("utf-8").splitlines()
        return self._read(lambda conn: [str(fault) for fault in daily_digest.compare(conn, keys, lines)])

    def _read(self, job):
        store = open_store_now(self.settings)
        try:
            return store.read_now(job)
        finally:
            store.close_now()


def write_line(conn, action: str) -> None:
    audit_log.write(
        conn, "082163", at=NOON, actor="s1", actor_name="Sato", action=action, facts={"points": 100}
    )


def execute(statement: str, conn) -> None:
    conn.exec_driver_sql(statement)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "sqlite":
        return World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
    url: str = request.getfixturevalue("postgres")
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return World(tmp_path, url)


@pytest.mark.xdist_group("postgres")
class TestForged:
    def test_what_the_gateway_wrote_is_sound(self, world: World) -> None:
        world.run(partial(ledger.transfer, move=grant("g-1")), partial(ledger.transfer, move=grant("g-2")))
        world.say("grant approved")
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])

    @pytest.mark.parametrize("member", ["m1", "a new one"])
    def test_a_grant_of_five_million_written_with_the_library_is_named(
        self, world: World, member: str
    ) -> None:
        world.run(partial(ledger.transfer, move=grant("g-1")))
        world.forge(partial(ledger.transfer, move=grant("forged", 5_000_000, member.replace(" ", "-"))))
        (fault,) = world.ledger_faults()
        assert "forged, 5,000,000 points, is signed with no key of this gateway" in fault

    def test_a_signature_of_another_move_does_not_help(self, world: World) -> None:
        world.run(partial(ledger.transfer, move=grant("g-1")))
        world.forge(
            partial(ledger.transfer, move=grant("forged")),
            partial(
                execute, "UPDATE moves SET mac = (SELECT mac FROM moves WHERE id = 'g-1') WHERE id = 'forged'"
            ),
        )
        assert "is signed with no key" in world.ledger_faults()[0]

    def test_an_audit_line_that_was_changed_with_its_chain_made_anew_is_named(self, world: World) -> None:
        world.say("grant approved")
        world.say("staff added")

        def rewrite(conn) -> None:
            lines = conn.execute(sa.text("SELECT seq, action FROM audit_lines ORDER BY seq")).all()
            macs = {row[0]: row[1] for row in conn.execute(sa.text("SELECT seq, mac FROM audit_lines"))}
            conn.execute(sa.text("DELETE FROM audit_lines"))
            conn.execute(sa.text("DELETE FROM audit_heads"))
            for _, action in lines:
                write_line(conn, action.replace("approved", "refused"))
            for seq, mac in macs.items():
                conn.execute(
                    sa.text("UPDATE audit_lines SET mac = :mac WHERE seq = :seq"), {"mac": mac, "seq": seq}
                )

        world.forge(rewrite)
        assert "signed with no key" in world.audit_faults()[0]

    def test_an_audit_line_written_with_the_library_is_named(self, world: World) -> None:
        world.say("grant approved")
        world.forge(lambda conn: write_line(conn, "forged"))
        assert world.audit_faults() == [
            "this line is signed with no key of this gateway: it was not written by it"
        ]


@pytest.mark.xdist_group("postgres")
class TestWhatWasThereBefore:
    @pytest.fixture
    def old(self, world: World) -> World:
        """A database from before the keys, with two moves and two lines, opened with keys for the first time."""
        world.forge(partial(ledger.transfer, move=grant("g-1")), partial(ledger.transfer, move=grant("g-2")))
        world.forge(lambda conn: write_line(conn, "one"), lambda conn: write_line(conn, "two"))
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])
        return world

    def test_goes_on_signed(self, old: World) -> None:
        old.run(partial(ledger.transfer, move=grant("g-3")))
        old.say("three")
        assert (old.ledger_faults(), old.audit_faults()) == ([], [])

    def test_cannot_be_made_anew(self, old: World) -> None:
        def rewrite(conn) -> None:
            for table in ("moves", "books", "accounts"):
                conn.execute(sa.text(f"DELETE FROM {table}"))
            ledger.transfer(conn, grant("g-1", 5_000_000))
            ledger.transfer(conn, grant("g-2"))

        old.forge(rewrite)
        assert "signed here when the keys came, and its moves are others now" in "\n".join(
            old.ledger_faults()
        )

    @pytest.mark.parametrize("statement", [
        "DELETE FROM chain_seals", "DELETE FROM chain_seals WHERE book_id <> ''", "DELETE FROM chain_seals WHERE book_id = ''",
        "UPDATE chain_seals SET seq = 9 WHERE book_id <> ''",
    ])  # fmt: skip
    def test_its_seals_cannot_be_taken_away_or_moved(self, old: World, statement: str) -> None:
        old.run(partial(ledger.transfer, move=grant("g-3")))
        old.forge(partial(execute, statement))
        try:
            faults = old.ledger_faults()
        except Damaged as damaged:
            faults = [str(damaged)]
        assert faults
        old.forge(partial(ledger.transfer, move=grant("forged", 5_000_000)))
        with (
            pytest.raises(Damaged, match="it was tampered with")
            if "= ''" in statement or statement.endswith("seals")
            else nullcontext()
        ):
            old.run()

    def test_a_book_that_is_gone_is_missed(self, old: World) -> None:
        old.forge(*(partial(execute, f"DELETE FROM {table}") for table in ("moves", "books", "accounts")))
        assert old.ledger_faults() == ["member:m1 head: it was signed when the keys came, and is gone"]

    def test_is_signed_once(self, old: World) -> None:
        keys = chain_keys_of(old.settings)
        counts = []
        old.run(lambda conn: counts.append(seal_chains(conn, keys, DAY)))
        assert counts == [0]


@pytest.mark.xdist_group("postgres")
def test_signing_everything_anew_is_seen_by_the_digests_outside(world: World) -> None:
    world.run(partial(ledger.transfer, move=grant("g-1")))
    world.publish(DAY)
    world.forge(
        partial(ledger.transfer, move=grant("forged", 5_000_000)),
        *(partial(execute, f"UPDATE {table} SET mac = NULL") for table in ("moves", "audit_lines")),
        *(partial(execute, f"DELETE FROM {table}") for table in ("chain_seals", "audit_seals")),
    )
    keys = chain_keys_of(world.settings)
    world.forge(
        lambda conn: seal_chains(conn, keys, DAY + timedelta(days=1)),
        lambda conn: audit_log.seal_logs(conn, keys),
    )
    assert world.ledger_faults() == []
    assert any("moves were signed since" in fault for fault in world.differences())


class TestTurningOver:
    def test_a_newer_key_signs_and_the_older_ones_are_known(self, tmp_path: Path) -> None:
        world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
        for number in range(3):
            world.run(partial(ledger.transfer, move=grant(f"g-{number}")))
            world.say(f"deed {number}")
            world.chain_lines.insert(0, str(number) * 40)
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])
        older = world.chain_lines.pop(0), world.chain_lines.pop(0)
        world.run(partial(ledger.transfer, move=grant("late")))
        world.chain_lines[:0] = older
        assert "signed with an older key than a move before it" in world.ledger_faults()[0]


@pytest.mark.xdist_group("postgres")
class TestDigestsOutside:
    @pytest.fixture
    def told(self, world: World) -> World:
        world.run(partial(ledger.transfer, move=grant("g-1")))
        world.say("one")
        world.publish(DAY)
        world.run(partial(ledger.transfer, move=grant("g-2")))
        world.say("two")
        world.publish(DAY + timedelta(days=1))
        assert world.differences() == []
        return world

    def test_moves_and_lines_after_the_newest_are_no_difference(self, told: World) -> None:
        told.run(partial(ledger.transfer, move=grant("g-3")))
        told.say("three")
        assert told.differences() == []

    def test_an_empty_database_is_named(self, told: World) -> None:
        for table in ("moves", "books", "accounts", "anchors", "audit_lines", "audit_heads", "daily_digests", "chain_seals",
                      "audit_seals"):  # fmt: skip
            told.forge(partial(execute, f"DELETE FROM {table}"))
        faults = "\n".join(told.differences())
        assert "the database is empty" in faults
        assert "there were 2 moves, and there are 0" in faults
        assert "the log of 082163 had 2 lines, and line 2 is gone" in faults

    def test_lines_of_the_file_that_somebody_else_made_are_named(self, told: World) -> None:
        first, second = told.digests.read_text("utf-8").splitlines()
        changed = json.loads(second) | {"moves": 1}
        told.digests.write_text(f"{first}\n{json.dumps(changed)}\nno json\n", "utf-8")
        assert sum("not signed with a key of this gateway" in fault for fault in told.differences()) == 2
        told.digests.write_text("", "utf-8")
        assert "there is no digest to compare with" in told.differences()[0]


def test_a_database_that_was_rolled_back_is_named_and_the_night_adds_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
    world.run(partial(ledger.transfer, move=grant("g-1")))
    world.say("one")
    world.publish(DAY)
    shutil.copy(tmp_path / "gateway.db", tmp_path / "yesterday.db")
    world.run(partial(ledger.transfer, move=grant("g-2")))
    world.say("two")
    world.publish(DAY + timedelta(days=1))
    shutil.copy(tmp_path / "yesterday.db", tmp_path / "gateway.db")
    assert (world.ledger_faults(), world.audit_faults()) == ([], [])
    faults = "\n".join(world.differences())
    assert "digest of 2018-08-01: the database does not have it: it was rolled back" in faults
    assert "there were 2 moves, and there are 1" in faults
    assert "line 2 is gone" in faults
    before = world.digests.read_text("utf-8")
    with pytest.raises(daily_digest.DigestsDisagree, match="2018-08-01"):
        world.publish(DAY + timedelta(days=2))
    assert world.digests.read_text("utf-8") == before
