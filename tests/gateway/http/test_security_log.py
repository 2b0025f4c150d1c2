"""Security events over HTTP: who came in, who did not, what was changed; without a name, a password or a whole address."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from gateway.http.refusal_watch import MANY, WINDOW_S, RefusalWatch
from gateway.platform.security_log import account_name, login_name
from tests.gateway.cities.conftest import PASSWORD, Site, settings_more, site

__all__ = ["settings_more", "site"]

NETWORK = "192.0.2.77"


def of(lines: list, event: str) -> list:
    return [line for line in lines if line["event"] == f"security.{event}"]


@pytest.fixture
def lines():
    import structlog

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


class TestAMembersSignIn:
    async def sign_in(self, site: Site, mykey_id: str, password: str) -> int:
        body = {"mykey_id": mykey_id, "password": password, "source": NETWORK}
        return (await site.call("POST", "/v1/sessions", json=body))[0]

    async def test_is_an_event_with_the_account_as_a_hash_and_the_browsers_network(
        self, site: Site, lines
    ) -> None:
        member = await site.services.members.create(display_name="山田 花子", password=PASSWORD)
        assert await self.sign_in(site, member.mykey_id, PASSWORD) == 201
        (event,) = of(lines, "signed_in")
        vault = site.services.context.vault
        assert (event["who"], event["by"], event["browser"]) == ("member", "password", "192.0.2.0/24")
        assert event["account"] == account_name(vault, member.member_id)
        assert member.mykey_id not in json.dumps(lines, default=str)

    async def test_that_fails_is_an_event_also_for_nobody(self, site: Site, lines) -> None:
        member = await site.services.members.create(display_name="山田 花子", password=PASSWORD)
        for mykey_id in (member.mykey_id, "GATAWAY3"):
            assert await self.sign_in(site, mykey_id, "a wrong one") == 401
        known, unknown = of(lines, "sign_in_failed")
        vault = site.services.context.vault
        assert known["account"] == account_name(vault, member.member_id)
        assert "account" not in unknown
        assert unknown["login"] == login_name(vault, "GATAWAY3")
        assert {event["log_level"] for event in (known, unknown)} == {"warning"}
        assert "a wrong one" not in json.dumps(lines, default=str)

    async def test_that_is_locked_is_an_event(self, site: Site, lines) -> None:
        statuses = [await self.sign_in(site, "GATAWAY3", "a wrong one") for _ in range(6)]
        assert statuses == [401] * 5 + [429]
        assert [event["login"] for event in of(lines, "sign_in_locked")] == [
            login_name(site.services.context.vault, "GATAWAY3")
        ]


class TestWhatIsChanged:
    async def test_of_a_members_account_is_an_event(self, site: Site, lines) -> None:
        _, token = await site.member_token()
        change = {"current": PASSWORD, "new": "tsubaki-no-hana-7"}
        assert (await site.call("PUT", "/v1/me/password", token, json=change))[0] == 200
        assert [(event["what"], event["by"]) for event in of(lines, "account_changed")] == [
            ("password", "session")
        ]

    async def test_by_staff_is_an_event_that_finds_the_line_of_the_audit_log(self, site: Site, lines) -> None:
        token = await site.staff_token("administrator")
        await site.hire("viewer", "suzuki")
        signing_in = {"login": "suzuki", "password": PASSWORD}
        assert (await site.call("POST", "/v1/staff/sessions", json=signing_in))[0] == 201
        (deed,) = of(lines, "deed")
        (line,) = (await site.call("GET", "/v1/city/audit", token))[1]["lines"]
        assert (deed["action"], deed["staff"], deed["audit_line"]) == (
            line["action"],
            line["actor"],
            line["seq"],
        )

    async def test_every_line_of_a_request_says_for_whom_it_was(self, site: Site, lines) -> None:
        member, token = await site.member_token()
        await site.call("GET", "/v1/me", token)
        request = [line for line in lines if line["event"] == "http.request"][-1]
        assert request["account"] == account_name(site.services.context.vault, member.member_id)
        assert request["source"] == "127.0.0.0/24"


class TestManyRefusals:
    async def test_of_one_browser_are_an_event_though_a_site_calls_for_it(self, site: Site, lines) -> None:
        for number in range(MANY):
            body = {"mykey_id": f"GATAWAY{number % 6 + 2}", "password": "a wrong one", "source": NETWORK}
            await site.call("POST", "/v1/sessions", json=body)
        (event,) = of(lines, "many_refused")
        assert (event["number"], event["browser"]) == (MANY, "192.0.2.0/24")

    def test_are_told_again_at_each_tenfold_and_forgotten_after_the_window(self, lines) -> None:
        class Time:
            now = 0.0

        watch = RefusalWatch(lambda: Time.now)
        for _ in range(10 * MANY):
            watch.count("192.0.2.77")
        for _ in range(MANY - 1):
            watch.count("198.51.100.3")
        Time.now = WINDOW_S + 1
        watch.count("198.51.100.3")
        assert [event["number"] for event in of(lines, "many_refused")] == [MANY, 10 * MANY]
