"""The migration of the municipal cloud makes the very tables that the code describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from core_ledger import Transfer, ledger, verify
from gateway.cities import tables
from gateway.cities.grants import grant_list
from gateway.cities.settlement import transfer_files
from gateway.cities.spending import spend_rows
from gateway.cities.tables import metadata
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.points import support_events
from tests.databases import upgraded_database

NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


def described(engine: sa.Engine) -> dict[str, str]:
    """Every table and index in SQLite's own words."""
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    with engine.connect() as conn:
        return {name: " ".join(sql.split()) for name, sql in conn.execute(query)}


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # their text is compared above
def test_migrated_municipal_tables_are_the_described_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    upgraded_database(url)
    migrated, from_code = sa.create_engine(url), sa.create_engine("sqlite://")
    metadata.create_all(from_code)
    made, wanted = described(migrated), described(from_code)
    assert {name: made.get(name) for name in wanted} == wanted
    with migrated.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        )
        assert compare_metadata(context, metadata) == []
    migrated.dispose()
    from_code.dispose()


def test_events_and_gifts_from_before_the_rules_are_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    upgraded_database(url)
    kept_before_the_rules(url)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_events_and_gifts_from_before_the_rules_are_kept_on_postgresql(postgres: str) -> None:
    upgraded_database(postgres)
    kept_before_the_rules(postgres)


def kept_before_the_rules(url: str) -> None:
    """What members gave before there were rules is still counted, and its event shown to everybody."""
    engine = sa.create_engine(url)
    give = Transfer(
        id="e", book="member:a", source="partner:saison:due", target="member:a:reserve", points=500,
        at=datetime(2018, 7, 31, tzinfo=JST), kind="exchange", issued_on=date(2018, 7, 31),
    )  # fmt: skip
    share = replace(
        give, id="c", source="member:a:reserve", target="member:a:event:park", points=300, issued_on=None
    )
    with engine.begin() as conn:
        ledger.apply(conn, [give, share])
    alembic.command.downgrade(migrations.config(url), "0005_card")
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO support_events (event_id, name, starts_at, ends_at) VALUES ('park', 'P', 1, 2)"
        )
    migrations.upgrade(url)
    with engine.begin() as conn:
        event = support_events.require(conn, "park")
        assert (event.state, event.givers, event.on_failure, event.purpose) == (
            "shown",
            "everybody",
            "keep",
            "",
        )
        assert support_events.gifts_by_event(conn, ["park"]) == {
            "park": support_events.EventGifts(points=300, givers=1)
        }
    alembic.command.downgrade(migrations.config(url), "0005_card")
    with engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT event_id, name, ends_at FROM support_events").all() == [
            ("park", "P", 2)
        ]
    engine.dispose()


def test_payments_from_before_are_kept_under_their_new_keys(tmp_path: Path) -> None:
    payments_from_before_are_kept(f"sqlite:///{tmp_path / 'before.db'}")


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_payments_from_before_are_kept_under_their_new_keys_on_postgresql(postgres: str) -> None:
    payments_from_before_are_kept(postgres)


def payments_from_before_are_kept(url: str) -> None:
    """A payment of before is found by the shop, the city and its member, and its move is known by its id still."""
    upgraded_database(url)
    engine = sa.create_engine(url)
    noon = datetime(2018, 7, 31, 12, tzinfo=JST)
    give = Transfer(
        id="grant:1", book="member:a", source="municipality:082163:granted",
        target="member:a:municipality:082163:ouen", points=500, at=noon, kind="grant", issued_on=date(2018, 7, 1),
    )  # fmt: skip
    spends = [
        Transfer(
            id=f"spend:{number}", book="member:a", source=give.target, target="shop:082163:shop-1", points=100 + number,
            at=noon + timedelta(minutes=number), kind="spend", reference=str(number),
        )
        for number in range(3)
    ]  # fmt: skip
    with engine.begin() as conn:
        ledger.apply(conn, [give, *spends])
    alembic.command.downgrade(migrations.config(url), "0008_grant_ids")
    with engine.begin() as conn:
        conn.execute(sa.insert(tables.spends), [row_of(spend) for spend in spends])
    migrations.upgrade(url)
    with engine.begin() as conn:
        assert [spend.spend_id for spend in spend_rows.list_by_member(conn, "member:a")] == ["2", "1", "0"]
        day = spend_rows.list_by_shop(conn, "082163", "shop-1", since=noon, until=noon + timedelta(minutes=2))
        assert [(spend.spend_id, spend.points) for spend in day] == [("1", 101), ("0", 100)]
        assert spend_rows.require_of_city(conn, "082163", "2").refundable == 102
        assert [spend_rows.is_known(conn, spend_id) for spend_id in ("1", "7")] == [True, False]
        assert ledger.apply(conn, spends[:1])[0].replayed
        assert verify(conn).faults == ()
    alembic.command.downgrade(migrations.config(url), "0008_grant_ids")
    with engine.begin() as conn:
        assert conn.scalar(sa.select(sa.func.sum(tables.spends.c.points))) == 303
    engine.dispose()


