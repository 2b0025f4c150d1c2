"""Refused sign-ins by a phone (OpenID Connect). 401: it is not proven who asks; what to do is to begin again."""

from __future__ import annotations

from typing import Final

from gateway.http.problem_types.problem_type import ProblemType

PHONES: Final = (
    ProblemType("oidc-unknown-provider", 404, "No such provider", "そのサービスは使えません",
        "List the providers that are set up here.", "利用できるサービスの一覧を確認してください。"),
    ProblemType("oidc-unavailable", 503, "The provider cannot be asked", "本人確認のサービスに接続できません",
        "Try again later, or sign in another way.", "時間をおくか、別の方法でログインしてください。"),
    ProblemType("oidc-request-unknown", 401, "No such sign-in is under way", "このログインは続けられません",
        "Begin again: each return serves once.", "一度使われたか、途中で切れています。はじめからやり直してください。"),
    ProblemType("oidc-request-expired", 401, "The return came too late", "有効時間が過ぎました",
        "Begin again.", "はじめからやり直してください。"),
    ProblemType("oidc-other-browser", 401, "Begun in another browser", "別のブラウザーに戻りました",
        "Begin again in this browser.", "このブラウザーで、はじめからやり直してください。"),
    ProblemType("oidc-wrong-provider", 401, "Not from the provider that was asked", "別の相手からの応答です",
        "Begin again.", "はじめからやり直してください。"),
    ProblemType("oidc-declined", 401, "The sign-in was stopped", "本人確認が取りやめられました",
        "Begin again, or sign in another way.", "はじめからやり直すか、別の方法でログインしてください。"),
    ProblemType("oidc-sign-in-failed", 401, "The provider signed nobody in", "本人確認ができませんでした",
        "Begin again.", "はじめからやり直してください。"),
    ProblemType("oidc-code-refused", 401, "The provider takes this return no more", "この応答はもう使えません",
        "Begin again.", "はじめからやり直してください。"),
    ProblemType("oidc-token-refused", 401, "The provider's word is not believed", "本人確認の結果を確かめられませんでした",
        "Begin again; if it happens again, ask the operator.", "はじめからやり直してください。続くときは窓口へお問い合わせください。"),
    ProblemType("oidc-arrival-unknown", 401, "The phone must be read again", "もう一度スマートフォンで確認してください",
        "Begin again: what was read serves once, for ten minutes.", "読み取りから時間がたちました。はじめからやり直してください。"),
)  # fmt: skip
