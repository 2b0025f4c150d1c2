"""The hooks that make a partner: the table of contents of a plugin, and the file to read first.

A plugin is one instance with the methods below, each marked with `@hookimpl`. It may name fewer parameters
than the hook gives, never others. Each partner has a plugin manager of its own, so a call reaches exactly
one plugin. Every plugin has: `partner_profile`, `check_connection`, `rate_table`, `debit`, `find_debit`.
An account link (`LinkKind.ACCOUNT`) adds `begin_handoff`, `complete_handoff` and `balances`; a coupon link
(`LinkKind.COUPON`) adds `coupon_value`. `wallet_priority`, `reverse_debit`, `find_reversal`, `debits_on` and
`read_push` are optional.

Points cannot be lost if two rules are kept. **Only an explicit no is a no**: where `debit` is not sure, it raises
or returns nothing, and the gateway asks `find_debit` later. **A yes shows what was taken and from whom**: lines and
service id come from the partner's answer, and the gateway compares them. The gateway never sends a debit twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pluggy

from gateway.model import (
    Balances,
    Coupon,
    CouponValue,
    DebitAnswer,
    DebitList,
    DebitOrder,
    Destination,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    LinkedAccount,
    PartnerProfile,
    Push,
    PushAnswer,
    RateTable,
    Reversal,
    ReverseAnswer,
    WalletId,
)

PROJECT = "gateway"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class PartnerHooks:
    """Called as they are needed, in this order for one exchange."""

    # --- who the partner is: answered at once, from memory -------------------------------------------------

    @hookspec(firstresult=True)
    def partner_profile(self) -> PartnerProfile:
        """Name, kind of link, wallets, hosts and promises of the partner. The same at every call."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def wallet_priority(self, destination: Destination, at: datetime) -> Sequence[WalletId]:
        """The order in which wallets are drawn on (ウォレット優先); default: as listed in the profile.

        A wallet not named is not drawn on for this destination. An order counts as long as the rate table is good.
        """
        raise NotImplementedError

    # --- asking, which moves no points ---------------------------------------------------------------------

    @hookspec(firstresult=True)
    async def check_connection(self) -> None:
        """Reach the partner and prove that our credentials are accepted; raise if not. Moves nothing."""

    @hookspec(firstresult=True)
    async def rate_table(self, at: datetime) -> RateTable:
        """All rates known at `at`, those that start or end in the future included (交換レート)."""
        raise NotImplementedError

    # --- an account link -----------------------------------------------------------------------------------

    @hookspec(firstresult=True)
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        """Prepare the member's visit to the partner's site and say where the browser goes (協力会社のサイトに遷移)."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        """The browser is back: prove with the partner who it is. Raise `HandoffRefused` for an explicit no.

        What the browser carries is not proof: ask the partner, and check that the answer is about
        `returned.exchange_id`.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def balances(self, account: LinkedAccount) -> Balances:
        """What the member could exchange now, per wallet (交換可能なポイント数). Raise `LinkEnded` when unlinked."""
        raise NotImplementedError

    # --- a coupon link -------------------------------------------------------------------------------------

    @hookspec(firstresult=True)
    async def coupon_value(self, coupon: Coupon) -> CouponValue:
        """What the coupon is worth, without spending it. Raise `CouponRefused` for an explicit no."""
        raise NotImplementedError

    # --- moving points -------------------------------------------------------------------------------------

    @hookspec(firstresult=True)
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        """Take the partner's points (減算), once, with `order.exchange_id` as the idempotency key.

        Answers `Debited`, `Declined`, `InProgress`, `IdReused` (the id stands for another order) or `NotProcessed`
        (documented: nothing was looked at). There is no "failed": raise, and it is unknown.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def find_debit(self, exchange_id: ExchangeId, reference: str | None) -> FindAnswer:
        """What became of that debit (照会)? Moves nothing. `NoRecord` when the partner knows nothing of it.

        `reference`: the partner's own number, where a push told it. The answer is about `exchange_id` all the same.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:
        """Give the partner's points back (取消・返還), with `reversal.reversal_id` as the idempotency key.

        Sent again under the same id while the outcome is unknown and the key is younger than `keys_kept_for`.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:
        """What became of that reversal? Moves nothing. Asked when its key is too old to be sent again."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def debits_on(self, day: date) -> DebitList:
        """Every debit in the partner's book for that day in JST, for the nightly comparison (突合).

        Returns all of them, or yields pages: then each page has its own deadline, and others run in between.
        """
        raise NotImplementedError

    # --- what the partner says by itself ---------------------------------------------------------------------

    @hookspec(firstresult=True)
    async def read_push(self, push: Push) -> PushAnswer:
        """Prove that the message is the partner's, and say which debit it is about. Raise `PushRefused` where it is not.

        For partners that push in a format of their own. Whatever it says, the gateway asks `find_debit`.
        """
        raise NotImplementedError


ALWAYS_REQUIRED = ("partner_profile", "check_connection", "rate_table", "debit", "find_debit")
REQUIRED_FOR_ACCOUNT_LINK = ("begin_handoff", "complete_handoff", "balances")
REQUIRED_FOR_COUPON_LINK = ("coupon_value",)
OPTIONAL = ("wallet_priority", "reverse_debit", "find_reversal", "debits_on", "read_push")
