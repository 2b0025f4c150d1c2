"""What the reference page must name of each public thing, read from the code."""

from __future__ import annotations

import dataclasses
import inspect
from enum import Enum
from typing import Any


def parts(public: Any) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """(fields with their types, members of an enum, methods with their signatures) of a public name."""
    if not inspect.isclass(public):
        return [], [], []
    if issubclass(public, Enum):
        return [], [member.name for member in public], []
    fields = []
    if dataclasses.is_dataclass(public):
        fields = [(field.name, f"{field.type}{_default(field)}") for field in dataclasses.fields(public)]
    return (
        fields,
        [],
        [
            _method(name, it)
            for name, it in vars(public).items()
            if not name.startswith("_") and _is_method(it)
        ],
    )


def _default(field: dataclasses.Field[Any]) -> str:
    has = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return " = …" if has else ""


def _is_method(it: object) -> bool:
    return inspect.isfunction(it) or isinstance(it, property | classmethod)


def _method(name: str, it: Any) -> str:
    if isinstance(it, property):
        returns = inspect.signature(it.fget).return_annotation if it.fget is not None else "Any"
        return f"{name} -> {returns}"
    function = it.__func__ if isinstance(it, classmethod) else it
    signature = inspect.signature(function)
    own = [parameter for parameter in signature.parameters.values() if parameter.name not in ("self", "cls")]
    told = signature.replace(parameters=own)
    text = str(told).replace("'", "")  # annotations are kept as texts
    return f"{'async ' if inspect.iscoroutinefunction(function) else ''}{name}{text}"
