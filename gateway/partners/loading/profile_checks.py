"""Do a partner's profile and rates make sense together? Every fault is one sentence that says where and what.

Checked when a plugin is loaded and again with every rate table it gives: a quote must never meet two rates,
a rate of nothing, or a wallet that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta
from itertools import combinations
from typing import Final, get_args

from gateway.model import (
    JST,
    DestinationKind,
    Label,
    LinkKind,
    PartnerKind,
    PartnerProfile,
    Provable,
    Rate,
    RateTable,
    WalletId,
)

_HOST: Final = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?", re.IGNORECASE)
MAX_DEADLINE_S: Final = 120.0
MAX_GOOD_FOR: Final = timedelta(hours=1)
MAX_DECIDES_WITHIN: Final = timedelta(days=366)
MAX_SPANS: Final = {
    "arrives_within": timedelta(days=366),
    "debits_may_hide_for": timedelta(days=366),
    "keys_kept_for": timedelta(days=3_660),
}
"""Longer ones would leave the calendar; for a key that is kept for ever ten years are written."""


def coherence(profile: PartnerProfile, rates: RateTable | None = None) -> tuple[str, ...]:
    """What is wrong, most basic first; empty when nothing is. Without `rates` the profile alone is looked at."""
    faults = tuple(_profile_faults(profile))
    if faults or rates is None:
        return faults
    return tuple(_rate_table_faults(profile, rates))


def _profile_faults(profile: PartnerProfile) -> Iterator[str]:
    if not _is(profile.kind, PartnerKind) or not _is(profile.link, LinkKind):
        yield "the profile's kind and link must be a PartnerKind and a LinkKind"
    labels: dict[str, object] = {
        "name": profile.name,
        "points_name": profile.points_name,
        "terms": profile.terms,
    }
    for name, label in labels.items():
        yield from _label_faults(f"the profile's {name}", label)
    if not _is(profile.wallets, tuple) or not profile.wallets:
        yield "the profile needs a tuple of at least one wallet"
        return
    ids = [wallet.id for wallet in profile.wallets]
    if not all(_is(id_, str) and id_ for id_ in ids):
        yield "every wallet needs an id"
    for id_ in sorted({str(id_) for id_ in ids if ids.count(id_) > 1}):
        yield f"the wallet {id_} is in the profile twice"
    for wallet in profile.wallets:
        yield from _label_faults(f"the name of wallet {wallet.id}", wallet.name)
    if not _is(profile.hosts, tuple) or not profile.hosts:
        yield "the profile's hosts must be a tuple of every host that the plugin talks to"
    elif strange := [host for host in profile.hosts if not _is(host, str) or not _HOST.fullmatch(host)]:
        yield f"the host {strange[0]!r} is neither `name` nor `name:port`"
    for name, longest in MAX_SPANS.items():
        span = getattr(profile, name)
        if not _is(span, timedelta) or not timedelta(0) <= span <= longest:
            yield f"the profile's {name} must be a timedelta from 0 to {longest.days:,} days"
    if (
        not _is(profile.decides_within, timedelta)
        or not timedelta(0) < profile.decides_within <= MAX_DECIDES_WITHIN
    ):
        yield f"the profile's decides_within must be a timedelta above 0 and of at most {MAX_DECIDES_WITHIN.days} days"
    elif profile.proves is not None:
        yield from _contradicting_spans(profile)
    if not _is(profile.ids_ignore_case, bool):
        yield "the profile's ids_ignore_case must be True or False"
    yield from _proves_faults(profile)
    if _is(profile.deadline_s, bool) or not _is(profile.deadline_s, (int, float)):
        yield "the profile's deadline_s must be a number of seconds"
    elif not 0 < profile.deadline_s <= MAX_DEADLINE_S:
        yield f"the profile's deadline_s must be above 0 and at most {MAX_DEADLINE_S:.0f}"


def _contradicting_spans(profile: PartnerProfile) -> Iterator[str]:
    """Promises that cannot both be kept. Plugins of the first edition have not made the second of each."""
    for name, remedy in (
        (
            "arrives_within",
            "the member is promised the points for a day on which a person has been called already",
        ),
        ("debits_may_hide_for", 'no "no record" could ever be believed'),
    ):
        span = getattr(profile, name)
        if _is(span, timedelta) and span > profile.decides_within:
            yield (
                f"the profile's decides_within ({_span(profile.decides_within)}) is shorter than its {name}"
                f" ({_span(span)}): {remedy}; say how long the partner really takes to decide"
            )


def _span(span: timedelta) -> str:
    return str(span).removesuffix(", 0:00:00")


def _proves_faults(profile: PartnerProfile) -> Iterator[str]:
    proves = profile.proves
    if proves is None:
        return
    if not _is(proves, AbstractSet) or not all(_is(fact, str) for fact in proves):
        yield (
            'the profile\'s proves must be a set of "amount" and "account",'
            " or set() where the partner's answers tell neither"
        )
    elif unknown := sorted(proves - set(get_args(Provable))):
        yield f'the profile\'s proves names {unknown[0]!r}; there are "amount" and "account"'
    elif profile.link is LinkKind.COUPON and "account" in proves:
        yield 'the profile\'s proves names "account", which a coupon link has not; leave it out'


def _rate_table_faults(profile: PartnerProfile, table: RateTable) -> Iterator[str]:
    if not _is(table.rates, tuple) or not all(_is(rate, Rate) for rate in table.rates):
        yield "the rate table needs a tuple of Rate"
        return
    for note in table.notes:
        yield from _label_faults("a note of the rate table", note)
    if not _is(table.good_for, timedelta) or not timedelta(0) <= table.good_for <= MAX_GOOD_FOR:
        yield "the rate table's good_for must be a timedelta from 0 to one hour"
    known = {wallet.id for wallet in profile.wallets}
    sound = True
    for number, rate in enumerate(table.rates, 1):
        faults = list(_rate_faults(rate, known))
        sound = sound and not faults
        yield from (f"rate {number} ({rate.wallet}): {fault}" for fault in faults)
    if sound:
        yield from _overlaps(table.rates)


def _rate_faults(rate: Rate, known: AbstractSet[WalletId]) -> Iterator[str]:
    if rate.wallet not in known:
        yield "the profile has no such wallet"
    kinds = rate.destinations
    if not _is(kinds, frozenset) or not kinds or not all(_is(kind, DestinationKind) for kind in kinds):
        yield "destinations must be a frozenset of at least one DestinationKind"
    for name in ("cost_per_unit", "points_per_unit", "min_units", "max_units"):
        if not _is_positive(getattr(rate, name)):
            yield f"{name} must be a whole number above 0"
            return
    if rate.min_units > rate.max_units:
        yield "min_units is above max_units"
    if not _is(rate.source, str) or not rate.source.strip():
        yield "source is empty; say where the numbers come from, or that nobody confirms them"
    bounds = [moment for moment in (rate.starts_at, rate.ends_at) if moment is not None]
    if any(not _is(moment, datetime) or moment.utcoffset() is None for moment in bounds):
        yield "starts_at and ends_at must be datetimes with their offset (tzinfo=JST)"
    elif len(bounds) == 2 and not bounds[0] < bounds[1]:
        yield "starts_at must be before ends_at"
    elif abroad := [moment for moment in bounds if _is_midnight_elsewhere(moment)]:
        yield (
            f"{abroad[0].isoformat()} is midnight in another zone and {abroad[0].astimezone(JST):%H:%M} in Japan;"
            " write it with tzinfo=JST"
        )
    if (campaign := rate.campaign) is not None:
        if (
            not _is_positive(campaign.extra_points_per_unit)
            or campaign.extra_points_per_unit > rate.points_per_unit
        ):
            yield "the campaign's extra_points_per_unit must be above 0 and at most points_per_unit"
        if not (_names_in_the_ledger(campaign.id) and _names_in_the_ledger(campaign.funder)):
            yield "the campaign needs an id and a funder, each of 1 to 100 characters without ':' and line breaks"
        yield from _label_faults("the campaign's name", campaign.name)


def _is_midnight_elsewhere(moment: datetime) -> bool:
    return moment.utcoffset() != JST.utcoffset(None) and moment.time() == time()


def _names_in_the_ledger(word: object) -> bool:
    """Whether it can be a part of an account's name."""
    return isinstance(word, str) and 0 < len(word) <= 100 and word.isprintable() and ":" not in word


def _overlaps(rates: Sequence[Rate]) -> Iterator[str]:
    """Two rates of the same rank that would both be in force leave open which one a quote uses."""
    for (first, rate), (second, other) in combinations(enumerate(rates, 1), 2):
        same_rank = (rate.campaign is None) == (other.campaign is None)
        if (
            same_rank
            and rate.wallet == other.wallet
            and rate.destinations & other.destinations
            and rate.min_units <= other.max_units
            and other.min_units <= rate.max_units
            and _begins_before_end(rate, other)
            and _begins_before_end(other, rate)
        ):
            yield f"rates {first} and {second} ({rate.wallet}) are in force at the same time; let one end where the other starts"


def _begins_before_end(one: Rate, other: Rate) -> bool:
    return one.starts_at is None or other.ends_at is None or one.starts_at < other.ends_at


def _label_faults(what: str, label: object) -> Iterator[str]:
    if isinstance(label, Label) and _is_text(label.ja) and _is_text(label.en):
        return
    yield f"{what} must be a Label with a text in Japanese and one in English"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Isinstance for values whose type hints are only a plugin's promise, so that no check counts as idle."""
    return isinstance(value, kinds)
