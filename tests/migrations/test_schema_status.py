"""Code and schema that do not fit are told apart, and nothing starts on them: on both databases, in one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

import gateway
import migrations
from gateway import cli
from gateway.services import open_services
from gateway.settings import Settings
from migrations import SchemaState
from tests.databases import upgraded_database

SETTINGS = """
[security]
sealing = { file = "key" }
lookup = { file = "key" }
account_key = { file = "key" }
"""


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)


@dataclass
class Ended:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Ended]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Run the command line as its entry point does; one that would serve for ever is one that was not refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("k" * 48, "utf-8")
    (tmp_path / "gateway.toml").write_text(SETTINGS, "utf-8")

    def run(url: str, *arguments: str) -> Ended:
        monkeypatch.setenv("POINT_GATEWAY_DATABASE__URL", url)
        monkeypatch.setattr("sys.argv", ["point-gateway", *arguments])
        monkeypatch.setattr("gateway.serve.serve", _open_only)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        capture_result = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, capture_result.out, capture_result.err)

    yield run
    # The commands set the log up to write to a stream that is gone by now.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


async def _open_only(settings: Settings, **_: object) -> None:
    async with open_services(settings):
        pass


def refused(ended: Ended) -> str:
    assert ended.returncode == 1, ended
    return ended.stderr


NEWER = ("UPDATE alembic_version SET version_num = '9999_from_the_future'",)


@pytest.mark.xdist_group("postgres")
class TestServing:
    """Each command stands for all: they open the database in the same two ways."""

    COMMANDS = (("serve", "--no-upgrade"), ("nightly",), ("keys", "list"), ("ledger", "verify"))

    @pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
    def test_an_empty_database_is_refused(
        self, command: Command, url: str, arguments: tuple[str, ...]
    ) -> None:
        assert "the database is empty" in refused(command(url, *arguments))

    @pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
    def test_an_older_schema_is_refused(self, command: Command, url: str, arguments: tuple[str, ...]) -> None:
        upgraded_database(url, "0009_keys_in_their_order")
        told = refused(command(url, *arguments))
        assert "older than this release's" in told
        assert "run `point-gateway db upgrade`" in told

    @pytest.mark.parametrize("arguments", [*COMMANDS, ("serve",), ("db", "upgrade")], ids=" ".join)
    def test_a_newer_schema_is_refused(self, command: Command, url: str, arguments: tuple[str, ...]) -> None:
        upgraded_database(url)
        execute(url, *NEWER, "UPDATE schema_marker SET written_by = '7.0.0', oldest_release = '6.0.0'")
        told = refused(command(url, *arguments))
        assert "9999_from_the_future" in told
        assert (
            "point-gateway 7.0.0 brought it there, and 6.0.0 is the oldest release that works with it" in told
        )

    def test_a_newer_schema_without_a_marker_is_refused(self, command: Command, url: str) -> None:
        upgraded_database(url, "0011_ordered_account")
        execute(url, *NEWER)
        assert "a newer release brought it there" in refused(command(url, "serve", "--no-upgrade"))

    def test_tables_of_somebody_else_are_refused(self, command: Command, url: str) -> None:
        execute(url, "CREATE TABLE songs (id int)")
        for arguments in (("serve",), ("db", "upgrade")):
            assert "has tables but not this gateway's schema" in refused(command(url, *arguments))

    @pytest.mark.parametrize(
        ("statement", "part"),
        [
            ("DROP TABLE exchange_owners", "table exchange_owners"),
            ("ALTER TABLE exchanges DROP COLUMN retry_at", "column exchanges.retry_at"),
            ("DROP INDEX moves_by_hold", "index moves_by_hold"),
        ],
        ids=["table", "column", "index"],
    )
    def test_a_restore_that_was_cut_off_is_refused_though_the_version_is_there(
        self, command: Command, url: str, statement: str, part: str
    ) -> None:
        upgraded_database(url)
        execute(url, statement)
        for arguments in (("serve", "--no-upgrade"), ("ledger", "verify"), ("db", "upgrade")):
            assert f"lacks {part}: a restore was cut off" in refused(command(url, *arguments))
        assert command(url, "db", "status").returncode == 1

    @pytest.mark.postgres
    def test_a_restore_without_its_last_section_has_no_keys_and_is_refused(
        self, command: Command, empty_postgres: str
    ) -> None:
        """Whose rows are there and whose keys are not takes every id twice."""
        upgraded_database(empty_postgres)
        execute(empty_postgres, "ALTER TABLE exchange_owners DROP CONSTRAINT exchange_owners_pkey")
        assert "lacks primary key of exchange_owners" in refused(command(empty_postgres, "ledger", "verify"))

    def test_what_an_older_release_left_half_done_is_said_and_not_touched(
        self, command: Command, tmp_path: Path
    ) -> None:
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        upgraded_database(url, "0008_grant_ids")
        execute(url, "ALTER TABLE spends RENAME TO spends_before")
        told = refused(command(url, "db", "upgrade", "--no-copy"))
        assert "an upgrade by a release before 0.2 was cut off here" in told
        assert "nothing was changed" in told
        assert migrations.status(url).revision == "0008_grant_ids"


@pytest.mark.xdist_group("postgres")
class TestStatus:
    def test_a_newer_schema_that_only_adds_lets_this_release_work_on(self, url: str) -> None:
        upgraded_database(url)
        execute(url, *NEWER, f"UPDATE schema_marker SET oldest_release = '{gateway.__version__}'")
        schema_status = migrations.status(url)
        assert (schema_status.state, schema_status.usable) == (SchemaState.NEWER_BUT_USABLE, True)

    def test_the_marker_names_the_release_that_took_the_last_step(self, url: str) -> None:
        upgraded_database(url)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as conn:
            rows = conn.exec_driver_sql("SELECT written_by, oldest_release FROM schema_marker").all()
        assert rows == [(gateway.__version__, "0.2.0")]

    def test_status_plan_upgrade_and_downgrade_say_where_it_stands(self, command: Command, url: str) -> None:
        assert "the database is empty" in command(url, "db", "status").stdout
        assert command(url, "db", "upgrade").returncode == 0
        assert "the newest that point-gateway" in command(url, "db", "status").stdout
        unsure = command(url, "db", "downgrade", "0008_grant_ids")
        assert (unsure.returncode, "nothing was changed" in unsure.stderr) == (1, True)
        gone_back = command(url, "db", "downgrade", "0008_grant_ids", "--yes")
        assert "the schema is 0008_grant_ids" in gone_back.stdout, gone_back.stderr
        planned = command(url, "db", "upgrade", "--plan")
        assert planned.returncode == 0
        for step in migrations.list_steps("0008_grant_ids"):
            assert f"{step.revision}  {step.summary}" in planned.stdout
        status = command(url, "db", "status")
        assert (status.returncode, migrations.status(url).state) == (1, SchemaState.OLDER)


def test_each_step_is_named_after_its_file_and_follows_the_one_before() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(migrations.config("sqlite://"))
    chain = [script.revision for script in scripts.walk_revisions()][::-1]
    assert migrations.known_revisions() == chain


def test_the_release_and_its_schema_are_printed(command: Command) -> None:
    told = command("sqlite://", "--version").stdout
    assert told.strip() == f"point-gateway {gateway.__version__}, schema {migrations.known_revisions()[-1]}"
