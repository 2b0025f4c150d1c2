"""What staff and shops read when something was refused or broke, in the words of their work."""

from __future__ import annotations

from typing import Final

from pagekit.error_messages import ErrorMessage, ErrorMessages, Sentences

__all__ = ["TROUBLES", "ErrorMessage"]

_WORDS: Final[dict[str, Sentences]] = {
    "sign-in-refused": (
        "ログインできませんでした",
        "ログイン名またはパスワードが違います。入力内容を確認して、もう一度お試しください。",
    ),
    "sign-in-locked": (
        "しばらくログインできません",
        "続けて間違えたため、%(again_at)s まで止めています。お急ぎのときは、管理者に再設定を依頼してください。",
    ),
    "sign-in-ended": (
        "ログインの途中で時間が切れました",
        "ログイン名とパスワードの入力からやり直してください。",
    ),
    "second-factor-wrong": (
        "パスキーまたは確認コードを確認できませんでした",
        "もう一度お試しください。確認コードは一度しか使えません。",
    ),
    "second-factor-exists": (
        "認証アプリはすでに登録されています",
        "機種変更などで登録し直す場合は、管理者に再設定を依頼してください。",
    ),
    "second-factor-last": (
        "最後の二要素認証は外せません",
        "先に別のパスキーか認証アプリを登録してください。",
    ),
    "current-password-wrong": ("現在のパスワードが違います", "もう一度入力してください。"),
    "password-unfit": (
        "このパスワードは使えません",
        "10文字から128文字で、よく使われるものやログイン名、現在のものと違うものにしてください。",
    ),
    "role-not-allowed": (
        "この権限では行えません",
        "権限のある職員に依頼してください。権限は管理者が変更できます。",
    ),
    "changed-meanwhile": (
        "ほかの職員が先に変更しました",
        "いまの内容と見比べて、必要ならもう一度送ってください。あなたの変更はまだ保存されていません。",
    ),
    "member-merged": (
        "このマイキーIDは終わっています",
        "同じ方の今のマイキーIDは %(mykey_id)s です。そのマイキーIDでもう一度お試しください。",
    ),
    "points-left": (
        "ポイントが残っています",
        "残りは %(available)s ポイントです。先に使うか移してもらうか、放棄するポイントにちょうどこの数を入力してください。",
    ),
    "member-busy": (
        "手続き中のものがあります",
        "先に終わらせるもの：%(waiting)s。移行の確認か特定支援イベントで結果を決めるか、終わるのを待ってから、提案し直してください。",
    ),
    "terms-changed": ("規約が変わりました", "新しい規約を読み、同意して、もう一度送ってください。"),
    "too-many-applications": (
        "審査を待っている申請が多すぎます",
        "審査が済むのを待つか、市の窓口にお問い合わせください。",
    ),
    "application-state": (
        "この申請では、もう行えません",
        "ほかの職員か申請した人が先に進めています。申請を開き直して確認してください。",
    ),
    "stop-too-soon": (
        "計画停止は30日前までに知らせます",
        "先の日時にするか、緊急の停止として提案してください。",
    ),
    "busy": ("ただいま混み合っています", "少し待ってから、もう一度お試しください。"),
    "too-many-requests": ("操作の回数が多すぎます", "少し待ってから、もう一度お試しください。"),
}

_STATUSES: Final[dict[int, Sentences]] = {
    403: (
        "この操作は受け付けられません",
        "ページを開き直してから、もう一度お試しください。何も変更されていません。",
    ),
    413: ("ファイルまたは入力が大きすぎます", "ファイルは16 MBまで、10万行までに分けてください。"),
    500: (
        "システムで問題が起きました",
        "途中だった操作の結果は、一覧や監査ログで確認してください。同じ画面から送り直しても二重には実行されません。",
    ),
    503: (
        "ただいまつながりません",
        "途中だった操作の結果は、一覧や監査ログで確認してください。同じ画面から送り直しても二重には実行されません。",
    ),
}

