"""What an operator writes into gateway.toml, and the sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SecretMissing
from gateway.settings import Settings, SettingsWrong

WHOLE = """\
[server]
host = "0.0.0.0"
port = 8081
public_url = "https://gw.example/"
portal_return_urls = ["https://portal.example/back"]

[database]
url = "postgresql+psycopg://gw@db/gw"

[clock]
file = "now.txt"

[security]
sealing = { file = "secrets/state" }
lookup = { env = "LOOKUP" }

[log]
level = "debug"
format = "console"

[plugins]
dir = "plugins"

[partners.saison]
base_url = "https://api.saison.example"
retries = 0
flag = true
ca_file = "saison.pem"
api_key = { env = "SAISON_KEY" }
token_url = "https://api.saison.example/token"

[partners.oak]
enabled = false
"""


@pytest.fixture
def load(tmp_path):
    def read(text, env=None):
        (tmp_path / "gateway.toml").write_text(text, "utf-8")
        return Settings.load(tmp_path / "gateway.toml", env or {})

    return read


def test_a_whole_file_is_read(load, tmp_path):
    settings = load(WHOLE)
    assert (settings.server.host, settings.server.port, settings.server.origin) == (
        "0.0.0.0",
        8081,
        "https://gw.example",
    )
    assert settings.server.portal_return_urls == ("https://portal.example/back",)
    assert settings.database_url == "postgresql+psycopg://gw@db/gw"
    assert (settings.clock_file, settings.plugins_dir) == (tmp_path / "now.txt", tmp_path / "plugins")
    assert (settings.log.level, settings.log.format) == ("debug", "console")
    assert {id_: partner.enabled for id_, partner in settings.partners.items()} == {
        "saison": True,
        "oak": False,
    }
    assert settings.partners["saison"].ca_file == tmp_path / "saison.pem"


def test_without_a_file_everything_has_a_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(None, {})
    assert settings.database_url == f"sqlite:///{tmp_path / 'gateway.db'}"
    assert settings.server.origin == "http://127.0.0.1:8080"
    assert (settings.clock_file, settings.plugins_dir, dict(settings.partners)) == (None, None, {})


def test_the_database_stands_beside_the_settings(load, tmp_path):
    assert load("").database_url == f"sqlite:///{tmp_path / 'gateway.db'}"


def test_the_environment_overrides_plain_values(load, monkeypatch):
    monkeypatch.setenv("POINT_GATEWAY_SERVER__HOST", "not asked for")
    env = {
        "POINT_GATEWAY_SERVER__PORT": "9000",
        "POINT_GATEWAY_SERVER__TRUSTED_PROXIES": "2",
        "POINT_GATEWAY_SERVER__PORTAL_RETURN_URLS": "https://a.example/x, https://b.example/y",
        "POINT_GATEWAY_DATABASE__URL": "postgresql+psycopg://gw:sesame@db/gw",
        "POINT_GATEWAY_LOG__LEVEL": "error",
        "POINT_GATEWAY_CLOCK__FILE": "other.txt",
    }
    settings = load("[server]\nport = 1\n", env)
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 9000)
    assert settings.server.trusted_proxies == 2
    assert settings.server.portal_return_urls == ("https://a.example/x", "https://b.example/y")
    assert settings.database_url == "postgresql+psycopg://gw:sesame@db/gw"
    assert "sesame" not in repr(settings)
    assert settings.log.level == "error"
    assert settings.clock_file.name == "other.txt"


def test_without_an_environment_given_the_process_own_is_used(load, monkeypatch, tmp_path):
    monkeypatch.setenv("POINT_GATEWAY_SERVER__PORT", "9001")
    (tmp_path / "gateway.toml").write_text("", "utf-8")
    assert Settings.load(tmp_path / "gateway.toml").server.port == 9001


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sever]\n", "[sever] is not a table of the settings; there are server, database,"),
        ("port = 1\n", "`port` stands outside every table; put it under one (gateway.toml:1)"),
        ("\n[server]\nprot = 1\n", "[server] has no setting `prot`; did you mean `port`? (gateway.toml:3)"),
        ("[server]\nzzz = 1\n", "[server] has no setting `zzz`; there are host, port, public_url"),
        (
            '[server]\nport = "80"\n',
            "[server] port: Input should be a valid integer; correct it (gateway.toml:2)",
        ),
        ("[server]\nport = 70000\n", "[server] port: "),
        ("[server]\ntrusted_proxies = -1\n", "[server] trusted_proxies: "),
        ('[server]\npublic_url = "gw.example"\n', "a URL is https://host/path"),
        ('[server]\nportal_return_urls = ["javascript:alert(1)"]\n', "a URL is https://host/path"),
        ('[server]\npublic_url = "https://points.example.jp/x?y"\n', "a URL is https://host/path"),
        ('[server]\npublic_url = "https://user:pw@points.example.jp"\n', "a URL is https://host/path"),
        ('[server]\npublic_url = "https://points.example.jp:99999"\n', "a URL is https://host/path"),
        ('[server]\npublic_url = "https://:443"\n', "a URL is https://host/path"),
        ('[portal]\npublic_url = "https://user@points.example.jp"\n', "an origin is https://host"),
        ('[municipal]\npublic_url = "https://points.example.jp?x"\n', "an origin is https://host"),
        ('[server]\nportal_return_urls = "https://a.example"\n', "[server] portal_return_urls: "),
        ('[log]\nlevel = "loud"\n', "[log] level: "),
        (
            '[municipal]\npublic_url = "https://city.example/staff"\n',
            "an origin is https://host, without a path",
        ),
        (
            "[database]\nfile = 1\n",
            "[database] has no setting `file`; there are url, prepared (gateway.toml:2)",
        ),
        ("[clock]\ntime = 1\n", "[clock] has no setting `time`; there is file (gateway.toml:2)"),
        ("[clock]\nfile = 1\n", '[clock] file: is no path; write file = "…" (gateway.toml:2)'),
        (
            "[security]\nkey = 1\n",
            "[security] has no setting `key`; there are sealing, lookup, account_key",
        ),
        (
            "[partners.Saison]\n",
            "[partners.Saison]: an id is lower-case letters, digits and _; rename it (gateway.toml:1)",
        ),
        (
            "[partners]\nsaison = 1\n",
            "[partners] saison: is no table; write [partners.saison] (gateway.toml:2)",
        ),
        (
            '[partners.saison]\nenabled = "no"\n',
            "[partners.saison] enabled: is neither true nor false (gateway.toml:2)",
        ),
        ("[partners.saison]\nca_file = 1\n", "[partners.saison] ca_file: is no path (gateway.toml:2)"),
        (
            '[partners.saison]\nclient_certificate = "a.pem"\n',
            '[partners.saison] has client_certificate and no client_key; write client_key = { file = "acme.key" }',
        ),
        (
            '[partners.saison]\nclient_key = { file = "a.key" }\n',
            "[partners.saison] has client_key and no client_certificate; write client_certificate =",
        ),
        (
            '[partners.saison]\nclient_certificate = 1\nclient_key = { file = "a.key" }\n',
            "[partners.saison] client_certificate: is no path",
        ),
        (
            '[partners.saison]\nclient_certificate = "a.pem"\nclient_key = "a.key"\n',
            "[partners.saison] client_key: a secret must not stand in the settings",
        ),
        (
            '[partners.saison]\nclient_certificate = "a.pem"\nclient_key = { env = "KEY" }\n',
            "[partners.saison] client_key: must be a file",
        ),
        ("[server\n", "is not TOML: "),
    ],
)
def test_each_mistake_is_told_with_its_place_and_a_remedy(load, text, sentence):
    with pytest.raises(SettingsWrong) as exception_info:
        load(text)
    assert sentence in str(exception_info.value)


def test_an_override_that_is_no_number_names_the_variable(load):
    with pytest.raises(SettingsWrong, match="POINT_GATEWAY_SERVER__PORT: is no whole number"):
        load("", {"POINT_GATEWAY_SERVER__PORT": "eighty"})


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    with pytest.raises(SettingsWrong, match=r"gateway\.toml: is not there; put the file there"):
        Settings.load(tmp_path / "gateway.toml", {})
    (tmp_path / "gateway.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsWrong, match="is not in UTF-8; save it as UTF-8"):
        Settings.load(tmp_path / "gateway.toml", {})


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ('[security]\nsealing = "sesame"\n', "[security] sealing", 2),
        ('[partners.saison]\n\napi_key = "sesame"\n', "[partners.saison] api_key", 3),
        ('[partners.saison]\nclient_secret = "sesame"\n', "[partners.saison] client_secret", 2),
        (
            '[partners.saison]\n[partners.saison.oauth]\npassword = "sesame"\n',
            "[partners.saison.oauth] password",
            3,
        ),
        ('[database]\nurl = "postgresql+psycopg://gw:sesame@db/gw"\n', "[database] url", 2),
    ],
)
def test_a_literal_secret_is_refused_with_file_key_and_remedy_and_is_not_repeated(load, text, key, line):
    with pytest.raises(SettingsWrong) as exception_info:
        load(text)
    said = str(exception_info.value)
    assert said.startswith(
        f"{key}: a secret must not stand in the settings; move it to a file of its own and write "
    )
    assert said.endswith(f"(gateway.toml:{line})")
    assert "sesame" not in said


def test_a_key_that_only_sounds_like_a_secret_is_plain_text(load):
    saison = load(WHOLE).partners["saison"]
    assert saison.text("token_url") == "https://api.saison.example/token"


def test_a_secret_comes_from_a_file_beside_the_settings_without_its_line_end(load, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_text("sesame\n", "utf-8")
    settings = load(WHOLE)
    assert settings.security.sealing().reveal() == "sesame"


@pytest.mark.parametrize("marks", [1, 2, 3])
def test_byte_order_marks_are_no_part_of_a_key(load, tmp_path, marks):
    """An editor that saves what another editor has saved adds a mark to the mark."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_text("\ufeff" * marks + "sesame\r\n", "utf-8")
    assert load(WHOLE).security.sealing().reveal() == "sesame"


