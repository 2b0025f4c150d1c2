"""A process is what its plugin would be inside: the same requests, answers and sentences. And its life: from start to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from datetime import date

import pytest

from gateway.errors import NotSent, PartnerUnavailable
from gateway.model import ExchangeId
from gateway.partners import registry
from gateway.partners.isolation import fork_server, keeper
from gateway.partners.isolation.metrics import PLUGIN_RESTARTS, PLUGIN_UP
from gateway.partners.loading.partner_settings import Isolation
from gateway.partners.registry import where_it_runs
from gateway.services import open_services
from gateway.settings import Settings
from tests.databases import upgraded_database
from tests.gateway.partners.isolation.conftest import NEIGHBOUR, edition, has_ended, until

ROWS = """
    @hookimpl
    async def debits_on(self, day):
        rows = [
            DebitRecord(exchange_id=f"e{number}", reference="r" * 150, lines=(DebitLine(wallet=POINTS, amount=1),),
                        at=self.setup.clock())
            for number in range(day.day * 500)
        ]
        if day.month == 2:
            rows.append("no row")
        return rows
"""
PAGES = """
    @hookimpl
    async def debits_on(self, day):
        for page in range(3):
            if page == day.day:
                raise OutcomeUnknown("page missing")
            yield [DebitRecord(exchange_id=f"e{page}", reference="r", lines=(DebitLine(wallet=POINTS, amount=1),),
                               at=self.setup.clock())]
"""


def evil_with(more: str) -> str:
    """The neighbour's plugin under the name `evil`, with more hooks."""
    source = NEIGHBOUR.replace('id="acorn"', 'id="evil"').replace('proves={"amount"}', "proves=set()")
    return source + more


class TestRows:
    async def test_a_whole_day_comes_in_pieces_and_is_whole(self, house):
        built = await house(source=evil_with(ROWS))
        calls_before = built.neighbour_calls
        rows = await built.evil.debits_on(date(2026, 1, 4))
        assert [row.exchange_id for row in rows] == [f"e{number}" for number in range(2000)]
        await until(lambda: built.neighbour_calls > calls_before)

    async def test_one_row_that_is_none_spoils_the_day(self, house):
        built = await house(source=evil_with(ROWS))
        with pytest.raises(PartnerUnavailable, match="contract"):
            await built.evil.debits_on(date(2026, 2, 1))

    async def test_pages_are_asked_for_one_by_one(self, house):
        built = await house(source=evil_with(PAGES))
        assert [row.exchange_id for row in await built.evil.debits_on(date(2026, 1, 9))] == ["e0", "e1", "e2"]

    async def test_a_page_that_is_missing_spoils_the_day(self, house):
        built = await house(source=evil_with(PAGES))
        with pytest.raises(PartnerUnavailable, match="page missing"):
            await built.evil.debits_on(date(2026, 1, 2))

    async def test_a_process_that_ends_between_two_pages_spoils_the_day(self, house):
        built = await house(
            source=evil_with(PAGES.replace("raise", "os._exit(1)\n                raise")).replace(
                "from gateway import *", "import os\nfrom gateway import *"
            )
        )
        with pytest.raises(PartnerUnavailable):
            await built.evil.debits_on(date(2026, 1, 1))


