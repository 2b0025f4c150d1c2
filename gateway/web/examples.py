"""Examples and field lists made from a JSON schema, for the pages that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

DEEPEST: Final = 6

_CANDIDATES: Final = (
    "01980c2e-7a00-7000-8000-000000000001",
    "saison",
    "082163",
    "08",
    "2018-07-31",
    "2018-07-31T23:59:00+09:00",
    "https://portal.example.jp/back",
    "MK4T7W2X",
    "笠間応援ポイント",
    "1",
    "a",
)
_FORMATS: Final = {
    "date-time": "2018-07-31T23:59:00+09:00",
    "date": "2018-07-31",
    "uuid": "01980c2e-7a00-7000-8000-000000000001",
    "uri": "https://portal.example.jp/back",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field as a table row: its path (`lines[].points`), kind in words, whether it must be there, its text."""

    name: str
    kind: str
    required: bool
    text: str


def example(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """A value that fits `schema`: its own example where it has one, else the plainest that fits."""
    schema = _resolved(schema, schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("default") is not None:
        return schema["default"]
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if one.get("type") != "null":
            return example(one, schemas, depth + 1)
    match schema.get("type"):
        case "object":
            return _example_object(schema, schemas, depth)
        case "array":
            return [] if depth > DEEPEST else [example(schema.get("items", {}), schemas, depth + 1)]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "string":
            return _example_text(schema)
        case _:
            return None


def fields(schema: Json, schemas: Json, prefix: str = "", depth: int = 0) -> list[Field]:
    """The fields of an object schema, those of inner objects after their own, as rows of a table."""
    schema = _resolved(schema, schemas)
    required = schema.get("required", ())
    rows: list[Field] = []
    for name, one in schema.get("properties", {}).items():
        inner = _resolved(one, schemas)
        text = one.get("description") or inner.get("description", "")
        rows.append(Field(prefix + name, _kind(inner, schemas), name in required, text))
        if depth < DEEPEST:
            rows += _inner_fields(inner, schemas, prefix + name, depth)
    return rows


def _inner_fields(schema: Json, schemas: Json, name: str, depth: int) -> list[Field]:
    kinds = [_resolved(one, schemas) for one in (schema, *schema.get("anyOf", ()))]
    for kind in kinds:
        if kind.get("type") == "array":
            return fields(kind.get("items", {}), schemas, f"{name}[].", depth + 1)
        if kind.get("properties"):
            return fields(kind, schemas, f"{name}.", depth + 1)
    return []


def _kind(schema: Json, schemas: Json) -> str:
    if "const" in schema:
        return f"“{schema['const']}”"
    if schema.get("enum"):
        return " | ".join(f"“{one}”" for one in schema["enum"])
    if schema.get("anyOf"):
        return " or ".join(_kind(_resolved(one, schemas), schemas) for one in schema["anyOf"])
    kind = str(schema.get("type", "anything"))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{kind} {low:,}–{high:,}"
    if schema.get("format"):
        return str(schema["format"])
    if kind == "array":
        return "list of " + _kind(_resolved(schema.get("items", {}), schemas), schemas)
    return kind


def _example_object(schema: Json, schemas: Json, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {}
    return {name: example(one, schemas, depth + 1) for name, one in schema.get("properties", {}).items()}


def _example_text(schema: Json) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    pattern, shortest, longest = (
        schema.get("pattern", ""),
        schema.get("minLength", 0),
        schema.get("maxLength", 200),
    )
    free = not pattern or pattern.startswith("^[^")
    for candidate in ("笠間応援ポイント", "…") if free else _CANDIDATES:
        if shortest <= len(candidate) <= longest and re.search(pattern, candidate):
            return candidate
    return "…"


def _resolved(schema: Json, schemas: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    if not name:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**schemas.get(name, {}), **beside}
