"""What is kept of a member: told table by table, shown whole, handed out with a reason."""

import asyncio
import json
from datetime import date

import pytest
import structlog
from sqlalchemy import select
from typer.testing import CliRunner

from core_ledger import chart
from gateway.cities.grants import grant_file_rows
from gateway.cities.grants.grant_list import ListColumns
from gateway.cities.member_data.personal_data import NO_PERSONAL_DATA, PERSONAL_DATA
from gateway.cities.shops.shops import ShopEntry
from gateway.cli import app
from gateway.errors import ProblemError
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_context import link_row
from gateway.members import member_events, member_rows, mykey_ids, proofs, sessions
from gateway.members.mail_addresses import MailAddresses
from gateway.model import Secret
from gateway.platform import audit_log, tables
from gateway.platform.roles import PLATFORM
from migrations.targets import METADATAS

from .conftest import KASAMA, NOON, OUEN, new_id
from .test_four_eyes import PLAN, town

__all__ = ["town"]

NAME, NOTE, ACCOUNT = "見本 花子", "ひとり親のため", "SAISON-7714-3321"
JULY_1 = date(2018, 7, 1)


class Operator:
    """Somebody at the command line."""

    municipality, staff_id, display_name = PLATFORM, "operator", "青木"


async def refused(call):
    with pytest.raises(ProblemError) as caught:
        await call
    return caught.value.type


async def member(town, points=0, name=NAME, issued_on=None):
    found = await town.member(points, issued_on)
    await town.store.run(lambda conn: member_rows.change(conn, found.member_id, display_name=name))
    return found


async def record_of(town, found):
    made = await town.city.member_data.export(Operator(), found.mykey_id, "本人の開示請求")
    return {section.about.name: section for section in made.sections}


async def everything_written(town):
    """Every value of every table, as text: what somebody would find who has the whole database."""

    def job(conn):
        texts = {}
        for metadata in METADATAS:
            for table in metadata.tables.values():
                texts[table.name] = "\n".join(
                    " ".join(
                        value.hex() + " " + value.decode("utf-8", "replace")
                        if isinstance(value, bytes | memoryview)
                        else str(value)
                        for value in row
                    )
                    for row in conn.execute(select(table))
                )
        return texts

    return await town.store.read(job)


async def a_full_life(town, found):
    """A member of whom everything is kept that can be."""
    operator = await town.who("operator")
    await town.add_project(PLAN)
    await town.city.grants.to_one(operator, "kosodate", new_id(), found.mykey_id, 1_000, NOTE)
    raw = f"マイキーID,ポイント,摘要,宛名番号\n{found.mykey_id},900,{NOTE},99887766".encode()
    keep = ListColumns(keep=("宛名番号",))
    file, _ = await town.city.files.upload(operator, "kosodate", "x.csv", raw, columns=keep)
    await town.approve_file(file.file_id)
    await town.city.files.apply(KASAMA, file.file_id)
    shop = await town.city.shops.register(operator, "cafe", ShopEntry(name="カフェ"))
    await town.city.spending.pay(found.member_id, new_id(), town.city.shops.code_of(shop), OUEN, 200)
    await town.city.cards.issue(operator, new_id(), OUEN, [found.mykey_id], "窓口")
    context = town.city.context
    book = chart.member_book(found.member_id)
    link = link_rows.Link(
        book_id=book, partner_id="saison", service_id=ACCOUNT, shown_as="…3321", linked_at=town.clock(),
        token_sealed=context.vault.encrypt("token-of-a-link", purpose="link", bound_to=link_row(book, "saison")),
    )  # fmt: skip

    def job(conn):
        link_rows.save(conn, link)
        proofs.add(conn, found.member_id, proofs.card_proof("c" * 64), NOON)
        member_events.record(conn, found.member_id, member_events.MemberEventKind.CARD_LINKED, town.clock())
        token = Secret("a token of a session")
        sessions.start(conn, token, member_id=found.member_id, client_id="portal", at=town.clock())
        conn.execute(
            tables.exchanges.insert().values(
                book_id=book, exchange_id="e" * 32, partner_id="saison", state="settled", request_hash="h",
                started_at=town.clock(), sent_at=town.clock(), ended_at=town.clock(), service_id=ACCOUNT, points=900,
                reference="R-1",
            )
        )  # fmt: skip

    await town.store.run(job)
    addresses = MailAddresses(store=town.store, vault=context.vault, clock=town.clock, is_offered=True)
    await addresses.set_address(found.member_id, "hanako@example.jp")
    await town.city.support.timeline(operator, found.mykey_id, "電話", before=None, limit=10)


