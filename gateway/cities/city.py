"""The municipal cloud's use cases, made once from what the gateway has opened."""

from __future__ import annotations

from dataclasses import dataclass

from core_ledger import Store
from gateway.cities.announcements import Announcements
from gateway.cities.carry_in.carry_ins import CarryIns
from gateway.cities.carry_in.claims import Claims
from gateway.cities.carry_in.lost_codes import LostCodes
from gateway.cities.city_context import CityContext
from gateway.cities.event_outcome import EventOutcomes
from gateway.cities.events import Events
from gateway.cities.grants.corrections import Corrections
from gateway.cities.grants.grant_files import GrantFiles
from gateway.cities.grants.grant_projects import GrantProjects
from gateway.cities.grants.grants import Grants
from gateway.cities.member_data.member_data import MemberData
from gateway.cities.member_data.privacy_texts import PrivacyTexts
from gateway.cities.nightly import CityNightly
from gateway.cities.notices import Notices
from gateway.cities.platform_deeds.exchange_services import ExchangeServices
from gateway.cities.platform_deeds.platform_deeds import PlatformDeeds
from gateway.cities.platform_deeds.platform_keys import PlatformKeys
from gateway.cities.point_rules import PointRules
from gateway.cities.point_services import PointServices
from gateway.cities.proposals.proposals import Proposals
from gateway.cities.settlement.settlement import Settlements
from gateway.cities.shops.applications import ShopApplications
from gateway.cities.shops.companies import Companies
from gateway.cities.shops.open_data import OpenShops
from gateway.cities.shops.shop_imports import ShopImports
from gateway.cities.shops.shops import Shops
from gateway.cities.shops.tills import Tills
from gateway.cities.spending.pay_cards import PayCards
from gateway.cities.spending.pay_codes import PayCodes
from gateway.cities.spending.spending import Spending
from gateway.cities.staff.staff import StaffService
from gateway.cities.support.member_support import MemberSupport
from gateway.cities.support.representatives import Representatives
from gateway.members.passwords import PasswordHasher
from gateway.platform.encryption import Vault
from gateway.platform.retention import Retention
from gateway.platform.tasks import Tasks
from gateway.plugin_interfaces import Clock
from gateway.points.expiry_sweep import ExpirySweep


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """One of each."""

    context: CityContext
    staff: StaffService
    proposals: Proposals
    member_data: MemberData
    privacy_texts: PrivacyTexts
    platform: PlatformDeeds
    platform_keys: PlatformKeys
    services: PointServices
    rules: PointRules
    expiries: ExpirySweep
    events: Events
    projects: GrantProjects
    grants: Grants
    files: GrantFiles
    carry_ins: CarryIns
    claims: Claims
    lost_codes: LostCodes
    corrections: Corrections
    shops: Shops
    shop_imports: ShopImports
    companies: Companies
    shop_applications: ShopApplications
    tills: Tills
    open_shops: OpenShops
    announcements: Announcements
    codes: PayCodes
    cards: PayCards
    spending: Spending
    settlements: Settlements
    support: MemberSupport
    representatives: Representatives
    notices: Notices
    nightly: CityNightly

    @classmethod
    def open(
        cls,
        *,
        store: Store,
        vault: Vault,
        clock: Clock,
        tasks: Tasks,
        hasher: PasswordHasher,
        site: str,
        retention: Retention | None = None,
        exchanges: ExchangeServices | None = None,
        open_data: frozenset[str] = frozenset(),
        open_data_phones: bool = False,
    ) -> City:
        """`open_data` are the municipalities whose shops anybody may list, with `open_data_phones` or without.

        Without `exchanges` nothing about an exchange is proposed: for programs that have no partners.
        """
        context = CityContext(
            store=store, vault=vault, clock=clock, tasks=tasks, hasher=hasher, site=site, exchanges=exchanges
        )
        rules, expiries, files = (
            PointRules(context),
            ExpirySweep(context.store, context.clock),
            GrantFiles(context),
        )
        notices = Notices(context)
        retention = retention or Retention()
        outcomes = EventOutcomes(context)
        staff = StaffService(context)
        return cls(
            context=context,
            staff=staff,
            proposals=Proposals(context),
            member_data=MemberData(context=context, retention=retention),
            privacy_texts=PrivacyTexts(context),
            platform=PlatformDeeds(context),
            platform_keys=PlatformKeys(context),
            services=PointServices(context),
            rules=rules,
            expiries=expiries,
            events=Events(context, outcomes),
            projects=GrantProjects(context),
            grants=Grants(context),
            files=files,
            carry_ins=CarryIns(context),
            claims=Claims(context),
            lost_codes=LostCodes(context),
            corrections=Corrections(context),
            shops=Shops(context),
            shop_imports=ShopImports(context),
            companies=Companies(context),
            shop_applications=ShopApplications(context),
            tills=Tills(context=context, staff=staff, unused_ttl=retention.unused_tills),
            open_shops=OpenShops(context, open_data, with_phones=open_data_phones),
            announcements=Announcements(context),
            codes=PayCodes(context),
            cards=PayCards(context),
            spending=Spending(context),
            settlements=Settlements(context),
            support=MemberSupport(context),
            representatives=Representatives(context),
            notices=notices,
            nightly=CityNightly(
                context=context,
                rules=rules,
                expiries=expiries,
                files=files,
                carry_ins=CarryIns(context),
                notices=notices,
                outcomes=outcomes,
                proposals=Proposals(context),
                shop_applications=ShopApplications(context),
                retention=retention,
            ),
        )
