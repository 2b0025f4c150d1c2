"""Answers of the API as tests write them down: what a test does not name is there all the same, and says nothing.

A gateway always sends every member of an answer, and the sites' client refuses one that lacks any.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import inspect

from point_gateway_client import models
from tools.make_clients import DOCUMENT

AT = "2018-08-01T09:00:00+09:00"

ModelT = TypeVar("ModelT", bound=msgspec.Struct)


def model(kind: type[ModelT], **members: Any) -> ModelT:
    """The answer as a page gets it; nested ones as plain JSON."""
    return msgspec.convert(_whole(inspect.type_info(kind), members), kind)


def whole(kind: type[msgspec.Struct], **members: Any) -> dict[str, Any]:
    """The same as JSON."""
    answer: dict[str, Any] = _whole(inspect.type_info(kind), members)
    return answer


def whole_answer(method: str, path: str, written: Any) -> Any:
    """What the operation at `path` answers: `written`, with every member that its model has."""
    for operation, pattern, name in _operations():
        if operation == method and pattern.fullmatch(path):
            return _whole(inspect.type_info(getattr(models, name)), written)
    return written


def whole_response(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The response of a gateway that a test has written, made whole; refusals and empty answers stay as they are."""
    if response.status >= 300 or not isinstance(response, web.Response) or not response.body:
        return response
    assert isinstance(response.body, bytes)
    answer = whole_answer(request.method, request.path, json.loads(response.body))
    return web.json_response(answer, status=response.status)


@cache
def _operations() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of the usual answer; fixed paths come before those with a part that varies."""
    operations = []
    document = json.loads(DOCUMENT.read_text("utf-8"))
    for path in sorted(document["paths"], key=lambda path: path.count("{")):
        for method, operation in document["paths"][path].items():
            pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
            for status, response in operation["responses"].items():
                schema = response.get("content", {}).get("application/json", {}).get("schema", {})
                if status < "300" and "$ref" in schema:
                    operations.append((method.upper(), pattern, schema["$ref"].rpartition("/")[2]))
                    break
    return operations


def _whole(kind: inspect.Type, written: Any) -> Any:
    match kind:
        case inspect.StructType():
            members = dict(written or {})
            known = {field.encode_name: field.type for field in kind.fields}
            return members | {name: _whole(member, members.get(name)) for name, member in known.items()}
        case inspect.ListType():
            return [_whole(kind.item_type, item) for item in written or []]
        case inspect.DictType():
            return written or {}
        case inspect.UnionType() if written is None:
            return None if kind.includes_none else _whole(kind.types[0], None)
        case inspect.UnionType():
            structs = [part for part in kind.types if isinstance(part, inspect.StructType)]
            return _whole(structs[0], written) if structs and isinstance(written, dict) else written
    if written is not None:
        return written
    match kind:
        case inspect.StrType():
            return ""
        case inspect.IntType():
            return 0
        case inspect.BoolType():
            return False
        case inspect.DateTimeType():
            return AT
        case inspect.DateType():
            return AT[:10]
    return None
