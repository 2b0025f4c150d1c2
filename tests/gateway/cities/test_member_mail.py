"""Mail that there is something to read: a real SMTP server with TLS takes it, and says no in every way that there is."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import email.policy
import ipaddress
import re
import socket
import ssl
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import structlog.testing
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from gateway.cities.member_mail import collect, sender, texts
from gateway.cities.member_mail.sender import MailSender
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, members
from gateway.members.mail_addresses import MailAddresses, MailLink, checked_address, masked, token_of
from gateway.members.member_events import MemberEventKind
from gateway.platform import tables
from gateway.settings import MailSettings, Settings, SettingsWrong

from .conftest import NOON, give
from .test_four_eyes import town

__all__ = ["town"]

ADDRESS = "hanako.yamada@example.jp"
PORTAL = "https://portal.example.jp"


class Handler:
    """What the server does with a recipient and with a text; `mails` are those that it has said yes to."""

    port: int
    certificate: Path

    def __init__(self):
        self.mails, self.rcpt, self.data, self.seen = [], "250 OK", "250 OK", 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server, session, envelope, address, rcpt_options
    ):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server, session, envelope
    ):
        self.seen += 1
        if self.data == "hang up":
            server.transport.close()
            await asyncio.sleep(60)
        if self.data.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.data


@contextmanager
def serving(folder, *, with_tls=True):
    """An SMTP server on this machine, with a certificate of its own; gives what it took and how to reach it."""
    handler, context = Handler(), None
    certificate, key = folder / "smtp.pem", folder / "smtp.key"
    if with_tls:
        _certificate(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    class Server(Controller):
        def factory(self):
            return smtp.SMTP(
                self.handler, tls_context=context, require_starttls=context is not None, enable_SMTPUTF8=True,
                loop=self.loop,
            )  # fmt: skip

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        handler.port = probe.getsockname()[1]
    handler.certificate = certificate
    controller = Server(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()


def _certificate(path, key_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


class Post:
    """A town that sends mail by the server."""

    def __init__(self, town, server, **changes):
        self.town, self.server, self.context = town, server, town.city.context
        values = {
            "host": "127.0.0.1", "port": server.port, "security": "starttls", "user": "", "password": None,
            "sender": "noreply@points.example.jp", "portal_url": PORTAL, "ca_file": server.certificate, "deadline_s": 5.0,
        }  # fmt: skip
        self.sender = MailSender(context=self.context, settings=MailSettings(**values | changes))
        self.addresses = MailAddresses(
            store=town.store, vault=self.context.vault, clock=town.clock, is_offered=True
        )

    async def round(self):
        await collect.collect(self.context)
        return await self.sender.poll_once()

    def token(self, link):
        """The newest mail's link of this kind, as its reader would click it."""
        text = self.server.mails[-1].get_content()
        found = re.search(rf"/mail/{link}\?t=([0-9a-f.]+)", text)
        assert found is not None, text
        return found[1]

    async def confirmed(self, points=0, language="ja", address=ADDRESS):
        found = await self.town.member(points)
        await self.town.store.run(lambda conn: member_rows.change(conn, found.member_id, language=language))
        await self.addresses.set_address(found.member_id, address)
        await self.round()
        await self.addresses.confirm(self.token("confirm"))
        self.town.clock.forward(minutes=1)
        return found

    async def event(self, found, kind=MemberEventKind.PASSWORD_CHANGED):
        await self.town.store.run(
            lambda conn: member_events.record(conn, found.member_id, kind, self.town.clock())
        )

    async def state(self, found):
        return (await self.addresses.get(found.member_id)).state.value

    async def waiting(self):
        n = tables.mail_notices.c
        return await self.town.store.read(
            lambda conn: [tuple(row) for row in conn.execute(select(n.kind, n.last_error).where(n.next_at.is_not(None)))]
        )  # fmt: skip


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as handler:
        yield handler


@pytest.fixture
async def post(town, server):
    return Post(town, server)


async def refused(call):
    with pytest.raises(ProblemError) as caught:
        await call
    return caught.value.type


