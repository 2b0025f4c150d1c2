"""A shop applies on the web: sent once, mended, examined, accepted by two persons as one deed, and gone when nothing came of it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.api.city.shop_applications import ApplicationEntryFields
from gateway.cities import tables
from gateway.cities.record_recovery import RecordObstacle, close_gaps
from gateway.cities.shops import application_rows, shop_terms
from gateway.cities.shops.application_entry import ApplicationEntry, read_entry
from gateway.cities.shops.application_rows import LEGAL, ApplicationState
from gateway.cities.shops.applications import MAX_OPEN_OF_A_SOURCE
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform import tables as audit_tables
from tests.faults import rollback
from tests.gateway.cities.conftest import KASAMA, MITO, new_id
from tests.gateway.cities.test_member_data import refused
from tests.gateway.cities.test_record_recovery import Lost, lost  # noqa: F401  a fixture

ENTRY = ApplicationEntry(
    name="パンの見本", name_kana="パンノミホン", category="パン", address="笠間市1-2", phone="0296-00-0001", contact="見本 花",
    mail="pan@example.jp",
)  # fmt: skip
ACCOUNT = BankAccount(
    bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="1234567",
    holder="ミホン",
)  # fmt: skip
_S = ApplicationState


@pytest.fixture
async def town(town_on_each_database):
    return town_on_each_database


async def opened(town, text="第1条\n\n守ること"):
    """The city takes applications. Gives the number of the terms."""
    return (await town.city.shop_applications.set_terms(await town.who("operator"), text, "開始")).number


async def applied(town, entry=ENTRY, account=ACCOUNT, source="203.0.113.7", request_id=None, terms=1):
    sent = await town.city.shop_applications.apply(
        KASAMA, request_id or new_id(), entry, account, terms_version=terms, source=source
    )
    return sent.application.number, sent.secret.reveal()


async def accepted(town, number, shop_id="pan-ya", login="pan-ya"):
    await town.who("approver")
    proposal = await town.city.shop_applications.propose_acceptance(
        await town.who("operator"), number, shop_id=shop_id, login=login, reason="審査済み"
    )
    return await town.decided(proposal)


async def rows(town, table):
    return await town.store.read(lambda conn: conn.execute(select(table)).mappings().all())


class TestAnEntry:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": " 　"}, "name"),
            ({"name_kana": "見本屋"}, "name_kana"),
            ({"phone": "12345"}, "phone"),
            ({"phone": "なし"}, "phone"),
            ({"mail": "pan"}, "mail"),
            ({"contact": ""}, "contact"),
            ({"address": "あ" * 201}, "address"),
        ],
    )
    def test_what_nobody_could_examine_or_answer_is_refused_by_field(self, values, field):
        with pytest.raises(ProblemError) as caught:
            replace(ENTRY, **values)
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-application", field)

    @pytest.mark.parametrize("typed", ['"><script>', "パン1", "Pan"])
    def test_a_reading_is_kana_where_it_is_submitted_and_stays_readable_where_it_was(self, typed):
        entry = read_entry(replace(ENTRY, name_kana=typed).text)
        with pytest.raises(ProblemError) as caught:
            _ = entry.with_reading
        assert (caught.value.type, caught.value.facts["field"]) == ("bad-application", "name_kana")
        fields = {name: getattr(entry, name) for name in ApplicationEntryFields.model_fields}
        with pytest.raises(ProblemError):
            _ = ApplicationEntryFields(**fields).entry
        assert ApplicationEntryFields(**fields | {"name_kana": "ﾊﾟﾝ"}).entry.name_kana == "パン"

    def test_is_read_kindly(self):
        entry = replace(ENTRY, name=" パンの見本　", phone="（０２９６）００－０００１")
        assert (entry.name, entry.phone) == ("パンの見本", "(0296)00-0001")
        assert replace(ENTRY, phone="+81 296 00 0001").phone == "+81 296 00 0001"


class TestApplying:
    async def test_a_city_without_terms_or_with_empty_ones_takes_none(self, town):
        assert await refused(town.city.shop_applications.terms(KASAMA)) == "no-applications"
        assert await refused(applied(town)) == "no-applications"
        await opened(town)
        assert (await town.city.shop_applications.terms(KASAMA)).text == "第1条\n\n守ること"
        assert await refused(town.city.shop_applications.terms(MITO)) == "no-applications"
        await opened(town, "")
        assert await refused(applied(town, terms=2)) == "no-applications"
        assert await rows(town, tables.shop_applications) == []

    async def test_number_and_secret_open_it_however_they_are_typed_and_nothing_else_does(self, town):
        await opened(town)
        number, secret = await applied(town)
        get_own = town.city.shop_applications.get_own
        typed = secret.lower().replace("0", "o").replace("1", "l").replace("-", " ")
        for pair in ((number, secret), (f"{number[:4]} {number[4:]}", typed)):
            application = await get_own(*pair)
            assert (application.entry, application.account, application.state) == (
                ENTRY,
                ACCOUNT,
                _S.SUBMITTED,
            )
        other, _ = await applied(town)
        for pair in (
            (other, secret),
            (number, ""),
            (number, secret[:-1] + ("A" if secret[-1] != "A" else "B")),
            ("", secret),
        ):
            assert await refused(get_own(*pair)) == "unknown-application"

    async def test_what_a_shop_says_and_its_secret_are_sealed(self, town):
        await opened(town)
        _, secret = await applied(town)
        (row,) = await rows(town, tables.shop_applications)
        stored = repr(dict(row)).encode() + row["entry_sealed"] + row["account_sealed"]
        for word in (
            "見本",
            "0296",
            "pan@example.jp",
            "1234567",
            secret,
            secret.replace("-", ""),
            "203.0.113.7",
        ):
            assert word.encode() not in stored, word

    async def test_a_form_sent_twice_is_one_application_with_the_same_secret(self, town):
        await opened(town)
        request_id = new_id()
        pairs = await asyncio.gather(*(applied(town, request_id=request_id) for _ in range(4)))
        assert len(set(pairs)) == 1
        assert len(await rows(town, tables.shop_applications)) == 1
        other = replace(ENTRY, name="別の店")
        assert await refused(applied(town, entry=other, request_id=request_id)) == "id-reused"
        assert await refused(applied(town, account=None, request_id=request_id)) == "id-reused"

    async def test_an_id_sent_to_two_cities_at_once_is_one_application(self, town, monkeypatch):
        await opened(town)
        clerk = await town.who("operator", MITO)
        await town.city.shop_applications.set_terms(clerk, "水戸の規約", "開始")
        together = threading.Barrier(2)
        find = application_rows.find_by_request

        def find_together(*of):
            found = find(*of)
            with contextlib.suppress(threading.BrokenBarrierError):  # one writer alone, or the second look
                together.wait(timeout=0.5)
            return found

        monkeypatch.setattr(application_rows, "find_by_request", find_together)
        request_id = new_id()
        async with asyncio.timeout(30):
            results = await asyncio.gather(
                *(
                    town.city.shop_applications.apply(code, request_id, ENTRY, ACCOUNT, terms_version=1)
                    for code in (KASAMA, MITO)
                ),
                return_exceptions=True,
            )
        faults = [result.type for result in results if isinstance(result, ProblemError)]
        assert faults == ["id-reused"], results
        assert len(await rows(town, tables.shop_applications)) == 1
        lines = [row for row in await rows(town, audit_tables.audit_lines) if row.action == "shop applied"]
        assert len(lines) == 1

    async def test_where_no_number_is_free_it_is_told_so(self, town, monkeypatch):
        await opened(town)
        monkeypatch.setattr(application_rows, "COUNT", 1)
        await applied(town)
        assert await refused(applied(town)) == "busy"

    async def test_the_terms_that_were_read_are_those_that_count_and_each_version_stays(self, town):
        await opened(town)
        number, _ = await applied(town)
        await opened(town, "第1条 改正")
        assert await refused(applied(town)) == "terms-changed"
        new, _ = await applied(town, terms=2)
        get = town.city.shop_applications.get
        assert (await get(KASAMA, number)).terms.text == "第1条\n\n守ること"
        assert (await get(KASAMA, new)).terms.text == "第1条 改正"
        assert (
            await refused(town.store.read(lambda conn: shop_terms.get(conn, KASAMA, 9))) == "no-applications"
        )

    async def test_one_source_has_so_many_open_ones_in_a_city_also_at_once(self, town):
        await opened(town)
        results = await asyncio.gather(
            *(applied(town) for _ in range(MAX_OPEN_OF_A_SOURCE + 4)), return_exceptions=True
        )
        numbers = [result[0] for result in results if isinstance(result, tuple)]
        assert len(numbers) == MAX_OPEN_OF_A_SOURCE
        assert {fault.type for fault in results if isinstance(fault, ProblemError)} == {
            "too-many-applications"
        }
        await applied(town, source="203.0.113.8")
        await town.city.shop_applications.refuse(await town.who("operator"), numbers[0], "重複")
        await applied(town)
        assert await refused(applied(town)) == "too-many-applications"

    async def test_terms_are_set_from_what_was_seen(self, town):
        clerk, applications = await town.who("operator"), town.city.shop_applications
        none = await applications.newest_terms(KASAMA)
        assert none.number == 0
        first = await applications.set_terms(clerk, "規約\r\nあ", "開始", none.version)
        assert (first.number, first.text, first.set_at) == (1, "規約\nあ", town.clock())
        assert await refused(applications.set_terms(clerk, "別", "改正", none.version)) == "changed-meanwhile"
        assert await refused(applications.set_terms(clerk, "規約\nあ", "改正")) == "nothing-changed"
        assert await refused(applications.set_terms(clerk, "別", " ")) == "reason-missing"
        assert await refused(applications.set_terms(clerk, "あ" * 20_001, "改正")) == "bad-shop-terms"


class TestExamining:
    async def test_sent_back_it_is_mended_and_submitted_again(self, town):
        await opened(town)
        number, secret = await applied(town)
        clerk, applications = await town.who("operator"), town.city.shop_applications
        seen = (await applications.get(KASAMA, number)).application.version
        await applications.send_back(clerk, number, "住所が違います", seen)
        own = await applications.get_own(number, secret)
        assert (own.state, own.reason) == (_S.SENT_BACK, "住所が違います")
        assert await refused(applications.send_back(clerk, number, "もう一度")) == "application-state"
        town.clock.forward(days=1)
        mended = replace(ENTRY, address="笠間市3-4")
        other = replace(ACCOUNT, number="7654321")
        again = await applications.resubmit(number, secret, mended, other, terms_version=1, seen=own.version)
        assert (again.state, again.reason, again.entry, again.account) == (_S.SUBMITTED, "", mended, other)
        assert again.changed_at == town.clock()
        stale = applications.resubmit(number, secret, mended, None, terms_version=1, seen=own.version)
        assert await refused(stale) == "changed-meanwhile"
        same_account = await applications.resubmit(
            number, secret, ENTRY, None, terms_version=1, keeps_account=True
        )
        assert same_account.account == other
        assert (await applications.resubmit(number, secret, ENTRY, None, terms_version=1)).account is None
        strange = applications.resubmit(number, "AAAA", ENTRY, None, terms_version=1)
        assert await refused(strange) == "unknown-application"

    async def test_whoever_mends_accepts_the_terms_of_that_day(self, town):
        await opened(town)
        number, secret = await applied(town)
        await opened(town, "第1条 改正")
        resubmit = town.city.shop_applications.resubmit
        assert await refused(resubmit(number, secret, ENTRY, None, terms_version=1)) == "terms-changed"
        assert (await resubmit(number, secret, ENTRY, None, terms_version=2)).terms_version == 2
        await opened(town, "")
        assert (await resubmit(number, secret, ENTRY, None, terms_version=2)).terms_version == 2

    async def test_refused_or_withdrawn_it_has_ended(self, town):
        await opened(town)
        clerk, applications = await town.who("operator"), town.city.shop_applications
        number, secret = await applied(town)
        await applications.refuse(clerk, number, "市外の店舗")
        assert (await applications.refuse(clerk, number, "市外の店舗")).state is _S.REFUSED  # the same again
        own, own_secret = await applied(town)
        assert (await applications.withdraw(own, own_secret)).state is _S.WITHDRAWN
        assert (await applications.withdraw(own, own_secret)).state is _S.WITHDRAWN
        for ended, key in ((number, secret), (own, own_secret)):
            assert (
                await refused(applications.resubmit(ended, key, ENTRY, None, terms_version=1))
                == "application-state"
            )
            assert await refused(applications.send_back(clerk, ended, "x")) == "application-state"
            acceptance = applications.propose_acceptance(clerk, ended, shop_id="x", login="x-login")
            assert await refused(acceptance) == "application-state"
        assert await refused(applications.withdraw(number, secret)) == "application-state"

    async def test_another_citys_application_is_none(self, town):
        await opened(town)
        number, _ = await applied(town)
        stranger = await town.who("operator", MITO)
        assert await refused(town.city.shop_applications.get(MITO, number)) == "unknown-application"
        assert (
            await refused(town.city.shop_applications.refuse(stranger, number, "x")) == "unknown-application"
        )

    async def test_what_says_the_same_is_named(self, town):
        await opened(town)
        clerk, applications = await town.who("operator"), town.city.shop_applications
        await town.city.shops.register(clerk, "pan-1", ShopEntry(name="ﾊﾟﾝの 見本"))
        await town.city.shops.register(clerk, "pan-2", ShopEntry(name="別", phone="+81-296-00-0001"))
        await town.city.shops.register(clerk, "pan-3", ShopEntry(name="遠い店", phone="0299-11-1111"))
        await town.city.shops.close(clerk, "pan-2", "廃業")
        await applied(town, entry=replace(ENTRY, name="無関係", phone="0299-11-2222"), account=None)
        gone, gone_secret = await applied(town)
        await applications.withdraw(gone, gone_secret)
        other, _ = await applied(town, entry=replace(ENTRY, name="三つ目", phone="0299-11-3333"))
        number, _ = await applied(town)
        named = {
            (each.kind, each.key): each.same for each in (await applications.get(KASAMA, number)).duplicates
        }
        assert named == {
            ("shop", "pan-1"): ("name",), ("shop", "pan-2"): ("phone",), ("application", other): ("account",),
        }  # fmt: skip
        await accepted(town, number)
        assert ("shop", "pan-ya") not in {
            (each.kind, each.key) for each in (await applications.get(KASAMA, number)).duplicates
        }
        examined = (await applications.get(KASAMA, other)).duplicates
        assert {(each.key, each.same) for each in examined} == {("pan-ya", ("account",))}

    async def test_who_asks_for_one_alone_opens_no_other(self, town, monkeypatch):
        await opened(town)
        number, _ = await applied(town)
        other, _ = await applied(town, source="s2")
        get = town.city.shop_applications.get
        assert [each.key for each in (await get(KASAMA, number)).duplicates] == [other]
        monkeypatch.setattr(application_rows, "list_by_state", None)
        assert (await get(KASAMA, number, duplicates=False)).duplicates is None

    async def test_a_list_is_read_page_by_page_and_by_state(self, town, monkeypatch):
        await opened(town)
        monkeypatch.setattr(application_rows, "PAGE_SIZE", 2)
        monkeypatch.setitem(application_rows.list_by_state.__kwdefaults__, "limit", 2)
        numbers = sorted([(await applied(town, source=f"s{count}"))[0] for count in range(5)])
        listed, after = [], None
        while True:
            page = await town.city.shop_applications.listed(KASAMA, after=after)
            listed += [each.number for each in page.applications]
            after = page.next_after
            if after is None:
                break
        assert listed == numbers
        assert (await town.city.shop_applications.listed(KASAMA, (_S.REFUSED,))).applications == ()


class TestAcceptance:
    async def test_two_persons_make_the_shop_its_account_and_its_first_log_in_as_one_deed(self, town):
        await opened(town)
        number, secret = await applied(town)
        decision = await accepted(town, number)
        shop = await town.city.shops.get(KASAMA, "pan-ya")
        assert (shop.name, shop.name_kana, shop.category, shop.address, shop.phone, shop.has_bank) == (
            "パンの見本", "パンノミホン", "パン", "笠間市1-2", "0296-00-0001", True,
        )  # fmt: skip
        assert await town.city.shops.bank(KASAMA, "pan-ya") == ACCOUNT
        person = decision.first_password.staff
        assert (person.login, person.shop_id, person.display_name) == ("pan-ya", "pan-ya", "見本 花")
        signed_in = await town.city.staff.sign_in(
            "pan-ya", decision.first_password.password.reveal(), client_id="city"
        )
        assert signed_in.session.first_password
        own = await town.city.shop_applications.get_own(number, secret)
        assert (own.state, own.shop_id, own.account) == (_S.ACCEPTED, "pan-ya", None)
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        actions = [line.action for line in lines]
        for action in ("shop applied", "shop registered", "shop account changed", "staff added"):
            assert actions.count(action) == 1, action
        (line,) = [line for line in lines if line.action == "shop application accepted"]
        assert (line.subject, line.reason, line.facts["shop_id"], line.facts["login"]) == (
            number, "審査済み", "pan-ya", "pan-ya",
        )  # fmt: skip

    async def test_nobody_alone(self, town):
        await opened(town)
        number, _ = await applied(town)
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.shop_applications.propose_acceptance(
            boss, number, shop_id="pan-ya", login="pan-ya"
        )
        with pytest.raises(ProblemError):
            await town.city.proposals.approve(boss, proposal.proposal_id, proposal.digest, "")
        assert await town.city.shops.listed(KASAMA) == []
        listed = await town.city.proposals.get(await town.who("approver"), proposal.proposal_id)
        assert listed.account_number == ACCOUNT.number  # compared with the paper

    async def test_what_the_applicant_mended_since_is_not_what_was_proposed(self, town):
        await opened(town)
        number, secret = await applied(town)
        await town.who("approver")
        applications = town.city.shop_applications
        proposal = await applications.propose_acceptance(
            await town.who("operator"), number, shop_id="pan-ya", login="pan-ya"
        )
        other = replace(ACCOUNT, number="9999999")
        town.clock.forward(seconds=1)
        await applications.resubmit(number, secret, ENTRY, other, terms_version=1)
        assert await refused(town.decided(proposal)) == "proposal-outdated"
        assert await town.city.shops.listed(KASAMA) == []

    async def test_an_id_or_a_log_in_that_is_used_makes_nothing(self, town):
        await opened(town)
        number, _ = await applied(town)
        clerk, applications = await town.who("operator"), town.city.shop_applications
        await town.who("approver")
        proposal = await applications.propose_acceptance(clerk, number, shop_id="pan-ya", login="pan-ya")
        await town.city.shops.register(clerk, "soba", ShopEntry(name="そば"))
        await town.decided(
            await town.city.staff.add_to_shop(clerk, login="pan-ya", display_name="x", shop_id="soba")
        )
        assert await refused(town.decided(proposal)) == "login-taken"
        assert [shop.shop_id for shop in await town.city.shops.listed(KASAMA)] == ["soba"]
        assert (await applications.get(KASAMA, number)).application.state is _S.SUBMITTED
        assert (
            await refused(applications.propose_acceptance(clerk, number, shop_id="soba", login="neu"))
            == "shop-exists"
        )
        assert (
            await refused(applications.propose_acceptance(clerk, number, shop_id="neu", login="pan-ya"))
            == "login-taken"
        )

    async def test_without_an_account_there_is_a_shop_without_one(self, town):
        await opened(town)
        number, _ = await applied(town, account=None)
        await accepted(town, number)
        assert not (await town.city.shops.get(KASAMA, "pan-ya")).has_bank


class TestStates:
    def test_the_table_knows_every_state_and_ends_stay_ends(self):
        assert set(LEGAL) == set(ApplicationState)
        for state in (_S.WITHDRAWN, _S.REFUSED, _S.ACCEPTED):
            assert not LEGAL[state]
        assert _S.ACCEPTED not in LEGAL[_S.SENT_BACK]

    async def test_an_illegal_move_writes_nothing(self, town):
        await opened(town)
        number, _ = await applied(town)
        await town.city.shop_applications.send_back(await town.who("operator"), number, "x")

        def job(conn):
            application = application_rows.get(conn, town.city.context.vault, KASAMA, number)
            application_rows.transition(conn, application, _S.ACCEPTED, at=town.clock())

        with pytest.raises(ValueError, match="sent_back does not become accepted"):
            await town.store.run(job)


class TestErasing:
    async def test_what_came_to_nothing_goes_after_its_time_and_the_rest_stays(self, town):
        await opened(town)
        clerk, applications = await town.who("operator"), town.city.shop_applications
        numbers = {
            name: await applied(town) for name in ("refused", "withdrawn", "sent back", "waiting", "accepted")
        }
        await applications.refuse(clerk, numbers["refused"][0], "x")
        await applications.withdraw(*numbers["withdrawn"])
        await applications.send_back(clerk, numbers["sent back"][0], "x")
        await accepted(town, numbers["accepted"][0])
        retention = timedelta(days=90)
        town.clock.forward(days=90)
        assert await applications.erase_ended(retention) == 0
        town.clock.forward(seconds=1)
        worked = await town.city.nightly.run_now(town.clock().date())
        assert not worked.faults
        left = {row["number"] for row in await rows(town, tables.shop_applications)}
        assert left == {numbers["waiting"][0], numbers["accepted"][0]}
        assert await applications.erase_ended(retention) == 0
        lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
        erased = [line for line in lines if line.action == "shop application erased"]
        assert {line.subject for line in erased} == {
            numbers[name][0] for name in ("refused", "withdrawn", "sent back")
        }

    async def test_proposals_to_accept_it_keep_nothing_of_it_and_their_author_still_lists_them(self, town):
        await opened(town)
        applications, clerk = town.city.shop_applications, await town.who("operator")
        await town.who("approver")
        proposals = {}
        for name in ("refused", "accepted", "waiting"):
            number, _ = await applied(town, replace(ENTRY, name=f"店 {name}"), source=name)
            proposals[name] = await applications.propose_acceptance(
                clerk, number, shop_id=name, login=f"{name}@mise", reason="審査済み"
            )
            if name == "refused":
                await town.city.proposals.withdraw(clerk, proposals[name].proposal_id, "見直し")
                await applications.refuse(clerk, number, "重複")
        await town.decided(proposals["accepted"])
        town.clock.forward(days=91)
        assert not (await town.city.nightly.run_now(town.clock().date())).faults
        listed = await town.city.proposals.get(clerk, proposals["refused"].proposal_id)
        assert (listed.proposal.facts, listed.account_number) == ({}, None)
        assert (listed.proposal.state, listed.proposal.subject) == ("withdrawn", proposals["refused"].subject)
        for name in ("accepted", "waiting"):
            kept = await town.city.proposals.get(clerk, proposals[name].proposal_id)
            assert (kept.proposal.facts["name"], kept.account_number) == (f"店 {name}", ACCOUNT.number)
        stored = [
            row for row in await rows(town, tables.proposals) if row["subject"] == listed.proposal.subject
        ]
        assert "店 refused" not in repr(stored)
        vault, bound_to = town.city.context.vault, f"{KASAMA}/{listed.proposal.proposal_id}"
        assert vault.decrypt(stored[0]["command_sealed"], purpose="proposal", bound_to=bound_to) == ""
        assert len((await town.city.proposals.list_by_state(clerk)).proposals) == 3


class TestARestore:
    async def test_a_forgotten_acceptance_is_named_and_done_again_by_people(self, lost: Lost):  # noqa: F811
        town = lost.town
        await opened(town)
        number, secret = await applied(town)
        rollback.take_copy(lost.url, lost.folder)
        await accepted(town, number)
        lost.roll_back()
        assert (await town.city.shop_applications.get_own(number, secret)).state is _S.SUBMITTED
        lines = [line for line in await lost.missing() if line["action"] == "shop application accepted"]
        (line,) = lines
        assert (line["subject"], line["facts"]["shop_id"], line["facts"]["login"]) == (
            number,
            "pan-ya",
            "pan-ya",
        )
        assert await lost.recover(lines) == [RecordObstacle.BY_HAND]
        town.sessions.clear()
        await accepted(town, number)
        assert (await town.city.shops.get(KASAMA, "pan-ya")).has_bank
        people = await town.store.read(lambda conn: staff_rows.list_by_city(conn, KASAMA))
        assert [person.login for person in people].count("pan-ya") == 1

    async def test_what_was_withdrawn_is_withdrawn_again(self, lost: Lost):  # noqa: F811
        town = lost.town
        await opened(town)
        number, secret = await applied(town)
        await town.city.shop_applications.send_back(await town.who("operator"), number, "住所が違う")
        (row,) = await rows(town, tables.shop_applications)
        assert row["mail_due_at"] is not None
        rollback.take_copy(lost.url, lost.folder)
        await town.city.shop_applications.withdraw(number, secret)
        lost.roll_back()
        lines = [line for line in await lost.missing() if line["action"] == "shop application withdrawn"]
        assert await town.store.run(lambda conn: close_gaps(conn, lines, town.clock())) == 1
        assert (await town.city.shop_applications.get_own(number, secret)).state is _S.WITHDRAWN
        assert await town.store.run(lambda conn: close_gaps(conn, lines, town.clock())) == 0
        (row,) = await rows(town, tables.shop_applications)
        assert row["mail_due_at"] is None  # who took it back is not told of an answer


BODY = {
    "name": "パンの見本", "name_kana": "パンノミホン", "category": "パン", "address": "笠間市1-2", "phone": "0296-00-0001",
    "contact": "見本 花", "mail": "pan@example.jp", "terms_version": 1,
}  # fmt: skip
BANK = {
    "bank_code": "9999", "branch_code": "001", "bank_name": "ミホン", "branch_name": "シテン", "kind": 1, "number": "1234567",
    "holder": "ミホン", "unlisted": True,
}  # fmt: skip


class TestOverHttp:
    async def test_from_the_terms_to_the_first_password(self, site):
        clerk, viewer = await site.staff_token("operator"), await site.staff_token("viewer")
        where = f"/v1/municipalities/{KASAMA}"
        status, refusal = await site.call("GET", f"{where}/shop-terms")
        assert (status, refusal["type"]) == (404, "/docs/problems/no-applications")
        terms = {"text": "規約", "reason": "開始"}
        assert (await site.call("PUT", "/v1/city/shop-terms", viewer, json=terms))[0] == 403
        assert (await site.call("PUT", "/v1/city/shop-terms", clerk, json=terms))[0] == 200
        shown = (await site.call("GET", f"{where}/shop-terms"))[1]
        assert (shown["municipality_name"], shown["terms_version"], shown["text"]) == ("笠間市", 1, "規約")
        body = BODY | {"request_id": new_id(), "account": BANK, "source": "203.0.113.7"}
        status, refusal = await site.call("POST", f"{where}/shop-applications", json=body | {"mail": "x"})
        assert (status, refusal["type"], refusal["field"]) == (422, "/docs/problems/bad-application", "mail")
        unlisted = body | {"account": BANK | {"unlisted": False}}
        status, refusal = await site.call("POST", f"{where}/shop-applications", json=unlisted)
        assert (status, refusal["type"]) == (422, "/docs/problems/bank-not-listed")
        status, added = await site.call("POST", f"{where}/shop-applications", json=body)
        assert status == 201
        pair = {"number": added["application"]["number"], "secret": added["secret"]}
        assert added["application"]["account"]["number_ends_with"] == "567"
        assert "1234567" not in str(added)
        status, own = await site.call("POST", "/v1/shop-applications/view", json=pair)
        assert (status, own["state"], own["erased_after"]) == (200, "submitted", None)
        status, refusal = await site.call("POST", "/v1/shop-applications/view", json=pair | {"secret": "x"})
        assert (status, refusal["type"]) == (404, "/docs/problems/unknown-application")
        path = f"/v1/city/shop-applications/{pair['number']}"
        assert (await site.call("GET", path, viewer))[0] == 403
        examined = (await site.call("GET", path, clerk))[1]
        assert (examined["terms"]["text"], examined["duplicates"]) == ("規約", [])
        assert (await site.call("POST", f"{path}/return", clerk, json={"reason": "電話が違います"}))[0] == 200
        own = (await site.call("POST", "/v1/shop-applications/view", json=pair))[1]
        assert (own["reason"], own["erased_after"] is None) == ("電話が違います", False)
        mended = BODY | pair | {"phone": "0296-00-0002", "keeps_account": True, "seen": own["version"]}
        assert (await site.call("POST", "/v1/shop-applications/resubmission", json=mended))[1][
            "state"
        ] == "submitted"
        listed = (await site.call("GET", "/v1/city/shop-applications?state=submitted", clerk))[1]
        assert [each["phone"] for each in listed["applications"]] == ["0296-00-0002"]
        wanted = {"shop_id": "pan-ya", "login": "pan-ya"}
        status, decision = await site.decided(f"{path}/acceptance", clerk, wanted)
        assert (status, len(decision["first_password"]) > 10) == (200, True)
        assert (await site.call("GET", "/v1/city/shops/pan-ya", clerk))[1]["has_bank"]
        assert (await site.call("POST", "/v1/shop-applications/withdrawal", json=pair))[0] == 409
        status, refusal = await site.call("POST", f"{path}/refusal", clerk, json={"reason": "遅い"})
        assert (status, refusal["state"]) == (409, "accepted")

    async def test_withdrawn_over_http(self, site):
        clerk = await site.staff_token("operator")
        await site.call("PUT", "/v1/city/shop-terms", clerk, json={"text": "規約", "reason": "開始"})
        path = f"/v1/municipalities/{KASAMA}/shop-applications"
        added = (await site.call("POST", path, json=BODY | {"request_id": new_id()}))[1]
        pair = {"number": added["application"]["number"], "secret": added["secret"]}
        assert (await site.call("POST", "/v1/shop-applications/withdrawal", json=pair))[1][
            "state"
        ] == "withdrawn"
