"""Which plugins are taken, and the sentence each refused one is told."""

from __future__ import annotations

import importlib.metadata
import sys
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from gateway.model import JST
from gateway.partners import registry
from gateway.partners.loading.installed import installed_plugins
from gateway.settings import Settings

GOOD = """
from datetime import timedelta
from gateway import *
from gateway import hookimpl

POINTS = WalletId("points")
TEXT = Label("どんぐり", "Acorn")

class Plugin:
    def __init__(self, setup):
        self.setup = setup

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id="acorn", name=TEXT, kind=PartnerKind.OTHER, link=LinkKind.COUPON, points_name=TEXT,
            wallets=(Wallet(id=POINTS, name=TEXT),), hosts=("acorn.example",),
            arrives_within=timedelta(days=1), debits_may_hide_for=timedelta(0), terms=TEXT,
            proves={"amount"},
        )

    @hookimpl
    async def check_connection(self):
        return None

    @hookimpl
    async def rate_table(self, at):
        rate = Rate(wallet=POINTS, destinations=frozenset({DestinationKind.RESERVE}), cost_per_unit=100,
                    points_per_unit=450, source="the guide", sample=False)
        return RateTable(rates=(rate,))

    @hookimpl
    async def coupon_value(self, coupon):
        return CouponValue(wallet=POINTS, amount=1)

    @hookimpl
    async def debit(self, order):
        return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)

    @hookimpl
    async def find_debit(self, exchange_id):
        return NoRecord(exchange_id=exchange_id)
"""


@pytest.fixture
def house(tmp_path, log):
    """`await house(source, toml)`: a registry made of one file acorn.py and a gateway.toml."""
    made = []

    async def build(source=GOOD, toml="[partners.acorn]\n", **options):
        plugins = tmp_path / "plugins"
        plugins.mkdir(exist_ok=True)
        if source is not None:
            (plugins / "acorn.py").write_text(source, "utf-8")
        (tmp_path / "gateway.toml").write_text(toml + '\n[plugins]\ndir = "plugins"\n', "utf-8")
        settings = Settings.load(tmp_path / "gateway.toml", {"ACORN_KEY": "sesame"})
        options.setdefault("entry_points", ())
        made.append(
            await registry.load(settings, clock=lambda: datetime(2018, 7, 1, tzinfo=JST), log=log, **options)
        )
        return made[-1]

    yield build
    sys.modules.pop("gateway_partner_file_acorn", None)


@pytest.fixture
def refused(house):
    async def sentence(source=GOOD, toml="[partners.acorn]\n", **options):
        found = await house(source, toml, **options)
        assert not found.partners
        (refusal,) = found.refused
        assert refusal.sentence.startswith("acorn: ")
        return refusal

    return sentence


def line_of(source, text):
    return next(number for number, line in enumerate(source.splitlines(), 1) if text in line)


async def test_a_good_file_becomes_a_partner(house):
    found = await house()
    partner = found.partners["acorn"]
    assert (partner.id, found.refused, found.notes, found.idle) == ("acorn", (), (), ())
    assert found.origins == {"acorn": "plugins/acorn.py"}
    assert partner.can("coupon_value")
    assert not partner.can("balances")
    await found.aclose()


async def test_a_plugin_without_a_table_in_the_settings_is_not_even_imported(house):
    found = await house("raise SystemExit(1)", toml="")
    assert (dict(found.partners), found.refused, found.idle) == ({}, (), ("acorn",))


async def test_a_disabled_plugin_is_not_imported(house):
    found = await house("raise SystemExit(1)", toml="[partners.acorn]\nenabled = false\n")
    assert (dict(found.partners), found.refused, found.idle) == ({}, (), ("acorn",))


async def test_a_table_without_a_plugin_is_told_where_to_put_one(house):
    found = await house(None)
    (refusal,) = found.refused
    assert refusal.check == "found"
    assert refusal.sentence == (
        "acorn: no installed plugin has this name; install its distribution "
        "or put acorn.py into the folder of [plugins] dir (gateway.toml:1)"
    )


