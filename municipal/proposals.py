"""Four eyes (提案・承認・差戻し): what waits for a second person, deciding it, and the city's table of deeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias, get_args

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import (
    NotANumberError,
    beside,
    differences,
    drawn_again,
    number,
    optional_number,
    status,
    text_of,
    without_number,
)
from municipal.labels import (
    AUDIENCES,
    DEBT_ENDS,
    DIRECTIONS,
    EXCHANGE_STATES,
    EXPIRIES,
    FEE_BEARERS,
    PAYOUTS,
    REPRESENTATIVE_KINDS,
    ROLES,
    SCOPES,
    SETTLEMENT_SETTINGS,
    STATE_REASONS,
    VERDICTS,
    WORSE,
)
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, Message, calls, models

pages = Pages(needs="see_proposals")

Deed: TypeAlias = Literal[
    "grant", "grant_file", "carry_in", "carry_in_join", "grant_cancel", "correction", "project", "budget", "refund", "shop_account", "payer_account",
    "closing", "transfer_file", "payout", "shop_debt", "settlement_settings", "privacy_text", "staff", "role", "reset", "restart", "rule", "rule_withdrawal", "shop_staff",
    "shop_reset", "shop_application", "shop_list", "company", "member_access", "representative", "card_limits", "announcement", "deed_rule",
]  # fmt: skip
"""What the city's table of deeds has a line for."""
_DEED_WORDS: Final[tuple[Deed, ...]] = get_args(Deed)
DEEDS: Final[Mapping[str, str]] = {
    "grant": "お一人への給付",
    "grant_file": "ファイルによる給付",
    "carry_in": "前のシステムの残高の引継ぎ",
    "carry_in_join": "引継ぎコードをなくした方への引継ぎ",
    "grant_cancel": "給付の取消",
    "correction": "残高の訂正",
    "project": "給付事業の登録",
    "budget": "予算の増額",
    "shop_account": "振込先口座の変更",
    "payer_account": "振込元口座の変更",
    "refund": "利用の取消",
    "closing": "精算の締め",
    "transfer_file": "振込ファイルの作成",
    "payout": "振込結果の登録",
    "shop_debt": "閉店した加盟店の未収の処理",
    "settlement_settings": "精算と銀行の設定の変更",
    "privacy_text": "個人情報の取扱いの変更",
    "staff": "職員の登録",
    "role": "権限の引き上げ",
    "reset": "ログインの再設定",
    "restart": "職員の利用再開",
    "shop_staff": "お店のログインの追加",
    "shop_reset": "お店のログインの再設定",
    "shop_application": "加盟店の申請の承認",
    "shop_list": "加盟店の名簿の登録",
    "company": "会社の登録・変更",
    "member_access": "利用者のログインの再設定",
    "representative": "代理人の登録",
    "rule": "ポイント制度の新しい版",
    "rule_withdrawal": "ポイント制度の版の取り下げ",
    "card_limits": "カードの上限の引き上げ",
    "announcement": "お知らせの掲載",
    "planned_stop": "計画停止の予告",
    "deed_rule": "承認の設定の変更",
    "exchange_outcome": "移行の結果の確定",
    "exchange_reversal": "移行の取消・返還",
    "reversal_outcome": "取消の結果の確定",
    "difference": "突合の差異の処理",
    "partner_resume": "協力会社の再開",
    "member_merge": "利用者の統合",
    "partner_maintenance": "メンテナンスの短縮・取り下げ",
    "partner_pace": "呼び出しの上限の引き上げ",
    "client_key": "クライアントの鍵の登録",
    "webhook_key": "通知の鍵の作成",
    "member_erase": "利用者の記録の消去",
    "member_rectify": "利用者の記録の訂正",
}
STATES: Final[Mapping[str, str]] = {
    "waiting": "承認待ち",
    "carried_out": "承認済み",
    "sent_back": "差戻し",
    "withdrawn": "取り下げ",
    "expired": "期限切れ",
}
FACTS: Final[Mapping[str, str]] = {
    "audience": "読む人",
    "shown_from": "掲載の開始",
    "shown_until": "掲載の終了",
    "stops_from": "停止の開始",
    "stops_until": "停止の終了",
    "text": "本文",
    "text_easy": "本文（やさしい日本語）",
    "text_en": "本文（英語）",
    "title": "題名",
    "title_easy": "題名（やさしい日本語）",
    "title_en": "題名（英語）",
    "account": "口座",
    "content": "内容",
    "unlisted": "銀行の一覧との違い",
    "no_pin_points": "暗証番号なしで1回に使えるポイント",
    "no_pin_points_before": "暗証番号なしで1回に使えるポイント（変更前）",
    "card_points_a_day": "カードで1日に使えるポイント",
    "card_points_a_day_before": "カードで1日に使えるポイント（変更前）",
    "cards_a_day": "職員1人が1日に発行できるカード",
    "cards_a_day_before": "職員1人が1日に発行できるカード（変更前）",
    "deed": "対象の操作",
    "from_points_before": "1件の上限（変更前）",
    "persons_before": "承認する人数（変更前）",
    "place": "場所",
    "point_service": "ポイントサービスの番号",
    "points_a_day_before": "1日に1人で給付・取消できるポイント（変更前）",
    "shop_id": "加盟店の番号",
    "application": "申請の番号",
    "company": "会社の番号",
    "company_shops": "会社の加盟店",
    "company_shops_before": "会社の加盟店（変更前）",
    "company_readers": "すべての店の帳簿を見る人",
    "company_readers_before": "すべての店の帳簿を見る人（変更前）",
    "company_workers": "どの店でも使える人",
    "company_workers_before": "どの店でも使える人（変更前）",
    "new_shops": "登録する加盟店",
    "with_account": "そのうち口座のある店",
    "known_shops": "登録済みの店の行（変更されません）",
    "alike_shops": "名前・電話・口座がほかと同じ店",
    "shop_names": "店名",
    "name_kana": "店名（カナ）",
    "category": "業種",
    "address": "住所",
    "phone": "電話",
    "terms_version": "規約の版",
    "display_name": "使う人の名前",
    "venue_points_a_day": "会場の1日の上限（ポイント）",
    "direct_exchange": "協力会社から直接の交換",
    "direct_exchange_before": "協力会社から直接の交換（変更前）",
    "expiry": "有効期限",
    "expiry_before": "有効期限（変更前）",
    "held_points": "持たれているポイント",
    "members": "ポイントを持つ利用者の人数",
    "most_granted_a_day": "1日に受け取れる上限（1人）",
    "most_granted_a_day_before": "1日に受け取れる上限（1人、変更前）",
    "most_spent_a_day": "1日に使える上限（1人）",
    "most_spent_a_day_before": "1日に使える上限（1人、変更前）",
    "takes_effect_on": "適用日",
    "unit_value_yen_before": "1ポイントの価値（円、変更前）",
    "version": "版",
    "worse": "利用者に不利な変更",
    "unit_value_later": "1ポイントの価値（予定の版で最大、円）",
    "unit_value_yen": "1ポイントの価値（円）",
    "bank_name": "銀行名",
    "branch_name": "支店名",
    "budget": "予算",
    "client_code": "委託者コード",
    "ends_on": "終了日",
    "from": "変更前",
    "from_points": "1件の上限",
    "granted": "給付済み",
    "unspent": "まだ使われていない分",
    "owed": "未返還になる分",
    "correction": "訂正するポイント",
    "balance_after": "訂正後の残高",
    "file": "ファイル",
    "lines": "行数",
    "numbers": "前のシステムの番号の数",
    "content_hash": "ファイルの内容の照合値",
    "totals": "制度と最終日ごとの合計",
    "budget_after": "給付後の予算の残り",
    "members_before": "この事業で給付済みの人数",
    "points_before": "この事業で給付済みのポイント",
    "members_waiting": "ほかの未処理のファイルにもある人数",
    "points_waiting": "ほかの未処理のファイルでのポイント",
    "carried_yen": "次への繰越（円）",
    "paid_on": "利用した日",
    "payout": "振込結果",
    "result_file": "銀行の結果ファイルの番号",
    "returned": "振込不能・組戻しの内訳",
    "shops_returned": "振込不能・組戻しの加盟店",
    "debt_end": "未収の処理",
    "paid_points": "利用したポイント",
    "refunded_before": "取消済み",
    "settled_in": "精算済みの期間の初日",
    "shops": "支払う加盟店",
    "shops_carried": "今回は支払わない加盟店",
    "fee_yen": "差し引く振込手数料（円）",
    "city_fee_yen": "自治体が負担する振込手数料（円）",
    "return_fee_yen": "組戻手数料（円）",
    "return_fee_bearer": "組戻手数料を負担する側",
    "deducted_return_fee_yen": "差し引く組戻手数料（円）",
    "city_return_fee_yen": "自治体が負担する組戻手数料（円）",
    "open_return_fee_yen": "次回以降に差し引く組戻手数料（円）",
    "transfer_yen": "振込額（円）",
    "spend_id": "利用の番号",
    "spends": "利用の件数",
    "times": "作成の回数",
    "transfer_on": "振込日",
    "send_by": "銀行への送信の期限",
    "yen": "支払う金額（円）",
    "holder": "口座名義",
    "login": "ログイン名",
    "most_grants_each": "お一人の回数の上限",
    "most_points_each": "お一人のポイントの上限",
    "mykey_id": "マイキーID",
    "number": "前のシステムの番号",
    "name": "名前",
    "persons": "承認する人数",
    "points_a_day": "1日に1人で給付・取消できるポイント",
    "points_each": "1回の給付ポイント",
    "project": "給付事業の番号",
    "role": "権限",
    "starts_on": "開始日",
    "to": "変更後",
    "venue": "会場での給付",
    "exchange_id": "移行の番号",
    "partner": "協力会社",
    "exchange_state": "移行の状態",
    "state_reason": "状態の理由",
    "exchange_points": "移行のポイント",
    "points_back": "取消・返還済みのポイント",
    "sent_at": "送った日時",
    "decision": "提案する結果",
    "reversal_decision": "提案する取消の結果",
    "reference": "協力会社の番号",
    "units": "口数",
    "taken_from": "ポイントを戻す口座",
    "by_hand": "協力会社とは別の方法で取り決め",
    "reversal": "取消の番号",
    "day": "突合した日",
    "verdict": "違い",
    "ours": "こちらの記録",
    "theirs": "協力会社の記録",
    "our_reference": "こちらの番号",
    "their_reference": "協力会社側の番号",
    "leave": "ポイントを動かさない",
    "moved_points": "動くポイント",
    "paused_by": "停止した人",
    "paused_because": "停止した理由",
    "from_mykey_id": "終わりにするマイキーID",
    "from_name": "終わりにするマイキーIDの名前",
    "from_state": "終わりにするマイキーIDの状態",
    "balances": "移すポイントの内訳",
    "proofs": "ログインの方法の数",
    "links": "連携している会社の数",
    "cards_stopped": "止めるポイントカードの枚数",
    **SETTLEMENT_SETTINGS,
    "privacy_ja_before": "日本語の文（変更前）",
    "privacy_ja": "日本語の文（変更後）",
    "privacy_en_before": "英語の文（変更前）",
    "privacy_en": "英語の文（変更後）",
    "privacy_easy_before": "やさしい日本語の文（変更前）",
    "privacy_easy": "やさしい日本語の文（変更後）",
    "window_from": "開始",
    "window_until": "終了（変更後）",
    "window_until_before": "終了（変更前）",
    "representative_id": "代理人のマイキーID",
    "representative": "代理人",
    "representation_kind": "間柄",
    "may_exchange": "ポイントの移行",
    "pay_points_a_day": "お店で1日に支払えるポイント",
    "pace": "1分あたりの呼び出しの上限（変更後）",
    "pace_before": "1分あたりの呼び出しの上限（変更前）",
    "client": "クライアント",
    "key_id": "鍵の番号",
    "scope": "範囲",
    "last_day": "最後の日",
    "keys_in_use": "使用中の鍵の数",
    "direction": "用途",
    "party": "相手",
    "url": "アドレス",
    "member_state": "利用者の状態",
    "balances_left": "残っているポイント（使えなくなります）",
    "name_before": "名前（訂正前）",
    "name_after": "名前（訂正後）",
    "language_before": "表示する言語（訂正前）",
    "language_after": "表示する言語（訂正後）",
    "mykey_before": "マイキーID（訂正前）",
    "mykey_after": "マイキーID（訂正後）",
    "mail_before": "メールアドレス（訂正前）",
    "mail_after": "メールアドレス（訂正後）",
}
DONE: Final[Mapping[str, str]] = {
    "proposed": "提案しました。別の職員が承認するまで、何も行われません。",
    "approved": "承認しました。",
    "approved-more": "承認しました。もう一人の承認が必要です。",
    "sent-back": "差し戻しました。",
    "withdrawn": "取り下げました。",
}
_MEMBER_STATES: Final[Mapping[str, str]] = {"active": "利用中", "revoked": "失効"}
_LANGUAGES: Final[Mapping[str, str]] = {"ja": "日本語", "en": "英語", "ja-easy": "やさしい日本語"}
_MAIL: Final[Mapping[str, str]] = {"set": "登録あり", "none": "なし"}
_YES_NO: Final[Mapping[str, str]] = {"yes": "あり", "no": "なし"}
_OPEN: Final[Mapping[str, str]] = {"yes": "できる", "no": "できない（留保ポイント経由）"}
_DECISIONS: Final[Mapping[str, str]] = {
    "debited": "減算された（ポイントを付ける）",
    "reversed": "取り消された（ポイントを戻す）",
    "declined": "行われていない（仮押さえを戻す）",
}
_IS_SO: Final[Mapping[str, str]] = {"yes": "はい", "no": "いいえ"}
_NONE: Final[Mapping[str, str]] = {"none": "なし"}
_CAN: Final[Mapping[str, str]] = {"yes": "できる", "no": "できない"}
_TAKEN_BACK: Final[Mapping[str, str]] = {"withdrawn": "取り下げ"}
_SUM: Final[Mapping[str, str]] = {"default": "事業の1回の給付ポイント"}
_LISTINGS: Final[Mapping[str, str]] = {
    "no_bank": "銀行コードが一覧にありません",
    "no_branch": "支店コードが一覧にありません",
    "other_bank_name": "銀行名が一覧と違います",
    "other_branch_name": "支店名が一覧と違います",
}
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "audience": AUDIENCES, "return_fee_bearer": FEE_BEARERS,
    "unlisted": _LISTINGS, "payout": PAYOUTS, "debt_end": DEBT_ENDS, "deed": DEEDS, "role": ROLES, "venue": _YES_NO, "from_points": _SUM, "from_points_before": _SUM,
    "points_a_day": _SUM, "points_a_day_before": _SUM, "direct_exchange": _OPEN, "direct_exchange_before": _OPEN,
    "most_granted_a_day": _NONE, "most_granted_a_day_before": _NONE, "most_spent_a_day": _NONE,
    "most_spent_a_day_before": _NONE, "exchange_state": EXCHANGE_STATES, "state_reason": STATE_REASONS, "by_hand": _IS_SO,
    "representation_kind": REPRESENTATIVE_KINDS, "may_exchange": _CAN,
    "from_state": _MEMBER_STATES, "member_state": _MEMBER_STATES, "language_before": _LANGUAGES, "language_after": _LANGUAGES,
    "mail_before": _MAIL, "mail_after": _MAIL,
    "scope": SCOPES, "direction": DIRECTIONS, "pace": _NONE, "window_until": _TAKEN_BACK, "leave": _IS_SO, "verdict": VERDICTS, "decision": _DECISIONS, "reversal_decision": _DECISIONS,
}  # fmt: skip
"""Facts whose values are words of the API; all others are what people have typed."""
_MOMENTS: Final = frozenset(
    {
        "sent_at",
        "window_from",
        "window_until",
        "window_until_before",
        "shown_from",
        "shown_until",
        "stops_from",
        "stops_until",
    }
)
_ID: Final = re.compile("[0-9a-f]{32}")
_ABOUT_EXCHANGES: Final = frozenset({"exchange_outcome", "exchange_reversal", "reversal_outcome"})
_PROPOSAL: Final = f"{{proposal:{_ID.pattern}}}"
_DEED: Final = r"{deed:[a-z_]{1,20}}"


