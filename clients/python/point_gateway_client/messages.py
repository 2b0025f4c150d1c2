"""The base class of every request body and every answer, which the generated models share."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True):
    """Immutable and compared by value. An answer's fields that this version does not know are ignored."""
