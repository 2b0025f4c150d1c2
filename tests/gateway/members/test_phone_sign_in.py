"""Coming with a phone over real HTTP, against a provider of our own that checks everything and misbehaves on demand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog

from gateway.errors import SecretMissing
from gateway.members.id_token import REASONS
from gateway.services import open_services
from gateway.settings import Settings, SettingsWrong
from httpkit.clock import FileClock, set_file_clock
from tests.gateway.members.conftest import CARD_TABLE, NOW, PASSWORD, PURPOSES, Site, write_settings
from tests.gateway.members.sandbox_provider import SandboxProvider, new_key

BROWSER, OTHER_BROWSER = "browser-of-hanako", "browser-of-jiro----"


def word(told: Any) -> str:
    return str(told["type"].rpartition("/")[2])


@dataclass
class Phone:
    """A portal's side of a sign-in by phone."""

    site: Site
    provider: SandboxProvider

    async def begin(self, purpose: str = "login", *, browser: str = BROWSER, **more: Any) -> str:
        body = {"provider": "sandbox", "purpose": purpose, "browser": browser, **more}
        status, redirect = await self.site.post("/v1/oidc/requests", body)
        assert status == 201, redirect
        return str(redirect["url"])

    async def come_back(
        self, back: dict[str, str], *, browser: str = BROWSER, provider: str = "sandbox", **more: Any
    ) -> tuple[int, Any]:
        return await self.site.post(
            "/v1/oidc/returns", {"provider": provider, "browser": browser} | back, **more
        )

    async def arrive(self, purpose: str = "login", **more: Any) -> tuple[int, Any]:
        return await self.come_back(self.provider.authorize(await self.begin(purpose)), **more)

    async def register(self, arrival: str, *, browser: str = BROWSER) -> tuple[int, Any]:
        body = {"browser": browser, "arrival": arrival, "display_name": "見本花子"}
        return await self.site.post("/v1/oidc/registrations", body)

    async def join_by_card(self, arrival: str, card: Any, *, browser: str = BROWSER) -> tuple[int, Any]:
        """`card`: a card that answers now, or an answer."""
        answer = card if isinstance(card, dict) else card.answer(await self.site.challenge(browser=browser))
        return await self.site.post(
            "/v1/oidc/card-joins", {"browser": browser, "arrival": arrival, "card": answer}
        )

    async def member(self) -> Any:
        """A member who has registered by phone."""
        _, arrived = await self.arrive()
        status, started = await self.register(arrived["arrival"])
        assert status == 201, started
        return started

    async def sessions(self) -> int:
        return await self.site.store.read(
            lambda conn: conn.exec_driver_sql("SELECT count(*) FROM sessions").scalar_one()
        )


@pytest.fixture
def open_phone(open_site: Any, tmp_path: Any) -> Any:
    @asynccontextmanager
    async def open_it(database: str | None = None, **settings: str) -> AsyncIterator[Phone]:
        client_key = new_key("ours-1")
        (tmp_path / "phone.pem").write_bytes(client_key.as_pem(private=True))
        set_file_clock(tmp_path / "clock", NOW)
        clock = FileClock(tmp_path / "clock")
        async with (
            SandboxProvider(client_key, lambda: clock().timestamp()).serve() as provider,
            open_site(card=CARD_TABLE + provider.table(**settings), database=database) as site,
        ):
            yield Phone(site, provider)

    return open_it


@pytest.fixture
async def phone(open_phone: Any) -> AsyncIterator[Phone]:
    async with open_phone() as opened:
        yield opened
        assert opened.provider.complaints == []


