"""The gateway's own tables: members, links, exchanges and their stories. The ledger keeps its own beside them.

Rows that belong to a member carry `book_id`, the key by which the whole schema can be sharded; look-ups that
must find a member first (a MyKey ID, a partner's service ID, a coupon) have small tables of their own, which lie by
what is looked up. A table's `shard_key` says by which column it is spread; every unique key of it has that column.
Moments are stored as whole microseconds since 1970 and come back as aware datetimes in JST.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    event,
)

from core_ledger.read_model import books
from gateway.model import JST
from gateway.platform.schema_functions import FORGET_UNCONFIRMED
from gateway.platform.short_reference import tail_in

metadata: Final = MetaData()

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_HERE: Final = _EPOCH.astimezone(JST)
_MICROSECOND: Final = timedelta(microseconds=1)
_Whole = BigInteger().with_variant(Integer, "sqlite")
_Words = Text()
BookId: Final = books.c.book_id.type
"""Of every `book_id`, as the ledger has it: with another collation a member's rows could not lie beside the book."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970, exact to the microsecond."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    # Plain functions in place of process_bind_param and process_result_value, around which the library would put
    # a function of its own: a row of an exchange has eight moments.
    def bind_processor(self, dialect: Any) -> Any:  # noqa: ARG002  SQLAlchemy's signature
        return _microseconds

    def result_processor(self, dialect: Any, coltype: Any) -> Any:  # noqa: ARG002  as above
        return _moment


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH_HERE + timedelta(microseconds=value)


