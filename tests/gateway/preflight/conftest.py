"""A gateway's folder as `docs/running.md` makes it, and a check of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.preflight import Finding, State
from gateway.settings import Settings

SECURITY = "".join(
    f'{name} = {{ file = "secrets/{name}" }}\n' for name in ("sealing", "lookup", "account_key")
)

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write `gateway.toml` with sound secrets and these tables beside them, and read it."""
    (tmp_path / "secrets").mkdir()
    for name in ("sealing", "lookup", "account_key"):
        (tmp_path / "secrets" / name).write_text(secrets.token_urlsafe(48) + "\n", "utf-8")

    def read(text: str = "", *, security: str = SECURITY, env: dict[str, str] | None = None) -> Settings:
        (tmp_path / "gateway.toml").write_text(f"[security]\n{security}\n{text}", "utf-8")
        return Settings.load(tmp_path / "gateway.toml", env or {})

    return read


def refused(findings: list[Finding]) -> list[str]:
    return [finding.sentence for finding in findings if finding.state is State.REFUSED]


def warned(findings: list[Finding]) -> list[str]:
    return [finding.sentence for finding in findings if finding.state is State.WARNING]
