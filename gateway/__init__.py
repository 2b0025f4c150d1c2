"""The plugin author's whole world: `from gateway import hookimpl, Debited, Declined, …`.

Importing this package pulls in no web framework and no database. Everything named in `__all__` is public and
kept by semantic versioning; everything else may change with any release.
"""

from typing import TYPE_CHECKING

from gateway.errors import (
    CouponRefused,
    GatewayError,
    HandoffRefused,
    LinkEnded,
    NotSent,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnavailable,
)
from gateway.hookspecs import hookimpl
from gateway.json_answer import JsonAnswer
from gateway.model import (
    JST,
    Balances,
    Campaign,
    Coupon,
    CouponValue,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitList,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    Destination,
    DestinationKind,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    HandoffRequest,
    HandoffReturn,
    IdReused,
    InProgress,
    Label,
    LinkedAccount,
    LinkKind,
    NoRecord,
    NotProcessed,
    PartnerKind,
    PartnerProfile,
    Provable,
    Rate,
    RateTable,
    Reversal,
    ReverseAnswer,
    Reversed,
    Secret,
    Wallet,
    WalletId,
)
from gateway.plugin_interfaces import Clock, HttpAnswer, Log, PartnerHttp, PartnerSetup, Settings

__version__ = "0.2.0"

__all__ = [
    "JST",
    "Balances",
    "Campaign",
    "Clock",
    "Coupon",
    "CouponRefused",
    "CouponValue",
    "DebitAnswer",
    "DebitLine",
    "DebitList",
    "DebitOrder",
    "DebitRecord",
    "Debited",
    "DeclineReason",
    "Declined",
    "Destination",
    "DestinationKind",
    "ExchangeId",
    "FindAnswer",
    "FindReversalAnswer",
    "GatewayError",
    "Handoff",
    "HandoffRefused",
    "HandoffRequest",
    "HandoffReturn",
    "HttpAnswer",
    "IdReused",
    "InProgress",
    "JsonAnswer",
    "Label",
    "LinkEnded",
    "LinkKind",
    "LinkedAccount",
    "Log",
    "NoRecord",
    "NotProcessed",
    "NotSent",
    "OutcomeUnknown",
    "PartnerHttp",
    "PartnerKind",
    "PartnerProfile",
    "PartnerRefused",
    "PartnerSetup",
    "PartnerUnavailable",
    "Provable",
    "Rate",
    "RateTable",
    "Reversal",
    "ReverseAnswer",
    "Reversed",
    "Secret",
    "Settings",
    "Wallet",
    "WalletId",
    "hookimpl",
]

if not TYPE_CHECKING:  # a type checker is to know the names above and no others

    def __getattr__(name: str) -> object:
        """A name that is on its way out still works, and warns with file and line."""
        from gateway.partners.loading.deprecations import former

        return former(name)
