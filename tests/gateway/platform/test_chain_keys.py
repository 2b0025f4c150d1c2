"""Who has the database and the published code, and not the keys, can neither add, change, nor roll back unseen."""

from __future__ import annotations

import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrations
from core_ledger import ChainKeys, Damaged, Store, Transfer, audit, chart, ledger, seal_chains
from gateway.configured import chain_keys_of, open_store_now, sign_chains, upgrade_database
from gateway.exchanges.restored_mode import RestoredMode
from gateway.model import JST
from gateway.platform import audit_log, daily_digest
from gateway.platform.audit_actions import AuditAction
from gateway.settings import Settings
from tests.databases import made_once, upgraded_database

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
        upgraded_database(url)

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

    def say(self, action: AuditAction) -> None:
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


def write_line(conn, action: AuditAction, at: datetime = NOON) -> None:
    audit_log.write(
        conn, "082163", at=at, actor="s1", actor_name="Sato", action=action, facts={"points": 100}
    )


def execute(statement: str, conn) -> None:
    conn.exec_driver_sql(statement)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "sqlite":
        return World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
    return World(tmp_path, request.getfixturevalue("postgres"))


@pytest.mark.xdist_group("postgres")
class TestForged:
    def test_what_the_gateway_wrote_is_sound(self, world: World) -> None:
        world.run(partial(ledger.transfer, move=grant("g-1")), partial(ledger.transfer, move=grant("g-2")))
        world.say(AuditAction.GRANT_FILE_APPROVED)
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
        world.say(AuditAction.GRANT_FILE_APPROVED)
        world.say(AuditAction.STAFF_ADDED)

        def rewrite(conn) -> None:
            lines = conn.execute(sa.text("SELECT seq, action FROM audit_lines ORDER BY seq")).all()
            macs = {row[0]: row[1] for row in conn.execute(sa.text("SELECT seq, mac FROM audit_lines"))}
            conn.execute(sa.text("DELETE FROM audit_lines"))
            conn.execute(sa.text("DELETE FROM audit_heads"))
            for _, action in lines:
                write_line(conn, AuditAction(action.replace("approved", "cancelled")))
            for seq, mac in macs.items():
                conn.execute(
                    sa.text("UPDATE audit_lines SET mac = :mac WHERE seq = :seq"), {"mac": mac, "seq": seq}
                )

        world.forge(rewrite)
        assert "signed with no key" in world.audit_faults()[0]

    def test_an_audit_line_written_with_the_library_is_named(self, world: World) -> None:
        world.say(AuditAction.GRANT_FILE_APPROVED)
        world.forge(lambda conn: write_line(conn, AuditAction.GRANTED))
        assert world.audit_faults() == [
            "this line is signed with no key of this gateway: it was not written by it"
        ]


