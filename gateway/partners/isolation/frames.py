"""Frames on the line between gateway and plugin: two lengths, one JSON object, one body.

    4 bytes   length of the JSON, unsigned, big-endian
    4 bytes   length of the body
    JSON      one object in UTF-8
    body      the body of an HTTP request or answer; empty in every other frame

A length above its limit is refused before anything of the frame is read.
"""

from __future__ import annotations

import json
import json.encoder
import struct
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, NoReturn

MAX_JSON_BYTES: Final = 256 * 2**10
"""Of a frame from the plugin: room for a rate table of many years, and read in a few milliseconds."""

MAX_JSON_BYTES_TO_PLUGIN: Final = 2**20
MAX_BODY_BYTES: Final = 8 * 2**20
_LENGTHS: Final = struct.Struct(">II")


class Malformed(Exception):
    """What came is no frame, message or value of the protocol. The text says why and quotes nothing of it."""


class Frame(NamedTuple):
    """One JSON object and one body. A tuple: four are made for each call, and a frozen dataclass takes three times as long."""

    fields: dict[str, Any]
    body: bytes = b""

    def __repr__(self) -> str:
        """Nothing of the values: members' names and secrets are among them."""
        return f"Frame({', '.join(self.fields)}; {len(self.body)} bytes)"


def encode_frame(frame: Frame, max_json_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Raises Malformed for what has no place in a frame: a longer one, or a value that JSON has not."""
    try:
        text = "".join(_encode(frame.fields, 0)).encode()
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
        whole = text.decode("utf-8").strip(_WHITESPACE)
        fields, end = _DECODER.raw_decode(whole)
    except (ValueError, RecursionError):
        raise Malformed("no JSON in UTF-8") from None
    if end != len(whole) or not isinstance(fields, dict):
        raise Malformed("JSON that is no object")
    return fields


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are not JSON."""
    raise ValueError(constant)


def _encoder() -> Callable[[object, int], Iterable[str]]:
    """JSON without spaces, in parts; `json.dumps` and `JSONEncoder.encode` make what is made here once for each call.

    A value that holds itself ends in a RecursionError.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
    )
    if (in_c := getattr(json.encoder, "c_make_encoder", None)) is None:  # another Python than CPython
        return lambda value, _: encoder.iterencode(value)
    seen = indent = None
    sort_keys = skip_keys = allow_nan = False
    texts = json.encoder.encode_basestring
    made: Callable[[object, int], Iterable[str]] = in_c(
        seen, encoder.default, texts, indent, ":", ",", sort_keys, skip_keys, allow_nan
    )
    return made


_WHITESPACE: Final = " \t\n\r"
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
_encode: Final = _encoder()
