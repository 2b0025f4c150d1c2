"""Each fault at each step, over real HTTP: afterwards both books agree to the point and nothing is stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.house import open_house
from tests.faults.matrix import STEPS, TROUBLES, play, possible

NEVER_LEFT = {"refused connection", "TLS failure", "process dies before"}
CLEAR = {"duplicate answer": {"settled"}, "contradiction": {"declined"}}


@pytest.mark.parametrize("step", STEPS)
async def test_whatever_breaks_at_this_step_nothing_is_lost(tmp_path, step) -> None:
    async with open_house(tmp_path) as house:
        for trouble in TROUBLES:
            if possible(step, trouble):
                cell = await play(house, step, trouble)
                assert cell.passed, cell
                if step == "debit":
                    wanted = {"not_sent"} if trouble.name in NEVER_LEFT else CLEAR.get(trouble.name, {"open"})
                    assert cell.seen in wanted, cell
                if step == "day":  # whatever of it came, it is no day
                    whole = trouble.name == "duplicate answer"
                    assert cell.seen == ("answered" if whole else "PartnerUnavailable"), cell
                    assert cell.closed == 0, cell


def test_the_table_that_is_kept_in_the_guide_has_every_cell() -> None:
    guide = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
    table = guide.read_text("utf-8").partition("```text\n")[2].partition("```")[0].splitlines()[1:]
    told = {(line[:10].strip(), line[10:36].strip()) for line in table}
    assert told == {(step, it.name) for step in STEPS for it in TROUBLES if possible(step, it)}
    assert all("  ok" in line for line in table)


async def test_a_matrix_cell_can_fail(tmp_path) -> None:
    """Points taken behind the gateway's back are seen by the comparison of the books."""
    async with open_house(tmp_path) as house:
        person = await house.person()
        exchange = await person.confirmed()
        assert await house.books_agree()
        await house.site._book.run(
            lambda db: db.execute(
                "UPDATE debit_lines SET points = points + 100 WHERE order_id = ?", (exchange.exchange_id,)
            )
        )
        assert not await house.books_agree()
