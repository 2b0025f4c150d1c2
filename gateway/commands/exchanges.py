"""`point-gateway exchanges …`: look at exchanges whose outcome is not known, and propose what two persons decide."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from uuid_utils import uuid7

from gateway.commands.proposals import Login, propose
from gateway.commands.shared import Config, Reason, in_store, with_services
from gateway.exchanges import exchange_report as stories
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.states import State
from gateway.services import Services

exchanges = typer.Typer(
    invoke_without_command=True, help="Exchanges: which are open, their story, what two persons decide."
)

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Which = Annotated[str, typer.Argument(help="The exchange's id.")]
Shown = Annotated[str, typer.Argument(help="The exchange's id, or its reference of 8 characters.")]


class Decision(StrEnum):
    DEBITED = "debited"
    DECLINED = "declined"


class ReversalDecision(StrEnum):
    REVERSED = "reversed"
    DECLINED = "declined"


States = Annotated[
    list[State] | None, typer.Option("--state", help="May be repeated; default: all that wait.")
]


@exchanges.callback()
def without_a_word(context: typer.Context, state: States = None, config: Config = None) -> None:
    """List those that wait, when no other command is given."""
    if context.invoked_subcommand is None:
        list_exchanges(state, config=config)


@exchanges.command("list")
def list_exchanges(
    state: States = None,
    partner: Annotated[str | None, typer.Option(help="Of this partner only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List exchanges, the longest waiting first."""
    states = state or [State.SENDING, State.OPEN, State.NEEDS_A_PERSON]
    found = in_store(
        config, lambda conn: records.list_by(conn, states=states, partner_id=partner, limit=limit)
    )
    if as_json:
        typer.echo(
            json.dumps([stories.summary(exchange) for exchange in found], ensure_ascii=False, indent=2)
        )
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{len(found)} exchanges")


@exchanges.command("show")
def show_exchange(
    exchange_id: Shown,
    ask: Annotated[bool, typer.Option(help="Ask the partner first.")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Tell the whole story of an exchange: each state, each call to the partner, each move of points."""
    if ask:

        async def ask_partner(services: Services) -> None:
            exchange = await services.store.read(lambda conn: stories.find(conn, exchange_id))
            await services.settler.check(exchange.book_id, exchange.exchange_id)

        with_services(config, ask_partner)
    story = in_store(config, lambda conn: stories.report(conn, exchange_id))
    if as_json:
        typer.echo(json.dumps(story, ensure_ascii=False, indent=2))
        return
    _print(story)


@exchanges.command("resolve")
def resolve(
    exchange_id: Which,
    decision: Annotated[Decision, typer.Option("--as", help="What the partner did.")],
    reason: Reason,
    login: Login,
    reference: Annotated[str, typer.Option(help="The partner's own name for the debit.")] = "",
    config: Config = None,
) -> None:
    """Propose how an exchange ends that asking has not settled; somebody else decides.

    The partner is asked once more at the decision; its own answer wins.
    """
    propose(
        config,
        login,
        lambda services, who: services.city.platform.resolve_exchange(
            who, exchange_id, debited=decision is Decision.DEBITED, reason=reason, reference=reference
        ),
    )


@exchanges.command("reverse")
def reverse(
    exchange_id: Which,
    reason: Reason,
    login: Login,
    units: Annotated[int | None, typer.Option(min=1, help="口数; default: all that is left.")] = None,
    reversal_id: Annotated[
        str | None, typer.Option(help="Your own id, so that asking again is safe; default: a new one.")
    ] = None,
    by_hand: Annotated[bool, typer.Option(help="It is arranged with the partner by other means.")] = False,
    reference: Annotated[str, typer.Option(help="With --by-hand: the partner's name for it.")] = "",
    taken_from: Annotated[
        str, typer.Option(help="Another of the member's accounts that gives the points.")
    ] = "",
    config: Config = None,
) -> None:
    """Propose to take a settled exchange back, wholly or in part (取消・返還); somebody else decides."""
    propose(
        config,
        login,
        lambda services, who: services.city.platform.reverse_exchange(
            who, exchange_id, reversal_id or str(uuid7()), units=units, reason=reason, by_hand=by_hand,
            reference=reference, taken_from=taken_from,
        ),
    )  # fmt: skip


@exchanges.command("resolve-reversal")
def resolve_reversal(
    exchange_id: Which,
    reversal_id: str,
    decision: Annotated[ReversalDecision, typer.Option("--as", help="What the partner did.")],
    reason: Reason,
    login: Login,
    config: Config = None,
) -> None:
    """Propose how a reversal ends that asking has not settled; somebody else decides."""
    was_reversed = decision is ReversalDecision.REVERSED
    propose(
        config,
        login,
        lambda services, who: services.city.platform.resolve_reversal(
            who, exchange_id, reversal_id, was_reversed=was_reversed, reason=reason
        ),
    )


def _line(one: Exchange) -> str:
    """One plain line: an id that is wrapped or cut cannot be copied."""
    parts = [
        one.exchange_id,
        f"{one.state.value:14}",
        one.partner_id,
        f"{one.points or 0:,} point{'' if one.points == 1 else 's'}",
    ]
    if one.sent_at is not None:
        parts.append(f"sent {one.sent_at:%Y-%m-%d %H:%M:%S}, asked {one.attempts} times")
    if one.ask_at is not None:
        parts.append(f"next {one.ask_at:%m-%d %H:%M:%S}")
    return "  ".join([*parts, *([one.reason] if one.reason else [])])


def _print(story: dict[str, Any]) -> None:
    for name, value in story["exchange"].items():
        if value is not None:
            typer.echo(f"{name:>16}  {value}")
    for step in story["story"]:
        typer.echo(f"\n{step['step']:>3}  {step['at']}  {step['state']}  {step['what']}")
        facts = dict(step["facts"])
        calls = facts.pop("calls", [])
        for name, value in facts.items():
            typer.echo(f"       {name}: {value}")
        for call in calls:
            typer.echo(f"       {call['hook']}: {call['outcome']} in {call['ms']} ms  {call['text']}")
            for request in call["requests"]:
                ended = request["status"] if request["status"] is not None else request["error"]
                typer.echo(f"         {request['method']} {request['url']} → {ended} in {request['ms']} ms")
    typer.echo("\nmoves of points")
    for move in story["moves"]:
        line = f"{move['action']:>8} {move['points']:>8,}  {move['source']} → {move['target']}"
        typer.echo(f"{move['seq']:>5} {line}  {move['kind']}  {move['reference']}")
    for reversal in story["reversals"]:
        typer.echo(f"reversal {reversal['reversal_id']}: {reversal['points']} points, {reversal['state']}")