async def test_a_table_with_a_typo_is_told_the_right_name(house):
    found = await house(GOOD, toml="[partners.acron]\n")
    assert "did you mean [partners.acorn]?" in found.refused[0].sentence


async def test_one_broken_plugin_does_not_stop_another(house, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "bad.py").write_text("1 / 0", "utf-8")
    found = await house(toml="[partners.acorn]\n[partners.bad]\n")
    assert (list(found.partners), [refusal.plugin for refusal in found.refused]) == (["acorn"], ["bad"])
    await found.aclose()


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("import gateway_no_such_thing\n", "ModuleNotFoundError: No module named 'gateway_no_such_thing'", 1),
        ("def x(:\n", "SyntaxError", 1),
        ("\nraise SystemExit('sesame')\n", "SystemExit", 2),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt", 1),
        ("x = 1\nraise ValueError('sesame')\n", "ValueError", 2),
        ("class Other: ...\n", "the file has no class Plugin", 1),
    ],
)
async def test_what_cannot_be_imported_is_refused_with_its_line(refused, source, said, line):
    refusal = await refused(source)
    assert (refusal.check, refusal.file, refusal.line) == ("import", "plugins/acorn.py", line)
    assert said in refusal.sentence
    assert "sesame" not in refusal.sentence


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("Plugin = Plugin(None)", "its entry names a Plugin; name the class"),
        ("import json\nPlugin = json", "its entry names a module"),
        ("Made = Plugin\ndef Plugin(setup): return Made", "gave the class Plugin instead of an instance"),
        ("def Plugin(setup): return None", "gave no plugin instead of an instance"),
        ("def Plugin(): return None", "must take one PartnerSetup"),
        ("def Plugin(setup): raise SystemExit", "crashes with SystemExit when it is made"),
        ("def Plugin(setup): setup.settings.text('base_url')", "has no `base_url`; write base_url = "),
        ("def Plugin(setup): setup.settings.secret('key')", "has no `key`; add key = { env = "),
        (
            "def Plugin(setup): raise PartnerUnavailable('the certificate has ended')",
            "acorn: the certificate has ended (plugins/",
        ),
    ],
)
async def test_an_entry_must_give_an_instance(refused, tail, said):
    refusal = await refused(f"{GOOD}\n{tail}\n")
    assert refusal.check == "instance"
    assert said in refusal.sentence


async def test_a_missing_setting_is_told_with_its_place_in_the_settings_alone(refused):
    refusal = await refused(GOOD + "\ndef Plugin(setup): setup.settings.text('base_url')\n")
    assert (
        refusal.sentence == 'acorn: [partners.acorn] has no `base_url`; write base_url = "…" (gateway.toml:1)'
    )


HOOK_FAULTS = [
    (
        "hooks",
        "async def find_debit(",
        "async def find_debitt(",
        "there is no hook find_debitt(); did you mean `find_debit`?",
    ),
    (
        "hooks",
        "@hookimpl\n    async def debit",
        "@hookimpl(wrapper=True)\n    async def debit",
        "is a hook wrapper",
    ),
    (
        "colour",
        "async def debit",
        "def debit",
        'debit() is declared async in gateway/hookspecs.py; add "async"',
    ),
    (
        "colour",
        "def partner_profile",
        "async def partner_profile",
        'without async in gateway/hookspecs.py; remove "async"',
    ),
    (
        "keyword-only",
        "debit(self, order)",
        "debit(self, *, order)",
        "`order` stands after * and is never filled; remove the *",
    ),
    (
        "keyword-only",
        "debit(self, order)",
        "debit(self, order=None)",
        "`order` has a default, so it is never filled",
    ),
    (
        "keyword-only",
        "debit(self, order)",
        "debit(self, **rest)",
        "`rest` is never filled; name the parameters",
    ),
    (
        "keyword-only",
        "debit(self, order)",
        "debit(self, *rest)",
        "`rest` is never filled; name the parameters",
    ),
    (
        "parameters",
        "debit(self, order)",
        "debit(self, odrer)",
        "debit() has no parameter `odrer`; did you mean `order`?",
    ),
    (
        "parameters",
        "check_connection(self)",
        "check_connection(self, x)",
        "has no parameter `x`; it takes none; remove it",
    ),
    (
        "required",
        "@hookimpl\n    async def debit",
        "async def debit",
        "debit() is not marked; write @hookimpl above it",
    ),
]


