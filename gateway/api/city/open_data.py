"""Open data (オープンデータ): what anybody may have of a city that gives it, at addresses that do not change."""

from __future__ import annotations

from typing import Final

from gateway.api.fields import MunicipalityCode
from gateway.cities.shops.open_data import MAX_AGE_S
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse
from gateway.services import Services

api = Api()
_CSV: Final = "text/csv; charset=utf-8"


class OpenDataPath(Strict):
    municipality: MunicipalityCode


@api.get(
    "/v1/open-data/{municipality}/shops.csv",
    tag="open-data",
    caller=AuthLevel.PUBLIC,
    path=OpenDataPath,
    returns={200: "text/csv", 304: None},
    refuses=("path-unknown",),
)
async def list_open_shops(call: TypedRequest[None, Services, None, OpenDataPath]) -> TypedResponse:
    """The shops (加盟店) that take a city's points, in the columns of the 自治体標準オープンデータセット's lists of places.

    UTF-8 with a byte order mark. The licence is named by the header `Link`; a copy is good for an hour, and `ETag` says
    whether it still is. 404 for a city that gives none.
    """
    code = call.path.municipality
    made = await call.services.city.open_shops.get(code)
    tag = f'"{made.tag}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={MAX_AGE_S}",
        "Link": f'<{call.services.settings.open_data.licence}>; rel="license"',
        "Access-Control-Allow-Origin": "*",
    }
    if any(asked.is_weak is False and asked.value == made.tag for asked in call.request.if_none_match or ()):
        return TypedResponse(304, None, headers)
    headers["Content-Disposition"] = f'attachment; filename="{code}_shops.csv"'
    return TypedResponse(200, Content(made.data, _CSV), headers)
