"""The published description of an `Api`: OpenAPI 3.1, made from the same declarations that check each request.

Every status in it can really happen, and none that can is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.client_scopes import ALL_SCOPES
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.problems import MEDIA_TYPE, type_uri
from gateway.http.routing import Api, Route

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{model}"
_ALWAYS: Final = (
    "too-many-requests",
    "internal-error",
    "restored",
    "key-missing",
    "busy",
    "commit-failed",
    "took-too-long",
)
_SIGNED: Final = (
    "signature-missing",
    "signature-invalid",
    "signature-stale",
    "signature-replayed",
    "signature-key-unknown",
    "signature-key-ended",
    "content-digest-wrong",
)
_SESSION: Final = ("session-missing", "session-ended")
_ROLE: Final = ("role-not-allowed", "second-factor-missing", "password-to-change")
_BODY: Final = ("body-broken", "body-not-json", "body-invalid", "body-too-large", "content-type-wrong")

SIGNING: Final = """\
Requests of client programs are signed with HTTP message signatures (RFC 9421): Ed25519, the parameters \
`created` (within 60 seconds of our clock), `nonce` (16 to 128 characters, used once), `keyid`, `alg="ed25519"` \
and `tag="point-gateway"`. Covered are `@method`, `@authority`, `@path` and `@query`; with a body also \
`content-digest` (RFC 9530, sha-256); with an Authorization field also `authorization`. In Python, \
`gateway.client.SignedClient` does all of it.

A key has a scope; `x-key-scopes` of an operation names those that may call it. Whoever acts for a member (代理) may call \
what has an `x-acting-right` of theirs, and nothing else; a bound till what has `x-at-till`.

Whole numbers are written in digits only: `2`, never `2.0` or `2e0`."""

ANY_QUERY: Final = "Takes whatever query parameters the partner adds."


def openapi_document(api: Api) -> Json:
    """The whole document as plain JSON values."""
    definitions = _definitions(api.routes)
    schemas: Json = {"Problem": _PROBLEM, **definitions}
    paths: Json = {}
    for route in api.routes:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": api.title,
            "version": api.version,
            "description": f"{api.description}\n\n{SIGNING}".strip(),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in api.routes)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": _SECURITY,
            "headers": {"RequestId": _REQUEST_ID},
        },
    }


def possible_problems(route: Route) -> list[str]:
    """Every problem word that this route can answer with, each once."""
    words = [*route.refuses]
    if route.path is not None:
        words.append("path-malformed")
    if not route.any_query:
        words.append("query-invalid")
    if route.upload is not None:
        words += ["body-broken", "body-too-large", "upload-type-wrong"]
    else:
        words += _BODY if route.body is not None else ["body-unexpected"]
    if route.caller is not AuthLevel.PUBLIC:
        words += _SIGNED
        if route.scopes != ALL_SCOPES:
            words.append("key-scope")
    if route.caller is AuthLevel.MEMBER:
        words += _SESSION
        if route.acting is not ActingRight.SIGN_OUT:
            words.append("not-for-a-representative")
    if route.caller is AuthLevel.STAFF:
        words += [*_SESSION, *_ROLE]
        if not route.at_till:
            words.append("till-only")
    return list(dict.fromkeys([*words, *_ALWAYS]))


def parameters(route: Route, schemas: Json | None = None) -> list[Json]:
    """The parameters of path and query in OpenAPI's form; definitions they share are added to `schemas`."""
    return [*_parameters_of(route.path, "path", schemas), *_parameters_of(route.query, "query", schemas)]


