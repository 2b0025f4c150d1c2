"""Fills a city with three months of life: members, shops, grants, payments, refunds, settlements; always the same.

Everything goes through the ledger and the tables as in service, but in sets of a thousand: a grant project by file
size, payments as a member would make them, refunds, two closed cycles a month. The numbers come from a seeded
generator, so two runs tell the same story.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection, Table, insert, select

from core_ledger import LedgerError, Receipt, Transfer, chart, ledger
from core_ledger.read_model import accounts
from gateway.cities import tables as municipal
from gateway.cities.city import City
from gateway.cities.city_context import CityContext
from gateway.cities.grants.grant_projects import GrantProjects, ProjectPlan
from gateway.cities.grants.grants import transfer_of
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.proposals import Proposals
from gateway.cities.settlement.business_days import STANDARD
from gateway.cities.settlement.settlement import Settlements
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.applications import ShopApplications
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.cities.shops.shops import ShopEntry, Shops
from gateway.cities.spending.spend_rows import Spend, lots_text, spend_columns
from gateway.cities.spending.spending import Spending
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.cities.statistics import daily_stats
from gateway.configured import open_store, vault_of
from gateway.demo import exchanges as demo_exchanges
from gateway.demo.exchanges import DemoExchange
from gateway.errors import ProblemError
from gateway.members import mykey_ids
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.roles import PLATFORM, Role
from gateway.platform.tasks import Tasks
from gateway.plugin_interfaces import Clock
from gateway.points import directory, rules
from gateway.points.rules import Expiry
from gateway.settings import Settings
from httpkit.clock import day_of

CITY: Final = "082163"
SERVICE: Final = "kasama-ouen"
MEMBERS: Final = 2_000
SHOPS: Final = 40
DAYS: Final = 92
PASSWORD: Final = "sample-city-2018"  # noqa: S105  sample data for demonstrations on one's own machine
SET: Final = 1_000
SEED: Final = 20180501
VISITS_A_DAY: Final = 180
PAID_SINCE_DAYS: Final = 16
"""A payment of so many days ago belongs to an earlier cycle: what is given back of it corrects that one."""

STAFF: Final = (
    ("shimin", "市民課 見本", Role.VIEWER),
    ("fukushi", "福祉課 見本", Role.OPERATOR),
    ("kacho", "課長 見本", Role.APPROVER),
    ("kanri", "管理者 見本", Role.ADMINISTRATOR),
)
PLATFORM_STAFF: Final = (("platform", "運営 見本"), ("platform-2", "運営 二人目 見本"))
"""Two, since one person alone decides nothing."""
_KINDS: Final = ("そば処", "カフェ", "陶器店", "直売所", "書店", "薬局", "パン工房", "食堂")
_TERMS: Final = """見本の規約です。

第1条　加盟店は、ポイントで支払う人を、現金で支払う人と同じに扱います。
第2条　加盟店は、ポイントを現金に換えません。
第3条　市は、利用されたポイントの額を、精算の期間ごとに加盟店の口座へ振り込みます。"""

T = TypeVar("T")
Tick = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What the city has after filling."""

    members: int
    shops: int
    granted: int
    spends: int
    spent: int
    refunds: int
    closed_cycles: int
    paid_yen: int


async def fill_city(city: City, first_day: date, out: Console | None = None) -> Filled:
    """Fill the city from `first_day` for three months. A city that has members' payments already is left alone.

    The municipality's point service must not exist, or be empty. Raises ProblemError where it was filled before.
    """
    with Progress(console=out, disable=out is None, transient=True) as bar:
        bars = {
            "members": bar.add_task("members", total=MEMBERS),
            "shops": bar.add_task("shops", total=SHOPS),
            "days": bar.add_task("days", total=DAYS),
        }
        return await _Filling(
            city, first_day, lambda name, done: bar.update(bars[name], completed=done)
        ).run()


