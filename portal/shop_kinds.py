"""What a shop is (業種), in the reader's language. Cities write it as they like: a word that is not known here stays as it is."""

from __future__ import annotations

from typing import Final

from pagekit.i18n import Translator

KINDS: Final = (
    "飲食", "飲食店", "食堂", "そば処", "カフェ", "居酒屋", "パン", "パン工房", "菓子店", "食料品", "直売所", "酒店", "スーパー", "コンビニ",
    "小売", "衣料品", "書店", "文具店", "薬局", "電器店", "家具店", "生花店", "自転車店", "陶器", "陶器店", "土産", "理容室", "美容室",
    "クリーニング", "宿泊", "温泉", "タクシー", "ガソリンスタンド", "サービス", "その他",
)  # fmt: skip


def kind_name(speech: Translator, kind: str) -> str:
    """`kind` as the city has written it, in the reader's language where it is one of `KINDS`."""
    return speech.say(kind) if kind in KINDS else kind
