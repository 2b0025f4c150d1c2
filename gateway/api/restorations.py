"""A code from a service desk (ログインの再設定): a member whose ways in are lost chooses a new password with it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.cards import PORTAL_KEYS, started_response
from gateway.api.fields import MykeyIdTyped, PasswordTyped, Source
from gateway.api.members import MEMBER_REFUSALS, SessionStarted
from gateway.http.authentication import AuthLevel
from gateway.http.dispatch import note_browser
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.services import Services

api = Api()

CodeTyped = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1F\x7F]+$")]


class Restoration(Strict):
    """`code` as a person typed it; `source` names the browser's network as the site saw it."""

    mykey_id: MykeyIdTyped
    code: Annotated[CodeTyped, Field(repr=False)]
    new: Annotated[PasswordTyped, Field(repr=False)]
    shared_terminal: bool = False
    source: Source = ""


@api.post(
    "/v1/restorations",
    tag="sessions",
    caller=AuthLevel.CLIENT,
    scopes=PORTAL_KEYS,
    body=Restoration,
    returns={201: SessionStarted},
    refuses=("restoration-refused", "password-unfit", "unknown-member", "sign-in-refused", *MEMBER_REFUSALS),
)
async def restore_member(call: TypedRequest[Restoration, Services]) -> TypedResponse:
    """Choose a new password with a code from the desk; signs the member in. Cards, phones and sessions of before end."""
    note_browser(call.request, call.body.source, call.services.source_names.name)
    signed_in = await call.services.members.restore(
        call.body.mykey_id,
        call.body.code,
        call.body.new,
        client_id=call.client_id,
        shared_terminal=call.body.shared_terminal,
        source=call.body.source,
    )
    return started_response(signed_in)