class TestComing:
    async def test_an_unknown_phone_is_asked_first_and_then_makes_a_member(self, phone: Phone) -> None:
        status, arrived = await phone.arrive()
        assert (status, arrived["started"], arrived["purpose"]) == (201, None, "login")
        assert await phone.sessions() == 0
        status, started = await phone.register(arrived["arrival"])
        assert status == 201, started
        assert started["member"]["display_name"] == "見本花子"
        _, listed = await phone.site.post("/v1/me/proofs", None, method="GET", token=started["token"])
        (proof,) = listed["proofs"]
        assert (proof["kind"], proof["issuer"]) == ("oidc", phone.provider.issuer)

    async def test_a_known_phone_signs_its_member_in(self, phone: Phone) -> None:
        member = (await phone.member())["member"]
        status, arrived = await phone.arrive()
        assert status == 201, arrived
        assert (arrived["started"]["member"], arrived["arrival"]) == (member, None)

    async def test_only_openid_is_asked_for_and_every_sign_in_identifies_anew(self, phone: Phone) -> None:
        query = parse_qs(urlsplit(await phone.begin()).query)
        assert (query["scope"], query["prompt"], query["max_age"]) == (["openid"], ["login"], ["0"])
        again = parse_qs(urlsplit(await phone.begin()).query)
        for name in ("state", "nonce", "code_challenge"):
            assert query[name] != again[name]

    async def test_an_old_mykey_id_gets_the_phone_after_its_password(
        self, phone: Phone, authority: Any
    ) -> None:
        _, made = await phone.site.register(authority.card(), password=PASSWORD)
        _, arrived = await phone.arrive()
        body = {
            "browser": BROWSER,
            "arrival": arrived["arrival"],
            "mykey_id": made["member"]["mykey_id"],
            "password": PASSWORD,
        }
        status, told = await phone.site.post("/v1/oidc/joins", body | {"password": "wrong-horse-battery"})
        assert (status, word(told)) == (401, "sign-in-refused")
        status, started = await phone.site.post("/v1/oidc/joins", body)
        assert status == 201, started
        _, known = await phone.arrive()
        assert known["started"]["member"]["mykey_id"] == made["member"]["mykey_id"]

    async def test_an_old_mykey_id_without_a_password_gets_the_phone_by_its_card(
        self, phone: Phone, authority: Any
    ) -> None:
        _, made = await phone.site.register(authority.card())
        assert not made["member"]["has_password"]
        _, arrived = await phone.arrive()
        status, started = await phone.join_by_card(arrived["arrival"], authority.card())
        assert (status, started["member"]["mykey_id"]) == (201, made["member"]["mykey_id"])
        _, known = await phone.arrive()
        assert known["started"]["member"]["mykey_id"] == made["member"]["mykey_id"]
        assert (await phone.site.login(authority.card().answer(await phone.site.challenge())))[0] == 201

    async def test_an_answer_or_arrival_that_was_used_joins_nothing_more(
        self, phone: Phone, authority: Any
    ) -> None:
        await phone.site.register(authority.card())
        _, arrived = await phone.arrive()
        answer = authority.card().answer(await phone.site.challenge())
        assert (await phone.join_by_card(arrived["arrival"], answer))[0] == 201
        before = await phone.sessions()
        status, told = await phone.join_by_card(arrived["arrival"], authority.card())
        assert (status, word(told)) == (401, "oidc-arrival-unknown")
        phone.provider.subject = "another"
        _, second = await phone.arrive()
        status, told = await phone.join_by_card(second["arrival"], answer)
        assert (status, word(told)) == (401, "card-challenge-unknown")
        _, still = await phone.arrive()
        assert still["started"] is None
        assert await phone.sessions() == before

    async def test_of_two_cards_at_once_one_joins_the_phone_and_the_other_gets_no_session(
        self, phone: Phone, authority: Any
    ) -> None:
        await phone.site.register(authority.card())
        await phone.site.register(authority.another_card())
        before = await phone.sessions()
        _, arrived = await phone.arrive()
        cards = [authority.card(), authority.another_card()]
        done = await asyncio.gather(*(phone.join_by_card(arrived["arrival"], card) for card in cards))
        assert sorted(status for status, _ in done) == [201, 401]
        winner = next(told for status, told in done if status == 201)
        _, known = await phone.arrive()
        assert known["started"]["member"]["mykey_id"] == winner["member"]["mykey_id"]
        assert await phone.sessions() == before + 2

    @pytest.mark.parametrize(
        ("spoil", "wanted"),
        [
            ("nobody", "card-unknown"),
            ("late", "card-challenge-expired"),
            ("other browser", "card-challenge-of-another-session"),
            ("other purpose", "card-wrong-purpose"),
            ("forged", "card-signature-wrong"),
        ],
    )
    async def test_what_is_not_the_members_card_here_and_now_joins_nothing(
        self, phone: Phone, authority: Any, spoil: str, wanted: str
    ) -> None:
        if spoil != "nobody":
            await phone.site.register(authority.card())
        before = await phone.sessions()
        _, arrived = await phone.arrive()
        browser = OTHER_BROWSER if spoil == "other browser" else BROWSER
        purpose = "relink" if spoil == "other purpose" else "login"
        challenge = await phone.site.challenge(purpose, browser=browser)
        answer = authority.card().answer(challenge, PURPOSES[purpose])
        if spoil == "forged":
            answer["signature"] = authority.another_card().answer(challenge)["signature"]
        if spoil == "late":
            phone.site.forward(minutes=3)
        status, told = await phone.join_by_card(arrived["arrival"], answer)
        assert (status, word(told)) == (401, wanted)
        _, still = await phone.arrive()
        assert still["started"] is None
        assert await phone.sessions() == before

    async def test_a_phone_of_another_members_is_not_taken_by_a_card(
        self, phone: Phone, authority: Any
    ) -> None:
        await phone.site.register(authority.card())
        _, first = await phone.arrive()
        _, second = await phone.arrive()
        assert (await phone.register(first["arrival"]))[0] == 201
        before = await phone.sessions()
        status, told = await phone.join_by_card(second["arrival"], authority.card())
        assert (status, word(told)) == (409, "proof-registered")
        assert await phone.sessions() == before

    async def test_an_arrival_of_another_browser_leaves_the_cards_answer_unused(
        self, phone: Phone, authority: Any
    ) -> None:
        await phone.site.register(authority.card())
        _, arrived = await phone.arrive()
        answer = authority.card().answer(await phone.site.challenge(browser=OTHER_BROWSER))
        status, told = await phone.join_by_card(arrived["arrival"], answer, browser=OTHER_BROWSER)
        assert (status, word(told)) == (401, "oidc-arrival-unknown")
        assert (await phone.site.login(answer, browser=OTHER_BROWSER))[0] == 201

    async def test_the_same_name_joins_nobody(self, phone: Phone, authority: Any) -> None:
        _, by_card = await phone.site.register(authority.card())
        by_phone = await phone.member()
        assert by_card["member"]["display_name"] == by_phone["member"]["display_name"]
        assert by_card["member"]["mykey_id"] != by_phone["member"]["mykey_id"]

    async def test_a_changed_sub_takes_the_place_of_the_old_one(self, phone: Phone, authority: Any) -> None:
        _, made = await phone.site.register(authority.card(), password=PASSWORD)
        for subject in ("before", "after"):
            phone.provider.subject = subject
            _, arrived = await phone.arrive()
            body = {
                "browser": BROWSER,
                "arrival": arrived["arrival"],
                "mykey_id": made["member"]["mykey_id"],
                "password": PASSWORD,
            }
            status, _ = await phone.site.post("/v1/oidc/joins", body)
            assert status == 201
        phone.provider.subject = "before"
        _, arrived = await phone.arrive()
        assert arrived["started"] is None

    async def test_of_two_registrations_with_one_phone_at_once_one_makes_a_member(self, phone: Phone) -> None:
        _, arrived = await phone.arrive()
        done = await asyncio.gather(*(phone.register(arrived["arrival"]) for _ in range(4)))
        assert sorted(status for status, _ in done) == [201, 401, 401, 401]

    async def test_another_members_phone_is_refused_and_leaves_no_session(
        self, phone: Phone, authority: Any
    ) -> None:
        _, made = await phone.site.register(authority.card(), password=PASSWORD)
        _, first = await phone.arrive()
        _, second = await phone.arrive()
        assert (await phone.register(first["arrival"]))[0] == 201
        before = await phone.sessions()
        body = {"browser": BROWSER, "arrival": second["arrival"]}
        old = {"mykey_id": made["member"]["mykey_id"], "password": PASSWORD}
        status, told = await phone.site.post("/v1/oidc/joins", body | old)
        assert (status, word(told)) == (409, "proof-registered")
        assert await phone.sessions() == before


