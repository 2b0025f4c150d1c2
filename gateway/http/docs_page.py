"""The API as pages for people: /docs, one page per problem, and the machine's version at /openapi.json.

Made on the server from the same declarations as the description itself; no script, nothing from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.openapi import Json, openapi_document, parameters, possible_problems
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.problems import document
from gateway.http.routing import Api, Content, Route, TypedRequest, TypedResponse
from gateway.http.schema_examples import example, fields

CACHED: Final = {"Cache-Control": "public, max-age=300"}
_SAMPLE_REQUEST_ID: Final = "0198f2c4-7a00-7000-8000-000000000001"

_markdown: Final = MarkdownIt("commonmark", {"html": False})


def docs_api(api: Api) -> Api:
    """The pages and the description of `api`, as routes to include in it; they describe it as it then stands."""
    pages = Api()

    @cache
    def description() -> Json:
        return openapi_document(api)

    @cache
    def index() -> bytes:
        return _page("docs.html", api=api, groups=_groups(api, description()), problems=_by_status())

    @pages.get(
        "/openapi.json", tag="documentation", caller=AuthLevel.PUBLIC, returns={200: "application/json"}
    )
    async def openapi_json(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Describe this API for programs, in OpenAPI 3.1."""
        text = json.dumps(description(), ensure_ascii=False).encode()
        return TypedResponse(200, Content(text, "application/json"), CACHED)

    @pages.get("/docs", tag="documentation", caller=AuthLevel.PUBLIC, returns={200: "text/html"})
    async def docs_index(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Describe this API for people: this page."""
        return TypedResponse(200, Content(index(), "text/html; charset=utf-8"), CACHED)

    @pages.get("/docs/docs.css", tag="documentation", caller=AuthLevel.PUBLIC, returns={200: "text/css"})
    async def docs_style(call: TypedRequest) -> TypedResponse:  # noqa: ARG001  every handler takes a call
        """Give the style of these pages."""
        style = files("gateway.http").joinpath("static/docs.css").read_bytes()
        return TypedResponse(200, Content(style, "text/css; charset=utf-8"), CACHED)

    @pages.get(
        "/docs/problems/{word}",
        tag="documentation",
        caller=AuthLevel.PUBLIC,
        returns={200: "text/html"},
        refuses=("path-unknown",),
    )
    async def docs_problem(call: TypedRequest) -> TypedResponse:
        """Describe one problem: what it means and what to do, in English and Japanese.

        The `type` of every problem document is the address of such a page.
        """
        kind = PROBLEM_TYPES.get(call.path["word"])
        if kind is None:
            raise ProblemError("path-unknown")
        routes = [route for route in api.routes if kind.word in possible_problems(route)]
        shown = json.dumps(document(kind.word, request_id=_SAMPLE_REQUEST_ID), ensure_ascii=False, indent=2)
        everywhere = len(routes) > len(api.routes) // 2
        return TypedResponse(
            200,
            Content(
                _page(
                    "problem.html", api=api, kind=kind, routes=routes, everywhere=everywhere, example=shown
                ),
                "text/html; charset=utf-8",
            ),
            CACHED,
        )

    return pages


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gateway.http"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = lambda text: Markup(_markdown.render(text))  # noqa: S704  html is off in the renderer
    environment.filters["phrase"] = lambda status: HTTPStatus(int(status)).phrase
    return environment


def _page(name: str, **values: Any) -> bytes:
    return _environment().get_template(name).render(**values).encode()


def _groups(api: Api, description: Json) -> Mapping[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    schemas = description["components"]["schemas"]
    for route in api.routes:
        operation = description["paths"][route.template][route.method.lower()]
        groups.setdefault(route.tag, []).append(_entry(route, operation, schemas))
    return groups


def _entry(route: Route, operation: Json, schemas: Json) -> dict[str, Any]:
    own = [PROBLEM_TYPES[word] for word in route.refuses]
    usual = [PROBLEM_TYPES[word] for word in possible_problems(route) if word not in route.refuses]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "route": route,
        "caller": _CALLERS[route.caller],
        "parameters": [
            {"description": "", "required": False}
            | one
            | {"kind": _kind(one["schema"]), "default": one["schema"].get("default")}
            for one in parameters(route)
        ],
        "body_fields": fields(body, schemas) if body else [],
        "request": _request(route, body, schemas),
        "answers": [
            _answer(status, operation["responses"][str(status)], schemas) for status in sorted(route.returns)
        ],
        "own": own,
        "usual": usual,
    }


def _answer(status: int, answer: Json, schemas: Json) -> dict[str, Any]:
    contents: Json = answer.get("content", {})
    media = next(iter(contents), "")
    schema = contents[media].get("schema") if media else None
    shown = json.dumps(example(schema, schemas), ensure_ascii=False, indent=2) if schema else ""
    return {
        "status": status,
        "media": media,
        "fields": fields(schema, schemas) if schema else [],
        "example": shown,
    }


def _request(route: Route, body: Json | None, schemas: Json) -> str:
    target = route.template
    query = []
    for one in parameters(route):
        value = example(one["schema"], schemas)
        if one["in"] == "path":
            target = target.replace("{" + one["name"] + "}", str(value))
        elif one.get("required"):
            query.append(f"{one['name']}={value}")
    lines = [f"{route.method} {target}{'?' + '&'.join(query) if query else ''} HTTP/1.1"]
    if body is not None:
        lines += ["Content-Type: application/json", "Content-Digest: sha-256=:…:"]
    if route.caller is AuthLevel.MEMBER:
        lines.append("Authorization: Bearer pgs_…")
    if route.caller is AuthLevel.STAFF:
        lines.append("Authorization: Bearer pgc_…")
    if route.caller is not AuthLevel.PUBLIC:
        lines += ["Signature-Input: gateway=(…);created=…;keyid=…;…", "Signature: gateway=:…:"]
    if body is not None:
        lines += ["", json.dumps(example(body, schemas), ensure_ascii=False, indent=2)]
    return "\n".join(lines)


def _kind(schema: Json) -> str:
    return fields({"type": "object", "properties": {"it": schema}}, {})[0].kind


def _by_status() -> Mapping[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for kind in sorted(
        PROBLEM_TYPES.values(), key=lambda problem_type: (problem_type.status, problem_type.word)
    ):
        grouped.setdefault(kind.status, []).append(kind)
    return grouped


_CALLERS: Final = {
    AuthLevel.PUBLIC: ("Anybody", "No signature and no session."),
    AuthLevel.CLIENT: ("Client program", "Signed by a registered client program."),
    AuthLevel.MEMBER: (
        "Member",
        "Signed by a client program, with the session of a member who is signed in.",
    ),
    AuthLevel.STAFF: ("Staff", "Signed by a client program, with the session of staff whose role may do it."),
}
