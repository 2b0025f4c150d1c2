"""All routes of the municipal cloud under one name, for the application to include."""

from __future__ import annotations

from gateway.web import (
    handlers_counter,
    handlers_events,
    handlers_figures,
    handlers_grants,
    handlers_point_services,
    handlers_shops,
    handlers_staff,
)
from gateway.web.routing import Api

api = Api()
for _part in (
    handlers_staff,
    handlers_point_services,
    handlers_grants,
    handlers_events,
    handlers_shops,
    handlers_counter,
    handlers_figures,
):
    api.include(_part.api)
