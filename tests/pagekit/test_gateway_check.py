"""A site whose key or address is wrong says so at its start and in `/health/ready`, before a resident reads it."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.client import new_key_pair
from tests.pagekit.test_form_answers import site_under_test


@pytest.mark.parametrize("word", ["signature-invalid", "signature-key-unknown", "key-scope"])
async def test_the_gateways_word_is_that_of_the_sites_health(word: str) -> None:
    async with site_under_test({"/v1/problem-types": (401, word)}) as browser:
        status, text = await browser.page("/health/ready")
        assert (status, json.loads(text)) == (503, {"status": word})
        assert (await browser.page("/health"))[0] == 200


async def test_a_site_whose_key_is_taken_is_ready() -> None:
    async with site_under_test({}) as browser:
        status, text = await browser.page("/health/ready")
        assert (status, json.loads(text)) == (200, {"status": "ready"})


async def test_many_who_ask_for_a_sites_health_are_one_call_of_the_gateway() -> None:
    words = {"/v1/problem-types": (401, "signature-stale")}
    async with site_under_test(words) as browser:
        await browser.page("/health/ready")
        words.clear()
        assert (await browser.page("/health/ready"))[0] == 503


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class TestTheProcess:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """A site whose gateway is not there: its address, and the lines of its log as they come."""
        pair, port = new_key_pair(), free_port()
        (tmp_path / "portal.pem").write_bytes(pair.private_pem)
        (tmp_path / "seal").write_text(secrets.token_urlsafe(48), "utf-8")
        (tmp_path / "site.toml").write_text(
            f'gateway_url = "http://127.0.0.1:{free_port()}"\nkey_id = "{pair.key_id}"\nkey_file = "portal.pem"\n'
            f'seal_file = "seal"\npublic_url = "http://127.0.0.1:{port}"\nport = {port}\n',
            "utf-8",
        )
        command = [sys.executable, "-m", "municipal", "--config", str(tmp_path / "site.toml")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert "serves at" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}", map(json.loads, process.stderr)
            process.terminate()

    def test_says_at_its_start_that_nobody_answers_and_what_to_do(
        self, site: tuple[str, Iterator[dict[str, Any]]]
    ) -> None:
        url, lines = site
        line = next(line for line in lines if line["event"] == "gateway not usable")
        assert (line["level"], line["why"]) == ("error", "gateway-away")
        assert "gateway_url" in line["remedy"]
        assert line["at"].endswith("Z")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/health/ready")
        refused.value.close()
        assert refused.value.code == 503

    def test_writes_a_line_of_json_for_each_page_with_the_network_and_nothing_that_was_asked(
        self, site: tuple[str, Iterator[dict[str, Any]]]
    ) -> None:
        url, lines = site
        urllib.request.urlopen(f"{url}/login?next=/secret-of-mine").close()
        line = next(line for line in lines if line["event"] == "site.request")
        assert (line["method"], line["route"], line["status"]) == ("GET", "/login", 200)
        assert line["source"] == "127.0.0.0/24"
        assert "secret-of-mine" not in json.dumps(line)
