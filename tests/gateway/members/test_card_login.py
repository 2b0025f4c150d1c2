"""Coming with a card over real HTTP: registration, login, a renewed certificate, a password by card."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sqlite3
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from cryptography import x509
from typer.testing import CliRunner

from card.client_data import Purpose
from gateway import cli
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.roles import PLATFORM
from gateway.services import open_services
from gateway.settings import Settings, SettingsWrong
from tests.databases import upgraded_database


def word(told) -> str:
    return told["type"].rpartition("/")[2]


async def test_a_card_makes_a_member_and_then_signs_them_in(site, authority):
    status, made = await site.register(authority.card())
    assert status == 201, made
    member = made["member"]
    assert len(member["mykey_id"]) == 8
    assert member["display_name"] == "見本花子"
    assert member["has_card"]
    assert not member["has_password"]
    status, told = await site.login(authority.card().answer(await site.challenge()))
    assert status == 201, told
    assert told["member"] == member
    status, me = await site.post("/v1/me", None, method="GET", token=told["token"])
    assert (status, me["mykey_id"]) == (200, member["mykey_id"])


async def test_one_certificate_makes_one_member(site, authority):
    status, _ = await site.register(authority.card())
    assert status == 201
    status, told = await site.register(authority.card())
    assert (status, word(told)) == (409, "card-registered")


async def test_two_registrations_of_one_card_at_once_make_one_member(site, authority):
    done = await asyncio.gather(*(site.register(authority.card()) for _ in range(4)))
    assert sorted(status for status, _ in done) == [201, 409, 409, 409]


async def test_a_card_of_nobodys_is_told_so(site, authority):
    status, told = await site.login(authority.card().answer(await site.challenge()))
    assert (status, word(told)) == (401, "card-unknown")


async def test_a_second_site_of_the_list_may_ask_too(site, authority):
    await site.register(authority.card())
    answer = authority.card().answer(await site.challenge(), origin="https://second.example")
    status, _ = await site.login(answer)
    assert status == 201


async def test_a_renewed_certificate_is_linked_by_the_old_id_and_password(site, authority):
    _, made = await site.register(authority.card(), password="correct-horse-battery")
    renewed = authority.card(serial=99)
    status, told = await site.login(renewed.answer(await site.challenge()))
    assert (status, word(told)) == (401, "card-unknown")
    body = {
        "browser": "browser-of-hanako",
        "card": renewed.answer(await site.challenge("relink"), Purpose.RELINK),
        "mykey_id": made["member"]["mykey_id"],
        "password": "correct-horse-battery",
    }
    status, told = await site.post("/v1/card/relinks", body)
    assert status == 201, told
    assert told["member"]["mykey_id"] == made["member"]["mykey_id"]
    status, _ = await site.login(renewed.answer(await site.challenge()))
    assert status == 201
    status, told = await site.login(authority.card().answer(await site.challenge()))
    assert (status, word(told)) == (401, "card-unknown")


async def test_a_relink_with_a_wrong_password_links_nothing(site, authority):
    _, made = await site.register(authority.card(), password="correct-horse-battery")
    renewed = authority.card(serial=99)
    body = {
        "browser": "browser-of-hanako",
        "card": renewed.answer(await site.challenge("relink"), Purpose.RELINK),
        "mykey_id": made["member"]["mykey_id"],
        "password": "wrong-horse-battery",
    }
    status, told = await site.post("/v1/card/relinks", body)
    assert (status, word(told)) == (401, "sign-in-refused")
    status, _ = await site.login(authority.card().answer(await site.challenge()))
    assert status == 201


async def test_a_relink_with_another_members_card_is_refused_and_leaves_no_session(site, authority):
    _, made = await site.register(authority.card(), password="correct-horse-battery")
    await site.register(authority.another_card())
    before = await site.store.read(
        lambda conn: conn.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
    )
    body = {
        "browser": "browser-of-hanako",
        "card": authority.another_card().answer(await site.challenge("relink"), Purpose.RELINK),
        "mykey_id": made["member"]["mykey_id"],
        "password": "correct-horse-battery",
    }
    status, told = await site.post("/v1/card/relinks", body)
    assert (status, word(told)) == (409, "card-registered")
    after = await site.store.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM sessions").scalar())
    assert after == before


async def test_a_member_who_is_signed_in_links_a_renewed_card_with_the_password(site, authority):
    _, made = await site.register(authority.card(), password="correct-horse-battery")
    renewed = authority.card(serial=99)
    for password, wanted in (("wrong-horse-battery", 403), ("correct-horse-battery", 200)):
        body = {
            "browser": "browser-of-hanako",
            "card": renewed.answer(await site.challenge("relink"), Purpose.RELINK),
            "password": password,
        }
        status, told = await site.post("/v1/me/card", body, token=made["token"])
        assert status == wanted, told
    status, _ = await site.login(renewed.answer(await site.challenge()))
    assert status == 201


async def test_a_session_alone_links_no_card(site, authority):
    """A stranger at a forgotten terminal would otherwise keep a way in."""
    _, made = await site.register(authority.card())
    body = {
        "browser": "browser-of-hanako",
        "card": authority.another_card().answer(await site.challenge("relink"), Purpose.RELINK),
        "password": "anything-at-all",
    }
    status, told = await site.post("/v1/me/card", body, token=made["token"])
    assert (status, word(told)) == (409, "password-not-set")


async def test_a_first_password_is_set_with_the_card_in_hand(site, authority):
    _, made = await site.register(authority.card())
    body = {
        "browser": "browser-of-hanako",
        "card": authority.card().answer(await site.challenge()),
        "new": "correct-horse-battery",
    }
    status, told = await site.post("/v1/me/card/password", body, method="PUT", token=made["token"])
    assert (status, told) == (200, {"ended": 0})
    typed = {"mykey_id": made["member"]["mykey_id"], "password": "correct-horse-battery"}
    status, _ = await site.post("/v1/sessions", typed)
    assert status == 201


async def test_another_members_card_sets_no_password(site, authority):
    _, made = await site.register(authority.card())
    await site.register(authority.another_card())
    body = {
        "browser": "browser-of-hanako",
        "card": authority.another_card().answer(await site.challenge()),
        "new": "correct-horse-battery",
    }
    status, told = await site.post("/v1/me/card/password", body, method="PUT", token=made["token"])
    assert (status, word(told)) == (401, "card-unknown")


async def test_neither_serial_number_nor_certificate_is_kept(site, authority):
    card = authority.card()
    await site.register(card, password="correct-horse-battery")
    await site.login(card.answer(await site.challenge()))
    await site.challenge()
    serial = x509.load_der_x509_certificate(card.certificate).serial_number
    raw = serial.to_bytes((serial.bit_length() + 7) // 8)
    name = (
        x509.load_der_x509_certificate(card.certificate)
        .subject.rfc4514_string()
        .split("CN=")[1]
        .split(",")[0]
    )
    dumped = dump(site.folder / "gateway.db")
    assert "見本花子" in dumped
    for hidden in (str(serial), f"{serial:x}", name, card.certificate.hex()[:64]):
        assert hidden.lower() not in dumped.lower()
    for path in site.folder.glob("gateway.db*"):
        kept = path.read_bytes()
        assert raw not in kept
        assert card.certificate[:64] not in kept


def dump(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as conn:
        return "\n".join(conn.iterdump())


async def test_a_gateway_without_roots_takes_no_cards_and_says_so(open_site, authority):
    async with open_site(card="") as site:
        status, told = await site.post("/v1/card", None, method="GET")
        assert (status, told) == (200, {"open": False, "only_tests": False})
        status, told = await site.post(
            "/v1/card/challenges", {"purpose": "login", "browser": "browser-of-hanako"}
        )
        assert (status, word(told)) == (503, "card-login-not-configured")
        status, told = await site.login(authority.card().answer("A" * 43))
        assert (status, word(told)) == (503, "card-login-not-configured")


async def test_a_gateway_with_test_roots_says_that_only_tests_are_believed(site):
    status, told = await site.post("/v1/card", None, method="GET")
    assert (status, told) == (200, {"open": True, "only_tests": True})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('test_auth_roots = ["auth.pem"]\norigins = ["https://portal.example"]', "revocation"),
        ('test_auth_roots = ["auth.pem"]\nrevocation = "crl"', "origins"),
        ('test_auth_roots = ["no.pem"]\nrevocation = "crl"\norigins = ["https://p.example"]', "no.pem"),
        ('test_auth_roots = ["lookup"]\nrevocation = "crl"\norigins = ["https://p.example"]', "test-auth-1"),
        ('roots = "crl"\nrevocation = "crl"\norigins = ["https://p.example"]', "authca02"),
        ('origins = ["https://p.example/login"]', "origin"),
        ('origins = ["http://p.example"]', "https"),
        ('root = "roots"', "did you mean `roots`"),
    ],
)
async def test_a_card_table_that_cannot_be_believed_stops_the_start(open_site, table, said):
    with pytest.raises(SettingsWrong, match=said):
        async with open_site(card=f"[card]\n{table}\n"):
            pytest.fail("it started")


async def test_an_account_key_that_is_too_short_stops_the_start(open_site, tmp_path):
    async with open_site():
        pass
    (tmp_path / "account_key").write_text("short")
    with pytest.raises(SettingsWrong, match="account_key"):
        async with open_services(Settings.load(tmp_path / "gateway.toml", env={})):
            pytest.fail("it started")


async def test_who_has_only_a_card_and_a_new_one_comes_back_through_the_service_desk(site, authority):
    _, made = await site.register(authority.card())
    mykey_id = made["member"]["mykey_id"]

    settings = ["--operator", "Sato", "--config", str(site.folder / "gateway.toml")]

    def at_the_desk(*words: str):
        return CliRunner().invoke(cli.app, ["members", "new-password", *words, *settings])

    # A process of its own: in this one the server's log would be among what the command prints.
    command = (
        sys.executable,
        "-m",
        "gateway",
        "members",
        "new-password",
        mykey_id,
        "--reason",
        "新しいカード",
    )
    desk = await asyncio.create_subprocess_exec(
        *command, *settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaint = await desk.communicate()
    assert desk.returncode == 0, complaint.decode()
    given = json.loads(printed)
    try:
        nobody = await asyncio.to_thread(at_the_desk, "ZZZZ2345", "--reason", "新しいカード")
        unsaid = await asyncio.to_thread(at_the_desk, mykey_id, "--reason", " ")
    finally:
        # The command set the log up to write to a stream that is gone by now.
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    assert given["sessions_ended"] == 1
    assert isinstance(nobody.exception, ProblemError)
    assert isinstance(unsaid.exception, ProblemError)
    assert unsaid.exception.type == "reason-missing"
    (line,) = await site.store.read(lambda conn: audit_log.page(conn, PLATFORM, limit=5))
    assert (line.action, line.actor_name, line.reason) == ("member access restored", "Sato", "新しいカード")
    renewed = authority.card(serial=99)
    body = {
        "browser": "browser-of-hanako",
        "card": renewed.answer(await site.challenge("relink"), Purpose.RELINK),
        "mykey_id": mykey_id,
        "password": given["password"],
    }
    status, told = await site.post("/v1/card/relinks", body)
    assert (status, told["member"]["mykey_id"]) == (201, mykey_id)


@pytest.mark.postgres
async def test_on_postgresql_a_card_registers_once_and_signs_in(open_site, authority, postgres):
    # A database of our own: the server's own is shared with other tests.
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql("DROP DATABASE IF EXISTS card_login_test")
        conn.exec_driver_sql("CREATE DATABASE card_login_test")
    engine.dispose()
    url = sa.make_url(postgres).set(database="card_login_test").render_as_string(hide_password=False)
    upgraded_database(url)
    async with open_site(database=url) as site:
        done = await asyncio.gather(*(site.register(authority.card()) for _ in range(4)))
        assert sorted(status for status, _ in done) == [201, 409, 409, 409]
        answer = authority.card().answer(await site.challenge())
        done = await asyncio.gather(*(site.login(answer) for _ in range(4)))
        assert sorted(status for status, _ in done) == [201, 401, 401, 401]
