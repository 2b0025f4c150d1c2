"""Refused card sign-ins: one problem type a reason of `card.refusals`, whose sentences are the remedies.

401: it is not proven that the card's holder asks. 403: it is proven, and the answer is still no.
"""

from __future__ import annotations

from typing import Final

from card import refusals
from gateway.http.problem_types.problem_type import ProblemType


def _refusal(
    word: str, status: int, title: str, title_ja: str, reason: type[refusals.LoginRefused]
) -> ProblemType:
    return ProblemType(word, status, title, title_ja, reason.en, reason.ja)


CARDS: Final = (
    _refusal("card-response-too-large", 413, "This is not a card's answer", "カードからの応答ではありません", refusals.ResponseTooLarge),
    _refusal("card-response-malformed", 400, "This is not a card's answer", "カードからの応答ではありません", refusals.ResponseMalformed),
    _refusal("card-challenge-unknown", 401, "This request was used before", "このログイン要求は使えません", refusals.ChallengeUnknown),
    _refusal("card-challenge-expired", 401, "The card came too late", "有効時間が過ぎました", refusals.ChallengeExpired),
    _refusal("card-challenge-of-another-session", 401, "Begun in another browser", "別の画面で始めたログインです", refusals.ChallengeOfAnotherSession),
    _refusal("card-wrong-purpose", 401, "The card signed for something else", "別の手続きのための署名です", refusals.WrongPurpose),
    _refusal("card-wrong-origin", 401, "The card signed for another site", "別のサイトに向けた署名です", refusals.WrongOrigin),
    _refusal("card-signature-wrong", 401, "The card's signature does not fit", "カードの署名が正しくありません", refusals.SignatureWrong),
    _refusal("card-certificate-malformed", 403, "This is not a card's certificate", "電子証明書を読み取れません", refusals.CertificateMalformed),
    _refusal("card-sign-certificate-used", 403, "The signing certificate was sent", "署名用電子証明書は使えません", refusals.SignCertificateUsed),
    _refusal("card-issuer-untrusted", 403, "Nobody we trust vouches for this card", "発行者を確認できない電子証明書です", refusals.IssuerUntrusted),
    _refusal("card-issuer-outside-validity", 403, "Its issuer is out of date", "発行者の有効期間外です", refusals.IssuerOutsideValidity),
    _refusal("card-algorithm-refused", 403, "This kind of key is not taken", "対応していない方式の電子証明書です", refusals.AlgorithmRefused),
    _refusal("card-certificate-expired", 403, "The card's certificate has expired", "電子証明書の有効期限切れです", refusals.CertificateExpired),
    _refusal("card-certificate-not-yet-valid", 403, "The card's certificate is not valid yet", "電子証明書の有効期間前です", refusals.CertificateNotYetValid),
    _refusal("card-wrong-policy", 403, "This certificate is for something else", "ログイン用の電子証明書ではありません", refusals.WrongPolicy),
    _refusal("card-wrong-key-usage", 403, "This certificate is for something else", "ログイン用の電子証明書ではありません", refusals.WrongKeyUsage),
    _refusal("card-certificate-is-ca", 403, "This certificate is for something else", "ログイン用の電子証明書ではありません", refusals.CertificateIsCa),
    _refusal("card-critical-extension-unknown", 403, "This certificate says what we cannot read", "対応していない電子証明書です", refusals.CriticalExtensionUnknown),
    _refusal("card-certificate-revoked", 403, "The card's certificate was revoked", "失効した電子証明書です", refusals.CertificateRevoked),
    _refusal("card-revocation-unknown", 503, "Whether it was revoked cannot be known now", "電子証明書の有効性を確認できません", refusals.RevocationUnknown),
    _refusal("card-validators-disagree", 403, "The certificate is doubtful", "電子証明書を確認できませんでした", refusals.ValidatorsDisagree),
)  # fmt: skip
