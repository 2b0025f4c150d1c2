"""What strangers can ask of a site's files, and what the site keeps of it."""

from __future__ import annotations

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from pagekit.files import ROUTE, Files
from portal.app import HERE


async def test_a_file_has_one_name_and_every_other_spelling_is_unknown_and_forgotten() -> None:
    files = Files(HERE / "static")
    address, app = files.address("portal.css"), web.Application()
    app.router.add_get(ROUTE, files.serve)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:

        async def ask(path: str) -> int:
            async with http.get(URL(f"http://{server.host}:{server.port}{path}", encoded=True)) as answer:
                return answer.status

        assert await ask(address) == 200
        for number in range(1, 200):
            dots = "./" * number
            assert await ask(address.replace("portal.css", f"{dots}portal.css")) == 404
            assert (
                await ask(address.replace("portal.css", f"manual/{'../' * (number % 3)}{dots}portal.css"))
                == 404
            )
        assert await ask(address) == 200
    assert set(files._addresses) == {"portal.css"}
