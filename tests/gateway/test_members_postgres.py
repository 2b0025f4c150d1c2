"""The same members on PostgreSQL with several writers: what a race decides there, and what it must not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from core_ledger import Store
from gateway.errors import ProblemError
from gateway.members import member_rows as records
from gateway.members import mykey_ids
from gateway.members.members import Member, Members
from gateway.members.passwords import PasswordHasher
from gateway.members.proofs import card_proof
from gateway.model import JST
from gateway.platform.encryption import Vault
from gateway.points import directory
from tests.databases import empty_database

pytestmark = pytest.mark.postgres

NOW = datetime(2018, 7, 1, 9, 0, tzinfo=JST)
PASSWORD, WRONG = "correct horse battery", "wrong wrong wrong"


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[Store]:
    empty_database(postgres)
    async with Store.open(
        postgres, writers=4, max_batch=1
    ) as opened:  # one job a transaction, so that they race
        yield opened


@pytest.fixture
async def members(store: Store) -> AsyncIterator[Members]:
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    yield Members(store, hasher, lambda: NOW, vault=Vault([b"s" * 32], b"l" * 32))
    hasher.close()


async def test_a_member_registers_signs_in_and_leaves(store: Store, members: Members) -> None:
    await store.run(
        lambda conn: directory.register_service(
            conn, "082163", "kasama", name="笠間応援ポイント", open_for_direct_exchange=True, at=NOW
        )
    )
    point_services = await store.read(
        lambda conn: directory.list_services(conn, prefecture_code="08", open_for_direct_exchange=True)
    )
    assert [each.name for each in point_services] == ["笠間応援ポイント"]
    saito = await members.create(display_name="斎藤 一", password=PASSWORD, proof=card_proof("card"))
    signed_in = await members.sign_in(saito.mykey_id, PASSWORD, client_id="portal")
    assert await members.session(signed_in.token.reveal(), client_id="portal") == signed_in.session
    assert (await members.set_default_municipality(saito.member_id, "082163", "kasama")).default_municipality
    assert (await members.change_mykey_id(saito.member_id, "KAXAMA99")).available
    await members.revoke(saito.member_id)
    assert await members.sessions(saito.member_id) == ()
    assert await members.sweep() == 0


async def test_forty_guesses_at_once_through_four_writers_are_five(members: Members) -> None:
    for mykey_id in ((await members.create(display_name="a", password=PASSWORD)).mykey_id, "AAAAAAAA"):
        answers = await asyncio.gather(
            *(members.sign_in(mykey_id, WRONG, client_id="portal") for _ in range(40)), return_exceptions=True
        )
        types = [each.type for each in answers if isinstance(each, ProblemError)]
        assert sorted(types) == ["sign-in-locked"] * 35 + ["sign-in-refused"] * 5


async def test_of_many_who_want_one_id_or_one_card_at_once_one_gets_it(members: Members) -> None:
    same_id = await asyncio.gather(
        *(
            members.create(display_name="a", proof=card_proof(f"card-{n}"), mykey_id="KAXAMA99")
            for n in range(8)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Member) for each in same_id) == 1
    assert [each.type for each in same_id if isinstance(each, ProblemError)] == ["mykey-id-taken"] * 7

    same_card = await asyncio.gather(
        *(members.create(display_name="a", proof=card_proof("card")) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Member) for each in same_card) == 1
    assert [each.type for each in same_card if isinstance(each, ProblemError)] == ["card-registered"] * 7


async def test_of_many_who_change_to_one_id_at_once_one_gets_it_and_the_others_are_counted(
    members: Members,
) -> None:
    crowd = [await members.create(display_name="a", proof=card_proof(f"card-{n}")) for n in range(8)]
    answers = await asyncio.gather(*(members.change_mykey_id(each.member_id, "KAXAMA99") for each in crowd))
    assert sum(each.available for each in answers) == 1
    assert {each.tries_left for each in answers if not each.available} == {2}


async def test_one_member_changing_the_id_many_times_at_once_is_held_to_three(members: Members) -> None:
    member = await members.create(display_name="a", proof=card_proof("card"))
    wanted = [f"KAXAMA{n}{n}" for n in "23456789"]
    answers = await asyncio.gather(
        *(members.change_mykey_id(member.member_id, each) for each in wanted), return_exceptions=True
    )
    changed = [each for each in answers if not isinstance(each, BaseException)]
    assert len(changed) == 3
    assert {each.type for each in answers if isinstance(each, ProblemError)} == {"mykey-id-changed-enough"}


async def test_a_member_who_is_revoked_by_several_requests_at_once_is_revoked_for_all_of_them(
    members: Members,
) -> None:
    for n in range(5):
        member = await members.create(display_name="a", proof=card_proof(f"card-{n}"))
        answers = await asyncio.gather(
            *(members.revoke(member.member_id) for _ in range(4)), return_exceptions=True
        )
        assert answers == [None] * 4


async def test_a_mykey_id_that_is_taken_while_its_member_is_revoked_is_retired_or_was_never_had(
    store: Store, members: Members
) -> None:
    for wanted in ("KAXAMA99", "KAXAMA77", "KAXAMA66", "KAXAMA44"):
        member = await members.create(display_name="a", proof=card_proof(wanted))
        *revoked, changed = await asyncio.gather(
            members.revoke(member.member_id),
            members.revoke(member.member_id),
            members.change_mykey_id(member.member_id, wanted),
            return_exceptions=True,
        )
        assert revoked == [None, None]
        assert not isinstance(changed, BaseException) or getattr(changed, "type", "") == "unknown-member"
        left = await store.read(lambda conn, id_=member.member_id: records.find_member(conn, id_))
        assert left is not None
        retired = await store.read(lambda conn, had=left.mykey_id: mykey_ids.retired_from(conn, had))
        assert retired == member.member_id


async def test_of_two_removals_at_once_one_proof_is_left(members: Members) -> None:
    for n in range(5):
        member = await members.create(display_name="a", password=PASSWORD, proof=card_proof(f"card of {n}"))
        proofs = await members.proofs(member.member_id)
        answers = await asyncio.gather(
            *(members.remove_proof(member.member_id, proof.proof_id) for proof in proofs),
            return_exceptions=True,
        )
        assert [type(answer) for answer in answers].count(ProblemError) == 1
        assert len(await members.proofs(member.member_id)) == 1
