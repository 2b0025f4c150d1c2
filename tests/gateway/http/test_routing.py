from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from gateway.app import whole_api
from gateway.http.authentication import Admitted, AuthLevel
from gateway.http.inputs import Id, Strict, require_tight_schema
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse, pop_undeclared
from gateway.platform.roles import Action


class Answer(BaseModel):
    text: str


async def say(call: TypedRequest) -> TypedResponse:
    """Say something."""
    return TypedResponse(200, Answer(text="hello"))


def declare(handler=say, template="/v1/things", **options):
    options = {"tag": "things", "caller": AuthLevel.PUBLIC, "returns": {200: Answer}} | options
    api = Api()
    api.get(template, **options)(handler)
    return api.routes[0]


async def test_a_public_route_answers_without_a_signature(site, portal):
    answer = await portal._session().get(site.url + "/v1/greeting")
    assert answer.status == 200
    assert await answer.json() == {"text": "ようこそ"}


async def test_a_member_starts_an_exchange(portal):
    answer = await portal.post(
        "/v1/exchanges", json={"exchange_id": "x-1", "units": 2}, session_token="pgs_hanako"
    )
    assert answer.status == 201
    assert answer.headers["Location"] == "/v1/exchanges/x-1"
    assert (await answer.json())["member_id"] == "hanako"


async def test_a_client_program_asks_with_a_query(portal):
    answer = await portal.get("/v1/exchanges", params={"limit": "7", "newest_first": "false"})
    assert await answer.json() == {"items": ["portal"], "limit": 7}


async def test_an_answer_without_a_body_has_none(portal):
    answer = await portal.request("DELETE", "/v1/exchanges/x-1")
    assert (answer.status, await answer.read()) == (204, b"")


async def test_a_partner_may_come_back_with_parameters_of_its_own(site, portal):
    answer = await portal._session().get(site.url + "/returns/saison?status=OK&x=1&x=2")
    assert answer.content_type == "text/html"
    assert await answer.text() == "<p>OK"


async def test_a_refusal_of_the_handler_keeps_its_sentence_and_facts(portal):
    answer = await portal.post(
        "/v1/exchanges", json={"exchange_id": "taken", "units": 2}, session_token="pgs_hanako"
    )
    problem = await answer.json()
    assert answer.status == 409
    assert (problem["type"], problem["detail"]) == ("/docs/problems/exchange-id-reused", "Use a new id.")
    assert problem["exchange_id"] == "taken"


async def test_an_undeclared_refusal_is_answered_and_remembered_for_the_tests(portal):
    answer = await portal.post(
        "/v1/exchanges", json={"exchange_id": "undeclared", "units": 2}, session_token="pgs_hanako"
    )
    assert answer.status == 409
    assert pop_undeclared() == ["POST /v1/exchanges: refusal quote-expired"]


async def test_an_undeclared_answer_is_given_and_remembered_for_the_tests(site, portal):
    answer = await portal._session().get(site.url + "/v1/break/undeclared-status")
    assert (answer.status, await answer.json()) == (200, {"text": "surprise"})
    assert pop_undeclared() == ["GET /v1/break/{how}: answer 200 Greeting"]


def _nobody():
    from gateway.http.authentication import NOBODY

    return NOBODY


async def test_content_of_another_media_type_than_declared_is_remembered():
    async def page(call: TypedRequest) -> TypedResponse:
        """Give a page."""
        return TypedResponse(200, Content(b"x", "text/plain"))

    route = declare(page, returns={200: "text/html"})
    await route.run(None, _nobody(), body=None, query=None, path={}, services=None, request_id="")
    assert pop_undeclared() == ["GET /v1/things: answer 200 Content"]


async def test_a_handler_may_answer_with_a_response_of_its_own():
    from aiohttp import web

    async def stream(call: TypedRequest) -> web.StreamResponse:
        """Stream."""
        return web.Response(text="as it is")

    route = declare(stream)
    answer = await route.run(None, _nobody(), body=None, query=None, path={}, services=None, request_id="")
    assert answer.text == "as it is"


def test_the_first_line_of_the_docstring_is_the_summary():
    async def handler(call: TypedRequest) -> TypedResponse:
        """Do it.

        Carefully.
        """
        return TypedResponse(204)

    route = declare(handler)
    assert (route.summary, route.description) == ("Do it.", "Carefully.")


