"""Signs what schemathesis sends. Named in SCHEMATHESIS_HOOKS; the key and the session come by the environment.

SIGN_KEY_ID      the id of a registered key
SIGN_KEY_FILE    its private half, PEM
SIGN_SESSION     the token of a member who is signed in
SIGN_EXCHANGES   ids of exchanges of that member, separated by commas; may be missing
SIGN_CREATED     a moment for all signatures (ISO), where the server's clock stands still
SIGN_CLOCK_FILE  the file of the clock that the server goes by, where it goes by one
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import StatefulPhaseData

from gateway.client import load_private_key, sign_headers
from httpkit.clock import FileClock

KEY_ID = os.environ["SIGN_KEY_ID"]
KEY = load_private_key(Path(os.environ["SIGN_KEY_FILE"]).read_bytes())
SESSION = os.environ["SIGN_SESSION"]
EXCHANGES = [one for one in os.environ.get("SIGN_EXCHANGES", "").split(",") if one]


def now() -> datetime:
    if "SIGN_CREATED" in os.environ:
        return datetime.fromisoformat(os.environ["SIGN_CREATED"])
    if "SIGN_CLOCK_FILE" in os.environ:
        return FileClock(Path(os.environ["SIGN_CLOCK_FILE"]))()
    return datetime.now(UTC)


class Signed(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body: Any = request.body.encode() if isinstance(request.body, str) else request.body
        method, url = request.method or "GET", request.url or ""
        headers = {"Authorization": f"Bearer {SESSION}"}
        signed = sign_headers(method, url, headers, body, key_id=KEY_ID, private_key=KEY, created=now())
        request.headers.update(signed)
        return request


@schemathesis.auth()
class SignedUnlessThatIsTheTest:
    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> Signed:
        return Signed()

    def set(self, case: schemathesis.Case, data: Signed, context: schemathesis.AuthContext) -> None:
        # Our only declared headers are the credentials: a case that breaks one must go out as it is.
        if case.meta is None or not case.meta.is_negative_at(ParameterLocation.HEADER):
            case._auth = data


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Half of the well-formed ids become ids of real exchanges."""
    parameters = case.path_parameters or {}
    given = str(parameters.get("exchange_id", ""))
    if EXCHANGES and len(given) == 36 and given[0] in "01234567":
        parameters["exchange_id"] = EXCHANGES[int(given[0], 16) % len(EXCHANGES)]


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """2.0 as 2: to JSON Schema they are one number, while the gateway takes whole numbers without a point only."""
    if isinstance(body, dict):
        return {name: map_body(context, one) for name, one in body.items()}
    if isinstance(body, list):
        return [map_body(context, one) for one in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


NOT_FOR_VALID_INPUT = {
    "body-not-json",
    "body-invalid",
    "query-invalid",
    "path-malformed",
    "content-type-wrong",
}


@schemathesis.check
def what_the_schema_allows_is_never_called_malformed(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A valid request may be refused for what it asks (422 for a coupon where none belongs), not for its form.

    The built-in check knows statuses only, and is told in schemathesis.toml to let 400 and 422 pass.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code < 400:
        return
    if isinstance(case.meta.phase.data, StatefulPhaseData):
        return  # these carry values from one answer into another request, whatever its schema says
    word = response.json().get("type", "").removeprefix("/docs/problems/")
    if case.operation.path == "/pushes/{partner_id}" and word in (
        "content-type-wrong",
        "body-invalid",
        "body-not-json",
    ):
        return  # what a partner's own format is, its plugin says; every other partner sends the messages of our own
    assert word not in NOT_FOR_VALID_INPUT, f"{word} for a request that fits the description: {response.text}"