async def fill_town(settings_file: Path, clock: Clock, out: Console) -> None:
    """Fill the city of a town that is not being served yet, up to the day before today; once per folder."""
    settings = Settings.load(settings_file, env={})
    store, hasher, tasks = await open_store(settings), PasswordHasher(), Tasks()
    site = settings.municipal.public_url or settings.server.origin
    city = City.open(
        store=store, vault=vault_of(settings), clock=clock, tasks=tasks, hasher=hasher, site=site
    )
    try:
        filled = await fill_city(city, day_of(clock()) - timedelta(days=DAYS), out)
        out.print(
            f"the city has {filled.members:,} members, {filled.shops} shops, {filled.spends:,} payments"
        )
    except ProblemError as refused:
        out.print(str(refused))
    else:
        mykey_id, points = await store.read(who_has_most)
        out.print(
            f"of them, {mykey_id} has {points:,} points to pay with: log in as a member, password {PASSWORD}"
        )
    finally:
        await tasks.close()
        hasher.close()
        await store.close()


def who_has_most(conn: Connection) -> tuple[str, int]:
    """The MyKey ID of the member with the most of the city's points, and how many; of equals, the first."""
    members, there = tables.members, accounts
    query = (
        select(members.c.mykey_id, there.c.posted)
        .where(
            there.c.book_id == "member:" + members.c.member_id,
            there.c.account == there.c.book_id + f":municipality:{CITY}:{SERVICE}",
        )
        .order_by(there.c.posted.desc(), members.c.mykey_id)
        .limit(1)
    )
    row = conn.execute(query).one()
    return row.mykey_id, row.posted


