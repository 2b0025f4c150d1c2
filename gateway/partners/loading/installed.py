"""Where plugins come from, and whether each was made for this gateway.

The version is read from the distribution's metadata, so that code made for another gateway is never run.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

import gateway
from gateway.partners.loading.candidates import Candidate, Refusal, class_in
from gateway.partners.loading.checks import Fault, shown


@dataclass(frozen=True, slots=True)
class InstalledPlugins:
    """The entry points of a group; `left_aside` is a sentence for each distribution whose metadata cannot be read."""

    entry_points: tuple[importlib.metadata.EntryPoint, ...]
    left_aside: tuple[str, ...]


def installed_plugins(group: str, path: Sequence[str] | None = None) -> InstalledPlugins:
    """Read the installed distributions one by one, so that a broken one is named and hides no other.

    Of two with one name the first on the path counts, as for an import. `path` is instead of `sys.path`.
    """
    places = list(sys.path if path is None else path)
    points: list[importlib.metadata.EntryPoint] = []
    left_aside: list[str] = []
    for dist in importlib.metadata.distributions(path=places):
        folder = getattr(dist, "_path", None)
        try:
            own = dist.entry_points.select(group=group)
            # A name is read where it matters: the metadata of all that is installed takes longer than the rest of a start.
            if own and _is_first_of_its_name(dist, places):
                points += own
        except Exception as fault:  # noqa: BLE001  somebody else's package: whatever is wrong with it stays there
            place = shown(Path(str(folder)) / "entry_points.txt") if folder is not None else "a distribution"
            left_aside.append(
                f"{place} cannot be read ({type(fault).__name__}: {str(fault)[:120]}); that package is left"
                " aside: install it anew, or remove it"
            )
    return InstalledPlugins(tuple(points), tuple(left_aside))


def _is_first_of_its_name(dist: importlib.metadata.Distribution, places: list[str]) -> bool:
    name = dist.metadata["Name"]
    first = next(iter(importlib.metadata.distributions(name=name, path=places)), dist)
    return getattr(first, "_path", None) == getattr(dist, "_path", None)


def from_entry_points(entry_points: Iterable[importlib.metadata.EntryPoint]) -> Iterator[Candidate]:
    for point in entry_points:
        dist = point.dist
        origin = f"{dist.name} {dist.version}" if dist is not None else f"entry point {point.value}"
        yield Candidate(
            id=point.name,
            origin=origin,
            load=point.load,
            dist=dist,
            place=f"{origin}, METADATA",
            value=point.value,
        )


def from_files(folder: Path | None) -> Iterator[Candidate]:
    for file in sorted(folder.glob("*.py")) if folder is not None else ():
        if not file.name.startswith("_"):
            load = functools.partial(class_in, file)
            yield Candidate(id=file.stem, origin=shown(file), load=load, file=file)


def from_command(id_: str, command: tuple[str, ...], folder: Path | None) -> Candidate:
    """A plugin that is another program; nothing of it is imported."""
    return Candidate(
        id=id_, origin=f"command {command[0]}", load=lambda: None, command=command, folder=folder
    )


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
