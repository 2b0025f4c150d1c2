"""The partner's side of an order: signs it as Standard Webhooks asks and sends it to the gateway.

    TERMINAL_SECRET=whsec_… python order.py https://gateway.example 1001-0001 3

Needs nothing but Python: a partner's terminal system runs no part of the gateway. The order id is made and stored
before the first try, and every further try sends the same one; so an order that seems lost is never two.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.request
import uuid
from datetime import UTC, datetime


def signed(secret: str, body: bytes, message_id: str, at: int) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def message(order_id: str, service_id: str, units: int, at: int) -> bytes:
    data = {"exchange_id": order_id, "service_id": service_id, "units": units}
    moment = datetime.fromtimestamp(at, UTC).isoformat()
    return json.dumps({"type": "terminal.order", "timestamp": moment, "data": data}).encode()


def send(gateway: str, secret: str, order_id: str, service_id: str, units: int) -> dict[str, object]:
    """What became of the order. Raises urllib's errors; send the same order id again after one."""
    at = int(time.time())
    body = message(order_id, service_id, units, at)
    headers = {"Content-Type": "application/json", **signed(secret, body, f"order-{order_id}", at)}
    request = urllib.request.Request(f"{gateway}/orders/terminal", body, headers)  # noqa: S310  our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        values: dict[str, object] = json.load(answer)
        return values


if __name__ == "__main__":
    print(send(sys.argv[1], os.environ["TERMINAL_SECRET"], str(uuid.uuid4()), sys.argv[2], int(sys.argv[3])))
