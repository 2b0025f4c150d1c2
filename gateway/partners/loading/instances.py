"""Makes the plugin's instance and asks it who it is, in the gateway's own process or in the plugin's.

Nothing here imports a library of the server's.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from gateway.errors import GatewayError, SecretMissing
from gateway.model import LinkKind, PartnerProfile
from gateway.partners.calls.isolate import CallResult, run_isolated_sync
from gateway.partners.loading.candidates import Refusal, place_of_fault
from gateway.partners.loading.checks import Fault, hook_faults, missing_for_link, place_of_code
from gateway.partners.loading.partner_settings import SettingsWrong
from gateway.plugin_interfaces import PartnerSetup


def made_plugin(entry: object, setup: PartnerSetup) -> tuple[Any, PartnerProfile]:
    """The plugin's instance and profile. Raises Refusal at the first check that fails."""
    plugin = _instance(entry, setup)
    _refuse_first(hook_faults(plugin))
    profile = _profile(plugin)
    if isinstance(profile.link, LinkKind):
        _refuse_first(missing_for_link(plugin, profile.link))
    return plugin, profile


def _refuse_first(faults: Iterator[Fault]) -> None:
    if (fault := next(faults, None)) is not None:
        raise Refusal(fault)


def _instance(entry: object, setup: PartnerSetup) -> Any:
    """The plugin itself: the entry is a class (or a function) that takes the setup and gives an instance."""

    def refuse(text: str, place: object) -> Refusal:
        file, line = place_of_code(place)
        return Refusal(Fault(check="instance", text=text, file=file, line=line))

    if not callable(entry):
        what = "a module" if inspect.ismodule(entry) else f"a {type(entry).__name__}"
        raise refuse(f"its entry names {what}; name the class, as in gateway_acme:Acme", _class_of(entry))
    try:
        inspect.signature(entry).bind(setup)
    except (TypeError, ValueError):
        raise refuse("its class must take one PartnerSetup; write def __init__(self, setup)", entry) from None
    ended: CallResult = run_isolated_sync(lambda: entry(setup))
    if isinstance(ended.fault, SettingsWrong | SecretMissing):
        raise Refusal(Fault(check="instance", text=str(ended.fault)))  # says its own place in the settings
    if isinstance(ended.fault, GatewayError):
        raise refuse(str(ended.fault), entry)
    if ended.fault is not None:
        file, line = place_of_fault(ended.fault)
        text = f"crashes with {type(ended.fault).__name__} when it is made; correct its __init__"
        raise Refusal(Fault(check="instance", text=text, file=file, line=line))
    if isinstance(ended.value, type) or ended.value is None or inspect.ismodule(ended.value):
        what = f"the class {ended.value.__name__}" if isinstance(ended.value, type) else "no plugin"
        raise refuse(f"its entry gave {what} instead of an instance; return one, made with the setup", entry)
    return ended.value


def _class_of(entry: object) -> object:
    return entry if inspect.ismodule(entry) else type(entry)


def _profile(plugin: Any) -> PartnerProfile:
    ended = run_isolated_sync(plugin.partner_profile)
    if isinstance(ended.value, PartnerProfile):
        return ended.value
    file, line = place_of_code(plugin.partner_profile)
    what = f"crashes with {type(ended.fault).__name__}" if ended.fault else "gives no PartnerProfile"
    text = f"partner_profile() {what}; let it give one constant PartnerProfile"
    raise Refusal(Fault(check="coherent", text=text, file=file, line=line))
