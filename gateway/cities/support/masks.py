"""What of a member a role is shown at the desk: a name may be cut to its first letters."""

from __future__ import annotations

from typing import Final

from gateway.platform.roles import ALLOWED, Action, Role

_MASK: Final = "●"


def sees_person(role: Role) -> bool:
    """Whether the role is told who a member is and how they sign in; others see what happened to the points alone."""
    return Action.HELP_MEMBER in ALLOWED[role]


def masked(name: str) -> str:
    """`山● 花●` for `山田 花子`: enough to compare with a caller's name, too little to look somebody up."""
    return " ".join(word[0] + _MASK * (len(word) - 1) for word in name.split())


def name_for(role: Role, name: str) -> str:
    return name if sees_person(role) else masked(name)
