"""What a person reads when something was refused or broke: what happened, what it means for the points, what next."""

from __future__ import annotations

from typing import Final

from pagekit.error_messages import ErrorMessage, ErrorMessages, Sentences

__all__ = ["TROUBLES", "ErrorMessage"]


_WORDS: Final[dict[str, Sentences]] = {
    "sign-in-refused": (
        "ログインできませんでした",
        "マイキーIDまたはパスワードが違います。入力内容を確認して、もう一度お試しください。",
    ),
    "sign-in-locked": (
        "しばらくログインできません",
        "続けて間違えたため、%(again_at)s までこのマイキーIDのログインを止めています。お急ぎの方は、マイナンバーカードでログインしてください。",
    ),
    "card-unknown": (
        "このカードは登録されていません",
        "「マイキーIDの作成・登録」に進むか、マイキーIDでログインしてください。",
    ),
    "card-response-malformed": (
        "カードを読み取れませんでした",
        "カードをセットし直して、もう一度お試しください。",
    ),
    "bad-display-name": ("お名前を確認してください", "100文字までで入力してください。"),
    "password-not-set": (
        "パスワードがまだありません",
        "先にカードでパスワードを設定してください。",
    ),
    "card-registered": (
        "このカードは登録済みです",
        "ログインの画面から、このカードでログインしてください。",
    ),
    "bad-mail-address": ("メールアドレスの形式が違います", "name@example.jp のような形で入力してください。"),
    "mail-changed-enough": (
        "本日の変更回数を超えました",
        "メールアドレスを変えられるのは、1日に3回までです。%(again_at)s から、また変えられます。",
    ),
    "mail-link-over": (
        "このリンクは使えません",
        "期限が切れたか、アドレスが変わっています。ログインして、お知らせのメールを登録し直してください。",
    ),
    "mail-not-offered": ("メールを送ることができません", "お知らせは、お知らせの画面で確認してください。"),
    "not-enough": ("ポイントが足りません", "口数を減らしてください。"),
    "units-missing": ("口数を入力してください", "口数は1以上の整数で、最大の口数までで入力してください。"),
    "units-not-allowed": (
        "口数を読み取れません",
        "口数は1以上の整数で、最大の口数までで入力してください。",
    ),
    "quote-expired": (
        "確認の有効期限（10分）が切れました",
        "ポイントは動いていません。もう一度口数の入力からお進みください。",
    ),
    "quote-replaced": (
        "新しい確認内容があります",
        "別の画面で入力し直されています。表示された内容を確認してください。",
    ),
    "no-rate": (
        "有効な交換レートがありません",
        "ポイントは動いていません。別の交換先を選んでください。",
    ),
    "coupon-refused": (
        "このクーポンコードは利用できません",
        "コードの入力間違い、使用済み、または有効期限切れです。もう一度確認してください。",
    ),
    "coupon-already-used": (
        "このクーポンコードは使用済みです",
        "クーポンコードは一度だけ使えます。移行の履歴を確認してください。",
    ),
    "partner-unavailable": (
        "協力会社に接続できません",
        "ポイントは動いていません。しばらくしてからもう一度お試しください。",
    ),
    "account-linked-elsewhere": (
        "この会員番号は別の方と連携済みです",
        "ご自分の会員番号か確認してください。心当たりがない場合は窓口へお問い合わせください。",
    ),
    "handoff-refused": (
        "協力会社との連携が完了しませんでした",
        "ポイントは動いていません。協力会社一覧からもう一度お進みください。",
    ),
    "link-ended": ("協力会社との連携が切れています", "協力会社一覧からもう一度連携してください。"),
    "link-missing": ("協力会社と連携していません", "協力会社一覧から連携してください。"),
    "not-returned": (
        "協力会社のサイトでの手続きが終わっていません",
        "協力会社のサイトで手続きを済ませてください。",
    ),
    "return-code-wrong": (
        "このブラウザーで始めた手続きではありません",
        "ポイントは動いていません。協力会社一覧からもう一度お進みください。",
    ),
    "not-open-for-direct-exchange": (
        "この自治体ポイントへは直接交換できません",
        "留保ポイントに交換してから、「各自治体ポイントへの移行」をご利用ください。",
    ),
    "not-enough-points": ("ポイントが足りません", "移行できるポイント数を確認してください。"),
    "points-expired-there": (
        "移行先では有効期限が切れているポイントです",
        "ポイントは動いていません。別の交換先を選んでください。",
    ),
    "event-not-for-member": (
        "このイベントは、基本自治体にしている人だけが応援できます",
        "ポイントは動いていません。基本自治体は各種設定で変更できます。",
    ),
    "unknown-event": ("このイベントは見つかりません", "特定支援イベントの一覧から選んでください。"),
    "event-not-open": ("このイベントは受付期間外です", "受付中のイベントを選んでください。"),
    "exchange-state": (
        "この手続きは次の段階に進んでいます",
        "移行の履歴から現在の状態を確認してください。",
    ),
    "unknown-exchange": ("この移行は見つかりません", "移行の履歴から選んでください。"),
    "password-unfit": (
        "このパスワードは使えません",
        "10文字から128文字で、よく使われるものやマイキーIDと違うものにしてください。",
    ),
    "current-password-wrong": ("現在のパスワードが違います", "もう一度入力してください。"),
    "mykey-id-unfit": ("マイキーIDの形式が違います", "マイキーIDは英数字8文字です。"),
    "mykey-id-only-generated": (
        "自動生成をご利用ください",
        "希望のIDが3回使用済みでした。自動生成されたIDから選んでください。",
    ),
    "mykey-id-generated-enough": (
        "自動生成は3回までです",
        "下の生成されたIDから選ぶか、明日お試しください。",
    ),
    "mykey-id-changed-enough": ("本日の変更回数を超えました", "明日お試しください。"),
    "shop-code-wrong": (
        "お店のコードではありません",
        "支払いは行われていません。お店に掲示されているQRコードを読み取ってください。",
    ),
    "unknown-shop": (
        "このお店は加盟店名簿にありません",
        "支払いは行われていません。お店の人に確認してください。",
    ),
    "shop-closed": (
        "このお店ではポイントを使えなくなりました",
        "支払いは行われていません。お店の人に確認してください。",
    ),
    "limit-of-the-day": ("1日の上限を超えます", "ポイントは動いていません。残りは明日ご利用ください。"),
    "limit-of-the-project": (
        "この給付を受け取れるのはここまでです",
        "お一人の上限に達しています。ポイントは動いていません。",
    ),
    "limit-of-the-venue": (
        "会場の本日の給付は終わりました",
        "会場の係にお尋ねください。ポイントは動いていません。",
    ),
    "id-reused": (
        "この手続きは別の内容で済んでいます",
        "履歴を確認して、必要なら最初からやり直してください。",
    ),
    "exchange-id-reused": (
        "この手続きは別の内容で済んでいます",
        "履歴を確認して、必要なら最初からやり直してください。",
    ),
    "unknown-spend": ("この支払いは見つかりません", "自治体ポイントの履歴から選んでください。"),
    "venue-code-wrong": (
        "今日の会場のコードではありません",
        "会場のコードは毎日変わります。会場に掲示されているコードを読み取ってください。",
    ),
    "project-not-open": ("給付の期間外です", "会場の係の人に確認してください。"),
    "granted-already": (
        "この給付はすでに受け取っています",
        "お一人1回までです。自治体ポイントの履歴で確認できます。",
    ),
    "budget-exceeded": (
        "この給付は予定の数に達しました",
        "ポイントは動いていません。会場の係の人に確認してください。",
    ),
    "unknown-project": ("この給付は見つかりません", "会場の係の人に確認してください。"),
    "busy": ("ただいま混み合っています", "少し待ってから、もう一度お試しください。"),
    "too-many-requests": ("操作の回数が多すぎます", "少し待ってから、もう一度お試しください。"),
}

