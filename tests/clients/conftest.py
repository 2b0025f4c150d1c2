"""A running gateway that keeps today's time, as client programs find one, with a member to sign in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from gateway.demo.environment import MEMBERS, RETURN_URL, DemoEnvironment, open_town
from gateway.model import JST
from httpkit.clock import set_file_clock
from point_gateway_client import Client, SignedIn, calls
from tests.stories.conftest import Loop

NAMED = {"CI": os.environ.get("CI", ""), "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


@dataclass(frozen=True)
class RunningGateway:
    town: DemoEnvironment
    loop: Loop

    def environment(self, number: int = 2) -> dict[str, str]:
        """What a client program's example reads; the first member is the one whose account becomes linked."""
        who = MEMBERS[number]
        return {
            **NAMED,
            "GATEWAY_URL": self.town.gateway_url,
            "GATEWAY_KEY_ID": self.town.portal_key_id,
            "GATEWAY_KEY_FILE": str(self.town.portal_key_file),
            "MYKEY_ID": self.town.mykey_ids[who.name],
            "PASSWORD": who.password,
            "RETURN_URL": RETURN_URL,
        }

    @property
    def key(self) -> bytes:
        return self.town.portal_key_file.read_bytes()

    def member(self, client: Client, number: int = 0) -> SignedIn:
        who = MEMBERS[number]
        session = client.send(calls.sign_in(mykey_id=self.town.mykey_ids[who.name], password=who.password))
        return client.signed_in(session.token)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("clients-town")
    set_file_clock(folder / "clock", datetime.now(JST))
    loop = Loop()
    opened = open_town(folder)
    town: DemoEnvironment = loop.run(opened.__aenter__())
    yield RunningGateway(town, loop)
    loop.run(opened.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def client(running: RunningGateway):
    with Client(running.town.gateway_url, running.town.portal_key_id, running.key) as client:
        yield client