def proposed(visit: Visit, answer: Message) -> web.Response | None:
    """Where the gateway's answer leads that is a proposal; None where the deed took effect at once."""
    return to_proposal(visit, answer) if isinstance(answer, models.ProposalView) else None


def to_proposal(visit: Visit, proposal: models.ProposalView) -> web.Response:
    """The page of what now waits for a second person."""
    return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")


@pages.get("/proposals")
async def proposal_list(visit: Visit) -> web.Response:
    """What waits, first what this person may decide; or what has ended."""
    ended = visit.query("ended") == "yes"
    after = visit.query("after")
    page = await visit.send(
        calls.list_proposals(
            state="ended" if ended else "waiting", after=after if _ID.fullmatch(after) else UNSET
        )
    )
    return visit.render(
        "proposals.html",
        proposals=sorted(page.proposals, key=lambda proposal: not proposal.may_decide),
        next_after=page.next_after,
        ended=ended,
        deeds=DEEDS,
        states=STATES,
    )


@pages.get(f"/proposals/{_PROPOSAL}")
async def proposal_page(visit: Visit) -> web.Response:
    return await _proposal_page(visit, None)


@pages.post(f"/proposals/{_PROPOSAL}/approve", needs="decide_proposals")
async def approve(visit: Visit) -> web.Response:
    """The hash of what was drawn goes with it, so that nobody approves what they have not seen."""
    call = calls.approve_proposal(
        visit.path_param("proposal"),
        digest=visit.form.get("digest", ""),
        reason=visit.form.get("reason", ""),
    )
    try:
        decision = await visit.send(call)
    except Problem as problem:
        return await _proposal_page(visit, beside(visit, problem), reason_field="why-yes")
    if decision.first_password:
        return visit.render_once(
            "first_password.html",
            access=decision,
            back="/proposals",
            was_reset=decision.proposal.deed not in ("staff", "shop_staff", "shop_application"),
        )
    if decision.member_code:
        return visit.render_once(
            "member_code.html", code=decision.member_code, facts=decision.proposal.facts, back="/proposals"
        )
    if decision.new_secret:
        return visit.render_once(
            "new_secret.html",
            secret=decision.new_secret,
            key_id=decision.key_id,
            facts=decision.proposal.facts,
            back="/proposals",
        )
    done = "approved-more" if decision.proposal.state == "waiting" else "approved"
    return visit.redirect(f"/proposals/{visit.path_param('proposal')}", done=done)


