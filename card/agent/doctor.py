"""What the agent can see, step by step, and what to do about it; asks for no PIN and costs no try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from card.agent.prompt import best_prompt
from card.errors import CardError, NoPrompt
from card.pcsc import card_in, readers
from card.profiles import TOKEN_KINDS


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `good`, or the two sentences that say what to do."""

    good: bool
    what: str
    ja: str = ""
    en: str = ""


def examine(now: datetime) -> list[Finding]:
    """PC/SC, readers, cards, applet, tries left, certificate dates, and how the PIN would be asked."""
    findings = [_prompt()]
    try:
        present = readers()
    except CardError as trouble:
        return [*findings, _bad("PC/SC", trouble)]
    findings.append(Finding(good=True, what="PC/SC"))
    for reader in present:
        name = f"カードリーダー / reader “{reader.name}”"
        if not reader.has_card:
            findings.append(Finding(good=True, what=f"{name}: カードなし / empty"))
            continue
        try:
            findings += _card(reader.name, name, now)
        except CardError as trouble:
            findings.append(_bad(name, trouble))
    if not any(reader.has_card for reader in present):
        findings.append(
            Finding(
                good=False,
                what="カード / card",
                ja="マイナンバーカードをICカードリーダライタにセットしてください。",
                en="Put the My Number card on the reader.",
            )
        )
    return findings


def _card(reader: str, name: str, now: datetime) -> list[Finding]:
    with card_in(reader) as held:
        kind = held.card.token_kind()
        tries_left = held.card.tries_left()
        certificate = x509.load_der_x509_certificate(held.card.auth_certificate())
    ends = certificate.not_valid_after_utc
    return [
        Finding(good=True, what=f"{name}: {TOKEN_KINDS.get(kind, kind or '?')}"),
        Finding(
            good=tries_left > 1,
            what=f"暗証番号の残り回数 / PIN tries left: {tries_left}",
            ja="次に間違えるとロックされます。"
            if tries_left
            else "市区町村の窓口で解除と再設定をしてください。",
            en="The next miss locks the card." if tries_left else "Have the PIN unlocked at your town hall.",
        ),
        Finding(
            good=certificate.not_valid_before_utc <= now <= ends,
            what=f"電子証明書の有効期限 / certificate valid until: {ends:%Y-%m-%d}",
            ja="有効期間外です。市区町村の窓口で更新してください。",
            en="It is outside its validity. Renew it at your town hall.",
        ),
    ]


def _prompt() -> Finding:
    what = "暗証番号の入力画面 / PIN prompt"
    try:
        return Finding(good=True, what=f"{what}: {type(best_prompt()).__name__}")
    except NoPrompt as none:
        return _bad(what, none)


def _bad(what: str, trouble: CardError) -> Finding:
    return Finding(
        good=False, what=f"{what} [{trouble.code}]", ja=trouble.sentence_ja, en=trouble.sentence_en
    )
