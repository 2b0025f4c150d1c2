"""Shops of 笠間市 for demonstrations, made up: enough for a list of two pages and for a search."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.shops import shop_rows
from gateway.cities.shops.shop_rows import Shop

CITY: Final = "082163"
_SHOPS: Final = (
    ("手打ちそば 見本庵", "てうちそば みほんあん", "そば処"),
    ("そば処 うらら", "そばどころ うらら", "そば処"),
    ("見本菓子店", "みほんかしてん", "菓子店"),
    ("栗の家", "くりのいえ", "菓子店"),
    ("カフェ こもれび", "カフェ こもれび", "カフェ"),
    ("喫茶 みほん", "きっさ みほん", "カフェ"),
    ("笠間焼 見本窯", "かさまやき みほんがま", "陶器店"),
    ("うつわ 土と火", "うつわ つちとひ", "陶器店"),
    ("陶房 かさね", "とうぼう かさね", "陶器店"),
    ("農産物直売所 みのり", "のうさんぶつちょくばいじょ みのり", "直売所"),
    ("道の駅 みほん", "みちのえき みほん", "直売所"),
    ("見本書店", "みほんしょてん", "書店"),
    ("まちの本棚", "まちのほんだな", "書店"),
    ("ひなた薬局", "ひなたやっきょく", "薬局"),
    ("パン工房 麦", "パンこうぼう むぎ", "パン工房"),
    ("ベーカリー Sample", "ベーカリー サンプル", "パン工房"),
    ("食堂 いなり", "しょくどう いなり", "食堂"),
    ("洋食 みほん亭", "ようしょく みほんてい", "食堂"),
    ("酒蔵 見本", "さかぐら みほん", "酒店"),
    ("花の店 すみれ", "はなのみせ すみれ", "生花店"),
    ("自転車の見本", "じてんしゃのみほん", "自転車店"),
    ("クリーニング しろ", "クリーニング しろ", "クリーニング"),
    ("理容 みほん", "りよう みほん", "理容室"),
    ("電器の見本", "でんきのみほん", "電器店"),
)


def open_shops(conn: Connection, at: datetime) -> None:
    """Put them on the city's register; they have no bank account and no staff."""
    for number, (name, kana, category) in enumerate(_SHOPS, start=1):
        shop_rows.add(
            conn,
            Shop(
                municipality=CITY,
                shop_id=f"kasama-{number:02}",
                name=name,
                name_kana=kana,
                category=category,
                address=f"茨城県笠間市見本{number}番地",
                phone=f"0296-00-{number:04}",
                has_bank=False,
                registered_at=at,
                closed_at=None,
            ),
        )
