"""A plugin whose import takes long is named while it is waited for; one that never ends keeps nobody from serving."""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway.model import JST
from gateway.partners import registry
from gateway.partners.loading import waiting
from gateway.settings import Settings
from tests.gateway.partners.test_registry import GOOD

GATE = "gate_of_a_test"


class OpeningLog:
    """Opens the gate when somebody says which plugin is waited for."""

    def __init__(self, gate: threading.Event) -> None:
        self.gate = gate
        self.named: list[str] = []

    def warning(self, event: str, **values: Any) -> None:
        if event == "plugin_waited_for":
            self.named.append(values["plugin"])
            self.gate.set()

    debug = info = error = lambda self, event, **values: None


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch):
    module: Any = ModuleType(GATE)
    module.event = threading.Event()
    monkeypatch.setitem(sys.modules, GATE, module)
    yield module.event
    module.event.set()  # the thread of an import that was given up ends


async def load(folder: Path, log: OpeningLog) -> registry.Registry:
    (folder / "plugins").mkdir()
    waits = f"from {GATE} import event\nevent.wait()\n"
    (folder / "plugins" / "acorn.py").write_text(waits + GOOD, "utf-8")
    (folder / "gateway.toml").write_text('[partners.acorn]\n[plugins]\ndir = "plugins"\n', "utf-8")
    settings = Settings.load(folder / "gateway.toml", {})
    try:
        return await registry.load(
            settings, clock=lambda: datetime(2018, 7, 1, tzinfo=JST), log=log, entry_points=()
        )
    finally:
        sys.modules.pop("gateway_partner_file_acorn", None)


async def test_it_is_named_while_its_import_is_waited_for(
    tmp_path: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SLOW_AFTER_S", 0.01)
    log = OpeningLog(gate)
    loaded = await load(tmp_path, log)
    assert log.named == ["acorn"]
    assert list(loaded.partners) == ["acorn"]
    await loaded.aclose()


async def test_an_import_without_an_end_is_given_up_by_name(
    tmp_path: Path, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "IMPORT_TIMEOUT_S", 0.01)
    loaded = await load(tmp_path, OpeningLog(gate))
    (refused,) = loaded.refused
    assert refused.sentence == "acorn: was not imported within 0.01 s; let its import do less"