@pytest.mark.parametrize(
    "around",
    ["{}\u200b", "\u00a0{}", "{}  ", "{}\t\r\n", "\u2060{}\u200f\n", "{}\x00", "\n\n{}\u3000\n", "{}\r"],
)
def test_what_nobody_sees_around_a_secret_is_no_part_of_it(load, tmp_path, around):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_bytes(around.format("se same").encode())
    assert load(WHOLE).security.sealing().reveal().strip("\n") == "se same"


@pytest.mark.parametrize("inside", ["se\u200bsame", "se\u00a0same", "se\tsame", "se\u202esame"])
def test_what_nobody_sees_inside_a_secret_is_named_and_the_secret_is_not(load, tmp_path, inside):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_text(inside, "utf-8")
    with pytest.raises(SecretMissing) as missing:
        load(WHOLE).security.sealing()
    assert f"line 1 has a character that nobody sees (U+{ord(inside[2]):04X}) at 3" in str(missing.value)
    assert "same" not in str(missing.value)


def test_a_secret_that_is_not_in_utf_8_says_how_to_save_it(load, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_text("sesame", "utf-16")
    with pytest.raises(SecretMissing, match="is not in UTF-8; save it as UTF-8"):
        load(WHOLE).security.sealing()


def test_a_secret_comes_from_the_environment(load):
    settings = load(WHOLE, {"SAISON_KEY": "sesame", "LOOKUP": "tahini"})
    assert settings.partners["saison"].secret("api_key").reveal() == "sesame"
    assert settings.partners["saison"].secret("api_key").reveal() == "sesame"
    assert settings.partners["saison"].known_secrets() == ("sesame",)
    assert settings.security.lookup().reveal() == "tahini"
    assert "sesame" not in repr(settings)
    assert "tahini" not in repr(settings.security)


def test_a_database_url_with_a_password_may_be_kept_elsewhere(load):
    url = "postgresql+psycopg://gw:sesame@db/gw"
    assert load('[database]\nurl = { env = "DB" }\n', {"DB": url}).database_url == url


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda it: it.security.sealing(),
            "[security] sealing: {base}/secrets/state is not there; put the file there, or correct its name (gateway.toml:14)",
        ),
        (
            lambda it: it.security.lookup(),
            "[security] lookup: the environment variable LOOKUP holds nothing; put the secret there (gateway.toml:15)",
        ),
        (
            lambda it: it.security.account_key(),
            '[security] has no `account_key`; add account_key = {{ file = "secrets/account_key" }} (gateway.toml:13)',
        ),
        (
            lambda it: it.partners["saison"].secret("client_secret"),
            '[partners.saison] has no `client_secret`; add client_secret = {{ env = "SAISON_CLIENT_SECRET" }} (gateway.toml:24)',
        ),
    ],
)
def test_a_secret_that_cannot_be_read_is_told_with_its_place(load, tmp_path, ask, sentence):
    with pytest.raises(SecretMissing) as exception_info:
        ask(load(WHOLE))
    assert str(exception_info.value) == sentence.format(base=tmp_path)


