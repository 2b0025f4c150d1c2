"""The member's own sum above which a payment asks who pays: a card, phone or passkey that was shown minutes ago.

A session that was left open, or opened with a stolen password, pays no more than this sum at once. The proof is the sign-in
itself: a session that began with a strong proof counts as fresh for `FRESH_FOR`. Any member lowers the sum; raising it or
taking it away needs a fresh proof, or whoever it is there to stop would do so first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, select

from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, proofs
from gateway.members.member_events import MemberEventKind
from gateway.members.proofs import ProofKind
from gateway.members.sessions import Session
from gateway.members.sign_in import StoreProtocol
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.encryption import Vault
from gateway.platform.security_log import SecurityEvent, account_name, log_security
from gateway.plugin_interfaces import Clock

FRESH_FOR: Final = timedelta(minutes=5)
STRONG: Final = frozenset({ProofKind.CARD, ProofKind.OIDC, ProofKind.PASSKEY})
_members = tables.members
_FIND: Final = CompiledStatement(
    select(_members.c.step_up_above).where(_members.c.member_id == bindparam("of_member"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUpState:
    """`above` is in points, None where every payment goes without a question. `has_strong_proof`: a sum can be set."""

    above: int | None
    has_strong_proof: bool


@dataclass(frozen=True, slots=True)
class StepUps:
    """The use cases of the member's own sum."""

    store: StoreProtocol
    clock: Clock
    vault: Vault

    async def get(self, member_id: str) -> StepUpState:
        return await self.store.read(lambda conn: _state(conn, member_id))

    async def change(self, session: Session, above: int | None) -> StepUpState:
        """Set the sum, from this moment on.

        Raises ProblemError: `fresh-proof-needed` (403) where it is raised or taken away and the sign-in proves nothing fresh;
        `step-up-no-proof` (409) where the member has nothing to prove it with later.
        """
        now = self.clock()

        def job(conn: Connection) -> StepUpState:
            member_rows.require_member(conn, session.member_id, lock=True)
            before = _state(conn, session.member_id)
            if above == before.above:
                return before
            is_lowered = above is not None and (before.above is None or above < before.above)
            if not is_lowered and not is_fresh(session, now):
                raise fresh_proof_needed(before.above or 0)
            if above is not None and not before.has_strong_proof:
                raise ProblemError(
                    "step-up-no-proof",
                    "Add a card, phone or passkey first: without one nothing could be confirmed.",
                )
            member_rows.write(conn, session.member_id, step_up_above=above)
            member_events.record(conn, session.member_id, MemberEventKind.STEP_UP_CHANGED, now)
            return _state(conn, session.member_id)

        state = await self.store.run(job)
        account = account_name(self.vault, session.member_id)
        log_security(SecurityEvent.ACCOUNT_CHANGED, who="member", what="step-up", account=account)
        return state


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the sign-in shows, at this moment, that the member is there: who acts for the member has proved somebody else."""
    return session.acting is None and session.proved_by in STRONG and now - session.created_at <= FRESH_FOR


def find_above(conn: Connection, member_id: str) -> int | None:
    """The member's sum; None for no sum and for nobody's id."""
    row = _FIND.first(conn, {"of_member": member_id})
    return None if row is None else row["step_up_above"]


def require_provable(conn: Connection, member_id: str) -> None:
    """Raise ProblemError `proof-guards-payments` (409) where a sum is set that nothing could be proved above."""
    state = _state(conn, member_id)
    if state.above is not None and not state.has_strong_proof:
        raise ProblemError(
            "proof-guards-payments",
            f"Above {state.above:,} points payments are confirmed with this, and there is no other card, phone or passkey. "
            "Add one, or take the sum away first.",
            above=state.above,
        )


def carry_over(conn: Connection, from_member: str, to_member: str) -> None:
    """Two members are one person: the lower sum goes on, where there is something to prove it with. The caller holds both rows."""
    sums = [above for member in (from_member, to_member) if (above := find_above(conn, member)) is not None]
    if sums and _state(conn, to_member).has_strong_proof:
        member_rows.write(conn, to_member, step_up_above=min(sums))


def fresh_proof_needed(above: int) -> ProblemError:
    return ProblemError(
        "fresh-proof-needed",
        f"Above {above:,} points the member has asked for a card, phone or passkey; sign in with one and try again "
        "within five minutes. Nothing was taken.",
        above=above,
    )


def _state(conn: Connection, member_id: str) -> StepUpState:
    kinds = {proof.kind for proof in proofs.list_by_member(conn, member_id)}
    return StepUpState(above=find_above(conn, member_id), has_strong_proof=bool(kinds & STRONG))