class TestAnAddress:
    async def test_is_confirmed_by_who_reads_it_and_gets_nothing_before(self, post):
        found = await post.town.member()
        shown = await post.addresses.set_address(found.member_id, f" {ADDRESS} ")
        assert (shown.state.value, shown.masked) == ("unconfirmed", "ha***@example.jp")
        await post.event(found)
        assert await post.round() == 1
        (mail,) = post.server.mails
        post.town.clock.forward(minutes=1)
        assert mail["To"] == ADDRESS
        assert "List-Unsubscribe" not in mail
        await post.addresses.confirm(post.token("confirm"))
        assert await post.state(found) == "confirmed"
        await post.round()
        assert len(post.server.mails) == 1  # what was before the confirmation is not mailed

    async def test_of_an_old_or_forged_link_is_not_confirmed(self, post):
        found = await post.town.member()
        await post.addresses.set_address(found.member_id, ADDRESS)
        await post.round()
        token = post.token("confirm")
        forged = token[:-1] + ("0" if token[-1] != "0" else "1")
        stop_token = token_of(post.context.vault, token.partition(".")[0], MailLink.STOP)
        for wrong in (forged, stop_token, "x", "0" * 32 + "." + "0" * 64):
            assert await refused(post.addresses.confirm(wrong)) == "mail-link-over"
        post.town.clock.forward(days=1)
        assert await refused(post.addresses.confirm(token)) == "mail-link-over"
        assert await post.state(found) == "unconfirmed"

    async def test_that_was_changed_is_confirmed_anew_and_the_old_link_is_over(self, post):
        found = await post.confirmed()
        old = post.token("confirm")
        await post.event(found)
        await collect.collect(post.context)
        await post.addresses.set_address(found.member_id, "other@example.jp")
        assert await post.state(found) == "unconfirmed"
        assert await refused(post.addresses.confirm(old)) == "mail-link-over"
        post.server.mails.clear()
        await post.round()
        assert [mail["To"] for mail in post.server.mails] == ["other@example.jp"]
        assert "List-Unsubscribe" not in post.server.mails[0]

    async def test_is_changed_three_times_a_day_also_by_taking_it_away(self, post):
        found = await post.town.member()
        for number in range(3):
            await post.addresses.set_address(found.member_id, f"a{number}@example.jp")
            await post.addresses.remove(found.member_id)
        call = post.addresses.set_address(found.member_id, ADDRESS)
        assert await refused(call) == "mail-changed-enough"
        post.town.clock.forward(days=1)
        await post.addresses.set_address(found.member_id, ADDRESS)

    async def test_of_a_stranger_is_not_flooded_and_nobody_is_told_whose_it_is(self, post):
        answers = []
        for _ in range(5):
            found = await post.town.member()
            answers.append(await post.addresses.set_address(found.member_id, ADDRESS.upper()))
        assert len(set(answers)) == 1
        await post.round()
        assert len(post.server.mails) == 3

    async def test_is_nowhere_in_the_database_or_the_log(self, post):
        from .test_member_data import everything_written

        with structlog.testing.capture_logs() as logs:
            found = await post.confirmed()
            await post.event(found)
            await post.round()
            post.server.rcpt = "550 no such user hanako.yamada@example.jp"
            post.town.clock.forward(minutes=1)
            await post.event(found)
            await post.round()
        assert logs
        assert "hanako.yamada" not in str(logs)
        assert not [
            name for name, text in (await everything_written(post.town)).items() if "hanako.yamada" in text
        ]

    async def test_goes_with_the_member(self, post):
        found = await post.confirmed()
        use = members.Members(post.town.store, post.context.hasher, post.town.clock, vault=post.context.vault)
        await use.revoke(found.member_id)
        count = select(tables.member_mail.c.member_id)
        assert await post.town.store.read(lambda conn: conn.execute(count).all()) == []

    @pytest.mark.parametrize(
        "typed",
        ["", "x", "a@b", "a b@example.jp", "a@example.jp\nBcc: b@example.jp", "a..b@example.jp", "<a@example.jp>",
         "a@exam ple.jp", "山田@example.jp", "a" * 65 + "@example.jp", "a@" + "b." * 130 + "jp", "a@example.jp, b@example.jp"],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, typed):
        with pytest.raises(ProblemError, match="looks like"):
            checked_address(typed)

    def test_is_masked(self):
        assert [masked(each) for each in ("a@x.jp", "ab@x.jp", "abc@x.jp")] == [
            "a***@x.jp",
            "a***@x.jp",
            "ab***@x.jp",
        ]


