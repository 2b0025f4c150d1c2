"""Forged, stolen and broken card logins sent to the gateway over real HTTP: each is refused with its own word.

The member they are after exists; every forgery would sign in as her if it were believed. After each, no session has
come into being but the one that her registration began.
"""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from card.client_data import ClientData, Purpose
from card.demo_ca import DemoCa, Leaf, usage

BROWSER = "browser-of-hanako"


class Door:
    """Where a forgery knocks; `refuses` sends it and looks that nobody came in."""

    def __init__(self, site):
        self.site = site

    async def refuses(self, answer, status, wanted, **more):
        got, told = await self.site.login(answer, **more)
        assert (got, told["type"].rpartition("/")[2]) == (status, wanted), told
        assert await self.sessions() == 1
        return told

    async def sessions(self):
        return await self.site.store.read(
            lambda conn: conn.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
        )


@pytest.fixture
async def door(site, authority):
    status, told = await site.register(authority.card())
    assert status == 201, told
    return Door(site)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# The challenge.


async def test_a_replayed_login_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    status, _ = await site.login(answer)
    assert status == 201
    status, told = await site.login(answer)
    assert (status, told["type"]) == (401, "/docs/problems/card-challenge-unknown")
    assert await door.sessions() == 2


async def test_of_ten_equal_logins_at_once_one_is_let_in(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    done = await asyncio.gather(*(site.login(answer) for _ in range(10)))
    assert sorted(status for status, _ in done) == [201] + [401] * 9
    assert await door.sessions() == 2


async def test_a_challenge_of_the_forgers_own_is_refused(door, authority):
    answer = authority.card().answer(base64url(b"x" * 32))
    await door.refuses(answer, 401, "card-challenge-unknown")


async def test_a_login_after_two_minutes_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    site.forward(seconds=121)
    await door.refuses(answer, 401, "card-challenge-expired")


async def test_a_challenge_of_another_browser_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge(browser="browser-of-the-thief"))
    await door.refuses(answer, 401, "card-challenge-of-another-session", browser=BROWSER)


async def test_a_challenge_that_another_portal_asked_for_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    told = await door.refuses(answer, 401, "card-challenge-of-another-session", portal=site.other_portal)
    assert told["status"] == 401


async def test_a_failed_attempt_uses_the_challenge_up(site, door, authority):
    challenge = await site.challenge()
    good = authority.card().answer(challenge)
    bad = good | {"signature": base64url(b"\x01" * 256)}
    await door.refuses(bad, 401, "card-signature-wrong")
    await door.refuses(good, 401, "card-challenge-unknown")


async def test_a_signature_for_registering_signs_nobody_in(site, door, authority):
    answer = authority.card().answer(await site.challenge("register"), Purpose.REGISTER)
    await door.refuses(answer, 401, "card-wrong-purpose")


async def test_a_purpose_other_than_the_one_asked_for_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge("register"), Purpose.LOGIN)
    await door.refuses(answer, 401, "card-wrong-purpose")


async def test_a_login_signature_registers_nobody(site, door, authority):
    card = authority.another_card()
    body = {"browser": BROWSER, "card": card.answer(await site.challenge()), "display_name": "見本"}
    status, told = await site.post("/v1/card/registrations", body)
    assert (status, told["type"]) == (401, "/docs/problems/card-wrong-purpose")


async def test_a_signature_that_another_site_asked_for_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge(), origin="https://portal.examp1e")
    await door.refuses(answer, 401, "card-wrong-origin")


# What was signed.


async def test_client_data_altered_after_signing_are_refused(site, door, authority):
    elsewhere = authority.card().answer(await site.challenge(), origin="https://portal.examp1e")
    challenge = ClientData.from_bytes(unpadded(elsewhere["client_data"])).challenge
    mended = ClientData(Purpose.LOGIN, challenge, "https://portal.example").to_bytes()
    await door.refuses(elsewhere | {"client_data": base64url(mended)}, 401, "card-signature-wrong")


async def test_another_spelling_of_the_client_data_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    spaced = unpadded(answer["client_data"]).replace(b":", b": ", 1)
    await door.refuses(answer | {"client_data": base64url(spaced)}, 400, "card-response-malformed")


async def test_a_signature_of_another_key_is_refused(site, door, authority):
    data = ClientData(Purpose.LOGIN, await site.challenge(), "https://portal.example").to_bytes()
    signature = authority.other_key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    answer = authority.card().answer("A" * 43)
    forged = answer | {"client_data": base64url(data), "signature": base64url(signature)}
    await door.refuses(forged, 401, "card-signature-wrong")


# The certificate.