class _Filling:
    def __init__(self, city: City, first_day: date, tick: Tick) -> None:
        self.city, self.first_day, self.tick = city, first_day, tick
        self.store = city.context.store
        self.chance = random.Random(SEED)  # noqa: S311  a story, not a secret
        self.members: list[str] = []
        self.balances: dict[str, int] = {}
        self.spent_so_far: list[Spend] = []
        self.to_move: list[Transfer] = []
        self.to_keep: list[Spend] = []
        self.to_exchange: list[DemoExchange] = []
        self.exchanged: list[DemoExchange] = []
        self.counts = {"granted": 0, "spends": 0, "spent": 0, "refunds": 0, "cycles": 0, "yen": 0}

    async def run(self) -> Filled:
        start = self._at(self.first_day, 8)
        await self.store.run(partial(_open_service, at=start))
        who = await self._staff(start)
        await self._members(start)
        await self._shops(who, start)
        await self._rule_and_projects(who, start)
        for number in range(DAYS):
            day = self.first_day + timedelta(days=number)
            if number in (0, 31, 61):
                await self._write_days()
                await self._grant(day, number)
            self._day(day)
            if number % 7 == 6:
                await self._write_days()
                await self._refund(day)
            await self._settle_before(who, day + timedelta(days=1))
            self.tick("days", number + 1)
        await self._write_days()
        last_day = self.first_day + timedelta(days=DAYS - 1)
        await self.store.run(
            lambda conn: demo_exchanges.add_comparisons(conn, self.first_day, last_day, self.exchanged)
        )
        await daily_stats.count_all(self.store)
        c = self.counts
        return Filled(
            members=len(self.members), shops=SHOPS, granted=c["granted"], spends=c["spends"], spent=c["spent"],
            refunds=c["refunds"], closed_cycles=c["cycles"], paid_yen=c["yen"],
        )  # fmt: skip

    async def _staff(self, at: datetime) -> StaffSession:
        hashed = await self.city.context.hasher.hash(PASSWORD)

        def job(conn: Connection) -> StaffSession:
            for number, (login, name, role) in enumerate(STAFF):
                staff_rows.add(
                    conn,
                    staff_id=uuid.UUID(int=number + 1).hex,
                    municipality=CITY,
                    login=login,
                    display_name=name,
                    role=role,
                    password_hash=hashed,
                    at=at,
                    password_is_first=False,
                )
            for number, (login, name) in enumerate(PLATFORM_STAFF, len(STAFF) + 1):
                staff_rows.add(
                    conn,
                    staff_id=uuid.UUID(int=number).hex,
                    municipality=PLATFORM,
                    login=login,
                    display_name=name,
                    role=Role.PLATFORM,
                    password_hash=hashed,
                    at=at,
                    password_is_first=False,
                )
            token = staff_rows.start_session(
                conn, uuid.UUID(int=len(STAFF)).hex, client_id="demo", strong=True, at=at
            )
            return staff_rows.find_session(conn, token.reveal(), client_id="demo", now=at)

        return await self.store.run(job)

    async def _members(self, at: datetime) -> None:
        hashed = await self.city.context.hasher.hash(PASSWORD)
        ids = {""}
        while len(ids) <= MEMBERS:
            ids.add("".join(self.chance.choices(mykey_ids.ALPHABET, k=mykey_ids.LENGTH)))
        rows: list[dict[str, Any]] = [
            {
                "member_id": uuid.UUID(int=self.chance.getrandbits(128)).hex, "mykey_id": mykey_id,
                "password_hash": hashed, "display_name": f"見本 {number:04}", "created_at": at,
                "default_municipality": CITY, "default_point_service": SERVICE,
            }
            for number, mykey_id in enumerate(sorted(ids - {""}), 1)
        ]  # fmt: skip
        for part in _parts(rows):
            await self.store.run(partial(_insert, table=tables.members, rows=part))
            proofs = [
                {
                    "proof_id": f"password-{row['member_id']}", "member_id": row["member_id"], "kind": "password",
                    "issuer": "", "subject_hash": row["member_id"], "added_at": at,
                }
                for row in part
            ]  # fmt: skip
            await self.store.run(partial(_insert, table=tables.member_proofs, rows=proofs))
            self.members += [str(row["member_id"]) for row in part]
            self.tick("members", len(self.members))
        self.balances = dict.fromkeys(self.members, 0)

    async def _shops(self, who: StaffSession, at: datetime) -> None:
        hashed, shops = await self.city.context.hasher.hash(PASSWORD), Shops(self._desk_at(at))
        for number in range(1, SHOPS + 1):
            shop_id, kind = f"shop-{number:02}", _KINDS[number % len(_KINDS)]
            entry = ShopEntry(name=f"{kind} 見本{number}", category=kind, address=f"笠間市見本{number}番地")
            await shops.register(who, shop_id, entry)
            await self._decided(await shops.set_bank(who, shop_id, _bank(number), "見本の登録"), at)
            await self.store.run(partial(_add_clerk, shop_id=shop_id, number=number, hashed=hashed, at=at))
            self.tick("shops", number)
        payer = Payer(client_code="0000008216", account=_bank(0))
        await self._decided(await shops.set_payer(who, payer, "見本の登録"), at)
        await self._application(who, at)

    async def _application(self, who: StaffSession, at: datetime) -> None:
        """The city's terms, and one shop that applied and waits to be examined."""
        applications = ShopApplications(self._desk_at(at))
        terms = await applications.set_terms(who, _TERMS, "見本の登録")
        entry = ApplicationEntry(
            name="パン屋 見本41", name_kana="パンヤ ミホン ヨンジュウイチ", category="パン", address="笠間市見本41番地", phone="0296-00-0041",
            contact="見本 花", mail="pan@example.jp",
        )  # fmt: skip
        await applications.apply(
            CITY, str(uuid.uuid4()), entry, None,
            terms_version=terms.number, source="demo",
        )  # fmt: skip

    async def _rule_and_projects(self, who: StaffSession, at: datetime) -> None:
        def job(conn: Connection) -> None:
            conn.execute(
                insert(tables.point_rules).values(
                    municipality=CITY,
                    point_service=SERVICE,
                    version=1,
                    takes_effect_on=self.first_day.isoformat(),
                    unit_value_yen=1,
                    expiry=Expiry.MONTHS.value,
                    expiry_count=6,
                    open_for_direct_exchange=True,
                    worse="[]",
                    decided_by=who.staff_id,
                    decided_at=at,
                )
            )

        await self.store.run(job)
        plan = ProjectPlan(
            project_id="ouen-2018", point_service=SERVICE, name="暮らし応援給付", place="笠間市", content="見本の給付事業",
            starts_on=self.first_day, ends_on=self.first_day + timedelta(days=DAYS), points_each=1_000,
            budget=MEMBERS * 10_000, venue=True,
        )  # fmt: skip
        projects = GrantProjects(self._desk_at(at))
        await self._decided(await projects.add(who, plan, "見本の事業"), at)

    async def _decided(self, proposal: object, at: datetime) -> None:
        """The section chief says yes to what the administrator has proposed, at that moment."""
        assert isinstance(proposal, Proposal), proposal
        chief = await self._session_of(_staff_id("kacho"), at)
        proposals = Proposals(self._desk_at(at))
        await proposals.approve(chief, proposal.proposal_id, proposal.digest, "見本の承認")

    async def _session_of(self, staff_id: str, at: datetime) -> StaffSession:
        def job(conn: Connection) -> StaffSession:
            token = staff_rows.start_session(conn, staff_id, client_id="demo", strong=True, at=at)
            return staff_rows.find_session(conn, token.reveal(), client_id="demo", now=at)

        return await self.store.run(job)

    async def _grant(self, day: date, number: int) -> None:
        project = await self.city.projects.get(CITY, "ouen-2018")
        at = self._at(day, 9)
        moves = [
            transfer_of(
                project, member, f"demo:{number}", self.chance.choice((1_000, 2_000, 3_000)), at, by="demo"
            )
            for member in self.members
        ]
        await self.store.run(partial(_moved, moves=moves))
        for move in moves:
            self.balances[move.book.removeprefix("member:")] += move.points
        points = sum(move.points for move in moves)
        self.counts["granted"] += points
        table = municipal.grant_projects
        await self.store.run(
            lambda conn: conn.execute(table.update().values(granted=table.c.granted + points))
        )

    def _day(self, day: date) -> None:
        """People come in more at weekends, spend round sums, and some days bring a partner's points."""
        visits = int(VISITS_A_DAY * (1.5 if day.weekday() >= 5 else 1.0) * self.chance.uniform(0.8, 1.2))
        exchanges = [self._exchange(member, day) for member in self.chance.sample(self.members, 25)]
        self.to_exchange += exchanges
        moves = [exchange.move() for exchange in exchanges]
        spends: list[Spend] = []
        for number in range(visits):
            member = self.chance.choice(self.members)
            points = min(self.balances[member], self.chance.randrange(100, 1_600, 10))
            if points < 10:
                continue
            at = self._at(day, 10) + timedelta(seconds=number * (30_000 // visits))
            spend = self._spend(member, points, at)
            spends.append(spend)
            moves.append(_spend_move(spend))
            self.balances[member] -= points
        self.to_move += moves
        self.to_keep += spends
        self.spent_so_far += spends
        self.counts["spends"] += len(spends)
        self.counts["spent"] += sum(spend.points for spend in spends)

    async def _write_days(self) -> None:
        """Write what happened since the last time, a week at most, in one transaction: commits cost more than days."""
        moves, spends, exchanges = self.to_move, self.to_keep, self.to_exchange
        self.to_move, self.to_keep, self.to_exchange = [], [], []
        self.exchanged += exchanges

        def job(conn: Connection) -> None:
            receipts = _moved(conn, moves)
            made = [
                spend_columns(spend) | {"lots": lots_text(receipts[f"spend:{spend.spend_id}"].lot_movements)}
                for spend in spends
            ]
            _insert(conn, municipal.spends, made)
            demo_exchanges.add_settled(conn, exchanges)

        await self.store.run(job)

    def _exchange(self, member: str, day: date) -> DemoExchange:
        exchange = DemoExchange(
            exchange_id=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), member_id=member,
            partner_id=self.chance.choice(("saison", "saison", "airline_miles")), units=self.chance.randint(1, 6),
            at=self._at(day, 7), municipality=CITY, point_service=SERVICE,
        )  # fmt: skip
        self.balances[member] += exchange.points
        return exchange

    def _spend(self, member: str, points: int, at: datetime) -> Spend:
        shop = min(int(self.chance.paretovariate(1.0)), SHOPS)  # a few shops are visited by most
        return Spend(
            book_id=chart.member_book(member), spend_id=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            municipality=CITY, point_service=SERVICE, shop_id=f"shop-{shop:02}", points=points, yen=points, lots=(),
            way=self.chance.choice(("shop_scans", "member_pays")), taken_by="demo", at=at, refunded_points=0,
        )  # fmt: skip

    async def _refund(self, day: date) -> None:
        """Something comes back each week, also of an earlier cycle; the city's own use case, on that day's clock."""
        today, earlier = (
            [one for one in self.spent_so_far if day_of(one.at) == day - timedelta(days=ago)]
            for ago in (0, PAID_SINCE_DAYS)
        )
        who = await self._at_work(day)
        spending = Spending(self._desk_at(self._at(day, 19)))
        for spend, reason in [(one, "返品") for one in today[:3]] + [
            (one, "金額の間違い") for one in earlier[:1]
        ]:
            refund_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            done = await spending.refund_by_city(who, refund_id, spend.spend_id, spend.points, reason)
            if isinstance(done, Proposal):
                await self._decided(done, self._at(day, 19))
            self.balances[spend.book_id.removeprefix("member:")] += spend.points
            self.counts["refunds"] += 1

    async def _settle_before(self, who: StaffSession, day: date) -> None:
        """Close the cycle that ended yesterday, at nine in the morning, but for the one in which the story ends."""
        last = self.first_day + timedelta(days=DAYS - 1)
        cycle = STANDARD.cycle_of(day - timedelta(days=1))
        if (
            cycle.ends_on != day - timedelta(days=1)
            or cycle.ends_on >= last
            or cycle == STANDARD.cycle_of(last)
        ):
            return
        await self._write_days()
        at = self._at(day, 8)
        settlements = Settlements(self._desk_at(at))
        await self._decided(await settlements.close(who, cycle.starts_on, "見本の精算"), at)
        self.counts["cycles"] += 1
        self.counts["yen"] += (await settlements.get(CITY, cycle.starts_on)).yen

    async def _at_work(self, day: date) -> StaffSession:
        return await self._session_of(_staff_id("kanri"), self._at(day, 19))

    def _desk_at(self, moment: datetime) -> CityContext:
        return replace(self.city.context, clock=lambda: moment)

    @staticmethod
    def _at(day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), JST)