class TestWhoIsSignedIn:
    async def test_links_a_phone_with_the_password_and_not_with_the_session_alone(
        self, phone: Phone, authority: Any
    ) -> None:
        _, made = await phone.site.register(authority.card(), password=PASSWORD)
        _, arrived = await phone.arrive("link")
        assert arrived["started"] is None
        for password, wanted in (("wrong-horse-battery", 403), (PASSWORD, 200), (PASSWORD, 401)):
            body = {"browser": BROWSER, "arrival": arrived["arrival"], "password": password}
            status, told = await phone.site.post("/v1/me/oidc", body, token=made["token"])
            assert status == wanted, told
        _, known = await phone.arrive()
        assert known["started"]["member"]["mykey_id"] == made["member"]["mykey_id"]

    async def test_sets_a_first_password_with_the_phone_in_hand(self, phone: Phone) -> None:
        started = await phone.member()
        _, arrived = await phone.arrive("password")
        body = {"browser": BROWSER, "arrival": arrived["arrival"], "new": PASSWORD}
        status, told = await phone.site.post(
            "/v1/me/oidc/password", body, method="PUT", token=started["token"]
        )
        assert status == 200, told
        typed = {"mykey_id": started["member"]["mykey_id"], "password": PASSWORD}
        assert (await phone.site.post("/v1/sessions", typed))[0] == 201

    async def test_sets_no_password_with_another_persons_phone(self, phone: Phone) -> None:
        started = await phone.member()
        phone.provider.subject = "ppid-of-jiro"
        _, arrived = await phone.arrive("password")
        body = {"browser": BROWSER, "arrival": arrived["arrival"], "new": PASSWORD}
        status, told = await phone.site.post(
            "/v1/me/oidc/password", body, method="PUT", token=started["token"]
        )
        assert (status, word(told)) == (401, "proof-unknown")

    async def test_what_was_read_for_one_purpose_serves_no_other(self, phone: Phone) -> None:
        _, arrived = await phone.arrive("link")
        status, told = await phone.register(arrived["arrival"])
        assert (status, word(told)) == (401, "oidc-arrival-unknown")


