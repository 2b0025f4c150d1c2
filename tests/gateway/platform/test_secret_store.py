"""A secret that Vault keeps is read over real HTTP; where it does not say it for sure, the secret is missing."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.configured import sealing_keys_of
from gateway.errors import SecretMissing
from gateway.platform import secret_store
from gateway.settings import Settings, SettingsWrong

TOKEN = "hvs.sample-token"
NEW, OLD = "n" * 40, "o" * 40
PATH = "kv/data/point-gateway"
SECURITY = f'[security]\nsealing = {{ vault = "{PATH}#sealing" }}\n'


@dataclass
class Vault:
    """A server that answers as Vault does: `answers` by path, or whatever `instead` is set to."""

    address: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    instead: tuple[int, dict[str, str], bytes] | None = None
    slowly: bool = False
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.requests.append((path, headers))
        if self.instead is not None:
            return self.instead
        if headers.get("x-vault-token") != TOKEN:
            return 403, {}, b'{"errors":["permission denied"]}'
        if path not in self.answers:
            return 404, {}, b'{"errors":[]}'
        return 200, {}, json.dumps(self.answers[path]).encode()


@contextmanager
def served(vault: Vault, tls: ssl.SSLContext | None = None) -> Iterator[Vault]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = vault.answer(self.path, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in body if vault.slowly else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
            if not vault.slowly:
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        vault.address = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def vault() -> Iterator[Vault]:
    secret = {"data": {"data": {"sealing": f"{NEW}\n{OLD}\n"}, "metadata": {"version": 3}}}
    with served(Vault(answers={f"/v1/{PATH}": secret})) as own:
        yield own


def sealing_keys(folder: Path, environment: dict[str, str], text: str = SECURITY) -> list[bytes]:
    (folder / "gateway.toml").write_text(text, "utf-8")
    return sealing_keys_of(Settings.load(folder / "gateway.toml", env=environment))


def refusal(folder: Path, environment: dict[str, str], text: str = SECURITY) -> str:
    with pytest.raises(SecretMissing) as refused:
        sealing_keys(folder, environment, text)
    said = str(refused.value)
    assert said.startswith("[security] sealing: ")
    assert said.endswith("(gateway.toml:2)")
    assert TOKEN not in said
    assert NEW not in said
    return said


class TestAnAnswer:
    def test_of_the_second_version_gives_every_line(self, vault: Vault, tmp_path: Path) -> None:
        keys = sealing_keys(tmp_path, {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN})
        assert keys == [NEW.encode(), OLD.encode()]
        ((path, headers),) = vault.requests
        assert (path, headers["x-vault-request"]) == (f"/v1/{PATH}", "true")

    def test_of_the_first_version_and_a_token_in_a_file(self, vault: Vault, tmp_path: Path) -> None:
        vault.answers["/v1/kv/own"] = {"data": {"sealing": NEW, "data": "a field of this name"}}
        (tmp_path / "token").write_text(TOKEN + "\n", "utf-8")
        environment = {
            "VAULT_ADDR": vault.address + "/",
            "VAULT_TOKEN_FILE": str(tmp_path / "token"),
            "VAULT_NAMESPACE": "city",
        }
        text = SECURITY.replace(PATH, "kv/own")
        assert sealing_keys(tmp_path, environment, text) == [NEW.encode()]
        assert vault.requests[0][1]["x-vault-namespace"] == "city"

    def test_is_asked_for_again_so_that_a_reload_sees_a_new_one(self, vault: Vault, tmp_path: Path) -> None:
        environment = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN}
        sealing_keys(tmp_path, environment)
        vault.answers[f"/v1/{PATH}"]["data"]["data"]["sealing"] = OLD
        assert sealing_keys(tmp_path, environment) == [OLD.encode()]


class TestNothingIsGuessed:
    @pytest.mark.parametrize(
        ("instead", "says"),
        [
            ((403, {}, b"{}"), "403 for kv/data/point-gateway; the token is not valid"),
            ((404, {}, b"{}"), "nothing lies there; version 2 of the engine has /data/"),
            ((503, {}, b"{}"), "it is sealed"),
            ((500, {}, NEW.encode()), "see Vault's own log"),
            ((307, {"Location": "http://127.0.0.1:1/elsewhere"}, b""), "Vault answered 307"),
            ((200, {}, b"<html>"), "is no secret of a key/value engine"),
            ((200, {}, b"[]"), "is no secret of a key/value engine"),
            ((200, {}, b'{"data": null}'), "is no secret of a key/value engine"),
            ((200, {}, b'{"data": {"other": "x"}}'), "has no text `sealing`"),
            ((200, {}, b'{"data": {"sealing": 7}}'), "has no text `sealing`"),
            ((200, {}, b'{"data": {"sealing": ""}}'), "holds nothing"),
            ((200, {"Content-Length": "900"}, b'{"data": {"sealing": "x"}}'), "cannot be asked"),
            ((200, {}, b" " * (secret_store.MAX_ANSWER_BYTES + 2)), "longer than"),
        ],
    )
    def test_from_an_answer_that_is_none(
        self, vault: Vault, tmp_path: Path, instead: tuple[int, dict[str, str], bytes], says: str
    ) -> None:
        vault.instead = instead
        assert says in refusal(tmp_path, {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN})

    def test_where_nobody_listens(self, vault: Vault, tmp_path: Path) -> None:
        said = refusal(tmp_path, {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": TOKEN})
        assert "cannot be asked (ConnectionRefusedError)" in said

    def test_of_one_who_answers_drop_by_drop(
        self, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vault.slowly = True
        monkeypatch.setattr(
            secret_store.VaultStore,
            "__init__",
            _with_timeout(secret_store.VaultStore.__init__, 0.2),
        )
        assert "TimeoutError" in refusal(tmp_path, {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN})

    @pytest.mark.parametrize(
        ("environment", "says"),
        [
            ({"VAULT_TOKEN": TOKEN}, "VAULT_ADDR is not set"),
            ({"VAULT_ADDR": "http://vault.example:8200", "VAULT_TOKEN": TOKEN}, "must begin with https://"),
            ({"VAULT_ADDR": "https://a:b@vault.example", "VAULT_TOKEN": TOKEN}, "holds a user"),
            ({"VAULT_ADDR": "https://vault.example"}, "there is no token for Vault"),
            ({"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN": "a\r\nb"}, "there is no token for Vault"),
            ({"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN_FILE": "/absent"}, "/absent is not there"),
        ],
    )
    def test_from_an_environment_that_is_not_whole(
        self, tmp_path: Path, environment: dict[str, str], says: str
    ) -> None:
        assert says in refusal(tmp_path, environment)

    @pytest.mark.parametrize("place", ["kv/data/x", "#sealing", "kv/data/x#", "kv/../sys/raw#x", "a#b#c"])
    def test_from_a_place_that_names_no_field(self, tmp_path: Path, place: str) -> None:
        with pytest.raises(SettingsWrong, match="is named by path and field"):
            sealing_keys(tmp_path, {}, f'[security]\nsealing = {{ vault = "{place}" }}\n')


def test_the_token_goes_to_nobody_whose_certificate_its_authority_has_not_signed(tmp_path: Path) -> None:
    certificate, tls = _certificate(tmp_path)
    with served(Vault(answers={f"/v1/{PATH}": {"data": {"sealing": NEW}}}), tls) as vault:
        environment = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN}
        assert "SSLCertVerificationError" in refusal(tmp_path, environment)
        assert vault.requests == []
        assert sealing_keys(tmp_path, {**environment, "VAULT_CACERT": str(certificate)}) == [NEW.encode()]


def _with_timeout(usual: Any, seconds: float) -> Any:
    def made(self: Any, *arguments: Any) -> None:
        usual(self, *arguments, timeout_s=seconds)

    return made


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault of a test")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, both = folder / "vault.pem", folder / "both.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + pem.read_bytes())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    return pem, tls
