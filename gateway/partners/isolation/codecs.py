"""Values as JSON and back, made from the annotations of the frozen dataclasses; and JSON Schema of the same.

    codec_of(DebitAnswer).encode(answer); codec_of(DebitAnswer).decode(plain)

A dataclass is an object with its fields' names; one of a union carries its class's name as `is`. Moments are ISO 8601
with their offset, spans are whole microseconds, secrets are plain text, bytes base64, sets sorted lists. Both directions are
strict: exact types, no field that is not known, and nothing but Malformed is raised.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Literal, NewType, get_args, get_origin

from gateway.model import JST, Secret
from gateway.partners.isolation.frames import Malformed

Json = NewType("Json", object)
"""Any value that JSON has, passed on as it is; `encode_frame` refuses what it has not."""

MAX_INTEGER: Final = 2**63 - 1
TAG: Final = "is"
_MICROSECOND: Final = timedelta(microseconds=1)
_MAX_SPAN: Final = timedelta.max // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Codec:
    """How one type is written and read. `schema` gives its JSON Schema, with dataclasses by reference."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    schema: dict[str, Any]


@lru_cache(maxsize=512)
def codec_of(annotation: Any) -> Codec:
    """The codec of a type as it stands in an annotation. Raises TypeError for one that has none."""
    if (codec := _PLAIN.get(annotation)) is not None:
        return codec
    if isinstance(annotation, NewType):
        return codec_of(annotation.__supertype__)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _choice({value: value for value in arguments}, str)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _choice(dict(annotation._value2member_map_), annotation)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _list(codec_of(arguments[0]), tuple, tuple)
    if origin is Sequence:
        return _list(codec_of(arguments[0]), (tuple, list), tuple)
    if origin in (frozenset, AbstractSet):
        return _set(codec_of(arguments[0]))
    if origin is Mapping and codec_of(arguments[0]) is _PLAIN[str]:
        return _mapping(codec_of(arguments[1]))
    if dataclasses.is_dataclass(annotation):
        return _dataclass(annotation)
    raise TypeError(f"{annotation!r} has no codec")


def schema_of_dataclass(kind: Any, *, tagged: bool) -> dict[str, Any]:
    """The JSON Schema of one dataclass; a field that has a default may be left out."""
    hints = _hints(kind)
    properties = {name: codec_of(hint).schema for name, hint in hints.items()}
    required = [item.name for item in dataclasses.fields(kind) if not _has_default(item)]
    if tagged:
        properties = {TAG: {"const": kind.__name__}, **properties}
        required = [TAG, *required]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


# --- plain values ---------------------------------------------------------------------------------------------


