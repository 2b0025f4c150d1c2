"""Every problem the API can answer with: its stable word, its status, and what to do about it in two languages.

A word is public and never changes its meaning; programs branch on it. To add one, add a line to `BUSINESS`
(or to `KERNEL`, for what this package itself refuses). A handler may only refuse with words that stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind of problem: `word` is the last part of its `type` URI, the texts say what to do next."""

    word: str
    status: int
    title: str
    title_ja: str
    remedy: str
    remedy_ja: str


_K = ProblemKind

KERNEL: Final = (
    _K("path-unknown", 404, "No such address", "そのアドレスはありません",
       "Look the address up in /openapi.json or /docs.", "/docs または /openapi.json でアドレスを確認してください。"),
    _K("path-malformed", 404, "The address names nothing that can exist", "アドレスの一部が正しい形ではありません",
       "A part of the address does not have the form of an id; `parameter` names it.",
       "アドレスの一部が識別子の形ではありません。`parameter` がその場所です。"),
    _K("method-not-allowed", 405, "This address takes other methods", "このメソッドは使えません",
       "Use one of the methods in the Allow header.", "Allow ヘッダーにあるメソッドを使ってください。"),
    _K("body-too-large", 413, "The body is too large", "本文が大きすぎます",
       "Send at most `limit_bytes` bytes.", "本文は `limit_bytes` バイト以内にしてください。"),
    _K("body-unexpected", 400, "This request takes no body", "本文は不要です",
       "Send the request again without a body.", "本文を付けずに送り直してください。"),
    _K("content-type-wrong", 415, "The body must be plain JSON", "本文は JSON で送ってください",
       "Send Content-Type: application/json, in UTF-8, without Content-Encoding.",
       "Content-Type: application/json（UTF-8、Content-Encoding なし）で送ってください。"),
    _K("body-broken", 400, "The body broke off", "本文が途中で切れました",
       "Send the request again, whole and signed anew.", "署名し直して、もう一度送ってください。"),
    _K("body-not-json", 400, "The body is not JSON in UTF-8", "本文が UTF-8 の JSON ではありません",
       "Send one JSON document in UTF-8, each name once, not deeply nested.",
       "UTF-8 の JSON を一つだけ、同じ名前を重ねず、深く入れ子にせずに送ってください。"),
    _K("body-invalid", 422, "The body does not fit what is asked for", "本文の内容が求めるものと合いません",
       "Mend each field named in `errors`; nothing was done.",
       "`errors` の各項目を直してください。何も行われていません。"),
    _K("query-invalid", 400, "The query does not fit what is asked for", "クエリーの内容が求めるものと合いません",
       "Mend each parameter named in `errors`; unknown and repeated ones are refused.",
       "`errors` の各パラメーターを直してください。知らない名前や重複は受け付けません。"),
    _K("signature-missing", 401, "The request is not signed", "署名がありません",
       'Sign it as RFC 9421 asks: headers Signature-Input and Signature, tag "point-gateway", see /docs.',
       'RFC 9421 の署名（Signature-Input と Signature、tag "point-gateway"）を付けてください。/docs を参照。'),
    _K("signature-invalid", 401, "The signature does not fit the request", "署名が正しくありません",
       "Sign exactly what is sent: @method, @authority, @path, @query, content-digest with a body, and"
       ' authorization where present; with created, nonce, keyid, alg="ed25519" and the tag.',
       "送る内容のとおりに署名してください（@method、@authority、@path、@query、本文があれば content-digest、"
       'あれば authorization。created、nonce、keyid、alg="ed25519"、tag も必要です）。'),
    _K("signature-stale", 401, "The signature was made at another time", "署名の時刻がずれています",
       "Set the clock right and sign anew: `created` may differ from the server's time by 60 seconds at most.",
       "時計を合わせて署名し直してください。`created` のずれは 60 秒までです。"),
    _K("signature-replayed", 401, "This signature was used before", "この署名は使用済みです",
       "Sign each request anew with a nonce of its own, also when repeating it.",
       "繰り返すときも、毎回新しい nonce で署名し直してください。"),
    _K("signature-key-unknown", 401, "The signing key is not known here", "署名の鍵が登録されていません",
       "Use a key that was registered with `point-gateway keys new` and not revoked.",
       "`point-gateway keys new` で登録され、失効していない鍵を使ってください。"),
    _K("content-digest-wrong", 401, "The body is not the one that was signed", "署名された本文と一致しません",
       "Send Content-Digest: sha-256 (RFC 9530) of the very bytes of the body, and sign it.",
       "本文のバイト列そのものの Content-Digest: sha-256（RFC 9530）を付けて署名してください。"),
    _K("session-missing", 401, "Nobody is signed in", "サインインしていません",
       "Sign the member in and send Authorization: Bearer with the session's token.",
       "利用者のサインインを行い、Authorization: Bearer にセッションのトークンを付けてください。"),
    _K("session-ended", 401, "The session has ended", "セッションは終了しています",
       "Sign the member in again.", "もう一度サインインしてください。"),
    _K("too-many-requests", 429, "Too many requests", "リクエストが多すぎます",
       "Wait as long as Retry-After says.", "Retry-After の秒数だけ待ってください。"),
    _K("internal-error", 500, "Something is broken on our side", "こちらの側で問題が起きました",
       "Report the request id. Whether anything was done can be seen by asking for the thing itself.",
       "リクエスト番号をお知らせください。処理されたかどうかは、対象を照会すると分かります。"),
    _K("busy", 503, "Too much is going on at the moment", "ただいま混み合っています",
       "Nothing was done; send it again after Retry-After seconds.",
       "何も行われていません。Retry-After の秒数のあとで送り直してください。"),
    _K("took-too-long", 503, "The answer took too long", "時間内に終わりませんでした",
       "What was begun goes on; look at the thing itself before sending again with the same id.",
       "始まった処理は続きます。対象を照会してから、同じ番号で送り直してください。"),
    _K("partner-unavailable", 503, "The partner cannot be asked at the moment", "協力会社に接続できません",
       "Nothing has moved; try again later.", "ポイントは動いていません。しばらくしてからお試しください。"),
)  # fmt: skip

