"""A city's way out: everything of it in one file, whose moves come to its balances, and nobody else's."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core_ledger import Transfer, chart, ledger
from gateway.cities import city_archive
from gateway.cities.city_archive import ArchiveFailed, check_archive, write_archive
from gateway.demo import city as demo
from migrations.targets import METADATAS
from tests.gateway.cities.conftest import MITO, NOON, Town, another_town, new_id

KASAMA = demo.CITY


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def filled(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    """A month of a city with members, grants, payments, refunds and closed cycles, beside another city."""
    for name, value in {"MEMBERS": 30, "DAYS": 34, "VISITS_A_DAY": 5, "SHOPS": 4}.items():
        monkeypatch.setattr(demo, name, value)
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    async with another_town(tmp_path, url) as town:
        await demo.fill_city(town.city, date(2018, 5, 1))
        yield town


def write(town: Town, file: Path, code: str = KASAMA, *, bank: bool = False) -> city_archive.Archive:
    vault = town.city.context.vault if bank else None
    return town.store.read_now(
        lambda conn: write_archive(conn, code, file, vault=vault, release="0.2.0", at=NOON)
    )


def rows(file: Path, name: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(file) as archive:
        return [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]


class TestACitysArchive:
    async def test_has_every_move_and_comes_to_every_balance(self, filled: Town, tmp_path: Path) -> None:
        file = tmp_path / "kasama.zip"
        archive = write(filled, file)
        assert check_archive(file) == []
        with filled.store.engine.begin() as conn:
            held = "SELECT sum(posted) FROM accounts WHERE account LIKE 'member:%:municipality:' || :code || ':%'"
            total = conn.execute(text(held), {"code": KASAMA}).scalar_one()
        assert archive.services == {demo.SERVICE: total}
        assert total > 0
        kinds = {row["kind"] for row in rows(file, "moves")}
        assert {"exchange", "grant", "spend", "refund", "settlement"} <= kinds
        shop_accounts = {row["shop_id"] for row in rows(file, "shops")}
        assert archive.owed_to_shops == sum(
            [await filled.total(chart.shop(KASAMA, shop_id)) for shop_id in shop_accounts]
        )
        ids = {row["member_id"] for row in rows(file, "members")}
        assert {row["member_id"] for row in rows(file, "balances")} <= ids

    async def test_has_nothing_of_another_city_and_no_credential(self, filled: Town, tmp_path: Path) -> None:
        stranger = await filled.member()
        with filled.store.engine.begin() as conn:
            of_both = (
                conn.execute(text("SELECT min(book_id) FROM spends")).scalar_one().removeprefix("member:")
            )
        for member_id in (stranger.member_id, of_both):
            move = Transfer(
                id=new_id(),
                book=chart.member_book(member_id),
                source=chart.granted(MITO),
                target=chart.municipal(member_id, MITO, "mito-ouen"),
                points=77,
                at=NOON,
                kind="grant",
                issued_on=NOON.date(),
            )
            await filled.store.run(lambda conn, move=move: ledger.transfer(conn, move))
        await filled.who("administrator", MITO)
        file = tmp_path / "kasama.zip"
        write(filled, file)
        with zipfile.ZipFile(file) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
        assert stranger.member_id.encode() not in content
        assert MITO.encode() not in content
        for secret in (b"password_hash", b"totp_sealed", b"bank_sealed", b"token_hash", b"argon2"):
            assert secret not in content
        assert not any(name.endswith("_bank.jsonl") for name in zipfile.ZipFile(file).namelist())

    async def test_has_accounts_and_the_banks_files_where_they_are_asked_for(
        self, filled: Town, tmp_path: Path
    ) -> None:
        with filled.store.engine.begin() as conn:
            shop_id = conn.execute(text("SELECT min(shop_id) FROM shops")).scalar_one()
        await filled.set_account(shop_id, "7654321", KASAMA)
        file = tmp_path / "kasama.zip"
        write(filled, file, bank=True)
        assert check_archive(file) == []
        found = {row["shop_id"]: row["account"] for row in rows(file, "shops_bank")}
        assert found[shop_id]["number"] == "7654321"

    async def test_of_a_city_that_is_not_here_is_refused(self, filled: Town, tmp_path: Path) -> None:
        with pytest.raises(ArchiveFailed, match="this city has no point service here"):
            write(filled, tmp_path / "x.zip", "131016")

    async def test_is_not_made_where_the_ledger_and_the_rows_differ(
        self, filled: Town, tmp_path: Path
    ) -> None:
        def damage(statement: str) -> None:
            with filled.store.engine.begin() as conn:
                conn.execute(text(statement), {"code": KASAMA})

        damage("UPDATE refunds SET points = points + 1 WHERE municipality = :code")
        with pytest.raises(ArchiveFailed, match=r"refunds come to"):
            write(filled, tmp_path / "a.zip")
        damage(
            "UPDATE accounts SET posted = posted + 5 WHERE account LIKE 'member:%:municipality:' || :code || ':%'"
        )
        with pytest.raises(ArchiveFailed, match=r"its moves come to .* and its balance is"):
            write(filled, tmp_path / "b.zip")


class TestAnArchiveThatIsReadAgain:
    @pytest.fixture
    async def archive(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name, value in {"MEMBERS": 30, "DAYS": 20, "VISITS_A_DAY": 2, "SHOPS": 2}.items():
            monkeypatch.setattr(demo, name, value)
        async with another_town(tmp_path) as town:
            await demo.fill_city(town.city, date(2018, 5, 1))
            write(town, tmp_path / "city.zip")
        return tmp_path / "city.zip"

    @pytest.mark.parametrize("name", ["moves.jsonl", "balances.jsonl", "members.jsonl", "audit_lines.jsonl"])
    def test_says_which_file_was_changed(self, archive: Path, name: str) -> None:
        changed = archive.with_name("changed.zip")
        with zipfile.ZipFile(archive) as before, zipfile.ZipFile(changed, "w") as after:
            for each in before.namelist():
                content = before.read(each)
                after.writestr(
                    each, content.replace(b'"', b'" ', 1)[:-1] + b"\n" if each == name else content
                )
        assert any(name in fault for fault in check_archive(changed))

    def test_adds_up_its_moves_itself(self, archive: Path) -> None:
        """A balance is changed together with its hash: the moves still say otherwise."""
        changed = archive.with_name("changed.zip")
        with zipfile.ZipFile(archive) as before, zipfile.ZipFile(changed, "w") as after:
            for each in before.namelist():
                content = before.read(each)
                if each == "balances.jsonl":
                    first, _, rest = content.partition(b"\n")
                    row = json.loads(first)
                    row["points"] += 1
                    content = json.dumps(row).encode() + b"\n" + rest
                after.writestr(each, content)
        faults = check_archive(changed)
        assert any("and its moves come to" in fault for fault in faults)

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
    def test_that_is_none_is_one_sentence(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.zip").write_bytes(content)
        (fault,) = check_archive(tmp_path / "x.zip")
        assert "cannot be read as an archive of a city" in fault


def test_every_table_is_in_it_or_left_out_for_a_reason() -> None:
    described = {table.name for metadata in METADATAS for table in metadata.tables.values()}
    inside = {table.name for table in city_archive.OF_THE_CITY} | set(city_archive.BY_MEMBER)
    left_out = set(city_archive.NOT_ARCHIVED)
    assert inside & left_out == set()
    assert described - inside - left_out == set()
    assert left_out - described == set()
