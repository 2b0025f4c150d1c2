"""Frames are whole or Malformed, however their bytes come."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.partners.isolation.codecs import Json
from gateway.partners.isolation.frames import (
    MAX_BODY_BYTES,
    MAX_JSON_BYTES,
    Frame,
    FrameBuffer,
    Malformed,
    encode_frame,
)
from gateway.partners.isolation.messages import (
    End,
    HttpRequest,
    LogLine,
    Pong,
    read_from_plugin,
    write_from_plugin,
)

FIELDS = st.dictionaries(
    st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)
)
FRAMES = st.builds(Frame, FIELDS, st.binary(max_size=300))


def frames_in(data, *, cut=1 << 30):
    buffer, frames = FrameBuffer(), []
    for start in range(0, len(data), cut):
        buffer.feed(data[start : start + cut])
        while (frame := buffer.next_frame()) is not None:
            frames.append(frame[0])
    return frames


@given(frames=st.lists(FRAMES, max_size=5), cut=st.integers(1, 50))
@settings(deadline=None)
def test_frames_come_out_as_they_went_in_wherever_the_bytes_are_cut(frames, cut):
    assert frames_in(b"".join(map(encode_frame, frames)), cut=cut) == frames


@given(data=st.binary(max_size=400))
@settings(max_examples=500)
def test_any_bytes_make_frames_or_malformed(data):
    try:
        for frame in frames_in(data):
            read_from_plugin(frame)
    except Malformed:
        pass


@given(text=st.binary(max_size=200), body=st.binary(max_size=20))
@settings(max_examples=500)
def test_any_text_in_a_frame_of_right_lengths_makes_a_message_or_malformed(text, body):
    try:
        for frame in frames_in(struct.pack(">II", len(text), len(body)) + text + body):
            read_from_plugin(frame)
    except Malformed:
        pass


@pytest.mark.parametrize(
    "lengths", [(MAX_JSON_BYTES + 1, 0), (2, MAX_BODY_BYTES + 1), (2**32 - 1, 2**32 - 1)]
)
def test_a_length_above_its_limit_is_refused_before_anything_else_is_read(lengths):
    buffer = FrameBuffer()
    buffer.feed(struct.pack(">II", *lengths))
    with pytest.raises(Malformed):
        buffer.next_frame()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"{} {}",
        b'{"is": NaN}',
        b'{"is": -Infinity}',
        b"\xff\xfe{}",
        '{"is": "花"}'.encode("cp932"),
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"n": ' + b"9" * 60_000 + b"}",
    ],
)
def test_what_is_no_object_in_utf8_is_malformed(text):
    buffer = FrameBuffer()
    buffer.feed(struct.pack(">II", len(text), 0) + text)
    with pytest.raises(Malformed):
        buffer.next_frame()


def test_space_around_the_object_is_nobodys_business():
    (frame,) = frames_in(struct.pack(">II", 17, 0) + b' \n{"is": "Pong"}\t')
    assert read_from_plugin(frame) == Pong()


def test_what_is_too_long_is_not_written():
    endless: dict[str, object] = {}
    endless["a"] = endless
    for frame in (
        Frame(endless),
        Frame({"a": "x" * MAX_JSON_BYTES}),
        Frame({}, bytes(MAX_BODY_BYTES + 1)),
        Frame({"a": float("nan")}),
        Frame({"a": "\ud800"}),
        Frame({"a": object()}),
    ):
        with pytest.raises(Malformed):
            encode_frame(frame)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (End(n=1), {"is": "End", "n": 1}),
        (End(n=1, value=Json(False), step_ms=60), {"is": "End", "n": 1, "value": False, "step_ms": 60}),
        (HttpRequest(request=2, n=1, url="u"), {"is": "HttpRequest", "request": 2, "n": 1, "url": "u"}),
        (
            LogLine(level="info", event="e", values={}),
            {"is": "LogLine", "level": "info", "event": "e", "values": {}},
        ),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_plugin_leaves_out_what_says_nothing(message, said):
    (frame,) = frames_in(write_from_plugin(message))
    assert frame.fields == said
    assert read_from_plugin(frame) == message


def test_a_frame_prints_nothing_of_what_is_in_it():
    assert repr(Frame({"is": "Call", "token": "geheim"}, b"secret")) == "Frame(is, token; 6 bytes)"


def test_a_body_stands_only_where_a_message_has_one():
    with pytest.raises(Malformed):
        read_from_plugin(Frame({"is": "Pong"}, b"x"))
    (frame,) = frames_in(write_from_plugin(Pong()))
    assert read_from_plugin(frame) == Pong()


def test_what_was_dropped_is_not_read_later():
    buffer = FrameBuffer()
    buffer.feed(write_from_plugin(Pong()) * 2)
    assert buffer.next_frame() is not None
    buffer.clear()
    assert (buffer.next_frame(), len(buffer)) == (None, 0)