def _exactly(kind: type, name: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise Malformed(f"a value is no {name}")
        return value

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Malformed("a value is no text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Malformed("a text with half a character") from None
    return str(value)


def _integer(value: Any) -> int:
    if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise Malformed("a value is no whole number of 64 bits")
    return value


def _number(value: Any) -> int | float:
    if type(value) not in (int, float) or not abs(value) <= MAX_INTEGER or not math.isfinite(value):
        raise Malformed("a value is no number")
    return typing.cast("int | float", value)


def _moment_out(value: Any) -> str:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise Malformed("a value is no moment with its offset")
    return value.isoformat()


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        raise Malformed("a value is no moment") from None
    offset = moment.utcoffset()
    if offset is None:
        raise Malformed("a moment without its offset")
    return moment.replace(tzinfo=JST) if offset == JST.utcoffset(None) else moment


def _day_out(value: Any) -> str:
    if type(value) is not date:
        raise Malformed("a value is no day")
    return value.isoformat()


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise Malformed("a value is no day") from None


def _span_out(value: Any) -> int:
    if not isinstance(value, timedelta):
        raise Malformed("a value is no span")
    return value // _MICROSECOND


def _span(value: Any) -> timedelta:
    if type(value) is not int or abs(value) > _MAX_SPAN:
        raise Malformed("a value is no span")
    try:
        return timedelta(microseconds=value)
    except OverflowError:
        raise Malformed("a value is no span") from None


def _secret_out(value: Any) -> str:
    if not isinstance(value, Secret):
        raise Malformed("a value is no Secret")
    return _text(value.reveal())


def _bytes_out(value: Any) -> str:
    if type(value) is not bytes:
        raise Malformed("a value is no bytes")
    return base64.b64encode(value).decode("ascii")


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a value is no base64") from None


def _none(value: Any) -> None:
    if value is not None:
        raise Malformed("a value is not null")


_TEXT: Final = {"type": "string"}
_flag, _as_it_is = _exactly(bool, "true or false"), lambda value: value
_PLAIN: Final[dict[Any, Codec]] = {
    str: Codec(_text, _text, _TEXT),
    int: Codec(_integer, _integer, {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}),
    bytes: Codec(_bytes_out, _bytes, _TEXT | {"contentEncoding": "base64"}),
    bool: Codec(_flag, _flag, {"type": "boolean"}),
    float: Codec(_number, _number, {"type": "number"}),
    datetime: Codec(_moment_out, _moment, _TEXT | {"format": "date-time"}),
    date: Codec(_day_out, _day, _TEXT | {"format": "date"}),
    timedelta: Codec(_span_out, _span, {"type": "integer", "description": "microseconds"}),
    Secret: Codec(_secret_out, lambda value: Secret(_text(value)), _TEXT | {"description": "a secret"}),
    Json: Codec(_as_it_is, _as_it_is, {}),
    types.NoneType: Codec(_none, _none, {"type": "null"}),
    None: Codec(_none, _none, {"type": "null"}),
}


# --- values of values -----------------------------------------------------------------------------------------


def _choice(values: Mapping[Any, Any], kind: type) -> Codec:
    def encode(value: Any) -> Any:
        if not isinstance(value, kind) or value not in values:
            raise Malformed("a value is none of those that there are")
        return str(value)

    def decode(value: Any) -> Any:
        if type(value) is not str or value not in values:
            raise Malformed("a value is none of those that there are")
        return values[value]

    return Codec(encode, decode, {"enum": [str(value) for value in values]})


def _list(item: Codec, kinds: type | tuple[type, ...], made: Callable[[Any], Any]) -> Codec:
    def encode(value: Any) -> Any:
        items: Any = value
        if not isinstance(value, kinds):
            raise Malformed("a value is no list")
        return [item.encode(it) for it in items]

    def decode(value: Any) -> Any:
        if type(value) is not list:
            raise Malformed("a value is no list")
        return made(item.decode(it) for it in value)

    return Codec(encode, decode, {"type": "array", "items": item.schema})


def _set(item: Codec) -> Codec:
    def encode(value: Any) -> Any:
        if not isinstance(value, AbstractSet):
            raise Malformed("a value is no set")
        return sorted(item.encode(it) for it in value)

    decode = _list(item, tuple, frozenset).decode
    return Codec(encode, decode, {"type": "array", "items": item.schema, "uniqueItems": True})


def _mapping(item: Codec) -> Codec:
    def encode(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Malformed("a value is no mapping")
        return {_text(key): item.encode(it) for key, it in value.items()}

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise Malformed("a value is no mapping")
        return {_text(key): item.decode(it) for key, it in value.items()}

    return Codec(encode, decode, {"type": "object", "additionalProperties": item.schema})


def _union(kinds: tuple[Any, ...]) -> Codec:
    """None and one other type, or dataclasses that are told apart by their tag, or JSON's plain types."""
    others = tuple(kind for kind in kinds if kind is not types.NoneType)
    codec = codec_of(others[0]) if len(others) == 1 else _one_of(others)
    if len(others) == len(kinds):
        return codec
    return Codec(
        lambda value: None if value is None else codec.encode(value),
        lambda value: None if value is None else codec.decode(value),
        {"anyOf": [codec.schema, {"type": "null"}]},
    )


def _one_of(kinds: tuple[Any, ...]) -> Codec:
    if not all(dataclasses.is_dataclass(kind) for kind in kinds):
        raise TypeError(f"{kinds!r} cannot be told apart")
    by_name: dict[str, Any] = {kind.__name__: kind for kind in kinds}
    names: dict[Any, str] = {kind: kind.__name__ for kind in kinds}

    def encode(value: Any) -> Any:
        if (name := names.get(type(value))) is None:
            raise Malformed("a value is of none of the kinds that there are")
        return {TAG: name} | {
            field: encode(getattr(value, field)) for field, encode, _ in _fields(by_name[name])[0]
        }

    def decode(value: Any) -> Any:
        if type(value) is not dict or type(name := value.get(TAG)) is not str or name not in by_name:
            raise Malformed(f"a value whose `{TAG}` names none of the kinds that there are")
        return _from_fields(by_name[name], value, other_keys=1)

    return Codec(encode, decode, {"oneOf": [{"$ref": f"#/$defs/{name}.tagged"} for name in by_name]})


def _dataclass(kind: Any) -> Codec:
    """Codecs of the fields are looked up late, so that a dataclass can hold itself."""
    own: Any = kind

    def encode(value: Any) -> Any:
        if type(value) is not kind:
            raise Malformed(f"a value is no {kind.__name__}")
        return {name: encode_field(getattr(value, name)) for name, encode_field, _ in _fields(own)[0]}

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise Malformed(f"a {kind.__name__} is no object")
        return _from_fields(own, value, other_keys=0)

    return Codec(encode, decode, {"$ref": f"#/$defs/{kind.__name__}"})


def _from_fields(kind: Any, plain: dict[str, Any], *, other_keys: int) -> Any:
    """A dataclass from its fields; so many keys of `plain` are none of them. No field can have the name of the tag."""
    fields, required = _fields(kind)
    if not required <= plain.keys():
        raise Malformed(f"a {kind.__name__} without a field that it needs")
    values = {name: decode(plain[name]) for name, _, decode in fields if name in plain}
    if len(values) + other_keys < len(plain):
        raise Malformed(f"a {kind.__name__} with a field that it has not")
    return kind(**values)


_Field = tuple[str, Callable[[Any], Any], Callable[[Any], Any]]


@lru_cache(maxsize=512)
def _fields(kind: Any) -> tuple[tuple[_Field, ...], frozenset[str]]:
    codecs = {name: codec_of(hint) for name, hint in _hints(kind).items()}
    required = frozenset(item.name for item in dataclasses.fields(kind) if not _has_default(item))
    return tuple((name, codec.encode, codec.decode) for name, codec in codecs.items()), required


def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {item.name: hints[item.name] for item in dataclasses.fields(kind)}


def _has_default(item: dataclasses.Field[Any]) -> bool:
    return item.default is not dataclasses.MISSING or item.default_factory is not dataclasses.MISSING
