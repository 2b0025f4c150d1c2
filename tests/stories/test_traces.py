"""One whole exchange through a gateway that is a process of its own is one trace at the collector."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gateway.client import SignedClient
from gateway.demo.environment import MEMBERS, open_town
from gateway.demo.scenario import AT_SAISON, TO_KASAMA, Narrator, exchange_at, link_at, sign_in_as
from tests.collector import facts, open_collector

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
STATE = "secret=of-another-vendor"
CONFIRM = "POST /v1/exchanges/{exchange_id}/confirm"


class TracedPortal(SignedClient):
    """A portal whose every call says that it belongs to one trace."""

    async def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"traceparent": PARENT, "tracestate": STATE}
        return await super().request(method, path, headers=headers, **options)


@pytest.mark.xdist_group("traces")
async def test_an_exchange_is_one_trace_from_the_request_to_the_commit_and_nobodys_data_is_in_it(
    tmp_path: Path,
) -> None:
    taro, quiet = MEMBERS[0], Narrator(Console(quiet=True))
    with open_collector() as collector:
        traced = f'\n[traces]\nendpoint = "{collector.endpoint}"\n'
        async with open_town(tmp_path / "town", more_settings=lambda _url: traced) as town:
            key_id = town.portal_key_file.with_suffix(".id").read_text("utf-8")
            async with TracedPortal(
                town.gateway_url, key_id, town.portal_key_file.read_bytes(), clock=town.clock
            ) as portal:
                member = await sign_in_as(town, portal, taro)
                linked = await link_at(member, taro, quiet)
                done = await exchange_at(member, linked, TO_KASAMA, 2)
                assert done["state"] == "settled"
            keys = [path.read_text("utf-8").strip() for path in (tmp_path / "town").glob("*.key")]
            log = (tmp_path / "town" / "gateway.log").read_text("utf-8")
        spans = [span for span in collector.spans() if span.trace_id.hex() == TRACE_ID]
        bodies = b"".join(collector.bodies)
    assert "traces not delivered" not in log
    by_id = {span.span_id: span for span in spans}
    roots = [span for span in spans if span.parent_span_id not in by_id]
    assert {root.parent_span_id.hex() for root in roots} == {"00f067aa0ba902b7"}
    assert [root.name for root in roots] == [
        "POST /v1/sessions",
        "POST /v1/exchanges",
        "POST /v1/exchanges/{exchange_id}/return",
        "POST /v1/exchanges/{exchange_id}/quote",
        CONFIRM,
        CONFIRM,
        "GET /v1/exchanges/{exchange_id}",
    ]
    confirm = next(root for root in roots if root.name == CONFIRM)
    (use_case,) = [span for span in spans if span.parent_span_id == confirm.span_id]
    steps = [span for span in spans if span.parent_span_id == use_case.span_id]
    assert [span.name for span in steps] == ["commit", "partner call", "commit"]
    assert facts(steps[1]) == {
        "point_gateway.partner": "saison",
        "point_gateway.hook": "debit",
        "point_gateway.outcome": "debited",
        "point_gateway.exchange_id": done["exchange_id"],
    }
    assert [facts(span)["point_gateway.outcome"] for span in (steps[0], steps[2])] == ["written"] * 2
    for before, after in pairwise(steps):
        assert before.end_time_unix_nano <= after.start_time_unix_nano
    assert facts(confirm)["http.response.status_code"] == 200
    # From the first call that knows it, every span says which exchange it was for.
    known = [
        span for root in roots[2:] for span in spans if span.start_time_unix_nano >= root.start_time_unix_nano
    ]
    assert {facts(span)["point_gateway.exchange_id"] for span in known} == {done["exchange_id"]}
    assert facts(roots[1])["point_gateway.exchange_id"] == done["exchange_id"]
    unwanted = [
        *keys,
        member.token,
        taro.name,
        taro.password,
        town.mykey_ids[taro.name],
        linked["link"]["shown_as"],
        *AT_SAISON[taro.name],
        STATE,
        "return_code",
        "127.0.0.1",
    ]
    assert len(keys) >= 1
    assert [secret for secret in unwanted if secret.encode() in bodies] == []
