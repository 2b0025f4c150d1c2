"""How often Python looks for cycles of objects in a process that serves."""

from __future__ import annotations

import gc
from typing import Final

GC_INTERVAL: Final = 20_000
"""New objects between two looks. An answer makes some thousands, nearly all of which go by themselves; at Python's
own 700 the looking took 4 % of an exchange's CPU time."""


def reduce_gc() -> None:
    """Called once all is set up: what is there now stays, and need not be walked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_INTERVAL)
