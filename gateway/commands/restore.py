"""`point-gateway restore …`: after a restore or a failover, what the database has forgotten, and how it comes back."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from gateway.commands.shared import Config, Operator, with_services
from gateway.configured import chain_keys_of
from gateway.errors import GatewayError, PartnerUnavailable
from gateway.exchanges.recovery import (
    ForgottenOrder,
    Obstacle,
    list_forgotten,
    order_from_partner,
    recover_order,
)
from gateway.model import JST
from gateway.platform.journal import read_journal
from gateway.services import Services

restore = typer.Typer(
    no_args_is_help=True, help="After a restore or a failover: what is missing, and how it comes back."
)

Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="The first day to look at; default: the journal whole, 3 days of partners."
    ),
]
PARTNER_DAYS = 3


@restore.command()
def check(config: Config = None, since: Since = None) -> None:
    """List confirmed orders that this database has forgotten. Changes nothing.

    Exit code 2 when there are any, 3 when not everything could be looked at.
    """
    orders, unseen = with_services(config, partial(_find, since=since))
    for order in orders:
        typer.echo(json.dumps(_shown(order), ensure_ascii=False))
    typer.echo(f"{len(orders)} orders are missing" if orders else "nothing is missing", err=True)
    _tell_unseen(unseen)
    raise typer.Exit(2 if orders else 3 if unseen else 0)


@restore.command()
def recover(
    operator: Operator,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with each order.")],
    config: Config = None,
    since: Since = None,
) -> None:
    """Bring forgotten orders back: as exchanges that wait for their partner's answer. Safe to repeat.

    Then each partner is asked about each; its answer gives the points. Prints one line for each order; exit code 2
    when some are left for a person to call about.
    """
    if not reason.strip():
        raise GatewayError("a recovery has a reason; give --reason")

    async def work(services: Services) -> tuple[list[dict[str, Any]], list[str]]:
        results = []
        orders, unseen = await _find(services, since=since)
        for order in orders:
            now = services.clock()

            def job(conn: Connection, order: ForgottenOrder = order, now: datetime = now) -> object:
                return recover_order(conn, order, operator=operator, reason=reason, at=now)

            outcome = await services.store.run(job)
            result = _shown(order)
            if isinstance(outcome, Obstacle):
                result["result"] = f"left for a person: {outcome.value}"
            elif outcome is None:
                result["result"] = "here already"
            else:
                done = await services.settler.ask(order.book, order.exchange_id)
                result["result"] = done.state.value if done is not None else "sending"
            results.append(result)
        return results, unseen

    results, unseen = with_services(config, work)
    for result in results:
        typer.echo(json.dumps(result, ensure_ascii=False))
    left = [result for result in results if result["result"].startswith("left")]
    typer.echo(f"{len(results) - len(left)} orders are back, {len(left)} are left for a person", err=True)
    _tell_unseen(unseen)
    raise typer.Exit(2 if left else 3 if unseen else 0)


def _tell_unseen(unseen: list[str]) -> None:
    for sentence in unseen:
        typer.echo(sentence, err=True)


async def _find(services: Services, since: datetime | None) -> tuple[list[ForgottenOrder], list[str]]:
    """What the journal has, then what only the partners' lists have; and what could not be looked at."""
    unseen: list[str] = []
    settings = services.settings
    orders: list[ForgottenOrder] = []
    if settings.journal_folder is not None:
        start = since.replace(tzinfo=JST) if since is not None else None
        contents = read_journal(settings.journal_folder, chain_keys_of(settings), since=start)
        unseen += [f"the journal is damaged: {fault}" for fault in contents.faults]
        orders = await services.store.read(lambda conn: list_forgotten(conn, contents.lines))
    known = {order.exchange_id for order in orders}
    today = services.clock().astimezone(JST).date()
    first = since.date() if since is not None else today - timedelta(days=PARTNER_DAYS)
    for partner_id in services.reconciliation.comparable:
        for number in range((today - first).days + 1):
            day = first + timedelta(days=number)
            try:
                forgotten_orders = await _find_at_partner(services, partner_id, day)
            except PartnerUnavailable as fault:
                unseen.append(
                    f"{partner_id} cannot be asked about {day}: {fault}; run this again when it is back"
                )
                continue
            orders += [order for order in forgotten_orders if order.exchange_id not in known]
            known |= {order.exchange_id for order in forgotten_orders}
    return orders, unseen


async def _find_at_partner(services: Services, partner_id: str, day: date) -> list[ForgottenOrder]:
    partner = services.context.partner(partner_id)
    orders = []
    for record in await partner.debits_on(day):
        if record.reversed:
            continue
        rates = await partner.rate_table(record.at)
        order = await services.store.read(
            partial(order_from_partner, partner=partner, record=record, rates=rates)
        )
        if order is not None:
            orders.append(order)
    return orders


def _shown(order: ForgottenOrder) -> dict[str, Any]:
    return {
        "exchange_id": order.exchange_id,
        "member": order.book.removeprefix("member:"),
        "partner": order.partner_id,
        "account": order.service_id,
        "points": order.points,
        "confirmed_at": order.confirmed_at.isoformat(),
        "from": order.source.value,
        "obstacle": order.obstacle.value if order.obstacle is not None else None,
    }
