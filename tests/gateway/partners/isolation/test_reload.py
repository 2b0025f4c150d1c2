"""A plugin's new files are taken while the gateway serves; no call is lost, and what cannot be taken changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Self

import pytest

from gateway.errors import NotSent
from gateway.model import Debited, ExchangeId
from gateway.partners.isolation import keeper
from gateway.partners.loading.partner_settings import Isolation
from gateway.partners.reload import NotReloaded
from tests.gateway.partners.isolation.conftest import edition, has_ended, until


class Load:
    """Sixteen callers who never pause. `references` are the answers in their order, `faults` what was no answer."""

    def __init__(self, partner) -> None:
        self._partner = partner
        self.references: list[str] = []
        self.edition = 1
        self.faults: list[BaseException] = []

    async def _caller(self, number: int) -> None:
        calls = 0
        while True:
            calls += 1
            try:
                answer = await self._partner.find_debit(ExchangeId(f"e-{number}-{calls}"))
            except Exception as fault:  # noqa: BLE001  each is a lost call
                self.faults.append(fault)
                return
            assert isinstance(answer, Debited)
            self.references.append(answer.reference)

    async def __aenter__(self) -> Self:
        self._callers = [asyncio.create_task(self._caller(number)) for number in range(16)]
        return self

    async def __aexit__(self, *_) -> None:
        for caller in self._callers:
            caller.cancel()
        await asyncio.wait(self._callers)


def written(built, source: str) -> None:
    (built.folder / "plugins" / "evil.py").write_text(source, "utf-8")


class TestUnderLoad:
    async def test_no_call_is_lost_and_the_new_files_answer(self, house, log):
        built = await house(source=edition(1))
        pids = [built.evil.keeper.process.pid]
        async with Load(built.evil) as load:
            for number in (2, 3):
                await until(lambda: load.references.count(f"edition {load.edition}") > 50, 30)
                load.edition = number
                written(built, edition(number))
                reloaded = await built.loaded.reload("evil")
                assert reloaded.changes == ()
                pids.append(built.evil.keeper.process.pid)
                assert reloaded.pid == pids[-1]
            await until(lambda: load.references.count("edition 3") > 50, 30)
        assert load.faults == []
        assert len(set(pids)) == 3
        await until(lambda: len(log.named("plugin_drained")) == 2)
        assert has_ended(pids[0])
        assert has_ended(pids[1])
        assert not has_ended(pids[2])
        assert not log.named("plugin_ended")

    async def test_a_call_that_is_under_way_ends_in_the_process_that_it_was_given_to(self, house):
        built = await house(source=edition(1).replace("/some", "/slow"))
        first = built.evil.keeper.process
        call = asyncio.create_task(built.evil.find_debit(ExchangeId("e")))
        await until(lambda: built.seen)
        written(built, edition(2))
        await built.loaded.reload("evil")
        assert (await built.evil.find_debit(ExchangeId("f"))).reference == "edition 2"
        assert first.end is None
        assert not call.done()
        call.cancel()
        await until(lambda: has_ended(first.pid))

    async def test_one_that_never_ends_is_ended_at_last(self, house, monkeypatch):
        monkeypatch.setattr(keeper, "MAX_DRAIN_S", 0.3)
        built = await house(source=edition(1).replace("/some", "/slow"))
        first = built.evil.keeper.process
        call = asyncio.create_task(built.evil.find_debit(ExchangeId("e")))
        await until(lambda: built.seen)
        await built.loaded.reload("evil")
        await until(lambda: has_ended(first.pid))
        with pytest.raises(Exception, match="ended with the plugin's process"):
            await call


REFUSED = {
    "no Python": ("def (", "cannot be imported"),
    "crash": (edition(2).replace("self.setup = setup", "raise KeyError('x')"), "crashes with KeyError"),
    "another id": (edition(2).replace('id="evil"', 'id="oak"'), "is 'oak' now"),
    "incoherent": (edition(2, hosts=""), "hosts"),
    "without a hook": (edition(2).replace("@hookimpl\n    async def debit", "async def debit"), "debit"),
}


class TestWhatCannotBeTaken:
    @pytest.mark.parametrize("name", REFUSED)
    async def test_the_one_that_is_there_goes_on(self, house, name):
        built = await house(source=edition(1))
        pid = built.evil.keeper.process.pid
        source, why = REFUSED[name]
        written(built, source.replace("hosts=(,)", "hosts=()"))
        with pytest.raises(NotReloaded, match=why):
            await built.loaded.reload("evil")
        assert built.evil.keeper.process.pid == pid
        assert (await built.evil.find_debit(ExchangeId("e"))).reference == "edition 1"

    async def test_another_promise_is_shown_and_wants_to_be_accepted(self, house):
        built = await house(source=edition(1))
        host = built.evil.profile.hosts[0]
        written(built, edition(2, hosts='"elsewhere.example"'))
        with pytest.raises(NotReloaded, match=f"hosts was {host} and is elsewhere.example.*--accept-profile"):
            await built.loaded.reload("evil")
        assert built.evil.profile.hosts == (host,)
        reloaded = await built.loaded.reload("evil", accept_profile=True)
        assert reloaded.changes == (f"hosts was {host} and is elsewhere.example",)
        assert built.evil.profile.hosts == ("elsewhere.example",)
        with pytest.raises(Exception, match="is not one of the profile's hosts"):
            await built.evil.find_debit(ExchangeId("e"))

    async def test_a_plugin_inside_and_one_that_is_not_there_are_told(self, house):
        built = await house(isolation=Isolation.INSIDE, source=edition(1))
        with pytest.raises(NotReloaded, match="restart the gateway"):
            await built.loaded.reload("evil")
        with pytest.raises(NotReloaded, match="did you mean evil"):
            await built.loaded.reload("evli")


class TestAfterAFall:
    async def test_a_plugin_that_changed_at_a_restart_is_taken_by_a_reload(self, house, log):
        built = await house(source=edition(1))
        written(built, edition(2, hosts='"elsewhere.example"'))
        os.kill(built.evil.keeper.process.pid, signal.SIGKILL)
        await until(lambda: log.named("plugin_changed"))
        with pytest.raises(NotSent, match="plugins reload evil"):
            await built.debit("any")
        await built.loaded.reload("evil", accept_profile=True)
        await built.evil.check_connection()
        assert built.evil.profile.hosts == ("elsewhere.example",)

    async def test_a_plugin_that_cannot_start_again_is_brought_back_and_only_once(self, house, log):
        built = await house(source=edition(1))
        written(built, "1 / 0")
        os.kill(built.evil.keeper.process.pid, signal.SIGKILL)
        await until(lambda: log.named("plugin_not_started"))
        written(built, edition(2))
        reloaded = await built.loaded.reload("evil")
        assert (await built.evil.find_debit(ExchangeId("e"))).reference == "edition 2"
        await asyncio.sleep(2.5)  # longer than the pause of the restart that was under way
        assert built.evil.keeper.process.pid == reloaded.pid
