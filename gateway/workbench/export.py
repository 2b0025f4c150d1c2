"""What happened at the bench, written as a test: the same calls, the same answers, the same ends, with no partner.

Every secret that was seen stands in the test under a name of its own (`recorded-secret-1`), never as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final

from gateway.errors import GatewayError
from gateway.model import JST, Secret
from gateway.workbench.bench import Bench
from gateway.workbench.call_recorder import Called, Exchanged

_HEAD: Final = '''"""What happened at the workbench with {plugin}: the same calls and answers must come to the same ends."""

from datetime import UTC, date, datetime, timedelta

import gateway
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
    for number, secret in enumerate(bench.watch.secrets, 1):
        text = text.replace(secret, f"recorded-secret-{number}")
    return text


def _call(call: Called) -> list[str]:
    requests = ", ".join(_recorded(request) for request in call.requests)
    arguments = ", ".join(_source(value) for value in call.arguments.values())
    ending = f"gateway.{_public(call.end)}" if isinstance(call.end, GatewayError) else _source(call.end)
    return [
        f"bench.answers({requests})",
        f"await bench.ends_with({ending}, {call.hook!r}{', ' + arguments if arguments else ''})",
    ]


def _public(fault: GatewayError) -> str:
    """The name by which a plugin's author knows this error."""
    import gateway

    return next(kind.__name__ for kind in type(fault).__mro__ if kind.__name__ in gateway.__all__)


def _recorded(request: Exchanged) -> str:
    given = request.status is not None
    end = f"status={request.status}, answer={request.answer!r}" if given else "lost=True"
    return f"Recorded({request.method!r}, {request.url!r}, body={request.body!r}, {end})"


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
    if is_dataclass(value):
        given = ", ".join(f"{item.name}={_source(getattr(value, item.name))}" for item in fields(value))
        return f"gateway.{type(value).__name__}({given})"
    return repr(value)
