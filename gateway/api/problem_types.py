"""The list of problem types, for client programs that say problems in their own places and both languages."""

from __future__ import annotations

from typing import Final

from gateway.api.fields import LabelView, View
from gateway.http.authentication import AuthLevel
from gateway.http.problem_types import ALL_PROBLEM_TYPES, ProblemType
from gateway.http.problems import type_uri
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.services import Services

api = Api()


class ProblemTypeView(View):
    """`type` is the URI that stands in a problem document. A remedy names facts of the document in backticks."""

    word: str
    type: str
    status: int
    title: LabelView
    remedy: LabelView

    @classmethod
    def of(cls, problem_type: ProblemType) -> ProblemTypeView:
        return cls(
            word=problem_type.word,
            type=type_uri(problem_type.word),
            status=problem_type.status,
            title=LabelView(ja=problem_type.title_ja, en=problem_type.title),
            remedy=LabelView(ja=problem_type.remedy_ja, en=problem_type.remedy),
        )


class ProblemTypes(View):
    problem_types: list[ProblemTypeView]


_LIST: Final = ProblemTypes(
    problem_types=[ProblemTypeView.of(problem_type) for problem_type in ALL_PROBLEM_TYPES]
)


@api.get("/v1/problem-types", tag="directory", caller=AuthLevel.CLIENT, returns={200: ProblemTypes})
async def list_problem_types(_call: TypedRequest[None, Services]) -> TypedResponse:
    """Every problem type: its word, its HTTP status, and title and remedy in both languages."""
    return TypedResponse(200, _LIST)
