"""Members, MyKey IDs, passwords and sign-in."""

from __future__ import annotations

from typing import Final

from gateway.http.problem_types.problem_type import ProblemType

MEMBERS: Final = (
    ProblemType("unknown-member", 404, "No such member", "その利用者はありません",
        "Check the id or the MyKey ID.", "番号またはマイキーIDを確認してください。"),
    ProblemType("unknown-session", 404, "No such session", "そのログインはありません",
        "It may have ended already; list the sessions.", "すでに終了している場合があります。一覧を確認してください。"),
    ProblemType("password-unfit", 422, "This password cannot be used", "このパスワードは使えません",
        "Choose 10 to 128 characters that are not a common password and not the MyKey ID.",
        "10〜128文字で、よくあるパスワードやマイキーIDと違うものにしてください。"),
    ProblemType("password-not-set", 409, "There is no password yet", "パスワードが設定されていません",
        "Set one with the card.", "カードで設定してください。"),
    ProblemType("current-password-wrong", 403, "The current password is not right", "現在のパスワードが違います",
        "Type the current password again.", "現在のパスワードを入力し直してください。"),
    ProblemType("mykey-id-unfit", 422, "This cannot be a MyKey ID", "マイキーIDの形式が違います",
        "A MyKey ID has eight letters and digits.", "マイキーIDは英数字8文字です。"),
    ProblemType("mykey-id-taken", 409, "This MyKey ID is taken", "そのマイキーIDは使われています",
        "Choose another one.", "別のマイキーIDを選んでください。"),
    ProblemType("mykey-id-only-generated", 409, "Take a generated MyKey ID now", "自動生成をご利用ください",
        "Three wanted ones were taken; take the generated one.", "希望のIDが3回使用済みでした。自動生成のIDをお使いください。"),
    ProblemType("mykey-id-generated-enough", 409, "Generated three times already", "自動生成は3回までです",
        "Take one of those, or come back tomorrow.", "生成されたIDを使うか、明日お試しください。"),
    ProblemType("mykey-id-changed-enough", 409, "Changed often enough today", "本日の変更回数を超えました",
        "Come back tomorrow.", "明日お試しください。"),
    ProblemType("card-registered", 409, "This card is registered already", "このカードは登録済みです",
        "Sign in with it.", "カードでログインしてください。"),
    ProblemType("card-unknown", 401, "This card is not registered", "このカードは登録されていません",
        "Register first, or link the renewed card.", "先に登録するか、更新後のカードを登録し直してください。"),
    ProblemType("card-login-not-configured", 503, "Cards are not taken here", "カードでのログインは利用できません",
        "Sign in with MyKey ID and password.", "マイキーIDとパスワードでログインしてください。"),
    ProblemType("no-way-to-sign-in", 422, "A password or a card is needed", "パスワードかカードが必要です",
        "Give a password, a card, or both.", "パスワードかカードを登録してください。"),
    ProblemType("bad-display-name", 422, "This name cannot be shown", "この名前は使えません",
        "Give 1 to 100 characters without line breaks.", "100文字までの、改行のない名前を入力してください。"),
    ProblemType("bad-language", 422, "This language is not offered", "この言語はありません",
        "Choose ja, en or ja-easy.", "ja、en、ja-easy から選んでください。"),
    ProblemType("sign-in-refused", 401, "Not signed in", "サインインできません",
        "MyKey ID or password is not right.", "マイキーIDまたはパスワードが違います。"),
    ProblemType("sign-in-locked", 429, "Too many tries", "しばらくサインインできません",
        "Wait and try again, or sign in with the card.", "時間をおくか、カードでサインインしてください。"),
)  # fmt: skip
