"""Where daily digests go: to who keeps them, as signed webhooks, and to an authority that signs their time (RFC 3161).

The authority is one of our own, made of OpenSSL's `ts`, and shares no code with the library that checks it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

import migrations
from gateway import cli
from gateway.model import JST, Secret
from gateway.platform import daily_digest
from gateway.platform.time_stamps import StampAuthority, StampFailed, check_stamps, unstamped_documents
from gateway.services import Services, open_services
from gateway.settings import Settings, SettingsWrong
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction
from gateway.webhooks.standard_webhooks import verify
from httpkit.clock import system_clock

KEY = "k" * 48
CONFIG = """
[ req ]
distinguished_name = name
prompt = no
x509_extensions = root
[ name ]
CN = Sample time stamps
[ root ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[ authority ]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ tsa ]
default_tsa = own
[ own ]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256, sha512
signer_digest = sha256
accuracy = secs:1
"""


@dataclass
class Authority:
    """OpenSSL's `ts` behind an address; `answer` stands in for it where it is set."""

    folder: Path
    asked: int = 0
    answer: web.Response | None = None
    url: str = ""

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def make(self) -> None:
        (self.folder / "tsa.cnf").write_text(CONFIG, "utf-8")
        (self.folder / "serial").write_text("01", "utf-8")
        key = ("-newkey", "rsa:2048", "-nodes")
        self.openssl(
            "req",
            "-x509",
            *key,
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            "-days",
            "30",
            "-config",
            "tsa.cnf",
        )
        self.openssl(
            "req",
            *key,
            "-keyout",
            "tsa.key",
            "-out",
            "tsa.csr",
            "-config",
            "tsa.cnf",
            "-subj",
            "/CN=Sample authority",
        )
        self.openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30",
            "-extfile", "tsa.cnf", "-extensions", "authority", "-out", "tsa.pem",
        )  # fmt: skip

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self.openssl(
            "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key",
            "-out", "reply",
        )  # fmt: skip
        return (self.folder / "reply").read_bytes()

    async def handle(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert request.content_type == "application/timestamp-query"
        if self.answer is not None:
            return self.answer
        return web.Response(body=await asyncio.to_thread(self.reply, await request.read()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    folder = tmp_path_factory.mktemp("tsa")
    Authority(folder).make()
    return folder


@pytest.fixture
async def authority(made: Path, tmp_path: Path) -> AsyncIterator[Authority]:
    shutil.copytree(made, tmp_path / "tsa")
    own = Authority(tmp_path / "tsa")
    app = web.Application()
    app.router.add_post("/stamp", own.handle)
    async with TestServer(app) as server:
        own.url = str(server.make_url("/stamp"))
        yield own


@dataclass
class Keeper:
    """A program elsewhere that keeps digests, as its owner would write it."""

    url: str = ""
    secret: Secret = field(default_factory=lambda: Secret("none"))
    lines: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        verify([self.secret], request.headers, body, system_clock())
        message = json.loads(body)
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 204:
            self.lines.append((message["type"], message["data"]["line"]))
        return web.Response(status=status)


@pytest.fixture
async def keeper() -> AsyncIterator[Keeper]:
    own, app = Keeper(), web.Application()
    app.router.add_post("/digests", own.handle)
    async with TestServer(app) as server:
        own.url = str(server.make_url("/digests"))
        yield own


@dataclass
class Machine:
    folder: Path

    def settings(self, digests: str = "") -> Settings:
        file = self.folder / "gateway.toml"
        secrets = "".join(f'{name} = {{ env = "KEY" }}\n' for name in ("sealing", "lookup", "account_key"))
        file.write_text(
            f'[database]\nurl = "sqlite:///{self.folder}/gateway.db"\n[security]\n{secrets}[digests]\nfile = "digests.jsonl"\n'
            + digests,
            "utf-8",
        )
        return Settings.load(file, env={"KEY": KEY})

    async def work(self, job: Callable[[Services], Awaitable[Any]], digests: str = "") -> Any:
        settings = self.settings(digests)
        await asyncio.to_thread(migrations.upgrade, settings.database_url)
        async with open_services(settings) as services:
            return await job(services)

    async def type(self, *words: str) -> tuple[int, str]:
        environment = {"KEY": KEY, "POINT_GATEWAY_CONFIG": str(self.folder / "gateway.toml")}
        result = await asyncio.to_thread(CliRunner().invoke, cli.app, list(words), env=environment)
        structlog.reset_defaults()
        return result.exit_code, result.output

    @property
    def digests(self) -> Path:
        return self.folder / "digests.jsonl"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def today() -> date:
    return system_clock().astimezone(JST).date()


class TestKeepers:
    async def test_each_days_digest_is_sent_signed_and_once(self, machine: Machine, keeper: Keeper) -> None:
        async def job(services: Services) -> None:
            vault = services.context.vault
            _, keeper.secret = await services.store.run(
                lambda conn: webhook_keys.add_digest_keeper(
                    conn, vault, "auditor", keeper.url, services.clock()
                )
            )
            async with services.deliveries.opened():
                for days in (2, 2, 1):
                    await services.nightly.publish_digest(today() - timedelta(days=days))
                    await services.deliveries.poll_once(Direction.DIGESTS)

        await machine.work(job)
        assert [kind for kind, _ in keeper.lines] == ["ledger.digest"] * 2
        kept = [line for _, line in keeper.lines]
        assert kept == machine.digests.read_text("utf-8").splitlines()
        # What was kept elsewhere is what the database is compared with.
        (machine.folder / "kept.jsonl").write_text("\n".join(kept), "utf-8")
        code, printed = await machine.type(
            "ledger", "verify", "--empty", "--against", str(machine.folder / "kept.jsonl")
        )
        assert (code, "nothing is broken" in printed) == (0, True)

    async def test_a_keeper_that_is_away_gets_it_later(self, machine: Machine, keeper: Keeper) -> None:
        keeper.statuses = [503]

        async def job(services: Services) -> list[int]:
            vault = services.context.vault
            _, keeper.secret = await services.store.run(
                lambda conn: webhook_keys.add_digest_keeper(
                    conn, vault, "auditor", keeper.url, services.clock()
                )
            )
            await services.nightly.publish_digest(today() - timedelta(days=1))
            async with services.deliveries.opened():
                first = await services.deliveries.poll_once(Direction.DIGESTS)
                later = replace_clock(services, services.clock() + timedelta(seconds=6))
                async with later.opened():
                    return [first, await later.poll_once(Direction.DIGESTS)]

        assert await machine.work(job) == [1, 1]
        assert len(keeper.lines) == 1

    async def test_the_command_names_the_keeper_and_shows_its_secret_once(self, machine: Machine) -> None:
        await machine.work(nothing)
        code, printed = await machine.type(
            "webhooks", "add-digests", "auditor", "https://auditor.example/digests"
        )
        assert code == 0
        assert "whsec_" in printed
        code, printed = await machine.type("webhooks", "list")
        assert "digests  auditor  https://auditor.example/digests  in use" in printed


def replace_clock(services: Services, at: datetime) -> Any:
    return type(services.deliveries)(services.store, services.context.vault, lambda: at)


async def nothing(_services: Services) -> None:
    """The database is there, and no more."""


def stamping(authority: Authority) -> str:
    return f'time_stamp = "{authority.url}"\ntime_stamp_roots = "{authority.roots}"\n'


class TestTimeStamps:
    async def test_each_digest_is_stamped_once_and_verify_says_when(
        self, machine: Machine, authority: Authority
    ) -> None:
        async def job(services: Services) -> list[int]:
            counts = []
            for days in (2, 1):
                await services.nightly.publish_digest(today() - timedelta(days=days))
                counts += [await services.nightly.stamp_digests(today()) for _ in range(2)]
            return counts

        assert await machine.work(job, stamping(authority)) == [1, 0, 1, 0]
        assert authority.asked == 2
        code, printed = await machine.type("ledger", "verify", "--empty")
        assert code == 0, printed
        assert f"2 digests are time-stamped, that of {today() - timedelta(days=1)} at {today()}" in printed

    async def test_it_is_a_part_of_the_nightly_work_where_an_authority_is_named(
        self, machine: Machine, authority: Authority
    ) -> None:
        async def parts(services: Services) -> list[str]:
            return list(services.nightly.parts(today()))

        assert (await machine.work(parts, stamping(authority)))[-2:] == ["daily digest", "time stamps"]
        assert "time stamps" not in await machine.work(parts)

    async def test_a_digest_that_was_made_anew_has_no_stamp_of_its_day(
        self, machine: Machine, authority: Authority
    ) -> None:
        """Somebody with every key of the gateway makes another digest and moves the stamp over."""
        await machine.work(publish_and_stamp, stamping(authority))
        document, stamp = machine.digests.read_text("utf-8").splitlines()
        forged = document.replace('"books":0', '"books":1')
        stamp = stamp.replace(daily_digest.fingerprint(document), daily_digest.fingerprint(forged))
        authority_here = StampAuthority(authority.url, authority.roots)
        report = check_stamps([forged, stamp], authority_here.check)
        (fault,) = report.faults
        assert fault.text.startswith("the time stamp is not one of this digest")
        assert fault.text.endswith("Mismatch between messages")
        assert (
            check_stamps([document, stamp], authority_here.check).moments == {}
        )  # it is of another digest now

    async def test_a_stamp_of_another_authority_is_a_fault(
        self, machine: Machine, authority: Authority, tmp_path: Path
    ) -> None:
        await machine.work(publish_and_stamp, stamping(authority))
        (tmp_path / "other").mkdir()
        other = Authority(tmp_path / "other")
        other.make()
        machine.settings(f'time_stamp = "{authority.url}"\ntime_stamp_roots = "{other.roots}"\n')
        code, printed = await machine.type("ledger", "verify", "--empty")
        assert code == 1
        assert "the time stamp is not one of this digest" in printed

    async def test_a_stamp_that_came_late_is_a_fault_and_none_is_asked_for_then(self) -> None:
        day = today() - timedelta(days=9)
        document = json.dumps(
            {"day": day.isoformat(), "made_at": "", "books": 0, "moves": 0, "digest": "", "audit": {}, "previous": "",
             "signed_since": "", "key": "", "signature": ""}
        )  # fmt: skip
        assert unstamped_documents(document, today()) == []
        assert unstamped_documents(document, day + timedelta(days=1)) == [document]
        stamp = json.dumps({"kind": "time stamp", "of": daily_digest.fingerprint(document), "answer": "AAAA"})
        report = check_stamps([document, stamp], lambda _answer, _document: datetime.now(UTC))
        assert "days younger than its day: it may have been made anew" in str(report.faults[0])
        in_time = check_stamps(
            [document, stamp], lambda _answer, _document: datetime.now(UTC) - timedelta(days=8)
        )
        assert in_time.faults == []

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (web.Response(status=503), "answers 503"),
            (web.Response(body=b"<html>"), "is not one of this digest"),
            (web.Response(body=b"x" * 70_000), "answers with more than a time stamp"),
        ],
        ids=["away", "no stamp", "endless"],
    )
    async def test_what_is_no_stamp_is_not_kept(
        self, machine: Machine, authority: Authority, answer: web.Response, words: str
    ) -> None:
        authority.answer = answer
        with pytest.raises(StampFailed, match=words):
            await machine.work(publish_and_stamp, stamping(authority))
        assert len(machine.digests.read_text("utf-8").splitlines()) == 1

    async def test_the_answer_to_another_request_is_not_taken(
        self, machine: Machine, authority: Authority
    ) -> None:
        """A stamp of before, sent again: it is of another request."""
        document = "a digest"
        own = StampAuthority(authority.url, authority.roots)
        line = await own.stamp(document)
        authority.answer = web.Response(body=(authority.folder / "reply").read_bytes())
        with pytest.raises(StampFailed, match="Nonce mismatch"):
            await own.stamp(document)
        assert json.loads(line)["of"] == daily_digest.fingerprint(document)

    def test_half_of_its_settings_are_refused(self, machine: Machine) -> None:
        with pytest.raises(SettingsWrong, match="time stamps need file, time_stamp and time_stamp_roots"):
            machine.settings('time_stamp = "https://tsa.example"\n')
        with pytest.raises(SettingsWrong, match="an authority's address is"):
            machine.settings('time_stamp = "tsa.example"\ntime_stamp_roots = "roots.pem"\n')


async def publish_and_stamp(services: Services) -> None:
    await services.nightly.publish_digest(today() - timedelta(days=1))
    await services.nightly.stamp_digests(today())
