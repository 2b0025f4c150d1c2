"""A plugin is proven against a real site, step by step, and serves only while its proof fits what is required."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.partners import registry
from gateway.partners.proof import (
    PluginProof,
    ProofKind,
    ProofMissing,
    Required,
    files_hash,
    plugin_files,
    read_proof,
    write_proof,
)
from gateway.settings import Settings, SettingsWrong
from gateway.testkit.sandbox.browser import Browser
from gateway.testkit.stubs import ListLog
from gateway.workbench.bench import open_bench
from gateway.workbench.live import LiveRun, LiveStopped, prove_live
from httpkit.clock import system_clock

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # always the same: it stands in names of tests
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


class Scripted:
    """An operator who signs in at Saison's sandbox, and agrees to everything but what `refuses` says."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    async def confirms(self, question: str) -> bool:
        self.said.append(question)
        return not (self.refuses and self.refuses in question)

    async def types(self, question: str) -> str:
        url = next(
            text.partition(": ")[2] for text in reversed(self.said) if text.startswith("a visit is begun")
        )
        async with Browser() as browser:
            page = await browser.get(url)
            page = await browser.submit(page, "/login", number="1001-0001", password="sample-taro")
            page = await browser.follow(page)
            return (await browser.submit(page, "/consent", decision="agree")).location


async def proven(folder: Path, operator: Scripted | None = None) -> tuple[Path, Path]:
    proof = folder / "saison-live.json"
    async with open_bench("saison", "https://gateway.example") as bench:
        run = LiveRun(bench=bench, operator=operator or Scripted(), clock=system_clock)
        return proof, await prove_live(run, proof, KEY)


class TestAgainstASite:
    async def test_the_whole_exchange_is_proven_and_its_recording_replays(self, tmp_path: Path) -> None:
        proof, cassette = await proven(tmp_path)
        plugin_proof = read_proof(proof, [PUBLIC])
        assert (plugin_proof.kind, plugin_proof.partner) == (ProofKind.LIVE, "saison")
        done = [step.rpartition(": ")[2] for step in plugin_proof.steps]
        assert done == [
            "NoneType", "Handoff", "LinkedAccount", "Balances", "Debited", "Debited", "Reversed", "tuple"
        ]  # fmt: skip
        text = cassette.read_text("utf-8")
        assert "gateway.Reversed(" in text
        assert "a key that" not in text
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "pytest_asyncio.plugin",
            "-o",
            "asyncio_mode=auto",
        ]
        env = {name: it for name, it in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
        ran = await asyncio.to_thread(
            subprocess.run,
            [*command, "--rootdir", str(tmp_path), "-c", os.devnull, str(cassette)],
            env=env | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout

    @pytest.mark.parametrize(
        ("refused", "says"),
        [
            ("Take ", "the debit was not wanted"),
            ("and go on", "the connection is checked: it was not confirmed"),
            ("Give ", "giving back was not wanted"),
        ],
    )
    async def test_what_the_operator_does_not_confirm_is_not_proven(
        self, refused: str, says: str, tmp_path: Path
    ) -> None:
        with pytest.raises(LiveStopped, match=f"{says}; no proof was written"):
            await proven(tmp_path, Scripted(refuses=refused))
        assert not os.listdir(tmp_path)  # noqa: PTH208  a test may look

    async def test_a_lost_answer_ends_the_run_and_names_the_debit(self, tmp_path: Path) -> None:
        async with open_bench("saison", "https://gateway.example") as bench:
            run = LiveRun(bench=bench, operator=Scripted(), clock=system_clock)
            lost = importlib.import_module("gateway.errors").OutcomeUnknown("lost")

            async def debit(_order: Any) -> Any:
                raise lost

            bench.partner.debit = debit  # type: ignore[method-assign, assignment]
            with pytest.raises(
                LiveStopped,
                match=r"the debit [0-9a-f-]{36} ended with OutcomeUnknown; no proof was written\. At the partner may stand"
                r" the debit [0-9a-f-]{36} of \d+ of \w+: look it up there",
            ):
                await run.run()


def a_proof(**changes: Any) -> PluginProof:
    from gateway_saison import Saison

    plugin_proof = PluginProof(
        kind=ProofKind.CONTRACT,
        partner="saison",
        distribution="gateway-saison",
        version="1",
        wheel="",
        files=files_hash(plugin_files(Saison)),
        kit_version="1",
        made_at=system_clock().isoformat(),
        level="take",
    )
    return replace(plugin_proof, **changes)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], Settings]:
    """`settings('level = "take", …')`: a gateway.toml that requires it of Saison."""
    (tmp_path / "saison.key").write_text("a key that both sides know")

    def load(required: str) -> Settings:
        file = tmp_path / "gateway.toml"
        file.write_text(
            '[partners.saison]\nbase_url = "https://points.example"\nmerchant_id = "us"\n'
            f'api_key = {{ file = "saison.key" }}\nrequire = {{ {required} }}\n'
        )
        return Settings.load(file)

    return load


