"""How long what is not for ever stays, where an operator may decide it: `[retention]` in the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`notices`: what happened to a member's account. `unconfirmed_exchanges`: those of which nothing came, from their end.

    `webhook_messages`: what was delivered or given up. `grant_file_texts`: notes and other columns of lists of grants.
    `carry_in_codes`: in files of a predecessor's balances that nobody goes on with; others lose them when they end.
    `shop_applications`: of shops that were refused, withdrew, or did not mend what was sent back.
    `unused_tills`: after which disuse a bound till has to be bound again.
    """

    notices: timedelta = timedelta(days=90)
    unconfirmed_exchanges: timedelta = timedelta(days=30)
    webhook_messages: timedelta = timedelta(days=30)
    grant_file_texts: timedelta = timedelta(days=5 * 365 + 2)
    carry_in_codes: timedelta = timedelta(days=28)
    shop_applications: timedelta = timedelta(days=90)
    unused_tills: timedelta = timedelta(days=30)