def row_of(spend: Transfer) -> dict[str, object]:
    return {
        "book_id": spend.book, "spend_id": spend.reference, "municipality": "082163", "point_service": "ouen",
        "shop_id": "shop-1", "points": spend.points, "yen": spend.points, "lots": "[]", "way": "shop_scans",
        "taken_by": "clerk", "at": spend.at, "refunded_points": 0,
    }  # fmt: skip


class TestWhatWasBeforeFourEyes:
    """Who was made by whom, which files left for the bank and what was granted by file, as an older release left it."""

    def test_it_counts_after_the_upgrade_on_sqlite(self, tmp_path: Path) -> None:
        self.counts(f"sqlite:///{tmp_path / 'before.db'}")

    @pytest.mark.postgres
    @pytest.mark.xdist_group("postgres")
    def test_and_on_postgresql(self, postgres: str) -> None:
        self.counts(postgres)

    def counts(self, url: str) -> None:
        upgraded_database(url)
        alembic.command.downgrade(migrations.config(url), "0018_retry_at")
        engine = sa.create_engine(url)
        with engine.begin() as conn:
            self.fill(conn)
        migrations.upgrade(url)
        with engine.begin() as conn:
            changes = {
                (row.staff_id, row.change, row.by_staff)
                for row in conn.execute(sa.select(tables.staff_changes))
            }
            assert changes == {("s2", "added", "s1"), ("s2", "raised", "s1"), ("s3", "reset", "s1")}
            made = transfer_files.list_made(conn, "082163", date(2018, 7, 1))
            assert [(each.number, each.made_by, each.transfer_on, each.yen) for each in made] == [
                (1, "s1", date(2018, 7, 31), 500),
                (2, "s2", date(2018, 8, 1), 500),
            ]
            raw = "マイキーID,ポイント,摘要\nACDEFGHJ,100,4月\uff5e6月\nACDEFGHK,5,\n".encode("cp932")
            files = conn.execute(sa.select(tables.grant_files))
            hashes = {row.file_id: row.content_hash for row in files}
            assert hashes == {"f1": grant_list.digest(raw).digest, "f2": "faulty"}
        engine.dispose()

    def fill(self, conn: sa.Connection) -> None:
        staff = {
            "municipality": "082163", "role": "approver", "password_hash": "x", "password_is_first": False,
            "totp_confirmed": False, "totp_last_step": 0, "state": "active", "created_at": NOON,
        }  # fmt: skip
        for number, login in enumerate(("boss", "tanaka", "sato"), 1):
            row = staff | {"staff_id": f"s{number}", "login": login, "display_name": login}
            conn.execute(tables.staff.insert().values(**row))
        lines: list[tuple[str, str, str, dict[str, str | int]]] = [
            ("staff added", "tanaka", "s1", {"role": "operator", "shop": ""}),
            ("role changed", "tanaka", "s1", {"from": "operator", "to": "approver"}),
            ("role changed", "sato", "s1", {"from": "administrator", "to": "approver"}),
            ("access reset", "sato", "s1", {}),
            ("staff added", "nobody", "s1", {"role": "shop", "shop": "soba"}),
            ("transfer file made", "2018-07-01", "s1", {"yen": 500}),
            ("transfer file made", "2018-07-01", "s2", {"yen": 500, "transfer_on": "2018-08-01", "times": 2}),
        ]
        for number, (action, subject, actor, facts) in enumerate(lines):
            at = NOON + timedelta(minutes=number)
            audit_log.write(
                conn,
                "082163",
                at=at,
                actor=actor,
                actor_name="",
                action=AuditAction(action),
                subject=subject,
                facts=facts,
            )
        conn.execute(
            tables.settlements.insert().values(
                municipality="082163", starts_on="2018-07-01", ends_on="2018-07-15", pays_on="2018-07-31", yen=500,
                closed_by="s1", closed_at=NOON,
            )
        )  # fmt: skip
        file = {
            "municipality": "082163", "project_id": "p", "name": "x", "lines": 2, "faults": 0, "points": 105,
            "uploaded_by": "s1", "uploaded_at": NOON, "applied_through": 3, "granted_lines": 2, "granted_points": 105,
        }  # fmt: skip
        conn.execute(
            tables.grant_files.insert().values(file_id="f1", content_hash="old", state="applied", **file)
        )
        conn.execute(
            tables.grant_files.insert().values(file_id="f2", content_hash="faulty", state="faulty", **file)
        )
        line = {"file_id": "f1", "member_id": "m"}
        conn.execute(
            tables.grant_lines.insert(),
            [
                line | {"line": 2, "mykey_id": "ACDEFGHJ", "points": 100, "note": "4月\u301c6月"},
                line | {"line": 3, "mykey_id": "ACDEFGHK", "points": 5, "note": ""},
            ],
        )
