"""A site's key is tried by one signed call to a gateway that runs; the proxy is seen from the gateway's own place."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from yarl import URL

from gateway.app import make_app
from gateway.client import KeyPair, new_key_pair
from gateway.http.client_keys import register_key
from gateway.http.runner import GatewayRunner
from gateway.preflight.proxy import check_proxy
from gateway.preflight.sites import check_site
from gateway.services import open_services
from gateway.settings import Settings
from tests.databases import upgraded_database
from tests.gateway.preflight.conftest import Load, refused, warned


def system_clock() -> datetime:
    return datetime.now(UTC)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def serving(settings: Settings, key: KeyPair) -> AsyncIterator[None]:
    async with open_services(settings) as services:
        await services.store.run(
            lambda conn: register_key(conn, "portal", key.key_id, key.public_raw, system_clock())
        )
        runner = GatewayRunner(await make_app(services, CollectorRegistry()))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", settings.server.port).start()
            yield
        finally:
            await runner.cleanup()


class TestASite:
    @pytest.fixture
    def settings(self, load: Load, tmp_path: Path) -> Settings:
        upgraded_database(f"sqlite:///{tmp_path / 'gateway.db'}")
        return load(f"[server]\nport = {free_port()}\n")

    @pytest.fixture
    def key(self) -> KeyPair:
        return new_key_pair()

    def written(self, folder: Path, settings: Settings, key: KeyPair, **other: str) -> Path:
        (folder / "portal.pem").write_bytes(key.private_pem)
        (folder / "seal").write_text("s" * 48, "utf-8")
        values = {
            "gateway_url": settings.server.origin,
            "key_id": key.key_id,
            "key_file": "portal.pem",
            "seal_file": "seal",
            "public_url": "https://portal.example",
        }
        file = folder / "portal.toml"
        lines = [f'{name} = "{value}"\n' for name, value in (values | other).items() if value]
        file.write_text("".join(lines), "utf-8")
        return file

    async def test_whose_key_is_known_is_taken(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        async with serving(settings, key):
            findings = await check_site(settings, self.written(tmp_path, settings, key), system_clock)
        assert refused(findings) == []
        assert "the gateway takes what this site signs" in findings[-1].sentence

    async def test_whose_key_is_another_or_whose_clock_is_off_is_told_which(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        async with serving(settings, key):
            file = self.written(tmp_path, settings, key, key_id="pgk_aaaaaaaaaaaaaaaa")
            (unknown,) = refused(await check_site(settings, file, system_clock))
            file = self.written(tmp_path, settings, key)
            (tmp_path / "portal.pem").write_bytes(new_key_pair().private_pem)
            (other,) = refused(await check_site(settings, file, system_clock))
            self.written(tmp_path, settings, key)
            late = await check_site(settings, file, lambda: system_clock() - timedelta(hours=2))
        assert "does not know this key_id" in unknown
        assert "is not the one of key_id" in other
        assert "over a minute apart" in refused(late)[0]

    async def test_that_reaches_the_gateway_by_another_name_is_told_before_members_are(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        url = settings.server.origin.replace("127.0.0.1", "localhost")
        async with serving(settings, key):
            sentences = refused(
                await check_site(
                    settings, self.written(tmp_path, settings, key, gateway_url=url), system_clock
                )
            )
        assert any("what is signed for one is refused by the other" in it for it in sentences)
        assert any("or gateway_url is not the gateway's public_url" in it for it in sentences)

    async def test_where_no_gateway_runs(self, settings: Settings, key: KeyPair, tmp_path: Path) -> None:
        (sentence,) = refused(await check_site(settings, self.written(tmp_path, settings, key), system_clock))
        assert "no gateway answers at" in sentence

    async def test_whose_files_are_open_missing_or_no_key(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        file = self.written(tmp_path, settings, key)
        (tmp_path / "seal").chmod(0o644)
        (tmp_path / "portal.pem").write_text("no key", "utf-8")
        sentences = refused(await check_site(settings, file, system_clock))
        assert any("/seal: may be read or written by others" in it for it in sentences)
        assert any("key_file holds no key" in it for it in sentences)
        file = self.written(tmp_path, settings, key, key_id="", seal_file="")
        assert refused(await check_site(settings, file, system_clock)) == [
            "portal.toml: has no key_id, seal_file; add it"
        ]
        for path, fault in (("none.toml", "is not there"), ("portal.pem", "cannot be read as TOML")):
            (sentence,) = refused(await check_site(settings, tmp_path / path, system_clock))
            assert fault in sentence

    @pytest.mark.parametrize("name", ["key_file", "seal_file"])
    async def test_whose_secret_is_a_pipe_waits_for_nobody(
        self, settings: Settings, key: KeyPair, tmp_path: Path, name: str
    ) -> None:
        os.mkfifo(tmp_path / "pipe", 0o600)
        file = self.written(tmp_path, settings, key, **{name: "pipe"})
        assert refused(await check_site(settings, file, system_clock)) == [
            f"portal.toml: {name} {tmp_path}/pipe is a pipe; put a file there: it is read more than once"
        ]

    async def test_whose_seal_is_too_short_for_the_site_is_refused_here_too(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        file = self.written(tmp_path, settings, key)
        (tmp_path / "seal").write_text("\ufeff" + "k7hG" * 7 + "\r\n", "utf-8")
        async with serving(settings, key):
            (sentence,) = refused(await check_site(settings, file, system_clock))
        assert "seal_file holds fewer than 32 characters" in sentence
        assert "k7hG" not in sentence

    async def test_whose_key_has_a_mark_before_it_is_read_as_the_site_reads_it(
        self, settings: Settings, key: KeyPair, tmp_path: Path
    ) -> None:
        file = self.written(tmp_path, settings, key)
        pem = tmp_path / "portal.pem"
        pem.write_bytes(b"\xef\xbb\xbf" + pem.read_bytes().replace(b"\n", b"\r\n"))
        async with serving(settings, key):
            assert refused(await check_site(settings, file, system_clock)) == []


@asynccontextmanager
async def proxying(
    port: int,
    to: int,
    *,
    forwarded: str | None,
    limit: int = 20 * 1024**2,
    change: Callable[[str], str] = str,
) -> AsyncIterator[None]:
    """A small reverse proxy: real sockets on both sides."""

    async def pass_on(request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                URL(f"http://127.0.0.1:{to}{change(request.raw_path)}", encoded=True),
                data=io.BytesIO(body),
                headers=headers,
            ) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read())

    app = web.Application(client_max_size=limit)
    app.router.add_route("*", "/{rest:.*}", pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


class TestTheProxy:
    def settings(self, load: Load, front: int, behind: int, trusted: int) -> Settings:
        return load(
            f'[server]\nport = {behind}\npublic_url = "http://127.0.0.1:{front}"\ntrusted_proxies = {trusted}\n'
        )

    @pytest.mark.parametrize(
        ("forwarded", "trusted", "said"),
        [
            ("192.0.2.1", 1, None),
            ("192.0.2.1, 10.0.0.2", 2, None),
            (None, 0, None),
            ("192.0.2.1", 0, "set trusted_proxies = 1"),
            ("192.0.2.1, 10.0.0.2", 1, "set trusted_proxies = 2"),
            (None, 1, "so that a stranger chooses the address that is counted"),
        ],
    )
    async def test_addresses_that_it_sends_are_compared_with_the_settings(
        self, load: Load, forwarded: str | None, trusted: int, said: str | None
    ) -> None:
        front, behind = free_port(), free_port()
        async with proxying(front, behind, forwarded=forwarded):
            findings = await check_proxy(self.settings(load, front, behind, trusted))
        sentences = refused(findings)
        assert (said is None) == (sentences == []), sentences
        assert said is None or said in sentences[0]

    async def test_one_that_takes_small_bodies_only_is_refused(self, load: Load) -> None:
        front, behind = free_port(), free_port()
        async with proxying(front, behind, forwarded=None, limit=1024**2):
            (sentence,) = refused(await check_proxy(self.settings(load, front, behind, 0)))
        assert "client_max_body_size 20m" in sentence

    @pytest.mark.parametrize(("old", "new"), [("%2F", "/"), ("/preflight", "//preflight"), ("?a=%2Fb", "")])
    async def test_one_that_changes_what_is_signed_is_refused(self, load: Load, old: str, new: str) -> None:
        front, behind = free_port(), free_port()
        async with proxying(front, behind, forwarded=None, change=lambda path: path.replace(old, new)):
            (sentence,) = refused(await check_proxy(self.settings(load, front, behind, 0)))
        assert (
            "changes the path or the query, which are signed" in sentence
            or "nothing arrived here" in sentence
        )

    async def test_one_that_answers_itself_or_not_at_all_is_refused(self, load: Load) -> None:
        front, behind, elsewhere = free_port(), free_port(), free_port()
        (sentence,) = refused(await check_proxy(self.settings(load, front, behind, 0)))
        assert "nobody answers at" in sentence
        async with proxying(front, elsewhere, forwarded=None):
            (sentence,) = refused(await check_proxy(self.settings(load, front, behind, 0)))
        assert "nothing arrived here" in sentence

    async def test_beside_a_running_gateway_it_says_to_stop_it(self, load: Load) -> None:
        behind = free_port()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", behind))
            taken.listen()
            (sentence,) = warned(await check_proxy(self.settings(load, free_port(), behind, 0)))
        assert "stop the gateway while its proxy is looked at" in sentence
