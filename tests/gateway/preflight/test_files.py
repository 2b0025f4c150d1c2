"""Secrets and data are for the gateway alone, and a secret is one."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrations
from core_ledger import Store
from gateway.preflight import check_files
from tests.gateway.preflight.conftest import Load, refused, warned


@contextlib.contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


class TestSecrets:
    def test_sound_ones_are_said_to_be_sound(self, load: Load) -> None:
        findings = check_files(load())
        assert (refused(findings), warned(findings)) == ([], [])
        assert "lookup, sealing are there" in findings[0].sentence

    @pytest.mark.parametrize("name", ["sealing", "lookup"])
    def test_one_that_is_not_named_says_how_to_make_it(self, load: Load, name: str) -> None:
        other = "lookup" if name == "sealing" else "sealing"
        (sentence,) = refused(check_files(load(security=f'{other} = {{ file = "secrets/{other}" }}')))
        assert (
            f"[security] has no `{name}`; make it with `openssl rand -base64 48 > secrets/{name}`" in sentence
        )

    @pytest.mark.parametrize(("roots", "count"), [('[card]\nroots = "roots"\n', 1), ("", 0)])
    def test_the_cards_key_is_needed_where_cards_sign_in(self, load: Load, roots: str, count: int) -> None:
        only = "".join(f'{name} = {{ file = "secrets/{name}" }}\n' for name in ("sealing", "lookup"))
        assert len(refused(check_files(load(roots, security=only)))) == count

    @pytest.mark.parametrize("name", ["sealing", "lookup", "account_key"])
    @pytest.mark.parametrize("content", ["", "\n", "sesame", "k" * 31, "\ufeff" + "k7hG" * 7 + "\n"])
    def test_one_that_is_empty_or_short_is_refused_and_not_repeated(
        self, load: Load, tmp_path: Path, name: str, content: str
    ) -> None:
        (tmp_path / "secrets" / name).write_text(content, "utf-8")
        (sentence,) = refused(check_files(load()))
        assert f"[security] {name}: " in sentence
        assert not content.strip() or content.strip() not in sentence

    def test_a_short_line_among_good_ones_is_named_by_its_number(self, load: Load, tmp_path: Path) -> None:
        path = tmp_path / "secrets" / "sealing"
        path.write_text(path.read_text("utf-8") + "short\n", "utf-8")
        (sentence,) = refused(check_files(load()))
        assert "(line 2)" in sentence

    @pytest.mark.parametrize("content", ["x" * 40, "abab" * 12, "0" * 64, "1234567890" * 5])
    def test_one_that_can_be_guessed_is_a_warning(self, load: Load, tmp_path: Path, content: str) -> None:
        (tmp_path / "secrets" / "lookup").write_text(content, "utf-8")
        (sentence,) = warned(check_files(load()))
        assert "repeats itself and can be guessed" in sentence

    def test_one_secret_for_two_uses_is_a_warning(self, load: Load, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"
        (folder / "lookup").write_bytes((folder / "sealing").read_bytes())
        (sentence,) = warned(check_files(load()))
        assert "lookup and sealing" in sentence or "sealing and lookup" in sentence


class TestModes:
    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o440, 0o700])
    def test_what_the_group_may_read_at_most_is_taken(self, load: Load, tmp_path: Path, mode: int) -> None:
        (tmp_path / "secrets" / "lookup").chmod(mode)
        assert refused(check_files(load())) == []

    @pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o602, 0o641, 0o666, 0o777])
    def test_what_others_may_read_or_write_is_refused_with_the_command_that_mends_it(
        self, load: Load, tmp_path: Path, mode: int
    ) -> None:
        path = tmp_path / "secrets" / "lookup"
        path.chmod(mode)
        (sentence,) = refused(check_files(load()))
        assert f"(mode {mode:04o}, 0640 at most); run `chmod 600 {path}`" in sentence

    def test_every_file_of_a_partner_and_the_database_is_looked_at(self, load: Load, tmp_path: Path) -> None:
        partner = """
[partners.oak]
base_url = "https://oak.example"
api_key = { file = "oak.key" }
client_certificate = "oak.pem"
client_key = { file = "tls.key" }
nested = { deep = { token = { file = "deep.key" } } }
"""
        names = ["oak.key", "tls.key", "deep.key", "gateway.db", "gateway.db-wal", "gateway.db-shm"]
        for name in names:
            (tmp_path / name).write_text("x", "utf-8")
            (tmp_path / name).chmod(0o644)
        sentences = refused(check_files(load(partner)))
        assert len(sentences) == len(names)
        assert all(any(f"/{name}: " in sentence for sentence in sentences) for name in names)

    def test_it_is_allowed_by_name_and_still_said(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "secrets" / "lookup").chmod(0o644)
        findings = check_files(load('[server]\nallow = ["wide-modes"]\n'))
        assert refused(findings) == []
        assert len(warned(findings)) == 1


class TestANewDatabase:
    @pytest.mark.parametrize("way", ["upgrade", "status", "store"])
    def test_is_for_its_owner_alone_whoever_makes_it_and_whatever_the_umask(
        self, tmp_path: Path, way: str
    ) -> None:
        path = tmp_path / "gateway.db"
        url = f"sqlite:///{path}"
        with _umask(0o000):
            if way == "upgrade":
                migrations.upgrade(url)
            elif way == "status":
                migrations.status(url)
            else:
                store = Store.open(url)
                store.run_now(lambda conn: conn.execute(sa.text("CREATE TABLE t (x)")))
                for file in tmp_path.iterdir():
                    assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
                store.close_now()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_one_that_is_there_keeps_its_mode(self, tmp_path: Path) -> None:
        path = tmp_path / "gateway.db"
        path.touch(0o640)
        path.chmod(0o640)
        migrations.upgrade(f"sqlite:///{path}")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
