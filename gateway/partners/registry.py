"""Finds the plugins that the settings name, checks each, and makes a Partner of those that keep to the contract.

    registry = await load(settings, clock=clock, log=log)
    registry.partners["saison"]; registry.refused

Plugins come from the entry-point group `gateway.partners` (the name is the partner's id, the value its class),
then from single files `<id>.py` in the plugins folder, whose class is called `Plugin`. Only those with an
enabled table `[partners.<id>]` are imported. Checks, in this order: `found`, `version`, `import`, `proof`, `instance`,
`hooks`, `colour`, `keyword-only`, `parameters`, `required`, `id`, `coherent`. A plugin that fails one is
refused with a sentence; the gateway starts all the same, with the others.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Protocol

from gateway.errors import GatewayError, PartnerUnavailable, SecretMissing
from gateway.model import LinkKind, PartnerProfile
from gateway.partners.calls.isolate import CallResult, run_isolated_sync
from gateway.partners.calls.result_checks import ContractBroken
from gateway.partners.http_client import ClientIdentityUnusable, GuardedHttp
from gateway.partners.loading.candidates import (
    Candidate,
    InstalledPlugins,
    Refusal,
    check_version,
    from_entry_points,
    from_files,
    imported,
    installed_plugins,
    place_of_fault,
)
from gateway.partners.loading.checks import Fault, hook_faults, missing_for_link, place_of_code
from gateway.partners.loading.partner_settings import PartnerSettings, Requirement, SettingsWrong
from gateway.partners.loading.profile_checks import coherence
from gateway.partners.partner import Partner
from gateway.partners.proof import ProofMissing, plugin_files
from gateway.platform.logs import PartnerLog
from gateway.plugin_interfaces import Clock, Log, PartnerSetup

GROUP: Final = "gateway.partners"
FIRST_EDITION_GONE_IN: Final = "1.0"


class PluginSettings(Protocol):
    """What the registry needs of the settings: the partners' tables, and the folder of single-file plugins."""

    @property
    def partners(self) -> Mapping[str, PartnerSettings]: ...
    @property
    def plugins_dir(self) -> Path | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPlugin:
    """Why a plugin is not there: `sentence` names plugin, fault, remedy and place; `check` is a stable word."""

    plugin: str
    sentence: str
    check: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What was found. `idle`: installed, but without an enabled table in the settings. `origins`: where from."""

    partners: Mapping[str, Partner]
    refused: tuple[RefusedPlugin, ...] = ()
    idle: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    origins: Mapping[str, str]

    async def aclose(self) -> None:
        for partner in self.partners.values():
            await partner.aclose()


async def load(
    settings: PluginSettings,
    *,
    clock: Clock,
    log: Log,
    testing: bool = False,
    seconds: Callable[[], float] = time.monotonic,
    entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
) -> Registry:
    """Load every enabled partner of the settings. Never raises for a plugin's fault.

    `testing`: plugins get httpx's own transport, which respx can answer for. `entry_points`: instead of the
    installed ones.
    """
    installed = (
        installed_plugins(GROUP) if entry_points is None else InstalledPlugins(tuple(entry_points), ())
    )
    for sentence in installed.left_aside:
        log.warning("package_left_aside", sentence=sentence)
    candidates, refused = _candidates(installed.entry_points, settings.plugins_dir)
    enabled = {id_: partner for id_, partner in settings.partners.items() if partner.enabled}
    partners: dict[str, Partner] = {}
    origins: dict[str, str] = {}
    notes: list[str] = list(installed.left_aside)

    async def load_one(id_: str, own: PartnerSettings) -> None:
        own_log = PartnerLog(log, id_, own.known_secrets)
        http: GuardedHttp | None = None
        try:
            candidate = _candidate(id_, candidates, own)
            http = _client(own, own_log, testing=testing)
            partner = _made(candidate, own, http, clock, own_log, seconds)
            note = [*await _rates_checked(partner, clock), *_edition_notes(partner)]
        except Exception as fault:  # noqa: BLE001  one plugin never keeps the gateway from starting
            if http is not None:
                await http.aclose()
            refused.append(
                _refused_plugin(id_, fault.fault if isinstance(fault, Refusal) else _stumbled(fault))
            )
            return
        partners[id_], origins[id_] = partner, candidate.origin
        notes.extend(note)

    refused = [refusal for refusal in refused if refusal.plugin in enabled]
    wanted = {id_: own for id_, own in enabled.items() if id_ not in {refusal.plugin for refusal in refused}}
    await asyncio.gather(*(load_one(id_, own) for id_, own in wanted.items()))
    for refusal in refused:
        log.error("plugin_refused", plugin=refusal.plugin, check=refusal.check, sentence=refusal.sentence)
    for id_, partner in partners.items():
        for sentence in _edition_notes(partner):
            log.warning("plugin_deprecated", plugin=id_, sentence=sentence)
    for id_, origin in origins.items():
        log.info("plugin_loaded", plugin=id_, origin=origin)
    return Registry(
        partners={id_: partners[id_] for id_ in enabled if id_ in partners},
        refused=tuple(sorted(refused, key=lambda refusal: refusal.plugin)),
        idle=tuple(sorted(candidates.keys() - enabled.keys())),
        notes=tuple(notes),
        origins=origins,
    )


def _refused_plugin(id_: str, fault: Fault) -> RefusedPlugin:
    place = f" ({fault.file}:{fault.line})" if fault.line else f" ({fault.file})" if fault.file else ""
    return RefusedPlugin(
        plugin=id_,
        sentence=f"{id_}: {fault.text}{place}",
        check=fault.check,
        file=fault.file,
        line=fault.line,
    )


# --- finding --------------------------------------------------------------------------------------------------


def _candidates(
    entry_points: Iterable[importlib.metadata.EntryPoint], folder: Path | None
) -> tuple[dict[str, Candidate], list[RefusedPlugin]]:
    candidates: dict[str, Candidate] = {}
    refused: list[RefusedPlugin] = []
    for candidate in (*from_entry_points(entry_points), *from_files(folder)):
        if candidate.id in candidates:
            first = candidates[candidate.id].origin
            text = f"comes from {first} and from {candidate.origin}; keep one of them"
            refused.append(_refused_plugin(candidate.id, Fault(check="found", text=text)))
            continue
        candidates[candidate.id] = candidate
    return candidates, refused


def _candidate(id_: str, candidates: Mapping[str, Candidate], own: PartnerSettings) -> Candidate:
    if id_ in candidates:
        return candidates[id_]
    near = get_close_matches(id_, list(candidates), 1)
    meant = (
        f"; did you mean [partners.{near[0]}]?"
        if near
        else f" or put {id_}.py into the folder of [plugins] dir"
    )
    text = f"no installed plugin has this name; install its distribution{meant}"
    raise Refusal(Fault(check="found", text=text, file=own.place.at("partners", id_)))


def _client(own: PartnerSettings, log: Log, *, testing: bool) -> GuardedHttp:
    try:
        return GuardedHttp(
            own.id, log, testing=testing, ca_file=own.ca_file, client_identity=own.client_identity
        )
    except ClientIdentityUnusable as fault:
        place = own.place.at("partners", own.id, "client_certificate")
        raise Refusal(Fault(check="instance", text=str(fault), file=place)) from None
    except OSError as fault:  # a missing file, or one without certificates
        text = f"ca_file {own.ca_file} cannot be read ({type(fault).__name__}); name a file of certificates in PEM"
        raise Refusal(
            Fault(check="instance", text=text, file=own.place.at("partners", own.id, "ca_file"))
        ) from None


def _stumbled(fault: Exception) -> Fault:
    """A plugin whose mere looking at raises: a property of it, say, or a value that cannot be compared."""
    file, line = place_of_fault(fault)
    text = f"cannot be looked at without a {type(fault).__name__}; keep its attributes and answers plain"
    return Fault(check="instance", text=text, file=file, line=line)


# --- checking -------------------------------------------------------------------------------------------------


def _made(
    candidate: Candidate,
    own: PartnerSettings,
    http: GuardedHttp,
    clock: Clock,
    log: Log,
    seconds: Callable[[], float],
) -> Partner:
    """The partner behind a candidate. Raises Refusal at the first check that fails."""
    check_version(candidate)
    entry = imported(candidate)
    if own.required is not None:
        _check_proof(entry, own, own.required, clock)
    plugin = _instance(entry, PartnerSetup(settings=own, http=http, clock=clock, log=log))
    _refuse_first(hook_faults(plugin))
    profile = _profile(plugin)
    if isinstance(profile.link, LinkKind):
        _refuse_first(missing_for_link(plugin, profile.link))
    file, line = place_of_code(plugin.partner_profile)
    if profile.id != candidate.id:
        text = f"partner_profile().id is {profile.id!r}, its entry is called {candidate.id!r}; give both one name"
        raise Refusal(Fault(check="id", text=text, file=file, line=line))
    if faults := coherence(profile):
        raise Refusal(
            Fault(check="coherent", text=f"{faults[0]}; correct partner_profile()", file=file, line=line)
        )
    try:
        return Partner(plugin, log=log, http=http, seconds=seconds, known_secrets=own.known_secrets)
    except Exception as fault:  # noqa: BLE001  pluggy and the profile's second answer may object in many ways
        text = f"partner_profile() is not the same at every call ({type(fault).__name__}); let it give one constant"
        raise Refusal(Fault(check="coherent", text=text, file=file, line=line)) from None


def _check_proof(entry: object, own: PartnerSettings, required: Requirement, clock: Clock) -> None:
    try:
        required.check(plugin_files(entry), clock())
    except ProofMissing as fault:
        place = own.place.at("partners", own.id, "require")
        raise Refusal(Fault(check="proof", text=f"is not proven as required: {fault}", file=place)) from None


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


def _edition_notes(partner: Partner) -> list[str]:
    """A plugin of the contract's first edition still works; what it does not prove is said with its place."""
    if partner.profile.proves is not None:
        return []
    file, line = partner.place_of("partner_profile")
    facts = '{"amount", "account"}' if partner.profile.link is LinkKind.ACCOUNT else '{"amount"}'
    return [
        (
            f"{partner.id}: is written for the first edition of the contract, whose yes shows neither amount nor account:"
            f" a debit of another order is not noticed. Give Debited and DebitRecord what was taken and add"
            f" proves={facts} to the profile, or proves=set() where the partner tells neither;"
            f" the first edition goes with point-gateway {FIRST_EDITION_GONE_IN} ({file}:{line})"
        )
    ]


async def _rates_checked(partner: Partner, clock: Clock) -> list[str]:
    """The first look at the rates. A partner out of reach is no reason to refuse: each later table is checked too."""
    try:
        await partner.rate_table(clock())
    except ContractBroken as fault:
        text = str(fault).removeprefix(f"{partner.id}: ")
        place = partner.place_of("rate_table")
        await partner.aclose()
        raise Refusal(
            Fault(check="coherent", text=f"{text}; correct it", file=place[0], line=place[1])
        ) from None
    except PartnerUnavailable as fault:
        return [f"{fault}; its rates are checked when it is first reached"]
    return []
