"""Frames on the line between gateway and plugin: two lengths, one JSON object, one body.

    4 bytes   length of the JSON, unsigned, big-endian
    4 bytes   length of the body
    JSON      one object in UTF-8
    body      the body of an HTTP request or answer; empty in every other frame

A length above its limit is refused before anything of the frame is read.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

MAX_JSON_BYTES: Final = 256 * 2**10
"""Of a frame from the plugin: room for a rate table of many years, and read in a few milliseconds."""

MAX_JSON_BYTES_TO_PLUGIN: Final = 2**20
MAX_BODY_BYTES: Final = 8 * 2**20
_LENGTHS: Final = struct.Struct(">II")


class Malformed(Exception):
    """What came is no frame, message or value of the protocol. The text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One JSON object and one body."""

    fields: dict[str, Any]
    body: bytes = field(default=b"", repr=False)


def encode_frame(frame: Frame, max_json_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Raises Malformed for what has no place in a frame: a longer one, or a value that JSON has not."""
    try:
        text = _ENCODER.encode(frame.fields).encode()
    except (ValueError, TypeError, RecursionError) as fault:
        raise Malformed(f"a value that JSON has not ({type(fault).__name__})") from None
    if len(text) > max_json_bytes:
        raise Malformed(f"JSON of more than {max_json_bytes:,} bytes")
    if len(frame.body) > MAX_BODY_BYTES:
        raise Malformed(f"a body of more than {MAX_BODY_BYTES:,} bytes")
    return _LENGTHS.pack(len(text), len(frame.body)) + text + frame.body


class FrameBuffer:
    """Takes bytes as they come and gives whole frames. After Malformed nothing more is to be read."""

    def __init__(self, max_json_bytes: int = MAX_JSON_BYTES) -> None:
        self._max_json_bytes = max_json_bytes
        self._bytes = bytearray()
        self._lengths: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def clear(self) -> None:
        """Drop what has not been read."""
        self._bytes.clear()
        self._lengths = None

    def next_frame(self) -> tuple[Frame, int] | None:
        """The next whole frame and the bytes of its JSON; None while it is not whole. Raises Malformed."""
        if self._lengths is None:
            if len(self._bytes) < _LENGTHS.size:
                return None
            json_bytes, body_bytes = _LENGTHS.unpack_from(self._bytes)
            if json_bytes > self._max_json_bytes or body_bytes > MAX_BODY_BYTES:
                raise Malformed("a length above its limit")
            self._lengths = (json_bytes, body_bytes)
        json_bytes, body_bytes = self._lengths
        text_ends = _LENGTHS.size + json_bytes
        if len(self._bytes) < text_ends + body_bytes:
            return None
        text, body = (
            bytes(self._bytes[_LENGTHS.size : text_ends]),
            bytes(self._bytes[text_ends : text_ends + body_bytes]),
        )
        del self._bytes[: text_ends + body_bytes]
        self._lengths = None
        return Frame(_object(text), body), json_bytes


def _object(text: bytes) -> dict[str, Any]:
    try:
        fields = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("no JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise Malformed("JSON that is no object")
    return fields


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are not JSON."""
    raise ValueError(constant)


# `json.dumps` and `json.loads` make one of these for each call.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
