"""What the proxy in front sends: one request to the public address, received here in the gateway's place.

Run while the gateway is stopped: only who listens at its address sees what the proxy makes of a request.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from gateway.http.runner import GatewayRunner
from gateway.preflight.finding import Finding, ok, refused, warning
from gateway.settings import Settings

TIMEOUT_S: Final = 10.0
BODY_BYTES: Final = 15 * 1024**2
"""A grant file of a large city; the gateway takes up to 16 MiB."""


async def check_proxy(settings: Settings) -> list[Finding]:
    """Send a request to [server] public_url and look at what arrives at [server] host and port."""
    server = settings.server
    if not server.public_url:
        return [warning("proxy", "[server] public_url is not set, so there is no proxy to look at")]
    arrived: list[web.Request] = []
    sizes: list[int] = []

    async def receive(request: web.Request) -> web.Response:
        arrived.append(request)
        sizes.append(len(await request.read()))
        return web.Response(text="seen")

    app = web.Application(client_max_size=2 * BODY_BYTES)
    path = f"/preflight/{secrets.token_hex(8)}"
    app.router.add_post(path, receive)
    runner = GatewayRunner(app)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, server.host, server.port).start()
        except OSError as fault:
            return [
                warning(
                    "proxy",
                    f"{server.host}:{server.port} is in use ({fault.strerror}); stop the gateway while its proxy is looked at",
                )
            ]
        return await _send(server.public_url, path, arrived, sizes, server.trusted_proxies)
    finally:
        await runner.cleanup()


async def _send(
    public_url: str, path: str, arrived: Sequence[web.Request], sizes: Sequence[int], trusted: int
) -> list[Finding]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(
                URL(f"{public_url}{path}?a=%2Fb", encoded=True), data=io.BytesIO(bytes(BODY_BYTES))
            ) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as fault:
        return [
            refused(
                "proxy",
                f"nobody answers at {public_url} ({type(fault).__name__}); start the proxy, or correct [server] public_url",
            )
        ]
    if not arrived and status == 413:
        return [
            refused(
                "proxy",
                "the proxy refuses bodies of 15 MB (413), and files of grants are that large; let it take 20 MB"
                " (nginx: client_max_body_size 20m)",
            )
        ]
    if not arrived:
        return [
            refused(
                "proxy",
                f"{public_url} answered {status} and nothing arrived here; let the proxy pass requests on to the gateway",
            )
        ]
    return list(_looked_at(arrived[0], public_url, path, sizes, trusted))


def _looked_at(
    request: web.Request, public_url: str, path: str, sizes: Sequence[int], trusted: int
) -> Iterator[Finding]:
    yield from _addresses(request, trusted)
    if request.raw_path != f"{path}?a=%2Fb":
        yield refused(
            "proxy",
            "the proxy changes the path or the query, which are signed; let it pass both on as they are"
            " (nginx: proxy_pass without a path)",
        )
    if list(sizes) != [BODY_BYTES]:
        yield refused("proxy", "a body of 15 MB did not arrive whole; let the proxy take 20 MB")
    host = urlsplit(public_url).netloc
    if request.headers.get("Host") != host:
        yield ok("proxy", f"the proxy writes its own Host; signatures are checked for {host} all the same")
    yield ok("proxy", f"requests to {public_url} arrive here")


def _addresses(request: web.Request, trusted: int) -> Iterator[Finding]:
    lines = ",".join(request.headers.getall("X-Forwarded-For", []))
    seen = len([part for part in lines.split(",") if part.strip()])
    if seen > trusted:
        yield refused(
            "proxy",
            f"{seen} addresses arrive in X-Forwarded-For and [server] trusted_proxies is {trusted}, so that everybody is"
            f" counted as one; set trusted_proxies = {seen}",
        )
    elif seen < trusted:
        yield refused(
            "proxy",
            f"[server] trusted_proxies is {trusted} and {seen} addresses arrive in X-Forwarded-For, so that a stranger"
            " chooses the address that is counted; let each proxy append to X-Forwarded-For"
            " (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)",
        )
    else:
        yield ok("proxy", f"X-Forwarded-For and [server] trusted_proxies agree ({seen})")
