"""The examples in examples/ keep the whole contract: each test of the kit, against the partner's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import PartnerUnavailable
from gateway.model import JST
from gateway.testkit.contract import AccountContract
from gateway.testkit.contract.debits import environment
from gateway.testkit.contract.levels import promises
from gateway.testkit.contract.unclear import with_values
from tests.testkit.in_process import Fixtures, complaint, loaded

EXEMPT: dict[str, dict[str, str]] = {
    "commerce": {},
    "payments": {},
    "energy": {
        "reverse_debit": "the company's terms: an exchange cannot be taken back",
        "test_a_day_tells_what_was_given_back": "the company gives nothing back",
    },
}
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def fixtures(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Fixtures:
    return Fixtures(capsys, caplog)


def contract(name: str, folder: Path) -> type[AccountContract]:
    example = EXAMPLES / f"{name}_partner"
    plugin = loaded((example / "plugins" / f"{name}.py").read_text("utf-8"), folder, name)
    server = loaded((example / "tests" / f"{name}_server.py").read_text("utf-8"), folder, f"{name}_server")
    contents = {
        "plugin": plugin.Plugin,
        "server": getattr(server, f"{name.title()}Server"),
        "exempt": EXEMPT[name],
    }
    return type("TestExample", (AccountContract,), contents)


@pytest.mark.parametrize("test", promises(AccountContract))
@pytest.mark.parametrize("name", EXEMPT)
async def test_it_reaches_matsu(name: str, test: str, tmp_path: Path, fixtures: Fixtures) -> None:
    assert await complaint(contract(name, tmp_path), test, fixtures) == ""


async def test_a_charge_in_a_state_that_is_not_documented_makes_no_day(tmp_path: Path) -> None:
    """It may be a debit: a day without it would be compared as if it were whole."""
    async with environment(contract("payments", tmp_path), "test_an_unclear_day_is_no_day") as env:
        env.server.will_debit()
        await env.debit(await env.order())
        day = env.clock().astimezone(JST).date()
        env.server.lists(day)
        listed = await env.end(lambda it: it.debits_on(day))
        assert isinstance(listed, tuple)
        assert len(listed) == 1
        for state in ("disputed", "Succeeded", "succeeded ", ""):
            fault = with_values({"data.0.status": state})
            ended = await env.end(lambda it: it.debits_on(day), {0: fault})
            assert isinstance(ended, PartnerUnavailable), state
