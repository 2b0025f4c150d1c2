"""What a resident reads for every problem type that the portal can meet, in its three languages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gateway.app import whole_api
from gateway.http.authentication import AuthLevel
from gateway.http.client_scopes import Scope
from gateway.http.openapi import possible_problems
from gateway.http.problem_types import PROBLEM_TYPES, PROTOCOL
from gateway.http.problems import document
from pagekit.api import Problem, Unreachable
from pagekit.error_messages import CLIENT_FAULTS
from point_gateway_client import RawAnswer, calls
from point_gateway_client.call import read_answer
from portal.error_messages import TROUBLES
from portal.i18n import WORDS

LANGUAGES = ("ja", "en", "ja-easy")
FACTS: dict[str, str | int] = {
    "until": "2018-07-31T09:30:00+09:00",
    "available": 1_200,
    "units_left": 3,
    "units_short": 2,
    "again_at": "2018-08-01T00:00:00+09:00",
    "state": "quoted",
    "granted": 500,
    "limit_bytes": 65_536,
}
KANJI = re.compile(r"[一-龠々]")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
TRADE = re.compile(r"留保ポイント|基本自治体|各自治体ポイントへの移行|口数|[口「」]")
"""The domain's own words, which stand in English sentences as well."""

MET = sorted(
    {
        word
        for route in whole_api().routes
        if route.caller in (AuthLevel.CLIENT, AuthLevel.MEMBER) and Scope.PORTAL in route.scopes
        for word in possible_problems(route)
    }
)


def problem(word: str, language: str) -> Problem:
    """The problem as the gateway's document says it to a site."""
    api_language: Any = "en" if language == "en" else "ja"
    members = document(word, request_id="7", language=api_language, facts=FACTS)
    answer = RawAnswer(PROBLEM_TYPES[word].status, {}, json.dumps(members).encode())
    with pytest.raises(Problem) as refused:
        read_answer(calls.list_prefectures(), answer)
    return refused.value


def page(word: str, language: str) -> tuple[str, str]:
    """Title and remedy as they stand on the page, with the readings of やさしい日本語."""
    speech = WORDS.speech(language)
    message = TROUBLES.of(problem(word, language), speech)
    return str(speech.say(message.title)), str(speech.say(message.remedy, **message.facts))


def plain(html: str) -> str:
    return re.sub(r"<rt>.*?</rt>|<[^>]+>", "", html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", MET)
def test_every_problem_says_what_happened_and_what_to_do(word: str, language: str) -> None:
    title, remedy = page(word, language)
    assert title
    assert remedy
    assert "`" not in remedy
    assert "/v1/" not in remedy
    if language == "en":
        assert not JAPANESE.search(TRADE.sub("", title + remedy))
    if language == "ja-easy":
        unread = re.sub(r"<ruby>.*?</ruby>|\d+年\d+月\d+日", "", title + remedy)
        assert not KANJI.search(unread), "add the reading to portal/locales/readings.txt"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", sorted(set(MET) - CLIENT_FAULTS - set(TROUBLES.words)))
def test_a_word_without_a_sentence_of_the_portal_has_the_remedy_of_the_api(word: str, language: str) -> None:
    problem_type = PROBLEM_TYPES[word]
    in_english = language == "en"
    title, remedy = (plain(text) for text in page(word, language))
    assert title == (problem_type.title if in_english else problem_type.title_ja).replace("'", "&#39;")
    named = re.split(r"`\w+`", problem_type.remedy if in_english else problem_type.remedy_ja)
    assert all(part.replace("'", "&#39;") in remedy for part in named)


@pytest.mark.parametrize(
    ("language", "paused", "maintenance"),
    [
        (
            "ja",
            (
                "この協力会社は停止中です",
                "ポイントは動いていません。ほかの協力会社を選ぶか、後でお試しください。",
            ),
            (
                "この協力会社はメンテナンス中です",
                "ポイントは動いていません。2018年7月31日 09:30 の後にお試しください。",
            ),
        ),
        (
            "en",
            ("This partner is paused", "Nothing has moved. Choose another partner or come back later."),
            ("This partner is in maintenance", "Nothing has moved. Come back after 31 July 2018 09:30."),
        ),
        (
            "ja-easy",
            (
                "この協力会社は停止中です",
                "ポイントは動いていません。ほかの協力会社を選ぶか、後でお試しください。",
            ),
            (
                "この協力会社はメンテナンス中です",
                "ポイントは動いていません。2018年7月31日 09:30 の後にお試しください。",
            ),
        ),
    ],
)
def test_a_paused_partner_reads_as_paused(
    language: str, paused: tuple[str, str], maintenance: tuple[str, str]
) -> None:
    assert tuple(map(plain, page("partner-paused", language))) == paused
    assert tuple(map(plain, page("partner-in-maintenance", language))) == maintenance


def test_only_a_gateway_that_does_not_answer_reads_as_unreachable() -> None:
    speech = WORDS.speech("ja")
    unreachable = TROUBLES.of(Unreachable("no answer"), speech)
    assert unreachable.title == "ただいまつながりません"
    alike = {word for word in MET if TROUBLES.of(problem(word, "ja"), speech).title == unreachable.title}
    assert alike == {"commit-failed", "took-too-long"}


def test_what_only_a_client_program_can_mend_is_the_list_of_the_protocol() -> None:
    people = {"busy", "too-many-requests", "restored", "key-missing"}
    of_portal = {"return-url-missing", "return-url-not-allowed"}
    assert {kind.word for kind in PROTOCOL} - people | of_portal == CLIENT_FAULTS


def test_a_percent_sign_of_the_api_is_no_placeholder() -> None:
    unknown = Problem("new-word", 409, "99 %", "Pay 10% of `available`.", facts={"available": 7})
    message = TROUBLES.of(unknown, WORDS.speech("en"))
    assert str(WORDS.speech("en").say(message.remedy, **message.facts)) == "Pay 10% of 7."
