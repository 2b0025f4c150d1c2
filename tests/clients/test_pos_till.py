"""The till of `examples/`, with a key that is one shop's: each payment is taken once, whatever happens to the line."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core_ledger import Transfer, chart, ledger
from gateway.cities.staff import staff_rows
from gateway.commands.shared import in_store_of
from gateway.members import member_rows
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.platform.roles import Role
from gateway.settings import Settings
from point_gateway_client import Client, SignedIn, calls
from tests.clients.conftest import NAMED, RunningGateway

TILL = Path(__file__).parents[2] / "examples" / "pos_till" / "till.py"
CITY, SERVICE, SHOP = "082163", "kasama-ouen", "kasama-01"
PASSWORD = "botan-nabe-3-kilo"


@dataclass
class Till:
    """The program as a shop runs it, and the member at its counter."""

    environment: dict[str, str]
    member: SignedIn

    def run(self, *typed: str) -> str:
        ran = subprocess.run(
            [sys.executable, str(TILL), *typed],
            env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def code(self) -> str:
        return self.member.send(calls.make_pay_code(municipality=CITY, point_service=SERVICE)).digits

    def balance(self) -> int:
        found = self.member.send(calls.balances())
        return sum(row.balance.available for row in found.municipal if row.point_service == SERVICE)


@pytest.fixture
def till(running: RunningGateway, client: Client, tmp_path: Path) -> Till:
    town, now = running.town, datetime.now(JST)
    hasher = PasswordHasher(time_cost=1, memory_kib=8)
    hashed = running.loop.run(hasher.hash(PASSWORD))
    hasher.close()
    login = f"till-{uuid.uuid4().hex[:8]}@kasama"

    def furnish(conn: Connection) -> None:
        staff_rows.add(
            conn, staff_id=uuid.uuid4().hex, municipality=CITY, login=login, display_name="レジ", role=Role.SHOP,
            password_hash=hashed, at=now, shop_id=SHOP, password_is_first=False,
        )  # fmt: skip
        member = member_rows.find_by_mykey_id(conn, town.mykey_ids["見本次郎"])
        assert member is not None
        ledger.transfer(
            conn,
            Transfer(
                id=str(uuid.uuid4()), book=chart.member_book(member.member_id), source=chart.partner_due("saison"),
                target=chart.municipal(member.member_id, CITY, SERVICE), points=1_000, at=now, kind="exchange",
                issued_on=now.date(), details={"partner_id": "saison"},
            ),
        )  # fmt: skip

    in_store_of(Settings.load(town.settings_file, env={}), furnish)
    key_file = tmp_path / "till.pem"
    code, printed = running.loop.run(
        town.run("keys new", "till", "--scope", "pos", "--shop", f"{CITY}/{SHOP}", "--private", str(key_file))
    )
    assert code == 0, printed
    (tmp_path / "password").write_text(PASSWORD + "\n", "utf-8")
    environment = NAMED | {
        "GATEWAY_URL": town.gateway_url, "GATEWAY_KEY_ID": json.loads(printed)["key_id"],
        "GATEWAY_KEY_FILE": str(key_file), "TILL_LOGIN": login, "TILL_PASSWORD_FILE": str(tmp_path / "password"),
        "TILL_JOURNAL": str(tmp_path / "journal"), "PYTHONUTF8": "1",
    }  # fmt: skip
    return Till(environment, running.member(client, 2))


class TestATill:
    def test_takes_points_once_also_after_it_lost_its_power_and_gives_them_back(self, till: Till) -> None:
        before, code = till.balance(), till.code()
        word, points, _, spend_id = till.run("take", "300", code).split()
        assert (word, points) == ("taken:", "300")
        assert till.balance() == before - 300

        journal = Path(till.environment["TILL_JOURNAL"])
        sent, answered = journal.read_text("utf-8").splitlines()
        assert json.loads(sent)["state"] == "sent"
        assert json.loads(answered)["state"] == "taken"
        journal.write_text(sent + "\n", "utf-8")  # the power went before the answer came
        assert till.run("again").startswith("taken: 300 ")
        assert till.balance() == before - 300
        assert till.run("again") == ""

        assert till.run("refund", spend_id, "300", "返品") == "given back: 300\n"
        assert till.balance() == before

    def test_says_that_nothing_was_taken_where_the_gateway_says_so(self, till: Till) -> None:
        before = till.balance()
        assert till.run("take", "300", "000000000000").startswith("not taken: ")
        assert till.run("again") == ""
        assert till.balance() == before
