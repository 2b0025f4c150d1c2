"""Arguments and answers of each hook as JSON, made from the annotations of `gateway.hookspecs`."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from gateway.hookspecs import PartnerHooks
from gateway.model import DebitRecord
from gateway.partners.isolation.codecs import Codec, codec_of
from gateway.partners.isolation.frames import Malformed

ROWS: Final = "debits_on"
"""The hook whose answer goes in pieces, as `Rows`."""

ROW: Final = codec_of(DebitRecord)
NOTHING: Final = codec_of(None)


@dataclass(frozen=True, slots=True)
class HookValues:
    """The codecs of one hook; `answer` is that of nothing for the hook whose rows go in pieces."""

    parameters: Mapping[str, Codec]
    answer: Codec

    def encode_arguments(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        return {name: codec.encode(arguments[name]) for name, codec in self.parameters.items()}

    def decode_arguments(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Malformed."""
        if plain.keys() != self.parameters.keys():
            raise Malformed("a call with other arguments than its hook has")
        return {name: codec.decode(plain[name]) for name, codec in self.parameters.items()}


@lru_cache
def hooks() -> Mapping[str, HookValues]:
    """Every hook but `partner_profile`, which is answered once, in `Ready`."""
    functions = {name: it for name, it in vars(PartnerHooks).items() if not name.startswith("_")}
    return types.MappingProxyType(
        {
            name: _hook_values(name, function)
            for name, function in functions.items()
            if name != "partner_profile"
        }
    )


def _hook_values(name: str, function: Any) -> HookValues:
    hints = typing.get_type_hints(function)
    parameters = [it for it in inspect.signature(function).parameters if it != "self"]
    return HookValues(
        types.MappingProxyType({parameter: codec_of(hints[parameter]) for parameter in parameters}),
        NOTHING if name == ROWS else codec_of(hints["return"]),
    )