async def test_a_certificate_of_another_root_with_the_same_name_is_refused(site, door, authority):
    impostor = DemoCa.create(key=authority.other_key)
    assert impostor.root.subject == authority.auth.root.subject
    card = authority.card()
    card.certificate = impostor.issue(authority.key, Leaf(serial=0x00C0_FFEE_5EC2_E700))
    await door.refuses(card.answer(await site.challenge()), 403, "card-issuer-untrusted")


async def test_a_self_signed_certificate_is_refused(site, door, authority):
    own = DemoCa.create(key=authority.key)
    card = authority.card()
    card.certificate = own.der
    await door.refuses(card.answer(await site.challenge()), 403, "card-issuer-untrusted")


async def test_the_signing_certificate_is_refused_by_name(site, door, authority):
    answer = authority.signing_card().answer(await site.challenge())
    await door.refuses(answer, 403, "card-sign-certificate-used")


@pytest.mark.parametrize(
    ("leaf", "wanted"),
    [
        ({"not_after": datetime(2026, 11, 1, tzinfo=UTC)}, "card-certificate-expired"),
        ({"not_before": datetime(2026, 12, 1, tzinfo=UTC)}, "card-certificate-not-yet-valid"),
        ({"policies": ("1.2.3.4",)}, "card-wrong-policy"),
        ({"key_usage": usage(digital_signature=True, ca=True)}, "card-wrong-key-usage"),
        ({"key_usage": usage(ca=True), "ca": True}, "card-certificate-is-ca"),
        ({"key_usage": usage(digital_signature=True, non_repudiation=True)}, "card-sign-certificate-used"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_certificate_that_is_not_for_logins_today_is_refused(site, door, authority, leaf, wanted):
    await door.refuses(authority.card(**leaf).answer(await site.challenge()), 403, wanted)


async def test_a_truncated_certificate_is_refused(site, door, authority):
    card = authority.card()
    card.certificate = card.certificate[:-20]
    await door.refuses(card.answer(await site.challenge()), 403, "card-certificate-malformed")


async def test_a_revoked_certificate_is_refused(site, door, authority):
    other = authority.another_card()
    site.publish_crl(4711)
    await door.refuses(other.answer(await site.challenge()), 403, "card-certificate-revoked")


async def test_without_a_fresh_revocation_list_nobody_comes_in(site, door, authority):
    for path in (site.folder / "crl").iterdir():
        path.unlink()
    other = authority.another_card()
    await door.refuses(other.answer(await site.challenge()), 503, "card-revocation-unknown")


async def test_a_revocation_list_of_yesterday_is_not_believed(site, door, authority):
    site.forward(hours=24)
    await door.refuses(authority.card().answer(await site.challenge()), 503, "card-revocation-unknown")


# Form and size.


async def test_an_answer_larger_than_any_cards_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    big = answer | {"certificate": base64url(b"\x30" * 20_000)}
    await door.refuses(big, 413, "card-response-too-large")


async def test_a_body_of_a_megabyte_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    await door.refuses(answer | {"certificate": "A" * 1_000_000}, 413, "body-too-large")


@pytest.mark.parametrize(
    "change",
    [
        {"signature": ""},
        {"signature": "+/=="},
        {"signature": None},
        {"certificate": 7},
        {"extra": "AAAA"},
    ],
)
async def test_fields_that_no_agent_sends_are_refused(site, door, authority, change):
    answer = authority.card().answer(await site.challenge())
    await door.refuses(answer | change, 422, "body-invalid")


async def test_base64_with_stray_bits_is_refused(site, door, authority):
    answer = authority.card().answer(await site.challenge())
    text = answer["signature"]  # 256 bytes leave two bits of the last letter unused
    stray = text[:-1] + chr(ord(text[-1]) + 1)
    await door.refuses(answer | {"signature": stray}, 400, "card-response-malformed")


async def test_a_refusal_repeats_nothing_and_speaks_the_readers_language(site, door, authority):
    answer = authority.card(not_after=datetime(2026, 11, 1, tzinfo=UTC)).answer(await site.challenge())
    body = {"browser": BROWSER, "card": answer}
    async with await site.portal.request(
        "POST", "/v1/card/sessions", json=body, headers={"Accept-Language": "ja"}
    ) as told:
        text = await told.text()
    assert "お住まいの市区町村の窓口で更新してください" in text
    assert answer["certificate"][:40] not in text
    assert BROWSER not in text


async def test_a_card_opens_the_door_while_the_password_is_locked(site, authority):
    _, made = await site.register(authority.card(), password="correct-horse-battery")
    typed = {"mykey_id": made["member"]["mykey_id"], "password": "wrong"}
    for _ in range(6):
        status, told = await site.post("/v1/sessions", typed)
    assert status == 429, told
    status, _ = await site.login(authority.card().answer(await site.challenge()))
    assert status == 201
