"""One town for all stories: real processes, started once, reached over real HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.environment import DemoEnvironment, open_town


class Loop:
    """An event loop of its own thread, so that a town may outlive the loop of a test."""

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
def town(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("town")
    loop = Loop()
    opened = open_town(folder, phone=True)
    demo_environment: DemoEnvironment = loop.run(opened.__aenter__())
    yield demo_environment
    loop.run(opened.__aexit__(None, None, None))
    loop.close()
