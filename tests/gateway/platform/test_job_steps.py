"""Parts of a work: each is done whatever became of the one before, and what each gave is told."""

import pytest
import structlog

from gateway.platform.job_steps import run_each, run_steps


async def test_a_part_that_fails_keeps_no_other_from_being_done_and_is_named_in_the_log():
    async def counts():
        return 3

    async def breaks():
        raise RuntimeError("the disk")

    async def lists():
        return ["a reference of a partner's"]

    with structlog.testing.capture_logs() as lines:
        worked = await run_steps({"first": counts, "second": breaks, "third": lists}, "nightly work")
    assert worked.as_dict() == {"first": 3, "third": "done"}
    assert list(worked.faults) == ["second"]
    assert [(line["event"], line["part"], line["error"]) for line in lines] == [
        ("nightly work failed", "second", "RuntimeError")
    ]


async def test_of_several_items_all_are_done_before_the_fault_of_one_is_raised():
    done = []

    async def do(item):
        if item == 1:
            raise RuntimeError("the first")
        done.append(item)

    with pytest.raises(RuntimeError, match="the first"):
        await run_each([1, 2, 3], do, "event")
    assert done == [2, 3]
