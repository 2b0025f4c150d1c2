"""Rates in force, drawing on wallets, quotes: pure functions of whole numbers.

No clock, no database, no partner: everything they need is an argument, so each rule can be read and tested
by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from gateway.errors import NoRate, NotEnough, ProblemError
from gateway.model import BalanceLot, Destination, Label, Rate, WalletId

MAX_UNITS = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLine:
    """`units` (口) drawn from one wallet at one rate."""

    rate: Rate
    units: int

    @property
    def wallet(self) -> WalletId:
        return self.rate.wallet

    @property
    def amount(self) -> int:
        """What leaves the wallet, in the wallet's own points."""
        return self.units * self.rate.cost_per_unit

    @property
    def points(self) -> int:
        """What the member receives, the campaign's part included."""
        return self.units * self.rate.points_per_unit

    @property
    def campaign_points(self) -> int:
        """The part of `points` that the campaign's funder pays."""
        return self.units * self.rate.campaign.extra_points_per_unit if self.rate.campaign else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What to debit, and the points that it brings."""

    lines: tuple[DrawnLine, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def points(self) -> int:
        return sum(line.points for line in self.lines)

    @property
    def points_by_campaign(self) -> dict[tuple[str, str], int]:
        """(funder, campaign) → points that this funder pays for this campaign."""
        paid: dict[tuple[str, str], int] = {}
        for line in self.lines:
            campaign = line.rate.campaign
            if campaign is not None and line.campaign_points:
                key = (campaign.funder, campaign.id)
                paid[key] = paid.get(key, 0) + line.campaign_points
        return paid

    @property
    def partner_points(self) -> int:
        """What the partner itself owes: all points less those of campaigns."""
        return self.points - sum(self.points_by_campaign.values())


def rate_in_force(
    rates: Sequence[Rate], wallet: WalletId, destination: Destination, at: datetime, units: int
) -> Rate | None:
    """The rate for so many units of a wallet; a campaign's rate wins over the ordinary one."""
    matching = [r for r in rates if r.wallet == wallet and r.in_force(destination.kind, at, units)]
    matching.sort(key=lambda rate: rate.campaign is None)
    return matching[0] if matching else None


def draw(
    units: int,
    rates: Sequence[Rate],
    priority: Sequence[WalletId],
    available: Mapping[WalletId, int],
    destination: Destination,
    at: datetime,
) -> Drawing:
    """Spread `units` (口) over wallets in `priority` order, whole units only.

    Each unit is drawn from the first wallet that still holds a whole unit, so 449 of a wallet whose unit costs
    450 are left alone. `available` is in each wallet's own points. Returns what to debit and the points it
    brings. Raises NoRate when no wallet has a rate in force, NotEnough naming the units short.
    Source: the wallet footnote of the seed's exchange screens; that it repeats for each unit is our reading.
    """
    require_units(units)
    lines: list[DrawnLine] = []
    short = units
    any_rate = False
    for wallet in priority:
        if not short:
            break
        rate = rate_in_force(rates, wallet, destination, at, units)
        if rate is None:
            continue
        any_rate = True
        whole_units = min(short, available.get(wallet, 0) // rate.cost_per_unit)
        if whole_units:
            lines.append(DrawnLine(rate=rate, units=whole_units))
            short -= whole_units
    if not any_rate:
        raise NoRate(f"no rate is in force for {destination.kind} at {at.isoformat()}")
    if short:
        raise NotEnough(units, short)
    return Drawing(lines=tuple(lines))


def lots_drawn(amount: int, lots: Sequence[BalanceLot]) -> tuple[BalanceLot, ...]:
    """Which of a wallet's lots an amount is drawn from, in the order in which the partner draws on them.

    () where the partner tells no lots.
    """
    drawn: list[BalanceLot] = []
    for lot in lots:
        if amount <= 0:
            break
        drawn.append(replace(lot, amount=min(amount, lot.amount)))
        amount -= lot.amount
    return tuple(drawn)


def units_of_coupon(
    amount: int, wallet: WalletId, rates: Sequence[Rate], destination: Destination, at: datetime
) -> int:
    """How many units a coupon of `amount` makes; a coupon is exchanged whole or not at all.

    Raises NoRate, or ProblemError when the amount is not a whole number of units.
    """
    in_force = [r for r in rates if r.wallet == wallet and r.in_force(destination.kind, at)]
    if not in_force:
        raise NoRate(f"no rate is in force for {wallet} to {destination.kind} at {at.isoformat()}")
    for rate in sorted(in_force, key=lambda rate: rate.campaign is None):
        units, rest = divmod(amount, rate.cost_per_unit)
        # The rate that `draw` will use for so many units: at another one, a part of the coupon would be lost.
        if not rest and rate_in_force(rates, wallet, destination, at, units) is rate:
            return units
    raise ProblemError(
        "coupon-not-whole-units",
        f"the coupon is worth {amount}, which is no whole number of units; ask the partner that issued it",
    )


def most_units(
    rates: Sequence[Rate],
    priority: Sequence[WalletId],
    available: Mapping[WalletId, int],
    destination: Destination,
    at: datetime,
) -> int:
    """The largest number of units (口) that can be drawn now; 0 when nothing can."""
    in_force = [
        r
        for r in rates
        if r.wallet in priority and r.in_force(destination.kind, at) and available.get(r.wallet, 0)
    ]
    # A rate may depend on how much is exchanged at once: from one of these to the next below it all rates stay the same.
    ceilings = {min(MAX_UNITS, r.max_units) for r in in_force} | {r.min_units - 1 for r in in_force}
    steps = sorted({*ceilings, 0}, reverse=True)
    for ceiling, floor in pairwise(steps):
        held = 0
        for wallet in priority:
            rate = rate_in_force(rates, wallet, destination, at, ceiling)
            held += available.get(wallet, 0) // rate.cost_per_unit if rate else 0
        if held > floor:
            return min(ceiling, held)
    return 0


def require_units(units: int) -> None:
    """口数: 1 to 9,999. Raises ProblemError."""
    if not 1 <= units <= MAX_UNITS:
        raise _units_refused(f"{units:,} is out of range" if abs(units) < 10**9 else "it is out of range")


def units_fault(typed: str) -> Label | None:
    """What is wrong with a typed 口数, without repeating it; None when nothing is."""
    if not typed:
        return Label("何も入力されていません", "nothing was typed")
    if not typed.isascii():
        return Label(
            "全角などの文字があります。半角数字で入力してください",
            "it has full-width or other wide characters; type half-width digits (半角数字)",
        )
    if typed[0] in "+-":
        return Label("符号があります。数字だけを入力してください", "it has a sign; type digits only")
    if not typed.isdigit():
        return Label("0 から 9 の数字ではない文字があります", "it has something other than the digits 0 to 9")
    if len(typed) > 4:
        return Label("範囲の外です", "it is out of range")
    if typed[0] == "0":
        return Label("0 で始まっています", "it starts with 0")
    return None


def _units_refused(why: str) -> ProblemError:
    return ProblemError(
        "units-not-allowed",
        f"the number of units (口数) was not taken: {why}. Give a whole number from 1 to {MAX_UNITS:,}",
    )
