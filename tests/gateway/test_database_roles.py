"""Four roles on a real PostgreSQL: a gateway works with its own, and nobody rewrites with it what was written."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ProgrammingError
from typer.testing import CliRunner

import migrations
from gateway import cli, database_roles
from gateway.cities.staff import staff_rows
from gateway.database_roles import ONLY_ADDED, ROLES, statements, table_names
from gateway.errors import GatewayError
from gateway.platform.roles import Role
from gateway.preflight import check_database
from gateway.services import open_services
from gateway.settings import Settings
from tests.databases import upgraded_database
from tests.gateway.cities.conftest import KASAMA, NOON, PASSWORD, furnish

PREFIX = "roles_of_a_test"


def test_every_table_of_the_schema_is_given_to_somebody() -> None:
    sql = "\n".join(statements())
    for table in table_names():
        assert f'ON public."{table}" TO point_gateway_serve' in sql
    assert set(table_names()) >= database_roles.CREDENTIALS | database_roles.VERIFIED | ONLY_ADDED


@pytest.mark.parametrize("prefix", ["", "Point", "x; DROP TABLE moves", "x" * 41, '"'])
def test_a_prefix_that_is_no_plain_name_makes_no_sql(prefix: str) -> None:
    with pytest.raises(GatewayError, match="a prefix is"):
        list(statements(prefix))


def test_the_sql_is_printed_for_whoever_keeps_the_database() -> None:
    result = CliRunner().invoke(cli.app, ["db", "roles", "--prefix", "city"])
    assert result.exit_code == 0
    assert 'GRANT SELECT, INSERT ON public."moves" TO city_serve;' in result.output.splitlines()


def test_an_embedded_database_has_no_roles(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as conn, pytest.raises(GatewayError, match="one file"):
        database_roles.apply(conn)
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestOnPostgres:
    @pytest.fixture
    def urls(self, postgres: str) -> Iterator[dict[str, str]]:
        """A user of each role on a database with the whole schema; `owner` made it."""
        upgraded_database(postgres)
        engine = sa.create_engine(postgres, poolclass=sa.NullPool)
        for _ in range(2):  # it is safe to repeat
            with engine.begin() as conn:
                assert database_roles.apply(conn, PREFIX) > len(table_names())
        with engine.begin() as conn:
            for role in ROLES:
                conn.exec_driver_sql(f"CREATE ROLE {PREFIX}_{role}_user LOGIN IN ROLE {PREFIX}_{role}")
        users = {role: make_url(postgres).set(username=f"{PREFIX}_{role}_user") for role in ROLES}
        yield {role: url.render_as_string(hide_password=False) for role, url in users.items()}
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
            for role in ROLES:
                for name in (f"{PREFIX}_{role}_user", f"{PREFIX}_{role}"):
                    conn.exec_driver_sql(f"DROP OWNED BY {name}")
                    conn.exec_driver_sql(f"DROP ROLE {name}")
        engine.dispose()

    @pytest.fixture
    def settings(self, tmp_path: Path, urls: dict[str, str]) -> Settings:
        """Of a gateway that has the role `serve`."""
        for name in ("sealing", "lookup", "account_key"):
            (tmp_path / name).write_text(secrets.token_urlsafe(48), "utf-8")
        text = "".join(f'{name} = {{ file = "{name}" }}\n' for name in ("sealing", "lookup", "account_key"))
        (tmp_path / "gateway.toml").write_text(f"[security]\n{text}", "utf-8")
        return Settings.load(tmp_path / "gateway.toml", {"POINT_GATEWAY_DATABASE__URL": urls["serve"]})

    def refused(self, url: str, sql: str) -> bool:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        try:
            with engine.begin() as conn:
                conn.exec_driver_sql(sql)
        except ProgrammingError as fault:
            return isinstance(fault.orig, InsufficientPrivilege)
        finally:
            engine.dispose()
        return False

    def warned(self, settings: Settings, url: str) -> str:
        """What `check` says of this user."""
        findings = check_database(replace(settings, database_url=url))
        return " ".join(finding.sentence for finding in findings if finding.check == "role")

    async def fill(self, settings: Settings) -> None:
        """What a day brings: people, a sign-in, points, lines of the log, the night's work."""
        async with open_services(settings) as services:
            now, today = services.clock(), services.clock().date()
            await services.store.run(lambda conn: furnish(conn, NOON))
            member = await services.members.create(display_name="山田 花子", password=PASSWORD)
            signed_in = await services.members.sign_in(member.mykey_id, PASSWORD, client_id="portal")
            await services.members.sign_out(signed_in.token.reveal(), client_id="portal")
            hashed = await services.city.context.hasher.hash(PASSWORD)
            await services.store.run(
                lambda conn: staff_rows.add(
                    conn, staff_id="s" * 32, municipality=KASAMA, login="sato", display_name="佐藤",
                    role=Role.VIEWER, password_hash=hashed, at=now, password_is_first=False,
                )
            )  # fmt: skip
            await services.city.staff.sign_in("sato", PASSWORD, client_id="municipal")
            for worked in (await services.nightly.run_now(today), await services.city.nightly.run_now(today)):
                assert worked.faults == {}

    async def test_a_gateway_works_with_its_role_and_rewrites_nothing_with_it(
        self, settings: Settings, urls: dict[str, str]
    ) -> None:
        await self.fill(settings)
        for table in ONLY_ADDED:
            assert not self.refused(urls["serve"], f"SELECT count(*) FROM {table}")
            assert self.refused(urls["serve"], f"DELETE FROM {table}")
        # What deletes stories in which nothing was sent is the one way, and anybody's role may call it to no effect.
        forget = "SELECT gateway_forget_unconfirmed(0, 10)"
        assert not self.refused(urls["serve"], forget)
        sentences = {name: self.warned(settings, url) for name, url in urls.items() if name != "verify"}
        assert "may change moves" in sentences["migrate"]
        assert "may change moves" not in sentences["serve"]
        assert self.refused(urls["serve"], "UPDATE moves SET points = points + 1")
        assert self.refused(urls["serve"], "UPDATE audit_lines SET actor = 'somebody'")
        assert self.refused(urls["serve"], "UPDATE alembic_version SET version_num = version_num")
        for ddl in (
            "DROP TABLE moves",
            "TRUNCATE moves",
            "CREATE TABLE mine (x int)",
            "ALTER TABLE moves DISABLE TRIGGER ALL",
        ):
            assert self.refused(urls["serve"], ddl)

    async def test_who_reads_sees_no_credential_and_changes_nothing(
        self, settings: Settings, urls: dict[str, str]
    ) -> None:
        await self.fill(settings)
        assert not self.refused(urls["read"], "SELECT * FROM moves, daily_figures")
        for table in sorted(database_roles.CREDENTIALS):
            assert self.refused(urls["read"], f"SELECT * FROM {table}"), table
        assert self.refused(urls["read"], "INSERT INTO commit_probes DEFAULT VALUES")

    async def test_who_verifies_reads_both_chains_and_nothing_of_people(
        self, settings: Settings, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.fill(settings)
        monkeypatch.setenv("POINT_GATEWAY_DATABASE__URL", urls["verify"])
        config = str(settings.path)
        for command in (["ledger", "verify", "--empty"], ["staff", "verify-log"]):
            result = CliRunner().invoke(cli.app, [*command, "--config", config])
            assert "nothing is broken" in result.output, result.output + str(result.exception)
        for table in ("members", "exchanges", "staff", "outbox"):
            assert self.refused(urls["verify"], f"SELECT * FROM {table}")
        assert self.refused(urls["verify"], "DELETE FROM moves")

    def test_the_migrating_role_takes_a_step_back_and_up_again(self, urls: dict[str, str]) -> None:
        newest = migrations.status(urls["migrate"]).revision
        steps = [step.revision for step in migrations.list_steps(None)]
        migrations.downgrade(urls["migrate"], steps[-2], copy=False)
        migrations.upgrade(urls["migrate"])
        assert migrations.status(urls["migrate"]).revision == newest
