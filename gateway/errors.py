"""What can go wrong, and what each means for the member's points.

    GatewayError
    ├── OutcomeUnknown        the partner may or may not have taken its points: the hold stays, we ask later
    ├── NotSent               provably nothing left this machine: the hold is given back
    ├── PartnerRefused        the partner said an explicit no to something that moves no points
    │   ├── HandoffRefused        the member declined, or the return does not fit what was begun
    │   ├── CouponRefused         unknown, used or expired coupon
    │   ├── LinkEnded             the partner no longer accepts this link: link again
    │   └── PushRefused           a message that is not the partner's, or not of now
    ├── PartnerUnavailable    the partner cannot be asked now; nothing has moved, ask again later
    ├── NotEnough             fewer points than the units asked for; nothing has moved
    ├── NoRate                no rate is in force for this destination; nothing has moved
    ├── SecretMissing         a setting names a secret that cannot be read; nothing is started
    └── ProblemError          a request we do not carry out; nothing has moved. Its `type` is a stable word,
                              its text says what to do instead

A plugin raises the first five groups; everything else that leaves a plugin (a time-out, a crash, an answer
of the wrong shape) is made one of them by `gateway.partners.partner`: for `debit` always `OutcomeUnknown`.
"""

from __future__ import annotations

from typing import NamedTuple


class BothLanguages(NamedTuple):
    """A text for people, as a `Label` of the model is; errors stand below the model."""

    ja: str
    en: str


class GatewayError(Exception):
    """Root of all that this package raises on purpose."""


class OutcomeUnknown(GatewayError):
    """Neither success nor failure: only `find_debit` can tell. Never answered by trying again."""


class NotSent(GatewayError):
    """Provably nothing left this machine, so nothing happened at the partner."""


class PartnerRefused(GatewayError):
    """An explicit no to something that moves no points.

    `reason` is a stable word such as `member_declined`: lower case, digits, `_` and `-`. Anything else reaches
    nobody, it is told as `refused`. The text is for operators.
    """

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


class HandoffRefused(PartnerRefused):
    """The member declined at the partner's site, or the return does not fit what was begun."""


class CouponRefused(PartnerRefused):
    """The partner does not honour this coupon. Reasons: `unknown`, `used`, `expired`, `malformed`."""


class LinkEnded(PartnerRefused):
    """The partner no longer accepts the saved link; the member links the account again."""

    def __init__(self, reason: str = "link_ended", text: str = "") -> None:
        super().__init__(reason, text)


class PushRefused(PartnerRefused):
    """A message that came as the partner's and is not proven to be. Whoever sent it learns nothing of the reason."""


class PartnerUnavailable(GatewayError):
    """The partner cannot be asked now; nothing has moved. `retry_after_s` where the partner said so."""

    def __init__(self, text: str, retry_after_s: int | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class NotEnough(GatewayError):
    """The wallets do not hold the units asked for. `units_short` says how many (口) are missing.

    `notes` are the partner's own: why there is not more ("100,000 of 100,000 used in July").
    """

    def __init__(self, units: int, units_short: int, notes: tuple[BothLanguages, ...] = ()) -> None:
        text = f"{units} units were asked for and {units_short} of them cannot be drawn"
        super().__init__("; ".join((text, *(note.en for note in notes))))
        self.units = units
        self.units_short = units_short
        self.notes = notes


class NoRate(GatewayError):
    """No rate is in force for a wallet and destination at that moment."""


class SecretMissing(GatewayError):
    """A secret named in the settings cannot be read. The text names the place, never the value."""


class ProblemError(GatewayError):
    """A request that is not carried out; nothing has moved.

    `type` is the word of a problem type (`quote-expired`), which programs may branch on; the API's list of problem
    types holds its HTTP status and its remedy in two languages. The text says in one English sentence what to do,
    where the remedy can be more exact. `facts` are values for the problem document; of one in both languages it has the reader's.
    """

    def __init__(self, type_: str, text: str = "", **facts: str | int | BothLanguages) -> None:
        super().__init__(text)
        self.type = type_
        self.facts = facts
