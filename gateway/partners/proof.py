"""What an operator has proven about a plugin, signed: its level in the contract kit, its run against the test system.

    [partners.acme]
    require = { level = "take", contract_proof = "acme-contract.json", live_proof = "acme-live.json",
                live_within_days = 90, signed_by = ["…"] }

A proof belongs to the files of one plugin: any change of them needs a new one. `point-gateway contract` makes both.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.errors import GatewayError
from gateway.partners.loading.candidates import Candidate
from gateway.partners.loading.partner_settings import Place, SettingsWrong

LEVELS: Final = ("none", "ume", "take", "matsu")
MAX_LIVE_AGE_DAYS: Final = 3_650


class ProofKind(StrEnum):
    CONTRACT = "contract"
    LIVE = "live"


class ProofMissing(GatewayError):
    """A plugin is not proven as the settings require. The text says what to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginProof:
    """What was proven. `files` is the hash of the plugin's files; `cassette` that of the recorded test of a live run."""

    kind: ProofKind
    partner: str
    distribution: str
    version: str
    wheel: str
    files: str
    kit_version: str
    made_at: str
    level: str = "none"
    exempt: int = 0
    steps: tuple[str, ...] = ()
    cassette: str = ""

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Raises ValueError for anything but the plain form of a proof."""
        texts = {item.name: values.get(item.name, item.default) for item in fields(cls)}
        kind, exempt, steps = ProofKind(texts.pop("kind")), texts.pop("exempt"), texts.pop("steps")
        if type(exempt) is not int or exempt < 0 or not isinstance(steps, list | tuple):
            raise ValueError("exempt or steps")
        if (
            not all(isinstance(text, str) for text in (*texts.values(), *steps))
            or texts["level"] not in LEVELS
        ):
            raise ValueError("a text")
        if datetime.fromisoformat(texts["made_at"]).tzinfo is None:
            raise ValueError("made_at")
        return cls(kind=kind, exempt=exempt, steps=tuple(steps), **texts)

    def plain(self) -> dict[str, Any]:
        return asdict(self) | {"steps": list(self.steps)}


def write_proof(path: Path, proof: PluginProof, key: Ed25519PrivateKey) -> None:
    """The proof with the operator's signature."""
    public = key.public_key().public_bytes_raw()
    signed = {
        "proof": proof.plain(),
        "signed_by": base64.b64encode(public).decode(),
        "signature": base64.b64encode(key.sign(_canonical(proof.plain()))).decode(),
    }
    path.write_text(json.dumps(signed, ensure_ascii=False, indent=2) + "\n", "utf-8")


def read_proof(path: Path, trusted: Sequence[str]) -> PluginProof:
    """The proof in the file, when one of the `trusted` public keys (Base64) signed it. Raises ProofMissing."""
    try:
        signed = json.loads(path.read_text("utf-8"))
        plain, public, signature = signed["proof"], signed["signed_by"], base64.b64decode(signed["signature"])
        proof = PluginProof.from_plain(plain)
    except OSError as fault:
        raise ProofMissing(f"{path} cannot be read ({type(fault).__name__})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProofMissing(f"{path} is no proof of `point-gateway contract`") from None
    if public not in trusted:
        raise ProofMissing(f"{path} is signed by a key that `signed_by` does not name")
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, _canonical(plain))
    except (InvalidSignature, ValueError, TypeError):
        raise ProofMissing(f"{path} was changed after it was signed") from None
    return proof


