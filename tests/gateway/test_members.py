"""Members from registration to revocation, on a real store, with real hashes and a clock that is moved by hand."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import Store
from gateway.errors import ProblemError
from gateway.members import member_rows as member_records
from gateway.members import proofs
from gateway.members.members import Member, Members, SignedIn, new_member_id
from gateway.members.passwords import PasswordHasher
from gateway.members.proofs import ProofKey, ProofKind, card_proof
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.points import directory

PASSWORD, OTHER_PASSWORD, WRONG = "correct horse battery", "another fine phrase", "wrong wrong wrong"
START = datetime(2018, 7, 1, 9, 0, tzinfo=JST)
MINUTE = timedelta(minutes=1)


@dataclass
class Town:
    """A gateway's members, with a hand on the clock."""

    store: Store
    hasher: PasswordHasher
    members: Members
    now: datetime = START

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    async def rows(self, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
        return await self.store.run(lambda conn: list(conn.execute(sa.select(table)).all()))

    async def sign_in(self, member: Member, password: str = PASSWORD, **more: object) -> SignedIn:
        options = {"client_id": "portal", **more}
        return await self.members.sign_in(member.mykey_id, password, **options)  # type: ignore[arg-type]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    async with Store.open("sqlite://") as store:
        await store.run(tables.metadata.create_all)
        made = Town(store, hasher, None)  # type: ignore[arg-type]
        made.members = Members(store, hasher, lambda: made.now, vault=Vault([b"s" * 32], b"l" * 32))
        yield made
    hasher.close()


@pytest.fixture
async def saito(town: Town) -> Member:
    return await town.members.create(display_name="斎藤 一", password=PASSWORD)


async def refusal(call: object) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        await call  # type: ignore[misc]
    return refused.value


# --- registering -----------------------------------------------------------------------------------------------------


async def test_a_new_member_has_a_drawn_mykey_id_and_no_password_in_sight(town: Town, saito: Member) -> None:
    assert len(saito.mykey_id) == 8
    assert (saito.display_name, saito.language, saito.active) == ("斎藤 一", "ja", True)
    assert (saito.has_password, saito.has_card) == (True, False)
    assert saito.created_at == START
    assert await town.members.profile(saito.member_id) == saito
    assert PASSWORD not in str(await town.rows(tables.members))


async def test_member_ids_are_uuid7_and_later_ones_sort_later() -> None:
    ids = [new_member_id(START + n * timedelta(milliseconds=1)) for n in range(100)]
    assert ids == sorted(ids)
    made = uuid.UUID(ids[7])
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert int(made) >> 80 == int(START.timestamp() * 1000) + 7
    assert new_member_id(START) != new_member_id(START)


async def test_a_wanted_mykey_id_is_given_once(town: Town) -> None:
    first = await town.members.create(display_name="a", password=PASSWORD, mykey_id="kaxama99")
    assert first.mykey_id == "KAXAMA99"
    refused = await refusal(town.members.create(display_name="b", password=PASSWORD, mykey_id="KAXAMA99"))
    assert refused.type == "mykey-id-taken"
    assert len(await town.rows(tables.members)) == 1


@pytest.mark.parametrize(
    ("wanted", "type_"),
    [
        ({"display_name": "a"}, "no-way-to-sign-in"),
        ({"display_name": "a", "password": "short"}, "password-unfit"),
        ({"display_name": "a", "password": "kaxama99 kaxama99", "mykey_id": "KAXAMA99"}, "password-unfit"),
        ({"display_name": "a", "password": PASSWORD, "mykey_id": "KASAMA"}, "mykey-id-unfit"),
        ({"display_name": " ", "password": PASSWORD}, "bad-display-name"),
        ({"display_name": "a" * 101, "password": PASSWORD}, "bad-display-name"),
        ({"display_name": "a\nb", "password": PASSWORD}, "bad-display-name"),
        ({"display_name": "山田\u202e花子", "password": PASSWORD}, "bad-display-name"),
        ({"display_name": "山田\ud800", "password": PASSWORD}, "bad-display-name"),
        ({"display_name": "a", "password": PASSWORD, "language": "xx"}, "bad-language"),
    ],
)
async def test_a_registration_that_does_not_fit_is_refused_and_leaves_nothing(
    town: Town, wanted: dict[str, Any], type_: str
) -> None:
    refused = await refusal(town.members.create(**wanted))
    assert refused.type == type_
    assert await town.rows(tables.members) == []


@pytest.mark.parametrize("name", ["山田　花子", "葛\U000e0100城 太郎", "Nguyễn Văn A"])
async def test_a_name_is_kept_as_it_is_written(town: Town, name: str) -> None:
    """Japanese family and given names stand apart by a wide space; some are written with a variant (IVS)."""
    assert (await town.members.create(display_name=name, password=PASSWORD)).display_name == name


async def test_two_who_want_the_same_id_at_once_are_one_member(town: Town) -> None:
    made = await asyncio.gather(
        *(
            town.members.create(display_name=str(n), proof=card_proof(f"card-{n}"), mykey_id="KAXAMA99")
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Member) for each in made) == 1
    assert [each.type for each in made if isinstance(each, ProblemError)] == ["mykey-id-taken"] * 4


# --- signing in ------------------------------------------------------------------------------------------------------


async def test_a_member_signs_in_however_the_id_is_typed(town: Town, saito: Member) -> None:
    for typed in (saito.mykey_id, saito.mykey_id.lower(), f" {saito.mykey_id[:4]}-{saito.mykey_id[4:]} "):
        signed_in = await town.members.sign_in(typed, PASSWORD, client_id="portal")
        assert signed_in.member == saito
        session = await town.members.session(signed_in.token.reveal(), client_id="portal")
        assert session == signed_in.session
        assert session.member_id == saito.member_id
    assert signed_in.token.reveal() not in repr(signed_in)


async def test_the_words_are_the_same_whichever_half_was_wrong(town: Town, saito: Member) -> None:
    refusals = [
        await refusal(town.sign_in(saito, WRONG)),
        await refusal(town.members.sign_in("AAAAAAAA", PASSWORD, client_id="portal")),
        await refusal(town.members.sign_in("no id at all", PASSWORD, client_id="portal")),
        await refusal(town.sign_in(saito, "")),
        await refusal(town.sign_in(saito, "x" * 10_000)),
    ]
    assert {(each.type, str(each), str(each.facts)) for each in refusals} == {
        ("sign-in-refused", "The MyKey ID or the password is not right.", "{}")
    }


async def test_the_lock_treats_a_member_and_nobody_alike(town: Town, saito: Member) -> None:
    told: dict[str, list[tuple[str, str, str]]] = {}
    for mykey_id in (saito.mykey_id, "AAAAAAAA"):
        told[mykey_id] = []
        for _ in range(7):
            refused = await refusal(town.members.sign_in(mykey_id, WRONG, client_id="portal"))
            told[mykey_id].append((refused.type, str(refused), str(refused.facts)))
    assert told[saito.mykey_id] == told["AAAAAAAA"]
    assert [type_ for type_, _, _ in told["AAAAAAAA"]] == ["sign-in-refused"] * 5 + ["sign-in-locked"] * 2
    assert saito.mykey_id not in str(await town.rows(tables.sign_in_misses))


async def test_the_right_password_waits_behind_the_lock_and_then_goes_in(town: Town, saito: Member) -> None:
    for _ in range(5):
        await refusal(town.sign_in(saito, WRONG))
    refused = await refusal(town.sign_in(saito))
    assert (refused.type, refused.facts["retry_after_s"]) == ("sign-in-locked", 900)
    town.pass_time(15 * MINUTE)
    assert (await town.sign_in(saito)).member == saito


async def test_signing_in_wipes_earlier_misses(town: Town, saito: Member) -> None:
    for _ in range(3):
        for _ in range(4):
            assert (await refusal(town.sign_in(saito, WRONG))).type == "sign-in-refused"
        await town.sign_in(saito)


async def test_a_hundred_guesses_at_once_are_five(town: Town, saito: Member) -> None:
    guesses = [town.sign_in(saito, WRONG) for _ in range(40)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    types = [each.type for each in answers if isinstance(each, ProblemError)]
    assert sorted(types) == ["sign-in-locked"] * 35 + ["sign-in-refused"] * 5


async def test_an_attempt_that_the_busy_server_never_looked_at_is_not_held_against_the_member(
    town: Town, saito: Member
) -> None:
    while town.hasher._strangers.room.acquire(blocking=False):
        pass
    for _ in range(9):
        assert (await refusal(town.sign_in(saito))).type == "busy"
    while True:
        try:
            town.hasher._strangers.room.release()
        except ValueError:
            break
    assert (await town.sign_in(saito)).member == saito


async def test_a_hash_of_older_parameters_is_renewed_at_sign_in(town: Town, saito: Member) -> None:
    before = (await town.rows(tables.members))[0].password_hash
    stronger = PasswordHasher(time_cost=2, memory_kib=64)
    town.members._hasher = stronger
    await refusal(town.sign_in(saito, WRONG))
    assert (await town.rows(tables.members))[0].password_hash == before
    await town.sign_in(saito)
    after = (await town.rows(tables.members))[0].password_hash
    assert after != before
    assert "t=2" in after
    await town.members.change_password(saito.member_id, PASSWORD, OTHER_PASSWORD)
    await town.sign_in(saito, OTHER_PASSWORD)
    stronger.close()


async def test_a_right_password_is_right_for_all_who_send_it_while_its_hash_is_renewed(
    town: Town, saito: Member
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_kib=64)
    town.members._hasher = stronger
    signed_in = await asyncio.gather(*(town.sign_in(saito) for _ in range(3)))
    assert {one.member for one in signed_in} == {saito}
    town.members._hasher = town.hasher  # and back again
    await asyncio.gather(*(town.members.confirm_password(saito.member_id, PASSWORD) for _ in range(3)))
    assert await town.rows(tables.sign_in_misses) == []
    stronger.close()


async def test_a_member_revoked_while_the_password_is_compared_does_not_get_in(
    town: Town, saito: Member
) -> None:
    real = town.hasher.verify

    async def slow(kept: str | None, password: str, **how: Any) -> object:
        verdict = await real(kept, password, **how)
        await town.members.revoke(saito.member_id)
        return verdict

    town.hasher.verify = slow  # type: ignore[method-assign,assignment]
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
    assert await town.rows(tables.sessions) == []


async def test_a_password_that_is_confirmed_while_the_desk_gives_a_new_one_opens_nothing_and_stays_replaced(
    town: Town, saito: Member
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_kib=64)  # so the old password's hash is made anew
    real = stronger.verify

    async def slow(kept: str | None, password: str, **how: Any) -> object:
        verdict = await real(kept, password, **how)
        await town.members.replace_password(saito.mykey_id, OTHER_PASSWORD, operator="Sato", reason="desk")
        return verdict

    town.members._hasher = stronger
    stronger.verify = slow  # type: ignore[method-assign,assignment]
    refused = await refusal(town.members.confirm_password(saito.member_id, PASSWORD))
    assert refused.type == "current-password-wrong"
    stronger.verify = real  # type: ignore[method-assign]
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
    assert (await town.sign_in(saito, OTHER_PASSWORD)).member == saito
    stronger.close()


# --- the card ----------------------------------------------------------------------------------------------------------


async def test_a_member_with_a_card_signs_in_by_it_even_while_the_password_is_locked(town: Town) -> None:
    member = await town.members.create(display_name="a", password=PASSWORD, proof=card_proof("card"))
    for _ in range(6):
        await refusal(town.sign_in(member, WRONG))
    assert (await town.members.sign_in_by_proof(card_proof("card"), client_id="portal")).member == member
    refused = await refusal(town.members.sign_in_by_proof(card_proof("another"), client_id="portal"))
    assert refused.type == "card-unknown"


async def test_a_member_with_a_card_only_has_no_password_to_guess(town: Town) -> None:
    member = await town.members.create(display_name="a", proof=card_proof("card"))
    assert (member.has_password, member.has_card) == (False, True)
    for password in ("", "a password that nobody has", WRONG):
        assert (await refusal(town.sign_in(member, password))).type == "sign-in-refused"
    assert (await refusal(town.members.confirm_password(member.member_id, WRONG))).type == "password-not-set"


async def test_one_card_belongs_to_one_member(town: Town, saito: Member) -> None:
    await town.members.create(display_name="a", proof=card_proof("card"))
    refused = await refusal(town.members.create(display_name="b", proof=card_proof("card")))
    assert refused.type == "card-registered"
    assert (
        await refusal(town.members.link_proof(saito.member_id, card_proof("card")))
    ).type == "card-registered"


async def test_a_renewed_card_replaces_the_old_one(town: Town, saito: Member) -> None:
    await town.members.link_proof(saito.member_id, card_proof("old"))
    assert (await town.members.link_proof(saito.member_id, card_proof("old"))).has_card
    await town.members.link_proof(saito.member_id, card_proof("new"))
    assert (
        await town.members.sign_in_by_proof(card_proof("new"), client_id="portal")
    ).member.member_id == saito.member_id
    assert (
        await refusal(town.members.sign_in_by_proof(card_proof("old"), client_id="portal"))
    ).type == "card-unknown"


async def test_a_card_taken_away_between_the_look_and_the_session_lets_nobody_in(
    town: Town, saito: Member
) -> None:
    await town.members.link_proof(saito.member_id, card_proof("card"))
    real = town.store.run

    async def revoked_first(job: object) -> object:
        town.store.run = real  # type: ignore[method-assign]
        await town.members.revoke(saito.member_id)
        return await real(job)  # type: ignore[arg-type]

    town.store.run = revoked_first  # type: ignore[method-assign,assignment]
    assert (
        await refusal(town.members.sign_in_by_proof(card_proof("card"), client_id="portal"))
    ).type == "card-unknown"
    assert await town.rows(tables.sessions) == []


async def test_a_forgotten_password_is_set_by_the_card_and_other_sessions_end(
    town: Town, saito: Member
) -> None:
    await town.members.link_proof(saito.member_id, card_proof("card"))
    forgotten = await town.sign_in(saito)
    here = await town.members.sign_in_by_proof(card_proof("card"), client_id="portal")

    refused = await refusal(
        town.members.set_password_by_proof(saito.member_id, card_proof("another"), OTHER_PASSWORD)
    )
    assert refused.type == "card-unknown"
    assert (
        await refusal(town.members.set_password_by_proof(saito.member_id, card_proof("card"), "short"))
    ).type == "password-unfit"
    ended = await town.members.set_password_by_proof(
        saito.member_id, card_proof("card"), OTHER_PASSWORD, keep=here.session.session_id
    )

    assert ended == 1
    assert await town.members.session(here.token.reveal(), client_id="portal")
    assert (
        await refusal(town.members.session(forgotten.token.reveal(), client_id="portal"))
    ).type == "session-ended"
    assert (await town.sign_in(saito, OTHER_PASSWORD)).member.member_id == saito.member_id
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"


# --- sessions --------------------------------------------------------------------------------------------------------


async def test_a_session_is_kept_alive_by_its_use_and_ends_when_left(town: Town, saito: Member) -> None:
    token = (await town.sign_in(saito)).token.reveal()
    for _ in range(5):
        town.pass_time(9 * MINUTE)
        session = await town.members.session(token, client_id="portal")
        assert session.idle_ends_at == town.now + 10 * MINUTE
    town.pass_time(10 * MINUTE)
    assert (await refusal(town.members.session(token, client_id="portal"))).type == "session-ended"


async def test_reading_a_session_again_within_a_minute_writes_nothing(town: Town, saito: Member) -> None:
    token = (await town.sign_in(saito)).token.reveal()
    before = await town.rows(tables.sessions)
    town.pass_time(59 * MINUTE / 60)
    await town.members.session(token, client_id="portal")
    assert await town.rows(tables.sessions) == before
    town.pass_time(MINUTE / 60)
    await town.members.session(token, client_id="portal")
    assert await town.rows(tables.sessions) != before


async def test_a_shared_terminal_is_left_after_two_minutes(town: Town, saito: Member) -> None:
    signed_in = await town.sign_in(saito, shared_terminal=True)
    assert signed_in.session.idle_limit == 2 * MINUTE
    town.pass_time(2 * MINUTE)
    assert (
        await refusal(town.members.session(signed_in.token.reveal(), client_id="portal"))
    ).type == "session-ended"


async def test_signing_out_ends_this_session_only(town: Town, saito: Member) -> None:
    here, there = await town.sign_in(saito), await town.sign_in(saito)
    await town.members.sign_out(here.token.reveal(), client_id="portal")
    await town.members.sign_out(here.token.reveal(), client_id="portal")
    assert (
        await refusal(town.members.session(here.token.reveal(), client_id="portal"))
    ).type == "session-ended"
    assert await town.members.sessions(saito.member_id) == (there.session,)


async def test_a_member_sees_and_ends_sessions_left_open_elsewhere(town: Town, saito: Member) -> None:
    here, library, friend = [await town.sign_in(saito) for _ in range(3)]
    assert len(await town.members.sessions(saito.member_id)) == 3
    await town.members.end_session(saito.member_id, library.session.session_id)
    assert len(await town.members.sessions(saito.member_id)) == 2
    assert await town.members.end_other_sessions(saito.member_id, keep=here.session.session_id) == 1
    assert (
        await refusal(town.members.session(friend.token.reveal(), client_id="portal"))
    ).type == "session-ended"
    assert await town.members.session(here.token.reveal(), client_id="portal")


async def test_the_sweep_takes_ended_sessions_and_old_misses(town: Town, saito: Member) -> None:
    await town.sign_in(saito)
    await refusal(town.members.sign_in("AAAAAAAA", WRONG, client_id="portal"))
    assert await town.members.sweep() == 0
    town.pass_time(timedelta(days=1))
    assert await town.members.sweep() == 2
    assert await town.rows(tables.sessions) == await town.rows(tables.sign_in_misses) == []


# --- what a member sets -----------------------------------------------------------------------------------------------


async def test_the_default_municipality_is_a_point_service_that_takes_points(
    town: Town, saito: Member
) -> None:
    refused = await refusal(town.members.set_default_municipality(saito.member_id, "082163", "kasama"))
    assert refused.type == "unknown-point-service"
    await town.store.run(
        lambda conn: directory.register_service(
            conn, "082163", "kasama", name="笠間応援ポイント", open_for_direct_exchange=False, at=START
        )
    )
    changed = await town.members.set_default_municipality(saito.member_id, "082163", "kasama")
    assert (changed.default_municipality, changed.default_point_service) == ("082163", "kasama")

    await town.store.run(lambda conn: directory.close_service(conn, "082163", "kasama", at=START))
    assert (
        await refusal(town.members.set_default_municipality(saito.member_id, "082163", "kasama"))
    ).type == "unknown-point-service"
    assert (
        await refusal(town.members.set_default_municipality(saito.member_id, "082164", "x"))
    ).type == "unknown-municipality"
    assert await town.members.profile(saito.member_id) == changed


async def test_the_language_is_one_of_three(town: Town, saito: Member) -> None:
    for language in ("en", "ja-easy", "ja"):
        assert (await town.members.set_language(saito.member_id, language)).language == language
    assert (await refusal(town.members.set_language(saito.member_id, "fr"))).type == "bad-language"


async def test_a_changed_password_needs_the_old_one_and_ends_the_other_sessions(
    town: Town, saito: Member
) -> None:
    here, there = await town.sign_in(saito), await town.sign_in(saito)
    change = town.members.change_password

    refused = await refusal(change(saito.member_id, WRONG, OTHER_PASSWORD))
    assert refused.type == "current-password-wrong"
    assert (
        await refusal(change(saito.member_id, PASSWORD, f"my {saito.mykey_id} is this"))
    ).type == "password-unfit"
    assert len(await town.members.sessions(saito.member_id)) == 2

    assert await change(saito.member_id, PASSWORD, OTHER_PASSWORD, keep=here.session.session_id) == 1
    assert (
        await refusal(town.members.session(there.token.reveal(), client_id="portal"))
    ).type == "session-ended"
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
    assert (await town.sign_in(saito, OTHER_PASSWORD)).member == saito


async def test_guessing_the_password_from_an_open_session_is_locked_like_signing_in(
    town: Town, saito: Member
) -> None:
    for _ in range(5):
        assert (
            await refusal(town.members.confirm_password(saito.member_id, WRONG))
        ).type == "current-password-wrong"
    assert (await refusal(town.members.confirm_password(saito.member_id, PASSWORD))).type == "sign-in-locked"
    await town.sign_in(saito)  # who sits at the open session does not lock the owner out elsewhere
    assert (await refusal(town.members.confirm_password(saito.member_id, PASSWORD))).type == "sign-in-locked"
    town.pass_time(15 * MINUTE)
    await town.members.confirm_password(saito.member_id, PASSWORD)


async def test_of_two_password_changes_at_once_one_wins(town: Town, saito: Member) -> None:
    answers = await asyncio.gather(
        town.members.change_password(saito.member_id, PASSWORD, OTHER_PASSWORD),
        town.members.change_password(saito.member_id, PASSWORD, OTHER_PASSWORD + "!"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in answers) == ["ProblemError", "int"]


async def test_a_changed_mykey_id_signs_in_and_the_old_one_does_not(town: Town, saito: Member) -> None:
    check = await town.members.check_mykey_id(saito.member_id, "kaxama99")
    assert check.available
    assert (await town.members.change_mykey_id(saito.member_id, "kaxama99")).available
    changed = await town.members.profile(saito.member_id)
    assert changed.mykey_id == "KAXAMA99"
    assert (await town.sign_in(changed)).member == changed
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
    generated = await town.members.generate_mykey_id(saito.member_id)
    assert (await town.members.change_mykey_id(saito.member_id, generated.wanted)).available


async def test_counts_of_taken_choices_outlive_the_requests_that_met_them(town: Town, saito: Member) -> None:
    other = await town.members.create(display_name="b", password=PASSWORD)
    for left in (2, 1, 0):
        answer = await town.members.change_mykey_id(saito.member_id, other.mykey_id)
        assert (answer.available, answer.tries_left) == (False, left)
    assert answer.generated is not None
    assert (
        await refusal(town.members.check_mykey_id(saito.member_id, "KAXAMA99"))
    ).type == "mykey-id-only-generated"
    assert (await town.members.change_mykey_id(saito.member_id, answer.generated)).available


async def test_a_revoked_member_is_out_everywhere_and_the_id_is_never_given_again(
    town: Town, saito: Member
) -> None:
    await town.members.link_proof(saito.member_id, card_proof("card"))
    token = (await town.sign_in(saito)).token.reveal()
    await town.members.revoke(saito.member_id)
    await town.members.revoke(saito.member_id)

    assert (await refusal(town.members.session(token, client_id="portal"))).type == "session-ended"
    assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
    assert (
        await refusal(town.members.sign_in_by_proof(card_proof("card"), client_id="portal"))
    ).type == "card-unknown"
    assert (await refusal(town.members.profile(saito.member_id))).type == "unknown-member"
    assert (await refusal(town.members.change_mykey_id(saito.member_id, "KAXAMA99"))).type == "unknown-member"
    refused = await refusal(town.members.create(display_name="b", password=PASSWORD, mykey_id=saito.mykey_id))
    assert refused.type == "mykey-id-taken"
    again = await town.members.create(display_name="斎藤 一", proof=card_proof("card"))
    assert again.member_id != saito.member_id


async def test_a_revoked_member_stays_known_to_histories_only(town: Town, saito: Member) -> None:
    member = await town.store.run(lambda conn: member_records.find_by_mykey_id(conn, saito.mykey_id))
    assert member == saito
    await town.members.revoke(saito.member_id)
    kept = await town.store.run(lambda conn: member_records.find_member(conn, saito.member_id))
    assert kept is not None
    assert (kept.active, kept.has_password, kept.display_name) == (False, False, "斎藤 一")
    assert await town.store.run(lambda conn: member_records.find_by_mykey_id(conn, saito.mykey_id)) is None


async def test_somebody_unknown_has_nothing_to_set_or_revoke(town: Town) -> None:
    members = town.members
    for call in (
        members.profile("nobody"),
        members.revoke("nobody"),
        members.set_language("nobody", "en"),
        members.link_proof("nobody", card_proof("card")),
        members.change_mykey_id("nobody", "KAXAMA99"),
        members.confirm_password("nobody", PASSWORD),
    ):
        refused = await refusal(call)
        assert refused.type == "unknown-member"


async def test_at_the_desk_too_an_id_that_is_none_belongs_to_nobody(town: Town) -> None:
    refused = await refusal(
        town.members.replace_password("not an id", PASSWORD, operator="Sato", reason="desk")
    )
    assert refused.type == "unknown-member"


# --- proofs ------------------------------------------------------------------------------------------------------------


class TestProofs:
    async def test_a_proof_says_since_when_and_when_it_was_last_used(self, town: Town, saito: Member) -> None:
        added_at = town.now
        await town.members.link_proof(saito.member_id, card_proof("card"))
        town.pass_time(timedelta(hours=1))
        await town.members.sign_in_by_proof(card_proof("card"), client_id="portal")
        card, password = await town.members.proofs(saito.member_id)
        assert (card.kind, card.added_at, card.used_at) == (ProofKind.CARD, added_at, town.now)
        assert (password.kind, password.used_at) == (ProofKind.PASSWORD, None)
        await town.sign_in(saito)
        assert (await town.members.proofs(saito.member_id))[1].used_at == town.now

    async def test_a_proof_that_was_removed_lets_nobody_in_and_ends_what_it_had_begun(
        self, town: Town, saito: Member
    ) -> None:
        await town.members.link_proof(saito.member_id, card_proof("card"))
        by_card = await town.members.sign_in_by_proof(card_proof("card"), client_id="portal")
        here = await town.sign_in(saito)
        card = (await town.members.proofs(saito.member_id))[0]
        assert (
            await town.members.remove_proof(saito.member_id, card.proof_id, keep=here.session.session_id) == 1
        )
        for refused in (
            town.members.session(by_card.token.reveal(), client_id="portal"),
            town.members.sign_in_by_proof(card_proof("card"), client_id="portal"),
        ):
            assert (await refusal(refused)).type in ("session-ended", "card-unknown")
        assert not (await town.members.profile(saito.member_id)).has_card

    async def test_what_payments_are_confirmed_with_stays_while_a_sum_is_set(
        self, town: Town, saito: Member
    ) -> None:
        await town.members.link_proof(saito.member_id, card_proof("card"))
        phone = ProofKey(kind=ProofKind.OIDC, issuer="https://op", subject_hash="b")
        await town.members.link_proof(saito.member_id, phone)

        def proof_of(kind: ProofKind) -> Callable[[sa.Connection], str]:
            return lambda conn: next(
                each.proof_id for each in proofs.list_by_member(conn, saito.member_id) if each.kind is kind
            )

        async def remove(kind: ProofKind) -> None:
            await town.members.remove_proof(saito.member_id, await town.store.read(proof_of(kind)))

        async def set_sum(above: int | None) -> None:
            await town.store.run(
                lambda conn: member_records.write(conn, saito.member_id, step_up_above=above)
            )

        await set_sum(0)
        await remove(ProofKind.CARD)
        refused = await refusal(remove(ProofKind.OIDC))
        assert (refused.type, refused.facts["above"]) == ("proof-guards-payments", 0)
        assert len(await town.members.proofs(saito.member_id)) == 2
        await remove(ProofKind.PASSWORD)
        await set_sum(None)
        await town.members.link_proof(saito.member_id, card_proof("card"))
        await remove(ProofKind.OIDC)

    async def test_the_last_proof_stays(self, town: Town, saito: Member) -> None:
        (password,) = await town.members.proofs(saito.member_id)
        refused = await refusal(town.members.remove_proof(saito.member_id, password.proof_id))
        assert refused.type == "proof-last"
        assert (await town.sign_in(saito)).member == saito

    async def test_a_password_that_was_removed_opens_nothing(self, town: Town, saito: Member) -> None:
        await town.members.link_proof(saito.member_id, card_proof("card"))
        password = (await town.members.proofs(saito.member_id))[1]
        await town.members.remove_proof(saito.member_id, password.proof_id)
        assert (await refusal(town.sign_in(saito))).type == "sign-in-refused"
        assert not (await town.members.profile(saito.member_id)).has_password

    async def test_nobody_removes_another_members_proof(self, town: Town, saito: Member) -> None:
        other = await town.members.create(display_name="b", password=PASSWORD, proof=card_proof("card"))
        theirs = (await town.members.proofs(other.member_id))[0]
        refused = await refusal(town.members.remove_proof(saito.member_id, theirs.proof_id))
        assert refused.type == "unknown-proof"
        assert len(await town.members.proofs(other.member_id)) == 2

    async def test_a_member_of_an_imported_list_gets_a_proof_at_the_first_sign_in(
        self, town: Town, saito: Member
    ) -> None:
        await town.store.run(lambda conn: conn.execute(sa.delete(tables.member_proofs)))
        await town.sign_in(saito)
        (password,) = await town.members.proofs(saito.member_id)
        assert (password.added_at, password.used_at) == (None, town.now)
