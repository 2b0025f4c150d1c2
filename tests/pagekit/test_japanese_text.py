"""Japanese on an English page is marked as such, wherever it comes from: a voice reads it by that."""

from __future__ import annotations

import pytest

from pagekit.japanese_text import mark_japanese


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("<p>Shops of 笠間市</p>", '<p>Shops of <span lang="ja">笠間市</span></p>'),
        ("<b>見＊＊＊郎</b>", '<b><span lang="ja">見＊＊＊郎</span></b>'),
        ("<p>そば処 見本 (soba)</p>", '<p><span lang="ja">そば処 見本</span> (soba)</p>'),
        ("<p>Ibaraki (茨城県) 2</p>", '<p>Ibaraki (<span lang="ja">茨城県</span>) 2</p>'),
        ("<p>At 笠間1-2-3, 2</p>", '<p>At <span lang="ja">笠間1-2-3</span>, 2</p>'),
        ("<svg><text>東京</text></svg>", '<svg><text><tspan lang="ja">東京</tspan></text></svg>'),
        ('<option value="x">応援 1,000</option>', '<option lang="ja" value="x">応援 1,000</option>'),
    ],
)
def test_a_run_of_it_gets_an_element_of_its_own(page: str, marked: str) -> None:
    assert mark_japanese(page) == marked


@pytest.mark.parametrize(
    "page",
    [
        "<p>500 points – no Japanese</p>",
        "<title>笠間市</title>",
        '<textarea name="note">応援</textarea>',
        '<button lang="ja">日本語 <b>日本</b> 語</button>',
        '<a aria-label="笠間市" href="/">x</a>',
    ],
)
def test_what_cannot_or_need_not_be_marked_stays(page: str) -> None:
    assert mark_japanese(page) == page


def test_after_a_marked_element_of_the_same_name_the_rest_is_marked_again() -> None:
    page = '<span lang="ja">日本<span>語</span></span><span>市</span>'
    assert mark_japanese(page).endswith('<span><span lang="ja">市</span></span>')


def test_a_void_element_in_japanese_swallows_nothing() -> None:
    assert mark_japanese('<img lang="ja" alt="市"><p>市</p>').endswith('<span lang="ja">市</span></p>')