REQUESTS = """
    @hookimpl
    async def check_connection(self):
        http, base = self.setup.http, self.setup.settings.text("base_url")
        await http.get(f"{base}/plain")
        await http.get(f"{base}/query?a=1", params={"b": "二", "c": "x y"})
        await http.post(f"{base}/json", json={"text": "花 é", "n": 1.5, "list": [1, None, True], "deep": {"a": []}})
        await http.post(f"{base}/json", json=[], headers={"Content-Type": "application/vnd.acorn+json"})
        await http.post(f"{base}/form", form={"a": "1", "b": "花 &="})
        await http.post(f"{base}/form", form={"a": "花"}, form_charset="shift_jis")
        await http.request("PUT", f"{base}/bytes", content=bytes(range(256)), headers={"X-A": "b"})
        await http.request("DELETE", f"{base}/empty", content=b"")
        told = []
        for options in (
            {"json": {"a": {1, 2}}},
            {"json": {}, "content": b"x"},
            {"json": {"a": float("nan")}},
            {"headers": {"X": "花"}},
            {"headers": {"X": 1}},
            {"content": object()},
            {"form": {"a": "é"}, "form_charset": "shift_jis"},
            {"form": {"a": "b"}, "form_charset": "no such"},
            {"timeout_s": "soon"},
        ):
            try:
                await http.post(f"{base}/wrong", **options)
                told.append("sent")
            except Exception as fault:
                told.append(type(fault).__name__)
        for url in ("http://elsewhere.example/", "ftp://x/", "http://user:pw@127.0.0.1/", "not a url", f"{base}\\n/"):
            try:
                await http.get(url)
            except Exception as fault:
                told.append(type(fault).__name__)
        answer = await http.get(f"{base}/last")
        self.setup.log.info("told", told=told, status=answer.status, headers=sorted(answer.headers), body=answer.text())
"""


