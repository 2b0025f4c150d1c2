"""Sets of wishes: whoever asked gets an answer, whatever the writer of the set does."""

from __future__ import annotations

import asyncio

import pytest

from gateway.platform.micro_batch import MicroBatcher


@pytest.mark.parametrize("answers", [[], [1], [1, 2, 3]])
async def test_a_writer_that_does_not_answer_each_leaves_nobody_waiting_and_none_believing(answers) -> None:
    async def write(_wishes):
        return answers

    sets = MicroBatcher("test", write)
    told = await asyncio.wait_for(asyncio.gather(sets.add("a"), sets.add("b"), return_exceptions=True), 5)
    assert [type(one) for one in told] == [ValueError, ValueError]
    answers[:] = ["yes"]
    assert await asyncio.wait_for(sets.add("c"), 5) == "yes"