_STATUSES: Final[dict[int, Sentences]] = {
    500: (
        "システムで問題が起きました",
        (
            "手続きの途中だった場合は、「移行の履歴」で状態を確認してください。二重に移行されることはありません。"
        ),
    ),
    503: (
        "ただいまつながりません",
        (
            "手続きの途中だった場合は、「移行の履歴」で状態を確認してください。二重に移行されることはありません。"
        ),
    ),
}

TROUBLES: Final = ErrorMessages(
    words=_WORDS,
    statuses=_STATUSES,
    fields={"units": _WORDS["units-not-allowed"]},
    field_of={
        "sign-in-refused": "mykey_id",
        "bad-display-name": "display_name",
        "bad-mail-address": "address",
        "mail-changed-enough": "address",
        "not-enough": "units",
        "units-missing": "units",
        "units-not-allowed": "units",
        "coupon-refused": "coupon_code",
        "coupon-already-used": "coupon_code",
        "not-enough-points": "points",
        "limit-of-the-day": "points",
        "points-expired-there": "points",
        "password-unfit": "new",
        "current-password-wrong": "password",
        "mykey-id-only-generated": "mykey_id",
        "mykey-id-generated-enough": "mykey_id",
        "mykey-id-changed-enough": "mykey_id",
    },
)
