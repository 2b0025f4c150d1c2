"""What tells who a member is: names, mail addresses and card numbers, put into a partner's answers and looked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote

import httpx

from gateway.testkit.bodies import read_body
from gateway.testkit.contract.unclear import like_it

NAME: Final = "山田 花子"
MAIL: Final = "hanako.kit@mail.example"
CARD: Final = "4111 1111 1111 1111"
PHONE: Final = "090-1234-5678"

_MAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CARD: Final = re.compile(r"(?<![0-9A-Za-z.-])(?:[0-9][ -]?){12,18}[0-9](?![0-9A-Za-z-])")
_PHONE: Final = re.compile(r"(?<![0-9A-Za-z.-])0[5789]0[- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9A-Za-z-])")
_ESCAPED: Final = re.compile(r"\\+u([0-9a-fA-F]{4})")
_NAMES: Final = re.compile(
    r"^name$|(?:customer|user|member|holder|account|profile|会員)[._/]name$"
    r"|(?:^|[._/@\]])(?:full_?name|customer_?name|member_?name|holder_?name|card_?holder(?:_?name)?|cardholder"
    r"|family_?name|given_?name|first_?name|last_?name|kana|name_?kana|kanji|name_?kanji|氏名|名前|会員名|お客様名|カナ)$",
    re.IGNORECASE,
)


def with_a_person(_request: httpx.Request, answer: httpx.Response, *, status: int | None) -> httpx.Response:
    """The answer with a person in it, beside what it says, and with another status where one is given."""
    person = {
        "full_name": NAME,
        "email": MAIL,
        "card_number": CARD,
        "phone": PHONE,
        "message": f"{NAME} <{MAIL}> {PHONE} {CARD}",
    }
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if status is not None and status != 200:
        return httpx.Response(status, json={"error": person, **person})
    if not isinstance(body, dict):
        return answer
    if status == 200:
        return like_it(answer, json.dumps({"error": person, **person}).encode())
    return like_it(answer, json.dumps({**person, **body}).encode())


def personal_texts(answers: Iterable[httpx.Response]) -> list[str]:
    """The names that the partner's answers carry, by the names of their fields, and the kit's own."""
    names = {NAME}
    for answer in answers:
        body = read_body(answer.content, answer.headers.get("content-type", ""))
        for path, value in (body.values if body is not None else {}).items():
            if isinstance(value, str) and len(value) >= 2 and _NAMES.search(path):
                names |= {value, repr(value)[1:-1]}  # a log line may have it as Python writes it
    return sorted(names)


def personal(text: str, names: Sequence[str], *, parts: bool = False) -> str | None:
    """What of a person stands in the text, in words; None for nothing. It may be escaped for an address or for JSON.

    `parts`: half of a name is one too, as in a log; on a page "山田 様" is what the member recognises.
    """
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    text = f"{text} {unquote(text)}"
    if _MAIL.search(text):
        return "a mail address"
    if _PHONE.search(text):
        return "a telephone number"
    if any(_is_a_card(match[0]) for match in _CARD.finditer(text)):
        return "a card number"
    closed = _without_spaces(text)
    halves = (
        [it for name in names for it in name.split() if len(it) >= 2 and not it.isascii()] if parts else []
    )
    if any(name in text or _without_spaces(name) in closed for name in (*names, *halves)):
        return "a name"
    return None


def _without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def _is_a_card(digits: str) -> bool:
    numbers = [int(it) for it in digits if it.isdigit()]
    if len(set(numbers)) < 2 or numbers[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = [it if place % 2 == 0 else it * 2 - 9 * (it > 4) for place, it in enumerate(reversed(numbers))]
    return sum(doubled) % 10 == 0