def told_apart(request: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """First line, headers without their order and their case, and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    return first, {name.lower(): value for name, _, value in (it.partition(b":") for it in headers)}, body


async def test_requests_are_those_of_a_plugin_inside(house, log, tmp_path):
    wire, told = {}, {}
    for mode in (Isolation.INSIDE, Isolation.PROCESS):
        folder = tmp_path / mode
        folder.mkdir()
        source = evil_with(REQUESTS).replace(
            'hosts=("acorn.example",)',
            'hosts=(self.setup.settings.text("base_url").removeprefix("http://"),)',
        )
        built = await house(isolation=mode, source=source, folder=folder)
        await built.evil.check_connection()
        host = built.evil.profile.hosts[0].encode()
        wire[mode] = [told_apart(request.replace(host, b"HOST")) for request in built.seen]
        told[mode] = log.named("told").pop()
        log.lines.clear()
    assert len(wire[Isolation.INSIDE]) >= 9
    assert wire[Isolation.PROCESS] == wire[Isolation.INSIDE]
    assert told[Isolation.PROCESS] == told[Isolation.INSIDE]
    assert told[Isolation.PROCESS]["told"].count("OutcomeUnknown") >= 12  # others have left
    assert "sent" not in told[Isolation.PROCESS]["told"]


REFUSED = {
    "import": ("1 / 0", ""),
    "no class": ("x = 1", ""),
    "syntax": ("def (", ""),
    "exit": ("raise SystemExit(3)", ""),
    "missing library": ("import no_such_library", ""),
    "crash": (NEIGHBOUR.replace("self.setup = setup", "raise KeyError('x')"), ""),
    "secret": (NEIGHBOUR.replace("self.setup = setup", 'setup.settings.secret("pass_key")'), ""),
    "secret that is empty": (
        NEIGHBOUR.replace("self.setup = setup", 'setup.settings.secret("key")'),
        'key = { env = "NO_SUCH_VARIABLE" }',
    ),
    "setting": (NEIGHBOUR.replace("self.setup = setup", 'setup.settings.number("n")'), 'n = "five"'),
    "setting that is no text": (
        NEIGHBOUR.replace("self.setup = setup", 'setup.settings.text("n")'),
        "n = 2026-01-01",
    ),
    "hook": (NEIGHBOUR.replace("async def rate_table(self, at)", "async def rate_table(self, when)"), ""),
    "colour": (NEIGHBOUR.replace("async def debit(", "def debit("), ""),
    "required": (
        NEIGHBOUR.replace("    @hookimpl\n    async def find_debit", "    async def find_debit"),
        "",
    ),
    "id": (NEIGHBOUR.replace('id="acorn"', 'id="oak"'), ""),
    "coherent": (NEIGHBOUR.replace('hosts=("acorn.example",)', "hosts=()"), ""),
    "rates": (NEIGHBOUR.replace("cost_per_unit=100", "cost_per_unit=0"), ""),
    "no profile": (NEIGHBOUR.replace("return PartnerProfile(", "return dict("), ""),
    "a profile's property": (
        NEIGHBOUR.replace("arrives_within=timedelta(days=1)", "arrives_within=timedelta(-1)"),
        "",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_plugin_is_refused_with_the_same_sentence_as_inside(tmp_path, log, name):
    from gateway.settings import Settings
    from httpkit.clock import system_clock

    source, toml = REFUSED[name]
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "acorn.py").write_text(source, "utf-8")
    (tmp_path / "gateway.toml").write_text(f'[partners.acorn]\n{toml}\n[plugins]\ndir = "plugins"\n', "utf-8")
    refusals = []
    for mode in (Isolation.INSIDE, Isolation.PROCESS):
        settings = Settings.load(tmp_path / "gateway.toml", {})
        loaded = await registry.load(settings, clock=system_clock, log=log, entry_points=(), isolation=mode)
        assert not loaded.partners
        refusals.append(loaded.refused)
        sys.modules.pop("gateway_partner_file_acorn", None)
    assert refusals[1] == refusals[0]


async def test_a_setting_that_nobody_reads_is_told_as_inside(house):
    source = evil_with("").replace(
        "self.setup = setup", 'setup.settings.text("base_url"); setup.settings.secret("api_key")'
    )
    built = await house(source=source, extra='colour = "red"\nother = { env = "EVIL_KEY" }\n')
    told = " ".join(built.loaded.unread)
    assert "colour" in told
    assert "other" in told
    assert "base_url" not in told
    assert "api_key" not in told


class TestRestart:
    async def test_another_profile_takes_no_call_until_it_is_accepted(self, house, log):
        built = await house(source=evil_with(""))
        file = built.folder / "plugins" / "evil.py"
        file.write_text(
            evil_with("").replace('hosts=("acorn.example",)', 'hosts=("elsewhere.example",)'), "utf-8"
        )
        os.kill(built.evil.keeper.process.pid, signal.SIGKILL)
        await until(lambda: log.named("plugin_changed"))
        with pytest.raises(NotSent, match="another profile"):
            await built.debit("any")
        assert built.evil.profile.hosts == ("acorn.example",)

    async def test_a_plugin_that_cannot_be_started_again_is_tried_again_with_a_pause(self, house, log):
        built = await house(source=evil_with(""))
        file = built.folder / "plugins" / "evil.py"
        file.write_text("1 / 0", "utf-8")
        os.kill(built.evil.keeper.process.pid, signal.SIGKILL)
        await until(lambda: len(log.named("plugin_not_started")) >= 2)
        with pytest.raises(NotSent):
            await built.debit("any")
        file.write_text(evil_with(""), "utf-8")
        await built.comes_back()
        await built.evil.check_connection()

    async def test_a_process_that_stands_still_for_a_moment_is_not_ended(self, house):
        built = await house(source=evil_with(""))
        pid = built.evil.keeper.process.pid
        os.kill(pid, signal.SIGSTOP)
        call = asyncio.create_task(built.evil.check_connection())
        await asyncio.sleep(1.2)
        os.kill(pid, signal.SIGCONT)
        await call
        assert built.evil.keeper.process.pid == pid

    async def test_a_process_that_is_stopped_for_good_is_ended_before_the_deadline(self, house):
        built = await house()
        os.kill(built.evil.keeper.process.pid, signal.SIGSTOP)
        with pytest.raises(PartnerUnavailable, match="said nothing"):
            await built.evil.check_connection()
        await built.comes_back()


class TestNumbers:
    async def test_an_end_is_counted_by_its_reason_and_the_gauge_follows(self, house):
        built = await house(source=evil_with(""))
        up, ends = PLUGIN_UP.labels("evil"), PLUGIN_RESTARTS.labels("evil", "burns_cpu")
        before = ends._value.get()
        assert up._value.get() == 1
        built.evil.keeper.process.kill("burns_cpu", "for the test")
        assert up._value.get() == 0
        await until(lambda: up._value.get() == 1)
        assert ends._value.get() == before + 1
        assert built.evil.keeper.restarts == 1

    async def test_a_plugin_that_works_for_itself_for_long_is_ended(self, house, log, monkeypatch):
        monkeypatch.setattr(keeper, "SAMPLE_INTERVAL_S", 0.2)
        monkeypatch.setattr(keeper, "IDLE_WINDOW_S", 1.0)
        monkeypatch.setattr(keeper, "MAX_IDLE_CPU_S", 0.1)
        built = await house()
        pid = built.evil.keeper.process.pid
        assert await built.attack("spin_in_a_thread") == "begun"
        await until(lambda: log.named("plugin_burns_cpu"))
        await until(lambda: (process := built.evil.keeper.process) is not None and process.pid != pid)
        assert {line["partner"] for line in log.named("plugin_burns_cpu")} == {"evil"}


class TestTheEnd:
    async def test_a_call_under_way_is_answered_before_its_process_is_asked_to_end(
        self, tmp_path, raw_server
    ):
        asked = asyncio.Event()

        async def partner(reader, writer):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                asked.set()
                await asyncio.sleep(0.5)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "evil.py").write_text(edition(1), "utf-8")
        (tmp_path / "key").write_text("k" * 48, "utf-8")
        (tmp_path / "gateway.toml").write_text(
            '[security]\nsealing = { file = "key" }\nlookup = { file = "key" }\naccount_key = { file = "key" }\n'
            f'[plugins]\ndir = "plugins"\n[partners.evil]\nbase_url = "http://{await raw_server(partner)}"\n',
            "utf-8",
        )
        settings = Settings.load(tmp_path / "gateway.toml", {})
        upgraded_database(settings.database_url)
        async with open_services(settings) as services:
            evil = services.context.partners["evil"]
            process = evil.keeper.process
            call = services.context.tasks.spawn(evil.find_debit(ExchangeId("e")), "find")
            await asked.wait()
        assert call.result().reference == "edition 1"
        assert await process.reaped() == 0
        assert process.end.text == "it ended with code 0"

    async def test_no_process_is_left_and_a_running_call_ends(self, house):
        built = await house()
        pids = [built.evil.keeper.process.pid, built.acorn.keeper.process.pid]
        call = asyncio.create_task(built.debit("before-swallow_cancellation"))
        await asyncio.sleep(0.2)
        await built.loaded.aclose()
        with pytest.raises(Exception, match="evil"):
            await call
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        built.neighbour_faults = []  # it was closed too
        built.watch.cancel()

    async def test_a_plugins_process_dies_with_a_gateway_that_is_killed(self, tmp_path):
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "acorn.py").write_text(NEIGHBOUR, "utf-8")
        (tmp_path / "gateway.toml").write_text('[partners.acorn]\n[plugins]\ndir = "plugins"\n', "utf-8")
        program = f"""
            import asyncio, pathlib, structlog, sys
            from gateway.partners import registry
            from httpkit.clock import system_clock
            from gateway.settings import Settings
            async def main():
                structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
                settings = Settings.load(pathlib.Path({str(tmp_path / "gateway.toml")!r}), {{}})
                loaded = await registry.load(settings, clock=system_clock, log=structlog.get_logger(),
                                             entry_points=(), isolation=registry.Isolation.PROCESS)
                print(loaded.partners["acorn"].keeper.process.pid, flush=True)
                await asyncio.sleep(3600)
            asyncio.run(main())
        """
        gateway = await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(program), stdout=asyncio.subprocess.PIPE
        )
        pid = int(await asyncio.wait_for(gateway.stdout.readline(), 30))
        os.kill(pid, 0)
        gateway.kill()
        await gateway.wait()
        await until(lambda: has_ended(pid))


class TestHowWellItIsSealed:
    async def test_what_was_applied_is_told(self, house, log):
        built = await house()
        runs = where_it_runs(built.evil)
        assert "sealed (" in runs
        assert "landlock" in runs
        assert "seccomp" in runs
        started = log.named("plugin_started")
        assert {line["partner"] for line in started} == {"evil", "acorn"}

    @pytest.mark.parametrize("step", ["_landlock", "_seccomp", "_no_new_privileges"])
    async def test_where_it_cannot_be_sealed_the_plugin_is_refused_and_may_be_accepted(
        self, house, monkeypatch, step
    ):
        lacking = (
            "import gateway.partners.isolation.sealing as sealing\n"
            "def lacks(*_, **__): raise OSError(38, 'Function not implemented')\n"
            f"sealing.{step} = lacks\n"
        )
        monkeypatch.setattr(
            fork_server, "PROGRAM", fork_server.PROGRAM.replace("; from gateway", f"\n{lacking}from gateway")
        )
        loaded = await house(may_be_refused=True)
        assert [refusal.check for refusal in loaded.refused] == ["sealed", "sealed"]
        assert 'write isolation = "process-unsealed" to accept' in loaded.refused[0].sentence
        built = await house(isolation=Isolation.PROCESS_UNSEALED)
        assert "not sealed" in where_it_runs(built.evil)
        assert not built.evil.keeper.process.is_sealed

    async def test_a_process_that_only_says_that_it_is_sealed_is_not_believed(self, house, monkeypatch):
        lying = (
            "import gateway.partners.isolation.child as child\n"
            "from gateway.partners.isolation.sealing import Applied\n"
            "child.seal = lambda _: Applied(['landlock 7', 'seccomp', 'no_new_privs'])\n"
        )
        monkeypatch.setattr(
            fork_server, "PROGRAM", fork_server.PROGRAM.replace("; from gateway", f"\n{lying}from gateway")
        )
        loaded = await house(may_be_refused=True)
        assert all("the kernel does not say so" in refusal.sentence for refusal in loaded.refused)
        assert len(loaded.refused) == 2


class TestCodeThatLiesElsewhere:
    """An editable install is found by the gateway's own finders, which a sealed process has not."""

    @pytest.fixture
    def installed(self, tmp_path, monkeypatch):
        """`acme` beside its library `acme_common`, both found by the path of this process alone."""
        source = tmp_path / "source"
        (source / "acme_plugin").mkdir(parents=True)
        (source / "acme_plugin" / "__init__.py").write_text(
            f"import acme_common\n{NEIGHBOUR.replace('acorn', 'acme')}", "utf-8"
        )
        monkeypatch.syspath_prepend(str(source))
        return source

    async def loaded(self, tmp_path, log):
        from importlib.metadata import EntryPoint

        from gateway.settings import Settings
        from httpkit.clock import system_clock

        (tmp_path / "gateway.toml").write_text("[partners.acme]\n", "utf-8")
        settings = Settings.load(tmp_path / "gateway.toml", {})
        point = EntryPoint("acme", "acme_plugin:Plugin", "gateway.partners")
        return await registry.load(
            settings, clock=system_clock, log=log, entry_points=[point], isolation=Isolation.PROCESS
        )

    @pytest.mark.parametrize("kind", ["a package", "a module", "a namespace"])
    async def test_a_library_that_cannot_be_read_from_there_is_named_with_its_place(
        self, installed, tmp_path, log, kind
    ):
        match kind:
            case "a package":
                (installed / "acme_common").mkdir()
                (installed / "acme_common" / "__init__.py").touch()
            case "a module":
                (installed / "acme_common.py").touch()
            case _:
                (installed / "acme_common").mkdir()
                (installed / "acme_common" / "words.py").touch()
        loaded = await self.loaded(tmp_path, log)
        (refused,) = loaded.refused
        assert "needs acme_common, which lies outside the installed packages" in refused.sentence
        assert str(installed / "acme_common") in refused.sentence
        assert "Install it without -e, or write trusted = true" in refused.sentence

    async def test_one_that_is_nowhere_is_missing(self, installed, tmp_path, log):
        (refused,) = (await self.loaded(tmp_path, log)).refused
        assert "No module named 'acme_common'" in refused.sentence
        assert "outside" not in refused.sentence

    async def test_a_plugin_that_needs_nothing_beside_itself_is_sealed_from_there(
        self, installed, tmp_path, log
    ):
        package = installed / "acme_plugin" / "__init__.py"
        package.write_text(package.read_text("utf-8").replace("import acme_common\n", ""), "utf-8")
        loaded = await self.loaded(tmp_path, log)
        assert not loaded.refused, loaded.refused
        assert "sealed (" in where_it_runs(loaded.partners["acme"])
        await loaded.aclose()