def test_an_empty_secret_file_holds_nothing(load, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "state").write_text("\n", "utf-8")
    with pytest.raises(SecretMissing, match="holds nothing"):
        load(WHOLE).security.sealing()


@pytest.mark.parametrize(
    "value", ['{ env = "A", file = "b" }', "{ env = 1 }", "{ elsewhere = 'x' }", "{ file = '' }", "1", "{}"]
)
def test_a_secret_that_is_kept_nowhere_is_refused(load, value):
    with pytest.raises(SettingsWrong, match=r"say where the secret is kept: .* or "):
        load(f"[security]\nsealing = {value}\n")


def test_a_plugins_values_are_texts_and_whole_numbers(load):
    saison = load(WHOLE).partners["saison"]
    assert saison.text("base_url") == "https://api.saison.example"
    assert saison.text("nothing", "default") == "default"
    assert (saison.number("retries"), saison.number("nothing", 3)) == (0, 3)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda it: it.text("url"), '[partners.saison] has no `url`; write url = "…" (gateway.toml:24)'),
        (
            lambda it: it.text("retries"),
            '[partners.saison] has a `retries` that is not a text; write retries = "…" (gateway.toml:26)',
        ),
        (
            lambda it: it.number("limit"),
            "[partners.saison] has no `limit`; write limit = 1 (gateway.toml:24)",
        ),
        (
            lambda it: it.number("flag"),
            "[partners.saison] has a `flag` that is not a whole number; write flag = 1 (gateway.toml:27)",
        ),
        (lambda it: it.secret("flag"), "[partners.saison] flag: say where the secret is kept"),
        (
            lambda it: it.secret("base_url"),
            "[partners.saison] base_url: a secret must not stand in the settings",
        ),
        (lambda it: it.text("enabled"), "has no `enabled`"),
    ],
)
def test_a_plugins_missing_or_ill_typed_value_is_told_with_its_place(load, ask, sentence):
    with pytest.raises(SettingsWrong) as exception_info:
        ask(load(WHOLE).partners["saison"])
    assert sentence in str(exception_info.value)


