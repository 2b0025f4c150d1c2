"""A till of one shop: takes points with a customer's code, and gives them back, each once whatever happens to the line.

    till.py take 1200 123456789012      till.py again      till.py refund SPEND_ID 1200 "返品"

Set GATEWAY_URL, GATEWAY_KEY_ID, GATEWAY_KEY_FILE, TILL_LOGIN, TILL_PASSWORD_FILE and TILL_JOURNAL. What is sent is
written into the journal first, so that a till that lost its power, or its answer, sends the same payment again (`again`).
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path

from point_gateway_client import Client, Problem, SignedIn, Unreachable, calls, models


def journal() -> Path:
    return Path(os.environ["TILL_JOURNAL"])


def write_down(payment: dict[str, str | int], state: str) -> None:
    """A line that is on the disk before anything is sent, and after an answer has come."""
    with journal().open("a", encoding="utf-8") as file:
        file.write(json.dumps(payment | {"state": state}, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def unanswered() -> list[dict[str, str | int]]:
    """Payments whose answer never came, in their order."""
    payments: dict[str, dict[str, str | int]] = {}
    if journal().exists():
        for line in journal().read_text("utf-8").splitlines():
            payment = json.loads(line)
            payments[payment["spend_id"]] = payment
    return [payment for payment in payments.values() if payment.pop("state") == "sent"]


def sign_in(gateway: Client) -> SignedIn:
    password = Path(os.environ["TILL_PASSWORD_FILE"]).read_text("utf-8").rstrip("\n")
    begun = gateway.send(calls.staff_sign_in(login=os.environ["TILL_LOGIN"], password=password))
    if begun.token is None:
        sys.exit("this login asks for a second factor; give the till one of its own")
    return gateway.signed_in(begun.token)


def send(shop: SignedIn, payment: dict[str, str | int]) -> None:
    """Take the points of one payment, twice where no answer came: it is one payment."""
    call = calls.take_points(
        spend_id=str(payment["spend_id"]), code=str(payment["code"]), points=int(payment["points"])
    )
    try:
        try:
            taken: models.TakenView = shop.send(call)
        except Unreachable:
            taken = shop.send(call)
    except Problem as problem:
        if problem.outcome_unknown:
            raise
        write_down(payment, "refused")
        print(f"not taken: {problem.title}. {problem.remedy}")
        return
    write_down(payment, "taken")
    print(f"taken: {taken.spend.points} {taken.spend.short_reference} {taken.spend.spend_id}")


def pay(shop: SignedIn, points: int, code: str) -> None:
    payment: dict[str, str | int] = {"spend_id": str(uuid.uuid4()), "points": points, "code": code}
    write_down(payment, "sent")
    send(shop, payment)


def refund(shop: SignedIn, spend_id: str, points: int, reason: str) -> None:
    given = shop.send(
        calls.shop_refund(
            spend_id, refund_id=str(uuid.uuid5(uuid.UUID(spend_id), "refund")), points=points, reason=reason
        )
    )
    print(f"given back: {given.refund.points}")


def main() -> None:
    command, *typed = sys.argv[1:]
    key = Path(os.environ["GATEWAY_KEY_FILE"]).read_bytes()
    with Client(os.environ["GATEWAY_URL"], os.environ["GATEWAY_KEY_ID"], key) as gateway:
        shop = sign_in(gateway)
        try:
            if command == "take":
                pay(shop, int(typed[0]), typed[1])
            elif command == "again":
                for payment in unanswered():
                    send(shop, payment)
            elif command == "refund":
                refund(shop, typed[0], int(typed[1]), typed[2])
        except Unreachable:
            sys.exit("no answer: nothing is lost; run `till.py again` when the line is back")


if __name__ == "__main__":
    main()
