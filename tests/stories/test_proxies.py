"""`deploy/` has examples for nginx and Caddy: a town behind each, over TLS, with nothing changed but names, ports and paths."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tls_authority import Authority

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
HOSTS = ("localhost", "portal.example.jp", "city.example.jp")


@dataclass(frozen=True, kw_only=True)
class Front:
    """A running proxy. `behind` is where its gateway listens."""

    port: int
    plain_port: int
    behind: int
    authority: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Programs that trust this authority alone, as `docs/security.md` says."""
        return os.environ | {"SSL_CERT_FILE": str(self.authority), "SSL_CERT_DIR": str(self.folder)}


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not here; tools/system-packages installs it")
    if path is None:
        pytest.skip(f"needs apt package {name}")
    return path


@pytest.fixture(
    scope="module", params=["nginx", pytest.param("caddy", marks=pytest.mark.nightly)], ids=lambda name: name
)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    command = program(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    authority = Authority(folder / "authority", "authority of the test")
    own = authority.issue("proxy", hosts=HOSTS)
    port, plain_port, behind = free_ports(3)
    made = Front(
        port=port, plain_port=plain_port, behind=behind, authority=authority.file, folder=folder / "authority"
    )
    if request.param == "nginx":
        arguments = nginx(command, folder, made, own.certificate, own.key)
    else:
        arguments = caddy(command, folder, made, own.certificate, own.key)
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            arguments,
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        )
        try:
            await_port(port, process, folder / "proxy.log")
            yield made
        finally:
            process.terminate()
            process.wait(20)


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """`text` with each pattern replaced; one that is not there would leave the example untested."""
    for pattern, value in pairs:
        text, times = re.subn(pattern, value, text)
        assert times, pattern
    return text


