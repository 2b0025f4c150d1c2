"""Puts the partner's guide into the wheel: who installs it has no checkout to read in. An editable install has one."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = ("hooks", "first-hour.md", "going-live.md", "reference.md", "running-a-plugin.md")


class Guide(BuildHookInterface):  # type: ignore[type-arg]
    """`docs/<page>` becomes `gateway/guide/<page>`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {f"docs/{page}": f"gateway/guide/{page}" for page in PAGES}
