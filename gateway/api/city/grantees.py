"""Who a MyKey ID is, before points are granted to it at the counter."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from gateway.api.city.fields import ProjectId
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, View
from gateway.cities import looks
from gateway.cities.grants import grant_projects, grantees
from gateway.cities.grants.grantees import Grantee
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class GranteePath(Strict):
    project_id: ProjectId
    mykey_id: MykeyIdTyped


class GranteeView(View):
    """Who a MyKey ID is, before points are granted. `display_name` is null for a member of other cities."""

    mykey_id: str
    display_name: str | None


@api.get(
    "/v1/city/projects/{project_id}/grantees/{mykey_id}",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=GranteePath,
    returns={200: GranteeView},
    refuses=("unknown-project", "unknown-member", "member-merged"),
)
async def get_grantee(call: StaffRequest[None, None, GranteePath]) -> TypedResponse:
    """Whether a MyKey ID can be granted to, by the rule of grant files; the name of who has the city's points."""
    code, path, today = call.staff.municipality, call.path, call.services.city.context.today
    await looks.record_member_look(call.services.store, call.staff, call.services.clock(), path.mykey_id)

    def job(conn: Connection) -> Grantee:
        grant_projects.require(conn, code, path.project_id)
        return grantees.find_grantee(conn, code, path.mykey_id, today)

    grantee = await call.services.store.read(job)
    return TypedResponse(200, GranteeView(mykey_id=grantee.mykey_id, display_name=grantee.display_name))
