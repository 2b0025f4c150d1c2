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
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from gateway.errors import PartnerUnavailable
from gateway.model import LinkKind, PartnerProfile
from gateway.partners.calls.result_checks import ContractBroken
from gateway.partners.http_client import ClientIdentityUnusable, GuardedHttp
from gateway.partners.isolation.fork_server import HAS_FORK_SERVER, ForkServer
from gateway.partners.isolation.keeper import PluginKeeper
from gateway.partners.isolation.launch import Launch, launch_of, out_of_reach
from gateway.partners.isolation.process import NotSealed
from gateway.partners.isolation.remote_plugin import remote_plugin
from gateway.partners.loading.candidates import Candidate, Refusal, imported, place_of_fault
from gateway.partners.loading.checks import Fault, place_of_code, required_hooks
from gateway.partners.loading.installed import (
    InstalledPlugins,
    check_version,
    from_command,
    from_entry_points,
    from_files,
    installed_plugins,
)
from gateway.partners.loading.instances import made_plugin
from gateway.partners.loading.partner_settings import Isolation, PartnerSettings
from gateway.partners.loading.profile_checks import coherence
from gateway.partners.loading.waiting import in_a_thread, named_while_waited_for
from gateway.partners.partner import Partner
from gateway.partners.proof import ProofMissing, files_of
from gateway.partners.reload import NotReloaded, Reloaded, Renewal
from gateway.partners.sftp_client import GuardedSftp, SftpUnusable
from gateway.platform.logs import PartnerLog
from gateway.plugin_interfaces import Clock, Log, NoSftp, PartnerSetup
from httpkit.named_files import FileUnusable

GROUP: Final = "gateway.partners"
IN_SERVICE: Final = Isolation.PROCESS
"""Where a plugin runs in a gateway that serves, unless its table says otherwise."""

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
    """What was found. `idle`: installed, but without an enabled table in the settings. `origins`: where from.

    `unread`: a sentence for each setting of a loaded plugin that it has not asked for.
    """

    partners: Mapping[str, Partner]
    refused: tuple[RefusedPlugin, ...] = ()
    idle: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    origins: Mapping[str, str]
    renewals: Mapping[str, Renewal]
    fork_server: ForkServer

    async def reload(
        self, id_: str, settings: PluginSettings | None = None, *, accept_profile: bool = False
    ) -> Reloaded:
        """Take the plugin's files as they are now, and its table of `settings`, without losing a call. Raises NotReloaded."""
        if (renewal := self.renewals.get(id_)) is None:
            near = get_close_matches(id_, list(self.renewals), 1)
            meant = (
                f"; did you mean {near[0]}?" if near else "; one that was refused is loaded at the next start"
            )
            raise NotReloaded(f"{id_}: no loaded plugin has this name{meant}")
        own = settings.partners.get(id_) if settings is not None else None
        if settings is not None and (own is None or not own.enabled):
            raise NotReloaded(f"{id_}: has no enabled table now, which is taken at the next start")
        return await renewal.reload(own, accept_profile=accept_profile)

    async def aclose(self) -> None:
        await asyncio.gather(*(partner.aclose() for partner in self.partners.values()))
        self.fork_server.close()


