"""The portal as people meet it: a town of real processes, and Chromium in front of it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from gateway.configured import open_store, vault_of
from gateway.demo.environment import MEMBERS, DemoEnvironment, open_town
from gateway.demo.scenario import _buy_coupon as buy_coupon
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.settings import Settings
from tests.portal.city_hall import CityHall
from tests.portal.walk import PASSWORDS

# Chromium's engine without its windows: a page in a context of its own costs it a third of what it costs the whole browser.
CHROMIUM = Path("/usr/bin/chromium-headless-shell")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=ja",
]  # fmt: skip


class Loop:
    """An event loop of its own thread, so that a town outlives the loop of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(300)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[DemoEnvironment]:
    opened = open_town(tmp_path_factory.mktemp("portal-town"))
    demo_environment: DemoEnvironment = loop.run(opened.__aenter__())
    yield demo_environment
    loop.run(opened.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("needs apt packages chromium-headless-shell and fonts-noto-cjk")
        pytest.skip("needs apt packages chromium-headless-shell and fonts-noto-cjk")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def taro(town: DemoEnvironment) -> tuple[str, str]:
    return town.mykey_ids[MEMBERS[0].name], MEMBERS[0].password


@contextmanager
def shifted(town: DemoEnvironment, by: timedelta) -> Iterator[None]:
    """The town's clock later by this much, and back afterwards."""
    town.set_clock(town.clock() + by)
    try:
        yield
    finally:
        town.set_clock(town.clock() - by)


@pytest.fixture
def coupon(town: DemoEnvironment, loop: Loop) -> str:
    """A code for 1,000 miles, bought at the airline's site."""
    return str(loop.run(buy_coupon(town, "1000")))


async def add_member(town: DemoEnvironment) -> str:
    """A member more, as the service desk's command would add one; gives the name that `town.mykey_ids` knows."""
    name = f"見本{len(town.mykey_ids) + 1}子"
    settings = Settings.load(town.settings_file, env={})
    store, hasher = await open_store(settings), PasswordHasher()
    try:
        members = Members(store, hasher, town.clock, vault=vault_of(settings))
        member = await members.create(display_name=name, password=f"password of {name}")
    finally:
        hasher.close()
        await store.close()
    town.mykey_ids[name] = member.mykey_id
    return name


@pytest.fixture(scope="session")
def city(town: DemoEnvironment, loop: Loop) -> CityHall:
    """The city hall with two shops and a project to grant from."""
    hall: CityHall = loop.run(CityHall(town).open())
    loop.run(hall.shop("soba", "そば処 見本", category="飲食", address="笠間1-2-3"))
    loop.run(hall.shop("toki", "陶器店 見本", category="陶器", address="笠間4-5-6"))
    loop.run(hall.project("kosodate", "子育て応援給付", 300, 1_000_000))
    return hall


@pytest.fixture
def payer(loop: Loop, city: CityHall) -> str:
    """A new member with 1,000 笠間応援ポイント; the name that `Walk` signs in by."""
    name, PASSWORDS[name] = loop.run(city.member(1_000))
    return str(name)


@contextmanager
def with_camera(chromium: Browser, flags: list[str]) -> Iterator[Browser]:
    """A browser of the same kind whose camera sees what `tests.portal.camera.film` has filmed."""
    browser = chromium.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
    yield browser
    browser.close()