@pages.post(f"/proposals/{_PROPOSAL}/return", needs="decide_proposals")
async def send_back(visit: Visit) -> web.Response:
    reason = visit.form.get("reason", "")
    call = calls.send_back_proposal(visit.path_param("proposal"), reason=reason)
    return await _end(visit, call, "sent-back", reason_field="why-no")


@pages.post(f"/proposals/{_PROPOSAL}/withdraw")
async def withdraw(visit: Visit) -> web.Response:
    reason = visit.form.get("reason", "")
    call = calls.withdraw_proposal(visit.path_param("proposal"), reason=reason)
    return await _end(visit, call, "withdrawn", reason_field="why-withdraw")


@pages.get("/deeds")
async def deeds(visit: Visit) -> web.Response:
    """How many others decide each deed, and from which sum a grant waits."""
    rules = await visit.send(calls.list_deed_rules())
    return visit.render("deeds.html", rules=rules.deeds, deeds=DEEDS)


@pages.get(f"/deeds/{_DEED}", needs="change_rules")
async def deed_page(visit: Visit) -> web.Response:
    rule = await _rule(visit)
    typed = {name: text_of(rule, name) for name in _RULE} | {"seen": rule.version}
    return visit.render("deed.html", rule=rule, typed=typed, trouble=None, deeds=DEEDS, differences=[])


