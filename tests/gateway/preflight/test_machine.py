"""What the machine gives: files, room, folders, two disks."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.platform.journal import begin_journal
from gateway.preflight import check_machine
from tests.gateway.preflight.conftest import Load, refused, warned


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("hard", "is_refused", "is_warned"), [(64, True, False), (1024, False, True), (65536, False, False)]
)
def test_few_open_files_are_refused_before_they_flood_the_log(
    load: Load, monkeypatch: pytest.MonkeyPatch, hard: int, is_refused: bool, is_warned: bool
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, hard))
    findings = check_machine(load())
    assert any("LimitNOFILE" in sentence for sentence in refused(findings)) is is_refused
    assert any("LimitNOFILE" in sentence for sentence in warned(findings)) is is_warned


@pytest.mark.parametrize(("free", "is_refused"), [(0, True), (10 * 1024**2, True), (500 * 1024**2, False)])
def test_a_full_disk_is_named_for_database_journal_and_digests(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, is_refused: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    findings = check_machine(load('[journal]\npath = "journal"\n[digests]\nfile = "out/digests"\n'))
    sentences = [it for it in (refused if is_refused else warned)(findings) if "MiB left" in it]
    assert [it.partition(":")[0] for it in sentences] == [
        "[database] url",
        "[journal] path",
        "[digests] file",
    ]


def test_a_folder_that_is_not_there_or_cannot_be_written_is_named(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sentence,) = refused(check_machine(load('[database]\nurl = "sqlite:////none/such/gateway.db"\n')))
    assert "the folder /none/such does not exist" in sentence
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert any("cannot be written by this user" in it for it in refused(check_machine(load())))


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('[database]\nurl = "sqlite:///{file}"\n', "[database] url"),
        ('[digests]\nfile = "{file}"\n', "[digests] file"),
    ],
)
def test_a_pipe_in_a_files_place_is_refused_and_not_waited_for(
    load: Load, tmp_path: Path, table: str, name: str
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (sentence,) = refused(check_machine(load(table.format(file=pipe))))
    assert sentence == f"{name}: {pipe} is a pipe; put a file there: it is read more than once"


def test_a_journal_beside_the_database_or_none_at_all_is_a_warning(load: Load) -> None:
    assert any("[journal] path is not set" in it for it in warned(check_machine(load())))
    beside = warned(check_machine(load('[journal]\npath = "journal"\n')))
    assert any("same disk as the database" in it for it in beside)


def test_a_journal_that_was_never_begun_is_said_before_nothing_is_confirmed(load: Load) -> None:
    settings = load('[journal]\npath = "journal"\n')
    (sentence,) = [it for it in warned(check_machine(settings)) if "confirms nothing" in it]
    assert "run `point-gateway journal begin` once" in sentence
    assert settings.journal_folder is not None
    begin_journal(settings.journal_folder)
    assert not any("confirms nothing" in it for it in warned(check_machine(settings)))


def test_a_clock_from_a_file_is_a_warning(load: Load) -> None:
    assert any("demonstrations" in it for it in warned(check_machine(load('[clock]\nfile = "now"\n'))))
