"""The city that `bench/municipal.py` measures: staff, shops, members, a rule that lets points expire; and its figures.

All is made through the tables that the municipal cloud itself uses. The figures of ten million entries are written
as the nightly counter would have left them; that a real count leaves rows of this very form is asserted on the spot.
"""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Final

import sqlalchemy as sa

from core_ledger import Store, Transfer, chart, ledger
from gateway.cities import tables as municipal
from gateway.cities.city import City as UseCases
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.cities.statistics import daily_stats
from gateway.members import mykey_ids
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.roles import Role
from gateway.platform.tasks import Tasks
from gateway.points import directory
from gateway.points.rules import Expiry, PointRule
from migrations.targets import METADATAS
from pagekit.ids import fresh_id

SHOPS: Final = 32
DAY: Final = date(2018, 7, 31)
NOW: Final = datetime(2018, 7, 31, 12, tzinfo=JST)
DAYS: Final = 1_096
PARTIES: Final = (
    *((("spent", f"shop-{number:03}"), 40) for number in range(300)),
    *((("refunded", f"shop-{number:03}"), 1) for number in range(0, 300, 10)),
    *((("exchanged", f"partner-{number:02}"), 30) for number in range(14)),
    *((("granted", f"project-{number:02}"), 100) for number in range(3)),
    (("allocated", ""), 300),
    (("campaign", "city:summer"), 50),
    (("expired", ""), 100),
)
"""Who has business with a city on each of the days, and how much of it, in shares."""


class City:
    CODE: Final = "082163"
    SERVICE: Final = "kasama-ouen"


@dataclass(frozen=True, slots=True, kw_only=True)
class MunicipalTown:
    path: Path
    store: Store
    city: UseCases
    operator: StaffSession
    approver: StaffSession
    clerks: Sequence[StaffSession]

    def new_id(self) -> str:
        return fresh_id()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledFigures:
    rows: int
    counted_per_s: float
    last_day: date


@asynccontextmanager
async def open_town(folder: Path, url: str | None = None) -> AsyncIterator[MunicipalTown]:
    """A city with a project, a rule and 32 shops in a new file of this folder, or in an empty database at `url`."""
    path = folder / "city.db"
    url = url or f"sqlite:///{path}"
    engine = sa.create_engine(url)
    for metadata in METADATAS:
        metadata.create_all(engine)
    engine.dispose()
    store, tasks, began = Store.open(url), _NoTasks(), monotonic()
    hasher = PasswordHasher(time_cost=1, memory_kib=8, threads=1)
    city = UseCases.open(
        store=store,
        vault=Vault([b"s" * 32], b"l" * 32),
        clock=lambda: NOW + timedelta(seconds=monotonic() - began),
        tasks=tasks,
        hasher=hasher,
        site="https://x",
    )
    try:
        yield await _furnished(path, store, city)
    finally:
        await tasks.close()
        hasher.close()
        await store.close()


class _NoTasks(Tasks):
    """Nothing runs beside what is measured: the bench itself applies what it approves."""

    def spawn(self, work: Any, name: str) -> Any:  # noqa: ARG002  the signature is the real one's
        work.close()


async def _furnished(path: Path, store: Store, city: UseCases) -> MunicipalTown:
    await store.run(
        lambda conn: directory.register_service(
            conn, City.CODE, City.SERVICE, name="笠間応援ポイント", open_for_direct_exchange=True, at=NOW
        )
    )
    people = [
        await store.run(lambda conn, role=role, shop=shop: _hired(conn, role, shop))
        for role, shop in (
            (Role.OPERATOR, None),
            (Role.APPROVER, None),
            (Role.ADMINISTRATOR, None),
            *((Role.SHOP, f"shop-{number:03}") for number in range(SHOPS)),
        )
    ]
    operator, approver, boss, *clerks = people
    rule = PointRule(expiry=Expiry.MONTHS, expiry_count=6, open_for_direct_exchange=True)
    announced = await city.rules.announce(boss, City.SERVICE, rule, DAY, worse_accepted=True, reason="bench")
    assert isinstance(announced, Proposal)
    await city.proposals.approve(approver, announced.proposal_id, announced.digest, "bench")
    for number in range(SHOPS):
        await city.shops.register(operator, f"shop-{number:03}", ShopEntry(name=f"見本{number}"))
    plan = ProjectPlan(
        project_id="kosodate", point_service=City.SERVICE, name="子育て応援", place="", content="", starts_on=DAY,
        ends_on=DAY, points_each=1_000, budget=10**12,
    )  # fmt: skip
    proposal = await city.projects.add(operator, plan)
    assert isinstance(proposal, Proposal)
    await city.proposals.approve(approver, proposal.proposal_id, proposal.digest, "bench")
    return MunicipalTown(
        path=path, store=store, city=city, operator=operator, approver=approver, clerks=clerks
    )


def _hired(conn: sa.Connection, role: Role, shop_id: str | None) -> StaffSession:
    staff_id = fresh_id()
    staff_rows.add(
        conn, staff_id=staff_id, municipality=City.CODE, login=staff_id, display_name="bench", role=role,
        password_hash="x", at=NOW, shop_id=shop_id, password_is_first=False,
    )  # fmt: skip
    token = staff_rows.start_session(conn, staff_id, client_id="bench", strong=True, at=NOW)
    return staff_rows.find_session(conn, token.reveal(), client_id="bench", now=NOW)