def test_a_handler_without_a_docstring_is_refused():
    async def silent(call: TypedRequest) -> TypedResponse:
        return TypedResponse(204)

    with pytest.raises(TypeError, match=r"GET /v1/things: silent needs a docstring"):
        declare(silent)


def test_a_word_outside_the_catalogue_is_refused():
    with pytest.raises(TypeError, match=r"made-up is not in gateway/http/problem_types;"):
        declare(refuses=("made-up",))


class LooseText(Strict):
    name: str


class LooseNumber(Strict):
    units: int


class LooseList(Strict):
    items: list[Annotated[int, Field(ge=1, le=2)]]


class Inner(Strict):
    name: str


class Nested(Strict):
    items: Annotated[list[Inner | None], Field(max_length=3)]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (LooseText, r"LooseText\.name: a string without a pattern"),
        (LooseNumber, r"LooseNumber\.units: a number without bounds"),
        (LooseList, r"LooseList\.items: a list without a longest length"),
        (Nested, r"Inner\.name: a string without a pattern"),
    ],
)
def test_a_model_looser_than_a_schema_should_be_is_refused(model, said):
    with pytest.raises(TypeError, match=said):
        require_tight_schema(model.model_json_schema(), model.__name__)


def test_no_route_takes_a_looser_one():
    taking = [
        (route, model)
        for route in whole_api().routes
        for model in (route.body, route.query, route.path)
        if model
    ]
    assert len(taking) > 300
    for route, model in taking:
        require_tight_schema(model.model_json_schema(), f"{route.method} {route.template} {model.__name__}")


class OtherPath(Strict):
    other: Id


def test_a_path_model_must_fit_the_template():
    with pytest.raises(TypeError, match="the fields of OtherPath are not the parts of the path"):
        declare(template="/v1/things/{thing}", path=OtherPath)


def test_one_method_of_an_address_is_declared_once():
    api = Api()
    options = {"tag": "t", "caller": AuthLevel.PUBLIC, "returns": {200: Answer}}
    api.get("/v1/things", **options)(say)
    with pytest.raises(TypeError, match="declared twice"):
        api.get("/v1/things", **options)(say)


def test_put_and_the_other_methods_are_declared_alike():
    api = Api()
    options = {"tag": "t", "caller": AuthLevel.PUBLIC, "returns": {200: Answer}}

    async def other(call: TypedRequest) -> TypedResponse:
        """Do."""
        return TypedResponse(204)

    api.put("/v1/things", **options)(say)
    api.delete("/v1/things", **options)(other)
    assert [route.method for route in api.routes] == ["PUT", "DELETE"]


class Coupon(Strict):
    code: Id


async def test_a_path_model_gives_typed_parts():
    seen = []

    async def handler(call: TypedRequest[None, object, None, Coupon]) -> TypedResponse:
        """Look."""
        seen.append(call.path.code)
        return TypedResponse(200, Answer(text=""))

    route = declare(handler, template="/v1/coupons/{code}", path=Coupon)
    await route.run(
        None, _nobody(), body=None, query=None, path=Coupon(code="c1"), services=None, request_id=""
    )
    assert seen == ["c1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMember(TypedRequest):
    member: str


@pytest.mark.parametrize("caller", [AuthLevel.PUBLIC, AuthLevel.CLIENT, AuthLevel.STAFF])
def test_only_a_route_for_members_gives_its_handler_a_member(caller):
    async def greet(call: OfMember) -> TypedResponse:
        """Greet the member."""
        return TypedResponse(200)

    action = Action.SEE if caller is AuthLevel.STAFF else None
    with pytest.raises(TypeError, match=r"GET /v1/things: its handler takes a OfMember"):
        declare(greet, caller=caller, action=action)


def test_a_route_for_members_whose_handler_takes_no_member_is_not_declared():
    with pytest.raises(TypeError, match="a member route takes a request with `member`"):
        declare(caller=AuthLevel.MEMBER)


async def test_the_handler_of_a_members_route_gets_the_session():
    seen = []

    async def greet(call: OfMember) -> TypedResponse:
        """Greet the member."""
        seen.append(call.member)
        return TypedResponse(204)

    route = declare(greet, caller=AuthLevel.MEMBER, returns={204: None})
    admitted = Admitted(client_id="portal", member="the session")
    await route.run(None, admitted, body=None, query=None, path={}, services=None, request_id="")
    assert seen == ["the session"]
