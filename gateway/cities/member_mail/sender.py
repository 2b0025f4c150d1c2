"""Sends what is to be mailed: over TLS, with a deadline, tried again for days, and each notice at most once.

All that waits for a member is one mail. Before a mail's text leaves, its notices are written down as sent: a crash, or a
connection that breaks while the server's answer is awaited, may lose a mail and repeats none. What the server refuses for
the moment is tried again; an address that it refuses for good is stopped.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from itertools import groupby
from typing import Final

import aiosmtplib
import structlog
from sqlalchemy import ColumnElement, Connection, delete, select, update

from gateway.cities.city_context import CityContext
from gateway.cities.member_mail import applicant_mail, collect, texts
from gateway.cities.member_mail.applicant_mail import ApplicantMail
from gateway.members import mail_addresses
from gateway.members.mail_addresses import CONFIRMATION, MailLink, address_of, token_of
from gateway.platform import tables
from gateway.platform.encryption import Unreadable
from gateway.platform.metrics import MAILS
from gateway.platform.states import MemberState
from gateway.settings import MailSettings
from httpkit.named_files import require_named_file

SEND_BATCH_SIZE: Final = 50
POLL_INTERVAL_S: Final = 5.0
COLLECT_INTERVAL_S: Final = 60.0
LEASE: Final = timedelta(minutes=10)
RETRY_AFTER: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720, 1_440))
"""After each try that failed, nearly two days in all; then the mail is given up."""
NOTICE_RETENTION: Final = timedelta(days=90)
"""The keys of what was mailed, far longer than the look goes back."""
_TEMPORARY, _PERMANENT = range(400, 500), range(500, 600)
_m, _n, _members = tables.member_mail, tables.mail_notices, tables.members
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What waits for one member: the keys of its notices with their kinds, and how often it was tried."""

    member_id: str
    notices: tuple[tuple[str, str], ...]
    attempts: int

    @property
    def is_confirmation(self) -> bool:
        return self.notices[0][1] == CONFIRMATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    address: str
    mail_id: str
    language: str


class _Deferred(Exception):
    """Not now; the text says why, without an address."""


