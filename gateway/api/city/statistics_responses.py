"""What the API gives a dashboard: figures, sums, what is open, what partners owe."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from pydantic import Field

from gateway.api.city.rules_responses import ServiceBalanceView
from gateway.api.responses import LabelView, View
from gateway.cities.settlement.partner_settlement import PartnerMonth
from gateway.cities.statistics.open_exchanges import OpenAtPartner
from gateway.model import Label


class ManyRows(View):
    """A list of thousands of plain rows, read from the values themselves in one go: ten times as quick as one by one."""

    @classmethod
    def of(cls, **rows: Any) -> Self:
        return cls.model_validate(rows, from_attributes=True)


class DayFigureView(View):
    day: date
    figure: str
    party: str
    moves: int
    points: int


class DayFigures(ManyRows):
    """`figure`: granted, exchanged, campaign, allocated, refunded come in; spent, expired, reversed go out."""

    figures: list[DayFigureView]


class DayTotalView(View):
    day: date
    figure: str
    moves: int
    points: int


class DayTotals(ManyRows):
    """The figures of all parties together, day by day."""

    totals: list[DayTotalView]


class PartyTotalView(View):
    figure: str
    party: str
    moves: int
    points: int


class PartyTotals(ManyRows):
    """The figures of a period by shop, partner or project; the largest of each figure first."""

    totals: list[PartyTotalView]


class MonthOfIssueView(View):
    month: str
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int


class MonthsOfIssue(ManyRows):
    """issued = held + spent + expired + reversed, for every month of issue; `held` is what is unused."""

    months: list[MonthOfIssueView]


class CityExpiringView(View):
    last_day: date | None
    points: int


class ExpiringList(ManyRows):
    """Unused points by the last day on which they can be used; null: they never expire."""

    expiring: list[CityExpiringView]


class OpenExchangesView(View):
    partner_id: str
    state: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None


class OpenExchangesList(ManyRows):
    """Exchanges into the city's points whose outcome is not known yet: sending, open or needs_a_person."""

    open: list[OpenExchangesView]


class IssueFigureView(View):
    issued_on: date
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int
    last_day: date | None


class IssueFigures(ManyRows):
    """issued = held + spent + expired + reversed, for every day of issue."""

    figures: list[IssueFigureView]


class CityPartner(View):
    """`open_exchanges` to this city, for `open_points`, the oldest sent at `oldest_at`; some wait for a person."""

    partner_id: str
    name: LabelView
    open_exchanges: int
    open_points: int
    oldest_at: datetime | None
    waiting_for_a_person: int

    @classmethod
    def of(cls, partner_id: str, name: Label | None, found: OpenAtPartner | None) -> CityPartner:
        return cls(
            partner_id=partner_id,
            name=LabelView.of(name or Label(partner_id, partner_id)),
            open_exchanges=found.exchanges if found else 0,
            open_points=found.points if found else 0,
            oldest_at=found.oldest_sent_at if found else None,
            waiting_for_a_person=found.waiting_for_a_person if found else 0,
        )


class CityPartners(View):
    partners: list[CityPartner]


class UnusedView(View):
    """Unused points of each point service at the end of a day (for 31 March and 30 September)."""

    day: date
    services: list[ServiceBalanceView]
    points: int


class RateLineView(View):
    """One rate of a month. `owed_by` is the partner's id, or that of the funder who pays for the campaign."""

    owed_by: str
    owed_by_name: LabelView
    wallet: str
    wallet_name: LabelView
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    campaign_name: LabelView | None
    exchanges: int
    units: int
    points: int


class PartnerMonthView(View):
    """`owes` is the partner's own part, after reversals and corrections; campaigns are owed by their funders.

    `compared` exchanges were laid beside the partner's book since they ended; on `days_left` days nobody has compared
    yet, and `differences` of the others nobody has closed.

    `funders_reversed` comes off what each funder's lines say, and `funders_corrected` comes on top of it (or off it,
    below zero).
    """

    partner_id: str
    name: LabelView
    month: str
    lines: list[RateLineView]
    exchanges: int
    compared: int
    days_left: int
    differences: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    funders_reversed: dict[str, int] = Field(examples=[{"kasama": 100}])
    funders_corrected: dict[str, int] = Field(examples=[{"kasama": -100}])
    open_outcomes: int
    owes: int
    reconciled: bool

    @classmethod
    def of(cls, month: PartnerMonth) -> PartnerMonthView:
        return cls.model_validate(month, from_attributes=True)


class PartnerMonths(View):
    partners: list[PartnerMonthView]