class TestTheReturn:
    async def refused(self, phone: Phone, back: dict[str, str], wanted: str, **more: Any) -> None:
        status, told = await phone.come_back(back, **more)
        assert (status, word(told)) == (401, wanted), told
        assert told["detail"]
        assert await phone.sessions() == 0

    async def test_serves_once(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin())
        assert (await phone.come_back(back))[0] == 201
        await self.refused(phone, back, "oidc-request-unknown")

    async def test_of_two_at_once_one_arrives(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin())
        done = await asyncio.gather(*(phone.come_back(back) for _ in range(4)))
        assert sorted(status for status, _ in done) == [201, 401, 401, 401]

    async def test_with_a_state_that_was_never_made_is_refused(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin()) | {"state": "x" * 43}
        await self.refused(phone, back, "oidc-request-unknown")

    async def test_into_another_browser_is_refused_and_uses_the_request_up(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin())
        await self.refused(phone, back, "oidc-other-browser", browser=OTHER_BROWSER)
        await self.refused(phone, back, "oidc-request-unknown")
        assert "token" not in phone.provider.asked

    async def test_to_another_portal_is_refused(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin())
        await self.refused(phone, back, "oidc-other-browser", portal=phone.site.other_portal)

    async def test_after_a_quarter_of_an_hour_is_too_late(self, phone: Phone) -> None:
        back = phone.provider.authorize(await phone.begin())
        phone.site.forward(minutes=15)
        await self.refused(phone, back, "oidc-request-expired")

    async def test_from_another_provider_is_refused_before_any_code_leaves(self, phone: Phone) -> None:
        """A mix-up: the code of an honest provider would be shown to the attacker's."""
        back = phone.provider.authorize(await phone.begin()) | {"iss": "https://attacker.example"}
        await self.refused(phone, back, "oidc-wrong-provider")
        back = phone.provider.authorize(await phone.begin())
        del back["iss"]  # the provider has said that it always names itself
        await self.refused(phone, back, "oidc-wrong-provider")
        back = phone.provider.authorize(await phone.begin())
        await self.refused(phone, back, "oidc-wrong-provider", provider="another")
        assert "token" not in phone.provider.asked

    async def test_of_who_stopped_it_says_so(self, phone: Phone) -> None:
        await self.refused(phone, phone.provider.decline(await phone.begin()), "oidc-declined")
        failed = phone.provider.decline(await phone.begin(), "server_error")
        await self.refused(phone, failed, "oidc-sign-in-failed")

    async def test_with_a_code_that_was_used_is_refused(self, phone: Phone) -> None:
        used = phone.provider.authorize(await phone.begin())
        assert (await phone.come_back(used))[0] == 201
        replayed = phone.provider.authorize(await phone.begin()) | {"code": used["code"]}
        await self.refused(phone, replayed, "oidc-code-refused")

    async def test_with_another_sign_ins_code_is_refused_by_its_verifier(self, phone: Phone) -> None:
        stolen = phone.provider.authorize(await phone.begin(browser=OTHER_BROWSER))
        own = phone.provider.authorize(await phone.begin()) | {"code": stolen["code"]}
        await self.refused(phone, own, "oidc-code-refused")


