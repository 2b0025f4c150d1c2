"""What is kept of the member who asks: each kind of data with what it is for, how long it stays, and every row of it."""

from __future__ import annotations

from datetime import datetime

from gateway.api.fields import LabelView, View
from gateway.api.member_request import MemberRequest
from gateway.cities.member_data.member_record import MemberRecord, Section
from gateway.cities.member_data.personal_data import RetentionPeriod
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedResponse

api = Api()


class RecordSection(View):
    """One kind of data. `since` is the oldest row's time. `rows` have the `fields`, each a text, a number or null.

    `days`: after how many days a row goes, where `retention` is a matter of days.
    """

    name: str
    title: LabelView
    why: LabelView
    retention: RetentionPeriod
    days: int | None
    since: datetime | None
    fields: list[str]
    rows: list[dict[str, str | int | None]]

    @classmethod
    def of(cls, section: Section) -> RecordSection:
        about = section.about
        return cls(
            name=about.name,
            title=LabelView.of(about.title),
            why=LabelView.of(about.why),
            retention=about.retention,
            days=section.days,
            since=section.since,
            fields=list(about.fields),
            rows=[dict(row) for row in section.rows],
        )


class MemberRecordView(View):
    """All that is kept of one member, as one moment of the database."""

    made_at: datetime
    mykey_id: str
    sections: list[RecordSection]

    @classmethod
    def of(cls, record: MemberRecord) -> MemberRecordView:
        return cls(
            made_at=record.made_at,
            mykey_id=record.mykey_id,
            sections=[RecordSection.of(section) for section in record.sections],
        )


@api.get("/v1/me/record", tag="member", caller=AuthLevel.MEMBER, returns={200: MemberRecordView})
async def own_record(call: MemberRequest) -> TypedResponse:
    """What is kept about me, since when, why and how long, with every row (開示)."""
    record = await call.services.city.member_data.own_record(call.member.member_id)
    return TypedResponse(200, MemberRecordView.of(record))