async def load(
    settings: PluginSettings,
    *,
    clock: Clock,
    log: Log,
    testing: bool = False,
    seconds: Callable[[], float] = time.monotonic,
    entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
    isolation: Isolation = Isolation.INSIDE,
) -> Registry:
    """Load every enabled partner of the settings. Never raises for a plugin's fault.

    `testing`: plugins get httpx's own transport, which respx can answer for. `entry_points`: instead of the
    installed ones. `isolation`: where a plugin runs about which the settings say nothing.
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
    renewals: dict[str, Renewal] = {}
    notes: list[str] = list(installed.left_aside)
    fork_server = ForkServer()

    async def load_one(id_: str, own: PartnerSettings) -> None:
        own_log = PartnerLog(log, id_, own.known_secrets)
        http: GuardedHttp | None = None
        try:
            candidate = _candidate(id_, candidates, own)
            http = _client(own, own_log, testing=testing)
            mode = own.isolation or isolation
            if own.command and mode is Isolation.INSIDE:
                mode = Isolation.PROCESS  # another program runs in no process but its own
            parts = _Parts(
                candidate, own, http, _sftp_client(own), clock, log, own_log, seconds, mode, fork_server
            )
            with named_while_waited_for(log, id_):
                partner = await (_made(parts) if mode is Isolation.INSIDE else _started(parts))
            note = [*await _rates_checked(partner, clock), *_edition_notes(partner)]
        except Exception as fault:  # noqa: BLE001  one plugin never keeps the gateway from starting
            if http is not None:
                await http.aclose()
            refused.append(
                _refused_plugin(id_, fault.fault if isinstance(fault, Refusal) else _stumbled(fault))
            )
            return
        partners[id_], origins[id_] = partner, candidate.origin
        renewals[id_] = Renewal(
            partner=partner, launch=lambda own: _launched_anew(parts, own, settings, entry_points)
        )
        notes.extend(note)

    refused = [refusal for refusal in refused if refusal.plugin in enabled]
    wanted = {id_: own for id_, own in enabled.items() if id_ not in {refusal.plugin for refusal in refused}}
    await asyncio.gather(*(load_one(id_, own) for id_, own in wanted.items()))
    if all(partner.keeper is None for partner in partners.values()):
        fork_server.stop()  # nobody needs it
    for refusal in refused:
        log.error("plugin_refused", plugin=refusal.plugin, check=refusal.check, sentence=refusal.sentence)
    for id_, partner in partners.items():
        for sentence in _edition_notes(partner):
            log.warning("plugin_deprecated", plugin=id_, sentence=sentence)
    unread = tuple(sentence for id_ in sorted(partners) for sentence in enabled[id_].unread())
    for sentence in unread:
        log.warning("plugin_setting_unread", sentence=sentence)
    for id_, origin in origins.items():
        log.info("plugin_loaded", plugin=id_, origin=origin, runs=where_it_runs(partners[id_]))
    return Registry(
        partners={id_: partners[id_] for id_ in enabled if id_ in partners},
        refused=tuple(sorted(refused, key=lambda refusal: refusal.plugin)),
        idle=tuple(sorted(candidates.keys() - enabled.keys())),
        notes=(*notes, *unread),
        unread=unread,
        origins=origins,
        renewals=renewals,
        fork_server=fork_server,
    )


def where_it_runs(partner: Partner) -> str:
    """In the gateway's process, or in one of its own and how well that is sealed."""
    if (keeper := partner.keeper) is None:
        return "in the gateway's process, trusted"
    if (process := keeper.process) is None:
        return "in a process of its own, which has ended"
    steps = process.sealed.applied
    sealed = ", ".join(it for it in steps if it.partition(" ")[0] in ("landlock", "seccomp", "net", "user"))
    return f"process {process.pid}, {'sealed' if process.is_sealed else 'not sealed'} ({sealed or 'nothing applied'})"


