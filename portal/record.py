"""残している記録: what is kept about the member, since when, why and how long; and all of it to take away (開示)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from aiohttp import web
from markupsafe import Markup

from pagekit.i18n import EASY, JAPANESE
from point_gateway_client import calls, models
from portal.site import Pages, Visit

pages = Pages()

_BLANK_LINE: Final = re.compile(r"\n[ \t\u3000]*\n")

SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "person": ("お名前とマイキーID、設定", "ログインと、画面の表示に使います。"),
    "proofs": (
        "ログインの方法",
        "ご本人であることを確かめるためです。カードの番号やパスワードそのものは残しません。",
    ),
    "former_mykey_ids": (
        "以前のマイキーID",
        "ほかの人に同じIDを渡さないため、消しません。渡すと、ポイントが違う人に届きます。",
    ),
    "sessions": ("ログイン中の端末", "ログインを続けるためです。ログアウトすると消えます。"),
    "account_events": ("アカウントのお知らせ", "心当たりのない変更に気づいていただくためです。"),
    "mail": ("メールアドレス", "お知らせがあることをメールで伝えるためです。いつでもやめられます。"),
    "partner_links": (
        "連携している会社の会員番号",
        "その会社のポイントを移すためです。連携を解除すると消えます。",
    ),
    "exchanges": (
        "ポイントの移行",
        "協力会社と、同じ内容であることを確かめるためです。確定しなかったものは、期限の後に消えます。",
    ),
    "moves": (
        "ポイントの動き",
        "ポイントの帳簿です。1ポイントも失われず増えていないことを、いつでも確かめられるように、消しません。",
    ),
    "balances": (
        "残高",
        "ポイントの帳簿です。1ポイントも失われず増えていないことを、いつでも確かめられるように、消しません。",
    ),
    "payments": ("お店での支払い", "お店への振込の根拠です。"),
    "point_cards": (
        "ポイントカード",
        "止めたカードが、二度と使われないようにするためです。番号と暗証番号そのものは残しません。",
    ),
    "grants": ("受けた給付", "お一人に何回、何ポイントまでという約束を守るためです。"),
    "grant_lists": (
        "自治体の給付の名簿",
        "自治体が名簿で給付したときの記録です。摘要などは、期限の後に消えます。",
    ),
    "event_gifts": ("特定支援イベントへの応援", "目標に届かなかったとき、お返しするためです。"),
    "daily_sums": ("1日の利用と給付の合計", "自治体の1日の上限を守るためです。"),
    "looks": (
        "職員があなたの記録を見た、または変えた時",
        "だれがいつ見たかを確かめる記録で、消したり書きかえたりできないようにしています。",
    ),
    "for_minutes": (
        "短い間だけのもの",
        "支払いコード、IDの選び直しやパスワードの間違いの回数、お知らせをどこまで読んだかです。",
    ),
}
"""What each kind of data is, and why it is kept; a kind that is newer than this page is told in the gateway's words."""

RETENTION_TEXTS: Final[Mapping[str, str]] = {
    "for_ever": "ずっと残します。",
    "while_member": "登録している間、残します。",
    "until_used": "使い終わると消えます。",
    "notices": "%(days)s日たつと消えます。",
    "exchanges": "確定しなかったものは%(days)s日たつと消えます。確定したものは、ずっと残します。",
    "lists": "メモなどは%(days)s日たつと消えます。ポイントの数は、ずっと残します。",
}


@pages.get("/settings/record")
async def record_page(visit: Visit) -> web.Response:
    record, said = await asyncio.gather(visit.send(calls.own_record()), visit.send(calls.own_privacy_texts()))
    return visit.render(
        "record.html",
        texts=[(text, *spoken(visit, text)) for text in said.privacy_texts],
        sections=[(section, *described(visit, section)) for section in record.sections],
        retention_texts=RETENTION_TEXTS,
    )


@pages.get("/settings/record/download")
async def download(visit: Visit) -> web.Response:
    """The record as the gateway gives it, whole; what each field means stands in it and in the documentation."""
    record = await visit.send(calls.own_record())
    day = record.made_at.strftime("%Y%m%d")
    return web.Response(
        body=msgspec.json.format(msgspec.json.encode(record), indent=2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="point-gateway-record-{day}.json"'},
    )


def spoken(visit: Visit, text: models.PrivacyTextView) -> tuple[Sequence[str], str, bool]:
    """A city's text in the reader's language: its paragraphs, their language, and whether it is 日本語 for want of another."""
    own = {"en": text.en, EASY: text.easy}.get(visit.speech.language)
    tag = "en" if own and visit.speech.language == "en" else "ja"
    instead = not own and visit.speech.language != JAPANESE
    return [part.strip() for part in _BLANK_LINE.split(own or text.ja or "") if part.strip()], tag, instead


def described(visit: Visit, section: models.RecordSection) -> tuple[Markup | str, Markup | str]:
    """What the section is, and why it is kept, in the reader's language."""
    known = SECTIONS.get(section.name)
    if known is None:
        title, why = section.title, section.why
        return (title.en, why.en) if visit.speech.language == "en" else (title.ja, why.ja)
    return visit.speech.say(known[0]), visit.speech.say(known[1])
