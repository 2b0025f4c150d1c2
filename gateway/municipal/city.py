"""The municipal cloud's use cases, made once from what the gateway has opened."""

from __future__ import annotations

from dataclasses import dataclass

from core_ledger import Store
from gateway.base.tasks import Tasks
from gateway.base.vault import Vault
from gateway.identity.passwords import PasswordHasher
from gateway.loading.setup import Clock
from gateway.municipal.city_desk import CityDesk
from gateway.municipal.city_nightly import CityNightly
from gateway.municipal.event_outcome import EventOutcomes
from gateway.municipal.events import Events
from gateway.municipal.expiry import Expiries
from gateway.municipal.grant_files import GrantFiles
from gateway.municipal.grant_projects import GrantProjects
from gateway.municipal.grants import Grants
from gateway.municipal.notices import Notices
from gateway.municipal.pay_codes import PayCodes
from gateway.municipal.point_rules import PointRules
from gateway.municipal.point_services import PointServices
from gateway.municipal.settlement import Settlements
from gateway.municipal.shops import Shops
from gateway.municipal.spending import Spending
from gateway.municipal.staff import StaffDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """One of each."""

    desk: CityDesk
    staff: StaffDesk
    services: PointServices
    rules: PointRules
    expiries: Expiries
    events: Events
    projects: GrantProjects
    grants: Grants
    files: GrantFiles
    shops: Shops
    codes: PayCodes
    spending: Spending
    settlements: Settlements
    notices: Notices
    nightly: CityNightly

    @classmethod
    def open(
        cls, *, store: Store, vault: Vault, clock: Clock, tasks: Tasks, hasher: PasswordHasher, site: str
    ) -> City:
        desk = CityDesk(store=store, vault=vault, clock=clock, tasks=tasks, hasher=hasher, site=site)
        rules, expiries, files = PointRules(desk), Expiries(desk), GrantFiles(desk)
        notices = Notices(desk)
        outcomes = EventOutcomes(desk)
        return cls(
            desk=desk,
            staff=StaffDesk(desk),
            services=PointServices(desk),
            rules=rules,
            expiries=expiries,
            events=Events(desk, outcomes),
            projects=GrantProjects(desk),
            grants=Grants(desk),
            files=files,
            shops=Shops(desk),
            codes=PayCodes(desk),
            spending=Spending(desk),
            settlements=Settlements(desk),
            notices=notices,
            nightly=CityNightly(
                desk=desk, rules=rules, expiries=expiries, files=files, notices=notices, outcomes=outcomes
            ),
        )