@pytest.mark.xdist_group("postgres")
class TestWhatWasThereBefore:
    @pytest.fixture
    def old(self, world: World) -> World:
        """A database from before the keys, with two moves and two lines, brought up to date."""
        made_once(world.url, "from_before_the_keys", self.make_old)
        return world

    def make_old(self, url: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.bring_up_to_date(World(Path(folder), url))

    def bring_up_to_date(self, world: World) -> None:
        world.forge(partial(ledger.transfer, move=grant("g-1")), partial(ledger.transfer, move=grant("g-2")))
        world.forge(
            lambda conn: write_line(conn, AuditAction.SHOP_CHANGED),
            lambda conn: write_line(conn, AuditAction.SHOP_CLOSED),
        )
        migrations.downgrade(world.url, "0012_schema_marker", copy=False)
        upgrade_database(world.settings, copy=False)
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])

    def test_is_signed_by_its_upgrade_and_by_nothing_else(self, old: World) -> None:
        """Whoever takes every signature away gets none anew for what they have forged."""
        old.run(partial(ledger.transfer, move=grant("g-3")))
        old.forge(
            partial(ledger.transfer, move=grant("forged", 5_000_000)),
            *(partial(execute, f"UPDATE {table} SET mac = NULL") for table in ("moves", "audit_lines")),
            *(partial(execute, f"DELETE FROM {table}") for table in ("chain_seals", "audit_seals")),
        )
        for _ in range(2):
            with pytest.raises(Damaged, match="db sign"):
                old.run()
            upgrade_database(old.settings)
        # One whose upgrade was cut off is signed by a person, by name.
        assert sign_chains(old.settings, chain_keys_of(old.settings), operator="Sato", reason="cut off") == 2
        old.run()
        assert old.ledger_faults() == []

    def test_goes_on_signed(self, old: World) -> None:
        old.run(partial(ledger.transfer, move=grant("g-3")))
        old.say(AuditAction.SHOP_CHANGED)
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
            world.say(AuditAction.SHOP_CHANGED)
            world.chain_lines.insert(0, str(number) * 40)
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])
        older = world.chain_lines.pop(0), world.chain_lines.pop(0)
        later = NOON + timedelta(hours=25)
        world.run(partial(ledger.transfer, move=replace(grant("late"), at=later)))
        world.run(lambda conn: write_line(conn, AuditAction.SHOP_REOPENED, later))
        world.chain_lines[:0] = older
        assert "signed with an older key than a line before it" in world.audit_faults()[0]
        assert "signed with an older key than a move before it" in world.ledger_faults()[0]

    def test_gateways_that_are_restarted_one_after_the_other_alarm_nobody(self, tmp_path: Path) -> None:
        """Both know both keys, and one signs with the new one already while the other still signs with the old."""
        world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
        for number in range(8):
            world.chain_lines = ["n" * 40, "o" * 40] if number % 2 else ["o" * 40, "n" * 40]
            at = NOON + timedelta(hours=2 * number)
            world.run(partial(ledger.transfer, move=replace(grant(f"g-{number}"), at=at)))
            world.run(lambda conn, at=at: write_line(conn, AuditAction.SHOP_CHANGED, at))
        world.chain_lines = ["n" * 40, "o" * 40]
        assert (world.ledger_faults(), world.audit_faults()) == ([], [])


@pytest.mark.xdist_group("postgres")
class TestDigestsOutside:
    @pytest.fixture
    def told(self, world: World) -> World:
        world.run(partial(ledger.transfer, move=grant("g-1")))
        world.say(AuditAction.SHOP_REGISTERED)
        world.publish(DAY)
        world.run(partial(ledger.transfer, move=grant("g-2")))
        world.say(AuditAction.SHOP_CHANGED)
        world.publish(DAY + timedelta(days=1))
        assert world.differences() == []
        return world

    def test_moves_and_lines_after_the_newest_are_no_difference(self, told: World) -> None:
        told.run(partial(ledger.transfer, move=grant("g-3")))
        told.say(AuditAction.SHOP_CHANGED)
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

    @pytest.mark.parametrize("saved", ["\ufeff{}\n", "{}\r\n"], ids=["mark", "line ends"])
    def test_an_editors_marks_in_the_file_alarm_nobody(self, told: World, saved: str) -> None:
        lines = told.digests.read_text("utf-8").splitlines()
        told.digests.write_bytes("".join(saved.format(line) for line in lines).encode())
        assert told.differences() == []
        told.publish(DAY + timedelta(days=2))
        assert told.differences() == []


def test_a_database_that_was_rolled_back_is_named_and_the_night_adds_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
    world.run(partial(ledger.transfer, move=grant("g-1")))
    world.say(AuditAction.SHOP_REGISTERED)
    world.publish(DAY)
    shutil.copy(tmp_path / "gateway.db", tmp_path / "yesterday.db")
    world.run(partial(ledger.transfer, move=grant("g-2")))
    world.say(AuditAction.SHOP_CHANGED)
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


