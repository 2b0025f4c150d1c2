"""Runs tests of the contract kit in this process, without a run of pytest for each: what a test of the kit says.

Every wrong plugin is a file of its own with a name of its own, so that none of them is met by the next.
"""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway.testkit.contract.debits import Contract, environment, skip_when_exempt
from gateway.testkit.contract.levels import promises

_NUMBERS = itertools.count(1)


class Fixtures:
    """The fixtures of pytest that tests of the kit ask for."""

    def __init__(self, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        self._known = {"capsys": capsys, "caplog": caplog}

    def for_test(self, test: Any) -> dict[str, Any]:
        return {name: it for name, it in self._known.items() if name in inspect.signature(test).parameters}


async def complaint(contract: type[Contract], test: str, fixtures: Fixtures) -> str:
    """What the kit says is wrong; nothing where the test passes or is exempted."""
    try:
        skip_when_exempt(contract, test)
    except pytest.skip.Exception:
        return ""
    try:
        async with environment(contract, test) as env:
            method = getattr(contract(), test)
            await method(env=env, **fixtures.for_test(method))
    except (pytest.fail.Exception, pytest.skip.Exception) as said:
        return str(said)
    except Exception as fault:
        raise AssertionError(f"the kit crashed in {test}: {fault!r}") from fault
    return ""


async def first_complaint(
    contract: type[Contract], fixtures: Fixtures, among: Iterable[str] = ()
) -> tuple[str, str]:
    """The first test that does not pass, and what it says."""
    for test in among or promises(contract):
        if said := await complaint(contract, test, fixtures):
            return test, said
    return "", ""


def loaded(source: str, folder: Path, name: str = "partner") -> ModuleType:
    """The source as a module of its own."""
    unique = f"{name}_{next(_NUMBERS)}"
    file = folder / f"{unique}.py"
    file.write_text(source, "utf-8")
    spec = importlib.util.spec_from_file_location(unique, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module  # for annotations, which are looked up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """The text with each change made, at its one place."""
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text
