"""Readings in Latin letters, for who cannot read kana: Hepburn as on road signs, long vowels without a mark. Pure.

    romaji("かさま")            Kasama
    romaji("とよ|うら")         Toyoura; `|` parts two words, whose vowels are not one long vowel
    letters_key("Tōkyō")        tokyo, which `Toukyou` and `TOKYO` are too

No permissively licensed library writes it so: they double the long vowels and leave out the apostrophe of ん before a
vowel. しんおんせん is Shin'onsen, はっちょう is Hatcho, なんば is Nanba.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from gateway.platform.typed_text import in_hiragana

_ROWS: Final = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
_OTHERS: Final = {
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "や": "ya", "ゆ": "yu", "よ": "yo",
    "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n", "ゔ": "vu",
}  # fmt: skip
_SYLLABLES: Final = {
    kana: consonant + vowel
    for consonant, row in _ROWS.items()
    for kana, vowel in zip(row, "aiueo", strict=True)
} | _OTHERS
_SMALL: Final = dict(
    zip("ぁぃぅぇぉゃゅょゎ", ("a", "i", "u", "e", "o", "ya", "yu", "yo", "wa"), strict=True)
)
_NO_Y: Final = ("sh", "ch", "j")
_LONG: Final = {("o", "u"), ("o", "o"), ("u", "u")}
_LETTERS: Final = re.compile(r"[a-z0-9\s'’.&-]+")
_BETWEEN: Final = re.compile(r"[^a-z0-9]")
_ONE_VOWEL: Final = re.compile(r"o[uo]|uu")
_N_BEFORE_LIPS: Final = re.compile(r"m(?=[bmp])")
_MAX_REMEMBERED: Final = 4_096


@lru_cache(_MAX_REMEMBERED)
def romaji(reading: str) -> str:
    """A reading in kana of any width, each word with a capital; empty where a part of it is no kana, letter or digit."""
    words = [_word(word) for word in in_hiragana(reading).replace("・", " ").split()]
    return "" if None in words else " ".join(word[:1].upper() + word[1:] for word in words if word)


def letters_key(text: str) -> str:
    """Latin letters as they are compared: marks, case, spaces, long vowels and n or m do not matter. Empty for all else."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text).casefold()
        if not unicodedata.combining(letter)
    )
    if not _LETTERS.fullmatch(bare):
        return ""
    words = (_BETWEEN.sub("", word) for word in bare.split())
    return "".join(
        _N_BEFORE_LIPS.sub("n", _ONE_VOWEL.sub(lambda vowels: vowels[0][0], word)) for word in words
    )


def _word(word: str) -> str | None:
    written = ""
    is_doubled = is_long = False
    for kana in word:
        if kana in "|ー":
            written, is_long = written + ("|" if kana == "|" else ""), False
            continue
        if kana == "っ":
            is_doubled = True
            continue
        if kana in _SMALL and written[-1:].isalpha():
            written = _joined(written, _SMALL[kana])
            is_long = False
            continue
        syllable = _SYLLABLES.get(kana) or (_SMALL.get(kana) or _plain(kana))
        if syllable is None:
            return None
        if (written[-1:], syllable) in _LONG and not is_long:
            is_long = True
            continue
        if written[-1:] == "n" and syllable[0] in "aiueoy":
            written += "'"
        if is_doubled and syllable[0].isalpha():
            written += "t" if syllable.startswith("ch") else syllable[0]
        written, is_doubled, is_long = written + syllable, False, False
    return written.replace("|", "")


def _joined(written: str, small: str) -> str:
    """The last syllable with a small kana: き and ゃ are kya, し and ゃ sha, ふ and ぁ fa, う and ぃ wi."""
    stem = written[:-1]
    if small[0] in "yw":
        return stem + (small[1:] if stem.endswith(_NO_Y) else small)
    if written[-1] == "u" and not stem[-1:].isalpha():
        stem += "w"
    return stem + small


def _plain(letter: str) -> str | None:
    is_latin = unicodedata.name(letter, "").startswith(("LATIN", "DIGIT"))
    return letter if is_latin or letter in "'&-." else None
