"""The command line, each command against a real settings file and database."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from typer.testing import CliRunner

from gateway import cli
from gateway.client import load_private_key
from gateway.errors import GatewayError
from gateway.members.passwords import PasswordHasher

SETTINGS = """
[security]
sealing = { file = "sealing" }
lookup = { file = "lookup" }
account_key = { file = "account" }

[partners.saison]
base_url = "http://127.0.0.1:9"
merchant_id = "m"
api_key = { file = "key" }

[partners.nobody]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.toml").write_text(SETTINGS, "utf-8")
    for name in ("sealing", "lookup", "account", "key"):
        (tmp_path / name).write_text("k" * 48, "utf-8")

    def invoke(*arguments: str, typed: str | bytes = "", code: int = 0) -> str:
        result = CliRunner().invoke(cli.app, list(arguments), input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    invoke("db", "upgrade")
    yield invoke
    # The commands set the log up to write to a stream that is gone by now.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def test_upgrading_is_safe_to_repeat(run, tmp_path: Path) -> None:
    assert "up to date" in run("db", "upgrade")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    assert "exchanges" in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_a_key_is_made_listed_and_revoked_and_its_private_half_is_its_owners_alone(
    run, tmp_path: Path
) -> None:
    made = json.loads(run("keys", "new", "portal"))
    private = tmp_path / made["private_key"]
    load_private_key(private.read_bytes())
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert f"{made['key_id']}  portal  in use" in run("keys", "list")
    assert "revoked" in run("keys", "revoke", made["key_id"])
    assert f"{made['key_id']}  portal  revoked" in run("keys", "list")
    with pytest.raises(GatewayError, match="no such key"):
        run("keys", "revoke", made["key_id"])


def test_who_made_or_revoked_a_key_and_why_is_kept(run) -> None:
    made = json.loads(run("keys", "new", "portal", "--operator", "sato"))
    run("keys", "revoke", made["key_id"], "--operator", "suzuki", "--reason", "担当者の交代")
    with pytest.raises(GatewayError, match="no such key"):
        run("keys", "revoke", made["key_id"])
    told = json.loads(run("keys", "log", "portal"))
    assert [(one["deed"], one["client"], one["key_id"], one["operator"], one["reason"]) for one in told] == [
        ("client key revoked", "portal", made["key_id"], "suzuki", "担当者の交代"),
        ("client key made", "portal", made["key_id"], "sato", ""),
    ]
    assert json.loads(run("keys", "log", "municipal")) == []
    assert run("staff", "verify-log") == "nothing is broken\n"


def test_a_key_file_is_never_written_over(run, tmp_path: Path) -> None:
    path = tmp_path / "kept.pem"
    path.write_text("precious", "utf-8")
    with pytest.raises(FileExistsError):
        run("keys", "new", "portal", "--private", str(path))
    assert path.read_text("utf-8") == "precious"


def test_an_operator_names_a_mailer_and_learns_by_which_names_it_knows_members(run) -> None:
    url = "https://mailer.example/hook"
    made = json.loads(run("webhooks", "add-mailer", "post", url))
    assert f"{made['key_id']}  mailer  post  {url}  in use" in run("webhooks", "list")
    mykey_id = json.loads(run("members", "add", "見本太郎", typed="a password of mine\n"))["mykey_id"]
    names = set()
    for mailer in ("post", "sms"):
        (line,) = run("members", "references", mailer, typed=f"{mykey_id}\nNOBODY99\n", code=1).splitlines()
        told = json.loads(line)
        assert told["mykey_id"] == mykey_id
        names.add(told["member"])
    assert len(names) == 2


class TestWhileThePlatformIsInstalled:
    def test_one_person_makes_keys_and_secrets_and_is_told_what_alone_means(self, run) -> None:
        key = json.loads(run("keys", "new", "portal"))
        hook = json.loads(run("webhooks", "add", "portal", "https://portal.example/hook"))
        (line,) = json.loads(run("keys", "log", "portal"))
        assert (line["key_id"], line["alone"]) == (key["key_id"], "yes")
        (line,) = json.loads(run("webhooks", "log", "portal"))
        assert (line["key_id"], line["alone"]) == (hook["key_id"], "yes")

    def test_it_is_said_what_cannot_be_done_alone(self, run) -> None:
        result = CliRunner().invoke(cli.app, ["keys", "new", "portal"])
        assert "by you alone" in result.stderr
        assert "from the second person on this takes two" in " ".join(result.stderr.split())

    def test_it_ends_with_the_second_persons_own_password(self, run, tmp_path: Path) -> None:
        for login in ("ko", "otsu"):
            run("staff", "add", "platform", login, login)
        run("keys", "new", "portal")
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
        with engine.begin() as conn:
            conn.exec_driver_sql("UPDATE staff SET password_is_first = 0")
        engine.dispose()
        before = sorted(tmp_path.glob("*.pem"))
        for words in (("keys", "new", "portal"), ("webhooks", "add", "p", "https://p.example/")):
            result = CliRunner().invoke(cli.app, list(words), input="ko\nno-password-of-mine\n000000\n")
            assert getattr(result.exception, "type", "") == "sign-in-refused", result.output
        assert sorted(tmp_path.glob("*.pem")) == before
        assert run("keys", "list").count("in use") == 1
        assert run("webhooks", "list") == ""


class TestAKeysScope:
    def test_is_the_one_that_is_named_else_that_of_the_programs_name(self, run) -> None:
        made = json.loads(run("keys", "new", "till", "--scope", "pos", "--until", "2999-03-31"))
        assert (made["scope"], made["until"]) == ("pos", "2999-03-31")
        assert f"{made['key_id']}  till  in use  pos  until 2999-03-31" in run("keys", "list")
        assert json.loads(run("keys", "new", "municipal"))["scope"] == "municipal"
        (line,) = json.loads(run("keys", "log", "till"))
        assert (line["scope"], line["until"]) == ("pos", "2999-03-31")

    def test_has_to_be_said_where_no_name_says_it(self, run) -> None:
        with pytest.raises(GatewayError, match=r"--scope portal \| municipal \| pos \| read-only"):
            run("keys", "new", "till")
        assert run("keys", "list") == ""

    @pytest.mark.parametrize(
        ("day", "words"), [("2001-01-01", "is over"), ("soon", "write a day"), ("9999-12-31", "write a day")]
    )
    def test_and_its_last_day_is_a_day_to_come(self, run, day: str, words: str) -> None:
        with pytest.raises(GatewayError, match=words):
            run("keys", "new", "portal", "--until", day)
        assert run("keys", "list") == ""

    def test_is_missing_on_a_key_from_before_and_list_and_check_say_so(self, run, tmp_path: Path) -> None:
        made = json.loads(run("keys", "new", "portal"))
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
        with engine.begin() as conn:
            conn.exec_driver_sql("UPDATE client_keys SET scope = NULL")
        engine.dispose()
        assert "every operation, made before scopes: make it anew" in run("keys", "list")
        warned = [line["sentence"] for line in json.loads(run("check", "--json", "--no-partners"))]
        assert any(f"{made['key_id']} of portal has no scope" in sentence for sentence in warned)


@pytest.mark.parametrize("client", ["../portal", "a portal", "", "ポータル", "x" * 41])
def test_a_clients_name_leads_to_no_other_folder(run, tmp_path: Path, client: str) -> None:
    with pytest.raises(GatewayError, match="a client's name is"):
        run("keys", "new", client)
    assert not [*tmp_path.glob("*.pem"), *tmp_path.parent.glob("*.pem")]
    assert run("keys", "list") == ""


def test_a_member_is_registered_with_the_password_from_standard_input(run) -> None:
    told = json.loads(run("members", "add", "見本", typed="a-good-password\n"))
    assert len(told["mykey_id"]) == 8
    wanted = json.loads(run("members", "add", "見本", "--mykey-id", "GATAWAY3", typed="a-good-password\n"))
    assert wanted["mykey_id"] == "GATAWAY3"


def test_places_are_registered(run) -> None:
    assert "笠間応援ポイント" in run(
        "places", "add-service", "082163", "kasama-ouen", "笠間応援ポイント", "--direct"
    )
    event = ("places", "add-event", "himatsuri", "陶炎祭", "2018-07-01", "2018-09-01")
    assert "陶炎祭" in run(*event)
    with pytest.raises(GatewayError, match="already an event"):
        run(*event)


def test_plugins_are_listed_loaded_and_refused_with_the_remedy(run) -> None:
    told = json.loads(run("plugins", "--json"))
    assert [one["plugin"] for one in told["loaded"]] == ["saison"]
    (refused,) = told["refused"]
    assert refused["plugin"] == "nobody"
    assert refused["sentence"]
    assert "airline_miles" in told["idle"]
    shown = run("plugins")
    for word in ("saison", "nobody", "airline_miles", "[partners.airline_miles]"):
        assert word in shown


GATEWAYS_PARTS = {
    "reserve", "sessions", "abandoned exchanges", "unconfirmed exchanges", "nonces", "outbox", "daily digest",
}  # fmt: skip
CITIES_PARTS = {
    "rules",
    "expiry",
    "notices",
    "events",
    "grant files",
    "proposals",
    "shop numbers",
    "shop applications",
    "carry-ins",
    "carry-in codes",
    "erased in grant lists",
    "list texts",
    "tidying up",
    "figures",
}


def test_nightly_work_is_safe_to_repeat_and_names_what_was_not_done(run) -> None:
    for _ in range(2):
        with pytest.raises(
            GatewayError, match=r"all is done but this.*comparison with saison: .*connect_refused"
        ):
            run("nightly")
    settings = Path("gateway.toml")
    settings.write_text(
        settings.read_text("utf-8").replace("[partners.saison]", "[partners.nobody_else]"), "utf-8"
    )
    for _ in range(2):
        results = {line["part"]: line["result"] for line in map(json.loads, run("nightly").splitlines())}
        assert results["reserve"] == {"heaps": 0, "points": 0, "without_default": 0}
        assert results["expiry"] == {"heaps": 0, "points": 0}
        assert results["grant files"] == 0
        assert set(results) == GATEWAYS_PARTS | CITIES_PARTS


def test_a_sound_ledger_is_said_to_be_sound_and_a_broken_one_ends_with_1(run, tmp_path: Path) -> None:
    from datetime import date, datetime

    from core_ledger import Transfer, chart
    from gateway.configured import open_store_now
    from gateway.model import JST
    from gateway.settings import Settings

    store = open_store_now(Settings.load(tmp_path / "gateway.toml", env={}))
    move = Transfer(
        id="t-1",
        book="member:m",
        source=chart.partner_due("saison"),
        target=chart.reserve("m"),
        points=900,
        at=datetime(2018, 7, 31, tzinfo=JST),
        kind="exchange",
        issued_on=date(2018, 7, 31),
    )
    from core_ledger import ledger

    store.run_now(lambda conn: ledger.transfer(conn, move))
    store.close_now()
    assert "nothing is broken" in run("ledger", "verify")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE accounts SET posted = posted + 1 WHERE account = 'member:m:reserve'"))
    engine.dispose()
    assert "faults" in run("ledger", "verify", code=1)


def test_what_goes_wrong_on_purpose_is_one_sentence_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.toml").write_text("[server]\nprot = 1\n", "utf-8")
    monkeypatch.setattr(
        "sys.argv", ["point-gateway", "db", "upgrade", "--config", str(tmp_path / "wrong.toml")]
    )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told.startswith("point-gateway: ")
    assert "wrong.toml:2" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "list", "--config", "new.toml"], "the database is empty"),
        (["keys", "list", "--config", "away.toml"], "unable to open database file"),
        (["db", "upgrade", "--config", "away.toml"], "unable to open database file"),
        (["keys", "list", "--config", "strange.toml"], "which is no database of this gateway"),
        (["keys", "new", "portal", "--private", "key"], "key: File exists"),
        (["keys", "new", "portal", "--private", "none/such.pem"], "none/such.pem: No such file"),
        (
            ["members", "references", "mail", "--config", "short.toml"],
            "[security] sealing, lookup: the vault needs",
        ),
    ],
)
def test_what_the_machine_does_not_give_is_one_sentence_too(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    arguments: list[str], said: str,
) -> None:  # fmt: skip
    for name, url in (
        ("new", "sqlite:///new.db"),
        ("away", "sqlite:////none/x.db"),
        ("strange", "foo://u@h/d"),
    ):
        (tmp_path / f"{name}.toml").write_text(f'{SETTINGS}\n[database]\nurl = "{url}"\n', "utf-8")
    (tmp_path / "few").write_text("k" * 31, "utf-8")
    (tmp_path / "short.toml").write_text(SETTINGS.replace('"sealing"', '"few"'), "utf-8")
    monkeypatch.setattr("sys.argv", ["point-gateway", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capfd.readouterr().err
    assert ended.value.code == 1
    assert "point-gateway: " in told
    assert said in told
    assert "Traceback" not in told
    assert "k" * 31 not in told


def test_a_citys_first_administrator_is_added_once_and_the_log_of_it_is_read_again(
    run, tmp_path: Path
) -> None:
    added = json.loads(run("staff", "add", "082163", "kanri@kasama", "笠間花子", "--operator", "the desk"))
    assert (added["login"], added["role"]) == ("kanri@kasama", "administrator")
    assert len(added["first_password"]) >= 16
    assert json.loads(run("staff", "add", "platform", "unei", "運営"))["role"] == "platform"
    with pytest.raises(GatewayError, match="has this login already"):
        run("staff", "add", "082163", "kanri@kasama", "笠間花子")
    with pytest.raises(GatewayError, match="No municipality has this code"):
        run("staff", "add", "999999", "kanri@nowhere", "誰か")
    assert run("staff", "verify-log") == "nothing is broken\n"

    database = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    with database.begin() as conn:
        conn.execute(
            sa.text("UPDATE audit_lines SET actor_name = 'somebody else' WHERE actor_name = 'the desk'")
        )
    database.dispose()
    told = run("staff", "verify-log", code=1)
    assert "082163 line 1: this line is not the one that was written" in told
    assert "1 faults" in told


@pytest.mark.parametrize("link", ["account", "coupon"])
def test_a_new_partners_plugin_is_written_once_and_says_what_it_still_needs(
    run, tmp_path: Path, link: str
) -> None:
    told = run("new-partner", "sky_miles", "--link", link)
    folder = tmp_path / "gateway-sky-miles"
    assert "[point-gateway guide hooks/debit]" in told
    assert "class SkyMiles" in (folder / "gateway_sky_miles" / "plugin.py").read_text("utf-8")
    assert not [*folder.rglob("*acme*")]
    with pytest.raises(GatewayError, match="is there already"):
        run("new-partner", "sky_miles", "--link", link)
    with pytest.raises(GatewayError, match="is no partner id"):
        run("new-partner", "../sky", "--link", link)


def test_a_page_of_the_guide_is_shown_and_one_that_is_not_there_names_its_neighbour(run) -> None:
    assert "find_debit" in run("guide", "hooks/find_debit")
    with pytest.raises(GatewayError, match="did you mean hooks/debit"):
        run("guide", "hooks/debits")


def test_a_contract_that_is_nowhere_says_where_it_was_looked_for(run) -> None:
    with pytest.raises(GatewayError, match=r"run this in the plugin's folder, or write one with"):
        run("contract", "acme")


def test_an_empty_ledger_is_no_success_unless_it_is_expected(run) -> None:
    assert "the ledger has no move at all" in run("ledger", "verify", code=1)
    assert "nothing is broken" in run("ledger", "verify", "--empty")


def test_the_ledger_and_the_audit_log_are_held_against_digests_from_elsewhere(run, tmp_path: Path) -> None:
    with (tmp_path / "gateway.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[digests]\nfile = "elsewhere.jsonl"\n')
    run("staff", "add", "082163", "kanri@kasama", "笠間花子", "--operator", "the desk")
    document = run("ledger", "digest").splitlines()[-1]
    assert (tmp_path / "elsewhere.jsonl").read_text("utf-8") == f"{document}\n"
    assert run("ledger", "digest").splitlines()[-1] == document
    assert (tmp_path / "elsewhere.jsonl").read_text("utf-8") == f"{document}\n"
    assert "nothing is broken" in run("ledger", "verify", "--empty", "--against", "elsewhere.jsonl")
    assert "nothing is broken" in run("staff", "verify-log", "--against", "elsewhere.jsonl")
    (tmp_path / "gateway.db").unlink()
    run("db", "upgrade")
    assert "the database is empty" in run(
        "ledger", "verify", "--empty", "--against", "elsewhere.jsonl", code=1
    )
    assert "line 1 is gone" in run("staff", "verify-log", "--against", "elsewhere.jsonl", code=1)
    with pytest.raises(GatewayError, match="name a file of daily digests"):
        run("ledger", "verify", "--against", "nowhere.jsonl")


@pytest.mark.parametrize(
    ("saved", "encoding"),
    [
        ("{}", "utf-8"), ("\ufeff{}", "utf-8"), ("{}\r\n", "utf-8"), ("{}\r\n", "utf-16"), ("\ufeff{}\r\n", "utf-16-be"),
        ("{}\r\n\x1a", "cp932"), ("{}\n\n\x1a\n", "utf-8"),
    ],
)  # fmt: skip
def test_a_list_of_members_is_read_as_it_was_saved(run, saved: str, encoding: str) -> None:
    mykey_id = json.loads(run("members", "add", "見本太郎", typed="a password of mine\n"))["mykey_id"]
    (line,) = run("members", "references", "post", typed=saved.format(mykey_id).encode(encoding)).splitlines()
    assert json.loads(line)["mykey_id"] == mykey_id


def test_a_password_of_a_file_is_read_without_its_marks(run) -> None:
    mykey_ids = [
        json.loads(run("members", "add", "見本太郎", typed=typed))["mykey_id"]
        for typed in ("\ufeffa password of mine\r\n", "a password of mine")
    ]
    hasher = PasswordHasher()
    engine = sa.create_engine("sqlite:///gateway.db")
    with engine.connect() as conn:
        for mykey_id in mykey_ids:
            query = sa.text("SELECT password_hash FROM members WHERE mykey_id = :id")
            kept = conn.scalar(query, {"id": mykey_id})
            assert asyncio.run(hasher.verify(kept, "a password of mine")).right
    engine.dispose()
    hasher.close()


@pytest.mark.parametrize(
    "arguments", [("members", "add", "見本太郎"), ("proposals", "list", "--login", "sato")]
)
def test_what_is_typed_in_another_encoding_is_told(run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(GatewayError, match="not in UTF-8; set the terminal to UTF-8"):
        run(*arguments, typed="パスワード\n".encode("cp932"))


def test_a_list_of_members_is_read_as_people_type_ids(run) -> None:
    mykey_id = json.loads(run("members", "add", "見本太郎", typed="a password of mine\n"))["mykey_id"]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in mykey_id)
    typed = f"{mykey_id[:4].lower()}-{mykey_id[4:]}\n{wide[:4]}－{wide[4:]}\n"
    lines = run("members", "references", "post", typed=typed).splitlines()
    assert [json.loads(line)["mykey_id"] for line in lines] == [mykey_id, mykey_id]


def test_what_a_restore_cannot_look_at_is_no_success(run) -> None:
    run("restore", "check", code=3)
    run("restore", "recover", "--reason", "a drill", code=3)
    with pytest.raises(GatewayError, match="a recovery has a reason"):
        run("restore", "recover", "--reason", " ")


class TestCheck:
    """`check` says all of it; `serve` begins with the same and refuses what cannot work."""

    def test_says_every_line_and_what_serve_would_refuse(self, run, tmp_path: Path) -> None:
        told = json.loads(run("check", "--json", "--no-partners"))
        assert {line["check"] for line in told} >= {
            "secrets",
            "modes",
            "transport",
            "files",
            "disk",
            "schema",
        }
        assert {line["state"] for line in told} <= {"ok", "warning"}
        (tmp_path / "key").chmod(0o644)
        told = run("check", "--no-partners", code=1)
        assert "refused" in told
        assert f"run `chmod 600 {tmp_path / 'key'}`" in told

    def test_partners_are_loaded_asked_and_their_unknown_settings_named(self, run, tmp_path: Path) -> None:
        path = tmp_path / "gateway.toml"
        path.write_text(
            path.read_text("utf-8").replace("[partners.nobody]", 'marchant_id = "n"\ncolour = "red"')
        )
        told = json.loads(run("check", "--json"))
        said = [line["sentence"] for line in told if line["check"] == "partners"]
        assert any("saison: does not answer as it should" in it for it in said)
        assert any(it.startswith("[partners.saison] colour: the plugin does not read this") for it in said)
        assert run("check", "--strict", "--json", code=1)

    def test_a_partner_that_cannot_be_loaded_is_refused(self, run) -> None:
        told = json.loads(run("check", "--json", code=1))
        assert [
            line["sentence"] for line in told if line["state"] == "refused" and "nobody" in line["sentence"]
        ]

    @pytest.mark.parametrize("mistake", ["mode", "http", "secret", "folder"])
    def test_serve_begins_with_it_and_touches_nothing(self, run, tmp_path: Path, mistake: str) -> None:
        path = tmp_path / "gateway.toml"
        text = path.read_text("utf-8")
        (tmp_path / "gateway.db").unlink()
        if mistake == "mode":
            (tmp_path / "lookup").chmod(0o604)
        elif mistake == "secret":
            (tmp_path / "account").write_text("short", "utf-8")
        elif mistake == "http":
            text += '[server]\npublic_url = "http://points.example"\n'
        else:
            text += '[database]\nurl = "sqlite:////none/such/gateway.db"\n'
        path.write_text(text, "utf-8")
        with pytest.raises(GatewayError):
            run("serve")
        assert not (tmp_path / "gateway.db").exists()


class TestATillsKey:
    def test_is_one_shops_where_that_is_said(self, run, tmp_path: Path) -> None:
        run("places", "add-service", "082163", "kasama-ouen", "笠間応援ポイント")
        with pytest.raises(GatewayError) as refused:
            run("keys", "new", "till", "--scope", "pos", "--shop", "082163/soba-1")
        assert getattr(refused.value, "type", "") == "unknown-shop"
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
        with engine.begin() as conn:
            conn.exec_driver_sql(
                "INSERT INTO shops (municipality, shop_id, name, name_kana, category, address, phone, registered_at)"
                " VALUES ('082163', 'soba-1', 'そば処 見本', '', '', '', '', 0)"
            )
        engine.dispose()
        with pytest.raises(GatewayError, match="a shop is for a till's key"):
            run("keys", "new", "portal", "--shop", "082163/soba-1")
        made = json.loads(run("keys", "new", "till", "--scope", "pos", "--shop", "082163/soba-1"))
        assert made["shop"] == "082163/soba-1"
        assert "of 082163/soba-1" in run("keys", "list")
        (line,) = json.loads(run("keys", "log", "till"))
        assert line["shop"] == "082163/soba-1"


class TestACitysWayOut:
    def test_is_one_file_for_its_owner_alone_and_a_line_of_the_citys_log(self, run, tmp_path: Path) -> None:
        run("places", "add-service", "082163", "kasama-ouen", "笠間応援ポイント")
        said = json.loads(
            run("cities", "export", "082163", "kasama.zip", "--operator", "sato", "--reason", "契約の終了")
        )
        file = tmp_path / "kasama.zip"
        assert said["archive"] == "kasama.zip"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "whole" in run("cities", "check-archive", "kasama.zip")
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
        with engine.connect() as conn:
            found = conn.execute(
                sa.text("SELECT actor_name, reason, facts FROM audit_lines WHERE action = 'city exported'")
            ).one()
        engine.dispose()
        assert (found.actor_name, found.reason) == ("sato", "契約の終了")
        assert json.loads(found.facts)["reference"] == said["sha256"]
        with pytest.raises(GatewayError, match="is there already"):
            run("cities", "export", "082163", "kasama.zip", "--reason", "もう一度")
        file.write_bytes(file.read_bytes()[:-200])
        assert "cannot be read as an archive" in run("cities", "check-archive", "kasama.zip", code=1)

    def test_leaves_nothing_behind_where_the_city_is_not_here(self, run, tmp_path: Path) -> None:
        with pytest.raises(GatewayError, match="this city has no point service here"):
            run("cities", "export", "131016", "x.zip", "--reason", "契約の終了")
        assert list(tmp_path.glob("*x.zip*")) == []

    def test_is_encrypted_to_public_keys(self, run, tmp_path: Path) -> None:
        pyrage = pytest.importorskip("pyrage")
        made = pyrage.x25519.Identity.generate()
        (tmp_path / "recipients").write_text(f"{made.to_public()}\n", "utf-8")
        run("places", "add-service", "082163", "kasama-ouen", "笠間応援ポイント")
        run("cities", "export", "082163", "k.zip", "--reason", "契約の終了", "--recipients", "recipients")
        assert not (tmp_path / "k.zip").exists()
        opened = pyrage.decrypt((tmp_path / "k.zip.age").read_bytes(), [made])
        assert opened.startswith(b"PK")