class _Bounced(Exception):
    """The address takes no mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSender:
    context: CityContext
    settings: MailSettings

    async def run(self) -> None:
        """Collect and send, for ever; whatever breaks, the next round goes on."""
        collected_at = -COLLECT_INTERVAL_S
        loop = asyncio.get_running_loop()
        while True:
            sent = 0
            try:
                if loop.time() - collected_at >= COLLECT_INTERVAL_S:
                    collected_at = loop.time()
                    await collect.collect(self.context)
                sent = await self.poll_once() + await self.poll_applicants_once()
            except Exception as fault:  # noqa: BLE001  a database that restarts, a server that is away
                _log.error("mail round failed", error=type(fault).__name__)
            if sent < SEND_BATCH_SIZE:
                await asyncio.sleep(POLL_INTERVAL_S)

    async def poll_once(self) -> int:
        """Send once what is due. Returns how many mails there were."""
        now = self.context.clock()
        mails = await self.context.store.run(lambda conn: _claim(conn, now))
        for mail in mails:
            await self._send(mail)
        return len(mails)

    async def _send(self, mail: Mail) -> None:
        recipient = await self.context.store.read(partial(self._recipient, mail))
        if recipient is None:
            await self.context.store.run(partial(_write, mail, next_at=None, last_error="no address"))
            MAILS.labels("dropped").inc()
            return
        handed: list[bool] = []
        try:
            outcome, why = await asyncio.wait_for(
                self._deliver(mail, recipient, handed), self.settings.deadline_s
            )
        except _Bounced as bounced:
            outcome, why = "bounced", str(bounced)
            await self.context.store.run(partial(_bounce, mail, recipient.mail_id, why, self.context.clock()))
        except (_Deferred, TimeoutError, OSError, aiosmtplib.SMTPException) as fault:
            why = str(fault) if isinstance(fault, _Deferred) else type(fault).__name__
            if handed:  # the server may have it
                outcome = "unknown"
            else:
                again = await self.context.store.run(partial(_defer, mail, why, self.context.clock()))
                outcome = "deferred" if again else "given up"
        _count(outcome, why, notices=len(mail.notices), attempts=mail.attempts)

    async def _deliver(self, mail: Mail, recipient: Recipient, handed: list[bool]) -> tuple[str, str]:
        """Hand the mail over; gives how it ended and why. `handed` is filled while the server may have it."""
        context = self.context
        message = self._message(mail, recipient)

        async def mark_sent() -> bool:
            return await context.store.run(partial(_mark_sent, mail, context.clock()))

        outcome, why = await _hand_over(self.settings, recipient.address, message, mark_sent, handed)
        if outcome == "refused":
            await context.store.run(partial(_write, mail, sent_at=None, last_error=why))
        return outcome, why

    async def poll_applicants_once(self) -> int:
        """Send once what is due to shops that applied. Returns how many mails there were."""
        context, now = self.context, self.context.clock()
        mails = await context.store.run(lambda conn: applicant_mail.claim(conn, context.vault, now, LEASE))
        for mail in mails:
            await self._send_to_applicant(mail)
        return len(mails)

    async def _send_to_applicant(self, mail: ApplicantMail) -> None:
        context, settings = self.context, self.settings
        if mail.address is None:
            await context.store.run(lambda conn: applicant_mail.write(conn, mail, None))
            MAILS.labels("dropped").inc()
            return
        message = applicant_mail.message_to(
            mail, mail.address, settings.sender, context.site, context.clock()
        )

        async def mark_sent() -> bool:
            return await context.store.run(lambda conn: applicant_mail.mark_sent(conn, mail))

        handed: list[bool] = []
        delivery = _hand_over(settings, mail.address, message, mark_sent, handed)
        try:
            outcome, why = await asyncio.wait_for(delivery, settings.deadline_s)
        except _Bounced as bounced:
            outcome, why = "bounced", str(bounced)
            await context.store.run(lambda conn: applicant_mail.write(conn, mail, None))
        except (_Deferred, TimeoutError, OSError, aiosmtplib.SMTPException) as fault:
            why = str(fault) if isinstance(fault, _Deferred) else type(fault).__name__
            outcome = "unknown"  # where it was handed over the server may have it
            if not handed:
                again = mail.attempts < len(RETRY_AFTER)
                due_at = context.clock() + RETRY_AFTER[mail.attempts] if again else None
                await context.store.run(lambda conn: applicant_mail.write(conn, mail, due_at))
                outcome = "deferred" if again else "given up"
        _count(outcome, why, notices=1, attempts=mail.attempts)

    def _message(self, mail: Mail, recipient: Recipient) -> EmailMessage:
        settings, vault = self.settings, self.context.vault
        base, now = settings.portal_url, self.context.clock()
        message = EmailMessage()
        if mail.is_confirmation:
            url = f"{base}/mail/confirm?t={token_of(vault, recipient.mail_id, MailLink.CONFIRM)}"
            text = texts.confirmation_mail(recipient.language, confirm_url=url)
        else:
            url = f"{base}/mail/stop?t={token_of(vault, recipient.mail_id, MailLink.STOP)}"
            kinds = [kind for _, kind in mail.notices]
            text = texts.notice_mail(kinds, recipient.language, notices_url=f"{base}/notices", stop_url=url)
            message["List-Unsubscribe"] = f"<{url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["From"], message["To"], message["Subject"] = settings.sender, recipient.address, text.subject
        message["Date"] = format_datetime(now)
        keys = "\n".join([mail.member_id, *(key for key, _ in mail.notices)])
        digest = hashlib.sha256(f"{recipient.mail_id}\n{keys}".encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{settings.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.body, charset="utf-8", cte="base64")
        message["Content-Language"] = texts.HTML_LANGUAGE.get(recipient.language, "ja")
        return message

    def _recipient(self, mail: Mail, conn: Connection) -> Recipient | None:
        """Where it goes now: nowhere for an address that was stopped, removed or never confirmed."""
        row = conn.execute(select(_m).where(_m.c.member_id == mail.member_id)).one_or_none()
        member = conn.execute(
            select(_members.c.language).where(
                _members.c.member_id == mail.member_id, _members.c.state == MemberState.ACTIVE
            )
        ).one_or_none()
        if row is None or member is None or row.address_sealed is None or row.stopped_at is not None:
            return None
        if (row.confirmed_at is None) != mail.is_confirmation:
            return None
        try:
            address = address_of(self.context.vault, row)
        except Unreadable:
            return None
        return Recipient(address=address, mail_id=row.mail_id, language=member.language)


def _count(outcome: str, why: str, *, notices: int, attempts: int) -> None:
    MAILS.labels(outcome).inc()
    (_log.info if outcome == "sent" else _log.warning)(
        "mail", outcome=outcome, why=why, notices=notices, attempt=attempts + 1
    )


async def _hand_over(
    settings: MailSettings,
    address: str,
    message: EmailMessage,
    mark_sent: Callable[[], Awaitable[bool]],
    handed: list[bool],
) -> tuple[str, str]:
    """Hand a mail to the server; gives how it ended and why. `handed` is filled while the server may have it."""
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        username=settings.user or None,
        password=settings.read_password(),
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=_tls(settings),
        timeout=settings.deadline_s / 2,
        local_hostname=settings.sender.rpartition("@")[2],
    )
    try:
        await client.connect()
        await client.mail(settings.sender)
        try:
            await client.rcpt(address)
        except aiosmtplib.SMTPRecipientRefused as refused:
            if refused.code in _PERMANENT:
                raise _Bounced(f"refused with {refused.code}") from None
            raise _Deferred(f"recipient put off with {refused.code}") from None
        # From here on it counts as sent: whatever breaks now may lose this mail and repeats none.
        if not await mark_sent():
            return "dropped", "taken by another process"
        handed.append(True)
        try:
            await client.data(message.as_bytes())
        except aiosmtplib.SMTPDataError as refused:
            handed.clear()
            if refused.code in _TEMPORARY:
                raise _Deferred(f"text put off with {refused.code}") from None
            return "refused", f"text refused with {refused.code}"
        except (aiosmtplib.SMTPException, OSError) as fault:
            return "unknown", type(fault).__name__
        return "sent", ""
    finally:
        client.close()


def prune(conn: Connection, now: datetime) -> int:
    """Delete notices that were mailed, or given up, long ago; for a nightly job."""
    old = delete(_n).where(_n.c.created_at < now - NOTICE_RETENTION, _n.c.next_at.is_(None))
    return conn.execute(old).rowcount


def _claim(conn: Connection, now: datetime) -> list[Mail]:
    """What is due, under a lease that ends by itself; all of a member's notices together."""
    free = _n.c.leased_until.is_(None) | (_n.c.leased_until <= now)
    due = (
        select(_n.c.member_id)
        .where(_n.c.next_at <= now, free)
        .group_by(_n.c.member_id)
        .order_by(_n.c.member_id)
        .limit(SEND_BATCH_SIZE)
    )
    members = list(conn.execute(due).scalars())
    if not members:
        return []
    claimed = conn.execute(
        update(_n)
        .where(_n.c.member_id.in_(members), _n.c.next_at <= now, free)
        .values(leased_until=now + LEASE)
        .returning(_n.c.member_id, _n.c.notice_key, _n.c.kind, _n.c.at, _n.c.attempts)
    ).all()
    rows = sorted(claimed, key=lambda row: (row.member_id, row.kind == CONFIRMATION, row.at, row.notice_key))
    return [
        Mail(
            member_id=key[0],
            notices=tuple((row.notice_key, row.kind) for row in group),
            attempts=max(row.attempts for row in group),
        )
        for key, grouped in groupby(rows, key=lambda row: (row.member_id, row.kind == CONFIRMATION))
        for group in [list(grouped)]
    ]


