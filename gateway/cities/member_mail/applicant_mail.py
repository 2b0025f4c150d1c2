"""Mails to shops that applied: that something was decided, and where to read what. No name, no number, no reason.

The address was typed by whoever applied and is not confirmed: one mail goes for each decision of a clerk, so nobody makes us write
often to a stranger. As with notices, a mail counts as sent before its text leaves, so none is repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from sqlalchemy import Connection, select, update

from gateway.cities import tables
from gateway.cities.shops.application_entry import read_entry
from gateway.platform.encryption import Unreadable, Vault

SEND_BATCH_SIZE: Final = 50
NEWS_TTL: Final = timedelta(days=3)
"""What was decided longer ago is read when the applicant looks: no old mails go out where mail is set up later."""
_applications: Final = tables.shop_applications
_SUBJECT: Final = "加盟店の申請のお知らせ / About your application"
_TEXT: Final = """加盟店の申請に、市からの回答があります。次のページで、申請番号と照会用のことばを入力して、ご確認ください。
The city has answered your application. Open this page with your application number and secret.

{url}

このメールは、申請に書かれたアドレスに送っています。心当たりがなければ、何もしないでください。
You get this mail because this address stands in an application. If it is not yours, do nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantMail:
    """One mail under a lease. `address` is None where no key opens it."""

    number: str
    address: str | None
    decided_at: datetime
    leased_until: datetime
    attempts: int


def claim(conn: Connection, vault: Vault, now: datetime, lease: timedelta) -> list[ApplicantMail]:
    """What is due, under a lease that ends by itself."""
    due = (
        select(_applications.c.number)
        .where(_applications.c.mail_due_at <= now)
        .order_by(_applications.c.number)
        .limit(SEND_BATCH_SIZE)
    )
    numbers: Sequence[str] = conn.execute(due).scalars().all()
    if not numbers:
        return []
    rows = conn.execute(
        update(_applications)
        .where(_applications.c.number.in_(numbers), _applications.c.mail_due_at <= now)
        .values(mail_due_at=now + lease)
        .returning(
            _applications.c.number,
            _applications.c.entry_sealed,
            _applications.c.state_at,
            _applications.c.mail_attempts,
        )
    )
    return [
        ApplicantMail(
            number=row.number,
            address=None if row.state_at < now - NEWS_TTL else _address(vault, row.number, row.entry_sealed),
            decided_at=row.state_at,
            leased_until=now + lease,
            attempts=row.mail_attempts or 0,
        )
        for row in rows
    ]


def mark_sent(conn: Connection, mail: ApplicantMail) -> bool:
    """False where another process has it, or the applicant has mended the application since."""
    result = conn.execute(
        update(_applications)
        .where(_applications.c.number == mail.number, _applications.c.mail_due_at == mail.leased_until)
        .values(mail_due_at=None, mail_attempts=mail.attempts + 1)
    )
    return bool(result.rowcount)


def write(conn: Connection, mail: ApplicantMail, due_at: datetime | None) -> None:
    """When the mail of this decision is tried again; None for never."""
    conn.execute(
        update(_applications)
        .where(_applications.c.number == mail.number, _applications.c.state_at == mail.decided_at)
        .values(mail_due_at=due_at, mail_attempts=mail.attempts + 1)
    )


def message_to(mail: ApplicantMail, address: str, sender: str, site: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, address, _SUBJECT
    message["Date"] = format_datetime(now)
    digest = hashlib.sha256(f"{mail.number}\n{mail.decided_at.isoformat()}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_TEXT.format(url=f"{site}/application"), charset="utf-8", cte="base64")
    return message


def _address(vault: Vault, number: str, sealed: bytes) -> str | None:
    try:
        return read_entry(vault.decrypt(sealed, purpose="shop-application", bound_to=number)).mail
    except Unreadable:
        return None
