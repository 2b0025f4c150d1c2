"""The energy company of `examples/` with its day file on an SFTP server: the kit spoils the file, and finds who does not mind."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.testkit.contract import AccountContract
from gateway.testkit.contract.levels import promises
from tests.testkit.in_process import Fixtures, complaint, loaded, replaced

EXAMPLE = Path(__file__).parents[2] / "examples" / "energy_partner"
BY_SFTP = (
    (
        "        self._http = setup.http\n",
        "        self._http = setup.http\n        self._sftp = setup.sftp\n",
    ),
    (
        (
            '        async with self._http.stream(f"{self._base_url}/days/{day.isoformat()}.csv", headers=signed) as file:\n'
            "            if file.status != 200:\n"
        ),
        "        if True:\n            if not signed:\n",
    ),
    ("{file.status}", "x"),
    ("file.pieces()", 'self._sftp.pieces(f"/out/{day.isoformat()}.csv")'),
)
ON_THE_SERVER = (
    (
        'self.router.get(f"/days/{day.isoformat()}.csv").mock(side_effect=lambda _: self._file(day))',
        'self.files[f"/out/{day.isoformat()}.csv"] = self._file(day).content',
    ),
)
OF_A_DAY = [
    test
    for test in promises(AccountContract)
    if "day" in test and test != "test_a_day_tells_what_was_given_back"
]
DROPS_THE_CHECK = (
    '            if end != f"END,{rows}":  # half a file is no file\n',
    "            if rows < 0:\n",
)
SWALLOWS = (
    "            async for lines in read_lines(",
    "            async for lines in _quiet(read_lines)(",
)
QUIET = """

def _quiet(read):
    async def pages(*arguments):
        try:
            async for page in read(*arguments):
                yield page
        except Exception:
            return
    return pages


def _records(lines"""


@pytest.fixture
def fixtures(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Fixtures:
    return Fixtures(capsys, caplog)


def contract(folder: Path, *wrong: tuple[str, str]) -> type[AccountContract]:
    source = (EXAMPLE / "plugins" / "energy.py").read_text("utf-8")
    server = (EXAMPLE / "tests" / "energy_server.py").read_text("utf-8")
    plugin = loaded(replaced(source, *BY_SFTP, *wrong), folder, "energy")
    contents = {
        "plugin": plugin.Plugin,
        "server": loaded(replaced(server, *ON_THE_SERVER), folder, "energy_server").EnergyServer,
        "exempt": {"reverse_debit": "the company's terms"},
    }
    return type("TestFiles", (AccountContract,), contents)


@pytest.mark.parametrize("test", OF_A_DAY)
async def test_the_plugin_keeps_what_is_said_of_days(test: str, tmp_path: Path, fixtures: Fixtures) -> None:
    assert await complaint(contract(tmp_path), test, fixtures) == ""


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((DROPS_THE_CHECK,), "the partner's server had an empty file and debits_on() ended with 0 debits"),
        (
            (DROPS_THE_CHECK, SWALLOWS, ("\n\ndef _records(lines", QUIET)),
            "the partner's server had no file and debits_on() ended with 0 debits",
        ),
    ],
    ids=["no check of the end", "errors are swallowed"],
)
async def test_who_takes_a_spoilt_file_for_a_day_is_found(
    wrong: tuple[tuple[str, str], ...], found: str, tmp_path: Path, fixtures: Fixtures
) -> None:
    said = await complaint(contract(tmp_path, *wrong), "test_an_unclear_day_is_no_day", fixtures)
    assert found in said
    assert "raise unless the whole day is there" in said
