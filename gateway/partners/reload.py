"""A plugin's new files without a restart: a second process takes all new calls, the first comes to its end.

The second process is started from what is installed now and the plugin's table as it is now, and checked as at the start. Where it does not start, or promises
something else that the operator has not accepted, the first goes on and the text says why. No call is lost: a call
belongs to the process that it was given to.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.errors import GatewayError
from gateway.model import PartnerProfile
from gateway.partners.isolation.launch import Launch
from gateway.partners.isolation.messages import Ready
from gateway.partners.isolation.process import NotSealed
from gateway.partners.isolation.remote_plugin import remote_plugin
from gateway.partners.loading.candidates import Refusal
from gateway.partners.loading.checks import Fault, required_hooks
from gateway.partners.loading.partner_settings import GATEWAYS_OWN, PartnerSettings
from gateway.partners.loading.profile_checks import coherence
from gateway.partners.partner import Partner

_TEXTS: Final = frozenset({"name", "points_name", "terms", "notes", "kind", "arrives_within", "deadline_s"})
"""What may change without being asked about: texts, and what decides about no point."""


_OF_THE_GATEWAY: Final = (
    "ca_file",
    "client_identity",
    "sftp",
    "isolation",
    "required",
    "command",
    "command_folder",
)
"""Fields of the settings that other parts of the gateway hold."""


class NotReloaded(GatewayError):
    """The process that was there goes on; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """`origin` is the distribution and version now, `changes` what the plugin promises otherwise than before.

    `settings` are the names of those that are other ones now, `unread` a sentence for each that the plugin does not read.
    """

    origin: str
    pid: int
    changes: tuple[str, ...]
    settings: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How one plugin is loaded anew: `launch` finds and checks its files again. Raises Refusal."""

    partner: Partner
    launch: Callable[[PartnerSettings], tuple[Launch, str]]

    async def reload(self, own: PartnerSettings | None, *, accept_profile: bool = False) -> Reloaded:
        """`own`: its table as it is now, where that was read again. Raises NotReloaded."""
        keeper = self.partner.keeper
        if keeper is None:
            raise NotReloaded(
                f"{self.partner.id}: runs in the gateway's own process (trusted = true); restart the gateway"
            )
        importlib.invalidate_caches()
        before = keeper.launch.settings
        changes: tuple[str, ...] = ()

        def accept(ready: Ready) -> None:
            nonlocal changes
            _check(self.partner.profile, ready)
            changes = _changes(keeper.ready, ready)
            if changes and not accept_profile:
                raise NotReloaded(
                    f"{self.partner.id}: promises something else than before: {'; '.join(changes)}. Read it, then reload with"
                    " --accept-profile"
                )

        try:
            launch, origin = self.launch(_settings_again(before, own))
            process = await keeper.replace(launch, accept, lambda: self.partner.renew(remote_plugin(keeper)))
        except NotSealed as missing:
            raise NotReloaded(f"{self.partner.id}: its process cannot be sealed ({missing})") from None
        except Refusal as refusal:
            fault = refusal.fault
            place = (
                f" ({fault.file}:{fault.line})" if fault.line else f" ({fault.file})" if fault.file else ""
            )
            raise NotReloaded(f"{self.partner.id}: {fault.text}{place}") from None
        except OSError as no_start:
            text = f"its process cannot be started ({type(no_start).__name__}: {no_start.strerror})"
            raise NotReloaded(f"{self.partner.id}: {text}") from None
        return Reloaded(
            origin=origin,
            pid=process.pid,
            changes=changes,
            settings=_other_settings(before, launch.settings),
            unread=launch.settings.unread(),
        )


def _settings_again(before: PartnerSettings, now: PartnerSettings | None) -> PartnerSettings:
    """The plugin's table as it is now, with the secrets that are known already. Raises NotReloaded.

    What the gateway itself reads of the table is held by parts of it that stay: it must be as it was.
    """
    if now is None:
        return before
    changed = [name for name in _OF_THE_GATEWAY if getattr(before, name) != getattr(now, name)]
    changed += [name for name in GATEWAYS_OWN if before.table.get(name) != now.table.get(name)]
    if changed:
        where = now.place.at("partners", now.id)
        raise NotReloaded(
            f"{before.id}: its {changed[0]} is another one now; restart the gateway, or write what was there ({where})"
        )
    return now.with_known_secrets_of(before)


def _other_settings(before: PartnerSettings, now: PartnerSettings) -> tuple[str, ...]:
    """The names of those that are not what they were; a secret's is there where it is kept elsewhere."""
    names = before.table.keys() | now.table.keys()
    return tuple(sorted(name for name in names if before.table.get(name) != now.table.get(name)))


def _check(before: PartnerProfile, ready: Ready) -> None:
    """What the registry asks at the start. Raises Refusal."""
    place = ready.place_of("partner_profile")
    if ready.profile.id != before.id:
        text = f"partner_profile().id is {ready.profile.id!r} now; give it the name of its table again"
        raise Refusal(Fault(check="id", text=text, file=place.file, line=place.line))
    if faults := coherence(ready.profile):
        text = f"{faults[0]}; correct partner_profile()"
        raise Refusal(Fault(check="coherent", text=text, file=place.file, line=place.line))
    if missing := sorted(required_hooks(ready.profile.link) - ready.hooks.keys()):
        text = f"has no {missing[0]}(), which its link needs; add it"
        raise Refusal(Fault(check="required", text=text, file=place.file, line=place.line))


def _changes(before: Ready, after: Ready) -> tuple[str, ...]:
    """A sentence for each promise that is another one now."""
    changes = [
        f"{field.name} was {_shown(old)} and is {_shown(new)}"
        for field in dataclasses.fields(PartnerProfile)
        if field.name not in _TEXTS
        and (old := getattr(before.profile, field.name)) != (new := getattr(after.profile, field.name))
    ]
    gone = before.hooks.keys() - after.hooks.keys()
    return (*changes, *(f"the hook {name}() is gone" for name in sorted(gone)))


def _shown(value: object) -> str:
    if isinstance(value, tuple | frozenset | set):
        names = [str(getattr(it, "id", it)) for it in value]
        return ", ".join(names if isinstance(value, tuple) else sorted(names)) or "nothing"
    return str(value)