_NUMBER: Final = ("数字を読み取れません", "1以上の整数を半角数字で入力してください。")
_NUMBER_OR_NONE: Final = ("数字を読み取れません", "0以上の整数を半角数字で入力してください。")
ZERO_TOO: Final = frozenset(
    {
        "cards_a_day",
        "cycle_pay_after",
        "expiry_count",
        "fee_tax_percent",
        "from_points",
        "gives_up",
        "no_pin_points",
        "pay_points_a_day",
        "persons",
        "points_a_day",
        "result_column",
        "send_days",
        "total",
    }
)
"""Fields that take 0 as well: what the API's description allows, and the sums of a list of balances (`total-1`)."""
_FEE: Final = ("金額を読み取れません", "0から99,999までの整数を半角数字で入力してください。")
_SHOWN: Final = (
    "入力した文字を確認してください",
    "空欄か、長すぎるか、改行などの見えない文字が含まれています。入力し直してください。",
)
_DAY: Final = ("日付を読み取れません", "2000年から2199年までの日付を選んでください。")
_FIELDS: Final[dict[str, Sentences]] = {
    "points": _NUMBER,
    "points_each": _NUMBER,
    "budget": _NUMBER,
    "return_fee_yen": _FEE,
    **dict.fromkeys(
        (
            "most_grants_each",
            "most_points_each",
            "venue_points_a_day",
            "goal_points",
        ),
        _NUMBER,
    ),
    "unit_value_yen": _NUMBER,
    **dict.fromkeys(ZERO_TOO, _NUMBER_OR_NONE),
    **dict.fromkeys(("most_spent_a_day", "most_granted_a_day"), _NUMBER),
    **dict.fromkeys(("starts_on", "ends_on", "takes_effect_on", "expiry_day"), _DAY),
    **dict.fromkeys(
        ("place", "content", "purpose", "name_kana", "category", "address", "phone", "note"), _SHOWN
    ),
    **dict.fromkeys(
        ("mykey_id", "from_mykey_id", "new_mykey_id"),
        ("マイキーIDの形式が違います", "マイキーIDは英数字8文字です。"),
    ),
    **dict.fromkeys(("title_ja", "title_en", "title_easy", "text_ja", "text_en", "text_easy"), _SHOWN),
    "reason": ("理由を入力してください", "監査ログに残る理由を、500文字までで入力してください。"),
    "login": ("このログイン名は使えません", "英数字と . _ + -、またはメールアドレスの形にしてください。"),
    "shop_id": ("番号の形式が違います", "英小文字・数字・ハイフンで40文字までにしてください。"),
    "project_id": ("番号の形式が違います", "英小文字・数字・ハイフンで40文字までにしてください。"),
    "own_id": ("番号の形式が違います", "英小文字・数字・ハイフンで32文字までにしてください。"),
    "number": ("口座番号の形式が違います", "7桁の半角数字で入力してください。"),
    "bank_code": ("銀行コードの形式が違います", "4桁の半角数字で入力してください。"),
    "branch_code": ("支店コードの形式が違います", "3桁の半角数字で入力してください。"),
    **dict.fromkeys(
        (
            "name",
            "display_name",
            "name_kana",
            "category",
            "address",
            "phone",
            "place",
            "content",
            "note",
            "purpose",
            "contact",
            "mail",
        ),
        _SHOWN,
    ),
    "client_code": ("委託者コードの形式が違います", "10桁の半角数字で入力してください。"),
}

