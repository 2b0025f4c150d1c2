"""Lines of a file that comes in pieces, wherever the pieces end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import read_lines


async def pieces_of(content: bytes, size: int):
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def lines(content: bytes, charset: str = "utf-8", size: int = 3, per_page: int = 2):
    pages = [page async for page in read_lines(pieces_of(content, size), charset, lines_per_page=per_page)]
    assert all(len(page) == per_page for page in pages[:-1])
    return [line for page in pages for line in page]


@given(
    texts=st.lists(st.text(st.sampled_from("aあ髙①ポ,\u2028"), max_size=9)),
    size=st.integers(1, 40),
    per=st.integers(1, 5),
)
async def test_lines_are_those_that_were_written(texts, size, per):
    assert await lines("".join(f"{text}\n" for text in texts).encode(), size=size, per_page=per) == texts
    assert await lines("\r\n".join(texts).encode(), size=size, per_page=per) == (
        texts if texts and texts[-1] else texts[:-1]
    )


@pytest.mark.parametrize("charset", ["shift_jis", "Windows-31J", "euc-jp", "UTF-8"])
async def test_a_letter_may_begin_in_one_piece_and_end_in_the_next(charset):
    text = "予約,高島屋\n確定,東京\n"
    encoded = text.encode("cp932" if charset != "euc-jp" and charset != "UTF-8" else charset)
    for size in range(1, 8):
        assert await lines(encoded, charset, size) == text.splitlines()


async def test_a_mark_of_byte_order_is_no_part_of_the_first_line():
    assert await lines(b"\xef\xbb\xbfa\nb\n") == ["a", "b"]


async def test_no_line_is_ended_by_anything_but_a_line_feed():
    assert await lines("a\u2028b\x0cc\x85d\n".encode()) == ["a\u2028b\x0cc\x85d"]


@pytest.mark.parametrize(
    ("content", "charset", "why"),
    [
        (b"a\n\x81 \n", "shift_jis", "codec can't decode"),
        ("確".encode("cp932")[:1], "shift_jis", "incomplete"),
        (b"a\n", "klingon", "unknown"),
        (b"a" * (2**20 + 2), "utf-8", "more than 1,048,576 characters"),
    ],
)
async def test_what_is_no_text_is_no_file(content, charset, why):
    with pytest.raises(ValueError, match=why):
        await lines(content, charset, 2**16)
