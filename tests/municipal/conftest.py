"""A city with three months of life behind it, on real processes, and its staff at their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize
from rich.console import Console

from gateway.demo.environment import DemoEnvironment, open_town
from gateway.demo.scenario import JIRO, one_exchange
from tests.municipal.staffer import Staffer
from tests.portal.conftest import (  # one browser and one event loop in a process
    Loop,
    chromium,
    city,
    loop,
    payer,
    town,
)

__all__ = ["chromium", "city", "loop", "payer", "town"]

HERE = Path(__file__).parent
WIDE: ViewportSize = {"width": 1280, "height": 900}


@contextmanager
def filled_town(folder: Path, loop: Loop) -> Iterator[DemoEnvironment]:
    """The town of the demonstration: 2,000 members, 40 shops, staff of every role, an exchange that was just made."""
    opened = open_town(folder, fill=Console(quiet=True))
    demo_environment: DemoEnvironment = loop.run(opened.__aenter__())
    assert loop.run(one_exchange(demo_environment)) == demo_environment.mykey_ids[JIRO.name]
    yield demo_environment
    loop.run(opened.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[DemoEnvironment]:
    """A town that all stories share: what one has done the next finds there."""
    with filled_town(tmp_path_factory.mktemp("city"), loop) as town:
        yield town


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The walk through every form comes last: what bad input it has passed (proposals that wait, a changed text) stays in the town."""
    items.sort(key=lambda item: item.path.parent == HERE and item.path.name == "test_every_form.py")


At = Callable[..., Staffer]


@dataclass
class Desk:
    """What outlives a test: each person's authenticator app, and the cookies of the browser at their desk."""

    seeds: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk()


@pytest.fixture
def at(chromium: Browser, filled: DemoEnvironment, desk: Desk) -> Iterator[At]:
    """`at("kanri")`: that person at a browser of their own, signed in with the second factor."""
    contexts = []

    def sit_down(login: str, *, signed_in: bool = True, scripts: bool = True) -> Staffer:
        context = chromium.new_context(viewport=WIDE, locale="ja-JP", java_script_enabled=scripts)
        contexts.append(context)
        person = Staffer(context.new_page(), filled, login, desk.seeds)
        if not signed_in:
            return person
        context.add_cookies(desk.cookies.get(login, []))
        if person.to("/").path() != "/":
            person.sign_in()
            desk.cookies[login] = context.cookies()
        return person

    yield sit_down
    for one in contexts:
        one.close()
