"""docs/logs.md lists every event that the packages log, with its levels and fields, and nothing else."""

from __future__ import annotations

import re

from gateway.platform.security_log import SecurityEvent
from tests.docs.log_calls import ROOT, log_calls

_ROW = re.compile(r"^\| `([^`]+)` \| ([a-z, ]+) \| ([^|]*)\|", re.MULTILINE)
BY_THEMSELVES = {"equal lines left out", "starting, nothing to read again"}
"""Events that no call of a log names: the limit's own, and one that a signal's handler is given."""


def listed(heading: str) -> dict[str, tuple[set[str], set[str]]]:
    """Event to levels and fields, of the table under a heading."""
    text = (ROOT / "docs/logs.md").read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {
        event: (set(levels.split(", ")), set(re.findall("`([^`]+)`", fields)))
        for event, levels, fields in _ROW.findall(text)
    }


def test_every_event_is_listed_with_its_levels_and_fields() -> None:
    in_code: dict[str, tuple[set[str], set[str]]] = {}
    for call in log_calls():
        levels, fields = in_code.setdefault(call.event, (set(), set()))
        levels.add(call.level)
        fields |= call.fields
    described: dict[str, tuple[set[str], set[str]]] = listed("Every other event")
    assert {event: described.pop(event) for event in BY_THEMSELVES}.keys() == BY_THEMSELVES
    assert described == in_code


def test_every_security_event_is_listed() -> None:
    assert set(listed("Security events")) == {event.value for event in SecurityEvent}
