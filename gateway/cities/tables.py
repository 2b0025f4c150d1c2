"""Tables of the municipal cloud (自治体ポイント管理クラウド): staff, rules, grants, shops, spending, settlement, figures.

What a member does carries that member's `book_id`; what a city decides carries its `municipality`. Small tables
by which something is found first (a pay code, a session) have keys of their own. Days are ISO dates in JST,
moments whole microseconds since 1970. Nothing here says how many points anybody has: only the ledger does.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from gateway.platform.short_reference import tail_in
from gateway.platform.tables import BookId, Flag, Instant

metadata: Final = MetaData()

_Whole = BigInteger().with_variant(Integer, "sqlite")
_Words = Text()


def _table(name: str, *parts: Any, shard_key: str | None = None) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True, info={"shard_key": shard_key})


# --- staff ---------------------------------------------------------------------------------------------------

staff = _table(
    "staff",
    Column("staff_id", _Words, primary_key=True),
    Column("municipality", _Words, nullable=False),
    Column("login", _Words, nullable=False, unique=True),
    Column("display_name", _Words, nullable=False),
    Column("role", _Words, nullable=False),
    Column("shop_id", _Words),  # a shop's own people belong to one shop
    Column("password_hash", _Words, nullable=False),
    Column("password_is_first", Flag, nullable=False),  # set by somebody else: to be changed at once
    Column("totp_sealed", LargeBinary),
    Column("totp_confirmed", Flag, nullable=False),
    Column("totp_last_step", _Whole, nullable=False),  # a code opens once, also within its 30 seconds
    Column("state", _Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("staff_of_a_municipality", "municipality"),
)

staff_passkeys = _table(
    "staff_passkeys",
    Column("credential_id", _Words, primary_key=True),
    Column("staff_id", _Words, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", _Whole, nullable=False),
    Column("name", _Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("passkeys_of_staff", "staff_id"),
)

staff_challenges = _table(  # half a sign-in, or a passkey about to be made: single use, minutes
    "staff_challenges",
    Column("challenge_hash", _Words, primary_key=True),
    Column("staff_id", _Words, nullable=False),
    Column("client_id", _Words, nullable=False),
    Column("purpose", _Words, nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("staff_challenges_to_forget", "ends_at"),
)

staff_sessions = _table(
    "staff_sessions",
    Column("token_hash", _Words, primary_key=True),
    Column("staff_id", _Words, nullable=False),
    Column("client_id", _Words, nullable=False),
    Column("strong", Flag, nullable=False),  # a second factor was shown
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("till_id", _Words),  # a bound till's: it opens the till alone
    Column("shop_id", _Words),  # another shop of the company than the log-in's own
    Index("sessions_of_staff", "staff_id"),
)

tills = _table(  # phones and tablets that stay signed in at a shop's till
    "tills",
    Column("till_id", _Words, primary_key=True),
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("staff_id", _Words, nullable=False),  # whose log-in it acts with
    Column("name", _Words, nullable=False),
    Column("family_hash", _Words, nullable=False, unique=True),  # what all its secrets begin with
    Column("bound_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", _Words),
    Index("tills_of_a_shop", "municipality", "shop_id"),
    Index("tills_of_staff", "staff_id"),
)

till_tokens = _table(  # the secrets that a till may show: the one it has shown last, and those given for it
    "till_tokens",
    Column("token_hash", _Words, primary_key=True),
    Column("till_id", _Words, nullable=False),
    Column("shown", Flag, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Index("tokens_of_a_till", "till_id"),
)

till_pins = _table(  # what a shop asks for before a bound till gives points back
    "till_pins",
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("pin_hash", _Words, nullable=False),
    Column("misses", Integer, nullable=False),  # in a row
    Column("set_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "shop_id"),
)

member_days = _table(  # what limits by member and day are measured against; kept only where there is a limit
    "member_days",
    Column("book_id", BookId, nullable=False),
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("day", _Words, nullable=False),
    Column("spent", _Whole, nullable=False),
    Column("granted", _Whole, nullable=False),
    PrimaryKeyConstraint("book_id", "municipality", "point_service", "day"),
    shard_key="book_id",
)

# --- grants -------------------------------------------------------------------------------------------------------

grant_projects = _table(
    "grant_projects",
    Column("municipality", _Words, nullable=False),
    Column("project_id", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("place", _Words, nullable=False),
    Column("content", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("ends_on", _Words, nullable=False),
    Column("points_each", _Whole, nullable=False),
    Column("budget", _Whole, nullable=False),
    Column("granted", _Whole, nullable=False),  # given, and set aside for approved files
    Column("venue", Flag, nullable=False),  # members may scan the venue's code
    Column("state", _Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "project_id"),
    CheckConstraint("granted >= 0 AND granted <= budget", name="budget_never_exceeded"),
)

grant_ids = _table(  # an id that staff's program made names one grant to one member
    "grant_ids",
    Column("municipality", _Words, nullable=False),
    Column("grant_id", _Words, nullable=False),
    Column("project_id", _Words, nullable=False),
    Column("book_id", BookId, nullable=False),
    PrimaryKeyConstraint("municipality", "grant_id"),
    shard_key="grant_id",
)

grant_files = _table(
    "grant_files",
    Column("municipality", _Words, nullable=False),
    Column("file_id", _Words, nullable=False),
    Column("project_id", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("content_hash", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("uploaded_by", _Words, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("approved_by", _Words),
    Column("approved_at", Instant),
    Column("applied_through", Integer, nullable=False),  # the last line that was dealt with
    Column("granted_lines", Integer, nullable=False),
    Column("granted_points", _Whole, nullable=False),
    Column("ended_at", Instant),
    Column(
        "columns", _Words
    ),  # JSON: the names of the other columns that were kept, and of those that were not
    Column("tidied_at", Instant),  # when its lines were rid of who was erased while it waited
    PrimaryKeyConstraint("municipality", "file_id"),
    UniqueConstraint("municipality", "project_id", "content_hash", name="a_file_grants_once"),
    Index("grant_files_by_state", "state"),
)

grant_lines = _table(
    "grant_lines",
    Column("file_id", _Words, nullable=False),
    Column("line", Integer, nullable=False),
    Column("member_id", _Words),
    Column("mykey_id", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("note", _Words, nullable=False),
    Column("fault", _Words),  # why it cannot be granted, or was not
    Column("typed", _Words),  # JSON: what stood in a line with a fault
    Column("kept", _Words),  # JSON: other columns that the upload keeps
    PrimaryKeyConstraint("file_id", "line"),
    Index("grant_lines_by_member", "file_id", "mykey_id"),
)

# --- balances carried in from a predecessor's system --------------------------------------------------------------

carry_ins = _table(
    "carry_ins",
    Column("municipality", _Words, nullable=False),
    Column("file_id", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("content_hash", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("faults", Integer, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("uploaded_by", _Words, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("approved_by", _Words),
    Column("approved_at", Instant),
    Column("applied_through", _Words, nullable=False),  # the last number that was dealt with; "" for none
    Column("ended_at", Instant),
    Column("tidied_at", Instant),  # when its lines were rid of what nobody needs in this state any more
    PrimaryKeyConstraint("municipality", "file_id"),
    UniqueConstraint("municipality", "content_hash", name="a_file_is_carried_in_once"),
    Index("carry_ins_by_state", "state"),
)

carry_in_lines = _table(
    "carry_in_lines",
    Column("file_id", _Words, nullable=False),
    Column("line", Integer, nullable=False),
    Column("number", _Words, nullable=False),  # the member's number at the predecessor, without separators
    Column("member_id", _Words),  # null while nobody has taken the number over
    Column("mykey_id", _Words, nullable=False),
    Column("code_hash", _Words),  # of a line without a MyKey ID
    Column("code_sealed", LargeBinary),  # for the report of a file that still waits
    Column("point_service", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("issued_on", _Words, nullable=False),
    Column("last_day", _Words, nullable=False),  # under our rules; "" for never
    Column("origin", _Words, nullable=False),
    Column("fault", _Words),  # why it cannot be carried in, or was not
    Column("typed", _Words),  # JSON: what stood in a line with a fault
    PrimaryKeyConstraint("file_id", "line"),
    Index("carry_in_lines_by_number", "file_id", "number"),
    Index("carry_in_lines_by_member", "member_id"),
    Index("carry_in_lines_by_mykey_id", "mykey_id"),
)

carried_numbers = _table(
    "carried_numbers",
    Column("municipality", _Words, nullable=False),
    Column("number", _Words, nullable=False),
    Column("file_id", _Words, nullable=False),
    Column("member_id", _Words),  # null while the number waits for its person
    Column("code_hash", _Words),  # of the code with which that person takes it over; null without one
    Column("carried_at", Instant),
    Column("code_stopped_at", Instant),  # the code was lost, and the desk has proposed whose number it is
    PrimaryKeyConstraint("municipality", "number"),
    Index("carried_numbers_by_member", "member_id"),
    Index("carried_numbers_by_file", "file_id"),
)

# --- shops and spending -------------------------------------------------------------------------------------------

shops = _table(
    "shops",
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("name_kana", _Words, nullable=False),
    Column("category", _Words, nullable=False),
    Column("address", _Words, nullable=False),
    Column("phone", _Words, nullable=False),
    Column("bank_sealed", LargeBinary),
    Column("registered_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("number", _Words),  # null only where an older release registered it
    Column("till_refunds", Flag, nullable=False, server_default=false()),
    PrimaryKeyConstraint("municipality", "shop_id"),
    Index("shops_by_number", "number", unique=True),
)

companies = _table(  # several shops of one company
    "companies",
    Column("municipality", _Words, nullable=False),
    Column("company_id", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "company_id"),
)

company_shops = _table(  # a shop is of one company at most
    "company_shops",
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("company_id", _Words, nullable=False),
    PrimaryKeyConstraint("municipality", "shop_id"),
)

company_readers = _table(  # log-ins that read the books of all of a company's shops
    "company_readers",
    Column("municipality", _Words, nullable=False),
    Column("staff_id", _Words, nullable=False),
    Column("company_id", _Words, nullable=False),
    PrimaryKeyConstraint("municipality", "staff_id"),
)

company_workers = _table(  # log-ins that work at each of a company's shops
    "company_workers",
    Column("municipality", _Words, nullable=False),
    Column("staff_id", _Words, nullable=False),
    Column("company_id", _Words, nullable=False),
    Column("added_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "staff_id"),
    Index("workers_of_a_company", "municipality", "company_id"),
)

city_banks = _table(  # who pays the shops
    "city_banks",
    Column("municipality", _Words, primary_key=True),
    Column("payer_sealed", LargeBinary, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

pay_codes = _table(
    "pay_codes",
    Column("code_hash", _Words, primary_key=True),
    Column("book_id", BookId, nullable=False),
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("spend_id", _Words),  # what it was used for
    Column("most_points", _Whole),  # what it pays at most; null where its member had just proved who they are
    Index("pay_codes_to_forget", "ends_at"),
    shard_key="code_hash",
)

spends = _table(
    "spends",
    Column("book_id", BookId, nullable=False),
    Column("spend_id", _Words, nullable=False),
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("lots", _Words, nullable=False),  # JSON: what was drawn, by day of issue
    Column("way", _Words, nullable=False),  # shop_scans, member_pays or card
    Column("taken_by", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("refunded_points", _Whole, nullable=False),
    Column("settled_in", _Words),
    # Each begins with what grows with time, so that payments of one moment lie side by side (decision 023).
    PrimaryKeyConstraint("spend_id", "book_id"),
    CheckConstraint("refunded_points >= 0 AND refunded_points <= points", name="refund_within_spend"),
    Index("spends_of_a_day", "municipality", "at", "shop_id"),
    Index("spends_to_settle", "municipality", "settled_in", "at"),
    shard_key="book_id",
)
# By what is random in an id: a page of its own for each payment, so that no look-up reads a year of them.
Index("spends_by_reference", tail_in(spends.c.spend_id))

refunds = _table(
    "refunds",
    Column("book_id", BookId, nullable=False),
    Column("refund_id", _Words, nullable=False),
    Column("spend_id", _Words, nullable=False),
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("made_by", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("settled_in", _Words),
    PrimaryKeyConstraint("book_id", "refund_id"),
    Index("refunds_to_settle", "municipality", "settled_in", "at"),
    Index(
        "refunds_of_a_shop", "shop_id", "municipality", "at"
    ),  # not by the city: sums by shop of all would read it
    shard_key="book_id",
)

pay_cards = _table(  # a printed card that a shop reads; which one is valid, its holder's row says
    "pay_cards",
    Column("card_hash", _Words, primary_key=True),
    Column("last_digits", _Words, nullable=False),
    Column("issue_id", _Words, nullable=False),
    Column("municipality", _Words, nullable=False),
    Column("book_id", BookId, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("issued_by", _Words, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("stopped_by", _Words),
    Column("stopped_at", Instant),
    Index("pay_cards_of_a_holder", "book_id", "municipality"),
    Index("pay_cards_of_a_person", "issued_by", "issued_at"),
    shard_key="card_hash",
)

pay_card_holders = (
    _table(  # a member with cards of a city: the valid one, the PIN, and what the day has taken
        "pay_card_holders",
        Column("book_id", BookId, nullable=False),
        Column("municipality", _Words, nullable=False),
        Column("card_hash", _Words),  # null: none is valid
        Column("pin_hash", _Words),
        Column("pin_misses", Integer, nullable=False),  # in a row
        Column("paid_on", _Words, nullable=False),
        Column("paid_points", _Whole, nullable=False),
        PrimaryKeyConstraint("book_id", "municipality"),
        shard_key="book_id",
    )
)

pay_card_limits = _table(  # without a row a city has the defaults
    "pay_card_limits",
    Column("municipality", _Words, primary_key=True),
    Column("no_pin_points", _Whole, nullable=False),
    Column("points_a_day", _Whole, nullable=False),
    Column("cards_a_day", _Whole, nullable=False),  # that one person of staff issues
)

# --- settlement -----------------------------------------------------------------------------------------------------

settlements = _table(  # a cycle that was closed; an open one is not stored
    "settlements",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("ends_on", _Words, nullable=False),
    Column("pays_on", _Words, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("closed_by", _Words, nullable=False),
    Column("closed_at", Instant, nullable=False),
    Column("fee_tax_percent", Integer),  # what its statements say besides the sums; None: of fees nothing
    Column("invoice_number", _Words),
    Column("tax_note", _Words),
    PrimaryKeyConstraint("municipality", "starts_on"),
)

settlement_lines = _table(
    "settlement_lines",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("spends", Integer, nullable=False),
    Column("spent", _Whole, nullable=False),
    Column("refunds", Integer, nullable=False),
    Column("refunded", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),  # spent - refunded, at each day's value
    Column("brought_points", _Whole, nullable=False),  # what an earlier cycle left over
    Column("brought_yen", _Whole, nullable=False),
    Column("paid_points", _Whole, nullable=False),
    Column("paid_yen", _Whole, nullable=False),
    Column("carried_points", _Whole, nullable=False),  # not paid now: refunds exceed, or nothing to pay
    Column("carried_yen", _Whole, nullable=False),
    Column("shop_name", _Words),  # as it was at the closing
    Column("fee_yen", _Whole, nullable=False, server_default=text("0")),  # of the transfer; the shop bears it
    Column("city_fee_yen", _Whole, nullable=False, server_default=text("0")),  # the city bears it
    Column("carried_why", _Words, nullable=False, server_default=text("''")),
    Column("return_fee_yen", _Whole, nullable=False, server_default=text("0")),  # the shop bears it
    Column("city_return_fee_yen", _Whole, nullable=False, server_default=text("0")),
    Column("open_return_fee_yen", _Whole, nullable=False, server_default=text("0")),  # not taken
    PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
    Index("settlement_lines_of_a_shop", "municipality", "shop_id", "starts_on"),
)

settlement_settings = _table(  # how a city settles with its bank; without a row it has the defaults
    "settlement_settings",
    Column("municipality", _Words, primary_key=True),
    Column("settings", _Words, nullable=False),  # JSON
    Column("changed_at", Instant, nullable=False),
)

cycle_rules = _table(  # from `since` on; a city without a row has the standard cycles
    "cycle_rules",
    Column("municipality", _Words, nullable=False),
    Column("since", _Words, nullable=False),
    Column("rule", _Words, nullable=False),  # JSON
    Column("changed_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "since"),
)

privacy_texts = _table(  # what a city tells members of their data
    "privacy_texts",
    Column("municipality", _Words, primary_key=True),
    Column("ja", _Words, nullable=False),
    Column("en", _Words, nullable=False),
    Column("easy", _Words, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

shop_terms = (
    _table(  # what a shop accepts that applies: each version for ever; an empty one takes no applications
        "shop_terms",
        Column("municipality", _Words, nullable=False),
        Column("version", _Whole, nullable=False),
        Column("terms", _Words, nullable=False),
        Column("set_by", _Words, nullable=False),
        Column("set_at", Instant, nullable=False),
        PrimaryKeyConstraint("municipality", "version"),
    )
)

shop_applications = _table(  # shops that apply on the web; what they say of themselves is sealed
    "shop_applications",
    Column("number", _Words, primary_key=True),
    Column("request_hash", _Words, nullable=False, unique=True),
    Column("municipality", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("terms_version", _Whole, nullable=False),
    Column("entry_sealed", LargeBinary, nullable=False),
    Column("account_sealed", LargeBinary),
    Column("secret_hash", _Words, nullable=False),
    Column("source_hash", _Words, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("shop_id", _Words),  # set by the acceptance
    Column("applied_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("state_at", Instant, nullable=False),
    Column("mail_due_at", Instant),  # the applicant is to be mailed, or somebody is at it until then
    Column("mail_attempts", _Whole),
    Index("shop_applications_of_a_city", "municipality", "state", "number"),
    Index("shop_applications_to_mail", "mail_due_at"),
)

bank_results = _table(  # the bank's own result files of a cycle's transfers
    "bank_results",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content_hash", _Words, nullable=False),
    Column("file_sealed", LargeBinary, nullable=False),
    Column("uploaded_by", _Words, nullable=False),
    Column("uploaded_at", Instant, nullable=False),
    Column("applied_by", _Words),  # the last to record what it says
    Column("applied_at", Instant),
    PrimaryKeyConstraint("municipality", "starts_on", "number"),
    UniqueConstraint("municipality", "starts_on", "content_hash", name="a_result_file_is_one"),
)

# --- figures ----------------------------------------------------------------------------------------------------------

figure_cursors = _table(  # how far each book has been counted
    "figure_cursors",
    Column("book_id", BookId, primary_key=True),
    Column("seq", _Whole, nullable=False),
    shard_key="book_id",
)

daily_figures = _table(
    "daily_figures",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("day", _Words, nullable=False),
    Column("figure", _Words, nullable=False),
    Column("party", _Words, nullable=False),  # the shop, the partner, the project
    Column("moves", _Whole, nullable=False),
    Column("points", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "point_service", "day", "figure", "party"),
)

day_totals = _table(  # the same without the parties, so that years are drawn from some thousand rows
    "day_totals",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("day", _Words, nullable=False),
    Column("figure", _Words, nullable=False),
    Column("moves", _Whole, nullable=False),
    Column("points", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "point_service", "day", "figure"),
)

month_figures = _table(  # the same by month: a year by party is twelve rows for each of them
    "month_figures",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("month", _Words, nullable=False),
    Column("figure", _Words, nullable=False),
    Column("party", _Words, nullable=False),
    Column("moves", _Whole, nullable=False),
    Column("points", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "point_service", "month", "figure", "party"),
)

issue_figures = _table(
    "issue_figures",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("issued_on", _Words, nullable=False),
    Column("figure", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "point_service", "issued_on", "figure"),
)

# --- four eyes ----------------------------------------------------------------------------------------------------------

deed_rules = _table(  # a city's own table of what needs a second person; what is not in it has the defaults
    "deed_rules",
    Column("municipality", _Words, nullable=False),
    Column("deed", _Words, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("from_points", _Whole),
    Column("points_a_day", _Whole),
    PrimaryKeyConstraint("municipality", "deed"),
)

proposals = _table(
    "proposals",
    Column("municipality", _Words, nullable=False),
    Column("proposal_id", _Words, nullable=False),
    Column("deed", _Words, nullable=False),
    Column("subject", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("points", _Whole),
    Column("facts", _Words, nullable=False),  # JSON: what people read of it
    Column("reason", _Words, nullable=False),
    Column("digest", _Words, nullable=False),  # of all that the author saw
    Column("command_sealed", LargeBinary, nullable=False),
    Column("ground", _Words, nullable=False),  # JSON: what must not have moved
    Column("persons", Integer, nullable=False),
    Column("proposed_by", _Words, nullable=False),
    Column("proposed_by_name", _Words, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("decided_by", _Words),
    Column("decided_at", Instant),
    Column("decision_reason", _Words, nullable=False),
    PrimaryKeyConstraint("municipality", "proposal_id"),
    Index("proposals_of_a_city", "municipality", "proposed_at"),
    Index(
        "one_waiting_proposal_for_a_subject", "municipality", "deed", "subject", unique=True,
        sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
    ),
)  # fmt: skip

proposal_decisions = _table(  # each person's yes
    "proposal_decisions",
    Column("municipality", _Words, nullable=False),
    Column("proposal_id", _Words, nullable=False),
    Column("staff_id", _Words, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "proposal_id", "staff_id"),
)

staff_changes = (
    _table(  # who added, raised, reset, restarted, lowered or stopped whom: `staff_ties` says what ties
        "staff_changes",
        Column("change_id", _Words, primary_key=True),
        Column("municipality", _Words, nullable=False),
        Column("staff_id", _Words, nullable=False),
        Column("change", _Words, nullable=False),
        Column("by_staff", _Words, nullable=False),
        Column("at", Instant, nullable=False),
        Index("staff_changes_of_a_city", "municipality", "at"),
        Index("staff_changes_of_a_person", "staff_id"),
        Index("staff_changes_by_a_person", "by_staff"),
    )
)

first_passwords = _table(  # until when a password that somebody else has set opens anything
    "first_passwords",
    Column("staff_id", _Words, primary_key=True),
    Column("ends_at", Instant, nullable=False),
)

staff_grant_days = _table(  # what one person of staff has granted alone in a day
    "staff_grant_days",
    Column("municipality", _Words, nullable=False),
    Column("staff_id", _Words, nullable=False),
    Column("day", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "staff_id", "day"),
)

project_members = (
    _table(  # what each member was granted in a project, over single grants, files and the venue
        "project_members",
        Column("book_id", BookId, nullable=False),
        Column("municipality", _Words, nullable=False),
        Column("project_id", _Words, nullable=False),
        Column("grants", Integer, nullable=False),
        Column("points", _Whole, nullable=False),
        Column("first_on", _Words, nullable=False),
        Column("last_on", _Words, nullable=False),
        PrimaryKeyConstraint("book_id", "municipality", "project_id"),
        Index("project_members_of_a_project", "municipality", "project_id", "last_on", "book_id"),
        shard_key="book_id",
    )
)

grant_cancellations = _table(  # what came back of a grant, and what had been used before and is owed
    "grant_cancellations",
    Column("municipality", _Words, nullable=False),
    Column("cancellation_id", _Words, nullable=False),
    Column("book_id", BookId, nullable=False),
    Column("project_id", _Words, nullable=False),
    Column("grant_move", _Words, nullable=False),
    Column("taken", _Whole, nullable=False),
    Column("owed", _Whole, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("made_by", _Words, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("book_id", "municipality", "cancellation_id"),
    Index("cancellations_of_a_grant", "grant_move", "book_id"),
    shard_key="book_id",
)

project_limits = _table(  # お一人N回/N点まで
    "project_limits",
    Column("municipality", _Words, nullable=False),
    Column("project_id", _Words, nullable=False),
    Column("most_grants_each", Integer),
    Column("most_points_each", _Whole),
    PrimaryKeyConstraint("municipality", "project_id"),
)

shop_account_changes = _table(  # an account that was decided on, and is paid to from the next closing on
    "shop_account_changes",
    Column("municipality", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("account_sealed", LargeBinary, nullable=False),
    Column("decided_at", Instant, nullable=False),
    PrimaryKeyConstraint("municipality", "shop_id"),
)

settlement_accounts = _table(  # where each shop of a closed cycle is paid: as it stood at the closing
    "settlement_accounts",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("account_sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
)

transfer_files = _table(  # each making of the bank's file, with the day it orders the transfer for
    "transfer_files",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("number", Integer, nullable=False),  # the first, the second, …
    Column("made_at", Instant, nullable=False),
    Column("made_by", _Words, nullable=False),
    Column("transfer_on", _Words, nullable=False),
    Column("yen", _Whole, nullable=False),
    PrimaryKeyConstraint("municipality", "starts_on", "number"),
)

transfer_file_contents = _table(  # the bytes of each making; one from before they were kept has no row
    "transfer_file_contents",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("file_sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("municipality", "starts_on", "number"),
)

venue_limits = (
    _table(  # what the code of a project's venue gives in a day; without a row the city's table says it
        "venue_limits",
        Column("municipality", _Words, nullable=False),
        Column("project_id", _Words, nullable=False),
        Column("points_a_day", _Whole, nullable=False),
        PrimaryKeyConstraint("municipality", "project_id"),
    )
)

payouts = _table(  # what became of each shop's payment of a closed cycle; without a row nothing is known yet
    "payouts",
    Column("municipality", _Words, nullable=False),
    Column("starts_on", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("state", _Words, nullable=False),
    Column("points", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("recorded_by", _Words, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("carried_in", _Words),  # the cycle that pays what is owed again
    Column("return_fee_yen", _Whole, nullable=False, server_default=text("0")),  # the bank's, for a return
    Column("return_fee_bearer", _Words, nullable=False, server_default=text("'city'")),
    Column("return_fee_in", _Words),  # the cycle that has taken it
    PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
)

point_service_issuers = _table(  # who issues a point service; without a row the city does
    "point_service_issuers",
    Column("municipality", _Words, nullable=False),
    Column("point_service", _Words, nullable=False),
    Column("kind", _Words, nullable=False),
    Column("name", _Words, nullable=False),
    Column("contact", _Words, nullable=False),
    PrimaryKeyConstraint("municipality", "point_service"),
)

shop_debts = _table(  # what a closed shop owed, and how that ended
    "shop_debts",
    Column("municipality", _Words, nullable=False),
    Column("debt_id", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("debt_end", _Words, nullable=False),  # repaid or written_off
    Column("points", _Whole, nullable=False),
    Column("yen", _Whole, nullable=False),
    Column("reason", _Words, nullable=False),
    Column("recorded_by", _Words, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("carried_in", _Words),  # the cycle that has taken it up
    PrimaryKeyConstraint("municipality", "debt_id"),
)

account_notices = _table(  # what a shop is told of its account, and its answer
    "account_notices",
    Column("municipality", _Words, nullable=False),
    Column("notice_id", _Words, nullable=False),
    Column("shop_id", _Words, nullable=False),
    Column("account_before", _Words, nullable=False),  # masked, as all of them here
    Column("account", _Words, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("state", _Words, nullable=False),
    Column("answered_by", _Words),
    Column("answered_at", Instant),
    Column("stops_payment", Flag, nullable=False),  # the shop objected after it had taken effect
    PrimaryKeyConstraint("municipality", "notice_id"),
    Index("account_notices_of_a_shop", "municipality", "shop_id", "decided_at"),
)
