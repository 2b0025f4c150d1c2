"""The whole way of one exchange: sign in, start, come back from the partner, quote, confirm, and read the state.

Set GATEWAY_URL, GATEWAY_KEY_ID, GATEWAY_KEY_FILE, MYKEY_ID, PASSWORD and RETURN_URL, then run it. It prints where the
browser goes and reads the code with which the partner sends it back.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from point_gateway_client import Client, Problem, SignedIn, Unreachable, calls, models


def open_client() -> Client:
    key = Path(os.environ["GATEWAY_KEY_FILE"]).read_bytes()
    return Client(os.environ["GATEWAY_URL"], os.environ["GATEWAY_KEY_ID"], key)


def start(member: SignedIn, partner_id: str) -> models.ExchangeView:
    """Start an exchange, and start the same one again where no answer came: it is one exchange."""
    call = calls.start_exchange(
        exchange_id=str(uuid.uuid4()), partner_id=partner_id, return_url=os.environ["RETURN_URL"]
    )
    try:
        return member.send(call)
    except Unreachable:
        return member.send(call)


def exchange(member: SignedIn, exchange_id: str, units: int) -> models.ExchangeView:
    """Quote `units` to the reserve, and confirm exactly that quote."""
    quoted = member.send(calls.quote(exchange_id, destination=models.ToReserve(), units=units))
    assert quoted.quote is not None
    print(f"{units} units bring {quoted.quote.points} points")
    return member.send(calls.confirm(exchange_id, quote_id=quoted.quote.quote_id))


def main() -> None:
    with open_client() as gateway:
        session = gateway.send(
            calls.sign_in(mykey_id=os.environ["MYKEY_ID"], password=os.environ["PASSWORD"])
        )
        member = gateway.signed_in(session.token)
        started = start(member, "saison")
        print("open", started.redirect_url)
        try:
            member.send(
                calls.complete_return(started.exchange_id, return_code=input("return_code: ").strip())
            )
            print(exchange(member, started.exchange_id, units=2).state)
        except Problem as problem:
            print(f"{problem.title}: {problem.remedy}")
        member.send(calls.sign_out())


if __name__ == "__main__":
    main()
