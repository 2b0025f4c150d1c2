"""The contract kit finds nine of ten wrong plugins, names the mistake, and is content with the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.testkit.contract import AccountContract
from gateway.testkit.contract.levels import promises
from tests.testkit.in_process import Fixtures, complaint, first_complaint, loaded, replaced
from tests.testkit.more_wrong_plugins import MORE_WRONG
from tests.testkit.partners.hikari_server import HikariServer
from tests.testkit.wrong_plugins import UNKNOWABLE, WRONG, Wrong

HIKARI = (Path(__file__).parent / "partners" / "hikari.py").read_text("utf-8")


@pytest.fixture
def fixtures(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Fixtures:
    return Fixtures(capsys, caplog)


def contract(folder: Path, *changes: tuple[str, str], server: type = HikariServer) -> type[AccountContract]:
    module = loaded(replaced(HIKARI, *changes), folder, "hikari")
    return type("TestHikari", (AccountContract,), {"plugin": module.Hikari, "server": server})


@pytest.mark.parametrize("test", promises(AccountContract))
async def test_the_right_plugin_passes(test: str, tmp_path: Path, fixtures: Fixtures) -> None:
    assert await complaint(contract(tmp_path), test, fixtures) == ""


ALL_WRONG = {**WRONG, **MORE_WRONG}


@pytest.mark.parametrize("wrong", ALL_WRONG.values(), ids=ALL_WRONG)
async def test_a_wrong_plugin_is_found_and_its_mistake_named(
    wrong: Wrong, tmp_path: Path, fixtures: Fixtures
) -> None:
    said = await complaint(contract(tmp_path, *wrong.changes), wrong.test, fixtures)
    assert said.startswith("hikari: "), said
    assert wrong.says in said


def test_there_are_enough_of_them() -> None:
    assert len(ALL_WRONG) == len(WRONG) + len(MORE_WRONG) >= 150
    assert len(UNKNOWABLE) <= 0.1 * (len(WRONG) + len(UNKNOWABLE))


@pytest.mark.timeout(400)  # the whole contract, once for each
@pytest.mark.parametrize("change", UNKNOWABLE.values(), ids=UNKNOWABLE)
async def test_what_cannot_be_known_is_not_found(
    change: tuple[str, str], tmp_path: Path, fixtures: Fixtures
) -> None:
    """When the kit learns to find one of these, it moves to the others."""
    assert await first_complaint(contract(tmp_path, change), fixtures) == ("", "")
