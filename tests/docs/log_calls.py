"""Every call of a log in the packages that serve, as it stands in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVING = ("gateway", "core_ledger", "httpkit", "pagekit", "portal", "municipal", "card")
NOT_SERVING = {"demo", "testkit", "workbench", "scaffold"}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
HANDED_ON = {"gateway/platform/logs.py", "gateway/platform/security_log.py"}
"""Files that hand on others' events: a plugin's own lines, and the security events, which are a list of their own."""
BUILT = {"{what} failed": ("<work> failed",)}
"""Events whose name is put together, and what comes of it."""


@dataclass(frozen=True)
class LogCall:
    event: str
    level: str
    fields: frozenset[str]
    where: str


def log_calls() -> Iterator[LogCall]:
    """In all files of the packages, one for each level that a call may have."""
    for package in SERVING:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name not in HANDED_ON and not NOT_SERVING & set(path.parts):
                yield from _calls_in(ast.parse(path.read_text("utf-8")), name)


def _calls_in(tree: ast.AST, name: str) -> Iterator[LogCall]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        ways = [node.func.body, node.func.orelse] if isinstance(node.func, ast.IfExp) else [node.func]
        levels = [way.attr for way in ways if isinstance(way, ast.Attribute) and _is_log(way)]
        for level in levels:
            for event in _events(node.args[0], f"{name}:{node.lineno}"):
                fields = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
                yield LogCall(event, level, fields, f"{name}:{node.lineno}")


def _is_log(way: ast.Attribute) -> bool:
    owner = way.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return way.attr in LEVELS and "log" in name.lower()


def _events(argument: ast.expr, where: str) -> tuple[str, ...]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return (argument.value,)
    built = ast.unparse(argument).removeprefix("f").strip("'\"")
    assert built in BUILT, f"{where}: an event's name is a literal"
    return BUILT[built]
