"""What a line of an audit log can be about: each deed's word, as it is stored for ever, and its name in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self


class AuditAction(StrEnum):
    """A deed. The value is what lines hold and the API shows; `label` is what a clerk reads."""

    label: str

    def __new__(cls, word: str, label: str = "") -> Self:
        action = str.__new__(cls, word)
        action._value_ = word
        action.label = label
        return action

    # In a city's log, by its staff and its shops, or by itself.
    SIGNED_IN = "signed in", "ログイン"
    SIGN_IN_FAILED = "sign-in failed", "ログインの失敗"
    MEMBER_LOOKED_UP = "member looked up", "利用者の照会"
    MEMBER_SEARCHED_FOR = "member searched for", "利用者の検索"
    HISTORY_LOOKED_AT = "history looked at", "利用者の履歴の閲覧"
    SIGN_IN_UNLOCKED = "sign-in unlocked", "利用者のログインの停止の解除"
    PASSWORD_CHANGED = "password changed", "パスワードの変更"
    PASSKEY_ADDED = "passkey added", "パスキーの登録"
    AUTHENTICATOR_APP_SET_UP = "authenticator app set up", "認証アプリの登録"
    PASSKEY_REMOVED = "passkey removed", "パスキーの削除"
    AUTHENTICATOR_APP_REMOVED = "authenticator app removed", "認証アプリの削除"
    SESSION_ENDED = "session ended", "ログイン中の端末のログアウト"
    ACCESS_RESET = "access reset", "ログインの再設定"
    STAFF_ADDED = "staff added", "職員の登録"
    STAFF_CLOSED = "staff closed", "職員の利用停止"
    ROLE_CHANGED = "role changed", "権限の変更"
    RULE_ANNOUNCED = "rule announced", "ルールの登録"
    RULE_WITHDRAWN = "rule withdrawn", "ルールの取り下げ"
    PROJECT_ADDED = "project added", "給付事業の登録"
    PROJECT_CLOSED = "project closed", "給付事業の受付停止"
    PROJECT_REOPENED = "project reopened", "給付事業の受付再開"
    BUDGET_CHANGED = "budget changed", "予算の変更"
    GRANTED = "granted", "給付"
    GRANTS_LOOKED_AT = "grants looked at", "給付の一覧の閲覧"
    LIST_EXPORTED = "list exported", "一覧の保存"
    CITY_EXPORTED = "city exported", "自治体データ一式の書き出し"
    GRANT_CANCELLED = "grant cancelled", "給付の取消"
    BALANCE_CORRECTED = "balance corrected", "残高の訂正"
    GRANT_FILE_CHECKED = "grant file checked", "給付ファイルの確認"
    GRANT_FILE_APPROVED = "grant file approved", "給付ファイルの承認"
    GRANT_FILE_CANCELLED = "grant file cancelled", "給付ファイルの取り下げ"
    GRANT_FILE_APPLIED = "grant file applied", "給付ファイルの給付完了"
    POINT_SERVICE_ADDED = "point service added", "ポイントサービスの追加"
    POINT_SERVICE_CLOSED = "point service closed", "ポイントサービスの受付停止"
    POINT_SERVICE_REOPENED = "point service reopened", "ポイントサービスの受付再開"
    ISSUER_NAMED = "issuer named", "発行者の登録"
    EVENT_PLANNED = "event planned", "イベントの登録"
    EVENT_CHANGED = "event changed", "イベントの変更"
    EVENT_SHOWN = "event shown", "イベントの公開"
    EVENT_ENDED = "event ended", "イベントの終了"
    EVENT_OUTCOME_DECIDED = "event outcome decided", "イベントの結果の確定"
    EVENT_SETTLED = "event settled", "イベントの精算"
    SHOP_REGISTERED = "shop registered", "加盟店の登録"
    SHOP_CHANGED = "shop changed", "加盟店の変更"
    SHOP_CLOSED = "shop closed", "加盟店の利用終了"
    SHOP_REOPENED = "shop reopened", "加盟店の利用再開"
    SHOP_ACCOUNT_CHANGED = "shop account changed", "振込先口座の変更"
    PAYER_ACCOUNT_CHANGED = "payer account changed", "振込元口座の変更"
    REFUNDED = "refunded", "利用の取消"
    SETTLEMENT_CLOSED = "settlement closed", "精算の締め"
    TRANSFER_FILE_DOWNLOADED = "transfer file downloaded", "振込ファイルの保存"
    PAYOUT_RECORDED = "payout recorded", "振込結果の登録"
    SHOP_DEBT_ENDED = "shop debt ended", "閉店した加盟店の未収の処理"
    SHOP_ACCOUNT_CONFIRMED = "shop account confirmed", "お店による口座の確認"
    SHOP_ACCOUNT_DISPUTED = "shop account disputed", "お店からの口座への異議"
    TRANSFER_FILE_MADE = "transfer file made", "振込ファイルの作成"
    PROPOSED = "proposed", "提案"
    PROPOSAL_APPROVED = "proposal approved", "提案の承認"
    PROPOSAL_SENT_BACK = "proposal sent back", "提案の差戻し"
    PROPOSAL_WITHDRAWN = "proposal withdrawn", "提案の取り下げ"
    PROPOSAL_EXPIRED = "proposal expired", "提案の期限切れ"
    DEED_RULE_CHANGED = "deed rule changed", "承認の設定の変更"
    STAFF_RESTARTED = "staff restarted", "職員の利用再開"

    # In the platform's own log, at the command line.
    CLIENT_KEY_MADE = "client key made", "クライアント鍵の作成"
    CLIENT_KEY_REVOKED = "client key revoked", "クライアント鍵の失効"
    PUSH_SECRET_MADE = "push secret made", "プッシュの鍵の作成"
    PUSH_SECRET_REVOKED = "push secret revoked", "プッシュの鍵の失効"
    WEBHOOK_ADDED = "webhook added", "Webhookの追加"
    WEBHOOK_REVOKED = "webhook revoked", "Webhookの失効"
    PARTNER_PAUSED = "partner paused", "協力会社の一時停止"
    PARTNER_RESUMED = "partner resumed", "協力会社の再開"
    PARTNER_PACED = "partner paced", "協力会社への頻度の変更"
    PARTNER_MAINTENANCE_ANNOUNCED = "partner maintenance announced", "協力会社のメンテナンスの予告"
    PARTNER_MAINTENANCE_WITHDRAWN = "partner maintenance withdrawn", "協力会社のメンテナンスの取り下げ"
    DATABASE_RESTORED = "database restored", "データベースの復元"
    DATABASE_COMPLETED = "database completed", "復元の完了"
    EXCHANGE_RECOVERED = "exchange recovered", "交換の復旧"
    EXCHANGE_LEFT = "exchange left", "交換を復旧しないことの決定"
    REVERSAL_RECOVERED = "reversal recovered", "交換の取消の復旧"
    RECORD_RECOVERED = "record recovered", "記録の復旧"
    CHAINS_SIGNED = "chains signed", "記録の連鎖への署名"


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
        AuditAction.DATABASE_RESTORED,
        AuditAction.DATABASE_COMPLETED,
        AuditAction.EXCHANGE_RECOVERED,
        AuditAction.EXCHANGE_LEFT,
        AuditAction.REVERSAL_RECOVERED,
        AuditAction.RECORD_RECOVERED,
        AuditAction.CHAINS_SIGNED,
    }
)
"""What only the platform's own log holds."""

