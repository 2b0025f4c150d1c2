"""The former name of `gateway.testkit.stubs`. Import from there."""

from __future__ import annotations

import warnings

from gateway.testkit.stubs import HandClock, ListLog, PlainSettings, handoff_return

__all__ = ["HandClock", "ListLog", "PlainSettings", "handoff_return"]

warnings.warn(
    "gateway.testkit.plugin_world is called gateway.testkit.stubs now; import from there",
    DeprecationWarning,
    stacklevel=2,
)