@pages.post(f"/deeds/{_DEED}", needs="change_rules")
async def change_deed(visit: Visit) -> web.Response:
    rule, sums = await _rule(visit), ("from_points", "points_a_day")
    trouble = without_number(visit.form, "persons", optional=sums) or no_number("persons")
    if (call := _change(visit, rule)) is not None:
        try:
            proposal = await visit.send(call)
        except Problem as problem:
            trouble = beside(visit, problem)
            rule = await _rule(visit)
        else:
            return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")
    return visit.render(
        "deed.html",
        status=trouble.status,
        rule=rule,
        typed=drawn_again(trouble, rule, visit.form),
        trouble=trouble,
        deeds=DEEDS,
        differences=differences(trouble, _RULE, rule, visit.form),
    )


_RULE: Final = {
    "persons": "承認する人数",
    "from_points": "1件の上限（ポイント）",
    "points_a_day": "1日に1人で給付・取消できるポイント",
}


def _change(visit: Visit, rule: models.DeedRuleView) -> Call[models.ProposalView] | None:
    """The call that a form stands for; None where a number is none."""
    deed, persons = choice_of(rule.deed, _DEED_WORDS), number(visit.form.get("persons", ""))
    if deed is None:
        raise web.HTTPNotFound  # of a newer gateway
    if persons is None:
        return None
    try:
        from_points = optional_number(visit.form, "from_points")
        points_a_day = optional_number(visit.form, "points_a_day")
    except NotANumberError:
        return None
    return calls.propose_deed_rule(
        deed,
        persons=persons,
        reason=visit.form.get("reason", ""),
        from_points=from_points,
        points_a_day=points_a_day,
        seen=visit.form.get("seen"),
    )


