"""Names of the public API that are on their way out: they still work, and say once where they stand and what to write.

A hook, or an argument of one, is announced in `gateway.hookspecs` itself with pluggy's `warn_on_impl` and
`warn_on_impl_args`; those warnings carry the file and line of the plugin's method.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Where the value is now (`module:name`), what to write instead, and the release that no longer knows the name."""

    now_at: str
    instead: str
    gone_in: str


FORMER: Final[Mapping[str, Former]] = {}


def former(name: str, known: Mapping[str, Former] = FORMER) -> Any:
    """The value of a former name, with a DeprecationWarning at the line that used it.

    Raises AttributeError for a name that never was.
    """
    if name not in known:
        raise AttributeError(f"module 'gateway' has no attribute {name!r}")
    entry = known[name]
    warnings.warn(
        f"gateway.{name} goes with point-gateway {entry.gone_in}; write {entry.instead}",
        DeprecationWarning,
        stacklevel=3,
    )
    module, _, attribute = entry.now_at.partition(":")
    return getattr(importlib.import_module(module), attribute)
