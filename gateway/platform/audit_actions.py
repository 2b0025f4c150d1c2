"""What a line of an audit log can be about: each deed's word, as it is stored for ever, and its name in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from gateway.model import Label


class AuditAction(StrEnum):
    """A deed. The value is what lines hold and programs branch on; `label` is what people read."""

    label: Label

    def __new__(cls, word: str, ja: str = "", en: str = "") -> Self:
        action = str.__new__(cls, word)
        action._value_ = word
        action.label = Label(ja, en)
        return action

    # In a city's log, by its staff and its shops, or by itself.
    SIGNED_IN = "signed in", "ログイン", "Signed in"
    SIGN_IN_FAILED = "sign-in failed", "ログインの失敗", "Sign-in failed"
    MEMBER_LOOKED_UP = "member looked up", "利用者の照会", "Member looked up"
    MEMBER_SEARCHED_FOR = "member searched for", "利用者の検索", "Member searched for"
    HISTORY_LOOKED_AT = "history looked at", "利用者の履歴の閲覧", "Member's history looked at"
    PAY_CARD_ISSUED = "pay card issued", "ポイントカードの発行", "Point card issued"
    PAY_CARD_STOPPED = "pay card stopped", "ポイントカードの停止", "Point card stopped"
    PAY_CARD_PRINTED = "pay card printed", "ポイントカードの印刷", "Point card printed"
    PAY_CARD_PIN_SET = "pay card PIN set", "ポイントカードの暗証番号の設定", "PIN of a point card set"
    PAY_CARD_LIMITS_CHANGED = (
        "pay card limits changed",
        "ポイントカードの上限の変更",
        "Limits of point cards changed",
    )
    REPRESENTATIVE_APPOINTED = "representative appointed", "代理人の登録", "Representative appointed"
    REPRESENTATIVE_ENDED = "representative ended", "代理の終了", "Representation ended"
    REPRESENTATIVE_ACTED = "representative acted", "代理人による操作", "Representative acted"
    SIGN_IN_UNLOCKED = "sign-in unlocked", "利用者のログインの停止の解除", "Member's sign-in unlocked"
    MEMBER_ACCESS_RESTORED = "member access restored", "利用者のログインの再設定", "Member's way in restored"
    PASSWORD_CHANGED = "password changed", "パスワードの変更", "Password changed"
    PASSKEY_ADDED = "passkey added", "パスキーの登録", "Passkey added"
    AUTHENTICATOR_APP_SET_UP = "authenticator app set up", "認証アプリの登録", "Authenticator app set up"
    PASSKEY_REMOVED = "passkey removed", "パスキーの削除", "Passkey removed"
    AUTHENTICATOR_APP_REMOVED = "authenticator app removed", "認証アプリの削除", "Authenticator app removed"
    SESSION_ENDED = "session ended", "ログイン中の端末のログアウト", "Session ended"
    ACCESS_RESET = "access reset", "ログインの再設定", "Access reset"
    STAFF_ADDED = "staff added", "職員の登録", "Staff added"
    STAFF_CLOSED = "staff closed", "職員の利用停止", "Staff access stopped"
    ROLE_CHANGED = "role changed", "権限の変更", "Role changed"
    RULE_ANNOUNCED = "rule announced", "ルールの登録", "Rule announced"
    RULE_WITHDRAWN = "rule withdrawn", "ルールの取り下げ", "Rule withdrawn"
    PROJECT_ADDED = "project added", "給付事業の登録", "Project added"
    PROJECT_CLOSED = "project closed", "給付事業の受付停止", "Project closed"
    PROJECT_REOPENED = "project reopened", "給付事業の受付再開", "Project reopened"
    BUDGET_CHANGED = "budget changed", "予算の変更", "Budget changed"
    GRANTED = "granted", "給付", "Granted"
    GRANTS_LOOKED_AT = "grants looked at", "給付の一覧の閲覧", "List of grants looked at"
    LIST_EXPORTED = "list exported", "一覧の保存", "List exported"
    CITY_EXPORTED = "city exported", "自治体データ一式の書き出し", "All data of the city exported"
    GRANT_CANCELLED = "grant cancelled", "給付の取消", "Grant cancelled"
    BALANCE_CORRECTED = "balance corrected", "残高の訂正", "Balance corrected"
    CARRY_IN_CHECKED = "carry-in checked", "引継ぎファイルの確認", "Carried-in balances checked"
    CARRY_IN_CANCELLED = "carry-in cancelled", "引継ぎファイルの取り下げ", "Carried-in balances cancelled"
    CARRY_IN_APPROVED = "carry-in approved", "引継ぎの承認", "Carried-in balances approved"
    CARRY_IN_JOINED = (
        "carry-in joined",
        "引継ぎコードをなくした方への引継ぎ",
        "Number of a former system joined to a member",
    )
    CARRY_IN_CODE_STOPPED = "carry-in code stopped", "引継ぎコードの停止", "Code of a former number stopped"
    CARRY_IN_CODE_OPENED = (
        "carry-in code opened",
        "引継ぎコードの停止の解除",
        "Code of a former number opened again",
    )
    CARRY_IN_CODE_REFUSED = (
        "carry-in code refused",
        "停止中の引継ぎコードの入力",
        "Stopped code of a former number was typed in",
    )
    CARRY_IN_APPLIED = "carry-in applied", "引継ぎの完了", "Carried-in balances applied"
    GRANT_FILE_CHECKED = "grant file checked", "給付ファイルの確認", "Grant file checked"
    GRANT_FILE_APPROVED = "grant file approved", "給付ファイルの承認", "Grant file approved"
    GRANT_FILE_CANCELLED = "grant file cancelled", "給付ファイルの取り下げ", "Grant file withdrawn"
    GRANT_FILE_APPLIED = "grant file applied", "給付ファイルの給付完了", "Grant file applied"
    POINT_SERVICE_ADDED = "point service added", "ポイントサービスの追加", "Point service added"
    POINT_SERVICE_READING = (
        "point service reading changed", "ポイントサービスの読みの変更", "Point service reading changed",
    )  # fmt: skip
    POINT_SERVICE_CLOSED = "point service closed", "ポイントサービスの受付停止", "Point service closed"
    POINT_SERVICE_REOPENED = "point service reopened", "ポイントサービスの受付再開", "Point service reopened"
    ISSUER_NAMED = "issuer named", "発行者の登録", "Issuer named"
    EVENT_PLANNED = "event planned", "イベントの登録", "Event planned"
    EVENT_CHANGED = "event changed", "イベントの変更", "Event changed"
    EVENT_SHOWN = "event shown", "イベントの公開", "Event published"
    EVENT_ENDED = "event ended", "イベントの終了", "Event ended"
    EVENT_OUTCOME_DECIDED = "event outcome decided", "イベントの結果の確定", "Event outcome decided"
    EVENT_SETTLED = "event settled", "イベントの精算", "Event settled"
    SHOP_REGISTERED = "shop registered", "加盟店の登録", "Shop registered"
    SHOPS_IMPORTED = "shops imported", "加盟店の名簿の登録", "Shops imported from a list"
    COMPANY_CHANGED = "company changed", "会社の登録・変更", "Company changed"
    SHOP_CHOSEN = "shop chosen", "会社の店の選択", "Shop chosen"
    SHOP_TERMS_SET = "shop terms set", "加盟店規約の登録", "Terms for shops set"
    SHOP_APPLIED = "shop applied", "加盟店の申請", "Shop applied"
    SHOP_APPLICATION_RESUBMITTED = (
        "shop application resubmitted",
        "加盟店の申請の再提出",
        "Application of a shop submitted again",
    )
    SHOP_APPLICATION_SENT_BACK = (
        "shop application sent back",
        "加盟店の申請の差戻し",
        "Application of a shop sent back",
    )
    SHOP_APPLICATION_REFUSED = (
        "shop application refused",
        "加盟店の申請の却下",
        "Application of a shop refused",
    )
    SHOP_APPLICATION_ACCEPTED = (
        "shop application accepted",
        "加盟店の申請の承認",
        "Application of a shop accepted",
    )
    SHOP_APPLICATION_WITHDRAWN = (
        "shop application withdrawn",
        "加盟店の申請の取り下げ",
        "Application of a shop withdrawn",
    )
    SHOP_APPLICATION_ERASED = (
        "shop application erased",
        "加盟店の申請の消去",
        "Application of a shop erased",
    )
    SHOP_CHANGED = "shop changed", "加盟店の変更", "Shop changed"
    SHOP_CLOSED = "shop closed", "加盟店の利用終了", "Shop closed"
    SHOP_REOPENED = "shop reopened", "加盟店の利用再開", "Shop reopened"
    TILL_REFUNDS_CHANGED = "till refunds changed", "レジでの取消の設定", "Refunds at tills allowed or not"
    SHOP_ACCOUNT_CHANGED = "shop account changed", "振込先口座の変更", "Shop's bank account changed"
    PAYER_ACCOUNT_CHANGED = "payer account changed", "振込元口座の変更", "Paying account changed"
    REFUNDED = "refunded", "利用の取消", "Payment refunded"
    SETTLEMENT_CLOSED = "settlement closed", "精算の締め", "Settlement closed"
    TRANSFER_FILE_DOWNLOADED = "transfer file downloaded", "振込ファイルの保存", "Transfer file downloaded"
    TRANSFER_FILE_DOWNLOADED_AGAIN = (
        "transfer file downloaded again",
        "振込ファイルの再保存",
        "Transfer file downloaded again",
    )
    PAYOUT_RECORDED = "payout recorded", "振込結果の登録", "Payout result recorded"
    BANK_RESULT_UPLOADED = (
        "bank result uploaded",
        "銀行の振込結果ファイルの受け取り",
        "Bank's result file uploaded",
    )
    BANK_RESULT_RECORDED = (
        "bank result recorded",
        "銀行の振込結果ファイルの登録",
        "Bank's result file recorded",
    )
    SETTLEMENT_SETTINGS_CHANGED = (
        "settlement settings changed",
        "精算と銀行の設定の変更",
        "Settings of settlement and bank changed",
    )
    PRIVACY_TEXT_CHANGED = (
        "privacy text changed",
        "個人情報の取扱いの変更",
        "Text about members' data changed",
    )
    SHOP_DEBT_ENDED = "shop debt ended", "閉店した加盟店の未収の処理", "Closed shop's debt ended"
    SHOP_ACCOUNT_CONFIRMED = "shop account confirmed", "お店による口座の確認", "Account confirmed by the shop"
    SHOP_ACCOUNT_DISPUTED = "shop account disputed", "お店からの口座への異議", "Account disputed by the shop"
    TRANSFER_FILE_MADE = "transfer file made", "振込ファイルの作成", "Transfer file made"
    PROPOSED = "proposed", "提案", "Proposed"
    PROPOSAL_APPROVED = "proposal approved", "提案の承認", "Proposal approved"
    PROPOSAL_SENT_BACK = "proposal sent back", "提案の差戻し", "Proposal sent back"
    PROPOSAL_WITHDRAWN = "proposal withdrawn", "提案の取り下げ", "Proposal withdrawn"
    PROPOSAL_EXPIRED = "proposal expired", "提案の期限切れ", "Proposal expired"
    DEED_RULE_CHANGED = "deed rule changed", "承認の設定の変更", "Approval rule changed"
    ANNOUNCEMENT_PUBLISHED = "announcement published", "お知らせの掲載", "Announcement published"
    ANNOUNCEMENT_WITHDRAWN = "announcement withdrawn", "お知らせの取り下げ", "Announcement withdrawn"
    TILL_BOUND = "till bound", "レジの端末の登録", "Till bound"
    TILL_ENDED = "till ended", "レジの端末の登録の終了", "Till ended"
    TILL_PIN_SET = "till PIN set", "取消の暗証番号の設定", "PIN for refunds set"
    TILL_PIN_REMOVED = "till PIN removed", "取消の暗証番号の削除", "PIN for refunds removed"
    STAFF_RESTARTED = "staff restarted", "職員の利用再開", "Staff access started again"

    # In the platform's own log, by its staff and at the command line.
    CLIENT_KEY_MADE = "client key made", "クライアント鍵の作成", "Client key made"
    CLIENT_KEY_REVOKED = "client key revoked", "クライアント鍵の失効", "Client key revoked"
    PUSH_SECRET_MADE = "push secret made", "プッシュの鍵の作成", "Push secret made"
    PUSH_SECRET_REVOKED = "push secret revoked", "プッシュの鍵の失効", "Push secret revoked"
    WEBHOOK_ADDED = "webhook added", "Webhookの追加", "Webhook added"
    WEBHOOK_REVOKED = "webhook revoked", "Webhookの失効", "Webhook revoked"
    PARTNER_PAUSED = "partner paused", "協力会社の一時停止", "Partner paused"
    PARTNER_RESUMED = "partner resumed", "協力会社の再開", "Partner resumed"
    PARTNER_PACED = "partner paced", "協力会社への頻度の変更", "Partner's call rate changed"
    PARTNER_MAINTENANCE_ANNOUNCED = (
        "partner maintenance announced",
        "協力会社のメンテナンスの予告",
        "Partner maintenance announced",
    )
    PARTNER_MAINTENANCE_WITHDRAWN = (
        "partner maintenance withdrawn",
        "協力会社のメンテナンスの取り下げ",
        "Partner maintenance withdrawn",
    )
    PLANNED_STOP_ANNOUNCED = "planned stop announced", "計画停止の予告", "Planned stop announced"
    PLANNED_STOP_WITHDRAWN = "planned stop withdrawn", "計画停止の取り下げ", "Planned stop withdrawn"
    DATABASE_RESTORED = "database restored", "データベースの復元", "Database restored"
    DATABASE_COMPLETED = "database completed", "復元の完了", "Restore completed"
    EXCHANGE_RECOVERED = "exchange recovered", "交換の復旧", "Exchange recovered"
    EXCHANGE_LEFT = "exchange left", "交換を復旧しないことの決定", "Exchange left unrecovered"
    REVERSAL_RECOVERED = "reversal recovered", "交換の取消の復旧", "Reversal recovered"
    RECORD_RECOVERED = "record recovered", "記録の復旧", "Record recovered"
    CHAINS_SIGNED = "chains signed", "記録の連鎖への署名", "Hash chains signed"
    MEMBER_RECORD_EXPORTED = "member record exported", "利用者の記録の開示", "Member's record handed out"
    MEMBERS_MERGED = "members merged", "利用者の統合", "Two members merged"
    MEMBER_ERASED = "member erased", "利用者の記録の消去", "Member's record erased"
    MEMBER_RECTIFIED = "member rectified", "利用者の記録の訂正", "Member's record rectified"
    EXCHANGE_RESOLVED = "exchange resolved", "移行の結果の確定", "Exchange's outcome decided"
    EXCHANGE_REVERSED = "exchange reversed", "移行の取消・返還", "Exchange reversed"
    REVERSAL_RESOLVED = "reversal resolved", "取消の結果の確定", "Reversal's outcome decided"
    DIFFERENCE_CLOSED = "difference closed", "差異の処理", "Difference closed"


PLATFORM_ACTIONS: Final = frozenset(
    {
        AuditAction.CLIENT_KEY_MADE,
        AuditAction.CLIENT_KEY_REVOKED,
        AuditAction.PUSH_SECRET_MADE,
        AuditAction.PUSH_SECRET_REVOKED,
        AuditAction.WEBHOOK_ADDED,
        AuditAction.WEBHOOK_REVOKED,
        AuditAction.PARTNER_PAUSED,
        AuditAction.PARTNER_RESUMED,
        AuditAction.PARTNER_PACED,
        AuditAction.PARTNER_MAINTENANCE_ANNOUNCED,
        AuditAction.PARTNER_MAINTENANCE_WITHDRAWN,
        AuditAction.PLANNED_STOP_ANNOUNCED,
        AuditAction.PLANNED_STOP_WITHDRAWN,
        AuditAction.DATABASE_RESTORED,
        AuditAction.DATABASE_COMPLETED,
        AuditAction.EXCHANGE_RECOVERED,
        AuditAction.EXCHANGE_LEFT,
        AuditAction.REVERSAL_RECOVERED,
        AuditAction.RECORD_RECOVERED,
        AuditAction.CHAINS_SIGNED,
        AuditAction.MEMBER_RECORD_EXPORTED,
        AuditAction.MEMBERS_MERGED,
        AuditAction.MEMBER_ERASED,
        AuditAction.MEMBER_RECTIFIED,
        AuditAction.EXCHANGE_RESOLVED,
        AuditAction.EXCHANGE_REVERSED,
        AuditAction.REVERSAL_RESOLVED,
        AuditAction.DIFFERENCE_CLOSED,
    }
)
"""What only the platform's own log holds."""

_LABELS: Final[Mapping[str, Label]] = {action.value: action.label for action in AuditAction}


def label_of(action: str) -> Label:
    """The deed's name; the word itself for one that a newer release has written."""
    return _LABELS.get(action) or Label(action, action)
