"""The payment run over HTTP: what was made of a cycle's transfer file, and what of a shop's account is to change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from gateway.api.city.fields import CyclePath, Day
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.settlement import transfer_files
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class TransferFileQuery(Strict):
    transfer_on: Day | None = None
    again: bool = False


class TransferFileView(View):
    made_at: datetime
    made_by: str
    transfer_on: date
    yen: int

    @classmethod
    def of(cls, made: TransferFileMade) -> TransferFileView:
        return cls(made_at=made.made_at, made_by=made.made_by, transfer_on=made.transfer_on, yen=made.yen)


class TransferFileList(View):
    files: list[TransferFileView]


@api.get(
    "/v1/city/settlements/{starts_on}/transfer-files",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    returns={200: TransferFileList},
)
async def list_transfer_files(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """Who has made this cycle's transfer file, when and for which day, oldest first."""
    code, starts_on = call.staff.municipality, call.path.starts_on

    def job(conn: Connection) -> list[TransferFileMade]:
        return transfer_files.list_made(conn, code, starts_on)

    transfer_file_mades = await call.services.store.read(job)
    return TypedResponse(
        200, TransferFileList(files=[TransferFileView.of(each) for each in transfer_file_mades])
    )
