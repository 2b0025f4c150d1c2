"""The gateway's server: a guarded runner whose answer to what is not HTTP is a problem document."""

from __future__ import annotations

from typing import Any

import structlog
import uuid_utils
from aiohttp import web

from gateway.errors import ProblemError
from gateway.http import problems
from httpkit.runner import GuardedRunner

_log = structlog.get_logger("gateway.http")


class GatewayRunner(GuardedRunner):
    """A runner for the gateway: bodies never unpacked, and a caller who hangs up cancels nothing: what a handler
    began, it ends.
    """

    def __init__(self, app: web.Application, **options: Any) -> None:
        ours = {"auto_decompress": False, "handler_cancellation": False}
        super().__init__(app, _problem, **(ours | options))


def _problem(status: int, fault: BaseException | None) -> web.StreamResponse:
    request_id = str(uuid_utils.uuid7())
    if status >= 500:
        refused = ProblemError("internal-error")
    else:
        _log.info("http.malformed", request_id=request_id, error=type(fault).__name__)
        refused = ProblemError("request-malformed")
    answer = problems.response(refused, request_id=request_id)
    answer.headers["X-Request-Id"] = request_id
    return answer