def _staff_id(login: str) -> str:
    return uuid.UUID(int=[each[0] for each in STAFF].index(login) + 1).hex


def _moved(conn: Connection, moves: Sequence[Transfer]) -> dict[str, Receipt]:
    """Make these moves, all of which have to go through; their receipts by id."""
    found: dict[str, Receipt] = {}
    for move, outcome in zip(moves, ledger.transfer_many(conn, moves), strict=True):
        if isinstance(outcome, LedgerError):
            raise outcome
        found[move.id] = outcome
    return found


def _open_service(conn: Connection, at: datetime) -> None:
    if rules.versions(conn, CITY, SERVICE):
        raise ProblemError("point-service-exists", "This city was filled before; take a new folder.")
    try:
        directory.require_known_service(conn, CITY, SERVICE)
    except ProblemError:
        directory.register_service(
            conn,
            CITY,
            SERVICE,
            name="笠間応援ポイント",
            open_for_direct_exchange=True,
            at=at,
            name_kana="かさま おうえん ポイント",
        )


def _add_clerk(conn: Connection, shop_id: str, number: int, hashed: str, at: datetime) -> None:
    staff_rows.add(
        conn,
        staff_id=uuid.UUID(int=1_000 + number).hex,
        municipality=CITY,
        login=shop_id,
        display_name=f"店員 見本{number}",
        role=Role.SHOP,
        password_hash=hashed,
        at=at,
        shop_id=shop_id,
        password_is_first=False,
    )


def _bank(number: int) -> BankAccount:
    return BankAccount(
        bank_code="9999", bank_name="ミホンギンコウ", branch_code="001", branch_name="ミホン", kind=1,
        number=f"{number:07}", holder=f"ミホン {number}" if number else "ミホンシ カイケイカンリシャ",
    )  # fmt: skip


def _spend_move(spend: Spend) -> Transfer:
    member = spend.book_id.removeprefix("member:")
    return Transfer(
        id=f"spend:{spend.spend_id}", book=spend.book_id, source=chart.municipal(member, CITY, SERVICE),
        target=chart.shop(CITY, spend.shop_id), points=spend.points, at=spend.at, kind="spend",
        reference=spend.spend_id, details={"shop_id": spend.shop_id, "way": spend.way, "taken_by": "demo"},
    )  # fmt: skip


def _insert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), list(rows))


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), SET):
        yield rows[start : start + SET]
