"""Writes a new partner's plugin: a complete distribution in a folder of its own, green at once, nothing outside it.

The templates are a working plugin called Acme; its name is exchanged for the partner's. `account` is for an
account link, `coupon` for coupon codes, `common` for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from keyword import iskeyword
from pathlib import Path
from typing import Final

from gateway.errors import GatewayError
from gateway.model import LinkKind

_ID: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MAX_LENGTH: Final = 30


class CannotWrite(GatewayError):
    """Nothing was written. The text says what is in the way."""


def write(partner: str, link: LinkKind, into: Path) -> Path:
    """Write the plugin of `partner` into `into/gateway-<partner>` and give that folder.

    Raises CannotWrite for a name that is no id, and for a folder that is there already.
    """
    if not _ID.fullmatch(partner) or len(partner) > _MAX_LENGTH or iskeyword(partner):
        raise CannotWrite(
            f"{partner!r} is no partner id; use small letters, digits and _, such as acme or sky_miles"
        )
    folder = into / f"gateway-{partner.replace('_', '-')}"
    if folder.exists():
        raise CannotWrite(f"{folder} is there already; take it away or choose another id")
    for kind in ("common", link.value):
        for path, text in _template(files("gateway.scaffold") / "template" / kind):
            target = folder / _named(path, partner)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_named(text, partner), "utf-8")
    return folder


def todos(folder: Path) -> list[str]:
    """The TODOs of a plugin in reading order, as `file:line text`."""
    lines = []
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if "# TODO:" in line:
                lines.append(f"{path.relative_to(folder)}:{number} {line.partition('# TODO:')[2].strip()}")
    return lines


def class_name(partner: str) -> str:
    """`sky_miles` → `SkyMiles`."""
    return "".join(part.capitalize() for part in partner.split("_"))


def _template(folder: Traversable, way: str = "") -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda it: it.name):
        if entry.name == "__pycache__":
            continue
        path = f"{way}/{entry.name}".lstrip("/")
        if entry.is_dir():
            yield from _template(entry, path)
        else:
            # A leading dot would hide the file from packagers and linters of this project.
            yield path.replace("dot_", "."), entry.read_text("utf-8")


def _named(text: str, partner: str) -> str:
    dashed = partner.replace("_", "-")
    name = class_name(partner)
    for old, new in (
        ("gateway-acme", f"gateway-{dashed}"),
        ("acme.example", f"{dashed}.example"),
        ("アクメ", name),
        ("Acme", name),
        ("ACME", partner.upper()),
        ("acme", partner),
    ):
        text = text.replace(old, new)
    return text
