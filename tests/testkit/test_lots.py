"""Points with different last days, as the loyalty-commerce API of `examples/` tells them: who tells them otherwise is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.testkit.contract import AccountContract
from tests.testkit.in_process import Fixtures, complaint, loaded, replaced

EXAMPLE = Path(__file__).parents[2] / "examples" / "commerce_partner"
TEST = "test_points_with_different_last_days_are_told_as_they_are_drawn"
LOTS = '        lots = tuple(map(_lot, balance.rows("expiryGroups")))\n'
DAY = 'last_day=None if endless else group.day("lastDay")'
WRONG = {
    "none are told": ((LOTS, LOTS.replace("\n", "[:0]\n")), ("        if sum(", "        if lots and sum(")),
    "the last one first": ((LOTS, LOTS.replace("\n", "[::-1]\n")),),
    "the day after the last": ((DAY, DAY.replace('"lastDay")', '"lastDay") + timedelta(days=1)')),),
    "what ends today is left out": (
        (LOTS, LOTS + "        lots = tuple(it for it in lots if it.last_day != self._clock().date())\n"),
        (
            '        if sum(lot.amount for lot in lots) != balance.whole("points"):\n',
            "        if len(lots) > 99:\n",
        ),
    ),
}


@pytest.fixture
def fixtures(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Fixtures:
    return Fixtures(capsys, caplog)


def contract(folder: Path, *wrong: tuple[str, str], tells: bool = True) -> type[AccountContract]:
    source = (EXAMPLE / "plugins" / "commerce.py").read_text("utf-8")
    server = loaded((EXAMPLE / "tests" / "commerce_server.py").read_text("utf-8"), folder, "commerce_server")
    kind = type("CommerceServer", (server.CommerceServer,), {"tells_last_days": tells})
    plugin = loaded(replaced(source, *wrong), folder, "commerce").Plugin
    return type("TestLots", (AccountContract,), {"plugin": plugin, "server": kind})


@pytest.mark.parametrize("mistake", WRONG)
async def test_other_lots_than_the_partner_told_are_found(
    mistake: str, tmp_path: Path, fixtures: Fixtures
) -> None:
    said = await complaint(contract(tmp_path, *WRONG[mistake]), TEST, fixtures)
    assert "balances()" in said, said
    assert "give a BalanceLot for each, in the partner's order" in said or "return Balances" in said


async def test_a_server_class_that_does_not_say_that_it_tells_them_is_named(
    tmp_path: Path, fixtures: Fixtures
) -> None:
    assert "set tells_last_days = True in the server class" in await complaint(
        contract(tmp_path, tells=False), TEST, fixtures
    )
