"""The command that shows the main job to a person is the test of it: real processes, real HTTP, real files."""

from __future__ import annotations

import asyncio
import sys

import pytest

NUMBERS = (
    "quoted: 900",
    "history: ('exchange', 900, 900)",
    "笠間応援ポイント: 900",
    "at 23:59, points: 1100",
    "of which the campaign's funder pays: 200",
    "a wallet of 450 is drawn first: [('wallet', 1, 450), ('eikyu', 1, 550)]",
    "one of 449 is left alone: [('eikyu', 2, 1100)]",
    "水戸市 directly is refused: not-open-for-direct-exchange",
    "at 00:00, points: (900, 0)",
    "the same code again: we say: coupon-already-used",
    "spelled otherwise: the partner says: ('coupon-refused', 'used')",
    "to the 基本自治体: 2000",
    "nothing is broken",
)


@pytest.mark.xdist_group("town")
async def test_the_demonstration_plays_the_whole_story_and_every_number_holds() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "demo", "--check", stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    told = printed.decode()
    assert process.returncode == 0, told
    assert [number for number in NUMBERS if number not in told] == []