@pytest.mark.parametrize(("check", "good", "bad", "said"), HOOK_FAULTS)
async def test_each_way_a_hook_can_be_wrong_has_its_sentence_and_place(refused, check, good, bad, said):
    source = GOOD.replace(good, bad)
    refusal = await refused(source)
    assert refusal.check == check
    assert said in refusal.sentence
    assert refusal.line == line_of(source, bad.splitlines()[-1].strip())
    assert refusal.sentence.endswith(f"(plugins/acorn.py:{refusal.line})")


async def test_a_fault_without_source_is_told_without_a_place(refused):
    lines = (
        GOOD
        + '\nscope = {"__name__": "nowhere"}\nexec("class Made:\\n    def __init__(self, setup): pass", scope)\n'
        'Plugin = scope["Made"]\n'
    )
    refusal = await refused(lines)
    assert (refusal.check, refusal.file, refusal.line) == ("required", None, None)
    assert refusal.sentence.endswith("add @hookimpl def partner_profile")


async def test_a_plugin_may_name_fewer_parameters(house):
    found = await house(GOOD.replace("rate_table(self, at)", "rate_table(self)"))
    assert "acorn" in found.partners
    await found.aclose()


async def test_a_hook_that_every_plugin_needs_is_asked_for(refused):
    without = GOOD[: GOOD.index("    @hookimpl\n    async def find_debit")]
    refusal = await refused(without)
    assert refusal.check == "required"
    assert "every plugin needs find_debit(); add @hookimpl async def find_debit" in refusal.sentence
    assert refusal.line == line_of(GOOD, "class Plugin:")


async def test_a_hook_that_the_kind_of_link_needs_is_asked_for(refused):
    refusal = await refused(GOOD.replace("LinkKind.COUPON", "LinkKind.ACCOUNT"))
    assert (refusal.check, "an account link needs begin_handoff()" in refusal.sentence) == ("required", True)
    refusal = await refused(
        GOOD.replace("async def coupon_value", "async def other").replace(
            "@hookimpl\n    async def other", "async def other"
        )
    )
    assert (refusal.check, "a coupon link needs coupon_value()" in refusal.sentence) == ("required", True)


async def test_the_id_must_be_the_name_of_the_entry(refused):
    refusal = await refused(GOOD.replace('id="acorn"', 'id="oak"'))
    assert refusal.check == "id"
    assert (
        "partner_profile().id is 'oak', its entry is called 'acorn'; give both one name" in refusal.sentence
    )


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("link=LinkKind.COUPON", "link='coupon'", "kind and link must be a PartnerKind and a LinkKind"),
        ('hosts=("acorn.example",)', "hosts=()", "hosts must be a tuple of every host"),
        (
            "cost_per_unit=100",
            "cost_per_unit=100.0",
            "rate 1 (points): cost_per_unit must be a whole number above 0",
        ),
        (
            "return RateTable(rates=(rate,))",
            "return RateTable(rates=(rate, rate))",
            "rates 1 and 2 (points) are in force at the same time",
        ),
        (
            "return RateTable(rates=(rate,))",
            "return [rate]",
            "rate_table() answered a list instead of RateTable",
        ),
        (
            "        return PartnerProfile(",
            "        raise SystemExit\n        PartnerProfile(",
            "partner_profile() crashes with SystemExit",
        ),
        (
            "        return PartnerProfile(",
            "        PartnerProfile(",
            "partner_profile() gives no PartnerProfile",
        ),
        (
            "        return PartnerProfile(",
            "        import itertools\n        self.n = getattr(self, 'n', 0) + 1\n        if self.n > 1: return None\n        return PartnerProfile(",
            "is not the same at every call",
        ),
    ],
)
async def test_a_profile_and_rates_that_make_no_sense_together_are_refused(refused, good, bad, said):
    refusal = await refused(GOOD.replace(good, bad))
    assert refusal.check == "coherent"
    assert said in refusal.sentence
    assert refusal.line is not None