def _refused_plugin(id_: str, fault: Fault) -> RefusedPlugin:
    return RefusedPlugin(
        plugin=id_,
        sentence=f"{id_}: {fault.sentence}",
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
    if own.command:
        return from_command(id_, own.command, own.command_folder)
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
    except OSError as fault:  # no such file, or one without certificates
        holds_none = "holds no certificates; name a file of certificates in PEM"
        text = f"ca_file {own.ca_file} {fault if isinstance(fault, FileUnusable) else holds_none}"
        raise Refusal(
            Fault(check="instance", text=text, file=own.place.at("partners", own.id, "ca_file"))
        ) from None


def _sftp_client(own: PartnerSettings) -> GuardedSftp | None:
    if own.sftp is None:
        return None
    try:
        return GuardedSftp(own.id, own.sftp)
    except SftpUnusable as fault:
        raise Refusal(Fault(check="instance", text=str(fault), file=own.sftp.where)) from None


def _stumbled(fault: Exception) -> Fault:
    """A plugin whose mere looking at raises: a property of it, say, or a value that cannot be compared."""
    file, line = place_of_fault(fault)
    text = f"cannot be looked at without a {type(fault).__name__}; keep its attributes and answers plain"
    return Fault(check="instance", text=text, file=file, line=line)


# --- checking -------------------------------------------------------------------------------------------------


class _Parts(NamedTuple):
    """What a partner is made of. `own_log` is the plugin's."""

    candidate: Candidate
    own: PartnerSettings
    http: GuardedHttp
    sftp: GuardedSftp | None
    clock: Clock
    log: Log
    own_log: Log
    seconds: Callable[[], float]
    isolation: Isolation
    fork_server: ForkServer


async def _made(parts: _Parts) -> Partner:
    """The partner behind a candidate, in this process. Raises Refusal at the first check that fails."""
    check_version(parts.candidate)
    _check_proof(parts.candidate, parts.own, parts.clock)
    entry = await in_a_thread(partial(imported, parts.candidate))
    setup = PartnerSetup(
        settings=parts.own,
        http=parts.http,
        clock=parts.clock,
        log=parts.own_log,
        sftp=parts.sftp or NoSftp(parts.own.id),
    )
    plugin, profile = made_plugin(entry, setup)
    return _partner(plugin, profile, place_of_code(plugin.partner_profile), parts)


async def _started(parts: _Parts) -> Partner:
    """The same in a process of its own, of which the gateway imports nothing. Raises Refusal."""
    own = parts.own
    keeper = PluginKeeper(
        _launch(parts.candidate, parts),
        http=parts.http,
        sftp=parts.sftp,
        clock=parts.clock,
        log=parts.log,
        own_log=parts.own_log,
        must_be_sealed=parts.isolation is Isolation.PROCESS,
    )
    try:
        await keeper.start()
        plugin = remote_plugin(keeper)
        place = file, line = plugin.place_of_hook("partner_profile")
        profile = keeper.ready.profile
        if missing := sorted(required_hooks(profile.link) - keeper.ready.hooks.keys()):
            text = f"has no {missing[0]}(), which its link needs; add it"
            raise Refusal(Fault(check="required", text=text, file=file, line=line))
        return _partner(plugin, profile, place, parts)
    except NotSealed as fault:
        await keeper.aclose()
        text = (
            f'its process cannot be sealed ({fault}); write isolation = "process-unsealed" to accept that it can'
            " read what the gateway can"
        )
        where = own.place.at("partners", own.id)
        raise Refusal(Fault(check="sealed", text=text, file=where)) from None
    except OSError as fault:
        await keeper.aclose()
        text = f"its process cannot be started ({type(fault).__name__}: {fault.strerror})"
        raise Refusal(Fault(check="start", text=text)) from None
    except Refusal as refusal:
        await keeper.aclose()
        raise Refusal(out_of_reach(refusal.fault)) from None
    except BaseException:
        await keeper.aclose()
        raise


def _launch(candidate: Candidate, parts: _Parts) -> Launch:
    """What is asked before a line of the plugin runs. Raises Refusal."""
    check_version(candidate)
    _check_proof(candidate, parts.own, parts.clock)
    starter = parts.fork_server.start if HAS_FORK_SERVER else None
    return replace(launch_of(candidate, parts.own), starter=starter)


def _launched_anew(
    parts: _Parts,
    own: PartnerSettings,
    settings: PluginSettings,
    entry_points: Iterable[importlib.metadata.EntryPoint] | None,
) -> tuple[Launch, str]:
    """The same of what is installed now, with the settings as they are now; and where it comes from."""
    points = installed_plugins(GROUP).entry_points if entry_points is None else entry_points
    candidates, refused = _candidates(points, settings.plugins_dir)
    if twice := next((it for it in refused if it.plugin == own.id), None):
        raise Refusal(Fault(check="found", text=twice.sentence.removeprefix(f"{own.id}: ")))
    candidate = _candidate(own.id, candidates, own)
    return _launch(candidate, parts._replace(own=own)), candidate.origin


def _partner(
    plugin: object, profile: PartnerProfile, place: tuple[str | None, int | None], parts: _Parts
) -> Partner:
    file, line = place
    candidate = parts.candidate
    if profile.id != candidate.id:
        text = f"partner_profile().id is {profile.id!r}, its entry is called {candidate.id!r}; give both one name"
        raise Refusal(Fault(check="id", text=text, file=file, line=line))
    if faults := coherence(profile):
        raise Refusal(
            Fault(check="coherent", text=f"{faults[0]}; correct partner_profile()", file=file, line=line)
        )
    try:
        return Partner(
            plugin,
            log=parts.own_log,
            http=parts.http,
            sftp=parts.sftp,
            seconds=parts.seconds,
            known_secrets=parts.own.known_secrets,
        )
    except Exception as fault:  # noqa: BLE001  pluggy and the profile's second answer may object in many ways
        text = f"partner_profile() is not the same at every call ({type(fault).__name__}); let it give one constant"
        raise Refusal(Fault(check="coherent", text=text, file=file, line=line)) from None


def _check_proof(candidate: Candidate, own: PartnerSettings, clock: Clock) -> None:
    """Before a line of it runs: what is not proven is not imported."""
    if own.required is None:
        return
    try:
        own.required.check(files_of(candidate), clock())
    except ProofMissing as fault:
        place = own.place.at("partners", own.id, "require")
        raise Refusal(Fault(check="proof", text=f"is not proven as required: {fault}", file=place)) from None


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
