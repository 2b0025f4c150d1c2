"""Does a plugin keep to the hooks, before anything of it is called? One fault, one sentence, one place.

Much of this would go unnoticed otherwise: a parameter with a default or after `*` is never filled, a sync
`debit` would hold up everybody, and a misspelt hook would simply not be there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from gateway.hookspecs import (
    ALWAYS_REQUIRED,
    PROJECT,
    REQUIRED_FOR_ACCOUNT_LINK,
    REQUIRED_FOR_COUPON_LINK,
    PartnerHooks,
)
from gateway.model import LinkKind

_MARK: Final = f"{PROJECT}_impl"
HOOKS: Final[Mapping[str, Callable[..., Any]]] = {
    name: function for name, function in vars(PartnerHooks).items() if not name.startswith("_")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong and what to do, without the plugin's name; `check` is the word of the check that found it."""

    check: str
    text: str
    file: str | None = None
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The text with its place."""
        place = f" ({self.file}:{self.line})" if self.line else f" ({self.file})" if self.file else ""
        return f"{self.text}{place}"


@dataclass(frozen=True, slots=True)
class Hook:
    """One marked method of a plugin. `spec` is the hook's name, `name` the method's."""

    name: str
    spec: str
    method: Callable[..., Any]
    wraps: bool

    def fault(self, check: str, text: str) -> Fault:
        file, line = place_of_code(self.method)
        return Fault(check=check, text=text, file=file, line=line)


def hook_faults(plugin: object) -> Iterator[Fault]:
    """Every fault of the marked methods, in the order of the checks. A plugin is refused for the first."""
    hooks = _marked(plugin)
    for hook in hooks:
        yield from _unknown(hook)
    for check in (_colour, _keyword_only, _parameters):
        for hook in hooks:
            if hook.spec in HOOKS:
                yield from check(hook)
    yield from missing_hooks(plugin, ALWAYS_REQUIRED, "every plugin")


def required_hooks(link: LinkKind) -> frozenset[str]:
    """Every hook that a plugin of this kind of link must have."""
    of_link = REQUIRED_FOR_ACCOUNT_LINK if link is LinkKind.ACCOUNT else REQUIRED_FOR_COUPON_LINK
    return frozenset(ALWAYS_REQUIRED) | frozenset(of_link)


def missing_for_link(plugin: object, link: LinkKind) -> Iterator[Fault]:
    """The hooks that this kind of link needs and the plugin does not have."""
    if link is LinkKind.ACCOUNT:
        yield from missing_hooks(plugin, REQUIRED_FOR_ACCOUNT_LINK, "an account link")
    else:
        yield from missing_hooks(plugin, REQUIRED_FOR_COUPON_LINK, "a coupon link")


def missing_hooks(plugin: object, names: Iterable[str], needed_by: str) -> Iterator[Fault]:
    there = {hook.spec for hook in _marked(plugin)}
    for name in names:
        if name in there:
            continue
        unmarked = getattr(plugin, name, None)
        if callable(unmarked):
            file, line = place_of_code(unmarked)
            yield Fault(
                check="required",
                text=f"{name}() is not marked; write @hookimpl above it",
                file=file,
                line=line,
            )
        else:
            file, line = place_of_code(type(plugin))
            kind = "async def" if _is_async(HOOKS[name]) else "def"
            yield Fault(
                check="required",
                text=f"{needed_by} needs {name}(); add @hookimpl {kind} {name}",
                file=file,
                line=line,
            )


def _marked(plugin: object) -> list[Hook]:
    hooks = []
    for name in dir(type(plugin)):
        method = inspect.getattr_static(type(plugin), name)
        method = method.__func__ if isinstance(method, staticmethod | classmethod) else method
        options = getattr(method, _MARK, None)
        if isinstance(options, dict):
            wraps = bool(options.get("wrapper") or options.get("hookwrapper"))
            hooks.append(Hook(name, options.get("specname") or name, getattr(plugin, name), wraps))
    return hooks


def _unknown(hook: Hook) -> Iterator[Fault]:
    if hook.spec not in HOOKS:
        yield hook.fault("hooks", f"there is no hook {hook.spec}(); {_did_you_mean(hook.spec, HOOKS)}")
    elif hook.wraps:
        yield hook.fault(
            "hooks",
            f"{hook.name}() is a hook wrapper, which ends before an async body runs; write a plain @hookimpl",
        )


def _colour(hook: Hook) -> Iterator[Fault]:
    if hook.spec == "debits_on" and inspect.isasyncgenfunction(inspect.unwrap(hook.method)):
        return  # it yields pages
    wanted, there = _is_async(HOOKS[hook.spec]), _is_async(hook.method)
    if wanted and not there:
        yield hook.fault("colour", f'{hook.name}() is declared async in gateway/hookspecs.py; add "async"')
    if there and not wanted:
        yield hook.fault(
            "colour", f'{hook.name}() is declared without async in gateway/hookspecs.py; remove "async"'
        )


def _keyword_only(hook: Hook) -> Iterator[Fault]:
    for parameter in inspect.signature(hook.method).parameters.values():
        what = None
        if parameter.kind is parameter.KEYWORD_ONLY:
            what = "stands after * and is never filled; remove the *"
        elif parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            what = "is never filled; name the parameters that you need"
        elif parameter.default is not parameter.empty:
            what = "has a default, so it is never filled; remove the default"
        if what is not None:
            yield hook.fault("keyword-only", f"{hook.name}(): the parameter `{parameter.name}` {what}")


def _parameters(hook: Hook) -> Iterator[Fault]:
    known = [name for name in inspect.signature(HOOKS[hook.spec]).parameters if name != "self"]
    for name in inspect.signature(hook.method).parameters:
        if name not in known:
            yield hook.fault(
                "parameters", f"{hook.name}() has no parameter `{name}`; {_did_you_mean(name, known)}"
            )


def place_of_code(thing: object) -> tuple[str | None, int | None]:
    """`package/file.py` and the line of the `def` or `class`, or nothing where there is no source."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    try:
        file = inspect.getsourcefile(thing)  # type: ignore[arg-type]
        lines, first = inspect.getsourcelines(thing)  # type: ignore[arg-type]
    except (TypeError, OSError):
        return None, None
    assert file is not None
    starts = (
        number
        for number, line in enumerate(lines)
        if line.lstrip().startswith(("def ", "async def ", "class "))
    )
    return shown(Path(file)), first + next(starts, 0)


def shown(file: Path) -> str:
    """A file as people name it: with its folder, without the way there."""
    return f"{file.parent.name}/{file.name}"


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(inspect.unwrap(function)) and inspect.iscoroutinefunction(function)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = get_close_matches(name, known, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are {', '.join(known)}" if known else "it takes none; remove it"
