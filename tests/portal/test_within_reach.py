"""Whatever a resident may need is two steps from where they stand, and no link leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import APIRequestContext, Browser

from gateway.demo.environment import DemoEnvironment
from portal.app import PARTS
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

STEPS: Final = frozenset({
    "/allocate/points", "/contribute/points", "/allocate/confirm", "/contribute/confirm", "/allocate/done", "/contribute/done",
    "/exchanges/back", "/pay/shop", "/pay/shop/confirm", "/settings/default/confirm", "/settings/proofs/remove",
    "/settings/phone/go", "/settings/phone/link", "/settings/phone/password", "/phone/join", "/phone",
    "/mail/confirm", "/mail/stop", "/signed-out", "/offline", "/offline-worker.js", "/history/reserve/csv",
    "/settings/record/download", "/prove",
})  # fmt: skip
"""Pages inside a story, or that a mail, a phone or the browser leads to: nobody begins there."""
NOT_SIGNED_IN: Final = frozenset(
    {"/", "/login", "/help", "/navi", "/register", "/relink", "/restore", "/accessibility", "/manual"}
)
NOT_FOR_ALL: Final = frozenset({"/passkey", "/settings/passkey", "/settings/card-password"})
"""Shown where passkeys are set up, and to who has registered a card."""
SIGNED_IN_GO_ELSEWHERE: Final = frozenset({"/login", "/register", "/relink", "/restore", "/passkey"})


def addresses() -> frozenset[str]:
    """Every page with a fixed address, as the parts of the site name them."""
    return frozenset(
        page.path
        for part in PARTS
        for page in part.pages.all
        if page.method == "GET" and not page.fragment and "{" not in page.path and page.path not in STEPS
    )


def links_of(client: APIRequestContext, site: str, path: str) -> frozenset[str]:
    answer = client.get(site + path)
    assert answer.status == 200, (path, answer.status)
    links = re.findall(r'<a\b[^>]*\bhref="([^"]+)"', answer.text())
    searches = re.findall(r'<form\b[^>]*\bmethod="get" action="([^"]+)"', answer.text())
    found = (urlsplit(unescape(link)) for link in links + searches)
    return frozenset(link.path for link in found if not link.netloc and link.path.startswith("/"))


def within(client: APIRequestContext, site: str, start: str, steps: int) -> frozenset[str]:
    reached, edge = {start}, {start}
    for _ in range(steps):
        edge = {link for path in sorted(edge) for link in links_of(client, site, path)} - reached
        edge = {path for path in edge if not path.startswith("/exchanges/") and not path.endswith("/csv")}
        reached |= edge
    return frozenset(reached)


@pytest.fixture(scope="module")
def member(chromium: Browser, town: DemoEnvironment) -> Iterator[Walk]:
    context = chromium.new_context(locale="ja-JP")
    yield Walk(context.new_page(), town).sign_in()
    context.close()


class TestWithinTwoSteps:
    def test_a_member_reaches_every_page_from_the_members_page(self, member: Walk) -> None:
        reached = within(member.page.request, member.town.portal_url, "/mypage", 2)
        needed = addresses() - SIGNED_IN_GO_ELSEWHERE - NOT_FOR_ALL
        assert sorted(needed - reached) == []

    def test_who_cannot_sign_in_reaches_every_way_back_from_the_top(
        self, chromium: Browser, town: DemoEnvironment
    ) -> None:
        context = chromium.new_context(locale="ja-JP")
        reached = within(context.request, town.portal_url, "/", 2)
        context.close()
        assert sorted(NOT_SIGNED_IN - reached) == []


class TestLost:
    @pytest.mark.parametrize(
        ("section", "target"),
        [("#lost", "/settings/sessions"), ("#lost", "/settings/proofs"), ("#lost", "/restore"),
         ("#new-card", "/relink"), ("#new-card", "/restore")],
    )  # fmt: skip
    def test_help_leads_there(self, member: Walk, section: str, target: str) -> None:
        member.to("/help")
        assert member.page.locator(f"{section} a[href='{target}']").count() == 1