@pytest.mark.parametrize("saved", ["{}\n", "\ufeff{}\n", "{}\r\n", "\ufeff{}\r\n"])
@pytest.mark.parametrize("name", ["sealing", "lookup", "account_key", "chain"])
def test_an_editors_marks_are_no_part_of_a_key(tmp_path: Path, saved: str, name: str) -> None:
    (tmp_path / "key").write_bytes(saved.format("k" * 48).encode())
    (tmp_path / "gateway.toml").write_bytes(saved.format(f'[security]\n{name} = {{ file = "key" }}').encode())
    secret = getattr(Settings.load(tmp_path / "gateway.toml", env={}).security, name)()
    assert secret.reveal() == "k" * 48


def test_each_line_of_a_file_of_keys_is_free_of_marks(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes("\ufeffone\r\n\ufefftwo\r\n".encode())
    (tmp_path / "gateway.toml").write_text('[security]\nsealing = { file = "key" }', "utf-8")
    assert Settings.load(tmp_path / "gateway.toml", env={}).security.sealing().reveal() == "one\ntwo"


def test_a_key_in_the_environment_is_free_of_marks(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text('[security]\nlookup = { env = "KEY" }', "utf-8")
    settings = Settings.load(tmp_path / "gateway.toml", env={"KEY": "\ufeffsecret\r\n"})
    assert settings.security.lookup().reveal() == "secret"


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("POINT_GATEWAY_SERVER__PROT", "did you mean POINT_GATEWAY_SERVER__PORT?"),
        ("POINT_GATEWAY_SERVER_PORT", "did you mean POINT_GATEWAY_SERVER__PORT?"),
        ("POINT_GATEWAY_DATABASE_URL", "did you mean POINT_GATEWAY_DATABASE__URL?"),
        ("point_gateway_server__port", "did you mean POINT_GATEWAY_SERVER__PORT?"),
        ("POINT_GATEWAY_COLOUR", "there are POINT_GATEWAY_CLOCK__FILE, POINT_GATEWAY_CONFIG,"),
        ("POINT_GATEWAY_SECURITY__SEALING", "there are POINT_GATEWAY_CLOCK__FILE"),
    ],
)
def test_a_variable_that_names_no_setting_is_refused_like_a_wrong_key(load, variable, remedy):
    with pytest.raises(SettingsWrong) as exception_info:
        load("", {variable: "sesame"})
    assert str(exception_info.value).startswith(f"{variable}: the environment names a setting that is none")
    assert remedy in str(exception_info.value)
    assert "sesame" not in str(exception_info.value)


