"""What happened at the bench, written as a test: the same calls, the same answers, the same ends, with no partner.

Every secret that was seen stands in the test under a name of its own (`recorded-secret-1`), never as it was.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final
from urllib.parse import quote, quote_plus

from gateway.errors import GatewayError
from gateway.model import JST, Secret
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.testkit.bodies import charset
from gateway.workbench.bench import Bench
from gateway.workbench.call_recorder import CallEvent, Exchanged

_NOT_KEPT: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "set-cookie",
        "transfer-encoding",
    }
)
"""Headers of an answer that say nothing to a plugin, or belong to one connection."""
_HEAD: Final = '''"""What happened at the workbench with {plugin}: the same calls and answers must come to the same ends."""

from datetime import UTC, date, datetime, timedelta

import gateway
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.testkit.replay import Recorded, replayed
from {module} import {name}

SETTINGS = {settings}
SECRETS = {secrets}


async def test_what_happened_at_the_workbench_comes_to_the_same_ends() -> None:
    async with replayed({name}, SETTINGS, SECRETS) as bench:
'''


def as_test(bench: Bench) -> str:
    """The whole module. Calls that asked nobody are left out: they say nothing about the partner."""
    package = bench.plugin_class.__module__.partition(".")[0]
    text = _HEAD.format(
        plugin=bench.partner.id,
        module=package,
        name=bench.plugin_class.__name__,
        settings=_source(dict(bench.settings)),
        secrets=_source({name: f"recorded-{name}" for name in bench.secret_names}),
    )
    lines = [line for call in bench.watch.calls if call.requests for line in _call(call)]
    text += "".join(f"        {line}\n" for line in lines) or "        assert bench\n"
    return masked(text, bench.watch.secrets)


def masked(text: str, secrets: Sequence[str]) -> str:
    """The source with a name of its own in place of every secret, however it is written in there."""
    for number, secret in sorted(enumerate(secrets, 1), key=lambda it: -len(it[1])):
        for written in dict.fromkeys(_writings(secret)):
            text = text.replace(written, f"recorded-secret-{number}")
    return text


def _writings(secret: str) -> Iterator[str]:
    """As it is, as Python, JSON and addresses write it, and in Base64."""
    yield secret
    yield repr(secret)[1:-1]
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
        yield repr(escaped)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield base64.b64encode(secret.encode()).decode()


def _call(call: CallEvent) -> list[str]:
    requests = ", ".join(_recorded(request) for request in call.requests)
    arguments = ", ".join(_source(value) for value in call.arguments.values())
    ending = f"gateway.{_public(call.end)}" if isinstance(call.end, GatewayError) else _source(call.end)
    return [
        f"bench.at({_source(call.at)})",
        f"bench.answers({requests})",
        f"await bench.ends_with({ending}, {call.hook!r}{', ' + arguments if arguments else ''})",
    ]


def _public(fault: GatewayError) -> str:
    """The name by which a plugin's author knows this error."""
    import gateway

    return next(kind.__name__ for kind in type(fault).__mro__ if kind.__name__ in gateway.__all__)


def _recorded(request: Exchanged) -> str:
    if request.status is None:
        return f"Recorded({request.method!r}, {request.url!r}, body={request.body!r}, lost=True)"
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_KEPT}
    parts = [f"Recorded({request.method!r}, {request.url!r}, body={request.body!r}, status={request.status}"]
    if headers:
        parts.append(f"headers={headers!r}")
    encoding = charset(request.content, headers.get("content-type", ""))
    try:
        text = request.content.decode(encoding)
    except ValueError:
        text = None
    if text is None or text.encode(encoding) != request.content:
        parts.append(f"content={request.content!r}")
    else:
        parts.append(f"answer={text!r}")
        if encoding.lower() not in ("utf-8", "utf8", "us-ascii"):
            parts.append(f"charset={encoding!r}")
    return ", ".join(parts) + ")"


def _source(value: Any) -> str:
    """Python that makes the value again."""
    match value:
        case Secret():
            return f"gateway.Secret({value.reveal()!r})"
        case Enum():
            return f"gateway.{type(value).__name__}.{value.name}"
        case datetime():
            zone = "gateway.JST" if value.tzinfo is JST else "UTC"
            moment = value if value.tzinfo is JST else value.astimezone(UTC)
            return (
                f"datetime.fromisoformat({moment.replace(tzinfo=None).isoformat()!r}).replace(tzinfo={zone})"
            )
        case date():
            return f"date.fromisoformat({value.isoformat()!r})"
        case timedelta():
            return f"timedelta(seconds={value.total_seconds()!r})"
        case Mapping():
            return "{" + ", ".join(f"{_source(key)}: {_source(item)}" for key, item in value.items()) + "}"
        case tuple():
            return "(" + "".join(f"{_source(item)}, " for item in value) + ")"
        case frozenset():
            return "frozenset({" + ", ".join(sorted(_source(item) for item in value)) + "})"
    if isinstance(value, ExpectedDebit):
        return f"ExpectedDebit(amounts={dict(value.amounts)!r}, service_id={value.service_id!r})"
    if is_dataclass(value):
        arguments = ", ".join(f"{item.name}={_source(getattr(value, item.name))}" for item in fields(value))
        return f"gateway.{type(value).__name__}({arguments})"
    return repr(value)
