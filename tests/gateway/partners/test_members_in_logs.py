"""The partner's name for a member stands in no line of the log and in no story, wherever a plugin writes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import (
    JST,
    Balances,
    Debited,
    HandoffReturn,
    LinkedAccount,
    OutcomeUnknown,
    Reversal,
)
from gateway.partners.calls import call_log
from gateway.partners.calls.call_log import CallScope, record_calls
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.partners.http_client import GuardedHttp

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
NAMES = ("cus_Taro", "A1", "hanako@partner.example", "山田 花子")


@pytest.fixture
async def http(raw_server, log):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    guarded = GuardedHttp("acorn", log)
    yield guarded, await raw_server(serve)
    await guarded.aclose()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hook", ["balances", "debit", "find_debit", "reverse_debit", "complete_handoff"])
async def test_no_call_tells_it(stage, order, profile, http, log, name, hook) -> None:
    client, host = http
    account = LinkedAccount(service_id=name, shown_as="見本")
    order = replace(order, account=account)
    debit = Debited(exchange_id=order.exchange_id, reference="R", at=NOON)

    async def asks(answer):
        await client.get(f"http://{host}/v1/customers/{name}/x?member={name}")
        return answer

    async def balances(self):
        return await asks(Balances(available={}, as_of=NOON))

    async def yes(self):
        return await asks(debit)

    async def gives_up(self):
        await asks(None)
        raise OutcomeUnknown(f"customer {name} was not answered for")

    async def comes_back(self):
        return await asks(account)

    own = {"balances": balances, "debit": yes, "find_debit": yes, "reverse_debit": gives_up}
    on = stage(
        **(own | {"complete_handoff": comes_back}), http=client, profile=profile(hosts=(host,))
    ).partner
    expected = ExpectedDebit(amounts=order.amounts, service_id=name)
    returned = HandoffReturn(exchange_id=order.exchange_id, query={}, kept={}, at=NOON)
    reversal = Reversal(
        reversal_id="r-1",
        exchange_id=order.exchange_id,
        debit=debit,
        lines=order.lines,
        at=NOON,
        account=account,
    )
    calls = {
        "balances": lambda: on.balances(account),
        "debit": lambda: on.debit(order),
        "find_debit": lambda: on.find_debit(order.exchange_id, expected),
        "reverse_debit": lambda: on.reverse_debit(reversal),
        "complete_handoff": lambda: on.complete_handoff(returned),
    }
    with record_calls() as told:
        ended: object = (await asyncio.gather(calls[hook](), return_exceptions=True))[0]
    assert not isinstance(ended, Exception) or name not in str(ended)
    assert isinstance(ended, OutcomeUnknown) == (hook == "reverse_debit")
    (line,) = log.named("partner_call")
    (call,) = told
    for text in (repr(line), repr(call.plain())):
        assert "/v1/customers/***/x" in text
        assert name not in text


def test_a_name_is_no_part_of_a_longer_one_and_a_host_is_nobodys() -> None:
    scope = CallScope(partner="acorn", hook="balances", members={"1", "acorn"})
    assert scope.without_members("/v1/members/1/points/12?1=1") == "/v1/members/***/points/12?***=***"
    assert scope.without_members("acorns of Acorn") == "acorns of ***"


LETTERS = st.text("aAsSkK1-_/%2FſK花é ", max_size=8)
"""Among them the long s and the Kelvin sign, which a pattern that ignores case takes for s and k."""


@given(
    parts=st.lists(LETTERS, min_size=1, max_size=4), name=LETTERS, secret=LETTERS, as_it_stands=st.booleans()
)
def test_a_text_that_no_pattern_has_looked_at_has_nothing_to_hide(parts, name, secret, as_it_stands) -> None:
    words = (name, secret) if as_it_stands else (name.swapcase(), quote(secret, safe=""))
    text = "/".join((parts[0], words[0], *parts[1:], words[1]))
    scope = CallScope(partner="p", hook="h", secrets=(secret,) if secret else (), members={name})
    told = scope.without_members(text), scope.scrubbed(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call_log, "_surely_without", lambda *_: False)
        assert scope.without_members(text) == told[0]
    assert not secret or secret not in told[1]
