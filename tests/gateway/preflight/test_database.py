"""What the database says of itself, on real SQLite and PostgreSQL, and each fault in the database's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.url import make_url

from gateway.preflight import check_database
from gateway.settings import Settings
from tests.databases import upgraded_database
from tests.gateway.preflight.conftest import Load, refused, warned


def settings_for(load: Load, url: str) -> Settings:
    return load(env={"POINT_GATEWAY_DATABASE__URL": url})


class TestSqlite:
    def test_an_upgraded_one_is_sound(self, load: Load, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        upgraded_database(url)
        assert refused(check_database(settings_for(load, url))) == []

    def test_one_that_is_not_there_is_not_made(self, load: Load, tmp_path: Path) -> None:
        (sentence,) = refused(check_database(load()))
        assert "gateway.db does not exist" in sentence
        assert not (tmp_path / "gateway.db").exists()

    def test_one_that_is_no_database_is_named(self, load: Load, tmp_path: Path) -> None:
        path = tmp_path / "gateway.db"
        path.write_text("no database at all " * 100, "utf-8")
        (sentence,) = refused(check_database(load()))
        assert str(path) in sentence
        assert "file is not a database" in sentence
        assert "db upgrade" not in sentence

    def test_an_older_schema_says_what_to_do(self, load: Load, tmp_path: Path) -> None:
        upgraded_database(f"sqlite:///{tmp_path / 'gateway.db'}", "0009_keys_in_their_order")
        (sentence,) = refused(check_database(load()))
        assert "run `point-gateway db upgrade`" in sentence


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "postgresql+psycopg://gw@no-such-host.invalid/points?sslmode=require",
            ("no-such-host.invalid", "correct the host"),
        ),
        ("postgresql+psycopg://gw@127.0.0.1:9/points", ("127.0.0.1", "see that the server runs")),
        ("postgresql+psycopg://gw@/points?host=/none/such", ("/none/such", "see that the server runs")),
    ],
)
def test_a_server_that_is_not_reached_is_named_with_its_host_and_no_upgrade_is_advised(
    load: Load, url: str, words: tuple[str, ...]
) -> None:
    (sentence,) = refused(check_database(settings_for(load, url)))
    assert all(word in sentence for word in words), sentence
    assert "db upgrade" not in sentence


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestPostgres:
    @pytest.fixture
    def server(self, postgres: str) -> str:
        upgraded_database(postgres)
        return postgres

    @contextmanager
    def as_role(self, server: str, *statements: str) -> Iterator[str]:
        """The URL of a role made by these statements; it is dropped afterwards."""
        engine = sa.create_engine(server, poolclass=sa.NullPool)
        with engine.begin() as conn:
            conn.exec_driver_sql("CREATE ROLE checked LOGIN")
            for statement in statements:
                conn.exec_driver_sql(statement)
        try:
            yield make_url(server).set(username="checked").render_as_string(hide_password=False)
        finally:
            with engine.begin() as conn:
                conn.exec_driver_sql("DROP OWNED BY checked")
                conn.exec_driver_sql("DROP ROLE checked")

    def test_a_sound_one_is_not_refused_and_what_is_missing_for_safety_is_said(
        self, load: Load, server: str
    ) -> None:
        findings = check_database(settings_for(load, server))
        assert refused(findings) == []
        said = " ".join(warned(findings))
        assert "is a superuser" in said
        assert "fsync = off" in said  # as the tests' own server runs
        assert "no synchronous standby" in said

    def test_a_role_that_may_not_write_is_refused(self, load: Load, server: str) -> None:
        read_only = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO checked"
        with self.as_role(server, "GRANT USAGE ON SCHEMA public TO checked", read_only) as url:
            sentences = refused(check_database(settings_for(load, url)))
        assert any("may not write moves, exchanges, audit_lines" in it for it in sentences), sentences

    def test_a_session_that_only_reads_is_refused(self, load: Load, server: str) -> None:
        with self.as_role(
            server,
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO checked",
            "ALTER ROLE checked SET default_transaction_read_only = on",
        ) as url:
            sentences = refused(check_database(settings_for(load, url)))
        assert any("are read-only" in it for it in sentences)

    def test_a_role_or_a_database_that_is_not_there_is_told_in_the_servers_words(
        self, load: Load, server: str
    ) -> None:
        for url, words in (
            (
                make_url(server).set(username="nobody_here"),
                ('role "nobody_here" does not exist', "role and password"),
            ),
            (
                make_url(server).set(database="nothing_here"),
                ('"nothing_here" does not exist', "CREATE DATABASE"),
            ),
        ):
            (sentence,) = refused(
                check_database(settings_for(load, url.render_as_string(hide_password=False)))
            )
            assert all(word in sentence for word in words), sentence

    @pytest.mark.parametrize(
        ("apart", "is_refused", "is_warned"),
        [(0, False, False), (8, False, True), (-8, False, True), (75, True, False), (-7200, True, False)],
    )
    def test_a_clock_that_is_off_is_said_and_beyond_a_minute_refused(
        self, load: Load, server: str, apart: int, is_refused: bool, is_warned: bool
    ) -> None:
        def now() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=apart)

        findings = check_database(settings_for(load, server), now=now)
        word = "before the" if apart > 0 else "behind the"
        assert any(f"clock is {abs(apart)} s {word}" in it for it in refused(findings)) is is_refused
        assert any(f"clock is {abs(apart)} s {word}" in it for it in warned(findings)) is is_warned
