import re
from typing import Annotated, Literal

import pytest
from aiohttp import ClientSession
from pydantic import BaseModel, Field

from gateway.app import whole_api
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Id, Strict
from gateway.http.openapi import openapi_document, possible_problems
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.routing import Api, TypedRequest, TypedResponse


@pytest.fixture
async def description(site):
    async with ClientSession() as http, http.get(site.url + "/openapi.json") as answer:
        assert answer.content_type == "application/json"
        return await answer.json()


async def test_every_route_of_the_app_is_described_and_no_other(site, description):
    served = {(route.method.lower(), route.resource.canonical) for route in site.app.router.routes()}
    described = {(method, path) for path, methods in description["paths"].items() for method in methods}
    assert described == served


def test_no_text_that_is_shown_to_others_takes_characters_that_are_not_seen():
    """Only what is typed to be compared does: it is never shown."""
    compared = {"mykey_id", "from_mykey_id", "new_mykey_id", "actor_mykey_id", "login", "password", "current", "new", "code", "shop_code", "venue_code",
                "reference", "number", "readers", "workers"}  # fmt: skip

    def takers(part, name):
        if isinstance(part, dict):
            name = part["name"] if "in" in part else name
            if isinstance(pattern := part.get("pattern"), str) and re.search(pattern, "店\u202eばそ"):
                yield name
            for key, inner in part.items():
                yield from takers(inner, name if key in ("schema", "anyOf", "items") else key)
        elif isinstance(part, list):
            for inner in part:
                yield from takers(inner, name)

    assert set(takers(openapi_document(whole_api()), "")) == compared


async def test_a_body_is_as_strict_as_its_check(description):
    body = description["components"]["schemas"]["Start"]
    assert body["additionalProperties"] is False
    assert body["required"] == ["exchange_id", "units"]
    assert body["properties"]["units"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9999,
        "description": "口数",
    }


async def test_parameters_are_described_without_null(description):
    parameters = {one["name"]: one for one in description["paths"]["/v1/exchanges"]["get"]["parameters"]}
    assert parameters["limit"] == {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    }
    assert parameters["kind"]["schema"] == {"type": "string", "enum": ["exchange", "allocate"]}


async def test_a_part_of_the_path_has_its_pattern(description):
    (part,) = description["paths"]["/v1/exchanges/{exchange_id}"]["delete"]["parameters"]
    assert (part["in"], part["required"]) == ("path", True)
    assert part["schema"]["pattern"] == "^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"


async def test_who_may_call_is_described(description):
    paths = description["paths"]
    assert paths["/v1/greeting"]["get"]["security"] == []
    assert paths["/v1/exchanges"]["get"]["security"] == [{"clientSignature": []}]
    assert paths["/v1/exchanges"]["post"]["security"] == [{"clientSignature": [], "memberSession": []}]


async def test_statuses_are_those_that_can_happen(description):
    paths = description["paths"]
    assert set(paths["/v1/exchanges"]["post"]["responses"]) == {
        "201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503",
    }  # fmt: skip
    assert set(paths["/v1/greeting"]["get"]["responses"]) == {"200", "400", "429", "500", "503"}
    assert "404" not in paths["/v1/exchanges"]["get"]["responses"]


async def test_a_problem_lists_the_words_of_its_status(description):
    schema = description["paths"]["/v1/exchanges"]["post"]["responses"]["409"]["content"][
        "application/problem+json"
    ]["schema"]
    assert schema["allOf"][1]["properties"]["type"]["enum"] == ["/docs/problems/exchange-id-reused"]


async def test_an_address_with_a_partners_own_query_says_so(description):
    operation = description["paths"]["/returns/{partner}"]["get"]
    assert operation["description"] == "Takes whatever query parameters the partner adds."


def test_every_word_a_route_can_answer_with_is_in_the_catalogue(site):
    from gateway.http.openapi import _ALWAYS, _BODY, _SESSION, _SIGNED

    assert {*_ALWAYS, *_BODY, *_SESSION, *_SIGNED} <= set(PROBLEM_TYPES)


class Answer(BaseModel):
    text: str


def one_route(**options):
    async def handler(call: TypedRequest) -> TypedResponse:
        """Do."""
        return TypedResponse(200, Answer(text=""))

    api = Api("t", "1")
    api.post("/v1/things", **({"tag": "t", "caller": AuthLevel.PUBLIC, "returns": {200: Answer}} | options))(
        handler
    )
    return api


def test_problems_are_named_once():
    words = possible_problems(one_route(refuses=("busy", "no-rate")).routes[0])
    assert len(words) == len(set(words))
    assert words[:2] == ["busy", "no-rate"]


class Kind(Strict):
    code: Id


class Filter(Strict):
    either: Annotated[int, Field(ge=1, le=3)] | Literal["all"] | None = None
    code: Annotated[Id, Field(description="A code.")]


def test_a_parameter_of_several_kinds_keeps_them_all():
    document = openapi_document(one_route(query=Filter))
    either, code = document["paths"]["/v1/things"]["post"]["parameters"]
    assert either["schema"] == {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 3}, {"const": "all", "type": "string"}]
    }
    assert (code["required"], code["description"]) == (True, "A code.")


def test_one_model_is_not_both_sent_and_answered():
    with pytest.raises(TypeError, match="Kind is both sent and answered"):
        openapi_document(one_route(body=Kind, returns={200: Kind}))


def test_two_models_of_one_name_are_refused():
    other = type("Answer", (BaseModel,), {"__annotations__": {"number": int}})
    with pytest.raises(TypeError, match="two models of the API are called Answer"):
        openapi_document(one_route(returns={200: Answer, 201: other}))