BUSINESS: Final = (
    _K("unknown-partner", 404, "No such partner", "その協力会社はありません",
       "Choose one from GET /v1/partners.", "GET /v1/partners の一覧から選んでください。"),
    _K("unknown-municipality", 404, "No such municipality", "その自治体はありません",
       "Use a six-digit code with its check digit.", "検査数字の付いた6桁の自治体コードを使ってください。"),
    _K("unknown-point-service", 404, "No such point service", "そのポイントサービスはありません",
       "Choose one of the municipality's point services.", "自治体のポイントサービスから選んでください。"),
    _K("unknown-event", 404, "No such support event", "その特定支援イベントはありません",
       "Choose one that is listed.", "一覧から選んでください。"),
    _K("unknown-exchange", 404, "No such exchange", "その移行はありません",
       "Use the id under which this member started one.", "本人が始めた移行の番号を使ってください。"),
    _K("event-not-open", 409, "The event takes no points now", "イベントは受付期間外です",
       "Choose an event that is open.", "受付中のイベントを選んでください。"),
    _K("not-open-for-direct-exchange", 409, "Not open for direct exchange", "直接の交換はできません",
       "Exchange to 留保ポイント, then use 各自治体ポイントへの移行.",
       "留保ポイントに交換してから、「各自治体ポイントへの移行」をご利用ください。"),
    _K("exchange-id-reused", 409, "The id already names another exchange", "その番号は別の移行で使われています",
       "Give a new exchange a new id.", "新しい移行には新しい番号を付けてください。"),
    _K("quote-expired", 409, "The quote is too old", "見積りの有効期限が切れました",
       "Ask for a new quote and confirm that one.", "もう一度確認画面からお進みください。"),
    _K("no-rate", 409, "No rate is in force", "有効な交換レートがありません",
       "Choose another destination, or come back when a rate is in force.",
       "別の交換先を選ぶか、レートが有効な期間にお試しください。"),
    _K("not-enough", 409, "Not enough points", "ポイントが足りません",
       "Ask for fewer units (口); `units_short` says how many are missing.", "口数を減らしてください。"),
    _K("coupon-refused", 409, "The partner does not honour this coupon", "このクーポンコードは利用できません",
       "Check the code; each can be used once and until its last day.",
       "コードと有効期限を確認してください。一度しか使えません。"),
    _K("coupon-already-used", 409, "This coupon was exchanged before", "このクーポンコードは使用済みです",
       "Each coupon can be exchanged once; look at the history.", "クーポンコードは一度しか使えません。履歴を確認してください。"),
    _K("coupon-missing", 422, "This partner works by coupon", "クーポンコードが必要です",
       "Send coupon_code.", "この協力会社ではクーポンコードを入力してください。"),
    _K("coupon-not-taken", 422, "This partner takes no coupons", "クーポンコードは使えません",
       "Leave coupon_code out; this partner works by account link.",
       "この協力会社は会員連携で移行します。クーポンコードは入力しないでください。"),
    _K("coupon-not-whole-units", 422, "The coupon is no whole number of units", "クーポンの値が口数に合いません",
       "Ask the partner that issued the coupon.", "クーポンを発行した協力会社にお問い合わせください。"),
    _K("units-missing", 422, "The number of units is missing", "口数を入力してください",
       "Give the number of units (口数).", "口数を半角数字で入力してください。"),
    _K("units-not-for-coupons", 422, "A coupon is exchanged whole", "クーポンに口数は不要です",
       "Leave units out.", "クーポンは全額を移行します。口数は入力しないでください。"),
    _K("not-returned", 409, "The member is not back yet", "協力会社のサイトでの手続きが済んでいません",
       "Open the redirect_url and finish there first.", "協力会社のサイトで手続きを済ませてください。"),
    _K("return-code-wrong", 403, "This is not the code of the return", "戻り先の確認コードが違います",
       "Start a new exchange in this browser.", "このブラウザーで最初からやり直してください。"),
    _K("return-url-missing", 422, "Nowhere to come back to", "戻り先がありません",
       "Give the return_url to come back to.", "return_url を指定してください。"),
    _K("return-url-not-allowed", 422, "That address is not one to come back to", "許可されていない戻り先です",
       "Use an address that the operator has listed.", "登録済みの戻り先を指定してください。"),
    _K("state-used", 409, "This return was used before", "この戻りは処理済みです",
       "Go on in the portal.", "ポータルで続きの手続きをしてください。"),
    _K("exchange-state", 409, "The exchange has moved on", "この移行は次の段階に進んでいます",
       "Look at the exchange again; `state` says where it stands.", "移行の状態をもう一度確認してください。"),
    _K("not-quoted", 409, "There is no quote yet", "まだ確認が済んでいません",
       "Ask for a quote first.", "先に確認画面へお進みください。"),
    _K("quote-replaced", 409, "There is a newer quote", "新しい見積りがあります",
       "Show the newest quote and confirm that one.", "新しい確認画面の内容で確定してください。"),
    _K("link-missing", 409, "The partner account is not linked", "協力会社と連携していません",
       "Start a new exchange to link the account.", "新しい移行を始めて連携してください。"),
    _K("account-linked-elsewhere", 409, "This account is another member's", "別の利用者と連携済みです",
       "Unlink it there first, or ask the service desk.",
       "先に連携を解除するか、窓口にお問い合わせください。"),
    _K("not-enough-points", 409, "Not enough points", "ポイントが足りません",
       "Ask for at most `available` points.", "移行できるのは `available` ポイントまでです。"),
    _K("id-reused", 409, "The id was used for something else", "その番号は別の手続きで使われています",
       "Make a new id (a UUID).", "新しい番号（UUID）を付けてください。"),
    _K("handoff-refused", 409, "The link to the partner was not made", "協力会社との連携ができませんでした",
       "Start again and consent at the partner's site.", "最初からやり直し、協力会社のサイトで同意してください。"),
    _K("link-ended", 409, "The link to the partner has ended", "協力会社との連携が切れています",
       "Link the partner account again.", "もう一度連携してください。"),
    _K("state-invalid", 400, "This return does not belong to an exchange", "戻り先の情報が正しくありません",
       "Start the exchange again.", "移行を最初からやり直してください。"),
    _K("state-expired", 400, "This return came too late", "戻るまでに時間がかかりすぎました",
       "Start the exchange again.", "移行を最初からやり直してください。"),
    _K("sign-in-refused", 401, "Not signed in", "サインインできません",
       "MyKey ID or password is not right.", "マイキーIDまたはパスワードが違います。"),
    _K("sign-in-locked", 429, "Too many tries", "しばらくサインインできません",
       "Wait and try again, or sign in with the card.", "時間をおくか、カードでサインインしてください。"),
)  # fmt: skip

CATALOGUE: Final[dict[str, ProblemKind]] = {kind.word: kind for kind in (*KERNEL, *BUSINESS)}
"""All kinds by word. The words are unique; a test holds this."""
