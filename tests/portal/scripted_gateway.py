"""A member signed in at the portal before a gateway whose every answer the test writes down."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from tests.pagekit.test_site import ENTERED, House, post


@dataclass
class Member:
    """`answers` by path, or by method and path: the JSON of a 200, or a pair of status and JSON, or what makes one."""

    house: House
    http: aiohttp.ClientSession
    answers: dict[str, Any]

    async def page(self, path: str) -> str:
        async with self.http.get(self.house.portal + path) as answer:
            return html.unescape(await answer.text())

    async def send(self, path: str, **form: str) -> aiohttp.ClientResponse:
        page = await self.page("/signed-out")
        token = re.search(r'name="form_token" value="(\w+)"', page)
        assert token
        return await post(self.house, path, self.http, form_token=token[1], **form)


@asynccontextmanager
async def member(house: House, answers: Mapping[str, Any]) -> AsyncIterator[Member]:
    written = dict(answers)

    async def gateway(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/sessions":
            return web.json_response(ENTERED, status=201)
        answer = written.get(f"{request.method} {request.path}", written.get(request.path))
        assert answer is not None, f"{request.method} {request.path_qs}"
        answer = answer(request) if callable(answer) else answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return web.json_response(body, status=status)

    house.answer = gateway
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await post(house, "/login", http, mykey_id="12345678", password="a")
        yield Member(house, http, written)