def test_variables_that_keep_secrets_and_those_of_other_programs_are_no_settings(load):
    named = {
        "POINT_GATEWAY_LOOKUP": "k" * 48,
        "POINT_GATEWAY_OAK": "k",
        "POINT_GATEWAY_CONFIG": "x",
        "PATH": "/",
    }
    text = '[security]\nlookup = { env = "POINT_GATEWAY_LOOKUP" }\n'
    assert load(f'{text}[partners.oak]\nkey = {{ env = "POINT_GATEWAY_OAK" }}\n', named).partners


@pytest.mark.parametrize(
    "url",
    [
        "postgres://gw@db/gw",
        "postgresql://gw@db/gw",
        "mysql://gw@db/gw",
        "gateway.db",
        "sqlite3:///a",
        "",
        "://",
    ],
)
def test_a_database_that_is_none_of_ours_is_refused_with_what_to_write(load, url):
    with pytest.raises(SettingsWrong) as exception_info:
        load(f'[database]\nurl = "{url}"\n')
    assert "write postgresql+psycopg://" in str(exception_info.value).replace("sqlite:///gateway.db or ", "")
    assert "(gateway.toml:2)" in str(exception_info.value)


def test_a_password_as_a_parameter_is_a_literal_secret(load):
    with pytest.raises(SettingsWrong, match="a secret must not stand in the settings"):
        load('[database]\nurl = "postgresql+psycopg://gw@db/gw?password=sesame"\n')


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", None),
        ("127.0.0.1:9101", ("127.0.0.1", 9101)),
        (":9101", ("127.0.0.1", 9101)),
        ("[::1]:9101", ("::1", 9101)),
    ],
)
def test_the_operators_port_is_this_machines_unless_a_host_is_named(load, text, address):
    assert load(f'[server]\nadmin = "{text}"\n').server.admin_address == address


@pytest.mark.parametrize("text", ["9101", "127.0.0.1", "a:b", "::1:9101", "127.0.0.1:99999"])
def test_an_operators_port_that_is_no_address_is_refused(load, text):
    if text == "9101":
        with pytest.raises(SettingsWrong, match="admin"):
            load("[server]\nadmin = 9101\n")
        return
    with pytest.raises(SettingsWrong, match="an address is HOST:PORT"):
        load(f'[server]\nadmin = "{text}"\n')