async def refused(settings: Settings) -> str:
    """The sentence by which Saison is refused, or nothing."""
    loaded = await registry.load(settings, clock=system_clock, log=ListLog(), testing=True)
    await loaded.aclose()
    return loaded.refused[0].sentence if loaded.refused else ""


class TestWhatServeRequires:
    LEVEL = f'level = "take", contract_proof = "proof.json", signed_by = ["{PUBLIC}"]'
    LIVE = f'live_proof = "live.json", live_within_days = 30, signed_by = ["{PUBLIC}"]'

    async def test_a_plugin_that_is_proven_serves(self, settings: Any, tmp_path: Path) -> None:
        write_proof(tmp_path / "proof.json", a_proof(), KEY)
        assert await refused(settings(self.LEVEL)) == ""
        write_proof(tmp_path / "live.json", a_proof(kind=ProofKind.LIVE, level="none"), KEY)
        assert await refused(settings(self.LIVE)) == ""

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"level": "ume"}, "proves the level ume, and take is required"),
            ({"partner": "airline_miles"}, "is about airline_miles"),
            ({"files": "sha256:" + "0" * 64}, "is about other files than those that are installed"),
            ({"kind": ProofKind.LIVE}, "is a live proof, not a contract one"),
        ],
    )
    async def test_another_proof_is_none(
        self, changes: dict[str, Any], says: str, settings: Any, tmp_path: Path
    ) -> None:
        write_proof(tmp_path / "proof.json", a_proof(**changes), KEY)
        said = await refused(settings(self.LEVEL))
        assert "saison: is not proven as required: " in said
        assert says in said
        assert "run `point-gateway contract saison --proof FILE --key KEY`" in said
        assert "(gateway.toml:5)" in said

    async def test_what_is_not_proven_is_not_even_imported(self, tmp_path: Path) -> None:
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "acorn.py").write_text(
            f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\nclass Plugin:\n    pass\n"
        )
        file = tmp_path / "gateway.toml"
        file.write_text(
            f'[plugins]\ndir = "plugins"\n[partners.acorn]\nrequire = {{ {self.LEVEL} }}\n', "utf-8"
        )
        write_proof(tmp_path / "proof.json", a_proof(partner="acorn"), KEY)
        assert "is about other files" in await refused(Settings.load(file))
        assert not (tmp_path / "ran").exists()

    async def test_a_live_proof_grows_old(self, settings: Any, tmp_path: Path) -> None:
        for days, serves in ((29, True), (31, False), (-1, False)):
            made_at = (system_clock() - timedelta(days=days)).isoformat()
            write_proof(tmp_path / "live.json", a_proof(kind=ProofKind.LIVE, made_at=made_at), KEY)
            said = await refused(settings(self.LIVE))
            assert (said == "") is serves
        assert "--live --config gateway.toml" in said

    async def test_a_proof_that_was_changed_or_signed_by_a_stranger_is_none(
        self, settings: Any, tmp_path: Path
    ) -> None:
        file = tmp_path / "proof.json"
        write_proof(file, a_proof(level="ume"), KEY)
        signed = json.loads(file.read_text("utf-8"))
        signed["proof"]["level"] = "matsu"
        file.write_text(json.dumps(signed))
        assert "was changed after it was signed" in await refused(settings(self.LEVEL))
        write_proof(file, a_proof(), Ed25519PrivateKey.generate())
        assert "signed by a key that `signed_by` does not name" in await refused(settings(self.LEVEL))

    @pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"proof": 1}', "\x00"])
    async def test_what_is_no_proof_is_named(
        self, content: str | None, settings: Any, tmp_path: Path
    ) -> None:
        if content is not None:
            (tmp_path / "proof.json").write_text(content)
        said = await refused(settings(self.LEVEL))
        assert "proof.json" in said
        assert "cannot be read" in said if content is None else "is no proof" in said

    @pytest.mark.parametrize(
        ("required", "says"),
        [
            (f'level = "best", contract_proof = "p", signed_by = ["{PUBLIC}"]', "require.level: is none of"),
            (f'level = "take", signed_by = ["{PUBLIC}"]', "require.level: needs contract_proof"),
            ('level = "take", contract_proof = "p"', "require.signed_by: names no public key"),
            (
                'level = "take", contract_proof = "p", signed_by = ["x"]',
                "require.signed_by: names no public key",
            ),
            (
                f'live_proof = "p", live_within_days = -1, signed_by = ["{PUBLIC}"]',
                "is no whole number of days",
            ),
            (
                f'live_proof = "p", live_within_days = "30", signed_by = ["{PUBLIC}"]',
                "is no whole number of days",
            ),
            (f'live_within_days = 30, signed_by = ["{PUBLIC}"]', "and live_proof belong together"),
            (f'live_proof = "p", signed_by = ["{PUBLIC}"]', "and live_proof belong together"),
            (f'contract_proof = 3, signed_by = ["{PUBLIC}"]', "require.contract_proof: is no path"),
            (f'signed_by = ["{PUBLIC}"]', "requires nothing"),
            (f'levle = "take", signed_by = ["{PUBLIC}"]', "require.levle: is not known"),
        ],
    )
    def test_a_mistake_in_the_settings_is_named_with_its_place(
        self, required: str, says: str, settings: Any
    ) -> None:
        with pytest.raises(SettingsWrong) as exception_info:
            settings(required)
        assert says in str(exception_info.value)
        assert "(gateway.toml:5)" in str(exception_info.value)

    def test_require_that_is_no_table_is_named(self) -> None:
        from gateway.partners.loading.partner_settings import Place

        with pytest.raises(SettingsWrong, match="is no table"):
            Required.from_table("acme", "take", Place(None))


