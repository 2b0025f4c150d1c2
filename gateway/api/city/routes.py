"""All routes of the municipal cloud under one name, for the application to include."""

from __future__ import annotations

from gateway.api.city import (
    audit,
    bank_accounts,
    counter,
    events,
    grant_files,
    grants,
    partner_settlements,
    payment_run,
    point_services,
    proposals,
    rules,
    settlements,
    shops,
    spending,
    spends,
    staff,
    staff_sign_in,
    statistics,
    unused,
)
from gateway.http.routing import Api

api = Api()
for _part in (
    staff_sign_in,
    staff,
    audit,
    point_services,
    rules,
    grants,
    grant_files,
    events,
    shops,
    bank_accounts,
    spends,
    settlements,
    counter,
    spending,
    statistics,
    unused,
    partner_settlements,
    proposals,
    payment_run,
):
    api.include(_part.api)
