"""What exactly was tested: the plugin's distribution and version, the wheel it came from, the kit's version, the day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Self

from gateway.model import JST
from gateway.partners.proof import files_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """`wheel` is the hash of the wheel where the installer kept it, `files` that of what is installed or lies there."""

    distribution: str
    version: str
    kit_version: str
    wheel: str
    files: str
    tested_on: str
    made_at: str = ""

    @classmethod
    def of(cls, package: str, folder: Path, at: datetime) -> Self:
        """Of the plugin in this import package, whose source is in `folder`."""
        try:
            names = packages_distributions().get(package) or [package.replace("_", "-")]
            installed: Distribution | None = distribution(names[0])
        except PackageNotFoundError:
            installed = None
        return cls(
            distribution=installed.name if installed is not None else package,
            version=installed.version if installed is not None else "not installed",
            kit_version=kit_version(),
            wheel=_wheel_hash(installed),
            files=files_hash(folder),
            tested_on=f"{at.astimezone(JST):%Y-%m-%d}",
            made_at=at.isoformat(),
        )

    @classmethod
    def from_plain(cls, values: Mapping[str, str]) -> Self:
        return cls(**{item.name: str(values.get(item.name, "")) for item in fields(cls)})

    def plain(self) -> dict[str, str]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def sentence(self) -> str:
        wheel = f"wheel {self.wheel}" if self.wheel else "not installed from a wheel"
        return (
            f"{self.distribution} {self.version} ({wheel}; files {self.files[:19]}…), "
            f"point-gateway {self.kit_version}, tested on {self.tested_on}"
        )


def kit_version() -> str:
    try:
        return distribution("point-gateway").version
    except PackageNotFoundError:
        return "not installed"


def _wheel_hash(installed: Distribution | None) -> str:
    """As the installer noted it (PEP 610); an index's wheel and an editable install leave no such note."""
    try:
        noted = json.loads((installed.read_text("direct_url.json") or "") if installed is not None else "{}")
        hashes = noted["archive_info"]["hashes"]
        name = "sha256" if "sha256" in hashes else min(hashes)
        return f"{name}:{hashes[name]}"
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
