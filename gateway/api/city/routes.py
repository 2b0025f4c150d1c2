"""All routes of the municipal cloud under one name, for the application to include."""

from __future__ import annotations

from gateway.api.city import counter, events, grants, point_services, shops, staff, statistics
from gateway.http.routing import Api

api = Api()
for _part in (
    staff,
    point_services,
    grants,
    events,
    shops,
    counter,
    statistics,
):
    api.include(_part.api)
