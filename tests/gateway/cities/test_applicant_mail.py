"""An applicant is mailed that something was decided: once for each decision of a clerk, and nothing of what was decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.cities import tables
from gateway.cities.member_mail import applicant_mail
from gateway.cities.member_mail.sender import LEASE, RETRY_AFTER
from tests.gateway.cities.conftest import SITE, another_town
from tests.gateway.cities.test_member_mail import Post, serving
from tests.gateway.cities.test_shop_applications import ENTRY, accepted, applied, opened


@pytest.fixture
async def town(tmp_path):
    async with another_town(tmp_path) as opened_town:
        yield opened_town


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as handler:
        yield handler


async def sent_back(town):
    """An application that was sent back; its number and secret."""
    await opened(town)
    number, secret = await applied(town)
    await town.city.shop_applications.send_back(await town.who("operator"), number, "住所が違います")
    return number, secret


async def due(town):
    column = tables.shop_applications.c.mail_due_at
    return (await town.store.read(lambda conn: conn.execute(select(column)).scalars().all()))[0]


class TestADecision:
    async def test_is_mailed_once_with_the_address_of_the_page_and_nothing_of_it(self, town, server):
        number, secret = await sent_back(town)
        post = Post(town, server).sender
        assert await post.poll_applicants_once() == 1
        assert await post.poll_applicants_once() == 0
        (mail,) = server.mails
        text = mail.get_content()
        assert (mail["To"], mail["Auto-Submitted"]) == ("pan@example.jp", "auto-generated")
        assert f"{SITE}/application" in text
        for word in (number, secret, "住所", ENTRY.name, ENTRY.contact):
            assert word not in text + mail["Subject"], word

    async def test_each_decision_is_one_mail_and_what_the_applicant_does_is_none(self, town, server):
        number, secret = await sent_back(town)
        post = Post(town, server).sender
        await post.poll_applicants_once()
        town.clock.forward(minutes=1)
        await town.city.shop_applications.resubmit(number, secret, ENTRY, None, terms_version=1)
        assert await post.poll_applicants_once() == 0
        await accepted(town, number)
        assert await post.poll_applicants_once() == 1
        assert len({mail["Message-ID"] for mail in server.mails}) == 2
        other, other_secret = await applied(town)
        await town.city.shop_applications.withdraw(other, other_secret)
        third, _ = await applied(town)
        await town.city.shop_applications.refuse(await town.who("operator"), third, "市外")
        assert await post.poll_applicants_once() == 1
        assert len(server.mails) == 3

    async def test_what_was_mended_before_the_mail_went_is_not_mailed(self, town, server):
        number, secret = await sent_back(town)
        await town.city.shop_applications.resubmit(number, secret, ENTRY, None, terms_version=1)
        assert await Post(town, server).sender.poll_applicants_once() == 0


class TestAServerThatSaysNo:
    async def test_for_now_is_tried_again_and_given_up_in_the_end(self, town, server):
        await sent_back(town)
        post, server.rcpt = Post(town, server).sender, "451 later"
        for pause in RETRY_AFTER:
            assert await post.poll_applicants_once() == 1
            assert await due(town) == town.clock() + pause
            town.clock.forward(seconds=pause.total_seconds())
        assert await post.poll_applicants_once() == 1
        assert await due(town) is None
        assert server.mails == []

    async def test_to_the_text_for_now_is_tried_again_too(self, town, server):
        await sent_back(town)
        post, server.data = Post(town, server).sender, "451 later"
        assert await post.poll_applicants_once() == 1
        assert await due(town) == town.clock() + RETRY_AFTER[0]
        server.data = "250 OK"
        town.clock.forward(seconds=RETRY_AFTER[0].total_seconds())
        assert await post.poll_applicants_once() == 1
        assert len(server.mails) == 1

    @pytest.mark.parametrize("answer", ["550 unknown", "hang up"])
    async def test_for_good_or_breaks_off_repeats_nothing(self, town, server, answer):
        await sent_back(town)
        post = Post(town, server, deadline_s=2.0).sender
        if answer == "hang up":
            server.data = answer
        else:
            server.rcpt = answer
        assert await post.poll_applicants_once() == 1
        assert await due(town) is None
        town.clock.forward(days=1)
        assert await post.poll_applicants_once() == 0


class TestALease:
    async def test_another_process_takes_what_was_left_and_the_first_sends_no_more(self, town, server):
        await sent_back(town)
        vault = town.city.context.vault

        async def claim():
            return await town.store.run(lambda conn: applicant_mail.claim(conn, vault, town.clock(), LEASE))

        (first,) = await claim()
        assert await claim() == []
        town.clock.forward(seconds=LEASE.total_seconds())
        (second,) = await claim()
        marks = [
            await town.store.run(lambda conn, mail=mail: applicant_mail.mark_sent(conn, mail))
            for mail in (first, second)
        ]
        assert marks == [False, True]

    async def test_old_news_is_no_mail(self, town, server):
        await sent_back(town)
        town.clock.forward(seconds=(applicant_mail.NEWS_TTL + timedelta(seconds=1)).total_seconds())
        post = Post(town, server).sender
        assert await post.poll_applicants_once() == 1
        assert await due(town) is None
        assert server.mails == []
