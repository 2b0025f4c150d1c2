"""Members and their sessions, as the API gives them."""

from __future__ import annotations

from datetime import datetime

from gateway.api.responses import View
from gateway.members.members import Member
from gateway.members.mykey_ids import IdSuggestion
from gateway.members.sessions import Session


class MemberView(View):
    """The member as the member's own pages show it; `member_id` stays with us."""

    mykey_id: str
    display_name: str
    language: str
    default_municipality: str | None
    default_point_service: str | None
    has_password: bool
    has_card: bool

    @classmethod
    def of(cls, member: Member) -> MemberView:
        return cls(
            mykey_id=member.mykey_id,
            display_name=member.display_name,
            language=member.language,
            default_municipality=member.default_municipality,
            default_point_service=member.default_point_service,
            has_password=member.has_password,
            has_card=member.has_card,
        )


class SessionView(View):
    session_id: str
    created_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    current: bool

    @classmethod
    def of(cls, session: Session, *, current: bool) -> SessionView:
        return cls(
            session_id=session.session_id,
            created_at=session.created_at,
            seen_at=session.seen_at,
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            current=current,
        )


class SessionStarted(View):
    """The token is shown once; send it as Authorization: Bearer. It ends by itself and on sign-out."""

    token: str
    session: SessionView
    member: MemberView


class Sessions(View):
    sessions: list[SessionView]


class SessionsEnded(View):
    ended: int


class ChoiceView(View):
    """Whether the wanted MyKey ID is free; `generated` is offered once three wanted ones were taken.

    `offered` are all that were generated within the day; each of them may be chosen.
    """

    wanted: str
    available: bool
    generated: str | None
    tries_left: int
    offered: list[str]

    @classmethod
    def of(cls, choice: IdSuggestion) -> ChoiceView:
        return cls(
            wanted=choice.wanted,
            available=choice.available,
            generated=choice.generated,
            tries_left=choice.tries_left,
            offered=list(choice.offered),
        )