class TestTheHashOfFiles:
    @pytest.fixture
    def package(self, tmp_path: Path) -> Path:
        folder = tmp_path / "gateway_acme"
        (folder / "tables").mkdir(parents=True)
        (folder / "__init__.py").write_text("A = 1\n")
        (folder / "tables" / "words.json").write_text("{}")
        return folder

    @pytest.mark.parametrize(
        "name", ["__init__.py", "tables/words.json", "_core.so", "rates.toml", "tables/new.pyc", "py.typed"]
    )
    def test_is_another_when_any_file_is_another_or_new(self, package: Path, name: str) -> None:
        before = files_hash(package)
        (package / name).write_text("changed")
        assert files_hash(package) != before

    def test_is_another_when_a_file_is_called_otherwise_or_is_gone(self, package: Path) -> None:
        before = files_hash(package)
        (package / "tables" / "words.json").rename(package / "tables" / "others.json")
        renamed = files_hash(package)
        (package / "tables" / "others.json").unlink()
        assert len({before, renamed, files_hash(package)}) == 3

    def test_is_the_same_after_python_has_run_it(self, package: Path) -> None:
        before = files_hash(package)
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"x")
        assert files_hash(package) == before

    def test_of_a_link_to_a_folder_there_is_none(self, package: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (package / "more").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ProofMissing, match="is a link to a folder"):
            files_hash(package)


class TestTheCommand:
    def command(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        env = {name: it for name, it in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        return subprocess.run(
            [sys.executable, "-m", "gateway", "contract", *arguments],
            cwd=cwd, env=env | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_the_level_is_signed_with_the_operators_key(self, tmp_path: Path) -> None:
        root = Path(__file__).parents[3] / "plugins" / "saison"
        proof, key = tmp_path / "proof.json", tmp_path / "operator.pem"
        ran = self.command(
            "saison", "--in", str(root), "--proof", str(proof), "--key", str(key), cwd=tmp_path
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        public = ran.stdout.partition('signed_by = ["')[2].partition('"')[0]
        plugin_proof = read_proof(proof, [public])
        assert (plugin_proof.level, plugin_proof.exempt, plugin_proof.kind) == (
            "matsu",
            2,
            ProofKind.CONTRACT,
        )
        assert key.stat().st_mode & 0o077 == 0
        required = {"level": "matsu", "contract_proof": str(proof), "signed_by": [public]}
        from gateway_saison import Saison

        from gateway.partners.loading.partner_settings import Place

        wanted = Required.from_table("saison", required, Place(None))
        wanted.check(plugin_files(Saison), system_clock())
        with pytest.raises(ProofMissing, match="other files"):
            wanted.check(Path(__file__), system_clock())

    def test_what_is_missing_is_said(self, tmp_path: Path) -> None:
        assert "--live needs --config" in self.command("saison", "--live", cwd=tmp_path).stderr
        assert "a proof is signed" in self.command("saison", "--proof", "p.json", cwd=tmp_path).stderr