def _operation(route: Route, schemas: Json) -> Json:
    operation: Json = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "description": f"{route.description}\n\n{ANY_QUERY if route.any_query else ''}".strip(),
        "parameters": parameters(route, schemas),
        "responses": _responses(route),
        "security": _REQUIRED[route.caller],
    }
    if route.caller is not AuthLevel.PUBLIC:
        operation["x-key-scopes"] = sorted(route.scopes)
    if route.acting is not None:
        operation["x-acting-right"] = route.acting.value
    if route.at_till:
        operation["x-at-till"] = True
    if route.body is not None:
        schema = {"$ref": _REF.format(model=route.body.__name__)}
        bodies = {"application/json": {"schema": schema}} | (
            {"*/*": {"schema": {}}} if route.any_body else {}
        )
        operation["requestBody"] = {"required": True, "content": bodies}
    if route.upload is not None:
        content: dict[str, Any] = {media: {"schema": {}} for media in route.upload.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    return {name: value for name, value in operation.items() if value not in ("", [])} | {
        "security": operation["security"]
    }


def _parameters_of(model: type[BaseModel] | None, place: str, schemas: Json | None) -> Iterable[Json]:
    if model is None:
        return
    schema = model.model_json_schema(ref_template=_REF)
    if schemas is not None:
        schemas.update(schema.get("$defs", {}))
    required = schema.get("required", ())
    for name, one in schema["properties"].items():
        plain = _without_null(one)
        described = plain.pop("description", None)
        entry: Json = {"name": name, "in": place, "required": name in required, "schema": plain}
        yield entry | ({"description": described} if described else {})


def _without_null(schema: Json) -> Json:
    # A parameter that is left out is absent; there is no way to write null in a query.
    json: Json = {name: value for name, value in schema.items() if name not in ("title", "anyOf")}
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(kinds) == 1:
        json = kinds[0] | json
    elif kinds:
        json["anyOf"] = kinds
    if json.get("default", ...) is None:
        del json["default"]
    return json


def _responses(route: Route) -> Json:
    answers: Json = {}
    for status, model in sorted(route.returns.items()):
        answers[str(status)] = _with_headers({"description": HTTPStatus(status).phrase}) | _content(model)
    problems: dict[int, list[str]] = {}
    for word in possible_problems(route):
        problems.setdefault(PROBLEM_TYPES[word].status, []).append(word)
    for status, words in sorted(problems.items()):
        types = {"properties": {"type": {"enum": [type_uri(word) for word in words]}}}
        schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}, types]}
        answer = {
            "description": "; ".join(PROBLEM_TYPES[word].title for word in words),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        answers[str(status)] = _with_headers(answer)
        if status in (429, 503):
            answers[str(status)]["headers"]["Retry-After"] = _RETRY_AFTER
    return answers


def _content(model: type[BaseModel] | str | None) -> Json:
    if model is None:
        return {}
    if isinstance(model, str):
        return {"content": {model: {}}}
    return {"content": {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}}


def _with_headers(answer: Json) -> Json:
    return {**answer, "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}}


def _definitions(routes: Iterable[Route]) -> Json:
    models: dict[type[BaseModel], Any] = {}
    for route in routes:
        if route.body is not None:
            models[route.body] = "validation"
        for model in route.returns.values():
            if isinstance(model, type):
                if models.get(model, "serialization") != "serialization":
                    raise TypeError(f"{model.__name__} is both sent and answered; make two models of it")
                models[model] = "serialization"
    names: dict[str, type[BaseModel]] = {}
    for model in models:
        if names.setdefault(model.__name__, model) is not model:
            raise TypeError(f"two models of the API are called {model.__name__}; rename one")
    _, json_schema_value = models_json_schema(list(models.items()), ref_template=_REF)
    definitions: Json = json_schema_value.get("$defs", {})
    return {name: _untitled(schema) for name, schema in definitions.items()}


def _untitled(schema: Any) -> Any:
    """Without the titles that only repeat the names of fields."""
    if isinstance(schema, list):
        return [_untitled(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    members = {name: _untitled(one) for name, one in schema.items() if name not in ("title", "properties")}
    if "properties" in schema:
        members["properties"] = {name: _untitled(one) for name, one in schema["properties"].items()}
    return members


_PROBLEM: Final[Json] = {
    "type": "object",
    "description": "RFC 9457. `type` is stable; programs branch on it. Some problems add members of their own.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "pattern": "^/docs/problems/[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What to do, in one sentence."},
        "instance": {"type": "string", "description": "The id of this request, as in X-Request-Id."},
        "remedy": {
            "type": "string",
            "description": "What the problem type says to do next, in the language asked for; names facts in backticks.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string", "description": "Name of a parameter."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_SECURITY: Final[Json] = {
    "clientSignature": {"type": "apiKey", "in": "header", "name": "Signature", "description": SIGNING},
    "memberSession": {
        "type": "http",
        "scheme": "bearer",
        "description": "The session token of a member who is signed in.",
    },
    "staffSession": {
        "type": "http",
        "scheme": "bearer",
        "description": "The session token of a city's or shop's staff who are signed in.",
    },
}
_REQUIRED: Final[Mapping[AuthLevel, list[Json]]] = {
    AuthLevel.PUBLIC: [],
    AuthLevel.CLIENT: [{"clientSignature": []}],
    AuthLevel.MEMBER: [{"clientSignature": [], "memberSession": []}],
    AuthLevel.STAFF: [{"clientSignature": [], "staffSession": []}],
}
_REQUEST_ID: Final[Json] = {
    "description": "The id under which this request stands in our log.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
}
_RETRY_AFTER: Final[Json] = {
    "description": "Seconds to wait.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
