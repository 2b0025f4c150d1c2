"""What a plugin's author may rely on, name by name: whoever changes it sees it here and decides on purpose."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import pluggy
import pytest
import structlog

import gateway
from gateway import Label, LinkKind, PartnerKind, PartnerProfile, Wallet, WalletId, hookimpl
from gateway.model import Destination
from gateway.partners.loading import deprecations
from gateway.partners.loading.checks import HOOKS
from gateway.partners.loading.deprecations import Former
from gateway.partners.partner import Partner

STORED = Path(__file__).with_name("public_api.txt")
REMEDY = (
    "the public API changed; if that is wanted, follow semantic versioning, tell it in CHANGELOG.md and write the "
    f"new listing: python {Path(__file__).name}"
)


def listing() -> str:
    """Each public name with all that its users write down: fields, members, methods, parents, hooks."""
    lines = [line for name in sorted(gateway.__all__) for line in _told(name, getattr(gateway, name))]
    lines += ["", *(f"hook {name}{inspect.signature(spec)}" for name, spec in HOOKS.items())]
    return "\n".join(lines) + "\n"


def _told(name: str, it: Any) -> Iterator[str]:
    if isinstance(it, UnionType):
        yield f"{name} = {' | '.join(kind.__name__ for kind in get_args(it))}"
        return
    if not inspect.isclass(it):
        yield f"{name}: {type(it).__name__}" if not callable(it) else f"{name}()"
        return
    parents = ", ".join(parent.__name__ for parent in it.__bases__ if parent is not object)
    yield f"class {name}({parents})" if parents else f"class {name}"
    if issubclass(it, Enum):
        yield from (f"    {member.name} = {member.value!r}" for member in it)
    elif dataclasses.is_dataclass(it):
        yield from (f"    {_field(field)}" for field in dataclasses.fields(it))
    for method, function in vars(it).items():
        if inspect.isfunction(function) and not method.startswith("_"):
            yield f"    {method}{inspect.signature(function)}"


def _field(field: dataclasses.Field[Any]) -> str:
    optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return f"{field.name}: {field.type}{' = …' if optional else ''}"


def test_the_public_api_is_the_stored_one() -> None:
    assert listing() == STORED.read_text("utf-8"), REMEDY


def test_the_authors_world_loads_no_framework_and_no_database() -> None:
    code = "import sys, gateway; print(sorted({'aiohttp', 'sqlalchemy', 'httpx', 'pydantic', 'pytest'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_former_name_works_and_its_warning_names_this_file_and_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = Former(now_at="gateway.model:Debited", instead="gateway.Debited", gone_in="2.0")
    monkeypatch.setattr(deprecations.former, "__defaults__", ({"Deducted": old},))
    with pytest.warns(
        DeprecationWarning, match=r"gateway\.Deducted goes with point-gateway 2\.0; write gateway\.Debited"
    ) as seen:
        assert gateway.Deducted is gateway.Debited  # type: ignore[attr-defined]
    assert seen[0].filename == __file__
    assert "gateway.Deducted is" in Path(__file__).read_text("utf-8").splitlines()[seen[0].lineno - 1]


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Deducted"):
        _ = gateway.Deducted  # type: ignore[attr-defined]


def test_a_hook_that_is_to_go_warns_with_the_file_and_line_of_the_method() -> None:
    class Specs:
        @gateway.hookspecs.hookspec(warn_on_impl=DeprecationWarning("old() goes with 2.0; write new()"))  # type: ignore[attr-defined]
        def old(self) -> None: ...

    class Plugin:
        @hookimpl
        def old(self) -> None: ...

    manager = pluggy.PluginManager(gateway.hookspecs.PROJECT)  # type: ignore[attr-defined]
    manager.add_hookspecs(Specs)
    with pytest.warns(DeprecationWarning, match="write new") as seen:
        manager.register(Plugin())
    assert (seen[0].filename, seen[0].lineno) == (__file__, inspect.getsourcelines(Plugin.old)[1])


async def test_an_implementation_with_fewer_arguments_keeps_working() -> None:
    class Fewer:
        @hookimpl
        def partner_profile(self) -> PartnerProfile:
            return PartnerProfile(
                id="fewer",
                name=Label("少", "Fewer"),
                kind=PartnerKind.OTHER,
                link=LinkKind.COUPON,
                points_name=Label("点", "points"),
                wallets=(
                    Wallet(id=WalletId("a"), name=Label("点", "a")),
                    Wallet(id=WalletId("b"), name=Label("点", "b")),
                ),
                hosts=("fewer.example",),
                arrives_within=timedelta(0),
                debits_may_hide_for=timedelta(0),
                terms=Label("条", "terms"),
            )

        @hookimpl
        def wallet_priority(self) -> tuple[WalletId, ...]:
            return (WalletId("b"), WalletId("a"))

        @hookimpl
        async def rate_table(self) -> gateway.RateTable:
            return gateway.RateTable(rates=())

    partner = Partner(Fewer(), log=structlog.get_logger())
    from httpkit.clock import system_clock

    assert await partner.wallet_priority(Destination.reserve(), system_clock()) == ("b", "a")
    assert await partner.rate_table(system_clock()) == gateway.RateTable(rates=())
    await partner.aclose()


if __name__ == "__main__":
    STORED.write_text(listing(), "utf-8")