class TestTheToken:
    @pytest.mark.parametrize(
        ("why", "claims"),
        [
            ("issuer", {"iss": "https://attacker.example"}),
            ("audience", {"aud": "RP00000002"}),
            ("audience", {"aud": ["RP00000001", "RP00000002"]}),
            ("audience", {"azp": "RP00000002"}),
            ("nonce", {"nonce": "n" * 64}),
            ("nonce", {"nonce": 7}),
            ("expired", {"exp": NOW.timestamp() - 61}),
            ("expired", {"iat": NOW.timestamp() - 601}),
            ("expired", {"iat": NOW.timestamp() + 120}),
            ("expired", {"nbf": NOW.timestamp() + 120}),
            ("expired", {"exp": "soon"}),
            ("auth-time", {"auth_time": NOW.timestamp() - 3_600}),
            ("subject", {"sub": ""}),
            ("subject", {"sub": 4711}),
            ("subject", {"sub": ["ppid-of-hanako"]}),
            ("subject", {"sub": "x" * 256}),
        ],
    )
    async def test_that_says_something_else_is_refused(
        self, phone: Phone, why: str, claims: dict[str, Any]
    ) -> None:
        phone.provider.claims = claims
        await self.refused(phone, why)

    @pytest.mark.parametrize(
        ("why", "claim"),
        [("issuer", "iss"), ("audience", "aud"), ("nonce", "nonce"), ("expired", "exp"), ("expired", "iat"),
         ("auth-time", "auth_time"), ("subject", "sub")],
    )  # fmt: skip
    async def test_that_leaves_something_out_is_refused(self, phone: Phone, why: str, claim: str) -> None:
        phone.provider.dropped = {claim}
        await self.refused(phone, why)

    @pytest.mark.parametrize(
        ("why", "fault"),
        [("algorithm", "alg-none"), ("algorithm", "alg-hs256"), ("signature", "stranger-signs"), ("signature", "changed"),
         ("form", "logout-token")],
    )  # fmt: skip
    async def test_that_is_forged_is_refused(self, phone: Phone, why: str, fault: str) -> None:
        phone.provider.faults = {fault}
        await self.refused(phone, why)

    async def test_under_a_key_that_is_published_no_longer_is_refused(self, phone: Phone) -> None:
        assert (await phone.arrive())[0] == 201
        phone.provider.published = [new_key("key-2")]
        phone.site.forward(minutes=16)
        await self.refused(phone, "key")

    async def test_under_a_new_key_makes_us_look_again_and_not_more_than_twice_a_minute(
        self, phone: Phone
    ) -> None:
        assert (await phone.arrive())[0] == 201
        phone.provider.key = new_key("key-2")
        phone.site.forward(seconds=31)
        assert (await phone.arrive())[0] == 201
        assert phone.provider.asked.count("certs") == 2
        phone.provider.published = [phone.provider.key]
        phone.provider.key = new_key("key-3")
        for _ in range(3):
            await self.refused(phone, "key")
        assert phone.provider.asked.count("certs") == 2

    async def test_of_a_provider_that_publishes_a_shared_secret_is_refused(self, phone: Phone) -> None:
        phone.provider.faults = {"shared-secret-in-keys"}
        status, told = await phone.arrive()
        assert (status, word(told)) == (503, "oidc-unavailable")

    async def test_of_a_weaker_identification_than_the_settings_want_is_refused(
        self, open_phone: Any
    ) -> None:
        async with open_phone(acr_values='"aal3"', required_acr='["aal3"]') as phone:
            assert "acr_values=aal3" in await phone.begin()
            await self.refused(phone, "acr")
            phone.provider.claims = {"acr": "aal3"}
            assert (await phone.arrive())[0] == 201

    async def refused(self, phone: Phone, why: str) -> None:
        status, told = await phone.arrive()
        assert (status, word(told), told["why"]) == (401, "oidc-token-refused", why), told
        assert REASONS[why] in told["detail"]
        assert await phone.sessions() == 0


