"""MyKey IDs: characters that are not mistaken, choices that are counted, names that are never given twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool

from gateway.errors import ProblemError
from gateway.members import member_rows as member_records
from gateway.members import mykey_ids
from gateway.members.mykey_ids import ALPHABET, IdAllowance
from gateway.platform import tables

NOW = datetime(2018, 7, 1, 12, 0, tzinfo=UTC)
ME, OTHER = "me", "other"
MINE, TAKEN, FREE = "AAAA2222", "TAKEN222", "FREE2222"


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        for member_id, mykey_id in ((ME, MINE), (OTHER, TAKEN)):
            member_records.create_member(
                connection, member_id=member_id, display_name=member_id, at=NOW, mykey_id=mykey_id
            )
        yield connection
    engine.dispose()


def refusal(call: object, *args: object) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        call(*args)  # type: ignore[operator]
    return refused.value


def held(conn: sa.Connection, member_id: str = ME) -> str:
    return member_records.require_member(conn, member_id).mykey_id


def test_the_alphabet_holds_no_two_characters_that_are_taken_for_each_other() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 27
    for pair in ("0O", "OQ", "0D", "1I", "1L", "IL", "8B", "5S", "2Z", "UV"):
        assert len(set(pair) & set(ALPHABET)) <= 1, pair


def test_a_drawn_id_is_valid_and_no_two_are_alike() -> None:
    drawn = {mykey_ids.draw() for _ in range(1_000)}
    assert len(drawn) == 1_000
    assert all(mykey_ids.is_valid(each) for each in drawn)
    assert {letter for each in drawn for letter in each} == set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "KAXA8522",
        "kaxa8522",
        "ＫＡＸＡ８５２２",
        " KAXA 8522 ",
        "kaxa-8522",
        "KAXA　8522",
        "KAXABSZZ",
        "kaxa−bszz",
    ],
)
def test_what_a_person_types_is_read_as_it_was_meant(typed: str) -> None:
    assert mykey_ids.read(typed) == "KAXA8522"


@pytest.mark.parametrize(
    "typed",
    ["", "KAXA852", "KAXA85222", "KAXA85 2O", "笠間笠間笠間笠間", "ßßßß", "KAXA8522" * 9, "\ud800" * 8],
)
def test_what_can_be_no_id_is_not_read(typed: str) -> None:
    assert mykey_ids.read(typed) is None


@given(st.text(alphabet=ALPHABET, min_size=8, max_size=8))
def test_every_valid_id_reads_as_itself(mykey_id: str) -> None:
    assert mykey_ids.read(mykey_id) == mykey_ids.read_choice(mykey_id.lower()) == mykey_id


@pytest.mark.parametrize(
    ("typed", "named"), [("KASAMA99", "S"), ("KAOAMA99", "O"), ("1AAAAAAA", "1"), ("ZZ", "Z")]
)
def test_a_wanted_id_with_a_look_alike_is_refused_by_naming_it(typed: str, named: str) -> None:
    refused = refusal(mykey_ids.read_choice, typed)
    assert refused.type == "mykey-id-unfit"
    assert f" {named}," in str(refused)


@pytest.mark.parametrize("typed", ["", "AAAA", "AAAAAAAAA", "笠間市の二文字", "AAAA!AAA"])
def test_a_wanted_id_of_another_shape_is_refused(typed: str) -> None:
    assert "8 characters" in str(refusal(mykey_ids.read_choice, typed))


def test_a_masked_id_shows_two_characters() -> None:
    assert mykey_ids.masked("KAXA8522") == "KA******"


def test_counts_are_forgotten_a_day_after_the_first() -> None:
    tired = IdAllowance(since=NOW, taken=3, generated=3, changed=3, offered=FREE)
    assert tired.at(NOW + timedelta(days=1) - timedelta(microseconds=1)) is tired
    assert tired.at(NOW + timedelta(days=1)) == IdAllowance(since=NOW + timedelta(days=1))


def test_an_id_is_available_while_nobody_has_it_or_ever_had(conn: sa.Connection) -> None:
    assert mykey_ids.is_available(conn, FREE)
    assert not mykey_ids.is_available(conn, TAKEN)
    mykey_ids.choose(conn, ME, FREE, NOW)
    assert not mykey_ids.is_available(conn, MINE)
    assert not mykey_ids.is_available(conn, FREE)


def test_a_drawn_id_that_is_taken_is_drawn_again(conn: sa.Connection) -> None:
    source = iter([TAKEN, MINE, FREE])
    assert mykey_ids.new_mykey_id(conn, lambda: next(source)) == FREE
    with pytest.raises(RuntimeError, match="randomness is broken"):
        mykey_ids.new_mykey_id(conn, lambda: TAKEN)


def test_a_check_tells_whether_the_wanted_id_is_free_and_changes_nothing(conn: sa.Connection) -> None:
    answer = mykey_ids.check(conn, ME, FREE.lower(), NOW)
    assert (answer.wanted, answer.available, answer.generated) == (FREE, True, None)
    assert held(conn) == MINE


def test_after_three_taken_choices_one_is_generated_and_only_that_is_accepted(conn: sa.Connection) -> None:
    answers = [mykey_ids.check(conn, ME, TAKEN, NOW, lambda: "GENGEN22") for _ in range(3)]
    assert [each.available for each in answers] == [False] * 3
    assert [each.tries_left for each in answers] == [2, 1, 0]
    assert [each.generated for each in answers] == [None, None, "GENGEN22"]

    refused = refusal(mykey_ids.check, conn, ME, FREE, NOW)
    assert refused.type == "mykey-id-only-generated"
    assert datetime.fromisoformat(str(refused.facts["again_at"])) == NOW + timedelta(days=1)
    assert refusal(mykey_ids.choose, conn, ME, FREE, NOW).type == "mykey-id-only-generated"
    assert held(conn) == MINE

    assert mykey_ids.choose(conn, ME, "gengen22", NOW).available
    assert held(conn) == "GENGEN22"


def test_choosing_a_taken_id_counts_like_a_check_and_changes_nothing(conn: sa.Connection) -> None:
    for left in (2, 1, 0):
        answer = mykey_ids.choose(conn, ME, TAKEN, NOW)
        assert (answer.available, answer.tries_left) == (False, left)
        assert held(conn) == MINE
    assert answer.generated is not None
    assert mykey_ids.is_available(conn, answer.generated)


def test_tomorrow_the_member_may_choose_again(conn: sa.Connection) -> None:
    for _ in range(3):
        mykey_ids.check(conn, ME, TAKEN, NOW)
    assert mykey_ids.choose(conn, ME, FREE, NOW + timedelta(days=1)).available
    assert held(conn) == FREE


def test_an_id_is_generated_three_times_a_day_and_each_may_be_chosen_while_it_is_the_last(
    conn: sa.Connection,
) -> None:
    offers = [mykey_ids.generate(conn, ME, NOW) for _ in range(3)]
    assert [each.tries_left for each in offers] == [2, 1, 0]
    assert len({each.generated for each in offers}) == 3
    refused = refusal(mykey_ids.generate, conn, ME, NOW)
    assert refused.type == "mykey-id-generated-enough"
    assert mykey_ids.choose(conn, ME, offers[2].wanted, NOW).available
    assert held(conn) == offers[2].generated


def test_each_generated_id_is_told_and_may_be_chosen_also_after_three_taken_choices(
    conn: sa.Connection,
) -> None:
    drawn = [mykey_ids.generate(conn, ME, NOW) for _ in range(3)]
    ids = tuple(each.wanted for each in drawn)
    assert drawn[2].offered == ids
    assert refusal(mykey_ids.generate, conn, ME, NOW).facts["offered"] == " ".join(ids)
    for _ in range(3):
        assert mykey_ids.check(conn, ME, TAKEN, NOW).offered == ids
    assert mykey_ids.choose(conn, ME, ids[0], NOW).available
    assert held(conn) == ids[0]


def test_three_taken_choices_after_three_generated_leave_the_last_one_offered(conn: sa.Connection) -> None:
    for _ in range(3):
        last = mykey_ids.generate(conn, ME, NOW)
    answers = [mykey_ids.check(conn, ME, TAKEN, NOW) for _ in range(3)]
    assert answers[2].generated == last.generated


def test_an_offered_id_that_somebody_took_meanwhile_is_counted_as_taken(conn: sa.Connection) -> None:
    offer = mykey_ids.generate(conn, ME, NOW)
    mykey_ids.choose(conn, OTHER, offer.wanted, NOW)
    answer = mykey_ids.choose(conn, ME, offer.wanted, NOW)
    assert (answer.available, answer.tries_left) == (False, 2)
    assert held(conn) == MINE


def test_an_id_is_changed_at_most_three_times_a_day(conn: sa.Connection) -> None:
    for wanted in ("FREE2222", "FREE3333", "FREE4444"):
        assert mykey_ids.choose(conn, ME, wanted, NOW).available
    refused = refusal(mykey_ids.choose, conn, ME, "FREE5555", NOW)
    assert refused.type == "mykey-id-changed-enough"
    assert held(conn) == "FREE4444"


def test_the_id_that_one_has_is_the_same_answer_and_counts_nothing(conn: sa.Connection) -> None:
    for _ in range(9):
        assert mykey_ids.choose(conn, ME, MINE, NOW).available
    assert held(conn) == MINE
    assert mykey_ids.is_available(conn, FREE)


def test_an_id_given_up_is_nobodys_for_ever_not_even_its_last_holders(conn: sa.Connection) -> None:
    mykey_ids.choose(conn, OTHER, FREE, NOW)
    assert not mykey_ids.choose(conn, ME, TAKEN, NOW).available
    assert not mykey_ids.choose(conn, OTHER, TAKEN, NOW).available
    mykey_ids.retire(conn, OTHER, TAKEN, NOW)
    assert not mykey_ids.is_available(conn, TAKEN)
