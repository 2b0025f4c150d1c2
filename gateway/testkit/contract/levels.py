"""梅・竹・松: how far a plugin has come, counted from the tests that passed and never declared.

梅 (ume)    points cannot be lost: what is certain is told, what is not is told as unknown
竹 (take)   safe among others: returns are proven, secrets kept, rates dated, nobody is held up
松 (matsu)  a full partner: gives back, lists its day, decides later, says when to come again

A level is reached when each of its tests passed, with the plugin in the kit's process and in a process of its own, or
is exempted by name with a reason, and so is each below. Nothing of 梅 can be exempted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, get_args

from gateway.model import LinkKind, PartnerProfile, Provable

_F = TypeVar("_F", bound=Callable[..., Any])
_MARK: Final = "contract_level"
_HOOK: Final = "contract_hook"


class Level(StrEnum):
    NONE = "なし"
    LEVEL_1 = "梅"
    LEVEL_2 = "竹"
    LEVEL_3 = "松"


IN_ORDER: Final = (Level.LEVEL_1, Level.LEVEL_2, Level.LEVEL_3)
ROMAN: Final[Mapping[Level, str]] = {
    Level.NONE: "none",
    Level.LEVEL_1: "ume",
    Level.LEVEL_2: "take",
    Level.LEVEL_3: "matsu",
}


INSIDE: Final = "inside"
ISOLATED: Final = "isolated"
"""Where a test runs: the plugin in the kit's process, or in one of its own as in service. A level needs both."""

UNPROVEN: Final = "point_gateway_unproven"
"""The name under which a test tells what the plugin's yes does not show."""


def unproven(profile: PartnerProfile) -> list[str]:
    """Which facts about a debit the partner's answers do not tell, by its profile."""
    facts = ("amount",) if profile.link is LinkKind.COUPON else get_args(Provable)
    return [fact for fact in facts if fact not in (profile.proves or ())]


class ContractResult(StrEnum):
    """How one contract test ended; a test that ran several times counts by its worst end."""

    PASSED = "passed"
    EXEMPT = "exempt"
    SKIPPED = "not done"
    FAILED = "failed"
    MISSING = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTest:
    """One promise: the test's name, the level that it belongs to, how it ended and why."""

    name: str
    level: Level
    ended: ContractResult
    text: str = ""

    @property
    def sentence(self) -> str:
        return self.name.removeprefix("test_").replace("_", " ")


def level_1(test: _F) -> _F:
    return _marked(test, Level.LEVEL_1)


def level_2(test: _F) -> _F:
    return _marked(test, Level.LEVEL_2)


def level_3(test: _F) -> _F:
    return _marked(test, Level.LEVEL_3)


def needs(hook: str) -> Callable[[_F], _F]:
    """The test is about an optional hook: it is exempted with the hook, and not done where the plugin has none."""

    def marked(test: _F) -> _F:
        setattr(test, _HOOK, hook)
        return test

    return marked


def hook_of(test: object) -> str:
    """The optional hook that the test is about, or nothing."""
    return str(getattr(test, _HOOK, ""))


def _marked(test: _F, level: Level) -> _F:
    setattr(test, _MARK, level)
    return test


def promises(contract: type) -> dict[str, Level]:
    """Every test of the kit that a contract class must pass, in the order in which they are written.

    Looked up in the kit's own classes, so that a test which an author overrides or takes away is still asked for.
    """
    levels: dict[str, Level] = {}
    for kind in reversed(contract.__mro__):
        if kind.__module__.startswith("gateway.testkit.contract."):
            marked = {name: getattr(it, _MARK) for name, it in vars(kind).items() if hasattr(it, _MARK)}
            levels.update(marked)
    return levels


def is_the_kits_own(contract: type, name: str) -> bool:
    """Is the test of that name the kit's, not one that an author put in its place?"""
    for kind in contract.__mro__:
        if name in vars(kind):
            return kind.__module__.startswith("gateway.testkit.contract.")
    return False


def level_of(tests: Sequence[ContractTest]) -> Level:
    """The highest level of which, and below which, nothing is missing."""
    reached = Level.NONE
    for level in IN_ORDER:
        of_level = [test for test in tests if test.level is level]
        allowed = (
            (ContractResult.PASSED,)
            if level is Level.LEVEL_1
            else (ContractResult.PASSED, ContractResult.EXEMPT)
        )
        if not of_level or any(test.ended not in allowed for test in of_level):
            return reached
        reached = level
    return reached
