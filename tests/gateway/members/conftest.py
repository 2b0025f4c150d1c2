"""The whole gateway over real HTTP with a test CA as its root; cards are keys of that CA, signing as a card does."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from prometheus_client import CollectorRegistry

from card.client_data import ClientData, Purpose
from card.demo_ca import SIGN_POLICY, DemoCa, Leaf, new_key, usage
from card.response import CardResponse
from core_ledger import Store
from gateway.app import make_app
from gateway.client import KeyPair, SignedClient, new_key_pair
from gateway.http.client_keys import register_key
from gateway.http.routing import pop_undeclared
from gateway.model import JST
from gateway.services import open_services
from gateway.settings import Settings
from httpkit.clock import FileClock, set_file_clock
from tests.databases import upgraded_database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=JST)
ORIGIN = "https://portal.example"
BROWSER = "browser-of-hanako"
SERIAL = 0x00C0_FFEE_5EC2_E700
PURPOSES = {"login": Purpose.LOGIN, "register": Purpose.REGISTER, "relink": Purpose.RELINK}
PASSWORD = "correct-horse-battery"


def signed(client_data: bytes, certificate: bytes, key: Any) -> CardResponse:
    return CardResponse(client_data, certificate, key.sign(client_data, padding.PKCS1v15(), hashes.SHA256()))


@dataclass(slots=True)
class Card:
    """A key with its certificate, and the agent around it: `answer` signs what a page asks for."""

    certificate: bytes
    key: Any

    def answer(
        self, challenge: str, purpose: Purpose = Purpose.LOGIN, origin: str = ORIGIN
    ) -> dict[str, str]:
        data = ClientData(purpose, challenge, origin).to_bytes()
        return fields(signed(data, self.certificate, self.key))


def fields(response: CardResponse) -> dict[str, str]:
    read: dict[str, str] = json.loads(response.to_json())
    return read


@dataclass(slots=True)
class Authority:
    """The CA of the tests, made once: RSA keys are slow to make."""

    auth: DemoCa
    sign: DemoCa
    key: Any
    other_key: Any

    def card(self, **leaf: Any) -> Card:
        return Card(self.auth.issue(self.key, Leaf(**({"serial": SERIAL} | leaf))), self.key)

    def another_card(self, **leaf: Any) -> Card:
        return Card(self.auth.issue(self.other_key, Leaf(**({"serial": 4711} | leaf))), self.other_key)

    def signing_card(self) -> Card:
        both = usage(digital_signature=True, non_repudiation=True)
        return Card(self.sign.issue(self.key, Leaf(policies=(SIGN_POLICY,), key_usage=both)), self.key)


@dataclass(slots=True)
class Site:
    """The gateway as a portal sees it, and what the tests may turn behind it."""

    url: str
    folder: Path
    portal: SignedClient
    other_portal: SignedClient
    clock_file: Path
    store: Store
    authority: Authority
    asked: list[str] = field(default_factory=list)

    async def challenge(self, purpose: str = "login", *, browser: str = BROWSER) -> str:
        status, told = await self.post("/v1/card/challenges", {"purpose": purpose, "browser": browser})
        assert status == 201, told
        assert told["purpose"] == PURPOSES[purpose].value
        value: str = told["value"]
        return value

    async def post(
        self, path: str, body: Any, *, method: str = "POST", token: str | None = None, portal: Any = None
    ) -> tuple[int, Any]:
        client = portal or self.portal
        async with await client.request(method, path, json=body, session_token=token) as answer:
            return answer.status, await answer.json(content_type=None)

    async def login(self, answer: dict[str, str], *, browser: str = BROWSER, **more: Any) -> tuple[int, Any]:
        return await self.post("/v1/card/sessions", {"browser": browser, "card": answer}, **more)

    async def register(self, card: Card, **more: Any) -> tuple[int, Any]:
        answer = card.answer(await self.challenge("register"), Purpose.REGISTER)
        body = {"browser": BROWSER, "card": answer, "display_name": "見本花子"} | more
        return await self.post("/v1/card/registrations", body)

    def forward(self, **by: float) -> None:
        set_file_clock(self.clock_file, FileClock(self.clock_file)() + timedelta(**by))

    def publish_crl(self, *revoked: int, **options: Any) -> None:
        (self.folder / "crl" / "auth.crl").write_bytes(self.authority.auth.crl(revoked, at=NOW, **options))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority(DemoCa.create(), DemoCa.create("digital signature"), new_key(), new_key())


@pytest.fixture(scope="session")
def portal_keys() -> tuple[KeyPair, KeyPair]:
    return new_key_pair(), new_key_pair()


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("schema") / "gateway.db"
    upgraded_database(f"sqlite:///{path}")
    return path.read_bytes()


CARD_TABLE = f"""
[card]
test_auth_roots = ["auth.pem"]
test_sign_roots = ["sign.pem"]
revocation = "crl"
origins = ["{ORIGIN}", "https://second.example"]
"""


def write_settings(folder: Path, authority: Authority, port: int, card: str = CARD_TABLE) -> Path:
    for name in ("sealing", "lookup", "account_key"):
        (folder / name).write_text(f"{name} secret that is long enough for tests\n")
    (folder / "auth.pem").write_bytes(authority.auth.pem)
    (folder / "sign.pem").write_bytes(authority.sign.pem)
    (folder / "crl").mkdir(exist_ok=True)
    path = folder / "gateway.toml"
    secrets = "\n".join(f'{name} = {{ file = "{name}" }}' for name in ("sealing", "lookup", "account_key"))
    path.write_text(
        f'[server]\nport = {port}\n[clock]\nfile = "clock"\n[security]\n{secrets}\n{card}', "utf-8"
    )
    return path


@pytest.fixture
def open_site(tmp_path: Path, authority: Authority, portal_keys: Any, schema: bytes):
    """`async with open_site(card=…, database=…)`: a gateway with that `[card]` table, on that database."""

    @asynccontextmanager
    async def open_it(card: str = CARD_TABLE, database: str | None = None) -> AsyncIterator[Site]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        set_file_clock(tmp_path / "clock", NOW)
        path = write_settings(tmp_path, authority, port, card)
        env = {} if database is None else {"POINT_GATEWAY_DATABASE__URL": database}
        settings = Settings.load(path, env=env)
        if database is None:
            (tmp_path / "gateway.db").write_bytes(schema)
        clock = FileClock(tmp_path / "clock")
        async with AsyncExitStack() as stack:
            services = await stack.enter_async_context(open_services(settings))
            clients = []
            for name, pair in zip(("portal", "other"), portal_keys, strict=True):
                await services.store.run(
                    lambda conn, name=name, pair=pair: register_key(
                        conn, name, pair.key_id, pair.public_raw, NOW
                    )
                )
                url = f"http://127.0.0.1:{port}"
                client = SignedClient(url, pair.key_id, pair.private_pem, clock=clock)
                clients.append(await stack.enter_async_context(client))
            app = await make_app(services, CollectorRegistry())
            await stack.enter_async_context(TestServer(app, port=port))
            site = Site(url, tmp_path, *clients, tmp_path / "clock", services.store, authority)  # type: ignore[arg-type, call-arg]
            site.publish_crl()
            yield site

    return open_it


@pytest.fixture
async def site(open_site: Any) -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened
    assert pop_undeclared() == []
