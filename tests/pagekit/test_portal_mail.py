"""お知らせのメール: the form, the button behind a mail's link, and the one click of a mail program."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import Member, member

__all__ = ["house"]

TOKEN = "0" * 32 + "." + "a" * 64
NONE = {"offered": True, "state": "none", "address": "", "stopped_because": ""}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def problem(word: str, status: int) -> tuple[int, dict[str, Any]]:
    body = {"type": f"https://point-gateway.example/problems/{word}", "title": word, "status": status}
    return status, body | {"detail": word, "remedy": {"ja": "", "en": ""}}


async def sent(signed_in: Member, path: str, **form: str) -> str:
    """The page that a form leads to."""
    answer = await signed_in.send(path, **form)
    assert answer.status == 303
    return await signed_in.page(answer.headers["Location"])


class TestTheForm:
    async def test_sets_an_address_and_says_what_comes_next(self, house: House) -> None:

        async with member(house, {"/v1/me/mail": NONE}) as signed_in:
            page = await sent(signed_in, "/settings/mail", address="hanako@example.jp")
            assert "PUT /v1/me/mail" in house.asked
            assert "確認のメールを送りました" in page

    async def test_keeps_what_was_typed_and_says_what_is_wrong_with_it(self, house: House) -> None:
        answers = {"GET /v1/me/mail": NONE, "PUT /v1/me/mail": problem("bad-mail-address", 422)}
        async with member(house, answers) as signed_in:
            page = await sent(signed_in, "/settings/mail", address="hanako@")
            assert 'value="hanako@"' in page
            assert "メールアドレスの形式が違います" in page


class TestAMailsLink:
    async def test_changes_nothing_by_being_opened(self, house: House) -> None:
        async with member(house, {}) as signed_in:
            for link in ("confirm", "stop"):
                page = await signed_in.page(f"/mail/{link}?t={TOKEN}")
                assert f'value="{TOKEN}"' in page
            assert not [each for each in house.asked if "/v1/mail" in each]

    async def test_of_a_cut_link_says_so(self, house: House) -> None:
        answers = {"/v1/mail/confirmation": problem("body-invalid", 422)}
        async with member(house, answers) as signed_in:
            assert "このリンクは使えません" in await sent(signed_in, "/mail/confirm", t="x")

    async def test_a_program_stops_mail_without_a_page_and_nothing_else_comes_from_anywhere(
        self, house: House
    ) -> None:
        async with (
            member(house, {"/v1/mail/stop": (204, None)}) as signed_in,
            aiohttp.ClientSession() as program,
        ):
            before = len(house.asked)
            stop = f"{house.portal}/mail/stop?t={TOKEN}"
            async with program.post(stop, data=ONE_CLICK, allow_redirects=False) as answer:
                assert answer.status == 200
                assert "Set-Cookie" not in answer.headers
            assert house.asked[before:] == ["POST /v1/mail/stop"]
            signed_in.answers["/v1/mail/stop"] = problem("mail-link-over", 404)
            async with program.post(stop, data=ONE_CLICK, allow_redirects=False) as answer:
                assert answer.status == 404  # a program follows no redirect
            before += 1
            for path in ("/mail/confirm", "/settings/mail", "/settings/mail/remove", "/login"):
                async with program.post(f"{house.portal}{path}", data={"t": TOKEN}) as answer:
                    assert answer.status == 403, path
            assert len(house.asked) == before + 1

    @pytest.mark.parametrize("origin", ["https://evil.example", "null"])
    async def test_a_page_of_somebody_else_can_do_no_more_than_the_program(
        self, house: House, origin: str
    ) -> None:
        answers = {"/v1/mail/stop": problem("mail-link-over", 404)}
        async with member(house, answers), aiohttp.ClientSession() as stranger:
            stop, headers = f"{house.portal}/mail/stop?t={TOKEN}", {"Origin": origin}
            async with stranger.post(stop, data=ONE_CLICK, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 303  # to the page that says so
