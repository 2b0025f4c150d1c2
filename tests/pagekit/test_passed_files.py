"""Files of the gateway as a site passes them on: as they come, and broken off where they break off."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from tests.pagekit.test_form_answers import SESSION, site_under_test

WHO = SESSION | {"actions": ["read_audit"]}
HEADERS = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="audit.csv"',
}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_file_is_passed_on_as_it_comes(encoding: str) -> None:
    seen = asyncio.Event()

    async def file(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers=HEADERS)
        await answer.prepare(request)
        await answer.write(b"first,")
        await seen.wait()
        await answer.write(b"last")
        return answer

    async with site_under_test({}, who=WHO, answers={"/v1/city/audit/csv": file}) as browser:
        fields = {"Accept-Encoding": encoding, "Sec-Fetch-Site": "same-origin"}
        async with browser.http.get(browser.site + "/audit/csv", headers=fields) as answer:
            assert answer.status == 200
            if encoding == "identity":
                assert await asyncio.wait_for(answer.content.readexactly(6), 20) == b"first,"
            seen.set()
            assert (await answer.read()).endswith(b"last")
            assert answer.headers.get("Content-Encoding", "identity") == encoding
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert answer.headers["Cache-Control"] == "no-store"


async def test_a_file_that_breaks_off_at_the_gateway_breaks_off_for_the_browser(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def file(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers=HEADERS)
        await answer.prepare(request)
        await answer.write(b"first,")
        assert request.transport is not None
        request.transport.close()
        raise ConnectionResetError

    async with site_under_test({}, who=WHO, answers={"/v1/city/audit/csv": file}) as browser:
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
            async with browser.http.get(browser.site + "/audit/csv") as answer:
                await answer.read()
    assert "gateway trouble" in "".join(capfd.readouterr())


async def test_a_file_that_is_refused_is_a_page_that_says_why() -> None:
    async with site_under_test({"/v1/city/audit/csv": (503, "busy")}, who=WHO) as browser:
        status, page = await browser.page("/audit/csv")
    assert (status, "<title>" in page) == (503, True)
