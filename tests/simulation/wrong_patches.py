"""Nine small mistakes that somebody could make, each of which the simulator must catch.

Each is a context manager that puts the mistake into the real code and takes it out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from gateway.errors import OutcomeUnknown
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.outcome import NeverSent
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.model import Declined, DeclineReason
from gateway.partners import partner
from gateway.partners.calls import debit_proof
from gateway.partners.isolation import process
from gateway.partners.partner import Partner


@contextmanager
def _instead(owner: Any, name: str, wrong: Any) -> Iterator[None]:
    right = getattr(owner, name)
    setattr(owner, name, wrong)
    try:
        yield
    finally:
        setattr(owner, name, right)


def retries_a_debit() -> Any:
    """The debit is sent again when its answer was lost."""
    right = Partner.debit

    async def debit(self: Partner, order: Any) -> Any:
        try:
            return await right(self, order)
        except OutcomeUnknown:
            return await right(self, order)

    return _instead(Partner, "debit", debit)


def reads_a_time_out_as_a_no() -> Any:
    """What is unknown is taken for declined."""
    right = Partner.debit

    async def debit(self: Partner, order: Any) -> Any:
        try:
            return await right(self, order)
        except OutcomeUnknown:
            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)

    return _instead(Partner, "debit", debit)


def believes_no_record_at_once() -> Any:
    """A debit that is still on its way is taken for one that never was."""
    at_once = timedelta()
    return _instead(OutcomePoller, "_no_record_is_believed_in", lambda _self, _partner, _exchange: at_once)


def voids_before_asking() -> Any:
    """What is found half sent after a crash is given back without a question."""
    right = OutcomePoller.ask

    async def ask(self: OutcomePoller, book: str, exchange_id: str) -> Any:
        store = self.exchanges.context.store
        exchange = await store.read(lambda conn: records.get(conn, book, exchange_id))
        if exchange.state is State.SENDING:
            return await self.exchanges.write_outcome(exchange, NeverSent("found after a crash"), [])
        return await right(self, book, exchange_id)

    return _instead(OutcomePoller, "ask", ask)


def forgets_the_lease() -> Any:
    """Everybody asks about everything, whoever else is asking."""
    return _instead(records, "MAX_LEASE", timedelta(days=-1))


def believes_a_plain_yes() -> Any:
    """A yes for the id is enough, whatever it shows."""
    return _instead(partner, "compared", lambda answer, _expected, _profile: answer)


def sends_an_old_key_again() -> Any:
    """A reversal is sent again for as long as it is open, though the partner has forgotten its id."""
    return _instead(Reversals, "_key_is_kept", lambda _self, _partner, _reversal: True)


def believes_a_row_of_another_account() -> Any:
    """Amounts are compared, accounts are not."""
    return _instead(debit_proof, "same_account", lambda _theirs, _ours, *, ignore_case: True)


def calls_every_debit_of_a_dead_process_not_sent() -> Any:
    """A debit that ended with its plugin's process is free again, whether or not its request had left."""
    right = process.fault_of_ended_call
    return _instead(
        process,
        "fault_of_ended_call",
        lambda hook, text, *, sealed, may_have_left: right(hook, text, sealed=sealed, may_have_left=False),
    )


WRONG = {
    mistake.__name__: mistake
    for mistake in (
        retries_a_debit,
        reads_a_time_out_as_a_no,
        believes_no_record_at_once,
        voids_before_asking,
        forgets_the_lease,
        believes_a_plain_yes,
        sends_an_old_key_again,
        believes_a_row_of_another_account,
        calls_every_debit_of_a_dead_process_not_sent,
    )
}
