"""Day files from a real SFTP server, by a plugin inside the gateway and by one that has no network at all."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gateway import Coupon, PartnerUnavailable, Secret
from gateway.errors import NotSent, OutcomeUnknown
from gateway.partners.loading.partner_settings import Place, SettingsWrong
from gateway.partners.loading.sftp_settings import SftpServer, sftp_server
from gateway.partners.sftp_client import GuardedSftp
from gateway.preflight.partners import check_partners
from gateway.settings import Settings
from gateway.workbench.bench import open_bench
from httpkit.clock import system_clock
from tests.gateway.partners.day_file import PLUGIN, day_file, debits_in, plugin_class

DAY = date(2018, 7, 31)


@dataclass
class Host:
    """The partner's server: `root` is its tree, `line` its host key as `known_hosts` has it."""

    root: Path
    port: int
    line: str
    fingerprint: str
    key: Path
    acceptor: asyncssh.SSHAcceptor

    def toml(self, **changes: str) -> str:
        values = {
            "host": '"127.0.0.1"',
            "port": str(self.port),
            "user": '"gateway"',
            "host_key": f'"{self.line}"',
            "key": f'{{ file = "{self.key}" }}',
        }
        lines = "\n".join(f"{name} = {value}" for name, value in (values | changes).items() if value)
        return f'by = "sftp"\n[partners.acorn.sftp]\n{lines}\n'


class _Door(asyncssh.SSHServer):
    connections: list[asyncssh.SSHServerConnection]

    def connection_made(self, conn):
        type(self).connections.append(conn)

    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == ("gateway", "sesame-open")


@pytest.fixture
async def host(tmp_path):
    _Door.connections = []
    root = tmp_path / "sftp"
    (root / "out").mkdir(parents=True)
    own, ours = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    key = tmp_path / "acorn_sftp.key"
    ours.write_private_key(key)
    allowed = asyncssh.import_authorized_keys(ours.export_public_key().decode())
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[own],
        authorized_client_keys=allowed,
        server_factory=_Door,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)),
    )
    line = own.export_public_key().decode().strip()
    yield Host(root, acceptor.get_port(), line, own.get_fingerprint(), key, acceptor)
    acceptor.close()
    await acceptor.wait_closed()


def written(host: Host, size: int = 3_000_000, name: str = "day.csv") -> Path:
    file = host.root / "out" / name
    with file.open("wb") as out:
        out.writelines(day_file(size))
    return file


async def test_a_day_is_read_from_its_file(host, acorn_of):
    written(host)
    acorn = await acorn_of(host.toml())
    records = await acorn.debits_on(DAY)
    assert len(records) == debits_in(3_000_000) == 600
    assert {record.lines[0].amount for record in records} == {500}
    assert len({record.exchange_id for record in records}) == 600


async def test_a_folder_is_listed(host, acorn_of):
    acorn = await acorn_of(host.toml())
    written(host, 100_000, "one.csv")
    written(host, 100_000, "two.csv")
    (host.root / "out" / "folder").mkdir()
    value = await acorn.coupon_value(Coupon(code=Secret("C")))
    sizes = [(host.root / "out" / name).stat().st_size for name in ("one.csv", "two.csv")]
    assert value.amount == sum(sizes)


async def test_the_fingerprint_pins_as_well_as_the_key_and_one_of_several_suffices(host, acorn_of):
    written(host, 100_000)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    acorn = await acorn_of(host.toml(host_key=f'["{other}", "{host.fingerprint}"]'))
    assert len(await acorn.debits_on(DAY)) == 20


async def test_a_password_is_a_secret_like_any_other(host, acorn_of, log):
    written(host, 100_000)
    acorn = await acorn_of(host.toml(key="", password='{ env = "SFTP_PASSWORD" }'))
    assert len(await acorn.debits_on(DAY)) == 20
    assert "sesame-open" not in repr(log.lines)


