"""A yes in which the word that tells it from a no is one that nobody documented, in JSON, XML or a form.

Only texts that stand at the same place of a yes and of a no, and are words or codes, are exchanged. What is another
from one yes to the next, such as a number of the request, tells nothing and is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_UNKNOWN: Final = "kit_unknown"

_Fields = Mapping[str, str]


def in_unknown_words(yes: bytes, no: bytes | None, again: bytes | None = None) -> Iterator[tuple[str, bytes]]:
    """By name, each such yes. None where there is no `no`, or the bodies are of no kind that is known here."""
    for read, write in ((_in_json, _to_json), (_in_xml, _to_xml), (_in_form, _to_form)):
        said, denied = read(yes), read(no or b"")
        if said is None or denied is None:
            continue
        repeated = (read(again) if again is not None else None) or said
        for place, word in said.items():
            other = denied.get(place, word)
            if (
                word != other
                and word == repeated.get(place)
                and _WORD.fullmatch(word)
                and _WORD.fullmatch(other)
            ):
                name = f"a yes with an unknown word in {place}"
                yield name, write(yes, place, _unknown(word, other))
        return


def _unknown(word: str, other: str) -> str:
    """A code of digits stays one: a plugin that reads a number is not to be saved by an error in reading it."""
    if not (word.isdigit() and other.isdigit()):
        return _UNKNOWN
    return next(code for digit in "987" if (code := digit * len(word)) not in (word, other))


# --- JSON: the texts of the outermost object ---------------------------------------------------------------


def _in_json(body: bytes) -> _Fields | None:
    try:
        fields = json.loads(body)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _to_json(body: bytes, place: str, word: str) -> bytes:
    return json.dumps({**json.loads(body), place: word}).encode()


# --- XML: attributes, and elements without others in them --------------------------------------------------


def _in_xml(body: bytes) -> _Fields | None:
    root = _tree(body)
    return None if root is None else {place: text for place, text, _ in _places(root)}


def _to_xml(body: bytes, place: str, word: str) -> bytes:
    root = _tree(body)
    assert root is not None
    for known, _, put in _places(root):
        if known == place:
            put(word)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _tree(body: bytes) -> ET.Element | None:
    if not body.lstrip().startswith(b"<"):
        return None
    try:
        return ET.fromstring(body)  # noqa: S314  what the author of the test wrote
    except ET.ParseError:
        return None


def _places(root: ET.Element, way: str = "") -> Iterator[tuple[str, str, Callable[[str], None]]]:
    """Where each text stands, the text, and how another is put there."""
    here = f"{way}/{root.tag}"
    for name, value in root.attrib.items():
        yield f"{here}/@{name}", value, partial(root.set, name)
    if not len(root):
        yield here, (root.text or "").strip(), partial(setattr, root, "text")
    for element in root:
        yield from _places(element, here)


# --- a form ------------------------------------------------------------------------------------------------


def _in_form(body: bytes) -> _Fields | None:
    try:
        return dict(parse_qsl(body.decode("ascii").strip(), strict_parsing=True))
    except ValueError:
        return None


def _to_form(body: bytes, place: str, word: str) -> bytes:
    fields = parse_qsl(body.decode("ascii").strip())
    return urlencode([(name, word if name == place else value) for name, value in fields]).encode()