@pytest.mark.parametrize(
    ("proves", "said"),
    [
        ('proves="amount"', 'proves must be a set of "amount" and "account"'),
        ("proves={1}", 'proves must be a set of "amount" and "account"'),
        ('proves={"amonut"}', "proves names 'amonut'"),
        ('proves={"amount", "account"}', 'names "account", which a coupon link has not'),
        ("proves=set(), keys_kept_for=24", "keys_kept_for must be a timedelta from 0 to 3,660 days"),
        (
            "proves=set(), keys_kept_for=timedelta(hours=-1)",
            "keys_kept_for must be a timedelta from 0 to 3,660 days",
        ),
        ("proves=set(), decides_within=14", "decides_within must be a timedelta above 0"),
        ("proves=set(), decides_within=timedelta(0)", "decides_within must be a timedelta above 0"),
        ("proves=set(), decides_within=timedelta(days=400)", "at most 366 days"),
        ("proves=set(), ids_ignore_case='yes'", "ids_ignore_case must be True or False"),
    ],
)
async def test_what_a_partner_proves_and_for_how_long_is_said_in_its_own_types(refused, proves, said):
    refusal = await refused(GOOD.replace('proves={"amount"}', proves))
    assert said in refusal.sentence
    assert refusal.sentence.endswith("correct partner_profile() (plugins/acorn.py:14)")


async def test_a_plugin_of_the_first_edition_is_read_and_told_where_to_add_what(house, log):
    found = await house(GOOD.replace('            proves={"amount"},\n', ""))
    (note,) = found.notes
    assert list(found.partners) == ["acorn"]
    assert 'add proves={"amount"} to the profile' in note
    assert note.endswith("(plugins/acorn.py:14)")
    assert ("warning", "plugin_deprecated", {"plugin": "acorn", "sentence": note}) in log.lines


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is not there; put the file there, or correct its name (gateway.toml:2)"),
        ("no certificate", "holds no certificates; name a file of certificates in PEM (gateway.toml:2)"),
    ],
)
async def test_an_authority_file_that_cannot_be_read_refuses_that_partner_alone(
    refused, tmp_path, content, fault
):
    if content is not None:
        (tmp_path / "ca.pem").write_text(content, "utf-8")
    refusal = await refused(GOOD, toml='[partners.acorn]\nca_file = "ca.pem"\n')
    assert refusal.sentence.endswith(f"ca.pem {fault}")


async def test_a_plugin_that_cannot_even_be_looked_at_is_refused_where_it_stumbles(refused):
    source = GOOD + "    @property\n    def __class__(self):\n        raise ZeroDivisionError\n"
    refusal = await refused(source)
    assert "cannot be looked at without a ZeroDivisionError" in refusal.sentence
    assert refusal.line == line_of(source, "raise ZeroDivisionError")


async def test_lines_about_requests_name_their_partner_and_hide_its_secrets(house, log, raw_server):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    host = await raw_server(serve)
    source = GOOD.replace('hosts=("acorn.example",)', f'hosts=("{host}",)').replace(
        "        return None",
        f"        await self.setup.http.get('http://{host}/' + self.setup.settings.secret('key').reveal())",
    )
    found = await house(source, toml='[partners.acorn]\nkey = { env = "ACORN_KEY" }\n')
    await found.partners["acorn"].check_connection()
    (line,) = log.named("partner_call")[-1:]
    assert line["partner"] == "acorn"
    assert line["requests"] == [f"GET http://{host}/*** 200 {line['requests'][0].split()[-2]} ms"]
    assert "sesame" not in repr(log.lines)
    await found.aclose()


