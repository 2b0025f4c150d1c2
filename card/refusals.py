"""Why the server turned a card login away, each with a stable code and a sentence in Japanese and English.

    LoginRefused
    ├─ ResponseRefused     ResponseTooLarge · ResponseMalformed
    ├─ ChallengeRefused    ChallengeUnknown · ChallengeExpired · ChallengeOfAnotherSession · WrongPurpose · WrongOrigin
    ├─ CertificateRefused  CertificateMalformed · SignCertificateUsed · IssuerUntrusted · AlgorithmRefused
    │                      · CertificateExpired · CertificateNotYetValid · IssuerOutsideValidity
    │                      · WrongPolicy · WrongKeyUsage · CertificateIsCa · CriticalExtensionUnknown
    ├─ SignatureWrong
    ├─ CertificateRevoked · RevocationUnknown
    └─ ValidatorsDisagree

The sentence is for the member; `detail` is for the log and never holds a serial number, a name or a signature.
A refusal means nobody was signed in, and nothing was stored.
"""

from __future__ import annotations

from typing import ClassVar

_AGAIN_JA = "もう一度ログインをやり直してください。"
_AGAIN_EN = "Start the login again."


class LoginRefused(Exception):
    """The root: nobody was signed in. `code` never changes; `detail` says to the operator what was seen."""

    code: ClassVar[str] = "login_refused"
    ja: ClassVar[str] = f"カードでログインできませんでした。{_AGAIN_JA}"
    en: ClassVar[str] = f"The card login was refused. {_AGAIN_EN}"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.en}" + (f" ({self.detail})" if self.detail else "")


class ResponseRefused(LoginRefused):
    """What arrived is not a card's response."""


class ResponseTooLarge(ResponseRefused):
    code = "response_too_large"


class ResponseMalformed(ResponseRefused):
    code = "response_malformed"


class ChallengeRefused(LoginRefused):
    """The signature may be good, but it was not made for this login."""


class ChallengeUnknown(ChallengeRefused):
    """Never issued by us, or used before: a replay looks like this."""

    code = "challenge_unknown"
    ja = f"このログイン要求はすでに使われたか、無効です。{_AGAIN_JA}"
    en = f"This login request was used before or never existed. {_AGAIN_EN}"


class ChallengeExpired(ChallengeRefused):
    code = "challenge_expired"
    ja = f"ログインの有効時間(2分)が過ぎました。{_AGAIN_JA}"
    en = f"The login took longer than two minutes. {_AGAIN_EN}"


class ChallengeOfAnotherSession(ChallengeRefused):
    code = "challenge_of_another_session"
    ja = f"別の画面で始めたログインです。{_AGAIN_JA}"
    en = f"This login was begun in another browser. {_AGAIN_EN}"


class WrongPurpose(ChallengeRefused):
    code = "wrong_purpose"


class WrongOrigin(ChallengeRefused):
    code = "wrong_origin"
    ja = "別のサイトに向けた署名です。アドレスバーのサイト名を確認してください。"
    en = "The signature was made for another site. Check the site's name in the address bar."


class CertificateRefused(LoginRefused):
    """The certificate does not prove who holds the card."""

    ja = "このカードの電子証明書は利用できません。"
    en = "This card's certificate cannot be used here."


class CertificateMalformed(CertificateRefused):
    code = "certificate_malformed"


class SignCertificateUsed(CertificateRefused):
    code = "sign_certificate_used"
    ja = "署名用電子証明書ではログインできません。利用者証明用電子証明書(暗証番号4桁)を使ってください。"
    en = "The signing certificate is not for logins. Use the authentication certificate (4-digit PIN)."


class IssuerUntrusted(CertificateRefused):
    code = "issuer_untrusted"


class AlgorithmRefused(CertificateRefused):
    code = "algorithm_refused"


class CertificateExpired(CertificateRefused):
    code = "certificate_expired"
    ja = "電子証明書の有効期限が切れています。お住まいの市区町村の窓口で更新してください。"
    en = "The certificate has expired. Renew it at your town hall."


class CertificateNotYetValid(CertificateRefused):
    code = "certificate_not_yet_valid"
    ja = "電子証明書の有効期間がまだ始まっていません。"
    en = "The certificate is not valid yet."


class IssuerOutsideValidity(CertificateRefused):
    code = "issuer_outside_validity"


class WrongPolicy(CertificateRefused):
    code = "wrong_policy"


class WrongKeyUsage(CertificateRefused):
    code = "wrong_key_usage"


class CertificateIsCa(CertificateRefused):
    code = "certificate_is_ca"


class CriticalExtensionUnknown(CertificateRefused):
    code = "critical_extension_unknown"


class SignatureWrong(LoginRefused):
    """The card's signature does not fit the certificate and the client data."""

    code = "signature_wrong"


class CertificateRevoked(LoginRefused):
    code = "certificate_revoked"
    ja = "この電子証明書は失効しています。お住まいの市区町村の窓口で発行を申請してください。"
    en = "This certificate was revoked. Ask for a new one at your town hall."


class RevocationUnknown(LoginRefused):
    """No believable word on revocation: we refuse rather than guess."""

    code = "revocation_unknown"
    ja = "電子証明書の有効性をいま確認できません。しばらくしてから、もう一度お試しください。"
    en = "Whether the certificate is still valid cannot be checked right now. Try again later."


class ValidatorsDisagree(LoginRefused):
    """Two independent implementations of path validation came to different answers; an operator should look."""

    code = "validators_disagree"