async def _rule(visit: Visit) -> models.DeedRuleView:
    """Raises 404 for what is no deed."""
    for rule in (await visit.send(calls.list_deed_rules())).deeds:
        if rule.deed == visit.path_param("deed"):
            return rule
    raise web.HTTPNotFound


async def _end(
    visit: Visit, call: Call[models.ProposalView], done: str, *, reason_field: str
) -> web.Response:
    try:
        await visit.send(call)
    except Problem as problem:
        return await _proposal_page(visit, beside(visit, problem), reason_field=reason_field)
    return visit.redirect(f"/proposals/{visit.path_param('proposal')}", done=done)


async def _proposal_page(
    visit: Visit, trouble: ErrorMessage | None, *, reason_field: str = ""
) -> web.Response:
    """The forms of a proposal each have a reason; `reason_field` is that of the form which was refused."""
    if trouble and trouble.field == "reason":
        trouble = replace(trouble, field=reason_field)
    proposal, overlap = await visit.send(calls.get_proposal(visit.path_param("proposal"))), None
    file = proposal.subject if proposal.deed == "grant_file" else ""
    if file and proposal.state == "waiting" and visit.signed_in().may("see_member"):
        overlap = await visit.send(calls.file_granted_before(file))
    return visit.render(
        "proposal.html",
        status=status(trouble),
        proposal=proposal,
        file=file,
        cycle=proposal.subject[:10] if proposal.deed in ("closing", "transfer_file", "payout") else "",
        overlap=overlap,
        exchange=str(proposal.facts["exchange_id"]) if proposal.deed in _ABOUT_EXCHANGES else "",
        difference=_difference(proposal),
        facts=[
            (FACTS.get(name, name), _fact(visit, proposal.deed, name, value))
            for name, value in proposal.facts.items()
            if value != ""
        ],
        own=proposal.proposed_by == visit.signed_in().staff_id,
        deeds=DEEDS,
        states=STATES,
        typed={reason_field: visit.form.get("reason", "")} if reason_field else {},
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )


def _difference(proposal: models.ProposalView) -> str:
    """Where both sides of a difference are shown as they are now."""
    facts = proposal.facts
    return f"{facts['partner']}/{facts['day']}" if proposal.deed == "difference" else ""


def _fact(visit: Visit, deed: str, name: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if name in _MOMENTS and value not in _TAKEN_BACK:
        return visit.speech.moment(value)
    if name in ("expiry", "expiry_before"):
        return _expiry(visit, value)
    if name == "worse":
        return "、".join(visit.speech.plain(WORSE.get(word, word)) for word in value.split(","))
    words = ROLES if deed == "role" and name in ("from", "to") else _VALUES.get(name, {})
    return visit.speech.plain(words[value]) if value in words else value


def _expiry(visit: Visit, value: str) -> str:
    """How long points last, as the rules' own pages say it."""
    kind, _, count = value.partition(":")
    if kind == "fixed_day":
        return visit.speech.day(count)
    name = visit.speech.plain(EXPIRIES.get(kind, kind))
    return f"{name} {count}" if count else name
