"""The use cases of exchanges that the platform's deeds act through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.reversals import Reversals
from gateway.partners.partner import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeServices:
    """A municipal cloud that is opened without them knows no exchange, and nobody proposes anything about one."""

    poller: OutcomePoller
    reversals: Reversals
    corrections: CorrectionService

    @property
    def context(self) -> ExchangeContext:
        return self.reversals.context

    @property
    def partners(self) -> Mapping[str, Partner]:
        return self.context.partners
