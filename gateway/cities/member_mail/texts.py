"""What a mail says: that there is something to read, of which kind. No name, no number, no sum: mail is read by others too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.members.mail_addresses import CONFIRMATION

_POINTS: Final = ("ポイントの動きがありました。", "Your points have moved.", "ポイントが うごきました。")
_ACCOUNT: Final = (
    "ログインの方法やアカウントに、変更がありました。心当たりがなければ、すぐにご確認ください。",
    "The way you sign in, or your account, has changed. If it was not you, look at it at once.",
    "ログインの方法や、アカウントが かわりました。しらないときは、すぐに みてください。",
)
KINDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "exchange_settled": ("ポイントの移行が完了しました。", "An exchange of points is complete.", "ポイントの いこうが おわりました。"),
    "exchange_declined": ("ポイントの移行は不成立でした。", "An exchange of points has failed.", "ポイントの いこうは できませんでした。"),
    "exchange_not_sent": ("ポイントの移行は不成立でした。", "An exchange of points has failed.", "ポイントの いこうは できませんでした。"),
    "exchange_needs_a_person": (
        "ポイントの移行を、窓口で確認しています。", "An exchange of points is being looked at by the office.", "ポイントの いこうを、まどぐちで しらべています。",
    ),
    "grant": ("ポイントの給付を受け取りました。", "You were granted points.", "ポイントを もらいました。"),
    "expiry": ("ポイントが失効しました。", "Points have expired.", "ポイントが つかえなく なりました。"),
    "will_expire": (
        "まもなく使えなくなるポイントがあります。", "Some of your points can soon be used no more.", "もうすぐ つかえなくなる ポイントが あります。",
    ),
    "signed_in_anew": (
        "新しい端末からログインがありました。心当たりがなければ、パスワードを変更してください。",
        "Somebody signed in from a new device. If it was not you, change your password.",
        "あたらしい きかいから ログインが ありました。しらないときは、パスワードを かえてください。",
    ),
}  # fmt: skip
"""Notices of their own; of others it is said that points have moved, or the account has changed."""
_MOVES: Final = frozenset(
    {"carry_in", "refund", "event_given_back", "auto_allocate", "reversal", "correction"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    subject: str
    body: str


_SUBJECT: Final = ("お知らせがあります", "There is something to read for you", "おしらせが あります")
_READ: Final = (
    "内容は、ログインして「お知らせ」でご確認ください。",
    "Sign in and read it under “Notices”.",
    "ログインして、「お知らせ」を よんでください。",
)
_WHY: Final = (
    "このメールは、お知らせのメールを登録した方に送っています。残高やお名前は書きません。",
    "You get this mail because you asked for it. It never says a balance or a name.",
    "このメールは、とうろくした人に おくっています。のこりの ポイントや なまえは かきません。",
)
_STOP: Final = ("メールを止める：", "Stop these mails:", "メールを とめる：")
_CONFIRM_SUBJECT: Final = ("メールアドレスの確認", "Confirm your mail address", "メールアドレスの かくにん")
_CONFIRM: Final = (
    "このアドレスが、ポイントのお知らせの送り先として登録されました。次のリンクを24時間以内に開いて、確認してください。",
    "This address was given to hear of notices about points. Open this link within 24 hours to confirm it.",
    "このアドレスが、おしらせを おくるところとして とうろくされました。24じかんの うちに、つぎの リンクを ひらいてください。",
)
_NOT_ME: Final = (
    "心当たりがなければ、何もしないでください。このアドレスには、これ以上送りません。",
    "If you did not ask for it, do nothing. Nothing more is sent to this address.",
    "しらないときは、なにも しないでください。もう おくりません。",
)
_LANGUAGES: Final = {"ja": 0, "en": 1, "ja-easy": 2}
HTML_LANGUAGE: Final = {"ja": "ja", "en": "en", "ja-easy": "ja"}


def notice_mail(kinds: Sequence[str], language: str, *, notices_url: str, stop_url: str) -> MailText:
    """One mail for all that is new, each kind once, in the order in which it happened."""
    at = _LANGUAGES.get(language, 0)
    lines = list(dict.fromkeys(f"・{sentence_of(kind)[at]}" for kind in kinds))
    parts = ["\n".join(lines), f"{_READ[at]}\n{notices_url}", f"{_WHY[at]}\n{_STOP[at]}\n{stop_url}"]
    return MailText(subject=_SUBJECT[at], body="\n\n".join(parts) + "\n")


def confirmation_mail(language: str, *, confirm_url: str) -> MailText:
    at = _LANGUAGES.get(language, 0)
    return MailText(subject=_CONFIRM_SUBJECT[at], body=f"{_CONFIRM[at]}\n\n{confirm_url}\n\n{_NOT_ME[at]}\n")


def sentence_of(kind: str) -> tuple[str, str, str]:
    if kind in KINDS:
        return KINDS[kind]
    assert kind != CONFIRMATION
    return _POINTS if kind in _MOVES else _ACCOUNT
