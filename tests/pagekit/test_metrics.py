"""What a site's operators' port tells, from a site that runs: pages, calls, the gateway's state, and nothing of people."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pagekit.settings import BadSettings
from portal.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _written(folder: Path, more: str) -> Path:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(pem)
    (folder / "seal").write_text("s" * 48, "utf-8")
    file = folder / "site.toml"
    file.write_text(
        f'gateway_url = "http://127.0.0.1:{_free_port()}"\nkey_id = "pgk_a"\nkey_file = "key.pem"\n'
        f'seal_file = "seal"\npublic_url = "http://localhost"\nportal_url = "http://localhost:1"\n{more}',
        "utf-8",
    )
    return file


@asynccontextmanager
async def _serving(name: str, file: Path) -> AsyncIterator[None]:
    site = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", name, "--config", str(file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert site.stdout is not None
        assert b"serves at" in await asyncio.wait_for(site.stdout.readline(), 60)
        yield
    finally:
        site.terminate()
        await site.wait()


@pytest.mark.parametrize("name", ["portal", "municipal"])
async def test_the_operators_port_tells_what_the_page_lists_and_the_public_one_nothing(
    tmp_path: Path, name: str
) -> None:
    port, admin = _free_port(), _free_port()
    file = _written(tmp_path, f'port = {port}\nadmin = "127.0.0.1:{admin}"\n')
    public, operators = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin}"
    async with _serving(name, file), aiohttp.ClientSession() as http:
        for path in ("/login?typed=tok-sesame", "/nowhere-sesame"):
            async with http.get(public + path) as answer:
                await answer.read()
        async with http.get(f"{public}/metrics") as answer:
            assert answer.status == 404
        async with http.get(f"{operators}/health/live") as answer:
            assert await answer.json() == {"status": "up"}
        async with http.get(f"{operators}/health/ready") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "gateway-away"})
        async with http.get(f"{operators}/metrics") as answer:
            numbers = await answer.text()
    assert re.search(rf'^point_site_build{{site="{name}",version="[0-9.]+"}} 1.0$', numbers, re.MULTILINE)
    assert 'point_site_http_requests_total{method="GET",route="none",status="404"} 2.0' in numbers
    assert 'route="/login",status="' in numbers
    assert re.search(r'^point_site_gateway_calls_total{outcome="unreachable"} [1-9]', numbers, re.MULTILINE)
    assert "point_site_gateway_ready 0.0" in numbers
    assert "process_resident_memory_bytes" in numbers
    assert "sesame" not in numbers
    told = {
        made.removesuffix("_total")
        for made in re.findall(r"^# TYPE (point_site_\w+) ", numbers, re.MULTILINE)
        if not made.endswith("_created")
    }
    assert told == set(re.findall(r"`(point_site_\w+)`", DOCS.read_text("utf-8")))


@pytest.mark.parametrize("given", ['"9102x"', '"::1:9102"', '"localhost:70000"', "9102.5"])
def test_what_is_no_address_is_refused_with_an_example(tmp_path: Path, given: str) -> None:
    with pytest.raises(BadSettings, match=r"admin is no address; write HOST:PORT, such as 127\.0\.0\.1:9102"):
        Settings.load(_written(tmp_path, f"admin = {given}\n"))


@pytest.mark.parametrize(
    ("given", "address"),
    [('":9102"', ("127.0.0.1", 9102)), ('"[::1]:9102"', ("::1", 9102)), ('""', None)],
)
def test_an_address_without_a_host_is_this_machine(
    tmp_path: Path, given: str, address: tuple[str, int] | None
) -> None:
    assert Settings.load(_written(tmp_path, f"admin = {given}\n")).admin_address == address
