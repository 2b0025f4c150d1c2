"""The JSON Schema of protocol 1, made from the same dataclasses as its codecs."""

from __future__ import annotations

import dataclasses
import json
import typing
from typing import Any

from gateway.hookspecs import PartnerHooks
from gateway.model import DebitRecord, PartnerProfile
from gateway.partners.isolation import messages
from gateway.partners.isolation.codecs import schema_of_dataclass
from gateway.partners.isolation.hook_values import hooks


def protocol_schema() -> dict[str, Any]:
    """Messages both ways, and under `hooks` the arguments and the answer of each hook."""
    to_plugin, from_plugin = typing.get_args(messages.ToPlugin), typing.get_args(messages.FromPlugin)
    definitions: dict[str, Any] = {}
    waiting: list[Any] = [*to_plugin, *from_plugin, PartnerProfile, DebitRecord]
    for name in hooks():
        waiting += typing.get_type_hints(getattr(PartnerHooks, name)).values()
    for kind in _dataclasses(waiting):
        definitions[kind.__name__] = schema_of_dataclass(kind, tagged=False)
        definitions[f"{kind.__name__}.tagged"] = schema_of_dataclass(kind, tagged=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"point-gateway plugin protocol {messages.PROTOCOL}",
        "to_plugin": {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}.tagged"} for kind in to_plugin]},
        "from_plugin": {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}.tagged"} for kind in from_plugin]},
        "hooks": {
            name: {
                "arguments": {it: codec.schema for it, codec in values.parameters.items()},
                "answer": values.answer.schema,
            }
            for name, values in hooks().items()
        },
        "$defs": {name: definitions[name] for name in sorted(_used(definitions))},
    }


def schema_text() -> str:
    """As the file `docs/plugin-protocol.schema.json` has it."""
    return json.dumps(protocol_schema(), ensure_ascii=False, indent=1) + "\n"


def _dataclasses(waiting: list[Any]) -> dict[type, None]:
    kinds: dict[type, None] = {}
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if dataclasses.is_dataclass(hint) and hint not in kinds:
            kinds[typing.cast("type", hint)] = None
            waiting += typing.get_type_hints(hint).values()
    return kinds


def _used(definitions: dict[str, Any]) -> set[str]:
    """The definitions that something refers to; what is never in a union needs no tagged form, and so on."""
    to_plugin, from_plugin = typing.get_args(messages.ToPlugin), typing.get_args(messages.FromPlugin)
    waiting = [f"{kind.__name__}.tagged" for kind in (*to_plugin, *from_plugin)] + ["DebitRecord"]
    for values in hooks().values():
        waiting += _references(
            [*(codec.schema for codec in values.parameters.values()), values.answer.schema]
        )
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += _references(definitions[name])
    return used


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else []
        return own + [name for value in schema.values() for name in _references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in _references(value)]
    return []
