"""What the API tells staff about themselves, each other and what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.api.responses import View
from gateway.cities.staff.second_factor import Challenge, Passkey
from gateway.cities.staff.staff import ProofWanted, StaffSignedIn
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.platform.audit_log import AuditFault, AuditLine
from gateway.platform.roles import ALLOWED, PLATFORM
from gateway.points import directory


class StaffSessionView(View):
    """`actions` is what this role may do; a weak session (`strong` false) may only set up a second factor."""

    staff_id: str
    municipality: str
    municipality_name: str
    display_name: str
    login: str
    role: str
    shop_id: str | None
    strong: bool
    first_password: bool
    actions: list[str]
    idle_ends_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, session: StaffSession) -> StaffSessionView:
        return cls(
            staff_id=session.staff_id,
            municipality=session.municipality,
            municipality_name=_name(session.municipality),
            display_name=session.display_name,
            login=session.login,
            role=session.role,
            shop_id=session.shop_id,
            strong=session.strong,
            first_password=session.first_password,
            actions=sorted(ALLOWED[session.role]),
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
        )


class StaffSessionStarted(View):
    """Either a session with its `token`, or half a sign-in: complete it at /v1/staff/sessions/passkey or /totp."""

    token: str | None
    session: StaffSessionView | None
    sign_in_token: str | None
    by_passkey: bool
    by_totp: bool
    passkey_options: dict[str, Any] | None

    @classmethod
    def of(cls, found: StaffSignedIn | ProofWanted) -> StaffSessionStarted:
        if isinstance(found, StaffSignedIn):
            return cls(
                token=found.token.reveal(),
                session=StaffSessionView.of(found.session),
                sign_in_token=None,
                by_passkey=False,
                by_totp=False,
                passkey_options=None,
            )
        options = found.challenge.options
        return cls(
            token=None,
            session=None,
            sign_in_token=found.challenge.token.reveal(),
            by_passkey=found.by_passkey,
            by_totp=found.by_totp,
            passkey_options=dict(options) if options is not None else None,
        )


class PasskeyView(View):
    credential_id: str
    name: str
    created_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, passkey: Passkey) -> PasskeyView:
        return cls(
            credential_id=passkey.credential_id,
            name=passkey.name,
            created_at=passkey.created_at,
            used_at=passkey.used_at,
        )


class PasskeyBegun(View):
    token: str
    options: dict[str, Any]
    ends_at: datetime

    @classmethod
    def of(cls, challenge: Challenge) -> PasskeyBegun:
        return cls(
            token=challenge.token.reveal(), options=dict(challenge.options or {}), ends_at=challenge.ends_at
        )


class TotpBegun(View):
    """`address` is what the authenticator app's camera reads as a QR; `seed` is for typing."""

    seed: str
    address: str


class StaffView(View):
    staff_id: str
    login: str
    display_name: str
    role: str
    shop_id: str | None
    has_totp: bool
    active: bool
    password_is_first: bool
    created_at: datetime

    @classmethod
    def of(cls, person: Staff) -> StaffView:
        return cls(
            staff_id=person.staff_id,
            login=person.login,
            display_name=person.display_name,
            role=person.role,
            shop_id=person.shop_id,
            has_totp=person.has_totp,
            active=person.active,
            password_is_first=person.password_is_first,
            created_at=person.created_at,
        )


class StaffMe(View):
    session: StaffSessionView
    has_totp: bool
    passkeys: list[PasskeyView]


class StaffAdded(View):
    """`first_password` is shown this once; it opens nothing but its own change."""

    staff: StaffView
    first_password: str


class StaffList(View):
    staff: list[StaffView]


class PersonNamed(View):
    staff_id: str
    display_name: str


class PeopleNamed(View):
    people: list[PersonNamed]


class AuditLineView(View):
    seq: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    reason: str
    facts: dict[str, str | int]
    hash: str

    @classmethod
    def of(cls, line: AuditLine) -> AuditLineView:
        return cls(
            seq=line.seq,
            at=line.at,
            actor=line.actor,
            actor_name=line.actor_name,
            action=line.action,
            subject=line.subject,
            reason=line.reason,
            facts=dict(line.facts),
            hash=line.hash,
        )


class AuditPage(View):
    lines: list[AuditLineView]
    next_before: int | None


class AuditFaultView(View):
    seq: int
    text: str


class AuditVerified(View):
    """An empty list means that no line was changed, dropped or slipped in."""

    faults: list[AuditFaultView]

    @classmethod
    def of(cls, faults: list[AuditFault]) -> AuditVerified:
        return cls(faults=[AuditFaultView(seq=one.seq, text=one.text) for one in faults])


def _name(municipality: str) -> str:
    return "" if municipality == PLATFORM else directory.require_municipality(municipality).name
