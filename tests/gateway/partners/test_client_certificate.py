"""A partner that wants a certificate of ours: a TLS server on this machine that asks for one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway import hookimpl
from gateway.errors import NotSent, OutcomeUnknown
from gateway.partners.http_client import ClientIdentityUnusable, GuardedHttp
from gateway.partners.loading.partner_settings import ClientIdentity
from gateway.workbench.bench import open_bench
from tests.gateway.partners.day_file import plugin_class
from tests.tls_authority import Authority

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NAMED = r"name client_certificate and client_key in \[partners.acorn\]"
WANTS = (
    rf"client_certificate_wanted: it asks for a certificate of ours; {NAMED}"
    rf"|handshake_refused: either it asks for a certificate of ours \({NAMED}\), or it has no TLS version"
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours", "the partner's authority")


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
async def host(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[str]:
    """A partner's server that lets nobody in without a certificate of its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = authority.issue("server")
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = request.param

    async with serving(context) as server_host:
        yield server_host


@contextlib.asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[str]:
    # A thread and OpenSSL's own sockets: asyncio's server hangs up without the alert that real ones send.
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return  # closed: the test is over
            with contextlib.suppress(OSError), plain.dup() as rest:
                try:
                    with context.wrap_socket(plain, server_side=True) as door:
                        if door.recv(65_536):
                            door.sendall(OK)
                except ssl.SSLError:
                    rest.shutdown(socket.SHUT_WR)  # the alert arrives before the connection is gone
                    while rest.recv(65_536):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    server_host = f"127.0.0.1:{listening.getsockname()[1]}"
    yield server_host
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    await asyncio.to_thread(thread.join, 10)


@pytest.fixture
async def client(authority: Authority, host: str, log) -> AsyncIterator[Callable[..., GuardedHttp]]:
    guarded_https: list[GuardedHttp] = []

    def make(identity: ClientIdentity | None = None) -> GuardedHttp:
        http = GuardedHttp("acorn", log, ca_file=authority.file, client_identity=identity)
        http.allow([host], timeout_s=20)
        guarded_https.append(http)
        return http

    yield make
    for http in guarded_https:
        await http.aclose()


async def test_our_certificate_opens_the_door(client, authority, host) -> None:
    answer = await client(authority.issue("gateway")).get(f"https://{host}/")
    assert (answer.status, answer.body) == (200, b"ok")


async def test_without_one_the_sentence_says_what_to_name(client, host) -> None:
    with pytest.raises((NotSent, OutcomeUnknown), match=WANTS):
        await client().get(f"https://{host}/")


async def test_one_of_another_authority_is_said_not_to_be_accepted(client, host, tmp_path) -> None:
    stranger = Authority(tmp_path / "other", "another authority").issue("gateway")
    with pytest.raises(
        (NotSent, OutcomeUnknown), match=r"does not accept client_certificate of \[partners.acorn\]"
    ):
        await client(stranger).get(f"https://{host}/")


@pytest.mark.parametrize("identified", [False, True])
async def test_a_server_without_a_cipher_in_common_does_not_only_speak_of_certificates(
    authority, log, identified
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = authority.issue("server")
    context.load_cert_chain(own.certificate, own.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")  # its certificate is none for it
    async with serving(context) as host:
        http = GuardedHttp(
            "acorn",
            log,
            ca_file=authority.file,
            client_identity=authority.issue("gateway") if identified else None,
        )
        http.allow([host], timeout_s=20)
        with pytest.raises((NotSent, OutcomeUnknown), match="or it has no TLS version and cipher in common"):
            await http.get(f"https://{host}/")
        await http.aclose()


class TestFilesThatCannotBeUsed:
    def test_a_key_of_another_certificate(self, authority, log) -> None:
        one, other = authority.issue("one"), authority.issue("other")
        with pytest.raises(ClientIdentityUnusable, match="do not fit together"):
            GuardedHttp(
                "acorn", log, client_identity=ClientIdentity(certificate=one.certificate, key=other.key)
            )

    def test_a_key_with_a_password(self, authority, log) -> None:
        with pytest.raises(ClientIdentityUnusable, match="its own key without a password"):
            GuardedHttp("acorn", log, client_identity=authority.issue("locked", password=b"sesame"))

    def test_a_file_that_is_not_there(self, authority, log, tmp_path) -> None:
        missing = ClientIdentity(certificate=tmp_path / "no.pem", key=authority.issue("one").key)
        with pytest.raises(ClientIdentityUnusable, match=r"client_certificate .*no\.pem is not there"):
            GuardedHttp("acorn", log, client_identity=missing)


async def test_the_workbench_and_the_live_proof_show_the_same_certificate(authority, host, tmp_path):
    ours = authority.issue("gateway")
    config = tmp_path / "gateway.toml"
    config.write_text(
        f'[partners.acorn]\nbase_url = "https://{host}"\nca_file = "{authority.file}"\n'
        f'client_certificate = "{ours.certificate}"\nclient_key = {{ file = "{ours.key}" }}\n',
        "utf-8",
    )
    plugin = type("Plugin", (plugin_class(),), {"check_connection": hookimpl(_looks_in)})
    async with open_bench("acorn", "https://gateway.example", config=config, plugin=plugin) as bench:
        await bench.partner.check_connection()


async def _looks_in(self) -> None:
    if (await self.setup.http.get(self.base_url)).status != 200:
        raise OutcomeUnknown("not let in")