async def make_members(town: MunicipalTown, count: int, points: int = 0) -> list[str]:
    """So many members, in sets; each with points of one day where `points` are given."""
    found = [f"{number:032x}" for number in range(count)]
    for start in range(0, count, 5_000):
        part = found[start : start + 5_000]
        rows = [
            {
                "member_id": member, "mykey_id": mykey_id(start + place), "password_hash": "x",
                "display_name": "見本", "created_at": NOW,
            }
            for place, member in enumerate(part)
        ]  # fmt: skip
        await town.store.run(lambda conn, rows=rows: conn.execute(sa.insert(tables.members), rows))
    if points:
        moves = [_exchange(member, points) for member in found]
        await town.store.run(lambda conn: ledger.transfer_many(conn, moves))
    return found


def mykey_id(number: int) -> str:
    """A different MyKey ID for every number."""
    letters = []
    for _ in range(mykey_ids.LENGTH):
        number, place = divmod(number, len(mykey_ids.ALPHABET))
        letters.append(mykey_ids.ALPHABET[place])
    return "".join(reversed(letters))


def grant_csv(members: Sequence[str]) -> bytes:
    lines = (f"{mykey_id(number)},1000,子育て応援\r\n" for number in range(len(members)))
    return ("マイキーID,ポイント,摘要\r\n" + "".join(lines)).encode()


async def fill_figures(town: MunicipalTown, entries: int) -> FilledFigures:
    """The roll-ups of so many entries (two a move) over three years; a part of the moves is real, made and counted."""
    real = [_exchange(f"{number % 500:032x}", 450, f"real-{number}") for number in range(10_000)]
    await town.store.run(lambda conn: ledger.transfer_many(conn, real))
    began = perf_counter()
    counted = await daily_stats.count_all(town.store)
    rate = counted / (perf_counter() - began)
    assert counted >= len(real)
    first = await town.store.read(
        lambda conn: conn.execute(sa.select(municipal.daily_figures)).mappings().first()
    )
    rows, last_day = 0, DAY + timedelta(days=DAYS - 1)
    for part in _in_parts(_day_rows(entries // 2 - counted)):
        assert first is not None
        assert part[0].keys() == first.keys()
        rows += len(part)
        await town.store.run(lambda conn, part=part: conn.execute(sa.insert(municipal.daily_figures), part))
    await town.store.run(_sum_up)
    issues = list(_issue_rows())
    await town.store.run(lambda conn: conn.execute(sa.insert(municipal.issue_figures), issues))
    total = await town.store.read(
        lambda conn: conn.scalar(sa.select(sa.func.sum(municipal.daily_figures.c.moves)))
    )
    assert total == entries // 2, total
    return FilledFigures(rows=rows + len(issues) + 1, counted_per_s=rate, last_day=last_day)


def _sum_up(conn: sa.Connection) -> None:
    """The sums that the counter keeps beside the days, out of the days."""
    days, totals, months = municipal.daily_figures, municipal.day_totals, municipal.month_figures
    sums = (sa.func.sum(days.c.moves), sa.func.sum(days.c.points))
    place, month = (days.c.municipality, days.c.point_service), sa.func.substr(days.c.day, 1, 7)
    for table, key in (
        (totals, (*place, days.c.day, days.c.figure)),
        (months, (*place, month, days.c.figure, days.c.party)),
    ):
        conn.execute(sa.delete(table))
        conn.execute(sa.insert(table).from_select(list(table.c), sa.select(*key, *sums).group_by(*key)))


def _exchange(member: str, points: int, id_: str = "first") -> Transfer:
    return Transfer(
        id=id_, book=chart.member_book(member), source=chart.partner_due("saison"),
        target=chart.municipal(member, City.CODE, City.SERVICE), points=points, at=NOW, kind="exchange", issued_on=DAY,
        details={"partner_id": "saison"},
    )  # fmt: skip


def _day_rows(moves: int) -> Iterator[dict[str, Any]]:
    shares = sum(share for _, share in PARTIES) * DAYS
    given, so_far, chance = 0, 0, random.Random(DAYS)
    for number in range(DAYS):
        day = (DAY + timedelta(days=number)).isoformat()
        for (figure, party), share in PARTIES:
            so_far += share
            here, given = so_far * moves // shares - given, so_far * moves // shares
            if here:
                yield {
                    "municipality": City.CODE, "point_service": City.SERVICE, "day": day, "figure": figure,
                    "party": party, "moves": here, "points": here * chance.randint(100, 900),
                }  # fmt: skip


def _issue_rows() -> Iterator[dict[str, Any]]:
    for number in range(1, DAYS):
        day = (DAY + timedelta(days=number)).isoformat()
        for figure, points in (
            ("granted", 500_000),
            ("exchanged", 900_000),
            ("spent", 1_000_000),
            ("expired", 50_000),
        ):
            yield {
                "municipality": City.CODE, "point_service": City.SERVICE, "issued_on": day, "figure": figure,
                "points": points,
            }  # fmt: skip


def _in_parts(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == 20_000:
            yield part
            part = []
    if part:
        yield part