async def test_a_gateway_whose_database_lost_a_day_confirms_nothing_until_somebody_says_so(
    tmp_path: Path,
) -> None:
    """A standby that took over, or a copy that was put back, and there is no journal."""
    world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
    world.say(AuditAction.SHOP_REGISTERED)
    world.publish(DAY)
    shutil.copy(tmp_path / "gateway.db", tmp_path / "yesterday.db")
    world.publish(DAY + timedelta(days=1))
    keys = chain_keys_of(world.settings)
    shutil.copy(tmp_path / "yesterday.db", tmp_path / "gateway.db")
    store = open_store_now(world.settings)
    mode = RestoredMode(store, keys, None, digest_file=world.digests)
    await mode.check()
    assert mode.is_on
    assert f"the digest of {DAY + timedelta(days=1)}, which this database has lost" in mode.unknown
    # Whoever can write the file and has no key stops nobody.
    forged = json.loads(world.digests.read_text("utf-8").splitlines()[0]) | {"day": "2030-01-01"}
    documents = store.read_now(daily_digest.list_documents)
    assert daily_digest.append_restored(
        world.digests, keys, documents, operator="Sato", reason="standby", at=NOON
    )
    with world.digests.open("a") as file:
        file.write(json.dumps(forged) + "\n")
    await mode.check()
    assert not mode.is_on
    await store.close()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_two_gateways_that_make_a_days_digest_at_once_have_the_same(postgres: str, tmp_path: Path) -> None:
    world = World(tmp_path, postgres)
    world.run(partial(ledger.transfer, move=grant("g-1")))
    keys = chain_keys_of(world.settings)
    make = partial(daily_digest.make_document, keys=keys, day=DAY, at=NOON)
    first, second = open_store_now(world.settings), open_store_now(world.settings)
    with first.engine.connect() as conn, ThreadPoolExecutor() as pool:
        document = make(conn)
        other = pool.submit(second.run_now, make)
        with pytest.raises(TimeoutError):
            other.result(1.0)
        conn.commit()
        assert other.result(30) == document
    first.close_now()
    second.close_now()


class TestARestoreOnPurpose:
    """The file outside goes on after it, and only who has the key can have a lost day forgotten."""

    @pytest.fixture
    def restored(self, tmp_path: Path) -> World:
        world = World(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}")
        for number in range(3):
            world.run(partial(ledger.transfer, move=grant(f"g-{number}")))
            world.publish(DAY + timedelta(days=number))
            if number == 0:
                shutil.copy(tmp_path / "gateway.db", tmp_path / "yesterday.db")
        shutil.copy(tmp_path / "yesterday.db", tmp_path / "gateway.db")
        return world

    def end(self, world: World, keys: ChainKeys | None = None) -> str | None:
        store = open_store_now(world.settings)
        documents = store.read_now(daily_digest.list_documents)
        store.close_now()
        own = keys or chain_keys_of(world.settings)
        return daily_digest.append_restored(
            world.digests, own, documents, operator="Sato", reason="disk", at=NOON
        )

    def test_the_next_days_follow_the_one_that_it_went_back_to(self, restored: World) -> None:
        assert restored.differences()
        assert self.end(restored)
        assert restored.differences() == []
        for number in range(1, 4):  # also the very days of which the file has lost ones
            restored.run(partial(ledger.transfer, move=grant(f"later-{number}")))
            restored.publish(DAY + timedelta(days=number))
        assert restored.differences() == []
        assert not self.end(restored)
        restored.forge(partial(ledger.transfer, move=grant("forged", 5_000_000)))
        assert restored.ledger_faults()

    def test_what_is_rolled_back_after_it_is_named_again(self, restored: World) -> None:
        self.end(restored)
        restored.run(partial(ledger.transfer, move=grant("later")))
        restored.publish(DAY + timedelta(days=1))
        shutil.copy(restored.folder / "yesterday.db", restored.folder / "gateway.db")
        assert any("rolled back" in fault for fault in restored.differences())

    def test_who_has_no_key_has_no_day_forgotten(self, restored: World) -> None:
        self.end(restored, ChainKeys.of([b"o" * 32]))
        faults = restored.differences()
        assert any("it says that the database was restored, and is not signed" in fault for fault in faults)
        assert any("rolled back" in fault for fault in faults)