async def test_another_host_key_is_not_believed_and_nothing_is_read(host, acorn_of):
    written(host, 100_000)
    other = asyncssh.generate_private_key("ssh-ed25519")
    acorn = await acorn_of(host.toml(host_key=f'"{other.export_public_key().decode().strip()}"'))
    with pytest.raises(PartnerUnavailable) as raised:
        await acorn.debits_on(DAY)
    assert "host_key_not_pinned: it shows the key " + host.fingerprint in str(raised.value)
    assert "host_key of [partners.acorn.sftp]" in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"user": '"somebody"', "key": "", "password": '{ env = "SFTP_PASSWORD" }'},
            "sign_in_refused: it does not accept",
        ),
        ({"port": "1"}, "connect_refused"),
    ],
)
async def test_who_is_not_let_in_is_told_why(host, acorn_of, changes, said):
    acorn = await acorn_of(host.toml(**changes))
    with pytest.raises(PartnerUnavailable, match=said):
        await acorn.debits_on(DAY)


class TestAFileThatIsNotThere:
    """Or not whole, or another: no day."""

    async def test_a_missing_one_is_told_and_the_connection_is_used_again(self, host, acorn_of):
        acorn = await acorn_of(host.toml())
        with pytest.raises(
            PartnerUnavailable, match=r"READ at the SFTP server 127\.0\.0\.1 ended with no_such_file"
        ):
            await acorn.debits_on(DAY)
        written(host, 100_000)
        assert len(await acorn.debits_on(DAY)) == 20

    async def test_half_of_one_is_no_day(self, host, acorn_of):
        file = written(host, 1_000_000)
        os.truncate(file, 500_000)
        acorn = await acorn_of(host.toml())
        with pytest.raises(PartnerUnavailable, match="not whole"):
            await acorn.debits_on(DAY)

    async def test_one_that_is_written_while_it_is_read_is_no_day(self, host, acorn_of):
        file = written(host, 3_000_000)
        acorn = await acorn_of(host.toml())
        pages = acorn.debit_pages(DAY)
        await anext(pages)
        with file.open("ab") as out:
            out.write(b"x\n")
        with pytest.raises(PartnerUnavailable, match="the file changed while it was read"):
            [page async for page in pages]

    async def test_a_server_that_goes_away_meanwhile_makes_no_day(self, host, acorn_of):
        written(host, 3_000_000)
        acorn = await acorn_of(host.toml())
        pages = acorn.debit_pages(DAY)
        await anext(pages)
        for connection in _Door.connections:
            connection.abort()
        with pytest.raises(PartnerUnavailable, match="connection_lost"):
            [page async for page in pages]


class TestTheClientItself:
    """What it says of a request that left, and of one that did not."""

    def client(self, host: Host, **changes) -> GuardedSftp:
        values: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": host.port,
            "user": "gateway",
            "pins": frozenset({host.fingerprint}),
            "key": host.key,
        }
        return GuardedSftp("acorn", SftpServer(**(values | changes)))

    async def test_no_connection_is_not_sent_and_every_other_fault_is_unknown(self, host):
        nobody = self.client(host, port=1)
        with pytest.raises(NotSent, match="connect_refused"):
            await nobody.list("/out")
        stranger = self.client(host, pins=frozenset({"SHA256:" + "A" * 43}))
        with pytest.raises(OutcomeUnknown, match="host_key_not_pinned"):
            await stranger.list("/out")
        known = self.client(host)
        with pytest.raises(OutcomeUnknown, match="no_such_file"):
            await known.list("/other")
        await known.aclose()

    async def test_a_server_that_says_nothing_costs_one_deadline(self, host):
        async def silent(reader, writer):
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        client = self.client(host, port=server.sockets[0].getsockname()[1])
        client.allow(timeout_s=0.2)
        with pytest.raises(OutcomeUnknown, match="ended with timeout"):
            await client.list("/out")
        server.close()

    @pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "x" * 1_001])
    async def test_what_is_no_path_is_not_asked_for(self, host, path):
        with pytest.raises(NotSent, match="a path is"):
            await self.client(host).read(path, 0)

    async def test_the_idle_connection_is_closed(self, host, monkeypatch):
        monkeypatch.setattr("gateway.partners.sftp_client.IDLE_CONNECTION_S", 0.05)
        client = self.client(host)
        await client.list("/out")
        (connection,) = _Door.connections
        async with asyncio.timeout(5):
            await connection.wait_closed()