class TestTheProvider:
    @pytest.mark.parametrize("fault", ["token-down", "token-html", "token-huge", "token-redirects"])
    async def test_that_answers_nonsense_signs_nobody_in(self, phone: Phone, fault: str) -> None:
        phone.provider.faults = {fault}
        status, told = await phone.arrive()
        assert (status, word(told)) == (503, "oidc-unavailable")
        assert await phone.sessions() == 0

    async def test_that_is_away_is_told_and_found_again(self, phone: Phone) -> None:
        phone.provider.faults = {"discovery-down"}
        body = {"provider": "sandbox", "purpose": "login", "browser": BROWSER}
        status, told = await phone.site.post("/v1/oidc/requests", body)
        assert (status, word(told)) == (503, "oidc-unavailable")
        phone.provider.faults = set()
        assert (await phone.arrive())[0] == 201

    @pytest.mark.parametrize(
        "metadata",
        [{"issuer": "https://attacker.example"}, {"token_endpoint": "http://127.0.0.2:9/token"},
         {"jwks_uri": "https://attacker.example/certs"}, {"authorization_endpoint": None}],
    )  # fmt: skip
    async def test_whose_discovery_names_somebody_else_is_not_believed(
        self, phone: Phone, metadata: dict[str, Any]
    ) -> None:
        phone.provider.metadata = metadata
        body = {"provider": "sandbox", "purpose": "login", "browser": BROWSER}
        status, told = await phone.site.post("/v1/oidc/requests", body)
        assert (status, word(told)) == (503, "oidc-unavailable")

    async def test_that_publishes_no_discovery_is_named_by_the_settings(self, open_phone: Any) -> None:
        provider = SandboxProvider(new_key("x"))
        async with provider.serve():
            ends = {
                name: f'"{provider.issuer}/{path}"'
                for name, path in (
                    ("authorization_endpoint", "auth"),
                    ("token_endpoint", "token"),
                    ("jwks_uri", "certs"),
                )
            }
            more = {"issuer": f'"{provider.issuer}"', "discovery": "false", **ends}
            async with open_phone(**more) as phone:
                provider.client_key, provider.clock = phone.provider.client_key, phone.provider.clock
                phone.provider, provider.has_iss_parameter = provider, False
                assert (await phone.arrive())[0] == 201
            assert "discovery" not in provider.asked
            assert provider.complaints == []

    async def test_that_identifies_anew_by_itself_is_not_asked_to(self, open_phone: Any) -> None:
        async with open_phone(reauthentication='"provider"') as phone:
            assert "max_age" not in await phone.begin()
            phone.provider.dropped = {"auth_time"}
            assert (await phone.arrive())[0] == 201


