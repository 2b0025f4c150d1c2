"""Sentences for wrong input, in two languages, made from what the schema asks and never from what was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from gateway.http.problems import FieldError
from gateway.platform.invisible_chars import INVISIBLE

MAX_ERRORS_SHOWN: Final = 20

_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")

_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("is missing", "がありません"),
    "extra_forbidden": ("is not known here; leave it out", "は使えません。取り除いてください"),
    "model_type": ("must be an object", "はオブジェクトです"),
    "model_attributes_type": ("must be an object", "はオブジェクトです"),
    "dict_type": ("must be an object", "はオブジェクトです"),
    "list_type": ("must be a list", "はリストです"),
    "string_type": ("must be a string", "は文字列です"),
    "string_too_short": ("must have at least {min_length} characters", "は {min_length} 文字以上です"),
    "string_too_long": ("must have at most {max_length} characters", "は {max_length} 文字以内です"),
    "string_pattern_mismatch": ("must match {pattern}", "は {pattern} の形です"),
    "unseen_character": (
        "holds a line break or another character that is not seen; take it out",
        "に改行などの見えない文字があります。取り除いてください",
    ),
    "int_type": ("must be a whole number, not in quotes", "は引用符のない整数です"),
    "int_from_float": ("must be a whole number", "は整数です"),
    "int_parsing": ("must be a whole number in half-width digits", "は半角数字の整数です"),
    "int_parsing_size": ("is too large", "が大きすぎます"),
    "bool_type": ("must be true or false", "は true か false です"),
    "bool_parsing": ("must be true or false", "は true か false です"),
    "greater_than": ("must be more than {gt}", "は {gt} より大きい数です"),
    "greater_than_equal": ("must be at least {ge}", "は {ge} 以上です"),
    "less_than": ("must be less than {lt}", "は {lt} より小さい数です"),
    "less_than_equal": ("must be at most {le}", "は {le} 以下です"),
    "literal_error": ("must be one of {expected}", "は {expected} のどれかです"),
    "enum": ("must be one of {expected}", "は {expected} のどれかです"),
    "union_tag_not_found": ("lacks the field that says which kind it is", "に種類を示す項目がありません"),
    "union_tag_invalid": ("must be of a kind named in /docs", "の種類は /docs にあるものです"),
    "too_long": ("must have at most {max_length} items", "は {max_length} 件以内です"),
    "too_short": ("must have at least {min_length} items", "は {min_length} 件以上です"),
    "units_not_allowed": (
        "was not taken: {en}. Give a whole number from 1 to 9,999",
        "を読み取れません：{ja}。1 から 9,999 までの整数です",
    ),
    "date_from_datetime_parsing": ("must be a day such as 2018-07-31", "は 2018-07-31 の形の日付です"),
}
_OTHERWISE: Final = ("does not have the form that /docs shows", "は /docs にある形ではありません")


def field_errors(error: ValidationError, *, body: bool) -> list[FieldError]:
    """The errors of a model, at most twenty, each with a JSON pointer (body) or a parameter's name (query)."""
    error_details = error.errors(include_url=False, include_input=False)
    return [
        _field_error(error_details["type"], error_details["loc"], error_details.get("ctx", {}), body=body)
        for error_details in error_details[:MAX_ERRORS_SHOWN]
    ]


def _field_error(
    kind: str, location: tuple[int | str, ...], context: Mapping[str, Any], *, body: bool
) -> FieldError:
    if INVISIBLE in str(context.get("pattern", "")):  # which says nothing to a person
        kind = "unseen_character"
    text, text_ja = _SENTENCES.get(kind, _OTHERWISE)
    # A name we never declared came from the caller: it is shown only if it is a plain word.
    parts = [str(part) for part in location]
    if kind == "extra_forbidden" and not _PLAIN_NAME.fullmatch(parts[-1]):
        parts.pop()
        text, text_ja = "has a field that is not known here; leave it out", "に使えない項目があります"
    place = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
    if not body:
        place = parts[0] if parts else "query"
    known = {name: str(value) for name, value in context.items()}
    return FieldError(place, text.format(**known), text_ja.format(**known))