FACT_LABELS: Final[Mapping[str, str]] = {
    "account": "口座",
    "budget": "予算",
    "day": "利用した日",
    "debt_end": "未収の処理",
    "deed": "操作",
    "ends_at": "終了",
    "faults": "誤り",
    "from": "変更前",
    "from_points": "1件の上限",
    "givers": "寄せた人数",
    "goal": "目標",
    "granted_lines": "給付した行",
    "granted_points": "給付したポイント",
    "lines": "行",
    "list": "一覧",
    "member": "利用者",
    "missed": "違っていたもの",
    "owed": "未返還",
    "point_service": "ポイントサービス",
    "name": "名前",
    "name_before": "名前（変更前）",
    "name_kana": "店名（カナ）",
    "name_kana_before": "店名（カナ、変更前）",
    "category": "業種",
    "category_before": "業種（変更前）",
    "address": "住所",
    "address_before": "住所（変更前）",
    "phone": "電話",
    "phone_before": "電話（変更前）",
    "on_failure": "届かないとき",
    "open_to": "対象",
    "outcome": "結果",
    "payout": "振込結果",
    "persons": "承認する人数",
    "points": "ポイント",
    "points_a_day": "1日に1人で給付できるポイント",
    "proposal": "提案の番号",
    "project": "給付事業",
    "reference": "控えの番号",
    "role": "権限",
    "second factor": "パスワードの次の確認",
    "sessions": "終了した端末の数",
    "shop": "加盟店",
    "shops": "加盟店の数",
    "starts_at": "開始",
    "takes_effect_on": "適用日",
    "times": "回数",
    "to": "変更後",
    "transfer_on": "振込日",
    "version": "版",
    "worse": "不利になる点",
    "venue_points_a_day": "会場の1日の上限（ポイント）",
    "yen": "金額",
}
"""What a line may say besides, by the word under which it is stored, in Japanese."""
_LABELS: Final[Mapping[str, str]] = {action.value: action.label for action in AuditAction}


def label_of(action: str) -> str:
    """The deed's name; the word itself for one that a newer release has written."""
    return _LABELS.get(action, action)
