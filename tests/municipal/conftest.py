"""A city with three months of life behind it, on real processes, and its staff at their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser
from rich.console import Console

from gateway.demo.town import Town, open_town
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

DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[Town]:
    """The town of the demonstration: 2,000 members, 40 shops, staff of every role."""
    opened = open_town(tmp_path_factory.mktemp("city"), fill=Console(quiet=True))
    found: Town = loop.run(opened.__aenter__())
    yield found
    loop.run(opened.__aexit__(None, None, None))


At = Callable[..., Staffer]


@pytest.fixture(scope="session")
def seeds() -> dict[str, str]:
    """What each person's authenticator app keeps."""
    return {}


@pytest.fixture
def at(chromium: Browser, filled: Town, seeds: dict[str, str]) -> Iterator[At]:
    """`at("kanri")`: that person at a browser of their own, signed in with the second factor."""
    contexts = []

    def sit_down(login: str, *, signed_in: bool = True, scripts: bool = True) -> Staffer:
        context = chromium.new_context(viewport=DESK, locale="ja-JP", java_script_enabled=scripts)
        contexts.append(context)
        person = Staffer(context.new_page(), filled, login, seeds)
        return person.sign_in() if signed_in else person

    yield sit_down
    for one in contexts:
        one.close()