class TestAMail:
    async def test_says_once_that_there_is_something_to_read(self, post):
        found = await post.confirmed()
        await post.event(found)
        await post.town.store.run(
            lambda conn: give(conn, found.member_id, 77_431, NOON.date(), post.town.clock())
        )
        await post.event(found, MemberEventKind.SIGNED_IN_ANEW)
        assert [await post.round(), await post.round()] == [1, 0]
        mail = post.server.mails[-1]
        text = mail.get_content()
        assert "新しい端末からログイン" in text
        assert "アカウントに、変更がありました" in text
        assert text.count("・") == 2
        assert f"{PORTAL}/notices" in text
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "ja"
        assert mail["From"] == "noreply@points.example.jp"

    async def test_has_no_name_no_number_and_no_id_in_it(self, post):
        found = await post.confirmed(points=77_431)
        await post.event(found)
        await post.round()
        whole = post.server.mails[-1].as_string() + post.server.mails[-1].get_content()
        for word in ("山田", "77431", "77,431", found.mykey_id, found.member_id):
            assert word not in whole.replace(post.token("stop"), "").replace(
                str(post.server.mails[-1]["Message-ID"]), ""
            ).replace(str(post.server.mails[-1]["Date"]), ""), word

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "has changed"), ("ja-easy", "かわりました"), ("ja", "変更がありました")],
    )
    async def test_speaks_the_members_language(self, post, language, words):
        found = await post.confirmed(language=language)
        await post.event(found)
        await post.round()
        assert words in post.server.mails[-1].get_content()

    async def test_is_stopped_by_one_click_of_a_program(self, post):
        found = await post.confirmed()
        await post.event(found)
        await post.round()
        mail = post.server.mails[-1]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Unsubscribe"] == f"<{PORTAL}/mail/stop?t={post.token('stop')}>"
        await post.event(found)
        await collect.collect(post.context)
        for _ in range(2):
            await post.addresses.stop(post.token("stop"))
        assert await post.state(found) == "stopped"
        post.town.clock.forward(minutes=1)
        await post.event(found)
        before = len(post.server.mails)
        await post.round()
        assert len(post.server.mails) == before

    async def test_comes_for_every_kind_of_notice_in_every_language(self):
        kinds = {kind.value for kind in MemberEventKind} | {
            "grant",
            "refund",
            "merge_in",
            "will_expire",
            "exchange_settled",
        }
        for kind in kinds:
            for sentence in texts.sentence_of(kind):
                assert sentence
        assert texts.sentence_of("refund")[1] == "Your points have moved."
        assert texts.sentence_of("card_linked")[1].startswith("The way you sign in")

    async def test_of_two_processes_is_one(self, post):
        found = await post.confirmed()
        await post.event(found)
        other = Post(post.town, post.server)
        before = len(post.server.mails)
        await asyncio.gather(collect.collect(post.context), collect.collect(other.context))
        await asyncio.gather(post.sender.poll_once(), other.sender.poll_once())
        assert len(post.server.mails) == before + 1


