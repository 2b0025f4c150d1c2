import json

import pytest

from gateway.errors import (
    BothLanguages,
    CouponRefused,
    HandoffRefused,
    LinkEnded,
    NoRate,
    NotEnough,
    NotSent,
    OutcomeUnknown,
    PartnerUnavailable,
    ProblemError,
)
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.problems import (
    FieldError,
    InvalidInput,
    as_refusal,
    document,
    language_of,
    response,
)

ID = "0198f2c4-7a00-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA", "ja"),
        ("en", "en"),
        ("en,ja", "en"),
        ("ja,en", "ja"),
        ("ja;q=0.5,en;q=0.9", "en"),
        ("ja;q=0.9,en;q=0.5", "ja"),
        ("fr,ja;q=0.1", "ja"),
        ("fr", "en"),
        ("*", "en"),
        ("ja;q=0", "en"),
        ("ja;q=nonsense", "en"),
        ("ja;q=7", "en"),
        ("ja;level=1", "ja"),
        ("fr,ja-JP,en-US", "ja"),
        ("fr,en-US,ja-JP", "en"),
        (";;;,,,", "en"),
        ("x" * 10_000 + ",ja", "en"),
    ],
)
def test_the_language_is_the_one_wished_for_most(accept, language):
    assert language_of(accept) == language


def test_a_document_has_the_members_of_rfc_9457_and_the_facts():
    values = document("not-enough", request_id=ID, facts={"units": 3, "status": 7})
    assert values == {
        "type": "/docs/problems/not-enough",
        "title": "Not enough points",
        "status": 409,
        "detail": PROBLEM_TYPES["not-enough"].remedy,
        "instance": f"urn:uuid:{ID}",
        "remedy": PROBLEM_TYPES["not-enough"].remedy,
        "units": 3,
    }


def test_who_asks_for_japanese_gets_the_catalogues_sentence_and_the_facts():
    values = document(
        "not-enough", request_id=ID, language="ja", text="One unit is missing.", facts={"units_short": 1}
    )
    assert (values["title"], values["detail"]) == ("ポイントが足りません", "口数を減らしてください。")
    assert values["units_short"] == 1
    english = document("not-enough", request_id=ID, language="en", text="One unit is missing.")
    assert english["detail"] == "One unit is missing."
    assert english["remedy"] == PROBLEM_TYPES["not-enough"].remedy


@pytest.mark.parametrize(("language", "note"), [("ja", "7月分は交換済み"), ("en", "used in July")])
def test_a_fact_in_both_languages_stands_in_the_readers(language, note):
    refused = as_refusal(NotEnough(3, 1, (BothLanguages("7月分は交換済み", "used in July"),)), {})
    assert refused is not None
    values = json.loads(response(refused, request_id=ID, language=language).body)  # type: ignore[arg-type]
    assert (values["units_short"], values["partner_note"]) == (1, note)
    if language == "en":
        assert values["detail"].endswith("; used in July")


def test_the_status_is_that_of_the_problem_type():
    for problem_type in PROBLEM_TYPES.values():
        assert response(ProblemError(problem_type.word), request_id=ID).status == problem_type.status


def test_a_word_that_is_no_problem_type_is_a_fault_of_ours():
    answer = response(ProblemError("brand-new", "Do this."), request_id=ID)
    assert answer.status == 500
    assert json.loads(answer.body)["detail"] == "Do this."  # type: ignore[arg-type]


def test_errors_name_pointers_and_parameters():
    refused = InvalidInput(
        "body-invalid", [FieldError("#/a", "wrong", "違います"), FieldError("b", "w", "違")]
    )
    found = json.loads(response(refused, request_id=ID, language="ja").body)  # type: ignore[arg-type]
    assert found["errors"] == [
        {"pointer": "#/a", "detail": "違います"},
        {"parameter": "b", "detail": "違"},
    ]


def test_the_answer_says_its_language_and_that_it_varies():
    answer = response(ProblemError("no-rate"), request_id=ID, language="ja")
    assert answer.content_type == "application/problem+json"
    assert (answer.headers["Content-Language"], answer.headers["Vary"]) == ("ja", "Accept-Language")


def test_a_wait_becomes_a_retry_after():
    assert response(ProblemError("busy", retry_after_s=9), request_id=ID).headers["Retry-After"] == "9"
    assert response(ProblemError("busy"), request_id=ID).headers["Retry-After"] == "5"
    assert "Retry-After" not in response(ProblemError("no-rate"), request_id=ID).headers


class Foreign(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "word", "facts"),
    [
        (ProblemError("no-rate"), "no-rate", {}),
        (PartnerUnavailable("closed", 30), "partner-unavailable", {"retry_after_s": 30}),
        (PartnerUnavailable("closed", 0), "partner-unavailable", {"retry_after_s": 1}),
        (PartnerUnavailable("closed"), "partner-unavailable", {"retry_after_s": 5}),
        (NotEnough(3, 1), "not-enough", {"units": 3, "units_short": 1}),
        (
            NotEnough(
                3, 1, (BothLanguages("上限です", "the limit"), BothLanguages("来月まで", "until next month"))
            ),
            "not-enough",
            {
                "units": 3,
                "units_short": 1,
                "partner_note": BothLanguages("上限です　来月まで", "the limit; until next month"),
            },
        ),
        (NoRate("none"), "no-rate", {}),
        (CouponRefused("used"), "coupon-refused", {"reason": "used"}),
        (HandoffRefused("member_declined"), "handoff-refused", {"reason": "member_declined"}),
        (LinkEnded(), "link-ended", {"reason": "link_ended"}),
        (NotSent("offline"), "partner-unavailable", {}),
        (Foreign(), "busy", {}),
        (TimeoutError(), "took-too-long", {}),
    ],
)
def test_each_error_has_its_word(error, word, facts):
    refused = as_refusal(error, {Foreign: "busy"})
    assert (refused.type, refused.facts) == (word, facts)


@pytest.mark.parametrize("error", [OutcomeUnknown("?"), RuntimeError("bug"), KeyError("x")])
def test_what_has_no_word_stays_a_failure_of_ours(error):
    assert as_refusal(error, {Foreign: "busy"}) is None