async def test_a_partner_out_of_reach_is_loaded_with_a_note(house):
    found = await house(
        GOOD.replace(
            "        rate = Rate(",
            "        await self.setup.http.get('https://acorn.invalid/')\n        rate = Rate(",
        )
    )
    assert "acorn" in found.partners
    assert len(found.notes) == 1
    assert "its rates are checked when it is first reached" in found.notes[0]
    await found.aclose()


async def test_a_plugin_is_given_settings_a_client_a_clock_and_a_log_that_knows_its_secrets(house, log):
    source = GOOD.replace(
        "        self.setup = setup",
        "        key = setup.settings.secret('key')\n        setup.log.info('made', at=setup.clock(), why=key.reveal())",
    )
    found = await house(source, toml='[partners.acorn]\nkey = { env = "ACORN_KEY" }\n')
    assert log.named("made") == [{"at": datetime(2018, 7, 1, tzinfo=JST), "why": "***", "partner": "acorn"}]
    await found.aclose()


@pytest.fixture
def entry_point(tmp_path, monkeypatch):
    """A real installed-looking distribution on sys.path, with an entry point and metadata of its own."""

    def build(
        source=GOOD,
        *,
        requires="point-gateway>=0.1,<1",
        python=">=3.11",
        name="acorn",
        value="gateway_acorn_t:Plugin",
    ):
        site = tmp_path / "site"
        info = site / "gateway_acorn_t-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (site / "gateway_acorn_t.py").write_text(source, "utf-8")
        metadata = f"Metadata-Version: 2.1\nName: gateway-acorn-t\nVersion: 1.0\nRequires-Python: {python}\n"
        (info / "METADATA").write_text(
            metadata + f"Requires-Dist: aiohttp\nRequires-Dist: {requires}\n", "utf-8"
        )
        (info / "entry_points.txt").write_text(f"[gateway.partners]\n{name} = {value}\n", "utf-8")
        monkeypatch.syspath_prepend(str(site))
        return [
            point
            for dist in importlib.metadata.distributions(path=[str(site)])
            for point in dist.entry_points
            if point.group == registry.GROUP
        ]

    yield build
    sys.modules.pop("gateway_acorn_t", None)


async def test_an_installed_distribution_becomes_a_partner(house, entry_point):
    found = await house(None, entry_points=entry_point())
    assert found.origins == {"acorn": "gateway-acorn-t 1.0"}
    await found.aclose()


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        (
            {"requires": "point-gateway>=2"},
            "needs point-gateway>=2, this is 0.2.0; install a release of gateway-acorn-t",
        ),
        ({"requires": "Point_Gateway (<0.1)"}, "needs point-gateway<0.1"),
        ({"python": ">=4"}, "needs Python >=4, this is 3."),
        ({"requires": "point-gateway ="}, "has a requirement that cannot be read"),
    ],
)
async def test_a_plugin_for_another_gateway_is_refused_before_it_is_imported(
    refused, entry_point, metadata, said
):
    refusal = await refused(None, entry_points=entry_point("raise SystemExit", **metadata))
    assert refusal.check == "version"
    assert said in refusal.sentence
    assert "gateway_acorn_t" not in sys.modules


async def test_an_extras_requirement_does_not_count(house, entry_point):
    found = await house(None, entry_points=entry_point(requires='point-gateway>=2; extra == "next"'))
    assert "acorn" in found.partners
    await found.aclose()


async def test_an_entry_that_names_nothing_is_an_import_fault(refused, entry_point):
    refusal = await refused(None, entry_points=entry_point(value="gateway_acorn_t:Nothing"))
    assert refusal.check == "import"
    assert "Nothing" in refusal.sentence


async def test_a_name_that_comes_twice_is_refused(refused, entry_point):
    refusal = await refused(GOOD, entry_points=entry_point())
    assert refusal.check == "found"
    assert "comes from gateway-acorn-t 1.0 and from plugins/acorn.py; keep one of them" in refusal.sentence


async def test_files_that_begin_with_an_underscore_are_not_plugins(house, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "_shared.py").write_text("raise SystemExit", "utf-8")
    assert (await house(toml="")).idle == ("acorn",)


