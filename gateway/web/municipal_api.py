"""All routes of the municipal cloud under one name, for the application to include."""

from __future__ import annotations

from gateway.web import handlers_staff
from gateway.web.routing import Api

api = Api()
for _part in (handlers_staff,):
    api.include(_part.api)
