"""The my-page at 64 users, beside a bare aiohttp + Jinja page of the same template, in one run on one machine.

    python bench/portal.py [--users 64] [--seconds 10]

The town is real: portal, gateway and database are processes of their own. Every view of the my-page is a signed call
to the gateway: a check of a signature, a nonce that is stored, a session, and a read of the ledger. The
bare page renders the same template from values that never change, in a process of its own; the two take turns, and
the whole is done three times. Aim: half as many pages a second as the bare page.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import aiohttp
from aiohttp import web

sys.path[:0] = [str(Path(__file__).parents[1])]

from gateway.demo.environment import MEMBERS, open_town  # noqa: E402
from httpkit.clock import system_clock  # noqa: E402
from point_gateway_client import models  # noqa: E402
from portal.app import templates  # noqa: E402
from portal.i18n import WORDS  # noqa: E402
from portal.session import new_session  # noqa: E402

NOTHING = models.BalanceView(points=0, available=0, held=0, coming=0)


def bare_app() -> web.Application:
    """The template and nothing behind it."""
    template = templates().get_template("mypage.html")
    speech = WORDS.speech("ja")
    gateway = SimpleNamespace(is_restored=False, stops_ahead=lambda _now: [])
    site = SimpleNamespace(gateway=gateway, settings=SimpleNamespace(office=None))
    visit = SimpleNamespace(site=site, redrawn=None, says_unsent=False)
    session = new_session("x", "見本太郎", "ABCD2345", shared_terminal=False, now=system_clock())
    values = {
        "balances": models.Balances(reserve=NOTHING, municipal=[], events=[], reserve_heaps=[]),
        "me": {"default_municipality": None},
        "missed_elsewhere": 0, "unread": 0, "ahead": [], "waiting": [], "failed": [], "is_new": False, "half_done": [],
        "partner_names": {}, "trouble": None, "session": session, "speech": speech, "_": speech.say, "t": speech.plain, "h": speech.heading,
        "languages": WORDS.languages, "here": "/mypage", "visit": visit,
    }  # fmt: skip

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=template.render(now=system_clock(), **values), content_type="text/html")

    app = web.Application()
    app.router.add_get("/mypage", page)
    return app


async def serve_bare() -> None:
    runner = web.AppRunner(bare_app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def sign_in(portal_url: str, mykey_id: str, password: str) -> str:
    """The cookie of a member who is signed in at the portal."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        form = {"mykey_id": mykey_id, "password": password, "next": "/mypage"}
        async with http.post(
            f"{portal_url}/login", data=form, headers={"Origin": portal_url}, allow_redirects=False
        ) as answer:
            assert answer.status == 303, answer.status
            return answer.cookies["portal"].value


async def load(url: str, cookies: list[str], users: int, seconds: float) -> tuple[float, float]:
    """(pages a second, the 99th hundredth of the waits in ms) of `users` who each ask again when answered."""
    waits: list[float] = []
    until = time.perf_counter() + seconds

    async def user(number: int, http: aiohttp.ClientSession) -> None:
        headers = {"Cookie": f"portal={cookies[number % len(cookies)]}"}
        while time.perf_counter() < until:
            began = time.perf_counter()
            async with http.get(url, headers=headers, allow_redirects=False) as answer:
                body = await answer.read()
            assert answer.status == 200, (answer.status, answer.headers.get("Location"))
            assert body
            waits.append(time.perf_counter() - began)

    connector = aiohttp.TCPConnector(limit=users)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        began = time.perf_counter()
        await asyncio.gather(*(user(number, http) for number in range(users)))
        took = time.perf_counter() - began
    return len(waits) / took, statistics.quantiles(waits, n=100)[98] * 1_000


async def measure(users: int, seconds: float) -> None:
    bare = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--bare", stdout=asyncio.subprocess.PIPE
    )
    assert bare.stdout is not None
    port = int(await bare.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with open_town(Path(folder)) as town:
                cookies = [
                    await sign_in(town.portal_url, town.mykey_ids[sample_member.name], sample_member.password)
                    for sample_member in MEMBERS
                ]
                rows = []
                for _ in range(3):
                    plain = await load(f"http://127.0.0.1:{port}/mypage", cookies, users, seconds)
                    ours = await load(f"{town.portal_url}/mypage", cookies, users, seconds)
                    rows.append((plain, ours))
                    print(
                        f"bare {plain[0]:8.0f}/s p99 {plain[1]:6.0f} ms   portal {ours[0]:8.0f}/s p99 {ours[1]:6.0f} ms"
                        f"   ratio {ours[0] / plain[0]:.2f}",
                        flush=True,
                    )
                ratio = statistics.median(ours[0] / plain[0] for plain, ours in rows)
                print(f"{users} users: the portal serves {ratio:.2f} of what the bare page serves")
    finally:
        bare.terminate()
        await bare.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    asyncio.run(serve_bare() if given.bare else measure(given.users, given.seconds))
