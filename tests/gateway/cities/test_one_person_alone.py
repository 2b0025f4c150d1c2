"""Whatever one person calls, in whatever order: no balance beyond a day's ceiling, no closed cycle paid elsewhere.

An administrator, or an operator or an approver for whom no role stood in the way, knows every call, proposes, tries to decide what is proposed, stops and lowers the others, and has a
shop and members as accomplices. Nobody else of the city does anything. What took effect is counted.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core_ledger import audit
from gateway.cities.proposals.deeds import CITY_DEEDS, Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.settlement import transfer_files
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending.pay_card_rows import CardLimits
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform.roles import Role
from gateway.points.rules import PointRule

from .conftest import KASAMA, NOON, OUEN, another_town, new_id
from .test_four_eyes import ACCOUNT, PLAN, again

CEILING = 100_000
"""What the table of deeds has for grants and refunds where a city has changed nothing."""
STEPS = 60
JULY_16, AUG_1 = date(2018, 7, 16), date(2018, 8, 1)


class Insider:
    """One person of the city and the accomplices; `alone` counts the points that came by the person's own calls."""

    def __init__(self, town, seed, effects, role="administrator"):
        self.role = role
        self.town, self.chance, self.effects = town, random.Random(seed), effects
        self.proposals, self.spends, self.alone = [], [], Counter()

    async def arrive(self):
        """A city in which two persons have decided a project with a venue, a shop's account and a closed cycle."""
        town, city = self.town, self.town.city
        self.boss = await town.who(self.role, name="内部の人")
        chief = await town.who("administrator")
        self.others = [await town.who(role, name=role) for role in ("administrator", "approver", "approver")]
        await town.who("approver")
        await town.add_project(replace(PLAN, points_each=60_000, budget=10**9, venue=True))
        self.members = [await town.member(points=50_000) for _ in range(4)]
        self.shop = await city.shops.register(self.boss, "soba", ShopEntry(name="そば"))
        await town.set_account("soba")
        payer = Payer(client_code="0123456789", account=replace(ACCOUNT, number="1111111"))
        await town.decided(await city.shops.set_payer(chief, payer), name="approver")
        await self.pay(2_000)
        town.clock.now = NOON + timedelta(days=1)
        await town.close_cycle(JULY_16)
        self.file = await town.transfer_file(JULY_16)
        self.held = sum(await self.balances())
        self.spent = 0

    async def balances(self):
        return [await self.town.balance(each.member_id) for each in self.members]

    async def pay(self, points):
        member = self.chance.choice(self.members)
        code = self.town.city.shops.code_of(self.shop)
        paid = await self.town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)
        self.spends.append(paid.spend)
        return points

    async def play(self):
        names = [name for name in dir(self) if name.startswith("step_")]
        for _ in range(STEPS):
            name = self.chance.choice(names)
            try:
                done = await getattr(self, name)()
            except ProblemError as refused:
                self.effects[f"{name} {refused.type}"] += 1
                continue
            if isinstance(done, Proposal):
                self.proposals.append(done)
                self.effects[f"{name} waits"] += 1
            else:
                self.effects[f"{name} done"] += 1

    def today(self):
        return self.town.clock().astimezone(JST).date()

    # --- what puts points into members' accounts ---

    async def step_grant(self):
        points = self.chance.choice((1, 40_000, 60_000, 60_001, 3_000_000))
        member = self.chance.choice(self.members)
        done = await self.town.city.grants.to_one(self.boss, "kosodate", new_id(), member.mykey_id, points)
        self.alone[self.today()] += 0 if isinstance(done, Proposal) else points
        return done

    async def step_refund(self):
        spend, points = self.chance.choice(self.spends), self.chance.choice((1, 2_000, 20_000))
        done = await self.town.city.spending.refund_by_city(
            self.boss, new_id(), spend.spend_id, points, "誤り"
        )
        if not isinstance(done, Proposal):
            self.alone[self.today()] += points
        return done

    async def step_correct_a_balance(self):
        points, member = self.chance.choice((1, 50_000, 5_000_000)), self.chance.choice(self.members)
        return await self.town.city.corrections.correct_balance(
            self.boss, new_id(), member.mykey_id, OUEN, points, "誤り"
        )

    async def step_scan_at_the_venue(self):
        code = await self.town.city.projects.venue_code(self.boss, "kosodate")
        await self.town.city.grants.at_venue(self.chance.choice(self.members).member_id, code)
        self.alone["venue", self.today()] += 60_000

    async def step_send_a_file(self):
        lines = [f"{each.mykey_id},{self.chance.randrange(1, 900_000)}" for each in self.members]
        raw = "\n".join(["マイキーID,ポイント", *lines]).encode()
        file, _ = await self.town.city.files.upload(self.boss, "kosodate", "x.csv", raw)
        proposal_id = await self.town.city.files.proposal_of(KASAMA, file.file_id)
        return (await self.town.city.proposals.get(self.boss, proposal_id)).proposal

    # --- what would make more of them, or lead them elsewhere ---

    async def step_plan_a_project(self):
        plan = replace(PLAN, project_id=f"p-{self.chance.randrange(9)}", points_each=10**6, budget=10**12)
        return await self.town.city.projects.add(self.boss, plan)

    async def step_raise_the_budget(self):
        return await self.town.city.projects.change_budget(self.boss, "kosodate", 10**12, "補正", 10**9)

    async def step_announce_a_rule(self):
        rule = PointRule(unit_value_yen=self.chance.choice((1, 10_000)), open_for_direct_exchange=True)
        day = self.today() + timedelta(days=self.chance.randrange(1, 9))
        return await self.town.city.rules.announce(
            self.boss, OUEN, rule, day, worse_accepted=True, reason="改正"
        )

    async def step_change_the_table(self):
        deed = self.chance.choice(CITY_DEEDS)
        sums = {"points_a_day": 10**12} if deed in (Deed.GRANT, Deed.REFUND) else {}
        rule = DeedRule(deed=deed, persons=self.chance.choice((0, 1)), **sums)
        return await self.town.city.proposals.propose_deed_rule(self.boss, rule, "簡素化")

    async def step_raise_the_limits_of_cards(self):
        limits = CardLimits(no_pin_points=10**6, points_a_day=10**6, cards_a_day=10**6)
        return await self.town.city.cards.change_limits(self.boss, limits, "郵送", seen=None)

    async def step_turn_the_account(self):
        account = BankAccount(
            bank_code="0009", bank_name="ミホン", branch_code="001", branch_name="シテン", kind=1, number="6666666",
            holder="アクニン",
        )  # fmt: skip
        return await self.town.city.shops.set_bank(self.boss, "soba", account)

    async def step_turn_the_citys_account(self):
        payer = Payer(client_code="9999999999", account=ACCOUNT)
        return await self.town.city.shops.set_payer(self.boss, payer)

    async def step_close_a_cycle(self):
        return await self.town.city.settlements.close(self.boss, self.chance.choice((JULY_16, AUG_1)))

    async def step_say_that_a_payment_came_back(self):
        return await self.town.city.settlements.record_payout(
            self.boss, JULY_16, "soba", PayoutState.RETURNED, "組戻し"
        )

    async def step_make_the_file_again(self):
        return await self.town.city.settlements.make_transfer_file(self.boss, JULY_16, again=True)

    # --- being two ---

    async def step_add_somebody(self):
        role = self.chance.choice((Role.APPROVER, Role.ADMINISTRATOR))
        login = f"kaku{self.chance.randrange(9)}"
        return await self.town.city.staff.add(self.boss, login=login, display_name="架空", role=role)

    async def step_add_a_shops_login(self):
        login = f"ten{self.chance.randrange(9)}"
        return await self.town.city.staff.add_to_shop(
            self.boss, login=login, display_name="店", shop_id="soba"
        )

    async def step_reset_somebody(self):
        return await self.town.city.staff.reset(self.boss, self.chance.choice(self.others).staff_id, "紛失")

    async def step_stop_somebody(self):
        await self.town.city.staff.close(self.boss, self.chance.choice(self.others).staff_id, "退職")

    async def step_lower_somebody(self):
        other = self.chance.choice(self.others)
        return await self.town.city.staff.change_role(self.boss, other.staff_id, Role.VIEWER, "異動")

    async def step_start_somebody_again(self):
        return await self.town.city.staff.restart(self.boss, self.chance.choice(self.others).staff_id, "復職")

    async def step_decide_ones_own(self):
        proposal = self.chance.choice(self.proposals) if self.proposals else None
        if proposal is None:
            raise ProblemError("unknown-proposal")
        return await self.town.city.proposals.approve(self.boss, proposal.proposal_id, proposal.digest, "")

    async def step_withdraw_ones_own(self):
        proposal = self.chance.choice(self.proposals) if self.proposals else None
        if proposal is None:
            raise ProblemError("unknown-proposal")
        await self.town.city.proposals.withdraw(self.boss, proposal.proposal_id, "やめる")

    # --- what else happens ---

    async def step_pay(self):
        self.spent += await self.pay(self.chance.choice((1_000, 15_000)))

    async def step_wait(self):
        self.town.clock.forward(hours=self.chance.choice((1, 20)))
        self.boss = await again(self.town, self.boss)


