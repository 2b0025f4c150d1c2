"""What can go wrong at the member's desk, each with a stable code and a sentence in Japanese and English.

    CardError
    ├─ ReaderError      PcscUnavailable · NoReader · NoCard · CardRemoved · CardReset · ReaderBusy · CardMute · ReaderFault
    ├─ CardRefused      NotJpkiCard · SeveralCards · NoAuthCertificate · PinWrong · PinLocked · UnexpectedAnswer
    ├─ PromptError      PinMalformed · PromptCancelled · PromptTimedOut · NoPrompt
    └─ RequestRefused   OriginRefused · HostRefused · RequestMalformed · AgentBusy

The sentences are for the person with the card in hand: what happened, and what to do. `code` is for programs
and never changes. None of them ever carries the PIN. Refusals of the server are in `card.refusals`.
"""

from __future__ import annotations

from typing import ClassVar


class CardError(Exception):
    """The root of the desk's vocabulary; `detail` is for the log, the sentences for the person."""

    code: ClassVar[str] = "card_error"
    ja: ClassVar[str] = "カードの処理に失敗しました。"
    en: ClassVar[str] = "Something went wrong with the card."

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail)

    @property
    def sentence_ja(self) -> str:
        return self.ja

    @property
    def sentence_en(self) -> str:
        return self.en

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence_en}" + (f" ({self.detail})" if self.detail else "")


class ReaderError(CardError):
    """The way to the card is interrupted. No try was used unless VERIFY had already been sent."""


class PcscUnavailable(ReaderError):
    code = "pcsc_unavailable"
    ja = (
        "カードリーダーを使うためのサービス (PC/SC) が動いていません。"
        "サービスを起動してから、もう一度お試しください。"
    )
    en = "The smart card service (PC/SC) is not running. Start it and try again."


class NoReader(ReaderError):
    code = "no_reader"
    ja = "ICカードリーダライタが見つかりません。接続を確認してください。"
    en = "No card reader was found. Check that it is plugged in."


class NoCard(ReaderError):
    code = "no_card"
    ja = "マイナンバーカードをICカードリーダライタにセットしてください。"
    en = "Put the My Number card on the reader."


class CardRemoved(ReaderError):
    code = "card_removed"
    ja = "処理の途中でカードが離れました。カードをセットし直して、もう一度お試しください。"
    en = "The card was taken away too early. Put it back and try again."


class CardReset(ReaderError):
    code = "card_reset"
    ja = "ほかのソフトがカードをリセットしました。ほかのソフトを閉じて、もう一度お試しください。"
    en = "Another program reset the card. Close it and try again."


class ReaderBusy(ReaderError):
    code = "reader_busy"
    ja = "ほかのソフトがカードリーダーを使っています。そのソフトを閉じて、もう一度お試しください。"
    en = "Another program is using the card reader. Close it and try again."


class CardMute(ReaderError):
    code = "card_mute"
    ja = "カードが応答しません。向きと位置を確認し、置き直してください。TypeB対応のリーダーが必要です。"
    en = "The card does not answer. Check how it lies on the reader, which must be able to read Type B cards."


class ReaderFault(ReaderError):
    code = "reader_fault"
    ja = "カードリーダーとの通信に失敗しました。抜き差ししてから、もう一度お試しください。"
    en = "Talking to the card reader failed. Unplug it, plug it in again and retry."


class CardRefused(CardError):
    """The card was reached and said no."""


class NotJpkiCard(CardRefused):
    code = "not_jpki_card"
    ja = "このカードはマイナンバーカードではありません。マイナンバーカードをセットしてください。"
    en = "This is not a My Number card. Put a My Number card on the reader."


class SeveralCards(CardRefused):
    code = "several_cards"
    ja = "マイナンバーカードが2枚以上セットされています。1枚だけにしてください。"
    en = "There is more than one My Number card. Leave only one on the reader."


class NoAuthCertificate(CardRefused):
    code = "no_auth_certificate"
    ja = (
        "このカードには利用者証明用電子証明書がありません。お住まいの市区町村の窓口で発行を申請してください。"
    )
    en = "This card holds no authentication certificate. Ask for one at your town hall."


class PinWrong(CardRefused):
    """One try is gone; `tries_left` (1-2 on today's card) remain before the card locks."""

    code = "pin_wrong"
    ja = "暗証番号が違います。あと{tries_left}回間違えるとロックされます。"
    en = "The PIN is wrong. Tries left before the card locks: {tries_left}."

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__()

    @property
    def sentence_ja(self) -> str:
        return self.ja.format(tries_left=self.tries_left)

    @property
    def sentence_en(self) -> str:
        return self.en.format(tries_left=self.tries_left)


class PinLocked(CardRefused):
    code = "pin_locked"
    ja = (
        "暗証番号がロックされています。お住まいの市区町村の窓口で解除と再設定をしてください"
        "(スマートフォンのアプリとコンビニの端末でもできる場合があります)。"
    )
    en = (
        "The PIN is locked. Have it unlocked and set anew at your town hall "
        "(in some cases also with the phone app and a convenience store's terminal)."
    )
    tries_left = 0


class UnexpectedAnswer(CardRefused):
    code = "unexpected_answer"
    ja = "カードから想定外の応答がありました。カードを置き直して、もう一度お試しください。"
    en = "The card gave an answer that is not understood. Put it on the reader again and retry."


class PromptError(CardError):
    """No PIN was sent to the card, so no try was used."""


class PinMalformed(PromptError):
    code = "pin_malformed"
    ja = "暗証番号は数字4桁で入力してください(残り回数は減っていません)。"
    en = "The PIN has exactly four digits (no try was used)."


class PromptCancelled(PromptError):
    code = "prompt_cancelled"
    ja = "暗証番号の入力が取り消されました。"
    en = "Entering the PIN was cancelled."


class PromptTimedOut(PromptError):
    code = "prompt_timed_out"
    ja = "暗証番号の入力がなかったため、終了しました。もう一度お試しください。"
    en = "No PIN was entered in time. Try again."


class NoPrompt(PromptError):
    code = "no_prompt"
    ja = "暗証番号の入力画面を開けません。画面のある環境、または端末から起動してください。"
    en = "There is no way to ask for the PIN: start the agent with a display or from a terminal."


class RequestRefused(CardError):
    """The page's request was turned away before the card was touched."""


class OriginRefused(RequestRefused):
    code = "origin_refused"
    ja = "このサイトからのカード利用は許可されていません。"
    en = "This site may not use the card."


class HostRefused(RequestRefused):
    code = "host_refused"
    ja = "接続先の名前が正しくありません。"
    en = "The agent was reached under a name that is not its own."


class RequestMalformed(RequestRefused):
    code = "request_malformed"
    ja = "サイトからの要求の形式が正しくありません。"
    en = "The site's request is malformed."


class AgentBusy(RequestRefused):
    code = "agent_busy"
    ja = "カードの処理中です。暗証番号の画面を閉じるか、終わるまでお待ちください。"
    en = "The card is already in use for another request. Finish or close that first."