class TestSomebodyElsesBrokenPackage:
    """A distribution whose metadata cannot be read is named and left aside; the others load."""

    @pytest.mark.parametrize(
        "entry_points",
        [
            b"[console_scripts]\nno equals sign here\n",
            b"[gateway.partners]\nbroken\n",
            b"\xff\xfe[gateway.partners]\n",
            b"[x\na=b\n\x80",
            b"name = before.any:section\n",
        ],
    )
    def test_it_hides_no_other(self, tmp_path: Path, entry_points: bytes) -> None:
        for name, text in (
            ("broken", entry_points),
            ("sound", b"[gateway.partners]\nsound = sound:plugin\n"),
        ):
            folder = tmp_path / f"{name}-1.0.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (folder / "entry_points.txt").write_bytes(text)
        installed = installed_plugins("gateway.partners", [str(tmp_path)])
        assert [point.name for point in installed.entry_points if point.name == "sound"] == ["sound"]
        assert all("broken-1.0.dist-info" in sentence for sentence in installed.left_aside)
        assert len(installed.left_aside) <= 1

    def test_a_byte_that_is_no_utf8_is_named_with_its_package(self, tmp_path: Path) -> None:
        folder = tmp_path / "broken-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_bytes(b"[console_scripts]\nx\xff = y:z\n")
        (sentence,) = installed_plugins("gateway.partners", [str(tmp_path)]).left_aside
        assert "broken-1.0.dist-info/entry_points.txt" in sentence
        assert "install it anew" in sentence

    def test_of_two_with_one_name_the_first_on_the_path_counts(self, tmp_path: Path) -> None:
        for place, points in (
            ("first", "[console_scripts]\nx = y:z\n"),
            ("second", "[gateway.partners]\nshadowed = y:z\n"),
        ):
            folder = tmp_path / place / "some_partner-1.0.dist-info"
            folder.mkdir(parents=True)
            (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: Some.Partner\nVersion: 1.0\n")
            (folder / "entry_points.txt").write_text(points)
        both = [str(tmp_path / "first"), str(tmp_path / "second")]
        assert installed_plugins("gateway.partners", both).entry_points == ()
        (point,) = installed_plugins("gateway.partners", both[::-1]).entry_points
        assert point.name == "shadowed"

    def test_a_package_without_metadata_is_left_aside(self, tmp_path: Path) -> None:
        (tmp_path / "empty-1.0.dist-info").mkdir()
        assert installed_plugins("gateway.partners", [str(tmp_path)]).entry_points == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('bace_url = "x"', "bace_url: the plugin does not read this setting; did you mean `base_url`?"),
        (
            "most = 3\ncolour = 1",
            "colour: the plugin does not read this setting; remove it, or correct its name",
        ),
        ('most = 3\nother_key = { env = "K" }', "other_key: the plugin does not read this setting"),
    ],
)
async def test_a_setting_that_the_plugin_does_not_read_is_named_with_its_line(tmp_path, given, said):
    text = GOOD.replace(
        "        self.setup = setup\n",
        "        self.setup = setup\n        setup.settings.text('base_url', '')\n        setup.settings.number('most', 1)\n",
    )
    loaded = await _loaded_from(tmp_path, text, given)
    assert [*loaded.partners] == ["acorn"]
    (sentence,) = loaded.unread
    assert sentence.startswith(f"[partners.acorn] {said}")
    assert "(gateway.toml:" in sentence
    await loaded.aclose()


async def _loaded_from(folder: Path, text: str, table: str) -> registry.Registry:
    (folder / "plugins").mkdir()
    (folder / "plugins" / "acorn.py").write_text(text, "utf-8")
    (folder / "gateway.toml").write_text(
        f'[plugins]\ndir = "plugins"\n[partners.acorn]\nterminal_orders = false\n{table}\n', "utf-8"
    )
    settings = Settings.load(folder / "gateway.toml", {"K": "k"})
    return await registry.load(
        settings, clock=lambda: datetime(2018, 7, 1, tzinfo=JST), log=structlog.get_logger(), entry_points=()
    )
