"""A partner with a file of the day, over HTTP or SFTP, and its plugin inside the gateway or in a process of its own."""

from __future__ import annotations

from datetime import datetime

import pytest

from gateway import JST
from gateway.partners import registry
from gateway.partners.loading.partner_settings import Isolation
from gateway.settings import Settings
from tests.gateway.partners.day_file import PLUGIN


@pytest.fixture(params=[Isolation.INSIDE, Isolation.PROCESS], ids=str)
def isolation(request):
    return request.param


@pytest.fixture
async def acorn_of(tmp_path, log, isolation):
    """`await acorn_of(toml)`: the partner of a gateway.toml with these lines in `[partners.acorn]`, or why it was refused."""
    loaded = []

    async def build(toml: str, may_be_refused: bool = False, source: str = PLUGIN):
        folder = tmp_path / "gateway"
        folder.mkdir(exist_ok=True)
        (folder / "plugins").mkdir(exist_ok=True)
        (folder / "plugins" / "acorn.py").write_text(source, "utf-8")
        text = f'[plugins]\ndir = "plugins"\n[partners.acorn]\n{toml}'
        (folder / "gateway.toml").write_text(text, "utf-8")
        found = await registry.load(
            Settings.load(folder / "gateway.toml", {"SFTP_PASSWORD": "sesame-open"}),
            clock=lambda: datetime(2018, 8, 1, tzinfo=JST),
            log=log,
            entry_points=(),
            isolation=isolation,
        )
        loaded.append(found)
        if may_be_refused and found.refused:
            return found.refused[0].sentence
        assert not found.refused, found.refused
        return found.partners["acorn"]

    yield build
    for it in loaded:
        await it.aclose()
