"""What schemathesis needs for the whole gateway: signatures by the town's clock, and ids that name something.

SIGN_KEY_ID, SIGN_KEY_FILE, SIGN_SESSION   who is calling        TOWN_CLOCK   the file that tells the time
TOWN_EXCHANGES                             ids of the member's exchanges, separated by commas
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis.core.parameters import ParameterLocation

from gateway.client import load_private_key, sign_headers
from gateway.clock import FileClock

KEY_ID = os.environ["SIGN_KEY_ID"]
KEY = load_private_key(Path(os.environ["SIGN_KEY_FILE"]).read_bytes())
SESSION = os.environ["SIGN_SESSION"]
CLOCK = FileClock(Path(os.environ["TOWN_CLOCK"]))
EXCHANGES = os.environ["TOWN_EXCHANGES"].split(",")


class Signed(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = {"Authorization": f"Bearer {SESSION}"}
        signed = sign_headers(
            request.method, request.url, headers, body, key_id=KEY_ID, private_key=KEY, created=CLOCK()
        )
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
    """Half of the well-formed ids become ids of real exchanges, so that what lies behind them is reached too."""
    parameters = case.path_parameters or {}
    given = str(parameters.get("exchange_id", ""))
    if len(given) == 36 and given[0] in "01234567":
        parameters["exchange_id"] = EXCHANGES[int(given[0], 16) % len(EXCHANGES)]


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """2.0 as 2: to JSON Schema they are one number, while the gateway takes whole numbers without a point only."""
    if isinstance(body, dict):
        return {name: map_body(context, one) for name, one in body.items()}
    if isinstance(body, list):
        return [map_body(context, one) for one in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body