class TestWhatIsKept:
    async def test_neither_token_nor_code_nor_sub_is_in_the_database_or_a_log(
        self, phone: Phone, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with structlog.testing.capture_logs() as lines:
            url = await phone.begin()
            back = phone.provider.authorize(url)
            _, arrived = await phone.come_back(back)
            started = (await phone.register(arrived["arrival"]))[1]
            phone.provider.claims = {"nonce": "wrong"}
            await phone.arrive()
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        secrets = [
            phone.provider.subject, back["code"], back["state"], query["nonce"], arrived["arrival"], started["token"],
        ]  # fmt: skip
        logged = repr(lines) + caplog.text
        dump = await phone.site.store.read(
            lambda conn: repr(list(conn.connection.driver_connection.iterdump()))
        )
        for secret in secrets:
            assert secret not in logged
            assert secret not in dump
        failed = [line for line in lines if line["event"] == "security.sign_in_failed"]
        assert [(line["by"], line["code"]) for line in failed] == [("oidc", "nonce")]

    async def test_what_has_expired_is_forgotten(self, phone: Phone) -> None:
        await phone.begin()
        await phone.arrive()
        phone.site.forward(minutes=20)
        await phone.begin()
        for table, left in (("oidc_requests", 1), ("oidc_arrivals", 0)):
            count = await phone.site.store.read(
                lambda conn, table=table: conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            )
            assert (table, count) == (table, left)


class TestSettings:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"issuer": '"http://id.example"'}, "http is for this machine alone"),
            ({"discovery": "false"}, "without discovery name"),
            ({"token_endpoint": '"https://id.example/token"'}, "where discovery = false"),
            ({"id_token_algorithms": '["none"]'}, "id_token_algorithms"),
            ({"id_token_algorithms": "[]"}, "at least one"),
            ({"assertion_lifetime_s": "3600"}, "assertion_lifetime_s"),
            ({"clientid": '"x"'}, "did you mean `client_id`?"),
            ({"key": '"-----BEGIN"'}, "a secret must not stand in the settings"),
        ],
    )
    def test_a_mistake_is_named_with_its_place(
        self, tmp_path: Any, authority: Any, change: dict[str, str], sentence: str
    ) -> None:
        provider = SandboxProvider(new_key("x"), issuer="https://id.example")
        path = write_settings(tmp_path, authority, 0, provider.table(**change))
        with pytest.raises(SettingsWrong, match=r"oidc\.sandbox") as wrong:
            Settings.load(path, env={})
        assert sentence in str(wrong.value)
        assert "gateway.toml:" in str(wrong.value)

    async def test_a_key_that_cannot_sign_stops_the_start(self, tmp_path: Any, authority: Any) -> None:
        provider = SandboxProvider(new_key("x"), issuer="https://id.example")
        set_file_clock(tmp_path / "clock", NOW)
        path = write_settings(tmp_path, authority, 0, provider.table())
        settings = Settings.load(path, env={})
        with pytest.raises(SecretMissing):
            async with open_services(settings):
                pass
        (tmp_path / "phone.pem").write_bytes(new_key("x").as_pem(private=False))
        with pytest.raises(SettingsWrong, match="no private key"):
            async with open_services(settings):
                pass
