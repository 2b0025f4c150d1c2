"""What a shop says of itself when it applies: checked when it is written down, kept sealed.

Raises ProblemError `bad-application` (422), naming the field, for what nobody could examine or answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Final

from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.members.mail_addresses import checked_address
from gateway.platform.kana_reading import kana_reading
from gateway.platform.typed_text import plain_width, without_separators

MAX_LENGTH: Final = 200
_TELEPHONE: Final = re.compile(r"\+?[0-9]{9,13}")
_KANJI: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationEntry:
    """The shop as the register will have it, and whom the city asks back. All fields are there, without margins."""

    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    contact: str
    mail: str

    def __post_init__(self) -> None:
        for name in ("name", "name_kana", "category", "address", "phone", "contact", "mail"):
            text = getattr(self, name).strip()
            if not text:
                raise bad_application(name, "it is needed")
            if len(text) > MAX_LENGTH:
                raise bad_application(name, f"at most {MAX_LENGTH} characters")
            object.__setattr__(self, name, text)
        if has_kanji(self.name_kana):
            raise bad_application("name_kana", "write the reading in kana")
        object.__setattr__(self, "phone", plain_width(self.phone))
        if not is_telephone(self.phone):
            raise bad_application("phone", "give a telephone number with its area code")
        try:
            object.__setattr__(self, "mail", checked_address(self.mail))
        except ProblemError:
            raise bad_application("mail", "give a mail address such as shop@example.jp") from None

    @property
    def with_reading(self) -> ApplicationEntry:
        """The entry with its reading in one width, for what is submitted now. Raises ProblemError as a new entry."""
        reading = kana_reading(self.name_kana)
        if reading is None:
            raise bad_application("name_kana", "write the reading in hiragana or katakana")
        return replace(self, name_kana=reading)

    @property
    def shop_entry(self) -> ShopEntry:
        """What of it stands on the register."""
        return ShopEntry(
            name=self.name,
            name_kana=self.name_kana,
            category=self.category,
            address=self.address,
            phone=self.phone,
        )

    @property
    def text(self) -> str:
        """As it is sealed; `read_entry` gives the same value again."""
        return json.dumps(asdict(self), ensure_ascii=False)


def has_kanji(text: str) -> bool:
    return _KANJI.search(text) is not None


def is_telephone(text: str) -> bool:
    """Whether `text`, in half width, is a telephone number with its area code."""
    return _TELEPHONE.fullmatch(without_separators(text).replace("(", "").replace(")", "")) is not None


def read_entry(text: str) -> ApplicationEntry:
    return ApplicationEntry(**json.loads(text))


def bad_application(field: str, text: str) -> ProblemError:
    return ProblemError("bad-application", f"{field}: {text}", field=field)