@pytest.mark.parametrize(("role", "seeds"), [("administrator", 6), ("operator", 2), ("approver", 2)])
async def test_no_sequence_of_calls_makes_more_than_a_day_allows_or_turns_a_closed_cycle(
    tmp_path, role, seeds
):
    effects = await played(tmp_path, role, range(seeds))
    waited = {name for name in effects if name.endswith(" waits")}
    assert len(waited) > 10, effects
    for name in ("grant", "refund", "scan_at_the_venue", "stop_somebody", "pay"):
        assert effects[f"step_{name} done"], effects
    refused = sum(effects[name] for name in effects if name.startswith("step_decide_ones_own "))
    assert refused > (5 if seeds > 2 else 1), effects


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_nor_on_postgresql(tmp_path, postgres):
    for role in ("administrator", "operator", "approver"):
        effects = await played(tmp_path, role, [7], url=postgres, writers=4, max_batch=1)
        assert effects["step_pay done"], effects


async def played(tmp_path, role, seeds, **options):
    """What took effect, and what was refused, over these sequences."""
    effects = Counter()
    for seed in seeds:
        async with another_town(tmp_path, **options) as town:
            insider = Insider(town, seed, effects, role)
            await insider.arrive()
            await insider.play()
            await nothing_is_gained(town, insider)
    assert not effects["step_decide_ones_own done"]
    return effects


async def nothing_is_gained(town, insider):
    for day, points in insider.alone.items():
        assert points <= CEILING, day
    assert sum(await insider.balances()) == insider.held - insider.spent + sum(insider.alone.values())
    assert await town.city.settlements.transfer_file(insider.boss, JULY_16, 1) == insider.file
    assert len(await town.store.read(lambda conn: transfer_files.list_made(conn, KASAMA, JULY_16))) == 1
    assert (await town.city.settlements.get(KASAMA, AUG_1)).closed_at is None
    assert (await town.city.shops.bank(KASAMA, "soba")).number == "1234567"
    assert (await town.city.shops.payer(KASAMA)).account.number == "1111111"
    assert await town.city.rules.versions(KASAMA, OUEN) == []
    assert await town.city.cards.limits(KASAMA) == CardLimits()
    page = await town.city.proposals.list_by_state(insider.boss, [ProposalState.CARRIED_OUT])
    assert insider.boss.staff_id not in {each.proposal.decided_by for each in page.proposals}
    people = await town.store.read(lambda conn: staff_rows.list_by_city(conn, KASAMA))
    assert not [each for each in people if each.login.startswith(("kaku", "ten"))]
    assert (await town.store.read(audit.verify)).ok