class TestAServer:
    async def test_that_is_busy_is_tried_again_and_takes_it_once(self, post):
        found = await post.confirmed()
        await post.event(found)
        for answer in ("rcpt", "data"):
            setattr(post.server, answer, "451 try again later")
            await post.round()
            setattr(post.server, answer, "250 OK")
            assert len(await post.waiting()) == 1
            assert await post.round() == 0  # not before its time
            post.town.clock.forward(hours=1)
        before = len(post.server.mails)
        assert [await post.round(), await post.round()] == [1, 0]
        assert len(post.server.mails) == before + 1

    async def test_that_knows_no_such_address_stops_it(self, post):
        found = await post.confirmed()
        await post.event(found)
        post.server.rcpt = "550 no such user"
        await post.round()
        shown = await post.addresses.get(found.member_id)
        assert (shown.state.value, shown.stopped_because) == ("stopped", "refused with 550")
        assert await post.waiting() == []

    async def test_that_goes_away_after_the_text_gets_it_no_second_time(self, post):
        found = await post.confirmed()
        await post.event(found)
        post.server.data = "hang up"
        seen = post.server.seen
        await post.round()
        post.server.data = "250 OK"
        post.town.clock.forward(days=1)
        await post.round()
        assert post.server.seen == seen + 1
        assert await post.state(found) == "confirmed"

    async def test_that_refuses_the_text_gets_it_no_second_time_and_the_address_stays(self, post):
        found = await post.confirmed()
        await post.event(found)
        post.server.data = "554 no spam please"
        seen = post.server.seen
        await post.round()
        post.town.clock.forward(days=1)
        await post.round()
        assert post.server.seen == seen + 1
        assert await post.state(found) == "confirmed"

    async def test_that_is_away_is_given_up_after_two_days(self, post):
        found = await post.confirmed()
        await post.event(found)
        await collect.collect(post.context)
        away = Post(post.town, post.server, port=1)
        for _ in range(len(sender.RETRY_AFTER) + 1):
            assert len(await post.waiting()) == 1
            await away.sender.poll_once()
            post.town.clock.forward(days=1)
        assert await post.waiting() == []

    async def test_without_tls_is_sent_nothing(self, town, tmp_path):
        folder = tmp_path / "plain"
        folder.mkdir()
        with serving(folder, with_tls=False) as plain:
            post = Post(town, plain, ca_file=None)
            found = await town.member()
            await post.addresses.set_address(found.member_id, ADDRESS)
            await post.round()
            assert plain.mails == []
            assert [error for _, error in await post.waiting()] == ["SMTPException"]

    async def test_of_an_unknown_authority_is_sent_nothing(self, post):
        stranger = Post(post.town, post.server, ca_file=None)
        found = await post.town.member()
        await stranger.addresses.set_address(found.member_id, ADDRESS)
        await stranger.round()
        assert post.server.seen == 0


class TestOverHttp:
    async def test_it_is_offered_where_the_settings_say_so(self, site):
        _, token = await site.member_token()
        status, shown = await site.call("GET", "/v1/me/mail", token)
        assert (status, shown["offered"], shown["state"]) == (200, False, "none")
        status, problem = await site.call("PUT", "/v1/me/mail", token, json={"address": ADDRESS})
        assert (status, problem["type"].rpartition("/")[2]) == (404, "mail-not-offered")
        body = {"token": "0" * 32 + "." + "0" * 64}
        for path in ("/v1/mail/confirmation", "/v1/mail/stop"):
            assert (await site.call("POST", path, json=body))[0] == 404
        assert (await site.call("DELETE", "/v1/me/mail", token))[0] == 204


SETTINGS = """
[server]
{allow}
[mail]
host = "smtp.example.jp"
sender = "noreply@example.jp"
portal_url = "https://portal.example.jp"
{more}
"""


def load(tmp_path, more="", allow=""):
    path = tmp_path / "gateway.toml"
    path.write_text(SETTINGS.format(more=more, allow=allow))
    return Settings.load(path, env={}).mail


class TestSettings:
    def test_are_starttls_unless_they_say_otherwise(self, tmp_path):
        assert (load(tmp_path).security, load(tmp_path).port) == ("starttls", 587)
        assert load(tmp_path, 'security = "tls"').port == 465

    def test_refuse_mail_in_the_clear_unless_it_is_allowed_by_name(self, tmp_path):
        with pytest.raises(SettingsWrong, match="mail-without-tls"):
            load(tmp_path, 'security = "none"')
        assert load(tmp_path, 'security = "none"', 'allow = ["mail-without-tls"]').port == 25

    def test_take_no_password_in_the_file(self, tmp_path):
        with pytest.raises(SettingsWrong, match="must not stand"):
            load(tmp_path, 'password = "x"')

    def test_name_what_is_missing(self, tmp_path):
        path = tmp_path / "gateway.toml"
        path.write_text('[mail]\nhost = "x"\n')
        with pytest.raises(SettingsWrong, match="`sender`"):
            Settings.load(path, env={})
