"""What a sent form's answer keeps in its address, and what it does not, before a gateway that the test decides."""

from __future__ import annotations

import html
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from httpkit.clock import system_clock
from municipal.app import make_app
from municipal.grant_files import MAX_FILE_BYTES, MAX_REQUEST_BYTES
from municipal.session import Session, session_of, staff_seal
from municipal.settings import Settings
from pagekit.qr import qr
from point_gateway_client import models
from tests.pagekit.whole_answers import model, whole_response

SECRET = b"s" * 32
SEED = "JBSWY3DPEHPK3PXP"
ADDRESS = f"otpauth://totp/kanri?secret={SEED}"
SESSION = {
    "staff_id": "s1", "login": "kanri", "display_name": "見本花子", "role": "administrator",
    "municipality": "082163", "municipality_name": "笠間市", "shop_id": None,
    "actions": ["see", "upload_grants", "take_points"], "strong": True, "first_password": False,
}  # fmt: skip
SHOP = {
    "shop_id": "b-1",
    "municipality_name": "笠間市",
    "address": "",
    "category": "",
    "shop_code": "PGS1.a.b-1.c",
}
PROJECT = {"project_id": "ouen", "name": "応援", "left": 1000}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class SiteUnderTest:
    """One person's browser at the municipal site."""

    site: str
    http: aiohttp.ClientSession
    session: Session

    async def send(
        self, path: str, fields: Mapping[str, str], file: bytes | None = None
    ) -> aiohttp.ClientResponse:
        data = aiohttp.FormData({"form_token": self.session.form_token()})
        for name, value in fields.items():
            data.add_field(name, value)
        if file is not None:
            data.add_field("file", io.BytesIO(file), filename="a.csv")
        async with self.http.post(
            self.site + path, data=data, headers={"Origin": self.site}, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer

    async def page(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.site + path) as answer:
            return answer.status, html.unescape(await answer.text())


@asynccontextmanager
async def site_under_test(
    problems: Mapping[str, tuple[int, str]],
    *,
    portal_url: str = "",
    who: Mapping[str, object] = SESSION,
    more: Mapping[str, object] = MappingProxyType({}),
    answers: Mapping[str, Answer] = MappingProxyType({}),
) -> AsyncIterator[SiteUnderTest]:
    """`answers` are given as they are, by path; the others are `problems`, or whole answers with `more` in them."""

    async def gateway(request: web.Request) -> web.StreamResponse:
        await request.read()
        if request.path in answers:
            return await answers[request.path](request)
        if request.path in problems:
            status, word = problems[request.path]
            return web.json_response({"type": f"/problems/{word}", "title": "x"}, status=status)
        return whole_response(
            request, web.json_response({"projects": [PROJECT], "files": []} | PROJECT | SHOP | dict(more))
        )

    behind = web.Application(client_max_size=2 * MAX_REQUEST_BYTES)
    behind.router.add_route("*", "/{path:.*}", gateway)
    async with TestServer(behind) as server:
        site = TestServer(web.Application())
        await site.start_server()
        port = site.port
        await site.close()
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            gateway_url=str(server.make_url("")).rstrip("/"),
            key_id="pgk_a",
            private_key=Ed25519PrivateKey.generate(),
            seal_secret=SECRET,
            public_url=url,
            portal_url=portal_url,
        )
        session = session_of(model(models.StaffSessionView, **who), "tok", system_clock())
        cookies = {"municipal": staff_seal(SECRET).seal(session)}
        async with TestServer(make_app(settings), port=port), aiohttp.ClientSession(cookies=cookies) as http:
            yield SiteUnderTest(url, http, session)


async def test_the_seed_of_an_authenticator_app_is_in_no_address() -> None:
    async with site_under_test({"/v1/staff/me/totp": (422, "second-factor-wrong")}) as browser:
        answer = await browser.send("/account/totp", {"code": "123456", "seed": SEED, "address": ADDRESS})
        assert answer.status == 422
        page = html.unescape(await answer.text())
    assert SEED in page
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("size", [MAX_FILE_BYTES + 1, MAX_REQUEST_BYTES + 1])
async def test_a_file_that_is_too_large_is_refused_at_an_address_that_says_so_again(size: int) -> None:
    async with site_under_test({}) as browser:
        answer = await browser.send("/projects/ouen/file", {}, b"x" * size)
        assert answer.status == 303
        for _ in range(2):
            status, page = await browser.page(answer.headers["Location"])
            assert (status, "ファイルは16 MBまで" in page) == (413, True)


async def test_a_file_that_the_gateway_refuses_is_refused_again_at_its_address() -> None:
    async with site_under_test({"/v1/city/projects/ouen/files": (422, "file-columns-wrong")}) as browser:
        answer = await browser.send("/projects/ouen/file", {}, b"a,b\n")
        for _ in range(2):
            status, page = await browser.page(answer.headers["Location"])
            assert (status, "<title>エラー" in page) == (422, True)


@pytest.mark.parametrize(
    ("portal_url", "text"),
    [
        ("https://portal.example", "https://portal.example/pay/shop?code=PGS1.a.b-1.c"),
        ("", "PGS1.a.b-1.c"),
    ],
)
async def test_a_shops_sheet_is_an_address_where_the_portal_is_known(portal_url: str, text: str) -> None:
    async with site_under_test({}, portal_url=portal_url) as browser:
        status, page = await browser.page("/shop/code")
    assert status == 200
    assert html.unescape(str(qr(text, "お店のQRコード"))) in page
    assert "PGS1.a.b-1.c" in page


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (["confirmed"], 1),
        (["confirmed", "confirmed"], 1),
        (["confirmed", "disputed"], 2),
        (["waiting", "confirmed"], 1),
        ([], 0),
    ],
)
async def test_a_shop_that_has_confirmed_its_account_reads_its_statements(
    states: list[str], shown: int
) -> None:
    notices = [
        {"notice_id": f"{number:032}", "state": state, "account": "9999-001 ****002", "account_before": None}
        for number, state in enumerate(states)
    ]
    who = SESSION | {"actions": ["see_shop_books", "keep_own_shop"]}
    async with site_under_test({}, who=who, more={"notices": notices, "cycles": []}) as browser:
        status, page = await browser.page("/shop/settlements")
    assert status == 200
    assert page.count("振込先の口座が登録されました。") == shown
