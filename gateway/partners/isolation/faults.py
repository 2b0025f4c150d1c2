"""How a hook ended without an answer, written for the line and read from it again."""

from __future__ import annotations

import re
from typing import Any, Final

from gateway import errors
from gateway.errors import GatewayError, PartnerRefused, PartnerUnavailable
from gateway.partners.calls.isolate import place_of
from gateway.partners.calls.result_checks import WrongAnswer
from gateway.partners.isolation.frames import Malformed
from gateway.partners.isolation.hook_values import HookValues
from gateway.partners.isolation.messages import Fault

MAX_TEXT: Final = 2_000
CRASH, WRONG = "Crash", "Wrong"
_KINDS: Final[dict[str, type[GatewayError]]] = {
    kind.__name__: kind
    for kind in (
        errors.OutcomeUnknown,
        errors.NotSent,
        errors.HandoffRefused,
        errors.CouponRefused,
        errors.LinkEnded,
        errors.PushRefused,
        errors.PartnerRefused,
        errors.PartnerUnavailable,
        errors.GatewayError,
    )
}
_WORD: Final = re.compile(r"[A-Za-z_]\w{0,79}", re.ASCII)


class PluginCrash(Exception):
    """An exception that left a hook in its own process. It has the type's name and the place, and no text."""

    def __init__(self, type_name: str, place: str) -> None:
        super().__init__(type_name)
        self.type_name = type_name
        self.place = place


class PluginTimeout(PluginCrash, TimeoutError):
    """The same of a TimeoutError, which says something about the partner."""


def described(fault: BaseException) -> Fault:
    """A plugin's exception for the line."""
    if not isinstance(fault, GatewayError):
        kind = "TimeoutError" if isinstance(fault, TimeoutError) else type(fault).__name__
        return Fault(kind=CRASH, text=plain(kind), place=plain(place_of(fault)))
    kind = next((it.__name__ for it in type(fault).__mro__ if _KINDS.get(it.__name__) is it), "GatewayError")
    reason = getattr(fault, "reason", "") if isinstance(fault, PartnerRefused) else ""
    wait_s = fault.retry_after_s if isinstance(fault, PartnerUnavailable) else None
    return Fault(
        kind=kind,
        text=plain(fault),
        reason=plain(reason) if isinstance(reason, str) else "",
        retry_after_s=wait_s if type(wait_s) is int and 0 <= wait_s < 2**31 else None,
    )


def wrong(answer: object, values: HookValues, fault: Exception) -> Fault:
    """An answer that cannot be written."""
    del values
    if not isinstance(fault, Malformed):
        return Fault(kind=WRONG, text=f"gave an answer that breaks when read ({type(fault).__name__})")
    what = "None" if answer is None else f"a {plain(type(answer).__name__)}"
    return Fault(kind=WRONG, text=f"answered {what} that the contract does not know: {fault}")


def raised(fault: Fault) -> Exception:
    """The exception that the hook is to end with in the gateway; whatever was said, one of these."""
    if fault.kind == WRONG:
        return WrongAnswer(fault.text[:MAX_TEXT])
    kind = _KINDS.get(fault.kind)
    if kind is None:
        name = fault.text if _WORD.fullmatch(fault.text) else "Exception"
        crash = PluginTimeout if name == "TimeoutError" else PluginCrash
        return crash(name, " ".join(fault.place.split())[:200] or "no place known")
    text = fault.text[:MAX_TEXT]
    if issubclass(kind, PartnerRefused):
        return kind(fault.reason, text)
    if issubclass(kind, PartnerUnavailable):
        return kind(text, fault.retry_after_s)
    return kind(text)


def plain(value: Any) -> str:
    """A text that a frame can hold, whatever the value does when it is written."""
    try:
        text = str(value)
    except Exception as fault:  # noqa: BLE001  a plugin's own exception may have a text that raises
        text = type(fault).__name__
    return text[:MAX_TEXT].encode(errors="replace").decode()
