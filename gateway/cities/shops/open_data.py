"""The register of shops for anybody (オープンデータ): a CSV in the columns of the 自治体標準オープンデータセット's lists of places.

Only what the city's register says in public of a shop that takes points: name, reading, category, address; the telephone where the
operator says so. Columns that a register does not know are there and empty, so that a city's other lists are joined by name.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext
from gateway.cities.shops import shop_rows
from gateway.cities.shops.shop_rows import Shop
from gateway.errors import ProblemError
from gateway.points.directory import require_municipality
from gateway.points.municipalities import prefecture
from httpkit.safe_csv import starts_a_formula

HEADER: Final = (
    "全国地方公共団体コード", "ID", "地方公共団体名", "名称", "名称_カナ", "所在地_全国地方公共団体コード", "町字ID", "所在地_連結表記",
    "所在地_都道府県", "所在地_市区町村", "所在地_町字", "所在地_番地以下", "建物名等(方書)", "緯度", "経度", "電話番号", "内線番号", "法人番号",
    "団体名", "利用可能曜日", "開始時間", "終了時間", "利用可能日時特記事項", "説明", "URL", "備考",
)  # fmt: skip
CACHE_PERIOD: Final = timedelta(minutes=5)
MAX_AGE_S: Final = 3_600
_PAGE: Final = 500
_TO_KATAKANA: Final = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    """A list as it is served. `tag` is the same for the same bytes."""

    data: bytes = field(repr=False)
    tag: str
    made_at: datetime


@dataclass(slots=True)
class OpenShops:
    """Lists of the cities in `municipalities`, read anew at most every five minutes however many ask."""

    context: CityContext
    municipalities: frozenset[str]
    with_phones: bool
    _made: dict[str, OpenList] = field(default_factory=dict)

    async def get(self, code: str) -> OpenList:
        """Raises ProblemError `path-unknown` (404) for a city that gives none."""
        if code not in self.municipalities:
            raise ProblemError("path-unknown", "This municipality gives no open data here.")
        made, now = self._made.get(code), self.context.clock()
        if made is None or not made.made_at <= now < made.made_at + CACHE_PERIOD:
            shops = await self.context.store.read(lambda conn: _open_shops(conn, code))
            data = shops_csv(code, shops, with_phones=self.with_phones)
            made = OpenList(data=data, tag=hashlib.sha256(data).hexdigest()[:32], made_at=now)
            self._made[code] = made
        return made


def shops_csv(code: str, shops: Sequence[Shop], *, with_phones: bool) -> bytes:
    """The whole file: UTF-8 with a byte order mark, CRLF. A code keeps its zero: this file is for programs first."""
    city = require_municipality(code)
    county = prefecture(city.prefecture)
    assert county is not None, code
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for shop in shops:
        known = {
            "全国地方公共団体コード": code,
            "ID": shop.shop_id,
            "地方公共団体名": county.name + city.name,
            "名称": shop.name,
            "名称_カナ": katakana(shop.name_kana),
            "所在地_連結表記": _whole_address(shop.address, county.name, city.name),
            "電話番号": unicodedata.normalize("NFKC", shop.phone) if with_phones else "",
            "説明": shop.category,
        }
        writer.writerow([_harmless(known.get(column, "")) for column in HEADER])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def katakana(reading: str) -> str:
    """A reading in full-width katakana, as the data set asks."""
    return unicodedata.normalize("NFKC", reading).translate(_TO_KATAKANA)


def _whole_address(address: str, county: str, city: str) -> str:
    if not address or address.startswith(county):
        return address
    return county + (address if address.startswith(city) else city + address)


def _harmless(cell: str) -> str:
    """What a spreadsheet would run gets a quote mark; nothing else is changed."""
    return "'" + cell if starts_a_formula(cell) else cell


def _open_shops(conn: Connection, code: str) -> list[Shop]:
    shops: list[Shop] = []
    after = None
    while page := shop_rows.list_shops(conn, code, after=after, limit=_PAGE):
        shops += page
        after = page[-1].shop_id
    return shops