_FORM: Final = ("番号の形式が違います", "英小文字・数字・ハイフンで40文字までにしてください。")
_NAME: Final = ("名前を入力してください", "空白だけの名前は登録できません。")
_ENDS: Final = ("終了日が開始日より前です", "開始日と同じか、あとの日にしてください。")
_RULES: Final[dict[tuple[str, str], Sentences]] = {
    ("bad-project", "project_id"): _FORM,
    ("bad-project", "name"): _NAME,
    ("bad-project", "ends_on"): _ENDS,
    ("bad-project", "points_each"): (
        "1回の給付ポイントが範囲の外です",
        "1から10,000,000までにしてください。",
    ),
    ("bad-project", "budget"): _NUMBER,
    ("bad-announcement", "title_ja"): ("題名を入力してください", "空白だけの題名は登録できません。"),
    ("bad-announcement", "text_ja"): ("本文を入力してください", "空白だけの本文は登録できません。"),
    ("bad-announcement", "ends_on"): (
        "掲載の終了日が正しくありません",
        "開始日と同じかあとの、まだ過ぎていない日にしてください。掲載できるのは1年までです。",
    ),
    ("bad-announcement", "stops_from"): ("停止の開始が過ぎています", "これからの日時にしてください。"),
    ("bad-announcement", "stops_until"): (
        "停止の終了が正しくありません",
        "開始よりあとの、7日以内の日時にしてください。",
    ),
    ("bad-event", "own_id"): ("番号の形式が違います", "英小文字・数字・ハイフンで32文字までにしてください。"),
    ("bad-event", "name"): _NAME,
    ("bad-event", "ends_on"): _ENDS,
    ("bad-event", "goal_points"): (
        "目標のポイントを入力してください",
        "1以上の整数です。届かなかったときに寄せた人へ戻すには、目標が必要です。",
    ),
    ("bad-rule", "unit_value_yen"): (
        "1ポイントの価値が範囲の外です",
        "1円から10,000円までにしてください。",
    ),
    ("bad-rule", "expiry_count"): (
        "有効期限の数が範囲の外です",
        "月数は1から120まで、年度は0から10までにしてください。",
    ),
    ("bad-rule", "expiry_day"): (
        "失効する日が正しくありません",
        "決まった日に失効するときだけ、適用日以降の日を入力してください。",
    ),
    ("bad-rule", "most_spent_a_day"): _NUMBER,
    ("bad-rule", "most_granted_a_day"): _NUMBER,
    ("bad-application", "name"): _NAME,
    ("bad-application", "name_kana"): (
        "店名（カナ）を、かなで入力してください",
        "漢字・英数字・記号は使えません。カタカナかひらがなで、読み方を入力してください。",
    ),
    ("bad-application", "category"): _SHOWN,
    ("bad-application", "address"): _SHOWN,
    ("bad-application", "contact"): _SHOWN,
    ("bad-application", "phone"): (
        "電話番号の形式が違います",
        "市外局番から、数字で入力してください。ハイフンはあってもなくてもかまいません。",
    ),
    ("bad-application", "mail"): (
        "メールアドレスの形式が違います",
        "shop@example.jp のような形で入力してください。",
    ),
    ("bad-shop", "shop_id"): _FORM,
    ("bad-shop", "name"): _NAME,
    ("bad-shop", "name_kana"): (
        "店名（カナ）を、かなで入力してください",
        "漢字・英数字・記号は使えません。カタカナかひらがなで、読み方を入力してください。",
    ),
    ("bad-issuer", "name"): _NAME,
    ("bad-issuer", "contact"): (
        "苦情・相談窓口を入力してください",
        "市区町村以外の発行者には、電話番号などの窓口が必要です。",
    ),
    ("bad-point-service", "point_service"): _FORM,
    ("bad-point-service", "name"): _NAME,
    ("bad-point-service", "name_kana"): (
        "読みは、ひらがなかカタカナで入力してください",
        "漢字・英数字・記号は使えません。ことばの間に空白を入れてください。",
    ),
}

TROUBLES: Final = ErrorMessages(words=_WORDS, statuses=_STATUSES, fields=_FIELDS, rules=_RULES, exact=True)


def no_number(field: str) -> ErrorMessage:
    """What to say beside a field that holds no number, or one that is too small."""
    if field == "return_fee_yen":
        return NO_FEE
    of_list = field.partition("-")[0]
    return ErrorMessage(*(_NUMBER_OR_NONE if of_list in ZERO_TOO else _NUMBER), 422, field=field)


NO_FEE: Final = ErrorMessage(*_FEE, 422, field="return_fee_yen")
NO_DAY: Final = ErrorMessage("日付を読み取れません", "日付を選んでください。", 422)
