"""The operator's commands, run as an operator runs them: on files, without a gateway running."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import json
import shutil
import sqlite3
import threading
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest
import structlog
from gateway_saison.rates import EIKYU
from gateway_saison.sandbox import SandboxOptions, make_server, members
from typer.testing import CliRunner

from core_ledger import chart
from gateway.cities.staff import second_factor, staff_rows
from gateway.cities.staff.second_factor import STEP_S
from gateway.cli import app
from gateway.client import load_private_key
from gateway.configured import open_store, vault_of
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows
from gateway.exchanges.link_rows import Link
from gateway.exchanges.link_rows import save as save_link
from gateway.exchanges.recovery import CONFIRMED, journal_line
from gateway.members.member_rows import create_member
from gateway.members.passwords import PasswordHasher
from gateway.model import JST, Destination, Secret
from gateway.platform.journal import begin_journal
from gateway.platform.roles import PLATFORM, Role
from gateway.points import directory
from gateway.services import open_services
from gateway.settings import Settings
from gateway.testkit.sandbox import Fault, FaultKind
from httpkit.clock import FileClock, set_file_clock
from tests.databases import upgraded_database
from tests.gateway.exchanges.conftest import NOON, new_id

KEY = "a key that both sides know, of some length"
PASSWORD = "botan-nabe-3-kilo"
EXCHANGE, OTHER = new_id(), new_id()


@pytest.fixture(autouse=True)
def quiet():
    yield
    structlog.reset_defaults()


class Desk:
    """Runs commands against a folder with a database, and a sandbox that lives in a loop of its own."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.folder, self.loop = folder, loop
        self.config = folder / "gateway.toml"

        self.seeds: dict[str, str] = {}

    def __call__(self, *words: str, code: int = 0, typed: str = "") -> str:
        result = CliRunner().invoke(app, [*words, "--config", str(self.config)], input=typed)
        if code == 1:
            assert isinstance(result.exception, ProblemError), result.output
            return str(result.exception)
        assert result.exit_code == code, result.output
        return result.stdout if typed else result.output

    def as_person(self, login: str, *words: str, code: int = 0, password: str = PASSWORD) -> str:
        """Signed in at the prompt with the next code of that person's app, each of which opens once."""
        clock = FileClock(self.folder / "clock")
        begins_at = datetime.fromtimestamp((clock().timestamp() // STEP_S + 1) * STEP_S, JST)
        set_file_clock(self.folder / "clock", begins_at)
        typed = f"{password}\n{pyotp.TOTP(self.seeds[login]).at(begins_at)}\ny\n"
        return self(*words, "--login", login, code=code, typed=typed)

    def decided(self, *words: str) -> dict[str, Any]:
        """Proposed by one person of the platform, approved by the other."""
        proposal = json.loads(self.as_person("ko", *words))
        assert proposal["state"] == "waiting"
        approval = ("proposals", "approve", proposal["proposal_id"], "--digest", proposal["digest"])
        return json.loads(self.as_person("otsu", *approval))


@pytest.fixture
def context(tmp_path):
    """One exchange that nobody answered (taken by the partner), one that settled."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    set_file_clock(tmp_path / "clock", NOON)
    for name in ("sealing", "lookup", "account_key"):
        (tmp_path / name).write_text("x" * 48)
    (tmp_path / "api_key").write_text(KEY)
    options = SandboxOptions(
        book=tmp_path / "saison.db",
        key=Secret(KEY),
        clock=FileClock(tmp_path / "clock"),
        merchant_id="point-gateway",
        crowd=2,
    )
    site = run(_entered(make_server(options)))
    (tmp_path / "gateway.toml").write_text(
        f"""[clock]
file = "clock"
[log]
level = "error"
[security]
sealing = {{ file = "sealing" }}
lookup = {{ file = "lookup" }}
account_key = {{ file = "account_key" }}
[partners.saison]
base_url = "{site.url}"
merchant_id = "point-gateway"
api_key = {{ file = "api_key" }}
"""
    )
    desk = Desk(tmp_path, loop)
    settings = Settings.load(desk.config, env={})
    upgraded_database(settings.database_url)
    run(_exchanges(settings, site))
    desk.seeds |= run(_staff(settings))
    yield desk
    run(site.__aexit__(None, None, None))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _entered(server):
    return await server.__aenter__()


async def _staff(settings: Settings) -> dict[str, str]:
    """Two persons of the platform, each with an authenticator app; gives the apps' seeds."""
    hasher, vault, seeds = PasswordHasher(), vault_of(settings), {}
    hashed = await hasher.hash(PASSWORD)
    store = await open_store(settings)

    def job(conn) -> None:
        for login in ("ko", "otsu"):
            person = staff_rows.add(
                conn, staff_id=uuid.uuid4().hex, municipality=PLATFORM, login=login, display_name=f"{login} 見本",
                role=Role.PLATFORM, password_hash=hashed, at=NOON, password_is_first=False,
            )  # fmt: skip
            seed, _ = second_factor.begin_totp(conn, person, vault)
            staff_rows.write(conn, person.staff_id, totp_confirmed=True)
            seeds[login] = seed.reveal()

    await store.run(job)
    hasher.close()
    await store.close()
    return seeds


async def _exchanges(settings: Settings, site) -> None:
    token, service_id = await site._book.run(_linked)
    async with open_services(settings) as services:
        vault = services.context.vault

        def move_in(conn) -> None:
            directory.register_service(
                conn, "082163", "kasama-ouen", name="k", open_for_direct_exchange=True, at=NOON
            )
            create_member(conn, member_id="m1", display_name="見本", at=NOON, password_hash="x")
            book = chart.member_book("m1")
            sealed = vault.encrypt(token, purpose="link", bound_to=f"{book} saison")
            save_link(
                conn,
                Link(
                    book_id=book,
                    partner_id="saison",
                    service_id=service_id,
                    shown_as="見本",
                    token_sealed=sealed,
                    linked_at=NOON,
                ),
            )

        await services.store.run(move_in)
        for id_, fault in ((OTHER, None), (EXCHANGE, FaultKind.RESET)):
            await services.openings.start("m1", id_, "saison")
            if fault is not None:
                site.order(Fault(operation="capture", kind=fault, done=True))
            quoted = await _quoted(services, id_)
            await services.exchanges.confirm("m1", id_, quoted.quote.quote_id)


async def _quoted(services, id_):
    return await services.exchanges.quote("m1", id_, Destination.reserve(), 2)


def _linked(db) -> tuple[str, str]:
    number = "2000-0001"
    return members.link(db, number), members.member(db, number).service_id


def test_open_exchanges_are_listed_and_told_whole(context) -> None:
    (one,) = json.loads(context("exchanges", "list", "--json"))
    assert (one["exchange_id"], one["state"], one["points"]) == (EXCHANGE, "open", 900)
    assert EXCHANGE in context("exchanges", "--state", "open")
    assert OTHER in context("exchanges", "list", "--state", "settled")
    told = json.loads(context("exchanges", "show", EXCHANGE, "--json"))
    assert [step["what"] for step in told["story"]] == ["started", "quoted", "confirmed", "outcome unknown"]
    (call,) = told["story"][-1]["facts"]["calls"]
    assert (call["hook"], call["outcome"]) == ("debit", "unknown")
    assert [(move["action"], move["points"]) for move in told["moves"]] == [("hold", 900)]
    assert (
        json.loads(context("exchanges", "show", told["exchange"]["short_reference"].lower(), "--json"))
        == told
    )
    text = context("exchanges", "show", EXCHANGE)
    assert "/api/captures" in text
    assert "token" not in text.lower().replace("token=***", "")


def test_show_with_ask_settles_what_the_partner_can_answer(context) -> None:
    assert "debited" in context("exchanges", "show", EXCHANGE, "--ask")
    assert json.loads(context("exchanges", "list", "--json")) == []


def test_resolving_asks_at_the_decision_and_the_partners_answer_wins(context) -> None:
    words = ("exchanges", "resolve", EXCHANGE, "--as", "declined", "--reason", "電話")
    proposal = json.loads(context.as_person("ko", *words))
    assert (proposal["deed"], proposal["decision"], proposal["exchange_state"]) == (
        "exchange_outcome", "declined", "open",
    )  # fmt: skip
    assert EXCHANGE in context("exchanges", "list", "--json")  # proposing asks nobody
    approval = ("proposals", "approve", proposal["proposal_id"][:8])
    assert "changed since" in context.as_person("otsu", *approval, code=1)
    assert json.loads(context("exchanges", "list", "--json")) == []
    assert OTHER in context("exchanges", "list", "--state", "settled")


def test_nobody_decides_alone_at_the_command_line(context) -> None:
    words = ("exchanges", "reverse", OTHER, "--reason", "誤り")
    proposal = json.loads(context.as_person("ko", *words))
    approval = ("proposals", "approve", proposal["proposal_id"])
    assert "Somebody else decides" in context.as_person("ko", *approval, code=1)
    wrong = context.as_person("otsu", *approval, code=1, password="not-the-password")
    assert wrong == "The login or the password is not right."
    assert "not what was proposed" in context.as_person("otsu", *approval, "--digest", "0" * 64, code=1)
    assert "yours" not in context.as_person("ko", "proposals", "list")
    assert "yours" in context.as_person("otsu", "proposals", "list")
    shown = json.loads(context.as_person("otsu", "proposals", "show", proposal["proposal_id"]))
    assert (shown["points"], shown["units"], shown["why"]) == (900, 2, "誤り")
    back = ("proposals", "send-back", proposal["proposal_id"], "--reason", "口数は?")
    assert json.loads(context.as_person("otsu", *back))["state"] == "sent_back"
    assert json.loads(context("exchanges", "show", OTHER, "--json"))["reversals"] == []
    again = json.loads(context.as_person("ko", *words))
    taken = ("proposals", "withdraw", again["proposal_id"], "--reason", "やめる")
    assert json.loads(context.as_person("ko", *taken))["state"] == "withdrawn"
    assert "2 proposals" in context.as_person("ko", "proposals", "list", "--ended")


def test_a_person_whom_the_machines_user_adds_is_not_the_second_one(context) -> None:
    added = json.loads(context("staff", "add", "platform", "hei", "丙 見本"))
    assert added["role"] == "platform"
    proposal = json.loads(context.as_person("ko", "exchanges", "reverse", OTHER, "--reason", "誤り"))
    asyncio.run(_own_password(Settings.load(context.config, env={}), context))
    approval = ("proposals", "approve", proposal["proposal_id"])
    assert "Somebody else decides" in context.as_person("hei", *approval, code=1)


async def _own_password(settings: Settings, context) -> None:
    """The third person has signed in and set up an app."""
    hasher, store, vault = PasswordHasher(), await open_store(settings), vault_of(settings)
    hashed = await hasher.hash(PASSWORD)

    def job(conn) -> None:
        person, _ = staff_rows.by_login(conn, "hei")
        seed, _ = second_factor.begin_totp(conn, person, vault)
        staff_rows.write(
            conn, person.staff_id, totp_confirmed=True, password_hash=hashed, password_is_first=False
        )
        context.seeds["hei"] = seed.reveal()

    await store.run(job)
    hasher.close()
    await store.close()


def test_a_settled_exchange_is_reversed_in_parts_from_the_command_line(context) -> None:
    words = ("exchanges", "reverse", OTHER, "--reason", "誤り")
    assert context.decided(*words, "--units", "1")["points"] == 450
    assert "1 units" in context.as_person("ko", *words, "--units", "2", code=1)
    assert context.decided(*words)["state"] == "carried_out"
    told = json.loads(context("exchanges", "show", OTHER, "--json"))
    assert [(one["points"], one["state"]) for one in told["reversals"]] == [(450, "reversed")] * 2


@pytest.mark.parametrize("by_hand", [(), ("--by-hand",)])
def test_while_confirmed_orders_are_forgotten_nothing_is_reversed(context, by_hand) -> None:
    """The database may have forgotten a reversal as well: the partner would give back twice."""
    with context.config.open("a") as text:
        text.write('[journal]\npath = "journal"\n')
    begin_journal(context.folder / "journal")
    words = ("exchanges", "reverse", OTHER, "--reason", "誤り", *by_hand)
    before = json.loads(context.as_person("ko", *words))
    asyncio.run(_forget(Settings.load(context.config, env={})))
    assert "restored" in context.as_person("otsu", "proposals", "approve", before["proposal_id"], code=1)
    taken = ("proposals", "withdraw", before["proposal_id"], "--reason", "x")
    context.as_person("ko", *taken)
    assert "restored" in context.as_person("ko", *words, code=1)
    told = json.loads(context("exchanges", "show", OTHER, "--json"))
    assert told["reversals"] == []
    shutil.rmtree(context.folder / "journal")
    begin_journal(context.folder / "journal")
    # The database knows that there were lines: a journal that is another one is none until somebody says so.
    assert "restored" in context.as_person("ko", *words, code=1)
    context("journal", "accept", "--operator", "Sato", "--reason", "a new disk")
    context.decided(*words)
    told = json.loads(context("exchanges", "show", OTHER, "--json"))
    assert [one["state"] for one in told["reversals"]] == ["reversed"]


async def _forget(settings: Settings) -> None:
    """A confirmed order in the journal that the database does not have."""
    async with open_services(settings) as services:
        book = chart.member_book("m1")
        settled = await services.store.read(lambda conn: exchange_rows.get(conn, book, OTHER))
        assert services.context.journal is not None
        await services.context.journal.append(CONFIRMED, journal_line(settled) | {"exchange_id": new_id()})


def test_a_day_is_compared_and_a_difference_closed(context) -> None:
    day = ("--partner", "saison", "--day", "2018-07-31")
    assert "1 matched, 1 open" in context("reconcile", *day)
    context("exchanges", "show", EXCHANGE, "--ask")
    assert json.loads(context("reconcile", *day, "--json"))["counts"]["matched"] == 2
    assert context("reconcile", *day, "--csv").count("matched") == 2
    with contextlib.closing(sqlite3.connect(context.folder / "saison.db")) as book, book:
        book.execute(
            "UPDATE debit_lines SET points = points + 100 WHERE order_id = ? AND wallet = ?", (OTHER, EIKYU)
        )
    book.close()
    assert "amount_differs" in context("reconcile", *day, code=2)
    done = context.decided("reconcile", "close", OTHER, *day, "--reason", "先方の記録が正しい")
    assert (done["state"], done["moved_points"]) == ("carried_out", 450)
    assert "1 closed" in context("reconcile", *day)


def test_a_partner_is_paused_paced_and_put_into_maintenance(context) -> None:
    context("partners", "pause", "saison", "--reason", "不具合")
    context("partners", "pace", "saison", "120")
    window = ("partners", "maintenance", "saison", "2018-08-01T00:00", "2018-08-01T06:00")
    context(*window, "--reason", "点検", "--operator", "sato")
    (one,) = json.loads(context("partners", "list"))
    assert (one["open"], one["calls_per_minute"], one["operator"]) == (False, 120, getpass.getuser())
    assert one["maintenance"] == [["2018-08-01T00:00:00+09:00", "2018-08-01T06:00:00+09:00", "点検", "sato"]]
    assert context.decided("partners", "resume", "saison", "--reason", "直った")["paused_because"] == "不具合"
    assert context.decided(*window, "--withdraw", "--reason", "延期")["window_until"] == "withdrawn"
    (one,) = json.loads(context("partners", "list"))
    assert (one["open"], one["maintenance"]) == (True, [])
    assert "no [partners.nobody]" in context("partners", "pause", "nobody", "--reason", "x", code=1)


def test_who_took_a_partner_out_for_maintenance_and_why_is_kept_and_told(context) -> None:
    config = context.config.read_text("utf-8").replace('level = "error"', 'level = "info"')
    context.config.write_text(config, "utf-8")
    window = ("partners", "maintenance", "saison", "2018-08-01T00:00", "2018-08-01T06:00")
    printed = context(*window, "--reason", "定期点検", "--operator", "sato")
    events = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    logged = next(event for event in events if event["event"] == "security.deed")
    assert (logged["action"], logged["partner"], logged["operator"], logged["reason"]) == (
        "partner maintenance announced",
        "saison",
        "sato",
        "定期点検",
    )
    context.decided(*window, "--withdraw", "--reason", "先方が延期")
    taken_back, announced = json.loads(context("partners", "log", "saison"))
    window_facts = {"starts_at": "2018-08-01T00:00:00+09:00", "ends_at": "2018-08-01T06:00:00+09:00"}
    assert announced.pop("at").startswith("2018-07-31T12:00:")
    assert announced == window_facts | {
        "partner": "saison", "deed": "partner maintenance announced",
        "operator": "sato", "reason": "定期点検",
    }  # fmt: skip
    assert (taken_back["deed"], taken_back["operator"], taken_back["reason"]) == (
        "partner maintenance withdrawn",
        "ko 見本",
        "先方が延期",
    )
    assert "nothing is broken" in context("staff", "verify-log")


def test_a_window_that_is_not_there_is_not_taken_back_and_nothing_is_written_of_it(context) -> None:
    words = ("partners", "maintenance", "saison", "2018-08-01T00:00", "2018-08-01T06:00", "--withdraw")
    refusal = context.as_person("ko", *words, "--reason", "延期", code=1)
    assert "no window of saison begins at 2018-08-01 00:00" in refusal
    assert json.loads(context("partners", "log")) == []


def test_every_decision_about_a_partner_is_in_its_log(context) -> None:
    context("partners", "pause", "saison", "--reason", "不具合", "--operator", "sato")
    context("partners", "pace", "saison", "120", "--operator", "suzuki")
    context.decided("partners", "resume", "saison", "--reason", "直った")
    told = json.loads(context("partners", "log", "--limit", "2"))
    assert [(one["deed"], one["operator"]) for one in told] == [
        ("partner resumed", "ko 見本"),
        ("partner paced", "suzuki"),
    ]
    assert told[1]["calls_per_minute"] == 120
    assert json.loads(context("partners", "log", "airline_miles")) == []


def test_a_pace_is_lowered_by_one_and_raised_by_two(context) -> None:
    context("partners", "pace", "saison", "60", "--reason", "混雑")
    assert context.decided("partners", "pace", "saison", "600", "--reason", "回復")["pace"] == 600
    context("partners", "pace", "saison", "300")
    assert context.decided("partners", "pace", "saison", "0", "--reason", "回復")["pace"] == "none"
    (one,) = json.loads(context("partners", "list"))
    assert (one["calls_per_minute"], one["operator"]) == (None, "ko 見本 / otsu 見本")


def test_a_window_is_shortened_by_two(context) -> None:
    begins = ("partners", "maintenance", "saison", "2018-08-01T00:00")
    context(*begins, "2018-08-01T06:00", "--reason", "点検")
    context.decided(*begins, "2018-08-01T03:00", "--reason", "早く終わる")
    (one,) = json.loads(context("partners", "list"))
    assert one["maintenance"][0][:2] == ["2018-08-01T00:00:00+09:00", "2018-08-01T03:00:00+09:00"]


def test_a_client_key_is_made_by_one_and_opens_when_another_has_approved_it(context, monkeypatch) -> None:
    monkeypatch.chdir(context.folder)
    made = json.loads(context.as_person("ko", "keys", "new", "portal", "--reason", "交換"))
    private = context.folder / made["private_key"]
    load_private_key(private.read_bytes())
    assert context("keys", "list") == ""
    shown = json.loads(context.as_person("otsu", "proposals", "show", made["proposal_id"]))
    assert (shown["client"], shown["key_id"], shown["scope"]) == ("portal", made["key_id"], "portal")
    approval = ("proposals", "approve", made["proposal_id"], "--digest", shown["digest"])
    context.as_person("otsu", *approval)
    assert f"{made['key_id']}  portal  in use  portal" in context("keys", "list")
    (line,) = json.loads(context("keys", "log"))
    assert (line["operator"], line["reason"], "alone" in line) == ("ko 見本", "交換", False)


def test_of_a_key_that_could_not_be_proposed_no_private_half_stays(context, monkeypatch) -> None:
    monkeypatch.chdir(context.folder)
    context.as_person("ko", "keys", "new", "portal", "--reason", " ", code=1)
    context.as_person("ko", "keys", "new", "portal", "--reason", "交換", code=1, password="wrong")
    assert not list(context.folder.glob("*.pem"))


def test_webhook_secrets_are_shown_once_to_who_approves_them_and_revoked_by_their_id(context) -> None:
    made = context.decided("webhooks", "add", "portal", "https://portal.example/hook", "--reason", "新")
    assert made["secret"].startswith("whsec_")
    push = context.decided("partners", "push-secret", "saison", "--reason", "新")
    listed = context("webhooks", "list")
    assert made["key_id"] in listed
    assert made["secret"] not in listed
    assert push["secret"] not in listed
    again = json.loads(context.as_person("otsu", "proposals", "show", made["proposal_id"]))
    assert "secret" not in again
    context("webhooks", "revoke", made["key_id"])
    assert "no such key" in context("webhooks", "revoke", made["key_id"], code=1)


def test_who_made_or_revoked_a_webhooks_secret_and_why_is_kept_and_no_secret_with_it(context) -> None:
    url = "https://portal.example/hook?t=sesame"
    hook = context.decided("webhooks", "add", "portal", url, "--reason", "新")
    mail = context.decided("webhooks", "add-mailer", "post", "https://post.example/", "--reason", "通知")
    push = context.decided("partners", "push-secret", "saison", "--reason", "連携")
    context("webhooks", "revoke", hook["key_id"], "--operator", "sato", "--reason", "漏えい")
    context("webhooks", "revoke", push["key_id"], "--operator", "sato")
    context("webhooks", "revoke", push["key_id"], code=1)
    told = context("webhooks", "log")
    assert [
        (one["deed"], one["party"], one["key_id"], one["operator"], one["reason"]) for one in json.loads(told)
    ] == [
        ("push secret revoked", "saison", push["key_id"], "sato", ""),
        ("webhook revoked", "portal", hook["key_id"], "sato", "漏えい"),
        ("push secret made", "saison", push["key_id"], "ko 見本", "連携"),
        ("webhook added", "post", mail["key_id"], "ko 見本", "通知"),
        ("webhook added", "portal", hook["key_id"], "ko 見本", "新"),
    ]
    assert not [secret for secret in (hook["secret"], push["secret"], "sesame") if secret in told]
    of_partner = [one["deed"] for one in json.loads(context("partners", "log", "saison"))]
    assert of_partner == ["push secret revoked", "push secret made"]
    assert "nothing is broken" in context("staff", "verify-log")
