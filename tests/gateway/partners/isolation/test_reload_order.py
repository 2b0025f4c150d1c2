"""`point-gateway plugins reload` over the operators' port, as it is typed, against plugins in processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from gateway.cli import app as cli
from gateway.configured import clock_of, vault_of
from gateway.http.health import HealthChecks, admin_app
from gateway.model import ExchangeId
from gateway.platform.encryption import Vault
from gateway.plugin_reload import PATH, add_plugin_reload, order_to_reload
from gateway.settings import Settings
from tests.gateway.partners.isolation.test_reload import edition, written


async def nothing() -> tuple[()]:
    return ()


@pytest.fixture
async def served(house):
    """A gateway's port for operators; `run(*words)` is the command as it is typed."""
    built = await house(source=edition(1))
    secrets = {"sealing": b"s" * 48, "lookup": b"l" * 48}
    for name, value in secrets.items():
        (built.folder / name).write_bytes(value)
    toml = built.folder / "gateway.toml"
    text = toml.read_text("utf-8").replace(
        'sealing = { file = "sealing" }', 'sealing = { file = "sealing" }\nlookup = { file = "lookup" }'
    )
    toml.write_text(text, "utf-8")
    settings = Settings.load(toml, {})
    app = admin_app(HealthChecks(ready=nothing, partners=nothing, registry=CollectorRegistry()))
    env = {"ACORN_KEY": "sesame-acorn", "EVIL_KEY": "sesame-evil"}
    add_plugin_reload(
        app, built.loaded, vault_of(settings), clock_of(settings), lambda: Settings.load(toml, env)
    )
    async with TestServer(app) as server:
        port = server.port

        async def run(*words: str):
            typed = ["plugins", *words, "--config", str(toml), "--admin", f"127.0.0.1:{port}"]
            return await asyncio.to_thread(CliRunner().invoke, cli, typed)

        built.run, built.server, built.settings = run, server, settings
        yield built


class TestTheCommand:
    async def test_takes_the_new_files_and_says_so(self, served):
        written(served, edition(2))
        ran = await served.run("reload", "evil")
        assert ran.exit_code == 0, ran.output
        assert f"evil is reloaded: plugins/evil.py, process {served.evil.keeper.process.pid}" in ran.output
        assert (await served.evil.find_debit(ExchangeId("e"))).reference == "edition 2"

    async def test_shows_what_is_promised_otherwise(self, served):
        written(served, edition(2, hosts='"elsewhere.example"'))
        ran = await served.run("reload", "evil")
        assert ran.exit_code == 1
        assert "is elsewhere.example" in str(ran.exception)
        assert "what was there goes on" in str(ran.exception)
        ran = await served.run("reload", "evil", "--accept-profile")
        assert ran.exit_code == 0
        assert "is elsewhere.example" in ran.output

    async def test_without_a_name_or_a_gateway_it_says_what_to_do(self, served):
        assert "name the plugin" in str((await served.run("reload")).exception)
        await served.server.close()
        ran = await served.run("reload", "evil")
        assert "no gateway answers at 127.0.0.1" in str(ran.exception)


def with_settings(served, before: str, after: str) -> None:
    toml = served.folder / "gateway.toml"
    text = toml.read_text("utf-8")
    assert before in text
    toml.write_text(text.replace(before, after), "utf-8")


class TestItsTableOfTheSettings:
    async def test_is_read_again(self, served):
        first = served.evil.keeper.launch.settings
        (served.folder / "new_key").write_text("sesame-new", "utf-8")
        written(served, edition(2).replace("edition 2", '" + self.setup.settings.text("colour") + "'))
        with_settings(
            served, 'api_key = { env = "EVIL_KEY" }', 'api_key = { file = "new_key" }\ncolour = "red"'
        )
        ran = await served.run("reload", "evil")
        assert "settings that are other ones now: api_key, colour" in ran.output
        assert (await served.evil.find_debit(ExchangeId("e"))).reference == "red"
        # Logs are kept free of a secret by the settings that the plugin's log was made with.
        assert "sesame-new" in first.known_secrets()

    async def test_is_kept_for_a_process_that_is_started_anew(self, served, log):
        written(served, edition(2).replace("edition 2", '" + self.setup.settings.text("colour") + "'))
        with_settings(served, "[partners.evil]", '[partners.evil]\ncolour = "red"')
        await served.run("reload", "evil")
        os.kill(served.evil.keeper.process.pid, signal.SIGKILL)
        await served.has_ended()
        await served.comes_back()
        assert (await served.evil.find_debit(ExchangeId("e"))).reference == "red"

    @pytest.mark.parametrize(
        ("before", "after", "sentence"),
        [
            (
                "[partners.evil]",
                "[partners.evil]\nterminal_orders = true",
                "its terminal_orders is another one now",
            ),
            (
                "[partners.evil]",
                '[partners.evil]\nisolation = "process-unsealed"',
                "its isolation is another one now",
            ),
            ("[partners.evil]", "[partners.evil]\nenabled = false", "has no enabled table now"),
            ("[partners.evil]", "[partners.evil", "gateway.toml"),
            ("[partners.evil]", '[partners.evil]\napi_secret = "abc"', "must not stand in the settings"),
        ],
    )
    async def test_changes_nothing_where_it_cannot_be_taken_whole(self, served, before, after, sentence):
        pid = served.evil.keeper.process.pid
        with_settings(served, before, after)
        ran = await served.run("reload", "evil")
        assert sentence in str(ran.exception)
        assert served.evil.keeper.process.pid == pid

    async def test_a_setting_that_the_plugin_does_not_read_is_told(self, served):
        written(
            served,
            edition(2).replace("self.setup = setup", 'self.setup = setup; setup.settings.text("base_url")'),
        )
        with_settings(served, "[partners.evil]", '[partners.evil]\nbase_ulr = "x"')
        assert (
            "base_ulr: the plugin does not read this setting" in (await served.run("reload", "evil")).output
        )


async def test_an_order_without_the_gateways_keys_or_older_than_a_minute_does_nothing(served, log):
    pid = served.evil.keeper.process.pid
    clock, vault = clock_of(served.settings), vault_of(served.settings)
    stranger = Vault([os.urandom(32)], os.urandom(32))
    orders = {
        "none": b"",
        "plain": b'{"reload": "evil"}',
        "a stranger's": order_to_reload(stranger, clock, "evil", accept_profile=True),
        "an old one": order_to_reload(
            vault, lambda: clock() - timedelta(seconds=61), "evil", accept_profile=False
        ),
        "of another purpose": vault.encrypt('{"reload": "evil"}', purpose="link"),
        "long": b"x" * 100_000,
    }
    async with aiohttp.ClientSession() as session:
        for name, order in orders.items():
            async with session.post(served.server.make_url(PATH), data=order) as answer:
                assert answer.status == 403, name
    assert served.evil.keeper.process.pid == pid
    assert len(log.named("plugin_started")) == 2
