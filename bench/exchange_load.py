"""Members who exchange points all at once over HTTP: start, offer, quote, confirm, each step signed by the portal.

The signature is put together by hand, since the load generator shares the machine with what it measures.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import statistics
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

MUNICIPALITY, POINT_SERVICE = "082163", "kasama-ouen"
DESTINATION = {"kind": "municipality", "municipality": MUNICIPALITY, "point_service": POINT_SERVICE}
OFFER = f"destination=municipality&municipality={MUNICIPALITY}&point_service={POINT_SERVICE}"
UNITS, POINTS = 2, 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A client program: where the gateway is, and the key it signs with."""

    url: str
    key_id: str
    key: Ed25519PrivateKey
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, query: str, token: str, body: Any) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        target = f"{path}?{query}" if query else path
        answer = await self.http.request(
            method,
            URL(self.url + target, encoded=True),
            data=sent,
            headers=self._signed(method, path, query, token, sent),
            skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding"),
        )
        async with answer:
            told = await answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {told.decode()}")
            return json.loads(told)

    def _signed(self, method: str, path: str, query: str, token: str, body: bytes | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {token}"}
        covered = '"@method" "@authority" "@path" "@query" "authorization"'
        base = (
            f'"@method": {method}\n"@authority": {urlsplit(self.url).netloc}\n"@path": {path}\n"@query": ?{query}\n'
            f'"authorization": Bearer {token}\n'
        )
        if body is not None:
            headers["Content-Type"] = "application/json"
            digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
            headers["Content-Digest"] = digest
            covered += ' "content-digest"'
            base += f'"content-digest": {digest}\n'
        parameters = (
            f'({covered});created={int(time.time())};keyid="{self.key_id}";alg="ed25519"'
            f';nonce="{secrets.token_urlsafe(18)}";tag="point-gateway"'
        )
        signature = self.key.sign(f'{base}"@signature-params": {parameters}'.encode())
        headers["Signature-Input"] = f"gateway={parameters}"
        headers["Signature"] = f"gateway=:{base64.b64encode(signature).decode()}:"
        return headers


async def exchange(portal: Portal, token: str) -> None:
    """One whole exchange; raises where it does not end with the points credited."""
    exchange_id = str(uuid.uuid4())
    path = f"/v1/exchanges/{exchange_id}"
    await portal.call(
        "POST", "/v1/exchanges", "", token, {"exchange_id": exchange_id, "partner_id": "saison"}
    )
    await portal.call("GET", f"{path}/offer", OFFER, token, None)
    quoted = await portal.call(
        "POST", f"{path}/quote", "", token, {"destination": DESTINATION, "units": UNITS}
    )
    done = await portal.call("POST", f"{path}/confirm", "", token, {"quote_id": quoted["quote"]["quote_id"]})
    if done["state"] != "settled":
        raise RuntimeError(f"{exchange_id} is {done['state']}")


async def drive(portal: Portal, tokens: Sequence[str], count: int) -> dict[str, float]:
    """All members at once share `count` exchanges. Returns exchanges per second and the milliseconds of one."""
    left, took = iter(range(count)), []

    async def member(token: str) -> None:
        for _ in left:
            began = time.perf_counter()
            await exchange(portal, token)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for token in tokens:
            group.create_task(member(token))
    seconds = time.perf_counter() - began
    return {
        "per_s": count / seconds,
        "p50_ms": statistics.median(took) * 1e3,
        "p99_ms": statistics.quantiles(took, n=100)[98] * 1e3,
    }