class Flag(TypeDecorator[bool]):
    """True or false as 1 or 0 where the database has no boolean of its own (SQLite's STRICT tables)."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Any) -> Any:
        return value if value is None or dialect.name != "sqlite" else int(value)

    def process_result_value(self, value: Any, dialect: Any) -> bool | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else bool(value)


def _table(name: str, *parts: Any, shard_key: str | None = None) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, info={"shard_key": shard_key})


# --- members ---------------------------------------------------------------------------------------------------

members = _table(
    "members",
    Column("member_id", _Words, primary_key=True),
    Column("mykey_id", _Words, nullable=False, unique=True),
    Column("password_hash", _Words),
    Column("display_name", _Words, nullable=False),
    Column("language", _Words, nullable=False, server_default="ja"),
    Column("default_municipality", _Words),
    Column("default_point_service", _Words),
    Column("state", _Words, nullable=False, server_default="active"),
    Column("created_at", Instant, nullable=False),
    Column("merged_into", _Words),  # the member whom the same person is from then on
    Index("members_by_whom_they_are_now", "merged_into"),
    Column("step_up_above", _Whole),  # points; above it a payment wants a fresh card, phone or passkey
    Column("erased_at", Instant),
)

member_proofs = _table(  # by what a member signs in; see gateway.members.proofs
    "member_proofs",
    Column("proof_id", _Words, primary_key=True),
    Column("member_id", _Words, nullable=False),
    Column("kind", _Words, nullable=False),
    Column("issuer", _Words, nullable=False),
    Column("subject_hash", _Words, nullable=False),  # keyed: the number or name itself is never stored
    Column("name", _Words, nullable=False, server_default=""),
    Column("added_at", Instant),
    Column("used_at", Instant),
    Index("proofs_by_what_they_show", "kind", "issuer", "subject_hash", unique=True),
    Index("proofs_of_a_member", "member_id"),
)

retired_mykey_ids = (
    _table(  # given up or revoked: never given out again, or points would find the wrong person
        "retired_mykey_ids",
        Column("mykey_id", _Words, primary_key=True),
        Column("member_id", _Words, nullable=False),
        Column("retired_at", Instant, nullable=False),
    )
)

member_events = _table(  # what a member reads in お知らせ besides points and exchanges
    "member_events",
    Column("event_id", _Words, primary_key=True),
    Column("member_id", _Words, nullable=False),
    Column("kind", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    Index("events_of_a_member", "member_id", "at"),
    Index("member_events_to_forget", "at"),
)

member_notice_marks = _table(
    "member_notice_marks",
    Column("member_id", _Words, primary_key=True),
    Column("read_until", Instant, nullable=False),
)

member_mail = _table(  # where a member wants to hear of notices; without an address after it was removed
    "member_mail",
    Column("member_id", _Words, primary_key=True),
    Column("mail_id", _Words, nullable=False, unique=True),
    Column("address_sealed", LargeBinary),
    Column("address_hash", _Words, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("stopped_at", Instant),
    Column("stopped_because", _Words),
    Column("changes", Integer, nullable=False),
    Column("changes_since", Instant, nullable=False),
    Column("looked_at", Instant),
    Column("looked_seq", _Whole),
    Column("looked_on", _Words),
    Index("mail_by_address", "address_hash", "set_at"),
)

mail_notices = _table(  # each notice that is to be mailed, or was: its key makes it one mail at most
    "mail_notices",
    Column("member_id", _Words, nullable=False),
    Column("notice_key", _Words, nullable=False),
    Column("kind", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),
    Column("leased_until", Instant),
    Column("sent_at", Instant),
    Column("last_error", _Words),
    PrimaryKeyConstraint("member_id", "notice_key"),
    Index("mail_notices_to_send", "next_at"),
    Index("mail_notices_to_forget", "created_at"),
)

mykey_id_choices = _table(  # how often a member has tried and changed within a day
    "mykey_id_choices",
    Column("member_id", _Words, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("generated", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("offered", _Words),
)

sign_in_misses = _table(  # by keyed hash of what was typed, whether or not such a member exists
    "sign_in_misses",
    Column("mykey_id_hash", _Words, primary_key=True),
    Column("misses", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("forget_at", Instant, nullable=False),
    Index("sign_in_misses_to_forget", "forget_at"),
)

sessions = _table(
    "sessions",
    Column("token_hash", _Words, primary_key=True),
    Column("member_id", _Words, nullable=False),
    Column("client_id", _Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("idle_limit_s", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("proved_by", _Words),  # the kind of proof that it began with
    Column(
        "representation_id", _Words
    ),  # whoever signed in acts for the member of the session, as this one allows
    Column("actor_id", _Words),  # that person's own member id
    Column("rights", _Words),  # what may be done, as words
    Index("sessions_of_a_member", "member_id"),
    Index("sessions_of_an_actor", "actor_id"),
)

representations = (
    _table(  # who acts for a member (guardian, family, care), appointed by two persons at a city's desk
        "representations",
        Column("representation_id", _Words, primary_key=True),
        Column("municipality", _Words, nullable=False),
        Column("member_id", _Words, nullable=False),
        Column("actor_id", _Words, nullable=False),
        Column("kind", _Words, nullable=False),
        Column("may_exchange", Flag, nullable=False),
        Column("pay_points_a_day", _Whole, nullable=False),  # 0: pays nothing
        Column("starts_on", _Words, nullable=False),  # a day in Japan
        Column("ends_on", _Words, nullable=False),  # the last one
        Column("reason", _Words, nullable=False),
        Column("appointed_at", Instant, nullable=False),
        Column("ended_at", Instant),
        Column("ended_by", _Words),  # member, actor, or an id of staff
        Index("representations_of_a_member", "member_id"),
        Index("representations_of_an_actor", "actor_id"),
    )
)

representative_acts = _table(  # what was done for a member, written before or with the deed itself
    "representative_acts",
    Column("representation_id", _Words, nullable=False),
    Column("subject", _Words, nullable=False),  # id of the exchange, payment or allocation
    Column("kind", _Words, nullable=False),
    Column("points", _Whole, nullable=False),  # 0 where they are not known beforehand
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("representation_id", "subject"),
    Index("acts_of_a_representative", "representation_id", "at"),
)

card_challenges = (
    _table(  # asked of a browser's card and not answered yet; gone when used, whatever the answer
        "card_challenges",
        Column("value", _Words, primary_key=True),
        Column("purpose", _Words, nullable=False),
        Column("session", _Words, nullable=False),  # hash of the client program and its name for the browser
        Column("expires_at", Instant, nullable=False),
        Index("card_challenges_to_forget", "expires_at"),
    )
)

oidc_requests = _table(  # browsers on their way to a provider; gone when one comes back, whatever it brings
    "oidc_requests",
    Column("state_hash", _Words, primary_key=True),
    Column("provider", _Words, nullable=False),
    Column("browser", _Words, nullable=False),  # hash of the client program and its name for the browser
    Column("purpose", _Words, nullable=False),
    Column("shared_terminal", Flag, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("oidc_requests_to_forget", "expires_at"),
)

oidc_arrivals = _table(  # whom a provider has identified, and who is not signed in by it (yet)
    "oidc_arrivals",
    Column("token_hash", _Words, primary_key=True),
    Column("issuer", _Words, nullable=False),
    Column("subject_hash", _Words, nullable=False),
    Column("browser", _Words, nullable=False),
    Column("purpose", _Words, nullable=False),
    Column("shared_terminal", Flag, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("oidc_arrivals_to_forget", "expires_at"),
)

member_passkeys = _table(  # what a proof of kind passkey is compared with
    "member_passkeys",
    Column("credential_id", _Words, primary_key=True),
    Column("proof_id", _Words, nullable=False, unique=True),
    Column("member_id", _Words, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", _Whole, nullable=False),
    Index("passkeys_of_a_member", "member_id"),
)

passkey_challenges = (
    _table(  # asked of a browser's passkey and not answered yet; gone when used, whatever the answer
        "passkey_challenges",
        Column("token_hash", _Words, primary_key=True),
        Column("challenge", LargeBinary, nullable=False),
        Column("purpose", _Words, nullable=False),
        Column("browser", _Words, nullable=False),  # hash of the client program and its browser or session
        Column("expires_at", Instant, nullable=False),
        Index("passkey_challenges_to_forget", "expires_at"),
    )
)

member_restorations = _table(  # two persons at a city have decided that who stands at the desk is this member
    "member_restorations",
    Column("member_id", _Words, primary_key=True),
    Column("code_hash", _Words, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("member_restorations_to_forget", "ends_at"),
)

# --- client programs (portals) that sign their requests ------------------------------------------------------------

client_keys = _table(
    "client_keys",
    Column("key_id", _Words, primary_key=True),
    Column("client_id", _Words, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("scope", _Words),
    Column("ends_at", Instant),
    Column("shop", _Words),  # "082163/soba-1": serves the people of this shop alone
)

seen_nonces = _table(
    "seen_nonces",
    Column("key_id", _Words, nullable=False),
    Column("nonce", _Words, nullable=False),
    Column("forget_at", Instant, nullable=False),
    PrimaryKeyConstraint("key_id", "nonce"),
    Index("seen_nonces_to_forget", "forget_at"),
)

# --- where points can go ---------------------------------------------------------------------------------------------

point_services = _table(
    "point_services",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("open_for_direct_exchange", Flag, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("name_kana", _Words, nullable=False, server_default=""),  # its reading; empty where nobody said it
    PrimaryKeyConstraint("municipality", "point_service"),
)

point_rules = _table(  # one line a version; what has taken effect is never changed
    "point_rules",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("takes_effect_on", _Words, nullable=False),
    Column("unit_value_yen", _Whole, nullable=False),
    Column("expiry", _Words, nullable=False),  # none, months, fiscal_year or fixed_day
    Column("expiry_count", Integer, nullable=False),  # months, or fiscal years after the one of issue
    Column("expiry_day", _Words),
    Column("open_for_direct_exchange", Flag, nullable=False),
    Column("most_spent_a_day", _Whole),
    Column("most_granted_a_day", _Whole),
    Column("worse", _Words, nullable=False),  # JSON: what members lose by it
    Column("decided_by", _Words, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    PrimaryKeyConstraint("municipality", "point_service", "version"),
)

support_events = _table(
    "support_events",
    Column("event_id", _Words, primary_key=True),
    Column("municipality", _Words),
    Column("name", _Words, nullable=False),
    Column("purpose", _Words, nullable=False, server_default=""),
    Column("goal_points", _Whole),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("givers", _Words, nullable=False),  # everybody, or members of the city
    Column("on_failure", _Words, nullable=False),  # keep or give_back, where the goal was not reached
    Column("state", _Words, nullable=False),  # planned, shown or ended
    Column("outcome", _Words),
    Column("decided_at", Instant),
    Column("settled_at", Instant),  # every giver's share has gone where the outcome sends it
    Index("support_events_of_a_municipality", "municipality"),
)

announcements = _table(  # of a city, or with the platform in its place a planned stop of the gateway
    "announcements",
    Column("municipality", _Words, nullable=False),
    Column("announcement_id", _Words, nullable=False),
    Column("audience", _Words, nullable=False),  # members, shops or all
    Column("shown_from", Instant, nullable=False),
    Column("shown_until", Instant, nullable=False),
    Column("stops_from", Instant),  # of a planned stop, which lasts until it is shown no more
    Column("title_ja", _Words, nullable=False),
    Column("title_en", _Words, nullable=False),
    Column("title_easy", _Words, nullable=False),
    Column("text_ja", _Words, nullable=False),
    Column("text_en", _Words, nullable=False),
    Column("text_easy", _Words, nullable=False),
    Column("published_by", _Words, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    PrimaryKeyConstraint("municipality", "announcement_id"),
    Index("announcements_by_end", "municipality", "shown_until"),
)

event_gifts = (
    _table(  # who has given to what, kept with the move itself, so that progress costs no walk of the ledger
        "event_gifts",
        Column("book_id", BookId, nullable=False),
        Column("event_id", _Words, nullable=False),
        Column("points", _Whole, nullable=False),
        Column("settled_at", Instant),
        PrimaryKeyConstraint("book_id", "event_id"),
        Index("gifts_of_an_event", "event_id", "settled_at", "book_id"),
        shard_key="book_id",
    )
)

# --- links to partners ----------------------------------------------------------------------------------------------

linked_accounts = _table(
    "linked_accounts",
    Column("book_id", BookId, nullable=False),
    Column("partner_id", _Words, nullable=False),
    Column("service_id", _Words, nullable=False),
    Column("shown_as", _Words, nullable=False),
    Column("token", LargeBinary),  # encrypted; see gateway.platform.encryption
    Column("linked_at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "partner_id"),
    shard_key="book_id",
)

link_owners = _table(  # one partner account belongs to one member
    "link_owners",
    Column("partner_id", _Words, nullable=False),
    Column("service_id", _Words, nullable=False),
    Column("book_id", BookId, nullable=False),
    PrimaryKeyConstraint("partner_id", "service_id"),
    shard_key="service_id",
)

coupon_claims = _table(  # one coupon serves one exchange
    "coupon_claims",
    Column("partner_id", _Words, nullable=False),
    Column("code_hash", _Words, nullable=False),  # keyed: a stolen database tells no codes
    Column("book_id", BookId, nullable=False),
    Column("exchange_id", _Words, nullable=False),
    PrimaryKeyConstraint("partner_id", "code_hash"),
    shard_key="code_hash",
)

# --- exchanges ----------------------------------------------------------------------------------------------------------

exchange_owners = (
    _table(  # an exchange id is a debit's idempotency key at the partner, so it is one member's alone
        "exchange_owners",
        Column("exchange_id", _Words, primary_key=True),
        Column("book_id", BookId, nullable=False),
        shard_key="exchange_id",
    )
)
Index("exchange_owners_by_reference", tail_in(exchange_owners.c.exchange_id))

exchanges = _table(
    "exchanges",
    Column("book_id", BookId, nullable=False),
    Column("exchange_id", _Words, nullable=False),
    Column("partner_id", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("request_hash", _Words, nullable=False),
    Column("client_return_url", _Words),
    Column("redirect_url", _Words),
    Column("handoff_nonce", _Words),
    Column("handoff_ends_at", Instant),
    Column("handoff_sealed", LargeBinary),  # what the plugin keeps, then what came back; encrypted
    Column("return_code_hash", _Words),
    Column("coupon_sealed", LargeBinary),
    Column("coupon_hash", _Words),
    Column("available", _Words),  # JSON: wallet -> points, as the partner last said
    Column("quote_id", _Words),
    Column("quote", _Words),  # JSON: the rates, terms and numbers the member was shown
    Column("points", _Whole),
    Column("promised_by", Instant),
    Column("reference", _Words),  # the partner's own name for the debit
    Column("reason", _Words),  # why it was declined, or waits for a person
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("asked_at", Instant),
    Column("ask_at", Instant),
    Column("leased_until", Instant),
    Column("started_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("ended_at", Instant),
    Column("steps", Integer, nullable=False, server_default="1"),  # lines of its story so far
    Column("reversed_points", _Whole, nullable=False, server_default="0"),
    Column("service_id", _Words),  # the partner's account that the debit was ordered from
    Column(
        "kind", _Words, nullable=False, server_default="account"
    ),  # how the partner knows whose points move
    Column(
        "retry_at", Instant
    ),  # from then on the partner takes a new one, where it has not looked at this one
    PrimaryKeyConstraint("book_id", "exchange_id"),
    CheckConstraint("reversed_points >= 0", name="reversed_points_not_negative"),
    Index("exchanges_to_ask", "state", "ask_at"),
    shard_key="book_id",
)

exchange_steps = _table(  # the story of an exchange: append-only
    "exchange_steps",
    Column("book_id", BookId, nullable=False),
    Column("exchange_id", _Words, nullable=False),
    Column("step", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", _Words, nullable=False),
    Column("what", _Words, nullable=False),
    Column("facts", _Words, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("book_id", "exchange_id", "step"),
    shard_key="book_id",
)

# --- nothing is lost ----------------------------------------------------------------------------------------------------

partner_debits = _table(  # our settled exchanges by the partner's own day, for the nightly comparison
    "partner_debits",
    Column("partner_id", _Words, nullable=False),
    Column("day", _Words, nullable=False),  # ISO date in JST of the debit at the partner
    Column("exchange_id", _Words, nullable=False),
    Column("book_id", BookId, nullable=False),
    PrimaryKeyConstraint("partner_id", "day", "exchange_id", "book_id"),
    shard_key="book_id",
)

compared_days = _table(  # what laying a partner's day beside ours has found last
    "compared_days",
    Column("partner_id", _Words, nullable=False),
    Column("day", _Words, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("compared_at", Instant, nullable=False),
    PrimaryKeyConstraint("partner_id", "day"),
)

reversals = _table(
    "reversals",
    Column("book_id", BookId, nullable=False),
    Column("reversal_id", _Words, nullable=False),
    Column("exchange_id", _Words, nullable=False),
    Column("partner_id", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("lines", _Words, nullable=False),  # JSON: what goes back to each wallet, and the points it brought
    Column("points", _Whole, nullable=False),
    Column("taken_from", _Words, nullable=False),  # the member's account that gives the points back
    Column("by_hand", Flag, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("operator", _Words, nullable=False),
    Column("reference", _Words),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ask_at", Instant),
    Column("leased_until", Instant),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("key_ended_at", Instant),  # since then its key counts as too old: it is asked about and never sent
    PrimaryKeyConstraint("book_id", "reversal_id"),
    Index("reversals_of_an_exchange", "book_id", "exchange_id"),
    Index("reversals_to_ask", "state", "ask_at"),
    shard_key="book_id",
)

closed_differences = _table(  # closed by a person; the correcting transfers are in the ledger
    "closed_differences",
    Column("partner_id", _Words, nullable=False),
    Column("exchange_id", _Words, nullable=False),
    Column("closing", Integer, nullable=False),  # 1, 2, … where the partner's book changed afterwards
    Column("day", _Words, nullable=False),
    Column("kind", _Words, nullable=False),
    Column("theirs", _Words),  # JSON: what the partner had by wallet, when it was closed
    Column("points", _Whole, nullable=False),  # signed: given to the member (+) or taken back (-)
    Column("reason", _Words, nullable=False),
    Column("operator", _Words, nullable=False),
    Column("closed_at", Instant, nullable=False),
    Column(
        "moved", _Words
    ),  # JSON: by how much our side was changed, by wallet, signed, in the partner's points
    PrimaryKeyConstraint("partner_id", "exchange_id", "closing"),
)

webhook_keys = _table(  # secrets that sign webhooks: theirs to us, and ours to portals
    "webhook_keys",
    Column("key_id", _Words, primary_key=True),
    Column("direction", _Words, nullable=False),  # "in" from a partner, "out" to a portal
    Column("party", _Words, nullable=False),
    Column("url", _Words),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

outbox = _table(  # what is still to be told, written in the transaction that made it true
    "outbox",
    Column("message_id", _Words, nullable=False),
    Column("key_id", _Words, nullable=False),
    Column("body", _Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant),  # none: delivered or given up
    Column("leased_until", Instant),
    Column("delivered_at", Instant),
    Column("last_error", _Words),
    PrimaryKeyConstraint("message_id", "key_id"),
    Index("outbox_to_deliver", "next_at"),
)

seen_pushes = _table(  # pushes taken, so that a replayed one is known
    "seen_pushes",
    Column("partner_id", _Words, nullable=False),
    Column("message_id", _Words, nullable=False),
    Column("forget_at", Instant, nullable=False),
    PrimaryKeyConstraint("partner_id", "message_id"),
    Index("seen_pushes_to_forget", "forget_at"),
)

partner_controls = (
    _table(  # what an operator has decided about a partner; read by every process within seconds
        "partner_controls",
        Column("partner_id", _Words, primary_key=True),
        Column("paused", Flag, nullable=False),
        Column("reason", _Words, nullable=False, server_default=""),
        Column("calls_per_minute", Integer),
        Column("operator", _Words, nullable=False, server_default=""),
        Column("changed_at", Instant, nullable=False),
    )
)

maintenance_windows = _table(
    "maintenance_windows",
    Column("partner_id", _Words, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("reason", _Words, nullable=False, server_default=""),
    PrimaryKeyConstraint("partner_id", "starts_at"),
)

schema_marker = _table(  # written by each migration: which releases may work with the schema
    "schema_marker",
    Column("written_by", _Words, nullable=False),
    Column("oldest_release", _Words, nullable=False),
)

commit_probes = _table(  # a row of each process, written again and again: does the database take a commit?
    "commit_probes",
    Column("probe", _Words, primary_key=True),
    Column("at", Instant, nullable=False),
)

# --- what staff and operators did ---------------------------------------------------------------------------------

audit_heads = _table(  # the lock and the newest hash of each city's chain
    "audit_heads",
    Column("municipality", _Words, primary_key=True),
    Column("seq", _Whole, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_lines = _table(  # append-only
    "audit_lines",
    Column("municipality", _Words, nullable=False),
    Column("seq", _Whole, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", _Words, nullable=False),
    Column("actor_name", _Words, nullable=False),
    Column("action", _Words, nullable=False),
    Column("subject", _Words, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("facts", _Words, nullable=False),  # JSON, sorted names
    Column("hash", LargeBinary, nullable=False),  # over the hash before it and this line
    Column("mac", LargeBinary),  # signature of the hash under a key from outside; NULL: from before the keys
    PrimaryKeyConstraint("municipality", "seq"),
    Index("audit_lines_by_subject", "subject"),
)

audit_seals = _table(  # where each log stood when lines began to be signed; "" counts the others
    "audit_seals",
    Column("municipality", _Words, primary_key=True),
    Column("seq", _Whole, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)

daily_digests = _table(  # what stands for both chains on a day, signed; the same goes out of the database
    "daily_digests",
    Column("day", _Words, primary_key=True),
    Column("document", _Words, nullable=False),
    Column("published_at", Instant),
)

journal_ends = _table(  # how far each file of the journal was, so that what is cut from its end is missed
    "journal_ends",
    Column("segment", _Words, primary_key=True),
    Column("line_count", _Whole, nullable=False),
    Column("at", Instant, nullable=False),
)

journal_marks = _table(  # the end of the journal that a commit relied on, by the writer that committed: none waits for another
    "journal_marks",
    Column("segment", _Words, primary_key=True),
    Column("writer", _Words, primary_key=True),
    Column("line_count", _Whole, nullable=False),
    Column("at", Instant, nullable=False),
)

journal_checkpoint = _table(  # one row: up to where the journal was read, and everything in it was found here
    "journal_checkpoint",
    Column("number", _Whole, primary_key=True, autoincrement=False),
    Column("checkpoint_id", _Words, nullable=False),
    Column("content", _Words, nullable=False),
    Column("signature", _Words, nullable=False),
    Column("at", Instant, nullable=False),
)

# --- rules of a point service -----------------------------------------------------------------------------------


@event.listens_for(metadata, "after_create")
def _make_functions(_metadata: MetaData, conn: Connection, **_details: object) -> None:
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(FORGET_UNCONFIRMED)
