"""`docs/asvs.md` has every requirement of ASVS 5.0's levels 1 and 2, and what it names as shown is there."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.api.city.grant_files import FILE_LIMIT
from gateway.cities.grants.list_file import MAX_UNPACKED_BYTES
from gateway.cities.staff import first_passwords, second_factor, staff_rows
from gateway.members import passwords, sessions

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "asvs.md").read_text("utf-8")
SECURITY = (DOCS / "security.md").read_text("utf-8")
LEVELS = dict(
    line.split() for line in (Path(__file__).parent / "asvs_levels.txt").read_text("utf-8").splitlines()
)
"""The number of each requirement of levels 1 and 2 in ASVS 5.0.0, and its level."""

ROWS = re.findall(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|not met|–) \| (.+) \|$", PAGE, re.MULTILINE
)
MAX_NOT_MET = {"1": 1, "2": 6}
"""Level 1: what is true on a day only. Level 2: 95 % of what applies is met."""


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as Markdown makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


class TestTheTable:
    def test_has_every_requirement_once_at_its_level(self) -> None:
        assert len(LEVELS) == 253
        assert [(number, level) for number, level, *_ in ROWS] == list(LEVELS.items())

    def test_counts_what_it_says(self) -> None:
        for level in ("1", "2"):
            verdicts = [verdict for _, of, _, verdict, _ in ROWS if of == level]
            counts = [verdicts.count(verdict) for verdict in ("met", "not met", "–")]
            assert f"| {level} | {len(verdicts)} | {counts[0]} | {counts[1]} | {counts[2]} |" in PAGE
            assert counts[1] <= MAX_NOT_MET[level]

    def test_names_tests_that_there_are(self) -> None:
        files = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("plugins/*/tests/test_*.py")]
        written = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))}
        named = set(re.findall(r"`(test_\w+)`", PAGE))
        assert len(named) > 150
        assert named - written == set()

    def test_names_pages_and_files_that_there_are(self) -> None:
        for file, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^):]+)\)", PAGE)):
            assert (DOCS / file).is_file(), file
            assert not anchor or anchor in anchors(DOCS / file), anchor
        for file in re.findall(r"`([\w./-]+\.(?:toml|md))`", PAGE):
            assert (ROOT / file).is_file(), file

    @pytest.mark.parametrize("row", [row for row in ROWS if row[3] == "met"], ids=lambda row: row[0])
    def test_shows_by_something_what_it_calls_met(self, row: tuple[str, ...]) -> None:
        assert re.search(r"`test_\w+`|\]\(|`[\w./-]+\.(?:toml|md)`", row[4])


class TestTheNumbersOfThePage:
    @pytest.mark.parametrize(
        ("row", "idle", "absolute"),
        [
            ("| member |", sessions.IDLE_LIMIT, sessions.ABSOLUTE_LIMIT),
            ("| member at a shared terminal |", sessions.SHARED_TERMINAL_IDLE_LIMIT, sessions.ABSOLUTE_LIMIT),
            ("| staff and shops |", staff_rows.IDLE_LIMIT, staff_rows.ABSOLUTE_LIMIT),
        ],
    )
    def test_are_those_of_sessions(self, row: str, idle: timedelta, absolute: timedelta) -> None:
        minutes, hours = idle // timedelta(minutes=1), absolute // timedelta(hours=1)
        assert f"{row} {minutes} minutes | {hours} hours |" in SECURITY

    def test_are_those_of_passwords_challenges_and_files(self) -> None:
        assert f"Passwords have {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters" in SECURITY
        assert (
            f"first password of staff lives {first_passwords.FIRST_PASSWORD_TTL // timedelta(hours=1)} hours"
            in SECURITY
        )
        challenge_minutes = second_factor.CHALLENGE_TTL // timedelta(minutes=1)
        assert f"| half a sign-in of staff | – | {challenge_minutes} minutes |" in SECURITY
        sizes = f"{FILE_LIMIT // 2**20} MiB, unpacked {MAX_UNPACKED_BYTES // 2**20} MiB"
        assert sizes in SECURITY
