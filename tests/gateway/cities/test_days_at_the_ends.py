"""Every day that the API takes, at both ends of the calendar: taken or refused by name, never a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.http.schema_examples import example

from .conftest import KASAMA, OUEN

THERE = {
    "municipality": KASAMA, "point_service": OUEN, "shop_id": "soba", "project_id": "kosodate", "number": "1",
    "version": "1",
}  # fmt: skip
"""What is there, so that no call ends at a 404 before its day is looked at."""
DAYS = ("0001-01-01", "1999-12-31", "9999-01-01", "9999-12-31")


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_day(schema: dict[str, Any]) -> bool:
    return any(part.get("format") == "date" for part in [schema, *schema.get("anyOf", [])])


def _calls(document: dict[str, Any], day: str) -> Iterator[tuple[str, str, dict[str, str], Any]]:
    """Method, path, query and body of each call that carries a day."""
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            path, query, body, has_day = template, {}, None, False
            for parameter in operation.get("parameters", []):
                schema = _resolved(parameter.get("schema", {}), document)
                if _is_day(schema):
                    has_day = True
                    if parameter["in"] == "path":
                        path = path.replace("{" + parameter["name"] + "}", day)
                    elif parameter["in"] == "query":
                        query[parameter["name"]] = day
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                schema = _resolved(content["schema"], document)
                body = example(schema, document["components"]["schemas"])
                for name, part in schema.get("properties", {}).items():
                    if _is_day(_resolved(part, document)):
                        body[name], has_day = day, True
            if has_day:
                yield (
                    method.upper(),
                    re.sub(r"\{([a-z_]+)\}", lambda part: THERE.get(part[1], "x"), path),
                    query,
                    body,
                )


@pytest.mark.parametrize("day", DAYS)
async def test_no_day_is_a_fault_of_ours(site: Any, day: str) -> None:
    status, document = await site.call("GET", "/openapi.json")
    assert status == 200
    boss = await site.staff_token("administrator")
    await site.call("POST", "/v1/city/shops", boss, json={"shop_id": "soba", "name": "そば"})
    _, member = await site.member_token()
    tokens = {
        "administrator": boss, "platform": await site.staff_token("platform", "platform"),
        "shop": await site.staff_token("shop", KASAMA, "soba"), "member": member, "nobody": "",
    }  # fmt: skip
    admitted, called = dict.fromkeys(tokens, 0), 0
    for method, path, query, body in _calls(document, day):
        statuses = {}
        for caller, token in tokens.items():
            statuses[caller], answer = await site.call(method, path, token, json=body, params=query)
            assert statuses[caller] < 500, (method, path, answer)
            admitted[caller] += statuses[caller] not in (401, 403)
        assert set(statuses.values()) - {401, 403}, (method, path, statuses)
        called += 1
    assert called > 25
    assert all(admitted[caller] > 1 for caller in ("administrator", "shop")), admitted


@pytest.mark.parametrize("day", DAYS)
async def test_an_event_of_such_a_day_is_refused_by_name(site: Any, day: str) -> None:
    plan = {
        "own_id": "endless", "name": "終わりのない行事", "purpose": "", "goal_points": None,
        "starts_on": "2018-08-01", "ends_on": day, "givers": "everybody", "on_failure": "keep",
    }  # fmt: skip
    status, problem = await site.call(
        "POST", "/v1/city/events", await site.staff_token("operator"), json=plan
    )
    assert status == 422
    assert "ends_on" in str(problem)
