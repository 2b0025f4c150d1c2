"""What is kept of a member, table by table: what it is, why, and how long.

One list for the member's own page, for the record that is handed out (開示), for the file register of a city, and for the tests
that hold the schema to it: a new table is in it, or among those that say nothing of a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from gateway.model import Label
from gateway.platform.retention import Retention


class RetentionPeriod(StrEnum):
    """How long it is kept."""

    FOR_EVER = "for_ever"
    WHILE_MEMBER = "while_member"
    UNTIL_USED = "until_used"
    NOTICES = "notices"
    EXCHANGES = "exchanges"
    LISTS = "lists"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """`tables` are those that it is read from; `fields` what each of its rows says."""

    name: str
    tables: tuple[str, ...]
    fields: tuple[str, ...]
    title: Label
    why: Label
    retention: RetentionPeriod


_BOOKS: Final = Label(
    ja="ポイントの帳簿です。1ポイントも失われず増えていないことを、いつでも確かめられるように、消しません。",
    en="The books of points. They stay, so that anybody can check at any time that no point was lost or made.",
)

PERSONAL_DATA: Final = (
    PersonalData(
        name="person",
        tables=("members",),
        fields=(
            "mykey_id", "display_name", "language", "default_municipality", "default_point_service", "state",
            "registered_at",
        ),
        title=Label(ja="お名前とマイキーID、設定", en="Your name, MyKey ID and settings"),
        why=Label(
            ja="ログインと、画面の表示に使います。", en="To sign you in and to show your pages.",
        ),
        retention=RetentionPeriod.WHILE_MEMBER,
    ),
    PersonalData(
        name="proofs",
        tables=("members", "member_proofs", "member_passkeys"),
        fields=("kind", "issuer", "name", "added_at", "used_at"),
        title=Label(ja="ログインの方法", en="How you sign in"),
        why=Label(
            ja="ご本人であることを確かめるためです。カードの番号やパスワードそのものは残しません。",
            en="To know that it is you. Neither a card's number nor the password itself is kept.",
        ),
        retention=RetentionPeriod.WHILE_MEMBER,
    ),
    PersonalData(
        name="former_mykey_ids",
        tables=("retired_mykey_ids",),
        fields=("mykey_id", "retired_at"),
        title=Label(ja="以前のマイキーID", en="MyKey IDs that you had before"),
        why=Label(
            ja="ほかの人に同じIDを渡さないため、消しません。渡すと、ポイントが違う人に届きます。",
            en="So that nobody else ever gets the same ID: points would find the wrong person.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="sessions",
        tables=("sessions",),
        fields=("client", "started_at", "last_seen_at", "ends_at"),
        title=Label(ja="ログイン中の端末", en="Where you are signed in"),
        why=Label(
            ja="ログインを続けるためです。ログアウトすると消えます。", en="To keep you signed in. It goes when you sign out.",
        ),
        retention=RetentionPeriod.UNTIL_USED,
    ),
    PersonalData(
        name="account_events",
        tables=("member_events",),
        fields=("kind", "at"),
        title=Label(ja="アカウントのお知らせ", en="Notices about your account"),
        why=Label(
            ja="心当たりのない変更に気づいていただくためです。", en="So that you notice a change that was not yours.",
        ),
        retention=RetentionPeriod.NOTICES,
    ),
    PersonalData(
        name="representatives",
        tables=("representations", "representative_acts"),
        fields=("municipality", "representative", "kind", "starts_on", "ends_on", "reason", "appointed_at", "ended_at"),
        title=Label(ja="代理人", en="Who acts for you"),
        why=Label(
            ja="あなたに代わって操作できる人と、その操作を、いつでも確かめられるようにするためです。",
            en="So that it can be seen at any time who may act for you, and what was done.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="mail",
        tables=("member_mail", "mail_notices"),
        fields=("address", "set_at", "confirmed_at", "stopped_at"),
        title=Label(ja="メールアドレス", en="Your mail address"),
        why=Label(
            ja="お知らせがあることをメールで伝えるためです。いつでもやめられます。",
            en="To tell you by mail that there is a notice. You can stop it at any time.",
        ),
        retention=RetentionPeriod.WHILE_MEMBER,
    ),
    PersonalData(
        name="partner_links",
        tables=("linked_accounts", "link_owners"),
        fields=("partner", "account", "shown_as", "linked_at"),
        title=Label(ja="連携している会社の会員番号", en="Your accounts at partners"),
        why=Label(
            ja="その会社のポイントを移すためです。連携を解除すると消えます。",
            en="To move your points from that company. It goes when you end the link.",
        ),
        retention=RetentionPeriod.WHILE_MEMBER,
    ),
    PersonalData(
        name="exchanges",
        tables=("exchanges", "exchange_steps", "exchange_owners", "coupon_claims", "partner_debits", "reversals"),
        fields=(
            "exchange_id", "partner", "state", "points", "account", "reference", "reason", "started_at", "sent_at",
            "ended_at", "reversed_points",
        ),
        title=Label(ja="ポイントの移行", en="Your exchanges"),
        why=Label(
            ja="協力会社と、同じ内容であることを確かめるためです。確定しなかったものは、期限の後に消えます。",
            en="To compare with the partner's own record. Those that you did not confirm go after a while.",
        ),
        retention=RetentionPeriod.EXCHANGES,
    ),
    PersonalData(
        name="moves",
        tables=("moves", "books", "anchors", "chain_seals", "figure_cursors"),
        fields=(
            "seq", "at", "kind", "action", "from", "to", "points", "issued", "reference", "details",
        ),
        title=Label(ja="ポイントの動き", en="Every move of your points"),
        why=_BOOKS,
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="balances",
        tables=("accounts",),
        fields=("account", "points", "held"),
        title=Label(ja="残高", en="Your balances"),
        why=_BOOKS,
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="payments",
        tables=("spends", "refunds"),
        fields=(
            "payment_id", "municipality", "point_service", "shop", "points", "yen", "at", "refunded_points",
        ),
        title=Label(ja="お店での支払い", en="Your payments at shops"),
        why=Label(
            ja="お店への振込の根拠です。", en="It is what shops are paid by.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="point_cards",
        tables=("pay_cards", "pay_card_holders"),
        fields=("municipality", "point_service", "last_digits", "issued_at", "stopped_at"),
        title=Label(ja="ポイントカード", en="Your point cards"),
        why=Label(
            ja="止めたカードが、二度と使われないようにするためです。番号と暗証番号そのものは残しません。",
            en="So that a card that was stopped is never used again. Neither its number nor the PIN itself is kept.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="grants",
        tables=("project_members", "grant_ids", "grant_cancellations"),
        fields=("municipality", "project", "grants", "points", "first_on", "last_on"),
        title=Label(ja="受けた給付", en="What cities have granted you"),
        why=Label(
            ja="お一人に何回、何ポイントまでという約束を守るためです。",
            en="To keep to how often and how much a project gives each person.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="grant_lists",
        tables=("grant_lines",),
        fields=("municipality", "project", "file", "mykey_id", "points", "note", "columns", "uploaded_at"),
        title=Label(ja="自治体の給付の名簿", en="Lines about you in cities' lists"),
        why=Label(
            ja="自治体が名簿で給付したときの記録です。摘要などは、期限の後に消えます。",
            en="When a city granted by a list. Notes and other columns go after a while.",
        ),
        retention=RetentionPeriod.LISTS,
    ),
    PersonalData(
        name="carried_in",
        tables=("carry_in_lines", "carried_numbers"),
        fields=("municipality", "number", "mykey_id", "point_service", "points", "issued_on", "file", "uploaded_at"),
        title=Label(ja="前のシステムから引き継いだ残高", en="What was carried in from a city's former system"),
        why=Label(
            ja="前のシステムの番号ごとに、二度引き継がれないようにするためです。",
            en="So that no number of the former system is ever carried in twice.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="event_gifts",
        tables=("event_gifts",),
        fields=("event", "points", "settled_at"),
        title=Label(ja="特定支援イベントへの応援", en="What you gave to events"),
        why=Label(
            ja="目標に届かなかったとき、お返しするためです。", en="To give it back where the goal is missed.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="daily_sums",
        tables=("member_days",),
        fields=("municipality", "point_service", "day", "spent", "granted"),
        title=Label(ja="1日の利用と給付の合計", en="Sums of a day"),
        why=Label(
            ja="自治体の1日の上限を守るためです。", en="To keep to a city's limits for a day.",
        ),
        retention=RetentionPeriod.WHILE_MEMBER,
    ),
    PersonalData(
        name="looks",
        tables=("audit_lines", "proposals"),
        fields=("at", "where", "what"),
        title=Label(
            ja="職員があなたの記録を見た、または変えた時", en="When staff looked at your record, or changed it",
        ),
        why=Label(
            ja="だれがいつ見たかを確かめる記録で、消したり書きかえたりできないようにしています。",
            en="It proves who looked when, and is made so that nobody can take a line away.",
        ),
        retention=RetentionPeriod.FOR_EVER,
    ),
    PersonalData(
        name="for_minutes",
        tables=(
            "pay_codes", "mykey_id_choices", "sign_in_misses", "member_notice_marks", "card_challenges", "oidc_requests",
            "oidc_arrivals", "passkey_challenges", "member_restorations",
        ),
        fields=(),
        title=Label(ja="短い間だけのもの", en="What is kept for a short time"),
        why=Label(
            ja="支払いコード、IDの選び直しやパスワードの間違いの回数、お知らせをどこまで読んだかです。",
            en="Pay codes, how often an ID was tried or a password was wrong, up to where notices were read.",
        ),
        retention=RetentionPeriod.UNTIL_USED,
    ),
)  # fmt: skip

NO_PERSONAL_DATA: Final = frozenset(
    {
        "client_keys", "seen_nonces", "point_services", "point_rules", "support_events", "compared_days",
        "closed_differences", "webhook_keys", "outbox", "seen_pushes", "partner_controls", "maintenance_windows",
        "schema_marker", "commit_probes", "audit_heads", "audit_seals", "daily_digests", "staff", "staff_passkeys",
        "staff_challenges", "staff_sessions", "tills", "till_tokens", "till_pins", "grant_projects", "grant_files", "carry_ins", "shops", "city_banks", "settlements",
        "settlement_lines", "daily_figures", "day_totals", "month_figures", "issue_figures", "deed_rules",
        "proposal_decisions", "staff_changes", "first_passwords", "staff_grant_days", "project_limits",
        "shop_account_changes", "settlement_accounts", "transfer_files", "transfer_file_contents", "venue_limits",
        "payouts", "point_service_issuers", "shop_debts", "account_notices", "pay_card_limits",
        "journal_ends", "journal_marks", "journal_checkpoint", "settlement_settings", "cycle_rules", "bank_results", "privacy_texts", "announcements",
        "shop_terms", "shop_applications", "companies", "company_shops", "company_readers", "company_workers",
    }
)  # fmt: skip
"""Tables of staff, shops, cities, partners and the gateway itself; what they say of an exchange is its number."""


def retention_days(period: RetentionPeriod, retention: Retention) -> int | None:
    """After how many days it goes, where that is a matter of days."""
    span: timedelta | None = {
        RetentionPeriod.NOTICES: retention.notices,
        RetentionPeriod.EXCHANGES: retention.unconfirmed_exchanges,
        RetentionPeriod.LISTS: retention.grant_file_texts,
    }.get(period)
    return None if span is None else span.days
