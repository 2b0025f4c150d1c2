"""The problem word of each reason for which a card login is refused; its sentences are those of `card.refusals`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from card import refusals
from card.refusals import LoginRefused
from gateway.errors import ProblemError

TITLES: Final[dict[str, tuple[int, str, str]]] = {
    "response_too_large": (413, "This is not a card's answer", "カードからの応答ではありません"),
    "response_malformed": (400, "This is not a card's answer", "カードからの応答ではありません"),
    "challenge_unknown": (401, "This request was used before", "このログイン要求は使えません"),
    "challenge_expired": (401, "The card came too late", "有効時間が過ぎました"),
    "challenge_of_another_session": (401, "Begun in another browser", "別の画面で始めたログインです"),
    "wrong_purpose": (401, "The card signed for something else", "別の手続きのための署名です"),
    "wrong_origin": (401, "The card signed for another site", "別のサイトに向けた署名です"),
    "signature_wrong": (401, "The card's signature does not fit", "カードの署名が正しくありません"),
    "certificate_malformed": (403, "This is not a card's certificate", "電子証明書を読み取れません"),
    "sign_certificate_used": (403, "The signing certificate was sent", "署名用電子証明書は使えません"),
    "issuer_untrusted": (403, "Nobody we trust vouches for this card", "発行者を確認できない電子証明書です"),
    "issuer_outside_validity": (403, "Its issuer is out of date", "発行者の有効期間外です"),
    "algorithm_refused": (403, "This kind of key is not taken", "対応していない方式の電子証明書です"),
    "certificate_expired": (403, "The card's certificate has expired", "電子証明書の有効期限切れです"),
    "certificate_not_yet_valid": (403, "The card's certificate is not valid yet", "電子証明書の有効期間前です"),
    "wrong_policy": (403, "This certificate is for something else", "ログイン用の電子証明書ではありません"),
    "wrong_key_usage": (403, "This certificate is for something else", "ログイン用の電子証明書ではありません"),
    "certificate_is_ca": (403, "This certificate is for something else", "ログイン用の電子証明書ではありません"),
    "critical_extension_unknown": (403, "This certificate says what we cannot read", "対応していない電子証明書です"),
    "certificate_revoked": (403, "The card's certificate was revoked", "失効した電子証明書です"),
    "revocation_unknown": (503, "Whether it was revoked cannot be known now", "電子証明書の有効性を確認できません"),
    "validators_disagree": (403, "The certificate is doubtful", "電子証明書を確認できませんでした"),
}  # fmt: skip
"""By code: status, title, Japanese title. 401: not proven that the card's holder asks; 403: proven, and still no."""


def word_of(code: str) -> str:
    return "card-" + code.replace("_", "-")


def as_refused(refusal: LoginRefused) -> ProblemError:
    """`refusal` as the API says it; what the log is told besides stays in the log."""
    return ProblemError(word_of(refusal.code), refusal.en, status=TITLES[refusal.code][0])


def kinds_of_refusal() -> Iterator[type[LoginRefused]]:
    """All reasons that can be given: the classes of `card.refusals` with a code of their own."""
    for value in vars(refusals).values():
        is_reason = isinstance(value, type) and issubclass(value, LoginRefused) and value is not LoginRefused
        if is_reason and "code" in vars(value):
            yield value


REFUSAL_WORDS: Final = tuple(word_of(code) for code in TITLES)
