"""The menu: each entry with the action that opens it, so that a role sees only what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from municipal.session import AT_TILL, CHOOSE_SHOP, CHOOSES, Session


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    name: str
    action: str
    about: str


ENTRIES: Final = (
    Entry("/", "最初のページ", "see", "今日の状況と、待っている仕事"),
    Entry("/figures", "集計", "see", "増減、未使用、失効の予定、基準日の残高"),
    Entry("/proposals", "承認", "see_proposals", "待っている提案、承認、差戻し"),
    Entry("/projects", "給付事業", "see", "事業と予算、窓口・名簿・会場での給付"),
    Entry("/files", "給付ファイル", "see", "名簿の確認結果、承認、進み具合"),
    Entry("/carry-ins", "前のシステムからの引継ぎ", "see", "残高のファイルの確認、合計の照合、引継ぎ"),
    Entry("/events", "特定支援イベント", "see", "目標、公開、進み具合"),
    Entry("/support", "利用者の窓口", "see_member", "番号や利用の記録から探し、履歴と期限を見る"),
    Entry("/cards", "ポイントカード", "help_member", "スマートフォンを使わない方のカードの発行と印刷"),
    Entry("/members", "利用者の照会", "see_member", "マイキーIDから残高を見る"),
    Entry("/services", "ポイント制度", "see", "有効期限、上限、適用日"),
    Entry("/announcements", "お知らせ", "see", "利用者と加盟店へのお知らせの掲載"),
    Entry("/shops", "加盟店", "see", "登録名簿、お店のログイン、QRコード"),
    Entry("/applications", "加盟店の申請", "see_member", "ウェブからの申請の審査、規約"),
    Entry("/settlements", "精算", "see", "締め、明細、振込ファイル"),
    Entry("/spends", "利用の取消", "refund", "利用の番号から取り消す"),
    Entry("/payer", "振込元の口座", "keep_banks", "市の口座と委託者コード"),
    Entry("/settlement-settings", "精算と銀行の設定", "keep_banks", "銀行の仕様書、結果ファイルの読み方"),
    Entry("/privacy-text", "個人情報の取扱い", "change_rules", "利用者に見せる文、3つの言葉"),
    Entry("/staff", "職員", "keep_staff", "登録、権限、再設定"),
    Entry("/audit", "監査ログ", "read_audit", "誰が、いつ、何を、なぜ"),
    Entry("/platform/exchanges", "移行の確認", "see_exchanges", "結果を確認中の移行、経過、照会、提案"),
    Entry("/platform/differences", "突合の差異", "see_exchanges", "両方の記録の違いと、その処理"),
    Entry("/platform/partners", "協力会社の状態", "see_exchanges", "停止と再開、突合の進み具合"),
    Entry("/platform/members", "利用者の記録", "keep_members", "2つのマイキーIDの統合、訂正、消去"),
    Entry("/platform/keys", "鍵", "keep_keys", "クライアントと通知の鍵、提案と失効"),
    Entry("/platform/stops", "計画停止", "plan_stops", "すべてのページでの停止の予告"),
    Entry("/partners", "協力会社の精算", "see_partners", "月ごとの請求額と照合"),
    Entry("/shop/take", "受付", f"take_points{AT_TILL}", "お客様のコードを読み取って受け取る"),
    Entry("/shop/day", "今日の利用", f"see_own_shop{AT_TILL}", "受け取った一覧と取消"),
    Entry("/shop/code", "お店のQRコード", "take_points", "お客様が読み取る紙"),
    Entry("/shop/tills", "レジの端末", "keep_own_shop", "ログインしたままにする端末、取消の暗証番号"),
    Entry("/shop/people", "お店のログイン", "keep_own_shop", "この店で使う人と、その変更"),
    Entry("/shop/report", "期間の集計", "see_shop_books", "日や月ごとの利用と取消、CSV"),
    Entry("/shop/settlements", "精算の明細", "see_shop_books", "市からの支払い"),
    Entry(CHOOSE_SHOP, "店を選ぶ", CHOOSES, "会社のどの店で使うか"),
    Entry("/shop/announcements", "市からのお知らせ", "see_own_shop", "市から加盟店への連絡"),
)


def entries_for(session: Session) -> list[Entry]:
    return [entry for entry in ENTRIES if session.may(entry.action)]


def current(entry: Entry, here: str) -> bool:
    """Whether the page belongs to this entry."""
    path = here.partition("?")[0]
    return path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))
