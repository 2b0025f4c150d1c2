"""Examples and field lists made from a JSON schema, for the pages that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

MAX_DEPTH: Final = 6

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
_DEFAULTS: Final = {
    "partner_id": "saison",
    "municipality": "082163",
    "code": "082163",
    "point_service": "kasama",
    "event_id": "kasama-festival",
    "token": "pgs_…",
    "state": "settled",
    "ja": "笠間応援ポイント",
    "en": "Kasama support points",
    "name": "笠間応援ポイント",
    "kana": "かさまし",
    "mykey_id": "MK4T7W2X",
    "coupon_code": "ABCD-1234",
    "reference": "SV-20180731-0001",
}
_DEFAULTS_BY_SUFFIX: Final = {
    "_id": "01980c2e-7a00-7000-8000-000000000001",
    "_url": "https://portal.example.jp/back",
    "_name": "笠間応援ポイント",
}
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


def example(schema: Json, schemas: Json, depth: int = 0, name: str = "") -> Any:
    """A value that fits `schema`: its own example where it has one, else the plainest that fits.

    `name` is the field's; a text without a pattern takes what such a field usually holds.
    """
    schema = _resolved(schema, schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("default") is not None:
        return schema["default"]
    for json in _choices(schema):
        if json.get("type") != "null":
            return example(json, schemas, depth + 1, name)
    match schema.get("type"):
        case "object":
            return _example_object(schema, schemas, depth)
        case "array":
            return [] if depth > MAX_DEPTH else [example(schema.get("items", {}), schemas, depth + 1, name)]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "string":
            return _example_text(schema, name)
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
        if depth < MAX_DEPTH:
            rows += _inner_fields(inner, schemas, prefix + name, depth)
    return rows


def _inner_fields(schema: Json, schemas: Json, name: str, depth: int) -> list[Field]:
    rows: dict[str, Field] = {}
    for kind in (_resolved(json, schemas) for json in (schema, *_choices(schema))):
        listed: list[Field] = []
        if kind.get("type") == "array":
            listed = fields(kind.get("items", {}), schemas, f"{name}[].", depth + 1)
        elif kind.get("properties"):
            listed = fields(kind, schemas, f"{name}.", depth + 1)
        for row in listed:
            known = rows.get(row.name)
            rows[row.name] = row if known is None or known == row else _either(known, row)
    return list(rows.values())


def _either(one: Field, other: Field) -> Field:
    kinds = dict.fromkeys([*one.kind.split(" | "), *other.kind.split(" | ")])
    return Field(one.name, " | ".join(kinds), one.required and other.required, one.text or other.text)


def _kind(schema: Json, schemas: Json) -> str:
    if "const" in schema:
        return f"“{schema['const']}”"
    if schema.get("enum"):
        return " | ".join(f"“{one}”" for one in schema["enum"])
    if _choices(schema):
        kinds = [_kind(_resolved(json, schemas), schemas) for json in _choices(schema)]
        return " or ".join(dict.fromkeys(kinds))
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
    if depth > MAX_DEPTH:
        return {}
    properties = schema.get("properties", {}).items()
    return {name: example(one, schemas, depth + 1, name) for name, one in properties}


def _example_text(schema: Json, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    usual = _DEFAULTS.get(name) or next(
        (text for end, text in _DEFAULTS_BY_SUFFIX.items() if name.endswith(end)), "…"
    )
    pattern, shortest, longest = (
        schema.get("pattern", ""),
        schema.get("minLength", 0),
        schema.get("maxLength", 200),
    )
    for candidate in (usual, *_CANDIDATES):
        if shortest <= len(candidate) <= longest and re.search(pattern, candidate):
            return candidate
    return "…"


def _choices(schema: Json) -> tuple[Json, ...]:
    return (*schema.get("anyOf", ()), *schema.get("oneOf", ()))


def _resolved(schema: Json, schemas: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    if not name:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**schemas.get(name, {}), **beside}