class TestWhatIsKept:
    def test_every_table_is_told_of_or_says_nothing_of_a_member(self):
        described = {name for metadata in METADATAS for name in metadata.tables}
        told = {table for about in PERSONAL_DATA for table in about.tables}
        assert described == told | NO_PERSONAL_DATA
        assert not told & NO_PERSONAL_DATA

    async def test_the_record_has_every_row_with_its_fields_and_no_secret(self, town):
        found = await member(town, 5_000, issued_on=JULY_1)
        await a_full_life(town, found)
        record = await record_of(town, found)
        assert list(record) == [about.name for about in PERSONAL_DATA]
        for section in record.values():
            for row in section.rows:
                assert tuple(row) == section.about.fields, section.about.name
        assert record["person"].rows[0]["display_name"] == NAME
        assert sorted(row["kind"] for row in record["proofs"].rows) == ["card", "password"]
        assert record["partner_links"].rows[0]["account"] == ACCOUNT
        assert record["mail"].rows[0]["address"] == "hanako@example.jp"
        assert [row["points"] for row in record["payments"].rows] == [200]
        assert [row["stopped_at"] for row in record["point_cards"].rows] == [None]
        assert sum(row["points"] for row in record["balances"].rows) == 5_000 + 1_900 - 200
        assert [row["note"] for row in record["grant_lists"].rows] == [NOTE]
        looks = [(row["where"], row["what"]) for row in record["looks"].rows]
        assert (KASAMA, "history looked at") in looks
        assert (PLATFORM, "member record exported") in looks
        assert record["moves"].since == NOON
        assert record["account_events"].days == 90
        text = str([section.rows for section in record.values()])
        for secret in ("token-of-a-link", "c" * 64, chart.member_book(found.member_id)):
            assert secret not in text

    async def test_a_member_sees_nothing_of_another(self, town):
        found, other = await member(town, 100), await member(town, 7_000, name="別の 人")
        await a_full_life(town, other)
        own = await town.city.member_data.own_record(found.member_id)
        text = str([section.rows for section in own.sections])
        for word in ("別の 人", other.mykey_id, ACCOUNT, NOTE, "7000"):
            assert word not in text
        assert [
            section.about.name for section in own.sections if section.about.name == "looks" and section.rows
        ] == []

    async def test_handing_it_out_takes_a_reason_and_leaves_a_line(self, town):
        found = await member(town)
        export = town.city.member_data.export
        assert await refused(export(Operator(), found.mykey_id, " ")) == "reason-missing"
        assert await refused(export(Operator(), "22222222", "x")) == "unknown-member"
        await export(Operator(), found.mykey_id, "請求書 12号")
        (line,) = await town.store.read(lambda conn: audit_log.page(conn, PLATFORM))
        assert (line.action, line.subject, line.reason) == (
            "member record exported", found.member_id, "請求書 12号",
        )  # fmt: skip

    async def test_a_revoked_member_and_a_former_id_are_found(self, town):
        found = await member(town, 50)

        def revoke(conn):
            mykey_ids.retire(conn, found.member_id, found.mykey_id, town.clock())
            member_rows.write(conn, found.member_id, state="revoked", password_hash=None)

        await town.store.run(revoke)
        record = await record_of(town, found)
        assert record["person"].rows[0]["state"] == "revoked"
        assert [row["mykey_id"] for row in record["former_mykey_ids"].rows] == [found.mykey_id]
        assert await refused(town.city.member_data.own_record(found.member_id)) == "unknown-member"

    async def test_texts_of_old_lists_go_after_their_time_and_what_was_granted_stays(self, town):
        found = await member(town)
        await a_full_life(town, found)
        forget = town.city.nightly.parts(NOON.date())["list texts"]
        assert await forget() == 0
        town.clock.forward(days=6 * 366)
        assert await forget() == 1
        (row,) = (await record_of(town, found))["grant_lists"].rows
        assert (row["note"], row["points"]) == ("", 900)
        assert grant_file_rows.FORGET_BATCH_SIZE > 1


class TestOverHttp:
    async def test_a_member_reads_it_and_nobody_else(self, site):
        found, token = await site.member_token()
        status, record = await site.call("GET", "/v1/me/record", token)
        assert (status, record["mykey_id"]) == (200, found.mykey_id)
        assert [section["name"] for section in record["sections"]] == [about.name for about in PERSONAL_DATA]
        assert (await site.call("GET", "/v1/me/record"))[0] == 401
        staff = await site.staff_token("administrator")
        assert (await site.call("GET", "/v1/me/record", staff))[0] == 401


async def test_the_command_prints_it(site, request):
    request.addfinalizer(structlog.reset_defaults)  # a command sets up the log for itself
    found, _ = await site.member_token()
    config = site.folder / "gateway.toml"
    command = ["members", "export", found.mykey_id, "--reason", "請求書 12号", "--config", str(config)]
    result = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert result.exit_code == 0, result.output
    # The site beside it works for its cities in this process, and says so in the same output.
    record, _ = json.JSONDecoder().raw_decode(result.stdout, result.stdout.index("{\n"))
    assert record["mykey_id"] == found.mykey_id
