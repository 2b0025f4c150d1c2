"""Representatives as members see them: for whom I act, who acts for me and what was done; begin to act, end it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy import Connection

from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.api.members import SessionView
from gateway.http.authentication import AuthLevel, bearer_token
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members import member_rows, representations
from gateway.members.representations import Act, Representation
from gateway.members.sessions import Session
from gateway.model import Secret
from gateway.platform.security_log import SecurityEvent, log_security

api = Api()


class RepresentationPath(Strict):
    representation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class ActView(View):
    """`kind` is exchange, allocation or payment; `points` 0 where they were not known then."""

    kind: str
    subject: str
    points: int
    at: datetime

    @classmethod
    def of(cls, act: Act) -> ActView:
        return cls(kind=act.kind.value, subject=act.subject, points=act.points, at=act.at)


class RepresentationView(View):
    """`name` is the other person's. `pay_points_a_day` 0: pays nothing. `ended_by`: member, actor or desk."""

    representation_id: str
    name: str
    municipality: str
    kind: str
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    in_force: bool
    ended_at: datetime | None
    ended_by: str | None
    acts: list[ActView]

    @classmethod
    def of(
        cls, conn: Connection, representation: Representation, other: str, now: datetime
    ) -> RepresentationView:
        person = member_rows.find_member(conn, other)
        own = representation.ended_by in (None, "member", "actor")
        return cls(
            representation_id=representation.representation_id,
            name=person.display_name if person is not None else "",
            municipality=representation.municipality,
            kind=representation.kind.value,
            may_exchange=representation.may_exchange,
            pay_points_a_day=representation.pay_points_a_day,
            starts_on=representation.starts_on,
            ends_on=representation.ends_on,
            in_force=representation.in_force(now),
            ended_at=representation.ended_at,
            ended_by=representation.ended_by if own else "desk",
            acts=[ActView.of(act) for act in representations.acts_of(conn, representation.representation_id)],
        )


class Representations(View):
    """`acting_for`: for whom the member acts; `representatives`: who acts for the member. Ended ones too, the newest first."""

    acting_for: list[RepresentationView]
    representatives: list[RepresentationView]


class ActingStarted(View):
    """The token is shown once and takes the place of the member's own, which has ended. `name`: for whom one acts now.

    `rights` are see, exchange and pay, as far as the desk has allowed them.
    """

    token: str
    session: SessionView
    name: str
    rights: list[str]


@api.get("/v1/representations", tag="member", caller=AuthLevel.MEMBER, returns={200: Representations})
async def list_representations(call: MemberRequest) -> TypedResponse:
    """For whom the member acts, who acts for the member, and what was done."""
    member_id, now = call.member.member_id, call.services.clock()

    def job(conn: Connection) -> Representations:
        return Representations(
            acting_for=[
                RepresentationView.of(conn, each, each.member_id, now)
                for each in representations.list_of_actor(conn, member_id)
            ],
            representatives=[
                RepresentationView.of(conn, each, each.actor_id, now)
                for each in representations.list_of_member(conn, member_id)
            ],
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/representations/{representation_id}/session",
    tag="sessions",
    caller=AuthLevel.MEMBER,
    path=RepresentationPath,
    returns={201: ActingStarted},
    refuses=("unknown-representation", "representation-over", "unknown-member"),
)
async def begin_acting(call: MemberRequest[None, None, RepresentationPath]) -> TypedResponse:
    """Act for the member from now on. One's own session ends; to be oneself again is to sign in again."""
    own, token_text, now = call.member, bearer_token(call.request), call.services.clock()
    representation_id = call.path.representation_id

    def job(conn: Connection) -> tuple[Secret, Session, str]:
        token, session = representations.begin_acting(conn, own, token_text, representation_id, now)
        return token, session, member_rows.require_member(conn, session.member_id).display_name

    token, session, name = await call.services.store.run(job)
    log_security(SecurityEvent.SIGNED_IN, who="representative", by=representation_id)
    rights = session.acting_rights or frozenset()
    return TypedResponse(
        201,
        ActingStarted(
            token=token.reveal(),
            session=SessionView.of(session, current=True),
            name=name,
            rights=sorted(right.value for right in rights),
        ),
    )


@api.post(
    "/v1/representations/{representation_id}/end",
    tag="member",
    caller=AuthLevel.MEMBER,
    path=RepresentationPath,
    returns={204: None},
    refuses=("unknown-representation", "representation-over"),
)
async def end_representation(call: MemberRequest[None, None, RepresentationPath]) -> TypedResponse:
    """End it at once: the member who is represented, or the representative. Sessions that act by it end."""
    member_id, now = call.member.member_id, call.services.clock()

    def job(conn: Connection) -> None:
        representation = representations.get(conn, call.path.representation_id, lock=True)
        if member_id not in (representation.member_id, representation.actor_id):
            raise representations.unknown()
        by = "member" if member_id == representation.member_id else "actor"
        representations.end_by_member(conn, representation, by, now)

    await call.services.store.run(job)
    return TypedResponse(204)