class TestSettings:
    """Each mistake is a sentence with its place and its remedy."""

    KEY = "ssh-ed25519 " + "AAAAC3NzaC1lZDI1NTE5AAAAIJ" + "A" * 42

    def of(self, **changes):
        table = {
            "host": "files.acorn.example",
            "user": "gateway",
            "host_key": self.KEY,
            "key": {"file": "acorn.key"},
        }
        table = {name: value for name, value in (table | changes).items() if value is not None}
        return sftp_server("acorn", {"sftp": table}, Place(None), {})

    def test_what_is_there_is_read(self):
        server = self.of(port=2222)
        assert (server.host, server.port, server.kinds) == ("files.acorn.example", 2222, ("ssh-ed25519",))
        assert len(server.pins) == 1
        assert self.of(host_key=[*server.pins]).pins == server.pins
        assert sftp_server("acorn", {}, Place(None), {}) is None

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"host": None}, "host: is no name of a host; write host ="),
            ({"host": "sftp://files.example"}, "host: is no name of a host"),
            ({"port": "22"}, "port: is no port; write port = 22"),
            ({"port": 0}, "port: is no port"),
            ({"port": True}, "port: is no port"),
            ({"user": ""}, "user: is no name"),
            ({"host_key": None}, "host_key: is missing or no text"),
            ({"host_key": []}, "host_key: is missing or no text"),
            (
                {"host_key": "SHA256:short"},
                "host_key: is neither a host's public key nor its SHA-256 fingerprint",
            ),
            ({"host_key": "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAABAQ"}, "host_key: is neither"),
            ({"host_key": "ssh-dss AAAAB3NzaC1kc3MAAACBAP"}, "host_key: is neither"),
            ({"key": None}, "key: is missing; write either key = "),
            ({"password": {"env": "P"}}, "key: password stands beside key"),
            ({"key": {"env": "K"}}, "key: must be a file"),
            ({"key": "acorn.key"}, "a secret must not stand in the settings"),
            ({"hostkey": "x"}, "has no setting `hostkey`; there are host, port"),
        ],
    )
    def test_a_mistake_is_named(self, changes, said):
        with pytest.raises(SettingsWrong) as raised:
            self.of(**changes)
        assert "[partners.acorn.sftp]" in str(raised.value)
        assert said in str(raised.value)

    def test_a_table_is_a_table(self):
        with pytest.raises(SettingsWrong, match=r"sftp: is no table; write \[partners.acorn.sftp\]"):
            sftp_server("acorn", {"sftp": "files.example"}, Place(None), {})

    async def test_a_plugin_without_a_server_is_told_what_to_write(self, acorn_of):
        acorn = await acorn_of('by = "sftp"\n')
        with pytest.raises(
            PartnerUnavailable, match=r"no SFTP server is named; write \[partners.acorn.sftp\] with host"
        ):
            await acorn.debits_on(DAY)

    async def test_a_key_that_is_none_refuses_the_plugin_with_its_place(self, host, acorn_of):
        host.key.write_text("no key")
        sentence = await acorn_of(host.toml(), may_be_refused=True)
        assert "acorn_sftp.key is no private key without a passphrase" in sentence
        assert "gateway.toml:10" in sentence
        host.key.unlink()
        assert "acorn_sftp.key is not there; put the file there" in await acorn_of(
            host.toml(), may_be_refused=True
        )

    async def test_without_the_library_the_extra_is_named(self, host, acorn_of, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "asyncssh", None)
        sentence = await acorn_of(host.toml(), may_be_refused=True)
        assert "pip install 'point-gateway[sftp]'" in sentence


async def test_the_workbench_and_the_live_proof_read_from_the_same_server(host, tmp_path):
    written(host, 100_000)
    config = tmp_path / "gateway.toml"
    config.write_text(f"[partners.acorn]\n{host.toml()}", "utf-8")
    async with open_bench("acorn", "https://gateway.example", config=config, plugin=plugin_class()) as bench:
        assert len(await bench.partner.debits_on(DAY)) == 20


async def test_the_check_says_whether_the_server_lets_us_in(host, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "acorn.py").write_text(PLUGIN, "utf-8")

    async def finding(**changes) -> str:
        config = tmp_path / "gateway.toml"
        config.write_text(f'[plugins]\ndir = "plugins"\n[partners.acorn]\n{host.toml(**changes)}', "utf-8")
        found = await check_partners(Settings.load(config, {}), system_clock)
        return next(it.sentence for it in found if it.sentence.startswith("acorn:"))

    assert await finding() == "acorn: answers; its SFTP server lets us in"
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    said = await finding(host_key=f'"{other}"')
    assert "SIGN-IN at the SFTP server 127.0.0.1 ended with host_key_not_pinned" in said
    assert said.endswith("see [partners.acorn.sftp]")