def _canonical(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def plugin_files(plugin: object) -> Path:
    """The folder of the package that the plugin's class is in, or its one file. Raises ProofMissing."""
    package = sys.modules.get(str(getattr(plugin, "__module__", "")).partition(".")[0])
    if package is None or package.__file__ is None:
        raise ProofMissing("its files cannot be found")
    file = Path(package.__file__)
    return file.parent if file.name == "__init__.py" else file


def files_of(candidate: Candidate) -> Path:
    """The same of a plugin that is not imported. Raises ProofMissing."""
    if candidate.file is not None:
        return candidate.file
    if candidate.folder is not None:
        return candidate.folder
    try:
        spec = importlib.util.find_spec(candidate.value.partition(":")[0].partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise ProofMissing("its files cannot be found")
    file = Path(spec.origin)
    return file.parent if file.name == "__init__.py" else file


def files_hash(folder: Path) -> str:
    """One hash over the names and contents of all files of a package, or of one file.

    Tables, templates and compiled modules decide as much as Python does. Only what Python itself writes while it runs is
    left out. Raises ProofMissing where a file cannot be read.
    """
    total = hashlib.sha256()
    for path in [folder] if folder.is_file() else sorted(_files_in(folder)):
        try:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as fault:
            raise ProofMissing(f"{path} cannot be read ({type(fault).__name__})") from None
        name = path.name if folder.is_file() else path.relative_to(folder).as_posix()
        total.update(json.dumps([name, content]).encode() + b"\n")
    return f"sha256:{total.hexdigest()}"


def _files_in(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        for name in folders:
            if Path(root, name).is_symlink():
                raise ProofMissing(f"{Path(root, name)} is a link to a folder; put the folder itself there")
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (Path(root, name) for name in names)


# --- what the settings require ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """What one partner's plugin must have proven before it serves."""

    partner: str
    signed_by: tuple[str, ...]
    level: str = "none"
    contract_proof: Path | None = None
    live_proof: Path | None = None
    live_within_days: int = 0

    @classmethod
    def from_table(cls, partner: str, table: object, place: Place) -> Self:
        """Raises SettingsWrong, with file, line and remedy, for whatever cannot be followed."""

        def wrong(key: str, text: str) -> SettingsWrong:
            where = place.at("partners", partner, "require")
            return SettingsWrong(f"[partners.{partner}] require{f'.{key}' if key else ''}: {text} ({where})")

        if not isinstance(table, dict):
            raise wrong(
                "", 'is no table; write require = { level = "take", contract_proof = "…", signed_by = ["…"] }'
            )
        known = {"level", "contract_proof", "live_proof", "live_within_days", "signed_by"}
        for key in table:
            if key not in known:
                raise wrong(key, f"is not known; there are {', '.join(sorted(known))}")
        level, days, keys = (
            table.get("level", "none"),
            table.get("live_within_days", 0),
            table.get("signed_by", []),
        )
        if level not in LEVELS:
            raise wrong("level", f"is none of {', '.join(LEVELS[1:])}")
        if type(days) is not int or not 0 <= days <= MAX_LIVE_AGE_DAYS:
            raise wrong("live_within_days", f"is no whole number of days from 1 to {MAX_LIVE_AGE_DAYS}")
        if not isinstance(keys, list) or not keys or not all(_is_public_key(key) for key in keys):
            raise wrong(
                "signed_by", "names no public key; `point-gateway contract --key` prints that of an operator"
            )
        paths = {name: table.get(name, "") for name in ("contract_proof", "live_proof")}
        for name, value in paths.items():
            if not isinstance(value, str):
                raise wrong(name, "is no path")
        if level != "none" and not paths["contract_proof"]:
            raise wrong(
                "level", "needs contract_proof, the file that `point-gateway contract --proof` writes"
            )
        if bool(days) != bool(paths["live_proof"]):
            raise wrong("live_within_days", "and live_proof belong together; write both or neither")
        if level == "none" and not days:
            raise wrong("", "requires nothing; name a level or live_within_days, or take it out")
        return cls(
            partner=partner,
            signed_by=tuple(keys),
            level=level,
            contract_proof=place.base / paths["contract_proof"] if paths["contract_proof"] else None,
            live_proof=place.base / paths["live_proof"] if paths["live_proof"] else None,
            live_within_days=days,
        )

    def check(self, folder: Path, now: datetime) -> None:
        """Is the plugin in `folder` proven? Raises ProofMissing with what to run."""
        again = f"run `point-gateway contract {self.partner} --proof FILE --key KEY`"
        if self.contract_proof is not None:
            proof = self._read(self.contract_proof, ProofKind.CONTRACT, folder, again)
            if LEVELS.index(proof.level) < LEVELS.index(self.level):
                raise ProofMissing(
                    f"{self.contract_proof.name} proves the level {proof.level}, and {self.level} is required; {again}"
                )
        if self.live_proof is not None:
            again = f"run `point-gateway contract {self.partner} --live --config gateway.toml --proof FILE --key KEY`"
            proof = self._read(self.live_proof, ProofKind.LIVE, folder, again)
            age = now - datetime.fromisoformat(proof.made_at)
            if not timedelta(minutes=-5) <= age <= timedelta(days=self.live_within_days):
                raise ProofMissing(
                    f"{self.live_proof.name} was made {age.days} days ago, and {self.live_within_days} are allowed; {again}"
                )

    def _read(self, path: Path, kind: ProofKind, folder: Path, again: str) -> PluginProof:
        try:
            proof = read_proof(path, self.signed_by)
        except ProofMissing as fault:
            raise ProofMissing(f"{fault}; {again}") from None
        if proof.kind is not kind:
            raise ProofMissing(f"{path.name} is a {proof.kind} proof, not a {kind} one; {again}")
        if proof.partner != self.partner:
            raise ProofMissing(f"{path.name} is about {proof.partner}; {again}")
        if proof.files != files_hash(folder):
            raise ProofMissing(f"{path.name} is about other files than those that are installed; {again}")
        return proof


def _is_public_key(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == 32
    except ValueError:
        return False
