"""A partner that costs next to nothing: セゾン's merchant API with every answer ready, at once or after a while.

    python -m bench.exchange_partner [--delay-ms 50]

It checks no signature and keeps no book, so that what a measurement shows is the gateway and not its partner.
The plugin that talks to it is the real one. Prints its address, then serves until it is ended.
"""

import argparse
import asyncio
import signal
from datetime import UTC, datetime

from aiohttp import web

POINTS = 1_000_000_000


def make_app(delay_s: float) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        asked = await request.json()
        if delay_s:
            await asyncio.sleep(delay_s)
        now = datetime.now(UTC).isoformat()
        if request.path == "/api/balances":
            values = {
                "result": "ok",
                "requestId": asked["requestId"],
                "serviceId": asked["token"],
                "cardPoints": POINTS,
                "walletPoints": 0,
                "asOf": now,
            }
        else:
            order = asked["orderId"]
            values = {
                "result": "captured",
                "orderId": order,
                "reference": f"S-{order[:18]}",
                "capturedAt": now,
                "serviceId": asked.get("token", ""),
                "walletAmount": asked.get("walletAmount", 0),
                "cardAmount": asked.get("cardAmount", 0),
            }
        return web.json_response(values)

    app = web.Application()
    app.router.add_post("/api/balances", answer)
    app.router.add_post("/api/captures", answer)
    return app


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=0.0)
    namespace = parser.parse_args()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(make_app(namespace.delay_ms / 1000), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
