"""What a person reads when something was refused or broke: what happened, what it means for the points, what next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portal.api import Problem, Unreachable


def _n(text: str) -> str:
    """Marks a sentence for translation."""
    return text


_SAFE: Final = _n("ポイントは動いていません。")

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "sign-in-refused": (
        _n("ログインできませんでした"),
        _n("マイキーIDまたはパスワードが違います。入力内容を確認して、もう一度お試しください。"),
    ),
    "sign-in-locked": (
        _n("しばらくログインできません"),
        _n(
            "続けて間違えたため、このマイキーIDのログインを一時的に止めています。"
            "時間をおいてからお試しいただくか、マイナンバーカードでログインしてください。"
        ),
    ),
    "card-unknown": (
        _n("このカードは登録されていません"),
        _n("「マイキーIDの作成・登録」に進むか、マイキーIDでログインしてください。"),
    ),
    "card-response-malformed": (
        _n("カードを読み取れませんでした"),
        _n("カードをセットし直して、もう一度お試しください。"),
    ),
    "bad-display-name": (_n("お名前を確認してください"), _n("100文字までで入力してください。")),
    "password-not-set": (
        _n("パスワードがまだありません"),
        _n("先にカードでパスワードを設定してください。"),
    ),
    "card-registered": (
        _n("このカードは登録済みです"),
        _n("ログインの画面から、このカードでログインしてください。"),
    ),
    "not-enough": (_n("ポイントが足りません"), _n("口数を減らしてください。")),
    "units-missing": (_n("口数を入力してください"), _n("口数は1から9,999までの半角数字で入力してください。")),
    "units-not-allowed": (
        _n("口数を読み取れません"),
        _n("口数は1から9,999までの半角数字で入力してください。"),
    ),
    "quote-expired": (
        _n("確認の有効期限（10分）が切れました"),
        _n("ポイントは動いていません。もう一度口数の入力からお進みください。"),
    ),
    "quote-replaced": (
        _n("新しい確認内容があります"),
        _n("別の画面で入力し直されています。表示された内容を確認してください。"),
    ),
    "no-rate": (
        _n("有効な交換レートがありません"),
        _n("ポイントは動いていません。別の交換先を選んでください。"),
    ),
    "coupon-refused": (
        _n("このクーポンコードは利用できません"),
        _n("コードの入力間違い、使用済み、または有効期限切れです。もう一度確認してください。"),
    ),
    "coupon-already-used": (
        _n("このクーポンコードは使用済みです"),
        _n("クーポンコードは一度だけ使えます。移行の履歴を確認してください。"),
    ),
    "partner-unavailable": (
        _n("協力会社に接続できません"),
        _n("ポイントは動いていません。しばらくしてからもう一度お試しください。"),
    ),
    "account-linked-elsewhere": (
        _n("この会員番号は別の方と連携済みです"),
        _n("ご自分の会員番号か確認してください。心当たりがない場合は窓口へお問い合わせください。"),
    ),
    "handoff-refused": (
        _n("協力会社との連携が完了しませんでした"),
        _n("ポイントは動いていません。協力会社一覧からもう一度お進みください。"),
    ),
    "link-ended": (_n("協力会社との連携が切れています"), _n("協力会社一覧からもう一度連携してください。")),
    "link-missing": (_n("協力会社と連携していません"), _n("協力会社一覧から連携してください。")),
    "not-returned": (
        _n("協力会社のサイトでの手続きが終わっていません"),
        _n("協力会社のサイトで手続きを済ませてください。"),
    ),
    "return-code-wrong": (
        _n("このブラウザーで始めた手続きではありません"),
        _n("ポイントは動いていません。協力会社一覧からもう一度お進みください。"),
    ),
    "not-open-for-direct-exchange": (
        _n("この自治体ポイントへは直接交換できません"),
        _n("留保ポイントに交換してから、「各自治体ポイントへの移行」をご利用ください。"),
    ),
    "not-enough-points": (_n("ポイントが足りません"), _n("移行できるポイント数を確認してください。")),
    "event-not-open": (_n("このイベントは受付期間外です"), _n("受付中のイベントを選んでください。")),
    "exchange-state": (
        _n("この手続きは次の段階に進んでいます"),
        _n("移行の履歴から現在の状態を確認してください。"),
    ),
    "unknown-exchange": (_n("この移行は見つかりません"), _n("移行の履歴から選んでください。")),
    "password-unfit": (
        _n("このパスワードは使えません"),
        _n("10文字から128文字で、よく使われるものやマイキーIDと違うものにしてください。"),
    ),
    "current-password-wrong": (_n("現在のパスワードが違います"), _n("もう一度入力してください。")),
    "mykey-id-unfit": (_n("マイキーIDの形式が違います"), _n("マイキーIDは英数字8文字です。")),
    "mykey-id-only-generated": (
        _n("自動生成をご利用ください"),
        _n("希望のIDが3回使用済みでした。自動生成されたIDをお使いください。"),
    ),
    "mykey-id-generated-enough": (
        _n("自動生成は3回までです"),
        _n("生成されたIDを使うか、明日お試しください。"),
    ),
    "mykey-id-changed-enough": (_n("本日の変更回数を超えました"), _n("明日お試しください。")),
    "busy": (_n("ただいま混み合っています"), _n("少し待ってから、もう一度お試しください。")),
    "too-many-requests": (_n("操作の回数が多すぎます"), _n("少し待ってから、もう一度お試しください。")),
}

_STATUSES: Final[dict[int, tuple[str, str]]] = {
    403: (
        _n("この操作は受け付けられません"),
        _n("ページを開き直してから、もう一度お試しください。ポイントは動いていません。"),
    ),
    404: (_n("ページが見つかりません"), _n("アドレスを確認するか、トップページからお進みください。")),
    405: (_n("ページが見つかりません"), _n("アドレスを確認するか、トップページからお進みください。")),
    413: (_n("入力が長すぎます"), _n("入力内容を短くしてください。")),
    429: (_n("操作の回数が多すぎます"), _n("少し待ってから、もう一度お試しください。")),
    500: (
        _n("システムで問題が起きました"),
        _n(
            "手続きの途中だった場合は、「移行の履歴」で状態を確認してください。二重に移行されることはありません。"
        ),
    ),
    503: (
        _n("ただいまつながりません"),
        _n(
            "手続きの途中だった場合は、「移行の履歴」で状態を確認してください。二重に移行されることはありません。"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """`title` and `remedy` are source sentences, to be said in the reader's language."""

    title: str
    remedy: str
    status: int

    @classmethod
    def of(cls, fault: Problem | Unreachable) -> Trouble:
        if isinstance(fault, Unreachable):
            return cls.of_status(503)
        known = _WORDS.get(fault.word)
        if known is None and "units" in fault.fields:
            known = _WORDS["units-not-allowed"]
        if known is not None:
            return cls(*known, fault.status)
        if fault.word.startswith("card-"):
            return cls(fault.title, fault.detail, fault.status)  # the gateway says these in both languages
        if fault.status >= 500 or not fault.title:
            return cls.of_status(fault.status)
        return cls(fault.title, "", fault.status)  # the gateway's own title comes in the reader's language

    @classmethod
    def of_status(cls, status: int) -> Trouble:
        title, remedy = _STATUSES.get(status, _STATUSES[500 if status >= 500 else 404])
        return cls(title, remedy, status)
