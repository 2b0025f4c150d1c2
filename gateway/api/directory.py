"""Where points can go: prefectures, municipalities and point services."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.api.fields import MunicipalityCode, PrefectureCode, View
from gateway.errors import ProblemError
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.points import directory
from gateway.points.directory import PointService
from gateway.points.municipalities import Municipality, municipalities, prefecture, prefectures
from gateway.services import Services

api = Api()


class PrefecturePath(Strict):
    prefecture: PrefectureCode


class PointServicesQuery(Strict):
    """`name` finds point services by a part of their name, or of their municipality's name, reading or Latin letters."""

    prefecture: PrefectureCode | None = None
    municipality: MunicipalityCode | None = None
    direct: bool | None = None
    name: Words | None = None


class PrefectureView(View):
    code: str
    name: str
    kana: str
    municipalities: int


class Prefectures(View):
    prefectures: list[PrefectureView]


class MunicipalityView(View):
    """`romaji` is the name in Latin letters: `Kasama City`."""

    code: str
    name: str
    kana: str
    romaji: str


class Municipalities(View):
    municipalities: list[MunicipalityView]


class PointServiceView(View):
    """Names with their readings in kana and in Latin letters; a point service's are empty where nobody said them."""

    municipality: str
    municipality_name: str
    municipality_kana: str
    municipality_romaji: str
    point_service: str
    name: str
    name_kana: str
    name_romaji: str
    open_for_direct_exchange: bool


class PointServices(View):
    """対象：N件. Those that are not open for direct exchange are reached by way of the reserve."""

    count: int
    point_services: list[PointServiceView]


@api.get("/v1/prefectures", tag="directory", caller=AuthLevel.CLIENT, returns={200: Prefectures})
async def list_prefectures(_call: TypedRequest[None, Services]) -> TypedResponse:
    """All 47 prefectures (都道府県) with their readings."""
    return TypedResponse(
        200,
        Prefectures(
            prefectures=[
                PrefectureView(
                    code=one.code, name=one.name, kana=one.kana, municipalities=len(municipalities(one.code))
                )
                for one in prefectures()
            ]
        ),
    )


@api.get(
    "/v1/prefectures/{prefecture}/municipalities",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=PrefecturePath,
    returns={200: Municipalities},
    refuses=("unknown-prefecture",),
)
async def list_municipalities(
    call: TypedRequest[None, Services, None, PrefecturePath],
) -> TypedResponse:
    """The municipalities of a prefecture with their six-digit codes (JIS X 0402 and a check digit)."""
    if prefecture(call.path.prefecture) is None:
        raise ProblemError("unknown-prefecture", "use a code from GET /v1/prefectures")
    return TypedResponse(
        200,
        Municipalities(
            municipalities=[
                MunicipalityView(
                    code=municipality.code,
                    name=municipality.name,
                    kana=municipality.kana,
                    romaji=municipality.romaji,
                )
                for municipality in municipalities(call.path.prefecture)
            ]
        ),
    )


@api.get(
    "/v1/point-services",
    tag="directory",
    caller=AuthLevel.CLIENT,
    query=PointServicesQuery,
    returns={200: PointServices},
    refuses=("unknown-prefecture", "unknown-municipality"),
)
async def list_point_services(
    call: TypedRequest[None, Services, PointServicesQuery],
) -> TypedResponse:
    """Point services (自治体ポイント), of a prefecture or a municipality; `direct` asks for those open to partners.

    The ones that are not open are reached by way of the reserve and an allocation.
    """
    query = call.query

    def job(conn: Connection) -> tuple[PointService, ...]:
        return directory.list_services(
            conn,
            municipality_code=query.municipality,
            prefecture_code=query.prefecture,
            open_for_direct_exchange=query.direct,
            named=query.name or "",
        )

    point_services = await call.services.store.read(job)
    return TypedResponse(
        200,
        PointServices(
            count=len(point_services),
            point_services=[
                _view(point_service, directory.require_municipality(point_service.municipality))
                for point_service in point_services
            ],
        ),
    )


def _view(point_service: PointService, place: Municipality) -> PointServiceView:
    return PointServiceView(
        municipality=place.code,
        municipality_name=place.name,
        municipality_kana=place.kana,
        municipality_romaji=place.romaji,
        point_service=point_service.point_service,
        name=point_service.name,
        name_kana=point_service.name_kana,
        name_romaji=point_service.romaji,
        open_for_direct_exchange=point_service.open_for_direct_exchange,
    )