def _these(mail: Mail) -> Sequence[ColumnElement[bool]]:
    return (_n.c.member_id == mail.member_id, _n.c.notice_key.in_([key for key, _ in mail.notices]))


def _write(mail: Mail, conn: Connection, **to: object) -> None:
    conn.execute(update(_n).where(*_these(mail)).values(leased_until=None, **to))


def _mark_sent(mail: Mail, now: datetime, conn: Connection) -> bool:
    """False where another process has sent it, because our lease was over."""
    marked = conn.execute(
        update(_n)
        .where(*_these(mail), _n.c.sent_at.is_(None), _n.c.next_at.is_not(None))
        .values(sent_at=now, next_at=None, leased_until=None, last_error=None)
    )
    return marked.rowcount == len(mail.notices)


def _defer(mail: Mail, why: str, now: datetime, conn: Connection) -> bool:
    again = mail.attempts < len(RETRY_AFTER)
    next_at = now + RETRY_AFTER[mail.attempts] if again else None
    _write(mail, conn, attempts=mail.attempts + 1, next_at=next_at, sent_at=None, last_error=why[:200])
    return again


def _bounce(mail: Mail, mail_id: str, why: str, now: datetime, conn: Connection) -> None:
    _write(mail, conn, attempts=mail.attempts + 1, next_at=None, last_error=why[:200])
    mail_addresses.stop(conn, mail.member_id, mail_id, why, now)


def _tls(settings: MailSettings) -> ssl.SSLContext | None:
    if settings.security == "none":
        return None
    if settings.ca_file is not None:
        require_named_file(settings.ca_file)
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
