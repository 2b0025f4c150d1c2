"""Directory, point services, allocation and support events."""

from __future__ import annotations

from typing import Final

from gateway.http.problem_types.problem_type import ProblemType

POINTS: Final = (
    ProblemType("unknown-municipality", 404, "No such municipality", "その自治体はありません",
        "Choose one from the list; its code has six digits, with the check digit.",
        "自治体を一覧から選んでください。コードは検査数字を含む6桁です。"),
    ProblemType("unknown-point-service", 404, "No such point service", "そのポイントサービスはありません",
        "Choose one of the municipality's point services.", "自治体のポイントサービスから選んでください。"),
    ProblemType("unknown-event", 404, "No such support event", "その特定支援イベントはありません",
        "Choose one that is listed.", "一覧から選んでください。"),
    ProblemType("event-not-open", 409, "The event takes no points now", "イベントは受付期間外です",
        "Choose an event that is open.", "受付中のイベントを選んでください。"),
    ProblemType("event-not-for-member", 409, "The event is for members of its city", "基本自治体の利用者に限られたイベントです",
        "Choose another event, or the city as 基本自治体.",
        "別のイベントを選ぶか、その自治体を基本自治体に設定してください。"),
    ProblemType("not-enough-points", 409, "Not enough points", "ポイントが足りません",
        "Ask for at most `available` points.", "移行できるのは `available` ポイントまでです。"),
    ProblemType("points-expired-there", 409, "These points have expired there", "移行先では有効期限が切れているポイントです",
        "They stay where they are; choose another municipality.",
        "ポイントは動いていません。別の自治体を選んでください。"),
    ProblemType("id-reused", 409, "The id was used for something else", "その番号は別の手続きで使われています",
        "Make a new id (a UUID).", "新しい番号（UUID）を付けてください。"),
    ProblemType("unknown-prefecture", 404, "No such prefecture", "その都道府県はありません",
        "Choose one from the list of prefectures.", "都道府県の一覧から選んでください。"),
    ProblemType("bad-event", 422, "The event does not fit", "イベントの内容が正しくありません",
        "Mend what the text names.", "内容を確認してください。"),
    ProblemType("bad-point-service", 422, "The point service does not fit", "ポイントサービスの内容が正しくありません",
        "Mend what the text names.", "内容を確認してください。"),
    ProblemType("event-exists", 409, "There is such an event already", "そのイベントはすでにあります",
        "Choose another id.", "別の番号を選んでください。"),
    ProblemType("point-service-exists", 409, "There is such a point service already", "そのポイントサービスはすでにあります",
        "Choose another id.", "別の番号を選んでください。"),
)  # fmt: skip
