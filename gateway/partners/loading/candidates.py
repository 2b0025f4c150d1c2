"""Where plugins come from, and what is asked of them before they are made: does the version fit, does it import?

The version is read from the distribution's metadata, so that code made for another gateway is never run.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

import gateway
from gateway.partners.calls.isolate import place_of, run_isolated_sync
from gateway.partners.loading.checks import Fault, shown

FILE_CLASS: Final = "Plugin"


class Refusal(Exception):
    """A plugin is not taken; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that could be loaded, not imported yet. `place` is what its refusals point at before import."""

    id: str
    origin: str
    load: Callable[[], object]
    dist: importlib.metadata.Distribution | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class InstalledPlugins:
    """The entry points of a group; `left_aside` is a sentence for each distribution whose metadata cannot be read."""

    entry_points: tuple[importlib.metadata.EntryPoint, ...]
    left_aside: tuple[str, ...]


def installed_plugins(group: str, path: Sequence[str] | None = None) -> InstalledPlugins:
    """Read the installed distributions one by one, so that a broken one is named and hides no other.

    Of two with one name the first on the path counts, as for an import. `path` is instead of `sys.path`.
    """
    points: list[importlib.metadata.EntryPoint] = []
    left_aside: list[str] = []
    seen: set[str] = set()
    for dist in importlib.metadata.distributions(path=list(sys.path if path is None else path)):
        folder = getattr(dist, "_path", None)
        try:
            name = canonicalize_name(dist.metadata["Name"])
            if name in seen:
                continue
            seen.add(name)
            points += dist.entry_points.select(group=group)
        except Exception as fault:  # noqa: BLE001  somebody else's package: whatever is wrong with it stays there
            place = shown(Path(str(folder)) / "entry_points.txt") if folder is not None else "a distribution"
            left_aside.append(
                f"{place} cannot be read ({type(fault).__name__}: {str(fault)[:120]}); that package is left"
                " aside: install it anew, or remove it"
            )
    return InstalledPlugins(tuple(points), tuple(left_aside))


def from_entry_points(entry_points: Iterable[importlib.metadata.EntryPoint]) -> Iterator[Candidate]:
    for point in entry_points:
        dist = point.dist
        origin = f"{dist.name} {dist.version}" if dist is not None else f"entry point {point.value}"
        yield Candidate(id=point.name, origin=origin, load=point.load, dist=dist, place=f"{origin}, METADATA")


def from_files(folder: Path | None) -> Iterator[Candidate]:
    for file in sorted(folder.glob("*.py")) if folder is not None else ():
        if not file.name.startswith("_"):
            yield Candidate(id=file.stem, origin=shown(file), load=lambda file=file: _class_in(file))  # type: ignore[misc]


def _class_in(file: Path) -> object:
    name = f"gateway_partner_file_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None  # noqa: PT018  both hold for every .py file
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    if not hasattr(module, FILE_CLASS):
        text = f"the file has no class {FILE_CLASS}; call the partner's class {FILE_CLASS}"
        raise Refusal(Fault(check="import", text=text, file=shown(file), line=1))
    return getattr(module, FILE_CLASS)


def check_version(candidate: Candidate) -> None:
    """From the distribution's metadata alone: code made for another gateway is not even imported."""
    if candidate.dist is None:
        return

    def refuse(text: str) -> Refusal:
        return Refusal(Fault(check="version", text=text, file=candidate.place))

    here = ".".join(str(part) for part in sys.version_info[:3])
    python = candidate.dist.metadata["Requires-Python"]
    try:
        if python and not SpecifierSet(python).contains(here, prereleases=True):
            raise refuse(f"needs Python {python}, this is {here}; run the gateway on such a Python")
        for line in candidate.dist.requires or ():
            requirement = Requirement(line)
            if canonicalize_name(requirement.name) != "point-gateway":
                continue
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and not requirement.specifier.contains(gateway.__version__, prereleases=True):
                raise refuse(
                    f"needs point-gateway{requirement.specifier}, this is {gateway.__version__}; "
                    f"install a release of {candidate.dist.name} made for it, or another point-gateway"
                )
    except (InvalidRequirement, InvalidSpecifier):
        raise refuse("has a requirement that cannot be read; build the distribution anew") from None


def imported(candidate: Candidate) -> object:
    ended = run_isolated_sync(candidate.load)
    fault = ended.fault
    if fault is None:
        return ended.value
    if isinstance(fault, Refusal):
        raise fault
    says = f": {str(fault)[:200]}" if isinstance(fault, ImportError | SyntaxError | AttributeError) else ""
    text = f"cannot be imported ({type(fault).__name__}{says}); correct it, or install what it needs"
    file, line = place_of_fault(fault)
    if isinstance(fault, SyntaxError) and fault.filename:
        file, line = shown(Path(fault.filename)), fault.lineno
    raise Refusal(Fault(check="import", text=text, file=file, line=line))


def place_of_fault(fault: BaseException) -> tuple[str | None, int | None]:
    file, _, line = place_of(fault).rpartition(":")
    return (file, int(line)) if file else (None, None)