def nginx(command: str, folder: Path, front: Front, certificate: Path, key: Path) -> list[str]:
    example = replaced(
        (DEPLOY / "nginx" / "point-gateway.conf").read_text("utf-8"),
        (r"listen \[::\]:.*;", ""),
        (r"listen 443 ", f"listen 127.0.0.1:{front.port} "),
        (r"listen 80\b", f"listen 127.0.0.1:{front.plain_port}"),
        (r"127\.0\.0\.1:8080", f"127.0.0.1:{front.behind}"),
        (r"/etc/letsencrypt/\S+/fullchain\.pem", str(certificate)),
        (r"/etc/letsencrypt/\S+/privkey\.pem", str(key)),
        (r"(?m)^(\s*server_name )points\.example\.jp;", r"\1localhost;"),
    )
    (folder / "example.conf").write_text(example, "utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""
    main = (
        f"{user}\ndaemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}include {folder}/example.conf;\n}}\n"
    )
    (folder / "nginx.conf").write_text(main, "utf-8")
    return [command, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(command: str, folder: Path, front: Front, certificate: Path, key: Path) -> list[str]:
    example = replaced(
        (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8"),
        (
            r"admin off\n",
            f"admin off\n\thttp_port {front.plain_port}\n\thttps_port {front.port}\n\tskip_install_trust\n",
        ),
        (r"(?m)^points\.example\.jp \{", "localhost {"),
        (r"http://points\.example\.jp", "http://localhost"),
        (r"127\.0\.0\.1:8080", f"127.0.0.1:{front.behind}"),
        (r"tls \{", f"tls {certificate} {key} {{"),
    )
    (folder / "Caddyfile").write_text(example, "utf-8")
    return [command, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(log.read_text("utf-8"))


@dataclass(frozen=True)
class Behind:
    """The town behind the proxy, and what came of an exchange in it."""

    folder: Path
    exchange: dict[str, Any]

    def gateway_log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "gateway.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture(scope="class")
def behind(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("behind")
    command = [
        sys.executable,
        "-m",
        "tests.stories.behind_a_proxy",
        str(folder),
        str(front.behind),
        front.url,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=front.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the town did not start or its exchange failed"
        yield Behind(folder, json.loads(line))
        process.stdin.close()
        process.wait(60)


def spoken(
    front: Front, request: bytes, *, tls: ssl.SSLContext | None = None, is_head_enough: bool = False
) -> bytes:
    """What is answered to these very bytes, over TLS."""
    context = tls or ssl.create_default_context(cafile=str(front.authority))
    with (
        socket.create_connection(("127.0.0.1", front.port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(request)
        return read_all(secure, is_head_enough=is_head_enough)


def spoken_plain(front: Front, host: str) -> bytes:
    with socket.create_connection(("127.0.0.1", front.plain_port), 10) as plain:
        plain.sendall(f"GET /v1/partners HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return read_all(plain)


def read_all(connection: socket.socket, *, is_head_enough: bool = False) -> bytes:
    answer = b""
    try:
        while piece := connection.recv(65_536):
            answer += piece
            if is_head_enough and b"\r\n\r\n" in answer:
                break
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    return answer


def get(path: str, *headers: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class TestATownBehindIt:
    def test_makes_a_signed_exchange_over_tls(self, behind: Behind) -> None:
        assert (behind.exchange["state"], behind.exchange["points"]) == ("settled", 1_100)

    def test_an_address_that_the_caller_claims_is_not_believed(self, front: Front, behind: Behind) -> None:
        claimed = f"203.0.113.{random.randrange(1, 255)}"
        path = f"/v1/claimed-{claimed.replace('.', '-')}"
        assert b" 404 " in spoken(front, get(path, f"X-Forwarded-For: {claimed}"))[:20]
        log = behind.gateway_log()
        assert {line["source"] for line in log if "source" in line} == {"127.0.0.0/24"}

    def test_a_request_of_two_lengths_reaches_nobody(self, front: Front, behind: Behind) -> None:
        """Content-Length says that the second request is body, Transfer-Encoding that it is a request (RFC 9112, 6.1)."""
        smuggled = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
        head = (
            b"POST /v1/partners HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: "
            + str(len(smuggled) + 5).encode()
            + b"\r\nConnection: close\r\n\r\n0\r\n\r\n"
        )
        answer = spoken(front, head + smuggled)
        assert answer.count(b"HTTP/1.1 ") == 1, answer
        assert b" 4" in answer[:13]

    def test_answers_of_the_proxy_have_a_year_of_hsts_and_no_version(
        self, front: Front, behind: Behind
    ) -> None:
        for request in (get("/v1/partners"), get("/", "Content-Length: 30000000"), b"GET / HT\r\n\r\n"):
            head = spoken(front, request, is_head_enough=True).partition(b"\r\n\r\n")[0].lower()
            assert not re.search(rb"server: \S*[0-9/]", head), head
            if not head.startswith(b"http/1.1 400") or b"point-gateway" in head:
                assert head.count(b"strict-transport-security: max-age=31536000; includesubdomains") == 1, (
                    head
                )


class TestTheWayIn:
    def test_plain_http_leads_pages_to_https_and_the_api_nowhere(self, front: Front) -> None:
        answer = spoken_plain(front, "portal.example.jp")
        assert re.match(rb"HTTP/1\.1 30[18] ", answer), answer
        assert b"ocation: https://portal.example.jp" in answer
        assert spoken_plain(front, "localhost") == b""

    def test_only_tls_1_2_and_1_3_are_spoken(self, front: Front) -> None:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=str(front.authority))
            context.minimum_version = context.maximum_version = version
            assert spoken(front, get("/"), tls=context).startswith(b"HTTP/1.1 ")
        old = ssl.create_default_context(cafile=str(front.authority))
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            spoken(front, get("/"), tls=old)
        weak = ssl.create_default_context(cafile=str(front.authority))
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("AES128-SHA:AES256-SHA:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            spoken(front, get("/"), tls=weak)

    def test_check_sees_what_the_proxy_sends(self, front: Front, tmp_path: Path) -> None:
        settings = tmp_path / "gateway.toml"
        settings.write_text(
            f'[server]\nport = {front.behind}\npublic_url = "{front.url}"\ntrusted_proxies = 1\n', "utf-8"
        )
        code = (
            "import asyncio, sys; from pathlib import Path; from gateway.settings import Settings;"
            "from gateway.preflight.proxy import check_proxy;"
            "print(*asyncio.run(check_proxy(Settings.load(Path(sys.argv[1])))), sep='\\n')"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, str(settings)],
            check=True, cwd=ROOT, env=front.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert "agree (1)" in ran.stdout, ran.stdout
        assert "refused" not in ran.stdout
        assert f"requests to {front.url} arrive here" in ran.stdout
