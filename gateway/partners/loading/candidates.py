"""A plugin that could be loaded, and its import; why one is not taken.

A plugin's own process imports this before anything of the plugin, so it stays small.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.partners.calls.isolate import place_of, run_isolated_sync
from gateway.partners.loading.checks import Fault, shown

if TYPE_CHECKING:
    from importlib.metadata import Distribution

FILE_CLASS: Final = "Plugin"


class Refusal(Exception):
    """A plugin is not taken; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that could be loaded, not imported yet. `place` is what its refusals point at before import.

    Its code is `value` (`module:Class`) of an entry point, or `file`, or a `command` whose code is in `folder`.
    """

    id: str
    origin: str
    load: Callable[[], object]
    dist: Distribution | None = None
    place: str | None = None
    value: str = ""
    file: Path | None = None
    command: tuple[str, ...] = ()
    folder: Path | None = None


def class_in(file: Path) -> object:
    """The class of a single-file plugin. Raises Refusal where there is none, and whatever the file raises."""
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
