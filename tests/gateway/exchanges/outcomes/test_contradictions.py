"""A yes that shows another debit ends with a person: no point moves, both sides are told, the comparison finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import structlog

from gateway.api.exchanges import ExchangeView
from gateway.commands.reconcile import _print as print_report
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.reconciliation import Line, Reconciliation, Report, Verdict
from gateway.exchanges.states import State
from gateway.hookspecs import hookimpl
from gateway.model import (
    Debited,
    DebitLine,
    DebitRecord,
    Declined,
    DeclineReason,
    IdReused,
    InProgress,
    LinkKind,
    NoRecord,
    NotProcessed,
    WalletId,
)
from gateway.partners.partner import Partner
from tests.gateway.exchanges.conftest import CARDS, NOON
from tests.gateway.exchanges.outcomes.conftest import Generous

DAY = date(2018, 7, 31)


class Proving(Generous):
    """The scripted partner, which shows amount and account."""

    @hookimpl
    def partner_profile(self):
        return replace(super().partner_profile(), proves={"amount", "account"})


@pytest.fixture
def proving(world):
    plugin = Proving(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
    return plugin


def a_line(amount, wallet="eikyu"):
    return (DebitLine(wallet=WalletId(wallet), amount=amount),)


def a_yes(exchange_id, *, of, amount=200):
    return Debited(exchange_id=exchange_id, reference="THEIRS", at=NOON, lines=a_line(amount), service_id=of)


def listed(exchange_id, *, of, amount=200, **more):
    return DebitRecord(
        exchange_id=exchange_id, reference="THEIRS", lines=a_line(amount), at=NOON, service_id=of, **more
    )


async def confirmed(world, watch, answer):
    """A member whose debit of 2 units (200 points there, 900 here) is answered so."""
    member = await world.member()
    watch.own_account(member)
    world.script.debit = lambda order: answer(order.exchange_id, member)
    return member, await world.settled(member)


async def story_of(world, exchange):
    return await world.store.read(
        lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )


async def now(world, exchange):
    return await world.store.read(lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id))


async def resolve(watch, exchange, *, debited):
    return await watch.settler.resolve(
        exchange.exchange_id, debited=debited, reason="電話で確認", operator="sato"
    )


async def compare(world):
    return await Reconciliation(world.context).compare(CARDS, DAY)


async def close(world, exchange, *, leave=False):
    return await CorrectionService(world.context).close(
        CARDS, DAY, exchange.exchange_id, reason="双方で確認", operator="sato", leave=leave
    )


def of_another(id_, _member):
    return a_yes(id_, of="another")


def of_other_units(id_, member):
    return a_yes(id_, of=member, amount=100)


def reused(id_, _member):
    return IdReused(exchange_id=id_)


@pytest.mark.parametrize("answer", [of_another, of_other_units, reused])
async def test_it_waits_for_a_person_with_its_hold_and_both_sides_are_told(
    proving, watch, world, answer
) -> None:
    member, exchange = await confirmed(world, watch, answer)
    assert (exchange.state, exchange.reason) == (State.NEEDS_A_PERSON, "contradiction")
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 900)
    last = (await story_of(world, exchange))[-1]
    assert last.what == "contradiction"
    assert last.facts["ours"] == {"amounts": {"eikyu": 200}, "service_id": member}
    theirs = answer(exchange.exchange_id, member)
    shown = (
        {"amounts": {"eikyu": theirs.lines[0].amount}, "service_id": theirs.service_id}
        if theirs.lines
        else {}
    )
    assert last.facts["theirs"] == shown


async def test_the_log_names_both_sides_and_no_account_of_theirs_whole(proving, watch, world) -> None:
    with structlog.testing.capture_logs() as lines:
        member, _ = await confirmed(
            world, watch, lambda id_, _member: a_yes(id_, of="service-of-hanako-0002", amount=100)
        )
    (line,) = [line for line in lines if line["event"] == "contradiction"]
    assert line["ours"] == f"200 eikyu of account …{member[-4:]}"
    assert line["theirs"] == "100 eikyu of account …0002"


async def test_a_lost_reply_that_is_found_for_another_order_is_a_contradiction_too(
    proving, watch, world
) -> None:
    member, exchange = await watch.opened()
    world.script.find = lambda id_: a_yes(id_, of=member, amount=100)
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    assert (await now(world, exchange)).reason == "contradiction"
    assert (await world.balance(member)).posted == 0


@pytest.mark.parametrize(
    "later",
    [
        lambda id_, member: a_yes(id_, of=member),
        lambda id_, _: Declined(exchange_id=id_, reason=DeclineReason.REFUSED),
        lambda id_, _: NoRecord(exchange_id=id_),
        lambda id_, _: InProgress(exchange_id=id_),
    ],
)
async def test_no_later_answer_of_the_partner_ends_it(proving, watch, world, later) -> None:
    member, exchange = await confirmed(world, watch, reused)
    world.script.find = lambda id_: later(id_, member)
    watch.forward(hours=2)
    assert await watch.settler.poll_once() == 0
    await watch.settler.get_and_refresh(member, exchange.exchange_id)
    await watch.settler.check(exchange.book_id, exchange.exchange_id)
    done = await now(world, exchange)
    assert (done.state, done.reason) == (State.NEEDS_A_PERSON, "contradiction")
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 900)


async def test_a_reply_that_comes_late_with_a_yes_does_not_settle_what_was_contradicted(
    proving, watch, world
) -> None:
    member, exchange = await watch.opened()
    world.script.find = reused_when_asked = lambda id_: IdReused(exchange_id=id_)
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    assert reused_when_asked is world.script.find
    done = await world.exchanges.write_outcome(exchange, a_yes(exchange.exchange_id, of=member), [])
    assert done.state is State.NEEDS_A_PERSON
    assert (await world.balance(member)).posted == 0


class TestAPersonDecides:
    @pytest.mark.parametrize("answer", [of_another, of_other_units, reused])
    async def test_never_for_a_debit_that_the_partner_does_not_show(
        self, proving, watch, world, answer
    ) -> None:
        member, exchange = await confirmed(world, watch, answer)
        world.script.find = lambda id_: answer(id_, member)
        with pytest.raises(
            ProblemError, match="does not show this debit: the order is 200 eikyu of account …"
        ):
            await resolve(watch, exchange, debited=True)
        world.script.find = OutcomeUnknown("out of reach")
        with pytest.raises(ProblemError, match="does not show this debit"):
            await resolve(watch, exchange, debited=True)
        assert (await world.balance(member)).coming == 900

    @pytest.mark.parametrize("proves", [set(), {"amount"}])
    async def test_never_by_a_bare_yes(self, watch, world, proves) -> None:
        """Where the partner need not show it, what it does not show is still not this debit."""

        class Half(Generous):
            @hookimpl
            def partner_profile(self):
                return replace(super().partner_profile(), proves=proves)

        plugin = Half(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
        world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
        member, exchange = await confirmed(world, watch, of_another)
        assert exchange.reason == "contradiction"
        bare = replace(a_yes(exchange.exchange_id, of=None), lines=a_line(200) if proves else None)
        world.script.find = lambda _id: bare
        with pytest.raises(ProblemError, match="does not show this debit"):
            await resolve(watch, exchange, debited=True)
        assert (await world.balance(member)).coming == 900
        world.script.find = lambda id_: a_yes(id_, of=member)
        assert (await resolve(watch, exchange, debited=True)).state is State.SETTLED

    async def test_for_an_amount_that_is_shown_where_only_the_amount_was_wrong(self, watch, world) -> None:
        class Amounts(Generous):
            @hookimpl
            def partner_profile(self):
                return replace(super().partner_profile(), proves={"amount"})

        plugin = Amounts(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
        world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
        _, exchange = await confirmed(world, watch, lambda id_, _: a_yes(id_, of=None, amount=100))
        world.script.find = lambda id_: a_yes(id_, of=None)
        assert (await resolve(watch, exchange, debited=True)).state is State.SETTLED

    async def test_for_the_debit_once_the_partner_shows_it(self, proving, watch, world) -> None:
        member, exchange = await confirmed(world, watch, of_other_units)
        world.script.find = lambda id_: a_yes(id_, of=member)
        assert (await resolve(watch, exchange, debited=True)).state is State.SETTLED
        assert (await world.balance(member)).posted == 900

    async def test_against_it_and_the_comparison_gives_for_what_was_taken(
        self, proving, watch, world
    ) -> None:
        member, exchange = await confirmed(world, watch, of_other_units)
        proving.day = [listed(exchange.exchange_id, of=member, amount=100)]
        assert [line.verdict for line in (await compare(world)).differences] == [Verdict.AMOUNT_DIFFERS]
        with pytest.raises(ProblemError, match="end it first"):
            await close(world, exchange)
        assert (await resolve(watch, exchange, debited=False)).state is State.DECLINED
        assert (await world.balance(member)).coming == 0
        assert (await close(world, exchange)).points == 450
        assert (await world.balance(member)).posted == 450

    async def test_a_decision_about_what_only_was_unknown_cannot_stand_against_what_is_shown(
        self, proving, watch, world
    ) -> None:
        member, exchange = await watch.opened()
        watch.forward(days=8)
        await watch.settler.poll_once()
        assert (await now(world, exchange)).reason == "unknown"
        world.script.find = lambda id_: a_yes(id_, of="another")
        watch.forward(seconds=5)
        with pytest.raises(ProblemError, match="it shows 200 eikyu of account …er"):
            await resolve(watch, exchange, debited=True)
        assert (await now(world, exchange)).reason == "contradiction"
        assert (await world.balance(member)).posted == 0


class TestTheComparison:
    async def test_finds_a_debit_of_another_account_and_gives_no_points_for_it(
        self, proving, watch, world
    ) -> None:
        member, exchange = await confirmed(world, watch, of_another)
        proving.day = [listed(exchange.exchange_id, of="another")]
        await resolve(watch, exchange, debited=False)
        (line,) = (await compare(world)).differences
        assert line.verdict is Verdict.ACCOUNT_DIFFERS
        assert (line.our_account, line.their_account) == (member, "another")
        with pytest.raises(ProblemError, match="from another account than this member's"):
            await close(world, exchange)
        assert (await close(world, exchange, leave=True)).points == 0
        assert (await compare(world)).differences == ()
        assert (await world.balance(member)).posted == 0

    async def test_takes_back_what_was_given_for_another_accounts_debit(self, proving, watch, world) -> None:
        member, exchange = await confirmed(world, watch, lambda id_, member: a_yes(id_, of=member))
        assert exchange.state is State.SETTLED
        proving.day = [listed(exchange.exchange_id, of="another")]
        (line,) = (await compare(world)).differences
        assert line.verdict is Verdict.ACCOUNT_DIFFERS
        assert (await close(world, exchange)).points == -900
        assert (await world.balance(member)).posted == 0
        assert (await compare(world)).differences == ()

    async def test_two_debits_of_two_accounts_under_one_id_are_nobodys(self, proving, watch, world) -> None:
        member, exchange = await confirmed(world, watch, lambda id_, member: a_yes(id_, of=member))
        twice = listed(exchange.exchange_id, of="another")
        proving.day = [listed(exchange.exchange_id, of=member), replace(twice, reference="TWICE")]
        (line,) = (await compare(world)).differences
        assert (line.verdict, line.their_account) == (Verdict.ACCOUNT_DIFFERS, f"{member}, another")

    async def test_what_was_never_confirmed_here_gives_points_to_the_account_that_paid_alone(
        self, proving, watch, world
    ) -> None:
        member = await world.member()
        watch.own_account(member)
        exchange = await world.quoted(member)
        proving.day = [listed(exchange.exchange_id, of="another")]
        with pytest.raises(ProblemError, match="from another account than this member's"):
            await close(world, exchange)
        proving.day = [listed(exchange.exchange_id, of=member)]
        assert (await close(world, exchange)).points == 900

    async def test_says_that_the_partner_lists_what_waits_for_a_person(self, proving, watch, world) -> None:
        member, exchange = await watch.opened()
        watch.forward(days=8)
        await watch.settler.poll_once()
        proving.day = [listed(exchange.exchange_id, of=member)]
        with structlog.testing.capture_logs() as lines:
            await Reconciliation(world.context).run_nightly(CARDS, DAY)
        assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
            "the partner lists what waits for a person"
        ]
        (line,) = (await compare(world)).lines
        assert (line.verdict, line.note) == (
            Verdict.OPEN,
            "the partner lists it: decide about the exchange",
        )


@pytest.mark.parametrize("wait", [None, timedelta(seconds=7), timedelta(days=90), timedelta.max])
async def test_what_was_not_processed_frees_the_hold_at_once(proving, watch, world, wait) -> None:
    member, exchange = await confirmed(
        world, watch, lambda id_, _: NotProcessed(exchange_id=id_, retry_after=wait)
    )
    assert (exchange.state, exchange.reason) == (State.NOT_SENT, "not_processed")
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 0)
    facts = (await story_of(world, exchange))[-1].facts
    assert facts.get("retry_after_s") == (round(wait.total_seconds()) if wait else None)
    later = min(wait, timedelta(days=31)) if wait else None
    assert exchange.retry_at == (world.clock() + later if later else None)
    assert ExchangeView.of(exchange).retry_at == exchange.retry_at


def test_the_command_shows_both_accounts_where_they_differ(capsys) -> None:
    line = Line(
        exchange_id="x-1",
        verdict=Verdict.ACCOUNT_DIFFERS,
        our_state="settled",
        our_reference="R-1",
        their_reference="R-1",
        our_amounts={"eikyu": 200},
        their_amounts={"eikyu": 200},
        points=900,
        our_account="taro",
        their_account="hanako",
    )
    print_report(Report(partner_id=CARDS, day=DAY, lines=(line,)))
    shown = capsys.readouterr().out
    assert (
        "ours settled {'eikyu': 200} R-1 of account taro  theirs {'eikyu': 200} R-1 of account hanako"
        in shown
    )
    assert "cards, 2018-07-31: 1 account_differs" in shown
